"""Drive both spot problems in this process.

`python problems/spot_multiregion/tests/spot_driver.py [PROBLEM] [SPLIT] [COUNT]` prints what programs reach.
"""

import sys
from pathlib import Path

from problems.driver import KEY, Driver

BASE = Path(__file__).resolve().parents[1]
DRIVERS = {
    problem: Driver(BASE.parent / problem, own_randomness=True)
    for problem in ("spot_multiregion", "spot_deadline")
}
DRIVER = DRIVERS["spot_multiregion"]
draw, evaluator = DRIVER.draw, DRIVER.evaluator
program, score, values = DRIVER.program, DRIVER.score, DRIVER.values

__all__ = ["BASE", "DRIVER", "KEY", "draw", "evaluator", "program", "score", "values"]

if __name__ == "__main__":
    problem, *others = sys.argv[1:] or ["spot_multiregion"]
    DRIVERS[problem].main(others, 200)

"""Drive both spot problems in this process.

`python problems/spot_multiregion/tests/spot_driver.py [PROBLEM] [SPLIT] [COUNT]` prints what programs reach.
"""

import sys
from pathlib import Path

from problems.driver import Driver

PROBLEMS = Path(__file__).resolve().parents[2]
DRIVERS = {
    problem: Driver(PROBLEMS / problem, own_randomness=True)
    for problem in ("spot_multiregion", "spot_deadline")
}
DRIVER = DRIVERS["spot_multiregion"]

if __name__ == "__main__":
    problem, *others = sys.argv[1:] or ["spot_multiregion"]
    DRIVERS[problem].main(others, 200)

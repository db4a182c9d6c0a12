"""Drive both transaction problems in this process.

`python problems/txn_scheduling/tests/txn_driver.py [PROBLEM] [SPLIT] [COUNT]` prints what programs reach.
"""

import sys
from pathlib import Path

from problems.driver import Driver

PROBLEMS = Path(__file__).resolve().parents[2]
DRIVERS = {problem: Driver(PROBLEMS / problem) for problem in ("txn_scheduling", "txn_offline")}
DRIVER = DRIVERS["txn_scheduling"]

if __name__ == "__main__":
    problem, *others = sys.argv[1:] or ["txn_scheduling"]
    DRIVERS[problem].main(others, 84, ("two_phase_ticks",))

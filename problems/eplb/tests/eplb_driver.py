"""Drive the evaluator of `eplb` in this process.

`python problems/eplb/tests/eplb_driver.py [SPLIT] [COUNT]` prints what every program reaches.
"""

import sys
from pathlib import Path

from problems.driver import Driver

DRIVER = Driver(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    DRIVER.main(sys.argv[1:], 72, ("sends_per_visit", "budget_used"))

"""Drive the evaluator of `model_placement` in this process.

`python problems/model_placement/tests/placement_driver.py [SPLIT] [COUNT]` prints what every program reaches.
"""

import sys
from pathlib import Path

from problems.driver import Driver

DRIVER = Driver(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    DRIVER.main(sys.argv[1:], 60)

"""Drive the evaluator of `cloudcast` in this process.

`python problems/cloudcast/tests/cloudcast_driver.py [SPLIT] [COUNT]` prints what every program reaches.
"""

import sys
from pathlib import Path

from problems.driver import Driver

DRIVER = Driver(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    DRIVER.main(sys.argv[1:], 48, ("published_usd", "deadline_used", "relays", "trees"))

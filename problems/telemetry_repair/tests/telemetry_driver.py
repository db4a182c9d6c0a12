"""Drive the evaluator of `telemetry_repair` in this process.

`python problems/telemetry_repair/tests/telemetry_driver.py [SPLIT] [COUNT]` prints what programs reach.
"""

import sys
from pathlib import Path

from problems.driver import Driver

DRIVER = Driver(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    DRIVER.main(sys.argv[1:], 70, ("brier", "faulty_accuracy", "healthy_accuracy", "graded_accuracy"))

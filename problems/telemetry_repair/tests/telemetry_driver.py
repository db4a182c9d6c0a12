"""Drive the evaluator of `telemetry_repair` in this process.

`python problems/telemetry_repair/tests/telemetry_driver.py [SPLIT] [COUNT]` prints what programs reach.
"""

import sys
from pathlib import Path

from problems.driver import KEY, Driver

BASE = Path(__file__).resolve().parents[1]
DRIVER = Driver(BASE)
PROGRAMS = DRIVER.programs()
draw, evaluator, given_of = DRIVER.draw, DRIVER.evaluator, DRIVER.given_of
program, score, values = DRIVER.program, DRIVER.score, DRIVER.values

__all__ = ["BASE", "DRIVER", "KEY", "PROGRAMS", "draw", "evaluator", "given_of", "program", "score", "values"]

if __name__ == "__main__":
    DRIVER.main(sys.argv[1:], 70, ("brier", "faulty_accuracy", "healthy_accuracy", "graded_accuracy"))

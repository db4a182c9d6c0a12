"""Drive the evaluator of `llm_sql` in this process.

`python problems/llm_sql/tests/llm_sql_driver.py [SPLIT] [COUNT]` prints what every program reaches.
"""

import sys
from pathlib import Path

from problems.driver import Driver

DRIVER = Driver(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    DRIVER.main(sys.argv[1:], 45, ("unbounded_hit_rate", "token_hit_rate", "phrase_share"))

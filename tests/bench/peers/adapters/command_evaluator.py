"""The evaluator command that ShinkaEvolve starts for each program; it writes its answer into two files."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["PEERS_ADAPTERS"])

from scoring import score


def main() -> None:
    """Score `--program_path`, answer in `--results_dir`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program_path", type=Path, required=True)
    parser.add_argument("--results_dir", type=Path, required=True)
    given, _ = parser.parse_known_args()
    found = score(given.program_path.read_text("utf-8"))
    given.results_dir.mkdir(parents=True, exist_ok=True)
    metrics = {"combined_score": found["score"], "public": {}, "private": {}, "text_feedback": found["error"]}
    correct = {"correct": found["valid"], "error": found["error"] or None}
    (given.results_dir / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    (given.results_dir / "correct.json").write_text(json.dumps(correct), "utf-8")


if __name__ == "__main__":
    main()

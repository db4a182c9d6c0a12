"""The evaluator file that OpenEvolve and SkyDiscover load: `evaluate(program_path) -> metrics`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["PEERS_ADAPTERS"])

from scoring import metrics


def evaluate(program_path: str) -> dict[str, Any]:
    """Return the metrics of the program in a file."""
    return metrics(Path(program_path).read_text("utf-8"))

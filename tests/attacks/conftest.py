import importlib.util
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).resolve().parent.parent / "evaluators" / "harness.py"
_SPEC = importlib.util.spec_from_file_location("workers_harness", _PATH)
harness = importlib.util.module_from_spec(_SPEC)
sys.modules["workers_harness"] = harness
_SPEC.loader.exec_module(harness)


@pytest.fixture(scope="module")
def workers():
    with harness.Workers(_PATH.parent / "folders" / "ticks") as pair:
        yield pair

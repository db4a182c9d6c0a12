import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
_SPEC = importlib.util.spec_from_file_location("workers_harness", HERE / "harness.py")
harness = importlib.util.module_from_spec(_SPEC)
sys.modules.setdefault("workers_harness", harness)
_SPEC.loader.exec_module(harness)


@pytest.fixture(scope="module")
def ticks():
    with harness.Workers(HERE / "folders" / "ticks") as pair:
        yield pair


@pytest.fixture(scope="module")
def ticks_with_numpy():
    with harness.Workers(HERE / "folders" / "ticks", libraries=["numpy"]) as pair:
        yield pair


@pytest.fixture(scope="module")
def flow_shop():
    with harness.Workers(harness.ROOT / "problems" / "flow_shop") as pair:
        yield pair


@pytest.fixture
def make_workers():
    """Start workers for a folder; they end with the test."""
    started = []

    def make(folder, **options):
        started.append(harness.Workers(folder, **options))
        return started[-1]

    yield make
    for each in started:
        each.__exit__()


@pytest.fixture
def make_worker():
    started = []

    def make(*arguments):
        started.append(harness.Worker(*arguments))
        return started[-1]

    yield make
    for each in started:
        each.close()

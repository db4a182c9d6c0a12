"""A short run of the fuzzer of bundles; `python tests/fuzz/fuzz_bundle.py` runs a million inputs."""

import importlib.util
from pathlib import Path

SPEC = importlib.util.spec_from_file_location("fuzz_bundle", Path(__file__).with_name("fuzz_bundle.py"))


def test_hostile_files_are_refused_and_nothing_else_happens():
    fuzzer = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(fuzzer)

    reasons, crashes, worst = fuzzer.fuzz(2000, seed=3)

    assert [trace for _, trace in crashes] == []
    assert worst < fuzzer.PER_BYTE
    # The code behind the first checks is reached, and what is only changed, not forged, is let through.
    assert reasons["accepted"] > 20
    assert sum(count for reason, count in reasons.items() if "does not follow" in reason) > 5
    assert len(reasons) > 50

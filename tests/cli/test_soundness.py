import json

import pytest

from adrs.archive.store import Archive


@pytest.fixture
def unsound(recorded):
    """The archive's latest check says that the recorded run's problem is not sound."""
    said = {"sound": False, "quick": True, "failed": ["worst: failing would be better"]}
    with Archive.open(recorded.where) as archive:
        for digest in {recorded.problem.digest, archive.run("last").problem_digest}:
            archive.keep_check(digest, json.dumps(said).encode())
    return recorded


def test_scores_of_a_problem_that_is_not_sound_are_marked(invoke, unsound):
    shown = " ".join(invoke("show", "last").stdout.split())
    listed = " ".join(invoke("problems").stdout.split())

    assert "Not sound, so its scores cannot be trusted: worst: failing would be better" in shown
    assert listed.count("Not sound, so its scores cannot be trusted: worst") == 1
    assert json.loads(invoke("show", "last", "--json").stdout)["unsound"].startswith("worst")
    marks = {one["id"]: one["unsound"] for one in json.loads(invoke("problems", "--json").stdout)}
    assert marks.pop("flow_shop").startswith("worst")
    assert set(marks.values()) == {None}


def test_a_measurement_on_a_problem_that_is_not_sound_is_marked(invoke, unsound):
    words = ["eval", "flow_shop", "initial", "--workloads", "2", "--workers", "1"]

    assert "Not sound, so its scores cannot be trusted" in " ".join(invoke(*words).stdout.split())
    assert json.loads(invoke(*words, "--json").stdout)["unsound"].startswith("worst")


def test_what_was_not_checked_is_not_marked(invoke, recorded):
    assert "Not sound" not in invoke("show", "last").stdout
    assert "Not sound" not in invoke("problems").stdout

"""`adrs sandbox check`: what it prints, what it ends with, and what the archive keeps of it."""

import json

import pytest

from adrs.archive.store import Archive
from adrs.cli.certified import certificate_line, last_check
from adrs.sandbox import registry
from adrs.sandbox.certificate import certify
from adrs.sandbox.contract import Guarantee
from adrs.sandbox.unconfined import Unconfined
from adrs.verify import isolation
from adrs.verify.probes import probe


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    names = ("archive", "bool_for_an_id", "environment")
    monkeypatch.setattr(isolation, "probes", lambda: tuple(map(probe, names)))
    monkeypatch.setattr(isolation, "PAIRS", 1)


class Boastful(Unconfined):
    def guarantees(self):
        return (Guarantee("files", True, "so it says"), Guarantee("environment", True, "so it says"))


def test_what_is_promised_and_not_held_ends_with_1(invoke, monkeypatch):
    monkeypatch.setattr(registry, "sandbox", lambda name: Boastful())

    done = invoke("sandbox", "check", "--backend", "none")

    assert done.exit_code == 1
    assert "does not hold what it promises" in done.output
    assert "archive.sqlite worked" in " ".join(done.output.split())


def test_what_is_not_promised_is_no_error(invoke):
    done = invoke("sandbox", "check", "--backend", "none", "--json")

    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert found["passed"]
    verdicts = {one["probe"]: (one["verdict"], one["expected"], one["found"]) for one in found["probes"]}
    assert verdicts == {
        "archive": ("open", "ok", "exception"),
        "bool_for_an_id": ("held", "invalid", "invalid"),
        "environment": ("held", "ok", "ok"),
    }
    assert found["certificate"]["digest"] == certify(Unconfined()).digest
    assert {one["name"] for one in found["guarantees"]} >= {"files", "limits", "answers"}


def test_every_probe_is_listed_on_request(invoke):
    assert "bool_for_an_id" in invoke("sandbox", "check", "--backend", "none", "--all").output
    assert "bool_for_an_id" not in invoke("sandbox", "check", "--backend", "none").output


def test_the_archive_keeps_the_check_for_every_score_with_that_certificate(invoke, runs):
    certificate = certify(Unconfined())
    with Archive.open(runs) as archive:
        assert last_check(archive, certificate) is None

        invoke("sandbox", "check", "--backend", "none")

        kept = last_check(archive, certificate)
    assert (kept["passed"], kept["probes"], kept["held"]) == (True, 3, 2)
    assert "not checked here" in certificate_line(certificate, None).plain
    assert "2 of 3 probes held on 2" in certificate_line(certificate, kept).plain


def test_without_an_archive_none_is_made(invoke, runs):
    assert invoke("sandbox", "check", "--backend", "none").exit_code == 0
    assert not runs.exists()


def test_an_unknown_back_end_is_named(invoke):
    done = invoke("sandbox", "check", "--backend", "dockr")

    assert done.exit_code != 0
    assert "dockr" in str(done.exception) + done.output


def test_show_and_eval_say_the_certificate(invoke, adrs):
    ran = json.loads(adrs("run", "flow_shop", "--trials", 2, "--sandbox", "none", "--json").stdout)
    expected = certify(Unconfined())

    run = json.loads(invoke("show", "last", "--json").stdout)
    program = json.loads(invoke("show", ran["initial"], "--json").stdout)
    scored = json.loads(
        invoke("eval", "flow_shop", "initial", "--sandbox", "none", "--workloads", 2, "--json").stdout
    )

    assert run["certificate"]["digest"] == expected.digest
    assert {one["certificate"]["digest"] for one in program["evaluations"]} == {expected.digest}
    assert scored["certificate"]["not_held"] == list(expected.not_held)
    assert scored["certificate"]["check"] is None
    assert scored["certificate"]["note"] == "not checked here; adrs sandbox check --backend none does"
    assert f"isolation certificate {expected.digest[:12]}" in " ".join(
        invoke("show", ran["initial"]).output.split()
    )


def test_eval_names_the_check_that_was_made_here(invoke, runs):
    Archive.open(runs).close()
    checked = json.loads(invoke("sandbox", "check", "--backend", "none", "--json").stdout)
    words = ("eval", "flow_shop", "initial", "--sandbox", "none", "--workloads", 2)
    scored = json.loads(invoke(*words, "--json").stdout)

    assert scored["certificate"] == checked["certificate"]
    assert scored["certificate"]["check"]["digest"] == checked["digest"]
    assert "2 of 3 probes held on 2" in " ".join(invoke(*words).output.split())

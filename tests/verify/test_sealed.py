"""Verification end to end: fresh sealed workloads, pairs, openings counted, impossible scores held back."""

import asyncio
import json

import pytest
from click.testing import CliRunner

import adrs
from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.errors import ArchiveError
from adrs.model.evaluation import Split
from adrs.model.records import Purpose
from adrs.plugins import registry
from adrs.plugins.problems import find_problem
from adrs.stats.paired import Verdict
from adrs.verify.claims import level
from adrs.verify.lineage import find_subject
from adrs.verify.sealed import INITIAL, latest, verify


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    adrs.evolve("flow_shop", runs=folder, seed=1, workers=2, budget={"trials": 12}, confirm=False)
    return folder


def measure(archive, ref="last"):
    subject = find_subject(archive, ref)
    return asyncio.run(verify(archive, subject, sandbox=registry.sandbox("auto"), workers=2))


def test_an_unchanged_program_ties_with_itself_and_loses_to_the_optimum(runs):
    with Archive.open(runs) as archive:
        initial = archive.run("last").initial
        found = measure(archive, initial)

    claims = found.claims(find_problem("flow_shop"))
    on_test = {claim.reference: claim for claim in claims if claim.split == "test"}

    assert on_test[INITIAL].verdict is Verdict.TIE
    assert on_test["Johnson's rule"].verdict is Verdict.WORSE
    assert not found.quarantined


def test_every_opening_draws_afresh_counts_and_widens_the_next(runs):
    with Archive.open(runs) as archive:
        before = archive.openings("flow_shop", Split.TEST)
        first, second = measure(archive), measure(archive)
        after = archive.openings("flow_shop", Split.TEST)
        standing, _ = latest(archive, find_subject(archive, "last"))

    draws = [
        next(draw for draw in found.draws if draw.split is Split.TEST)
        .evaluations[INITIAL]
        .values("makespan_s")
        for found in (first, second)
    ]

    assert after == before + 2
    assert second.openings == first.openings + 1
    assert second.level == level(second.openings) > first.level == level(first.openings)
    assert draws[0] != draws[1]
    assert standing.openings == second.openings


def test_what_was_measured_is_kept_and_told_to_no_strategy(runs):
    with Archive.open(runs) as archive:
        run = archive.run("last")
        told = [
            trial.evaluation.split for trial in archive.trials(run.id, told_order=True) if trial.evaluation
        ]
        found = measure(archive)
        kept = [r for r in archive.evaluations(program=found.program) if r.purpose is Purpose.TEST]

    assert set(told) == {Split.TRAIN}
    assert {record.evaluation.split for record in kept} == {Split.TEST, Split.SHIFT}
    assert all(record.evaluation.isolated and not record.evaluation.feedback for record in kept)


def test_the_levels_of_all_openings_leave_five_percent_in_all():
    assert level(1) == 0.975
    assert sum(1 - level(k) for k in range(1, 100_000)) == pytest.approx(0.05, abs=1e-6)
    with pytest.raises(ValueError, match="at least one opening"):
        level(0)


def test_the_command_says_self_attested_and_gives_json(runs):
    shown = CliRunner().invoke(cli, ["verify", "last", "--runs", str(runs)])
    plain = CliRunner().invoke(cli, ["verify", "last", "--runs", str(runs), "--json"])

    assert shown.exit_code == plain.exit_code == 0
    assert "self-attested" in shown.stdout
    assert json.loads(plain.stdout)["label"] == "self-attested"


def test_a_program_that_is_not_there_is_one_sentence(runs):
    with Archive.open(runs) as archive, pytest.raises(ArchiveError) as caught:
        find_subject(archive, "abcdef123456")

    assert "\n" not in str(caught.value)

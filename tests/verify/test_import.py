"""Imports: a program of another archive is kept as what it is, and changes nothing that runs do."""

import asyncio
import json
import shutil

import pytest
from click.testing import CliRunner

import adrs
from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.errors import ArchiveError
from adrs.evaluation.gate import GateVerdict
from adrs.model.evaluation import Split
from adrs.model.records import Purpose
from adrs.model.run import RunState
from adrs.plugins.problems import find_problem
from adrs.verify.bundle.importing import bundle_of, imports, take_in
from adrs.verify.bundle.installed import hold
from adrs.verify.bundle.reading import read
from adrs.verify.lineage import count_openings, find_subject


def call(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def taken(exported, tmp_path):
    """A folder of runs into which the program was taken, without measuring anything."""
    bundle, problem = read(exported), find_problem("flow_shop")
    with Archive.open(tmp_path / "runs") as archive:
        take_in(archive, bundle, exported, hold(bundle, problem), problem)
    return tmp_path / "runs"


def test_import_checks_and_keeps_the_program_once(exported, tmp_path):
    file, runs = tmp_path / "bundle.zip", tmp_path / "runs"
    file.write_bytes(exported)
    first = call("import", file, "--runs", runs, "--workers", 2, "--json")
    again = call("import", file, "--runs", runs, "--workers", 2)
    plain = json.loads(first.stdout)

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    assert plain["new"] is True
    assert plain["label"] == "self-attested"
    assert "Imported already" in again.stdout
    with Archive.open(runs) as archive:
        [kept] = archive.runs()
        assert kept.id == plain["run"]
        assert kept.state is RunState.IMPORTED
        assert archive.program(plain["program"]) == read(exported).program
        assert bundle_of(archive, kept) == read(exported)


def test_numbers_of_a_bundle_are_marked_as_such(exported, taken):
    with Archive.open(taken) as archive:
        records = list(archive.evaluations())

    assert {record.purpose for record in records} == {Purpose.IMPORTED}
    assert {record.program for record in records} == {read(exported).manifest.program}


def test_an_import_is_no_run_to_go_on_with_and_not_the_last(taken):
    with Archive.open(taken) as archive:
        [kept] = imports(archive)
        with pytest.raises(ArchiveError, match="no run yet"):
            archive.run("last")
    resumed = call("resume", kept.id, "--trials", 5, "--runs", taken)

    assert resumed.exit_code == 2
    assert "no trials to go on with" in resumed.stderr


def test_a_run_builds_on_what_it_made_itself_and_on_no_import(taken):
    result = adrs.evolve("flow_shop", runs=taken, seed=1, workers=1, budget={"trials": 6}, confirm=False)
    with Archive.open(taken) as archive:
        trials = list(archive.trials(result.run.id))
        kept = [run.id for run in imports(archive)]
        begun = [trial for run in kept for trial in archive.trials(run)]
    made = {trial.candidate.program.digest for trial in trials if trial.candidate}

    assert len(trials) > 6
    assert {trial.selection.parent for trial in trials} <= made | {None}
    assert len(kept) == 1
    assert begun == []


def test_an_imported_program_runs_in_a_sandbox_only(exported, taken):
    shown = call("verify", read(exported).name, "--sandbox", "none", "--runs", taken)

    assert shown.exit_code == 2
    assert "runs in a sandbox only" in shown.stderr


def test_show_says_who_claims_what(exported, taken):
    name = read(exported).name
    shown = call("show", name, "--runs", taken)
    plain = json.loads(call("show", name, "--runs", taken, "--json").stdout)
    code = call("show", name, "--code", "--runs", taken)

    assert "imported on" in shown.stdout
    assert "The bundle claims (self-attested" in shown.stdout
    assert plain["state"] == "imported"
    assert code.stdout == read(exported).program.files[0][1]


def openings(archive, ref):
    """Open test for a program, and return which opening of its lineage that is."""
    subject = find_subject(archive, ref)

    async def look(program):
        return GateVerdict(None, program.digest)

    opening = archive.new_opening(subject.problem, Split.TEST, "verify", subject.program.digest)
    return asyncio.run(count_openings(archive, look, subject, opening))


def test_openings_that_a_bundle_tells_of_count(exported, taken):
    bundle = read(exported)
    with Archive.open(taken) as archive:
        assert openings(archive, bundle.name) == bundle.manifest.origin.openings + 1


def test_a_bundle_that_comes_home_is_not_counted_twice(exported, verified, tmp_path):
    bundle, problem = read(exported), find_problem("flow_shop")
    with Archive.open(shutil.copytree(verified, tmp_path / "home")) as archive:
        take_in(archive, bundle, exported, hold(bundle, problem), problem)
        subject = find_subject(archive, bundle.name)

        assert subject.run.state is not RunState.IMPORTED
        assert openings(archive, bundle.name) == bundle.manifest.origin.openings + 1


def test_a_run_that_is_told_to_begins_with_an_import(exported, taken):
    """Named by its program, and by the run that stands for it."""
    name, words = read(exported).name, ("--trials", 2, "--workers", 1, "--set", "confirm=false", "--json")
    with Archive.open(taken) as archive:
        [kept] = imports(archive)
    for ref, note in ((name, f"program {name}"), (kept.id, f"from import {kept.id}")):
        done = call("run", "flow_shop", "--from", ref, "--runs", taken, *words)
        assert done.exit_code == 0, done.stderr
        with Archive.open(taken) as archive:
            first = archive.trial(json.loads(done.stdout)["run"], 1)
            assert first.program == read(exported).program
            assert (first.candidate.edit, first.candidate.summary) == ("injected", note)
            assert first.state.value == "completed"
            again = list(archive.evaluations(run_id=first.run_id, program=first.program.digest))
            assert again[0].purpose is Purpose.TRAIN  # measured here, whatever the bundle says
            assert again[0].evaluation.complete


def test_an_import_is_given_to_a_run_and_its_openings_are_then_those_of_what_the_run_makes(exported, taken):
    bundle = read(exported)
    run = adrs.evolve("flow_shop", runs=taken, workers=1, budget={"trials": 3}, confirm=False).run
    with Archive.open(taken) as archive:
        made = [trial.candidate.program.digest for trial in archive.trials(run.id) if trial.candidate][-1]
        assert openings(archive, made) == 1
    assert call("inject", run.id, bundle.name, "--runs", taken).exit_code == 0
    assert call("resume", run.id, "--trials", 4, "--runs", taken).exit_code == 0
    with Archive.open(taken) as archive:
        assert bundle.program in [trial.program for trial in archive.trials(run.id) if trial.candidate]
        assert openings(archive, made) == 2 + bundle.manifest.origin.openings


def test_what_cannot_be_built_on_is_one_sentence(exported, taken, tmp_path):
    name, file = read(exported).name, tmp_path / "bundle.zip"
    file.write_bytes(exported)
    with Archive.open(taken) as archive:
        [kept] = imports(archive)
    for words, said in (
        (("run", "flow_shop", "--from", file), "take it in with"),
        (("run", "flow_shop", "--from", name, "--sandbox", "none"), "runs in a sandbox only"),
        (("run", "llm_sql", "--from", name), "not of 'llm_sql'"),
        (("run", "llm_sql", "--from", kept.id), "of the problem 'flow_shop'"),
        (("inject", kept.id, name), "no search to steer"),
        (("ban", kept.id, name), "no search to steer"),
        (("reweight", kept.id, "number=2"), "no search to steer"),
        (("run", "flow_shop", "--from", "ffffffffff"), "There is no program"),
        (("run", "flow_shop", "--from", taken), "has no run of 'flow_shop'"),
    ):
        result = call(*words, "--runs", taken)
        assert result.exit_code == 2, (words, result.stdout)
        assert said in " ".join(result.stderr.split()), words

"""A recorded run replays to the identical archive, trial by trial, with no model and no key."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import record_golden as golden

from adrs.archive.store import Archive
from adrs.errors import ArchiveError, ConfigError, DataError, ProviderRefused
from adrs.model.budget import Budget
from adrs.model.run import RunState
from adrs.plugins.problems import find_problem
from adrs.proposer.llm import LLMProposer
from adrs.run import session
from adrs.run.cassette import Cassette
from adrs.run.config import resolve
from adrs.run.steering import Intervention
from adrs.run.steering import recorded as recorded_interventions
from adrs.run.stopping import StopRule
from adrs.testing.llm_faults import Settings
from adrs.testing.llm_server import LLMServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
KEY = "sk-of-the-test-0123456789"
WEIGHTS = Intervention("weights", weights={"fresh": 0.0, "edit": 0.0})
SLOPES = """def solve(given, rng):
    # The slope index of D. S. Palmer, Operational Research Quarterly 16(1), 1965.
    return sorted(range(len(given.first_s)), key=lambda job: given.first_s[job] - given.second_s[job])
"""
BETTER = Intervention("program", files={"solver.py": SLOPES})
"""Better than the initial program, so that there is something to cross, whatever a model answers."""
PRICES = {"adrs-local": {"input": 0.5, "output": 2.0}}


def evolve(archive, settings, *words, injected=()):
    config = resolve(settings, ("confirm=false", "workers=2", *words))
    work = session.start(config, archive, notify=lambda *_: None, stop=StopRule(Budget()), injected=injected)
    return asyncio.run(work).run


def with_model(server, cassette, **options):
    return {
        "problem": "flow_shop",
        "in_flight": 4,
        "record": str(cassette),
        "budget": {"trials": 16, "cost_usd": 1.0},
        "proposer": {
            "name": "llm",
            "options": {"model": "adrs-local", "base_url": server.url, "prices": PRICES, "backoff_s": 0.01}
            | options,
        },
    }


def replayed(cassette):
    return {**Cassette.read(cassette).config, "replay": str(cassette)}


def as_recorded(archive, run):
    """Everything of a run's trials but its name and its times."""
    for trial in archive.trials(run.id):
        evaluation = trial.evaluation
        proposals = archive.proposals(run.id, trial.number)
        calls = archive.calls(run.id, trial.number)
        yield {
            "number": trial.number,
            "state": trial.state,
            "selection": trial.selection,
            "order": (trial.asked_after, trial.told, trial.attempt, trial.status),
            "candidate": trial.candidate,
            "results": evaluation and (evaluation.results, evaluation.objectives, evaluation.behaviour),
            "reason": trial.reason,
            "cost_usd": trial.cost_usd,
            "proposals": [replace(proposal, run_id="", at_us=0) for proposal in proposals],
            "calls": [replace(call, started_us=0, ended_us=0) for call in calls],
        }


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A steered run in an archive, several trials in flight, and its cassette."""
    folder = tmp_path_factory.mktemp("recorded")
    cassette = folder / "run.cassette"
    faults = Settings(script=("429", "ok", "bad_edit", "ok", "empty", "500", "ok", "garbage"), latency_s=0.02)
    with Archive.open(folder) as archive:
        with LLMServer(faults) as server, pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_API_KEY", KEY)
            run = evolve(archive, with_model(server, cassette), injected=[WEIGHTS, BETTER])
        yield archive, run, cassette


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_a_recorded_run_replays_to_the_identical_archive(recorded, tmp_path):
    archive, run, cassette = recorded
    with Archive.open(tmp_path / "replayed") as other:
        again = evolve(other, replayed(cassette))

        assert list(as_recorded(other, again)) == list(as_recorded(archive, run))
        assert (again.state, again.stop_reason) == (RunState.FINISHED, "trials")
        spent_usd = archive.usage(run.id).cost_usd  # a sum in the order in which answers came
        assert other.usage(again.id).cost_usd == pytest.approx(spent_usd)
        assert spent_usd > 0
    kinds = [trial.selection.target.get("kind") for trial in archive.trials(run.id)]
    assert len(kinds) == 17
    inspired = {
        kind
        for trial, kind in zip(archive.trials(run.id), kinds, strict=True)
        if trial.selection.inspirations and kind != "fix"  # which repeats what failed, as it was asked for
    }
    assert inspired == {"crossover"}
    assert "fresh" not in kinds


@pytest.mark.parametrize(("script", "deadly"), [(("ok",), 1), (("bad_edit", "ok"), 2)])
def test_an_answer_that_was_not_read_is_not_read_in_the_replay_either(tmp_path, monkeypatch, script, deadly):
    cassette = tmp_path / "run.cassette"
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    read = LLMProposer._candidate
    texts = []

    async def dies(self, request, text):
        texts.append(text)
        if len(texts) == deadly:
            raise ProviderRefused("that was the end of the process")
        return await read(self, request, text)

    with Archive.open(tmp_path / "recorded") as archive, LLMServer(Settings(script=script)) as server:
        with monkeypatch.context() as patch:
            patch.setattr(LLMProposer, "_candidate", dies)
            run = evolve(archive, with_model(server, cassette), "in_flight=1", "budget.trials=4")
        assert len(archive.calls(run.id, 1, 0)) == deadly
        for _ in range(2):  # as by two processes that began to read and did not end it
            archive.mark_parsing(run.id, 1, 0)
        again = session.resume(run.id, archive, notify=lambda *_: None, stop=StopRule(Budget()))
        run = asyncio.run(again).run
        expected = list(as_recorded(archive, run))

    assert expected[1]["proposals"][0].reason.startswith("parsing: the process ended twice")
    with Archive.open(tmp_path / "replayed") as other:
        assert list(as_recorded(other, evolve(other, replayed(cassette)))) == expected


def test_a_cassette_holds_no_key_no_server_and_no_prompt(recorded):
    archive, run, cassette = recorded
    text = cassette.read_text()
    prompt = json.loads(archive.calls(run.id, 2)[0].request)["messages"][1]["content"]

    assert KEY not in text
    assert "127.0.0.1" not in text
    assert prompt[:200] not in json.loads(json.dumps(text))
    assert "# The program to improve" not in text


def test_the_cost_of_a_trial_is_that_of_its_calls(recorded):
    archive, run, _ = recorded
    for trial in archive.trials(run.id):
        calls = archive.calls(run.id, trial.number)
        assert trial.cost_usd == pytest.approx(sum(call.cost_usd for call in calls))


def test_a_replay_needs_an_archive_without_draws_of_its_own(recorded, tmp_path):
    archive, _, cassette = recorded
    lines = cassette.read_text().splitlines()
    head = json.loads(lines[0]) | {"train_key": "00" * 32}
    other = tmp_path / "other.cassette"
    other.write_text("\n".join([json.dumps(head), *lines[1:]]) + "\n")

    with pytest.raises(ArchiveError, match="name a new folder with --runs"):
        evolve(archive, replayed(other))


def test_what_was_never_answered_is_not_made_up(recorded, tmp_path):
    _, _, cassette = recorded
    with Archive.open(tmp_path / "other") as other:
        with pytest.raises(DataError, match="holds no answer to this propose request"):
            evolve(other, replayed(cassette), "seed=1")
        assert other.run("last").state is RunState.PAUSED


def test_a_cassette_of_another_problem_is_refused(recorded, tmp_path):
    _, _, cassette = recorded
    with (
        Archive.open(tmp_path / "other") as other,
        pytest.raises(ConfigError, match="recorded on 'flow_shop'"),
    ):
        evolve(other, replayed(cassette) | {"problem": "txn_offline"})


def test_no_file_is_written_over(recorded):
    archive, _, cassette = recorded
    with LLMServer() as server, pytest.raises(ConfigError, match="there is such a file already"):
        evolve(archive, with_model(server, cassette))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is damaged"),
        ("hello\n", "line 1 is no JSON object"),
        ('{"cassette": 99}\n', "no cassette that this adrs can read"),
        ('{"cassette": 1}\n', "is damaged"),
    ],
)
def test_a_file_that_is_no_cassette_is_one_sentence(tmp_path, text, said):
    path = tmp_path / "broken"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        Cassette.read(path)
    with pytest.raises(DataError, match="cannot be read"):
        Cassette.read(tmp_path / "missing")


def test_the_golden_run_replays_as_it_was_recorded(tmp_path):
    """Change what prompts hold, how edits are read or how trials are chosen, and this says so.

    Where that is meant: `python tests/e2e/record_golden.py`.
    """
    problem = find_problem(str(golden.PROBLEM))
    lines = golden.CASSETTE.read_text().splitlines()
    head = json.loads(lines[0])
    head["problem"]["digest"] = problem.digest  # it holds the evaluators' code too; scores are compared below
    cassette = tmp_path / "golden.cassette"
    cassette.write_text("\n".join([json.dumps(head), *lines[1:]]) + "\n")
    with Archive.open(tmp_path / "runs") as archive:
        run = evolve(archive, replayed(cassette) | {"problem": str(golden.PROBLEM)})

        assert golden.trials(archive, run) == json.loads(golden.EXPECTED.read_text())
        assert [one.taken for one in recorded_interventions(archive, run.id)] == [1]
        assert run.stop_reason == "trials"

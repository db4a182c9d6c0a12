"""The same seed gives the same trials, and a recorded run replays to the same strategy state."""

import asyncio

import pytest

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.model.trial import TrialState
from adrs.plugins import registry
from adrs.plugins.problems import find_problem
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.resume import replay
from adrs.run.stopping import StopRule
from adrs.run.streams import Purpose, stream
from adrs.search.contract import SearchSpace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def evolve(archive, *words):
    config = resolve({}, ("problem=flow_shop", "confirm=false", *words))
    return asyncio.run(session.start(config, archive, notify=lambda *_: None, stop=StopRule(Budget()))).run


def trials(archive, run):
    return [
        (t.number, t.state, t.selection, t.attempt, t.candidate and t.program.digest, t.reason)
        for t in archive.trials(run.id, told_order=True)
    ]


def test_with_one_trial_in_flight_the_same_seed_gives_the_same_trials(tmp_path):
    with Archive.open(tmp_path) as archive:
        first = evolve(archive, "seed=5", "workers=1", "in_flight=1", "budget.trials=40")
        again = evolve(archive, "seed=5", "workers=1", "in_flight=1", "budget.trials=40")
        other = evolve(archive, "seed=6", "workers=1", "in_flight=1", "budget.trials=40")

        assert trials(archive, first) == trials(archive, again)
        assert trials(archive, first) != trials(archive, other)
        assert len(trials(archive, first)) == 41


def test_a_run_that_was_stopped_and_resumed_gives_the_same_trials(tmp_path):
    with Archive.open(tmp_path) as archive:
        whole = evolve(archive, "seed=5", "workers=1", "in_flight=1", "budget.trials=40")
        part = evolve(archive, "seed=5", "workers=1", "in_flight=1", "budget.trials=15")
        asyncio.run(
            session.resume(
                part.id, archive, notify=lambda *_: None, stop=StopRule(Budget()), extend={"trials": 40}
            )
        )

        assert trials(archive, part) == trials(archive, whole)


def test_with_eight_in_flight_the_recorded_order_replays_to_the_same_asks(tmp_path):
    with Archive.open(tmp_path) as archive:
        run = evolve(archive, "seed=5", "workers=2", "in_flight=8", "budget.trials=60")
        problem = find_problem("flow_shop")
        space = SearchSpace(objectives=problem.spec.objective, initial=run.initial)
        strategy = registry.strategy("map_elites")(space, {})
        asked = {t.number: t for t in archive.trials(run.id)}
        asked_after = {}
        for trial in asked.values():
            asked_after.setdefault(trial.asked_after, []).append(trial)

        replayed = {}
        pending = {}
        for place, told in enumerate(replay(archive, run.id, strategy)):
            pending.pop(told.number, None)
            for trial in sorted(asked_after.get(place, ()), key=lambda t: t.number):
                if trial.number == 0:
                    continue
                rng = stream(run.seed, trial.number, 0, Purpose.ASK)
                replayed[trial.number] = strategy.ask(trial.number, rng, tuple(pending.values()))
                pending[trial.number] = trial.selection

        assert len(replayed) == 60
        assert replayed == {number: trial.selection for number, trial in asked.items() if number > 0}
        assert {t.state for t in asked.values()} <= {
            TrialState.COMPLETED,
            TrialState.FAILED,
            TrialState.PRUNED,
            TrialState.REJECTED,
        }

"""The conformance suite is itself tested: each broken strategy must fail the test that is named with it."""

import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import booleans

from adrs.errors import ConfigError
from adrs.model.trial import Selection, TellStatus, Trial, TrialState
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.hill_climb import HillClimb
from adrs.search.map_elites import MapElites
from adrs.testing.strategies import StrategyConformance, examples, histories


class CountsAsks(HillClimb):
    asks = 0

    def ask(self, trial_number, rng, pending):
        self.asks += 1
        return super().ask(trial_number, rng, pending)


class DrawsGlobally(MapElites):
    def ask(self, trial_number, rng, pending):
        random.random()
        return super().ask(trial_number, rng, pending)


class DrawsPrivately(MapElites):
    def __init__(self, space, options):
        super().__init__(space, options)
        self.own = random.Random()

    def tell(self, trial):
        self.lucky = self.own.random()
        return super().tell(trial)


class SpendsPending(HillClimb):
    def ask(self, trial_number, rng, pending):
        if isinstance(pending, list):
            pending.clear()
        return super().ask(trial_number, rng, pending)


class BuildsOnFailures(HillClimb):
    last = None

    def tell(self, trial):
        self.last = trial.candidate.program.digest
        return super().tell(trial)

    def ask(self, trial_number, rng, pending):
        return Selection(self.last)


class InspiredByItself(HillClimb):
    def ask(self, trial_number, rng, pending):
        parent = super().ask(trial_number, rng, pending).parent
        return Selection(parent, (parent,))


class OnePool(MapElites):
    """Islands in name only."""

    latest = None

    def tell(self, trial):
        if trial.state is TrialState.COMPLETED:
            self.latest = trial.candidate.program.digest
        return super().tell(trial)

    def ask(self, trial_number, rng, pending):
        return replace(super().ask(trial_number, rng, pending), parent=self.latest)


class AlwaysMaximises(HillClimb):
    def __init__(self, space, options):
        turned = space.objectives[0].model_copy(update={"direction": "maximize"})
        super().__init__(SearchSpace((turned,), space.initial), options)


class SortsByDigest(HillClimb):
    def __init__(self, space, options):
        super().__init__(space, options)
        self.seen = {space.initial}

    def tell(self, trial):
        if trial.state is TrialState.COMPLETED:
            self.seen.add(trial.candidate.program.digest)
        return super().tell(trial)

    def ask(self, trial_number, rng, pending):
        return Selection(min(self.seen))


class TakesEquals(HillClimb):
    def tell(self, trial):
        status = super().tell(trial)
        return TellStatus.IMPROVED if trial.state is TrialState.COMPLETED and trial.number else status


class TakesFailures(HillClimb):
    def tell(self, trial):
        status = super().tell(trial)
        return TellStatus.NEW if trial.state is TrialState.FAILED else status


class NeverStarts(HillClimb):
    def ask(self, trial_number, rng, pending):
        return Selection("0" * 64)


class TakesAnyOption(HillClimb):
    def __init__(self, space, options):
        super().__init__(space, {})


class RefusesAtLength(HillClimb):
    def __init__(self, space, options):
        if options:
            raise ConfigError(f"Bad options:\n{options}")
        super().__init__(space, options)


class TrustsTargets(MapElites):
    def tell(self, trial):
        trial.selection.target["island"] + 1
        return super().tell(trial)


class UnhealthyNumbers(HillClimb):
    def health(self):
        return {"rate": float("nan")}


class KeepsEveryTrial(HillClimb):
    def __init__(self, space, options):
        super().__init__(space, options)
        self.trials: list[Trial] = []

    def tell(self, trial):
        self.trials.append(trial)
        return super().tell(trial)


class LooksThroughEverything(HillClimb):
    told = 0

    def tell(self, trial):
        self.told += 1
        return super().tell(trial)

    def ask(self, trial_number, rng, pending):
        for _ in range(self.told):
            pass
        return super().ask(trial_number, rng, pending)


BROKEN: Sequence[tuple[type[Strategy], str]] = [
    (CountsAsks, "test_ask_changes_nothing"),
    (DrawsGlobally, "test_ask_changes_nothing"),
    (SpendsPending, "test_ask_changes_nothing"),
    (DrawsPrivately, "test_state_is_a_fold_over_told_trials"),
    (CountsAsks, "test_state_is_a_fold_over_told_trials"),
    (BuildsOnFailures, "test_programs_to_build_on_have_completed"),
    (InspiredByItself, "test_programs_to_build_on_have_completed"),
    (OnePool, "test_a_parent_lives_in_its_part"),
    (AlwaysMaximises, "test_direction_is_only_a_sign"),
    (SortsByDigest, "test_digests_steer_nothing"),
    (TakesEquals, "test_equals_of_the_initial_program_are_not_added"),
    (TakesEquals, "test_what_a_status_says"),
    (TakesFailures, "test_what_a_status_says"),
    (NeverStarts, "test_the_initial_program_is_built_on_until_something_completes"),
    (TakesAnyOption, "test_an_unknown_option_is_refused_in_one_sentence"),
    (RefusesAtLength, "test_an_unknown_option_is_refused_in_one_sentence"),
    (TrustsTargets, "test_a_trial_from_elsewhere_is_taken"),
    (UnhealthyNumbers, "test_health_is_numbers_and_changes_nothing"),
    (KeepsEveryTrial, "test_many_trials_cost_no_more_than_few"),
    (LooksThroughEverything, "test_many_trials_cost_no_more_than_few"),
]


@pytest.mark.parametrize(("broken", "test"), BROKEN, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_strategy_fails(broken: type[Strategy], test: str):
    class Suite(StrategyConformance):
        many = 1_000
        part = "island" if issubclass(broken, MapElites) else None
        no_exchange: Mapping[str, object] = {"migrate_every": 0} if part else {}

        def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
            return broken(space, options)

    test_method = getattr(Suite, test)
    if hasattr(test_method, "hypothesis"):
        test_method = without_shrinking(test_method.hypothesis.inner_test)
    arguments = {"end": TrialState.FAILED} if "until_something_completes" in test else {}
    with pytest.raises((AssertionError, KeyError, pytest.fail.Exception)):
        test_method(Suite(), **arguments)


def without_shrinking(inner: Callable[..., None]) -> Callable[..., None]:
    """The suite's own examples, but no time spent on making the one that fails small."""
    drawn = {"steps": histories, "measured": booleans()}
    wanted = {name: drawn[name] for name in inspect.signature(inner).parameters if name in drawn}
    return settings(examples, phases=[Phase.generate])(given(**wanted)(inner))


def test_every_test_of_the_suite_catches_something():
    tests = {name for name in vars(StrategyConformance) if name.startswith("test_")}
    assert tests == {test for _, test in BROKEN}

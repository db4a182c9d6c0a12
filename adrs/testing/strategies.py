# ruff: noqa: S101  (these are tests, written to be inherited)
"""The conformance suite of search strategies.

A plug-in author inherits it, and every promise of `adrs.search.contract` is tested:

    import pytest

    pytest.register_assert_rewrite("adrs.testing.strategies")

    from adrs.testing.strategies import StrategyConformance

    class TestMyStrategy(StrategyConformance):
        def create(self, space, options):
            return MyStrategy(space, options)

It needs pytest and hypothesis. It uses no clock: what grows is counted, in lines run and in values held.
"""

from __future__ import annotations

import math
import random
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adrs.errors import ConfigError
from adrs.model.trial import Selection, TellStatus, TrialState
from adrs.search.contract import SearchSpace, Strategy
from adrs.testing.histories import INITIAL, History, Outcome, Step, random_outcome, random_outcomes
from adrs.testing.state import contents, size
from adrs.testing.trials import MAXIMIZE, MINIMIZE, toy_trial

ENDS = (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED, TrialState.REJECTED)

BETTER = Outcome(TrialState.COMPLETED, 10, 0, (0.5, 0.5))
"""Better on every workload than any of `outcomes`."""

outcomes = st.builds(
    Outcome,
    st.sampled_from((TrialState.COMPLETED, TrialState.COMPLETED, *ENDS)),
    st.integers(40, 60),
    st.integers(-3, 3),
    st.tuples(*[st.sampled_from((0.0, 0.3, 0.5, 1.0))] * 2),
)
"""Few values, so that ties are common."""

_steps = st.builds(Step, st.booleans(), st.integers(0, 7), outcomes)

histories = st.lists(_steps, max_size=8) | st.lists(_steps, min_size=30, max_size=60)
"""Short ones for the corners, and long ones in which populations fill."""

examples = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)


class StrategyConformance(ABC):
    """Every promise of a strategy, as tests. Inherit it, name the class `Test...`, and write `create`."""

    options: Mapping[str, object] = {}
    """The options that all tests run with."""

    part: str | None = None
    """The key of `Selection.target` that names a part of the population, such as `island`; None for none."""

    no_exchange: Mapping[str, object] = {}
    """Options under which parts exchange nothing: then a parent must have been told in its own part."""

    many = 10_000
    """Trials of the test of growth."""

    @abstractmethod
    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        """Return a new strategy."""

    def played(self, steps: Sequence[Step], **about: Any) -> tuple[Strategy, History]:
        """Return a new strategy that a history was played to, and the history."""
        history = History(**about)
        strategy = self.create(history.space, self.options)
        return strategy, history.play(strategy, steps)

    @examples
    @given(histories, st.booleans())
    def test_ask_changes_nothing(self, steps: Sequence[Step], measured: bool) -> None:
        """`ask` is pure: the same question has the same answer, and leaves no trace."""
        strategy, history = self.played(steps, measured=measured)
        before = contents(strategy)
        pending = list(history.pending)
        world = _global_random_state()
        first, second = (strategy.ask(99, history.rng(99), pending) for _ in range(2))
        assert first == second, "the same random numbers gave two selections"
        assert contents(strategy) == before, "ask changed the strategy's state"
        assert pending == list(history.pending), "ask changed the pending selections"
        assert _global_random_state() == world, "ask drew from a global random generator"

    @examples
    @given(histories, st.booleans())
    def test_state_is_a_fold_over_told_trials(self, steps: Sequence[Step], measured: bool) -> None:
        """Resume is replay: told the same trials, a new strategy stands where the old one stood."""
        strategy, history = self.played(steps, measured=measured)
        again = self.create(history.space, self.options)
        asked = iter(history.asked)
        ask = next(asked, None)
        for told, (trial, status) in enumerate(zip(history.told, history.statuses, strict=True), 1):
            assert again.tell(trial) == status
            while ask is not None and ask.told == told:
                assert again.ask(ask.number, history.rng(ask.number), ask.pending) == ask.selection
                ask = next(asked, None)
        without_asks = self.create(history.space, self.options)
        for trial in history.told:
            without_asks.tell(trial)
        assert contents(without_asks) == contents(again) == contents(strategy)

    @examples
    @given(histories, st.booleans())
    def test_programs_to_build_on_have_completed(self, steps: Sequence[Step], measured: bool) -> None:
        """Parents and inspirations were told as COMPLETED, and none is named twice."""
        _, history = self.played(steps, measured=measured)
        for ask in history.asked:
            sound = {history.space.initial}
            for trial in history.told[: ask.told]:
                if trial.state is TrialState.COMPLETED and trial.candidate is not None:
                    sound.add(trial.candidate.program.digest)
            parent, inspirations = ask.selection.parent, ask.selection.inspirations
            assert parent is None or parent in sound
            assert set(inspirations) <= sound
            assert parent not in inspirations
            assert len(set(inspirations)) == len(inspirations)

    @examples
    @given(histories)
    def test_a_parent_lives_in_its_part(self, steps: Sequence[Step]) -> None:
        """With exchange switched off, a child is bred from its own part."""
        if self.part is None:
            pytest.skip("the population has no parts")
        history = History()
        strategy = self.create(history.space, {**self.options, **self.no_exchange})
        history.play(strategy, steps)
        for ask in history.asked:
            part = ask.selection.target[self.part]
            told_there = (t for t in history.told[: ask.told] if t.selection.target.get(self.part) == part)
            living = {t.candidate.program.digest for t in told_there if t.candidate is not None}
            assert ask.selection.parent in living | {history.space.initial}

    @examples
    @given(histories, st.booleans())
    def test_direction_is_only_a_sign(self, steps: Sequence[Step], measured: bool) -> None:
        """Minimising a number is maximising its negative."""
        _, smaller = self.played(steps, objective=MINIMIZE, measured=measured)
        _, larger = self.played(steps, objective=MAXIMIZE, measured=measured)
        assert smaller.statuses == larger.statuses
        assert smaller.asked == larger.asked

    @examples
    @given(histories, st.booleans())
    def test_digests_steer_nothing(self, steps: Sequence[Step], measured: bool) -> None:
        """Nothing depends on what programs are called, so not on the order of a set either."""
        one, other = (self.played(steps, measured=measured, label=label)[1] for label in ("one", "other"))
        assert one.statuses == other.statuses
        for left, right in zip(one.asked, other.asked, strict=True):
            assert one.number_of(left.selection.parent) == other.number_of(right.selection.parent)
            assert left.selection.target == right.selection.target
            from_one = [one.number_of(digest) for digest in left.selection.inspirations]
            assert from_one == [other.number_of(digest) for digest in right.selection.inspirations]

    @examples
    @given(histories)
    def test_equals_of_the_initial_program_are_not_added(self, steps: Sequence[Step]) -> None:
        """Where all programs do the same, only the first is kept."""
        _, history = self.played([step._replace(outcome=INITIAL) for step in steps])
        assert history.statuses == [TellStatus.NEW] + [TellStatus.NOT_ADDED] * (len(history.told) - 1)

    @examples
    @given(histories, st.booleans())
    def test_what_a_status_says(self, steps: Sequence[Step], measured: bool) -> None:
        """First in its cell is NEW, better is NEW or IMPROVED, all else is NOT_ADDED."""
        strategy, history = self.played(steps, measured=measured)
        assert history.statuses[0] is TellStatus.NEW, "the initial program is the first in its cell"
        for trial, status in zip(history.told, history.statuses, strict=True):
            assert trial.state is TrialState.COMPLETED or status is TellStatus.NOT_ADDED
        selection = history.ask(strategy)
        first, same = toy_trial(1000, selection), toy_trial(1001, selection)
        assert history.finish(strategy, first, BETTER) in (TellStatus.NEW, TellStatus.IMPROVED)
        assert history.finish(strategy, same, BETTER) is TellStatus.NOT_ADDED, "equal is not better"

    @pytest.mark.parametrize("end", ENDS[1:])
    def test_the_initial_program_is_built_on_until_something_completes(self, end: TrialState) -> None:
        """Failures alone leave only the initial program."""
        strategy, history = self.played([])
        for _ in range(20):
            assert history.ask(strategy).parent in (history.space.initial, None)
            history.finish(strategy, history.in_flight[0], Outcome(end, 1, 0, (0.1, 0.9)))

    def test_an_unknown_option_is_refused_in_one_sentence(self) -> None:
        """A mistyped option is named, never ignored."""
        with pytest.raises(ConfigError) as refusal:
            self.create(History().space, {**self.options, "no_such_option": 1})
        message = str(refusal.value)
        assert "no_such_option" in message
        assert "\n" not in message

    @examples
    @given(histories)
    def test_a_trial_from_elsewhere_is_taken(self, steps: Sequence[Step]) -> None:
        """A program that the strategy did not ask for, or asked for under other options, is told too."""
        strategy, history = self.played(steps)
        for target in ({}, {"island": 10**6}, {"island": "north"}, {"chain": -1}):
            trial = toy_trial(1000 + len(history.told), Selection(None, (), target))
            history.finish(strategy, trial, Outcome(TrialState.COMPLETED, 5, 1, (1.0, 0.0)))
        assert history.ask(strategy) is not None

    @examples
    @given(histories)
    def test_health_is_numbers_and_changes_nothing(self, steps: Sequence[Step]) -> None:
        """`health` is finite numbers by name, and only looks."""
        strategy, _ = self.played(steps)
        before = contents(strategy)
        health = strategy.health()
        assert health, "a strategy shows that it does what it says"
        assert all(isinstance(name, str) and math.isfinite(value) for name, value in health.items())
        assert contents(strategy) == before
        assert strategy.health() == health

    def test_many_trials_cost_no_more_than_few(self) -> None:
        """State and work per trial stay nearly level from a fifth of `many` trials to all of them."""
        history = History()
        strategy = self.create(history.space, self.options)
        draws = random_outcomes(0)
        history.start(strategy)
        sizes, costs = [], []
        for mark in (self.many // 5, self.many):
            _play(strategy, history, draws, mark - len(history.told))
            sizes.append(size(strategy))
            costs.append(lines_run(lambda: _play(strategy, history, draws, 50)))
        assert sizes[1] < 2 * sizes[0], f"the state grew from {sizes[0]} to {sizes[1]} values"
        assert costs[1] < 2 * costs[0], f"50 trials grew from {costs[0]} to {costs[1]} lines run"


def _play(strategy: Strategy, history: History, draws: np.random.Generator, trials: int) -> None:
    """Play trials, four in flight."""
    for _ in range(trials):
        while len(history.in_flight) < 4:
            history.ask(strategy)
        history.finish(strategy, history.in_flight[int(draws.integers(4))], random_outcome(draws))


def lines_run(call: Callable[[], object]) -> int:
    """Return how many lines of Python a call runs: the same on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def _global_random_state() -> object:
    return random.getstate(), contents(np.random.get_state(legacy=True))

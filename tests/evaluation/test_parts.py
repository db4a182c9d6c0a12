"""The pure parts of evaluation: groups, racing, aggregates, whose fault."""

from __future__ import annotations

import math
import signal
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adrs.errors import EvaluatorBroken
from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.evaluate import compare_isolated
from adrs.evaluation.faults import failure_of, one_line
from adrs.evaluation.racing import LEVEL, hopeless
from adrs.evaluation.source import groups
from adrs.model.evaluation import Evaluation, FailureKind, Split, WorkloadResult
from adrs.model.problem import Objective

SHARES = st.lists(st.sampled_from(["", "", "a", "b", "c"]), min_size=1, max_size=30)


@given(SHARES, st.randoms(use_true_random=False), st.booleans())
def test_groups_cover_every_workload_once_and_never_join_shared_randomness(
    shares: list[str], random: Any, isolated: bool
) -> None:
    indices = list(range(len(shares)))
    random.shuffle(indices)
    found = groups(tuple(indices), tuple(shares), isolated)
    assert sorted(index for group in found for index in group) == sorted(indices)
    for group in found:
        named = [shares[index] for index in group if shares[index]]
        assert len(named) == len(set(named))
    most = max([shares.count(share) for share in set(shares) - {""}], default=1)
    assert len(found) == (len(indices) if isolated else most)


def objective(direction: Literal["minimize", "maximize"] = "minimize", **more: Any) -> Objective:
    return Objective(name="value", unit="1", direction=direction, **more)


def results(values: list[float]) -> tuple[WorkloadResult, ...]:
    return tuple(WorkloadResult(index, "", {"value": value}) for index, value in enumerate(values))


def evaluation(values: list[float]) -> Evaluation:
    return Evaluation(Split.TRAIN, 0, results(values), {"value": sum(values)}, True, False)


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_only_what_is_surely_worse_is_hopeless(direction: Literal["minimize", "maximize"]) -> None:
    rng = np.random.default_rng(3)
    bar = list(rng.normal(100, 10, 40))
    worse, better = [b + 5 + rng.normal() for b in bar], [b - 5 + rng.normal() for b in bar]
    if direction == "maximize":
        worse, better = better, worse
    assert hopeless([objective(direction)], results(worse), evaluation(bar))
    assert not hopeless([objective(direction)], results(better), evaluation(bar))
    assert not hopeless([objective(direction)], results(bar), evaluation(bar))
    assert not hopeless([objective(direction)], results(worse[:3]), evaluation(bar))


def test_racing_ends_an_equal_candidate_as_rarely_as_it_says() -> None:
    rng = np.random.default_rng(5)
    runs = 2000
    ended = 0
    for _ in range(runs):
        bar, mine = rng.normal(size=8), rng.normal(size=8)
        ended += hopeless([objective()], results(list(mine)), evaluation(list(bar)))
    assert stats.binomtest(ended, runs, LEVEL).pvalue > 0.001


def test_a_candidate_that_wins_in_one_objective_goes_on() -> None:
    two = [objective(), Objective(name="other", unit="1", direction="minimize")]
    bar = [WorkloadResult(i, "", {"value": float(i), "other": float(i)}) for i in range(8)]
    mine = [WorkloadResult(i, "", {"value": i + 9.0, "other": i - 9.0}) for i in range(8)]
    whole = Evaluation(Split.TRAIN, 0, tuple(bar), {}, True, False)
    assert hopeless(two[:1], mine, whole)
    assert not hopeless(two, mine, whole)


def test_a_geometric_mean_races_in_logarithms() -> None:
    bar = [1.0, 10.0, 100.0, 1000.0, 10000.0, 1.0, 10.0, 100.0]
    worse = [1.1 * value for value in bar]
    assert not hopeless([objective()], results(worse), evaluation(bar))
    assert hopeless([objective(aggregate="geometric_mean")], results(worse), evaluation(bar))


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=20))
def test_aggregates_are_what_they_are_called(values: list[float]) -> None:
    assert aggregate(objective(aggregate="mean"), values) == pytest.approx(np.mean(values))
    assert aggregate(objective(aggregate="median"), values) == pytest.approx(np.median(values))
    assert aggregate(objective(aggregate="sum"), values) == math.fsum(values)
    assert aggregate(objective(aggregate="geometric_mean"), values) == pytest.approx(stats.gmean(values))


def test_a_geometric_mean_of_zero_is_zero_and_of_less_is_a_defect() -> None:
    assert aggregate(objective(aggregate="geometric_mean"), [0.0, 4.0]) == 0.0
    with pytest.raises(EvaluatorBroken, match="geometric mean"):
        aggregate(objective(aggregate="geometric_mean"), [-1.0, 4.0])


def test_an_isolated_run_that_differs_is_marked_and_counts() -> None:
    grouped, alone = evaluation([1.0, 2.0]), evaluation([1.0, 3.0])
    assert compare_isolated(grouped, alone, [objective()]).differs_when_isolated
    assert compare_isolated(grouped, alone, [objective()]).values("value") == (1.0, 3.0)
    assert not compare_isolated(grouped, grouped, [objective()]).differs_when_isolated


CRASHED = {"kind": "crash", "reason": "the program ended before it answered"}


@pytest.mark.parametrize(
    ("reported", "channel", "end", "kind"),
    [
        (CRASHED, "closed", {"signal": signal.SIGXCPU}, FailureKind.TIMEOUT),
        (CRASHED, "closed", {"signal": signal.SIGKILL, "cpu_s": 2.0}, FailureKind.TIMEOUT),
        (CRASHED, "closed", {"signal": signal.SIGKILL, "cpu_s": 0.2}, FailureKind.MEMORY),
        (CRASHED, "closed", {"signal": signal.SIGSEGV}, FailureKind.CRASH),
        (CRASHED, "closed", {"signal": 99}, FailureKind.CRASH),
        (CRASHED, "closed", {"exit": 0}, FailureKind.CRASH),
        (CRASHED, "closed", {"signal": signal.SIGKILL, "killed": True}, FailureKind.OUTPUT),
        ({"kind": "timeout", "reason": ""}, "timeout", {"signal": 9, "killed": True}, FailureKind.TIMEOUT),
        ({"kind": "exception", "reason": ""}, "closed", {"signal": 11}, FailureKind.EXCEPTION),
        ({"kind": "output", "reason": ""}, "output", {"exit": 0}, FailureKind.OUTPUT),
    ],
)
def test_whose_fault_it_was_follows_from_both_reports(
    reported: dict[str, str], channel: str, end: dict[str, Any], kind: FailureKind
) -> None:
    whole = {"exit": None, "signal": None, "killed": False, "cpu_s": 0.1, "cpu_limit_s": 1.9, "peak_mib": 9.0}
    found = failure_of(reported, channel, {**whole, **end})
    assert found is not None
    assert found.kind is kind
    assert failure_of(None, channel, {**whole, **end}) is None


@given(st.text())
def test_a_reason_is_one_printable_capped_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 500
    assert "\n" not in line
    assert line.isprintable()

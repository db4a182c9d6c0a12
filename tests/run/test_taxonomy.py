"""Whose fault a failure is, shown over the loop with scripted faults."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adrs.errors import EvaluatorBroken, ProviderError, ProviderRefused, SandboxUnavailable, WorkerLost
from adrs.evaluation.evaluate import Outcome
from adrs.model.trial import TellStatus, TrialState
from adrs.proposer.contract import Rejected
from adrs.run.stopping import BREAKER_AFTER

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TRIALS = 10

CANDIDATE = st.sampled_from(
    [
        Outcome(TrialState.FAILED, f"{kind}: its own doing")
        for kind in ("syntax", "exception", "invalid", "timeout", "memory", "output", "crash")
    ]
    + [Outcome(TrialState.PRUNED, "pruned: significantly worse")]
)
OURS = st.sampled_from([EvaluatorBroken, WorkerLost, SandboxUnavailable]).map(lambda kind: kind("it broke"))
SCRIPTS = st.dictionaries(
    st.integers(1, TRIALS),
    st.tuples(st.lists(OURS, max_size=2), st.lists(CANDIDATE, max_size=1)).map(lambda two: two[0] + two[1]),
)
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def named(request):
    return f"gain = 0.0  # trial {request.trial_number}\n"


def text(number):
    return f"gain = 0.0  # trial {number}\n"


@pytest.fixture
def rig_of(make_rig, tmp_path):
    """Makes rigs: every example of a property needs an archive of its own."""
    numbers = count()
    return lambda **how: make_rig.of(tmp_path / f"example{next(numbers)}", **how)


@FEW
@given(scripts=SCRIPTS, in_flight=st.integers(1, 4))
def test_every_trial_ends_once_and_only_ours_is_tried_again(rig_of, scripts, in_flight):
    rig = rig_of(make=named)
    rig.cascade.faults = {text(number): list(script) for number, script in scripts.items()}
    errors = {n: sum(isinstance(one, Exception) for one in script) for n, script in scripts.items()}
    reason = rig.work(TRIALS, in_flight=in_flight)
    trials = rig.trials()
    told = [trial for trial in trials.values() if trial.told is not None]

    if reason == "trials":
        assert sorted(trial.number for trial in told) == list(range(TRIALS + 1))
    for number in range(1, TRIALS + 1):
        script, trial = scripts.get(number, []), trials.get(number)
        if trial is None or trial.told is None:
            continue
        own = next((one for one in script if isinstance(one, Outcome)), None)
        assert trial.state is (own.state if own else TrialState.COMPLETED)
        # what is ours is tried again with the same program; what is the candidate's never is
        assert rig.cascade.evaluated[text(number)] == errors.get(number, 0) + 1
        assert rig.proposer.asked[number] == 1
    places = [trial.told for trial in told]
    assert sorted(places) == list(range(len(told)))
    assert len(rig.archive.incidents(RUN)) == rig.progress.states[TrialState.ERRORED]
    assert rig.strategy.health()["told"] == len(told)
    assert TrialState.ERRORED not in {trial.state for trial in told}
    rig.archive.close()


@FEW
@given(st.lists(CANDIDATE, min_size=TRIALS, max_size=TRIALS))
def test_no_candidate_opens_the_breaker_or_stays_out_of_the_count(rig_of, outcomes):
    rig = rig_of(make=named)
    rig.cascade.faults = {text(n): [outcome] for n, outcome in enumerate(outcomes, 1)}

    assert rig.work(TRIALS) == "trials"

    ended = [trial for number, trial in rig.trials().items() if number]
    assert [trial.state for trial in ended] == [outcome.state for outcome in outcomes]
    assert rig.archive.usage(RUN).trials == TRIALS
    assert rig.stop.requested is None
    assert rig.cascade.evaluated.total() == TRIALS + 1
    rig.archive.close()


@FEW
@given(bad=st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_breaker_opens_after_errors_in_a_row_and_says_why(rig_of, bad):
    calls = iter(bad)

    def make(request):
        return ProviderError("the server answers 503") if next(calls, False) else named(request)

    rig = rig_of(make=make)
    reason = rig.work(20, in_flight=1)
    rows = "".join("x" if one else "." for one in bad)

    if "x" * BREAKER_AFTER in rows:
        assert reason.endswith("failed 5 times for a reason of ours: the server answers 503") or (
            reason == "5 trials in a row failed for a reason of ours: the server answers 503"
        )
    else:
        assert reason == "trials"
        assert len(rig.archive.incidents(RUN)) == sum(bad)
    rig.archive.close()


def test_a_run_that_the_breaker_paused_goes_on_with_the_same_candidate(make_rig):
    rig = make_rig(make=named)
    rig.cascade.faults[text(3)] = [EvaluatorBroken("the disk is full") for _ in range(BREAKER_AFTER)]

    paused = rig.work(TRIALS, in_flight=1)
    assert paused.endswith("for a reason of ours: the disk is full")
    assert rig.trials()[3].state is TrialState.ERRORED

    assert rig.work(TRIALS, in_flight=1) == "trials"
    assert rig.trials()[3].state is TrialState.COMPLETED
    assert rig.proposer.asked[3] == 1


def test_one_trial_that_never_succeeds_does_not_go_on_for_ever_while_others_do(make_rig):
    rig = make_rig(make=named)
    rig.cascade.faults[text(2)] = [WorkerLost("lost again") for _ in range(1000)]

    assert rig.work(500) == "trial 2 failed 5 times for a reason of ours: lost again"
    assert rig.cascade.evaluated[text(2)] == BREAKER_AFTER


def test_a_provider_that_refuses_costs_no_trial_and_is_not_asked_again(make_rig):
    rig = make_rig(make=lambda request: ProviderRefused("the key is wrong"))

    assert rig.work(TRIALS, in_flight=1) == "provider: the key is wrong"
    assert rig.proposer.asked.total() == 1
    assert rig.archive.usage(RUN).trials == 0


def test_rejected_proposals_are_the_candidates_and_end_a_trial_that_has_no_other(make_rig):
    rig = make_rig(make=lambda request: Rejected("bad_edit", "nothing matches"))

    assert rig.work(4) == "trials"
    ended = [trial for number, trial in rig.trials().items() if number]
    assert {trial.state for trial in ended} == {TrialState.REJECTED}
    assert rig.progress.rejected["bad_edit"] == 4 * 3
    assert rig.stop.requested is None


def test_what_the_strategy_did_with_a_trial_is_kept(make_rig):
    rig = make_rig(
        make=lambda r: f"gain = {10.0 * (r.trial_number == 1)}  # {r.trial_number}\n", strategy="hill_climb"
    )
    rig.work(6, in_flight=1)

    kept = {number: trial.status for number, trial in rig.trials().items() if number}
    assert kept[1] is TellStatus.IMPROVED
    assert set(kept.values()) == {TellStatus.IMPROVED, TellStatus.NOT_ADDED}

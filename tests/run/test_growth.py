"""When train grows, what is carried over, and what is told of it."""

import asyncio
from dataclasses import replace

import pytest

from adrs.errors import ConfigError, ProblemError
from adrs.model.evaluation import Failure, FailureKind
from adrs.model.records import Purpose
from adrs.model.trial import Selection, TrialState
from adrs.run import resume
from adrs.run.carrying import Carrier, Growing, next_count
from adrs.run.config import resolve
from adrs.run.growth import CARRIED, Growth, carry, chosen, epochs, grown, last_epoch, record
from adrs.run.progress import Progress
from adrs.run.repeats import REMEASURED
from adrs.search.contract import SearchSpace
from adrs.search.hill_climb import HillClimb
from adrs.testing.trials import toy_evaluation, toy_trial

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.mark.parametrize(
    ("count", "declared", "then"),
    [(12, 12, 18), (18, 12, 27), (27, 12, 41), (41, 12, 48), (48, 12, 48), (1, 1, 2), (2, 1, 3), (3, 1, 4)],
)
def test_train_grows_by_half_up_to_four_times_what_is_declared(count, declared, then):
    assert grown(count, declared) == then


def test_it_is_off_unless_it_is_asked_for():
    assert resolve({"problem": "flow_shop"}).grow_train is False
    assert resolve({"problem": "flow_shop"}, ["grow_train=true"]).grow_train is True
    with pytest.raises(ConfigError, match="grow_train"):
        resolve({"problem": "flow_shop"}, ["grow_train=many"])


class Source:
    """Has so many workloads and no more."""

    def __init__(self, size):
        self.size = size

    async def workloads(self, train, count):
        return range(min(count, self.size))


@pytest.mark.parametrize(("size", "then"), [(1000, 24), (20, 20), (16, 16), (10, 16)])
def test_train_grows_no_further_than_there_are_workloads(make_rig, size, then):
    rig = make_rig(make=lambda request: "gain = 1.0\n")
    assert asyncio.run(next_count(Source(size), rig.problem, rig.train, 16)) == then


@pytest.fixture
def worked(make_rig):
    """A run of twelve trials that get better, and the worst last."""
    rig = make_rig(make=lambda request: f"gain = {request.trial_number % 12}.5\n")
    rig.work(12, in_flight=1)
    return rig


def digests(rig, *numbers):
    trials = rig.trials()
    return [trials[number].program.digest for number in numbers]


def grow(rig, *carried, count=24):
    """Let train grow before trial 13, and return the run's last epoch, as it is read from the archive."""
    record(rig.archive, RUN, Growth(13, count, tuple(digests(rig, *carried)), 0))
    return last_epoch(rig.archive, rig.archive.run(RUN))


def carrier(rig, epoch):
    return Carrier(rig.archive, rig.cascade, rig.problem, rig.train, epoch)


def test_the_best_are_carried_over_but_for_what_is_banned_and_the_champion_always(worked):
    run = worked.archive.run(RUN)
    epoch, objective = last_epoch(worked.archive, run), worked.problem.primary
    best, second, poor = digests(worked, 11, 10, 1)

    kept = chosen(epoch, objective, frozenset({best}), poor)
    assert len(kept) == CARRIED + 1
    assert set(kept) == set(digests(worked, 1, 3, 4, 5, 6, 7, 8, 9, 10))
    assert kept[0] == poor
    assert chosen(epoch, objective, frozenset(), second)[-1] == best
    assert run.initial not in chosen(epoch, objective, frozenset(), run.initial)


def test_what_is_carried_over_is_measured_once_on_all_of_the_larger_set(worked):
    epoch = grow(worked, 3, 11)
    assert epoch.carried == {}
    asyncio.run(carrier(worked, epoch).enter())
    read_again = last_epoch(worked.archive, worked.archive.run(RUN))
    before = worked.cascade.measured.copy()
    asyncio.run(carrier(worked, read_again).enter())

    assert worked.cascade.measured == before
    assert list(epoch.carried) == list(read_again.carried) == digests(worked, 0, 3, 11)
    for trial in read_again.carried.values():
        smaller = worked.trials()[trial.number]
        assert len(trial.measured.results) == 24
        assert trial.selection == Selection(None)
        assert (trial.state, trial.candidate) == (TrialState.COMPLETED, smaller.candidate)


def test_in_an_epoch_a_program_is_found_only_as_it_was_measured_there(worked):
    second = grow(worked, 11)
    first = epochs(worked.archive, worked.archive.run(RUN))[0]
    asyncio.run(carrier(worked, second).enter())
    other = worked.trials()[5]

    assert second.find(other.program.digest) is None
    assert len(first.find(other.program.digest).measured.results) == 16
    measured = asyncio.run(carrier(worked, second).carry(other))  # an heir of a champion that was banned
    assert len(measured.measured.results) == 24
    assert second.find(other.program.digest) == measured
    assert other.program.digest not in second.carried


def test_where_there_is_noise_it_is_measured_several_times(make_rig, noisy_problem):
    rig = make_rig(
        make=lambda request: f"gain = {request.trial_number}.5\n", problem=noisy_problem, noise=1.0
    )
    rig.work(3, in_flight=1)
    record(rig.archive, RUN, Growth(4, 24, (), 0))
    rig.cascade.measured.clear()
    asyncio.run(carrier(rig, last_epoch(rig.archive, rig.archive.run(RUN))).enter())
    assert sum(rig.cascade.measured.values()) == REMEASURED


def test_where_the_initial_program_fails_on_the_larger_set_the_run_says_so(worked):
    epoch, result = grow(worked, 11), worked.cascade.result

    def failing(program, source, count, *, repeat):
        found = result(program, source, count, repeat=repeat)
        broken = replace(found.results[-1], failure=Failure(FailureKind.TIMEOUT, "over 1 s"))
        return replace(found, results=(*found.results[:-1], broken))

    worked.cascade.result = failing
    with pytest.raises(ProblemError, match=r"that came when train grew \(timeout: over 1 s\)"):
        asyncio.run(carrier(worked, epoch).enter())


def test_a_program_that_was_proposed_again_is_carried_on_as_it_was_then(worked):
    """Its trial of the epoch before counts, not that of the first."""
    second = grow(worked, 11)
    asyncio.run(carrier(worked, second).enter())
    again = worked.trials()[5]
    worked.archive.begin_trial(
        replace(again, number=13, state=TrialState.RUNNING, candidate=None, evaluation=None)
    )
    worked.archive.record(replace(again, number=13, told=None))
    record(worked.archive, RUN, Growth(14, 36, (again.program.digest,), 0))
    third = last_epoch(worked.archive, worked.archive.run(RUN))
    asyncio.run(carrier(worked, third).enter())

    assert [trial.number for trial in third.carried.values()] == [0, 13]
    assert third.seen(again) is None
    assert len(third.seen(worked.trials()[13]).measured.results) == 36


def test_what_fails_on_the_larger_set_is_told_as_failed():
    trial = toy_trial(
        3, Selection(None), evaluation=replace(toy_evaluation([1.0, 2.0]), behaviour="as before")
    )
    worse = toy_evaluation([1.0, 2.0, 99.0])
    failed = replace(worse.results[2], failure=Failure(FailureKind.EXCEPTION, "no such key"))
    told = carry(trial, replace(worse, results=(*worse.results[:2], failed), behaviour="of more"))

    assert (told.state, told.reason) == (TrialState.FAILED, "exception: no such key")
    assert told.measured.behaviour == "as before"


def test_a_new_strategy_is_told_what_was_carried_over_and_what_came_since(worked):
    epoch = grow(worked, 3, 11)
    asyncio.run(carrier(worked, epoch).enter())
    strategy = HillClimb(SearchSpace(worked.problem.spec.objective, epoch.run.initial), {})
    yielded = [trial.number for trial in resume.replay(worked.archive, RUN, strategy, epoch)]

    assert yielded == list(range(13))
    assert strategy.health()["told"] == 3
    assert strategy.ask(1, None, ()).parent == digests(worked, 11)[0]


def test_a_program_of_an_earlier_epoch_may_be_proposed_again(worked):
    epoch = grow(worked, 11)
    everything = resume.recall(worked.archive, RUN)
    assert digests(worked, 5)[0] in everything.normal_forms
    assert resume.recall(worked.archive, RUN, epoch).normal_forms == {}


def test_a_strategy_counts_the_trials_of_its_epoch(worked):
    first, second = epochs(worked.archive, worked.archive.run(RUN))[0], grow(worked)
    assert [first.place(7), second.place(13), second.place(20)] == [7, 1, 8]


def test_the_best_begins_anew(worked):
    progress = Progress(RUN, "scripted", worked.problem.primary, None, "", "", "", 1)
    progress.take(worked.trials()[11], 11)
    progress.begin_epoch(24, 13)
    assert (progress.train, progress.grown, progress.best, progress.history) == (24, 13, None, [])
    assert progress.take(worked.trials()[3], 12, counted=False)
    assert progress.best_trial == 3
    assert not progress.states


def test_a_replay_grows_when_the_recorded_run_did(worked):
    past = epochs(worked.archive, worked.archive.run(RUN))
    recorded = (Growth(5, 24, (), 1), Growth(9, 36, (), 2))
    growing = Growing(worked.archive, worked.problem, past, 16, recorded)

    assert [growing.due(number) for number in (4, 5)] == [False, True]
    assert not growing.waits
    made = growing.grow(5, frozenset(), past[0].run.initial)
    assert (made.before, made.count, made.carried) == (5, 24, ())
    later = Growing(worked.archive, worked.problem, epochs(worked.archive, past[0].run), 24, recorded)
    assert [later.due(number) for number in (5, 8, 9)] == [False, False, True]


def test_where_train_may_not_grow_nothing_waits(worked):
    past = epochs(worked.archive, worked.archive.run(RUN))
    assert not Growing(worked.archive, worked.problem, past, 16).waits
    assert not Growing(worked.archive, worked.problem, past, 16).due(13)
    assert Growing(worked.archive, worked.problem, past, 24).waits


def test_a_gap_that_is_open_lets_train_grow_once(make_rig):
    """The scripted lead is the same on every draw, so no gap opens; one that vanishes on validation does."""
    rig = make_rig(make=lambda request: "gain = 5.0\n")
    result = rig.cascade.result

    def fitted(program, source, count, *, repeat):
        found = result(program, source, count, repeat=repeat)
        if source.split.value == "validation" and "5.0" in program.text("solve.py"):
            return result(rig.archive.program(rig.archive.run(RUN).initial), source, count, repeat=repeat)
        return found

    rig.cascade.result = fitted
    rig.work(1, in_flight=1)
    past = epochs(rig.archive, rig.archive.run(RUN))
    growing = Growing(rig.archive, rig.problem, past, 24)
    assert growing.due(2)
    growth = growing.grow(2, frozenset(), past[0].run.initial)
    drawn = [
        one.evaluation.opening for one in rig.archive.evaluations(run_id=RUN, purpose=Purpose.VALIDATION)
    ]
    assert growth.opening == max(drawn)
    assert growth.carried == tuple(digests(rig, 1))
    after = epochs(rig.archive, rig.archive.run(RUN))
    assert not Growing(rig.archive, rig.problem, after, 36).due(2)

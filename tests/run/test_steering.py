"""A run that people steer: what they inject is tried, what they ban is left, and all of it is recorded."""

from __future__ import annotations

import pytest

from adrs.errors import ProviderRefused
from adrs.model.budget import Budget
from adrs.model.program import Program
from adrs.model.trial import TrialState
from adrs.run.steering import Intervention, Steering, record, recorded, repeat

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def gaining(request):
    parent = float(request.parent.program.text("solve.py").split()[2])
    return f"gain = {parent + 0.5}  # trial {request.trial_number}\n"


def program(gain):
    return {"solve.py": f"gain = {gain}\n"}


@pytest.fixture
def rig(make_rig):
    rig = make_rig(make=gaining)
    rig.steered = True
    return rig


def test_a_program_that_is_injected_is_the_next_trial_and_no_proposer_is_asked(rig):
    record(rig.archive, RUN, Intervention("program", note="by hand", files=program(7.0)))
    rig.work(6, in_flight=2)

    first = rig.trials()[1]
    assert (first.state, first.candidate.edit, first.candidate.summary) == (
        TrialState.COMPLETED,
        "injected",
        "by hand",
    )
    assert first.program == Program.of(program(7.0))
    assert first.selection.target["injected"] == 0
    assert rig.proposer.asked[1] == 0
    assert [one.taken for one in recorded(rig.archive, RUN)] == [1]


def test_what_was_injected_is_tried_once_also_after_a_resume(rig):
    record(rig.archive, RUN, Intervention("program", files=program(7.0)))
    rig.work(3)
    record(rig.archive, RUN, Intervention("program", files=program(8.0)))
    rig.work(8)

    injected = [t.number for t in rig.trials().values() if "injected" in t.selection.target]
    assert injected == [1, 4]
    assert [one.taken for one in recorded(rig.archive, RUN)] == [1, 4]


def test_an_injected_program_that_is_known_is_a_duplicate_and_costs_one_trial(rig):
    for _ in range(2):
        record(rig.archive, RUN, Intervention("program", files=program(7.0)))
    rig.work(4, in_flight=1)

    assert [rig.trials()[n].state for n in (1, 2)] == [TrialState.COMPLETED, TrialState.REJECTED]
    assert rig.trials()[2].kind == "duplicate"
    assert rig.proposer.asked[2] == 0


def test_a_pause_is_heeded_once(rig):
    record(rig.archive, RUN, Intervention("pause"))
    assert rig.work(6) == "interrupted: by adrs pause"
    assert len(rig.trials()) == 1
    assert rig.work(6) == "trials"


@pytest.mark.parametrize("strategy", ["map_elites", "hill_climb"])
def test_nothing_is_built_on_what_is_banned(make_rig, strategy):
    rig = make_rig(make=gaining, strategy=strategy)
    rig.steered = True
    rig.work(5, in_flight=1)
    best = max(rig.trials().values(), key=lambda trial: float(trial.program.text("solve.py").split()[2]))
    record(rig.archive, RUN, Intervention("ban", program=best.program.digest))
    rig.work(25, in_flight=1)

    later = [trial for trial in rig.trials().values() if trial.number > 5]
    assert len(later) == 20
    for trial in later:
        assert best.program.digest not in (trial.selection.parent, *trial.selection.inspirations)


def test_an_idea_reaches_the_proposer_of_one_trial(make_rig):
    ideas = {}

    def make(request):
        ideas[request.trial_number] = request.idea
        return gaining(request)

    rig = make_rig(make=make)
    rig.steered = True
    record(rig.archive, RUN, Intervention("idea", idea="use a heap"))
    rig.work(4)
    assert ideas == {1: "use a heap", 2: "", 3: "", 4: ""}


def test_prompts_are_told_the_limits_that_held_when_they_were_asked_for(rig):
    steering = Steering(rig.archive, RUN)
    assert steering.budget(3, Budget(trials=9)) == Budget(trials=9)
    for trials in (5, 9):
        record(rig.archive, RUN, Intervention("budget", limits={"trials": trials, "seconds": None}))
    steering.look(6)
    assert [steering.budget(n, Budget(trials=9)).trials for n in (1, 5, 6, 8)] == [5, 5, 9, 9]


def test_a_replay_takes_interventions_up_where_the_recorded_run_did(rig):
    made = [
        Intervention("program", note="one", files=program(1.0), taken=1),
        Intervention("pause", taken=3),
        Intervention("ban", program="ab" * 32, taken=4),
        Intervention("idea", idea="never seen"),
    ]
    repeat(rig.archive, RUN, made)
    steering = Steering(rig.archive, RUN, repeated=True)

    assert steering.look(1) is False
    assert [(one.kind, one.taken) for one in recorded(rig.archive, RUN)] == [
        ("program", 1),
        ("pause", 3),
        ("ban", 4),
    ]
    assert [steering.banned(number) for number in (3, 4)] == [frozenset(), frozenset({"ab" * 32})]


def test_weights_hold_from_the_next_trial_on_and_of_each_arm_the_last_word_counts(make_rig):
    seen, chosen = {}, []

    def make(request):
        seen.setdefault(request.trial_number, dict(request.weights))
        return gaining(request)

    rig = make_rig(make=make)
    rig.proposer.reweight = chosen.append
    rig.steered = True
    rig.work(2, in_flight=1)
    record(rig.archive, RUN, Intervention("weights", weights={"number": 0.0, "key": 2.0}))
    rig.work(4, in_flight=1)
    record(rig.archive, RUN, Intervention("weights", weights={"key": 1.0}))
    rig.work(6, in_flight=1)

    assert seen[1] == seen[2] == {}
    assert seen[3] == seen[4] == {"number": 0.0, "key": 2.0}
    assert seen[5] == seen[6] == {"number": 0.0, "key": 1.0}
    assert chosen == [seen[number] for number in range(1, 7)]


def test_a_trial_that_is_taken_up_again_keeps_the_weights_that_it_was_asked_with(make_rig):
    seen = []

    def make(request):
        seen.append((request.trial_number, dict(request.weights)))
        return ProviderRefused("no more") if len(seen) == 2 else gaining(request)

    rig = make_rig(make=make)
    rig.steered = True
    rig.work(4, in_flight=1)
    record(rig.archive, RUN, Intervention("weights", weights={"key": 0.0}))
    rig.work(4, in_flight=1)

    assert seen == [(1, {}), (2, {}), (2, {}), (3, {"key": 0.0}), (4, {"key": 0.0})]

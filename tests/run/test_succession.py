"""A champion that a person bans: who is champion then, and what the record says of it."""

from __future__ import annotations

from adrs.run.steering import Intervention, record, repeat
from adrs.run.succession import challenges, dethroned

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def stepwise(request):
    """Every tenth program is better than all before."""
    gain = 3.0 * (request.trial_number // 10) if request.trial_number % 10 == 0 else 0.0
    return f"gain = {gain}  # trial {request.trial_number}\n"


def champions(rig):
    return [one.challenger for one in challenges(rig.archive, RUN, rig.archive.run(RUN).champion) if one.won]


def test_a_champion_that_is_banned_gives_way_to_the_one_before_it_and_that_is_recorded(make_rig):
    rig = make_rig(make=stepwise)
    rig.steered = True
    rig.work(30, in_flight=1)
    gone = rig.championship.champion
    assert gone.number == 30
    promoted, outcomes = champions(rig), rig.championship.outcomes
    record(rig.archive, RUN, Intervention("ban", program=gone.program.digest))
    rig.work(30, in_flight=1)

    (one,) = dethroned(rig.archive, RUN)
    assert (one.program, one.before) == (gone.program.digest, 31)
    assert rig.championship.champion.number == 20
    assert rig.archive.run(RUN).champion == one.heir == rig.championship.champion.program.digest
    assert "trial 20 is champion again: trial 30 was banned" in rig.lines
    # What was won stays won, and what was spent stays spent: now, and when the run is taken up again.
    assert champions(rig) == promoted
    assert rig.championship.outcomes[: len(outcomes)] == outcomes
    assert rig.progress.best_trial == 20


def test_when_all_champions_are_banned_the_initial_program_is_champion_again(make_rig):
    rig = make_rig(make=stepwise)
    rig.steered = True
    rig.work(30, in_flight=1)
    for digest in [rig.trials()[number].program.digest for number in (20, 30, 10)]:
        record(rig.archive, RUN, Intervention("ban", program=digest))
    rig.work(30, in_flight=1)

    assert rig.championship.champion.number == 0
    assert "the initial program is champion again: trial 30 was banned" in rig.lines
    assert rig.progress.best == rig.trials()[0].measured.objectives["cost"]


def test_after_a_ban_the_next_best_may_challenge_and_be_beaten_again(make_rig):
    """Trial 11 is second to trial 10, so it never challenged: it does when 10 is banned."""
    gains = {10: 6.0, 11: 5.0, 35: 5.5}
    rig = make_rig(make=lambda r: f"gain = {gains.get(r.trial_number, 0.0)}  # trial {r.trial_number}\n")
    rig.steered = True
    rig.work(30, in_flight=1)
    assert [rig.find(digest).number for digest in champions(rig)] == [10]
    record(rig.archive, RUN, Intervention("ban", program=rig.trials()[10].program.digest))
    rig.work(40, in_flight=1)

    assert [rig.find(digest).number for digest in champions(rig)] == [10, 11, 35]
    assert rig.championship.outcomes == [True, True, True]
    known = challenges(rig.archive, RUN, rig.championship.champion.program.digest)
    assert [rig.find(one.incumbent).number for one in known] == [0, 0, 11]


def test_a_champion_that_is_banned_while_the_run_goes_on_gives_way_at_once(make_rig, monkeypatch):
    monkeypatch.setattr("adrs.run.loop.LOOKS_EVERY_S", 0.0)

    def make(request):
        if request.trial_number == 25:
            banned = rig.trials()[20].program.digest
            record(rig.archive, RUN, Intervention("ban", program=banned))
        return stepwise(request)

    rig = make_rig(make=make)
    rig.steered = True
    rig.work(29, in_flight=1)

    (one,) = dethroned(rig.archive, RUN)
    assert one.before in (26, 27)
    assert rig.championship.champion.number == 10
    assert rig.progress.champion_trial == 10


def test_a_replay_heeds_a_ban_where_the_recorded_run_did(make_rig, monkeypatch):
    """Nothing new is found when it looks: the mark of the recorded run is there from the beginning."""
    monkeypatch.setattr("adrs.run.loop.LOOKS_EVERY_S", 0.0)
    rig = make_rig(make=stepwise)
    rig.work(20, in_flight=1)
    banned = rig.trials()[20].program.digest
    repeat(rig.archive, RUN, [Intervention("ban", program=banned, taken=25)])
    rig.steered = True
    rig.work(23, in_flight=1)
    assert rig.progress.best_trial == 20
    rig.work(27, in_flight=1)

    assert [one.before for one in dethroned(rig.archive, RUN)] == [25]
    assert rig.progress.best_trial == 10
    assert rig.championship.champion.number == 10

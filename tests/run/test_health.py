from dataclasses import replace

import pytest

from adrs.cli.show_health import panel
from adrs.evaluation.comparison import compare
from adrs.model.trial import Candidate, Selection, TrialState
from adrs.plugins.problems import find_problem
from adrs.run.gap import Challenge, gap
from adrs.run.health import Health, Saved, _gains, _parts, _saved
from adrs.stats.interval import Interval
from adrs.testing.trials import MINIMIZE, toy_evaluation, toy_program, toy_trial

INITIAL = toy_program("trial 0").digest


def digest(number):
    return toy_program(f"trial {number}").digest


def trial(number, *, parent=INITIAL, island=None, cost=50.0, edit="number", workloads=60, **more):
    target = {} if island is None else {"island": island}
    evaluation = replace(toy_evaluation([cost] * workloads), cpu_s=0.5 * workloads)
    made = toy_trial(number, Selection(parent, (), target), evaluation=evaluation, **more)
    return replace(made, candidate=Candidate(made.program, edit))


def test_parents_are_of_their_island_or_came_by_migration():
    trials = [
        trial(0, parent=None),
        trial(1, island=0),
        trial(2, island=1),
        trial(3, island=0, parent=digest(1)),
        trial(4, island=1, parent=digest(1)),
        trial(5, island=1, parent=digest(2)),
    ]
    assert _parts(trials, {INITIAL}) == (4, 1)
    assert _parts(trials[:1], {INITIAL}) is None


def test_gains_are_split_between_the_tuner_and_all_else():
    trials = [
        trial(0, parent=None, cost=50.0),
        trial(1, cost=40.0),
        trial(2, cost=45.0, edit="tuner"),
        trial(3, cost=35.0, edit="tuner"),
        trial(4, cost=34.0, edit="guard"),
        trial(5, cost=1.0, edit="tuner", state=TrialState.FAILED),
    ]
    assert _gains(trials, MINIMIZE) == pytest.approx((10.0, 22.0))


def test_nobody_gains_by_what_was_carried_over():
    carried = [trial(0, parent=None, cost=60.0), trial(3, cost=45.0, edit="tuner")]
    trials = [trial(7, cost=50.0), trial(8, cost=42.0), trial(9, cost=39.0, edit="tuner")]
    assert _gains(trials, MINIMIZE, carried) == pytest.approx((5.0, 5.0))


def test_what_was_not_run_is_counted_in_workloads_and_cpu_time():
    problem = find_problem("flow_shop")  # 60 workloads of train, a probe of 6
    trials = [trial(0), trial(1, workloads=20, state=TrialState.PRUNED), trial(2)]
    saved = Saved(*_saved(problem, trials, duplicates=2, train=60))
    assert saved.workloads == 40 + 2 * 54
    assert saved.of == 5 * 60
    assert saved.cpu_s == pytest.approx(148 * 0.5)


HEALTH = Health(
    strategy={
        "told": 10,
        "completed": 6,
        "failed": 4,
        "accept_rate": 0.5,
        "new": 2,
        "improved": 1,
        "islands": 4,
    },
    proposals=20,
    accepted=10,
    duplicates={"same form": 1, "same behaviour": 5},
    rejected={"unchanged": 4},
    own_part=8,
    other_part=1,
    tuned=2,
    tuned_gain=1.5,
    other_gain=6.0,
    saved=Saved(300, 600, 12.0),
    challenges=[Challenge(3, 4.0, 1.0), Challenge(7, -1.0, 0.5)],
)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")


def printed(health, capsys):
    from adrs.cli.console import out, put

    put(out(), *panel(health))
    return capsys.readouterr().out


def test_the_panel_says_all_of_it(capsys):
    text = printed(HEALTH, capsys)
    for said in (
        "50.0 % (3 of 6 completed)",
        "30.0 % of 20 proposals",
        "50.0 % of workloads, about 12.0 s CPU time",
        "8 of their island, 1 that came by migration",
        "+1.50 % by constants, +6.00 % by all else",
        "islands",
        "+3.00 points",
        "25.0 % held on validation",
    ):
        assert said in text, said


def test_without_a_challenge_the_panel_says_so(capsys):
    text = printed(replace(HEALTH, challenges=[], own_part=None, tuned=0, rejected={}), capsys)
    assert "No challenger came to validation yet" in text
    assert "migration" not in text


@pytest.mark.parametrize(("left", "opened"), [(10.0, False), (8.5, False), (0.0, True), (-5.0, True)])
def test_a_gap_is_open_where_chance_does_not_explain_it(left, opened):
    """A lead of about 10 % on train, and so many percent of it left on validation, both with some spread."""
    base = [100.0 + index % 7 for index in range(24)]

    def gain(percent):
        ours = [v * (1 - percent / 100 + 0.04 * (i % 3 - 1)) for i, v in enumerate(base)]
        return compare(toy_evaluation(ours), toy_evaluation(base), MINIMIZE).improvement_percent

    train, validation = gain(10.0), gain(left)
    found = Challenge(1, train.estimate, validation.estimate, gap(train, validation))

    assert found.gap.estimate == pytest.approx(10 - left, abs=0.5)
    assert found.opened is opened


def test_a_gap_that_opened_is_said_with_what_to_do(capsys):
    open_, shut = Interval(3.0, 1.0, 5.0), Interval(3.0, -1.0, 7.0)
    text = " ".join(printed(replace(HEALTH, challenges=[Challenge(3, 4.0, 1.0, open_)]), capsys).split())
    assert "+3.00 points [+1.00, +5.00]" in text
    assert "raise `train` under [splits]" in text
    assert "`--set grow_train=true`" in text
    itself = replace(HEALTH, challenges=[Challenge(3, 4.0, 1.0, open_)], grows=True, train=((0, 10), (7, 15)))
    text = " ".join(printed(itself, capsys).split())
    assert "raise" not in text
    assert "Train grows for it, up to 4 times what the problem declares" in text
    assert "10 workloads, 15 from trial 7 on" in text
    text = printed(replace(HEALTH, challenges=[Challenge(3, 4.0, 1.0, shut)]), capsys)
    assert "raise" not in text

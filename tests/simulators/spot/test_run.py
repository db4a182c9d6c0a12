from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spot_cases import ON_DEMAND_USD, cases, drive, erratic, job, market

from simulators.spot import NONE, ON_DEMAND, SPOT, NotAvailable, most_expensive

TWO_REGIONS = (0, 1)


def test_on_demand_pays_launch_and_work():
    outcome, seen = drive(market("......"), job(3, 6), lambda _: (ON_DEMAND, 0))

    assert outcome.cost_usd == 4 * ON_DEMAND_USD
    assert (outcome.on_demand_ticks, outcome.slack_ticks, outcome.launches) == (4, 2, 1)
    assert [observed[2] for observed in seen] == [3.0, 3.0, 2.0, 1.0]
    assert [observed[6] for observed in seen] == [0.0, 0.0, 0.0, 0.0]


def test_launch_left_is_observed():
    _, seen = drive(market("........"), job(2, 8, restart=3), lambda _: (ON_DEMAND, 0))

    assert [observed[6] for observed in seen] == [0.0, 2.0, 1.0, 0.0, 0.0]


def test_spot_is_lost_at_the_start_of_a_tick_and_paid_by_its_price():
    # 1: launch at 1 $. 2: work at 2 $. 3: lost, wait. 4: launch again at 4 $. 5: work at 5 $.
    prices = ((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0),)
    tape = market("##.#####", usd=prices)
    outcome, seen = drive(tape, job(2, 8), lambda o: (SPOT, 0) if o[8][0] else (NONE, 0))

    assert outcome.cost_usd == 1 + 2 + 4 + 5
    assert (outcome.spot_ticks, outcome.idle_ticks, outcome.preemptions, outcome.launches) == (4, 1, 1, 2)
    assert [observed[7] for observed in seen] == [False, False, True, False, False]
    assert [observed[3] for observed in seen] == [NONE, SPOT, NONE, NONE, SPOT]
    assert outcome.slack_ticks == 3


def test_switching_takes_its_delay_and_its_price():
    # Launch in zone 1 of another region: 1 + 2 ticks, then 2 of work, at 1 $, and 3 $ of transfer.
    tape = market("........", "########", regions=TWO_REGIONS)
    outcome, seen = drive(tape, job(2, 8, 1, TWO_REGIONS, move=(0, 2), usd=(0.5, 3.0)), lambda _: (SPOT, 1))

    assert outcome.cost_usd == 5 + 3
    assert (outcome.transfer_usd, outcome.switches, outcome.launches) == (3.0, 1, 1)
    assert [observed[5] for observed in seen] == [0, 0, 0, 1, 1]


def test_checkpoint_stays_where_it_was_when_a_launch_is_broken_off():
    # The launch in zone 1 is lost in its last tick: the transfer is paid again for the next one.
    tape = market("............", "##.#########", regions=TWO_REGIONS)
    outcome, seen = drive(
        tape,
        job(2, 12, 1, TWO_REGIONS, move=(0, 2), usd=(0.5, 3.0)),
        lambda o: (SPOT, 1) if o[8][1] else (NONE, 1),
    )

    assert outcome.transfer_usd == 6.0
    assert outcome.cost_usd == 2 + 5 + 6
    assert (outcome.preemptions, outcome.switches) == (1, 2)
    assert [observed[5] for observed in seen][:6] == [0] * 6
    assert [observed[4] for observed in seen][:5] == [0, 1, 0, 0, 1]


def test_safety_net_launches_on_demand_in_time_and_then_asks_no_more():
    outcome, seen = drive(market("....."), job(2, 5), lambda _: (NONE, 0))

    assert len(seen) == 3
    assert (outcome.idle_ticks, outcome.on_demand_ticks, outcome.replaced) == (2, 3, 1)
    assert outcome.slack_ticks == 0


def test_safety_net_lets_spot_go_on_while_an_on_demand_launch_would_still_do():
    # No slack is left but for the launch; spot works, and is lost with one tick of work to go.
    outcome, _ = drive(market("####.."), job(4, 6), lambda o: (SPOT, 0) if o[8][0] else (NONE, 0))

    assert (outcome.spot_ticks, outcome.on_demand_ticks) == (4, 2)
    assert (outcome.replaced, outcome.slack_ticks) == (1, 0)


def test_safety_net_breaks_off_a_move_that_leaves_no_time_to_come_back():
    tape = market(".....", "#####", regions=TWO_REGIONS)
    outcome, _ = drive(tape, job(3, 5, 1, TWO_REGIONS, move=(0, 2)), lambda _: (SPOT, 1))

    assert (outcome.spot_ticks, outcome.on_demand_ticks, outcome.replaced) == (1, 4, 1)
    assert outcome.slack_ticks == 0


def test_safety_net_keeps_the_on_demand_machine_that_runs():
    # On demand in zone 1 has begun; leaving it for a spot launch in zone 0 would come too late.
    tape = market("######", "......")
    answers = iter([(ON_DEMAND, 1), (ON_DEMAND, 1), (SPOT, 0), (SPOT, 0), (SPOT, 0), (SPOT, 0)])
    outcome, _ = drive(tape, job(4, 6, 1, (0, 0)), lambda _: next(answers))

    assert (outcome.launches, outcome.on_demand_ticks, outcome.spot_ticks) == (1, 5, 0)
    assert outcome.replaced == 3


def test_last_tick_of_work_on_spot_needs_no_way_back():
    outcome, _ = drive(market("###"), job(1, 3, 2), lambda _: (SPOT, 0))

    assert outcome.slack_ticks == 0
    assert outcome.replaced == 1  # two ticks of launch on spot would leave no time for one on demand


@pytest.mark.parametrize("answer", [(SPOT, 0), (3, 0), (-1, 0), (SPOT, 1), (NONE, -1), (ON_DEMAND, 2)])
def test_what_the_market_does_not_have_is_refused(answer):
    with pytest.raises(NotAvailable, match="zone"):
        drive(market("....."), job(1, 5), lambda _: answer)


def test_job_longer_than_the_market_is_refused():
    with pytest.raises(ValueError, match="ends at tick 4"):
        drive(market("####"), job(1, 5), lambda _: (NONE, 0))


@given(cases(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=200)
def test_work_and_money_are_conserved(case, seed):
    tape, work = case
    outcome, seen = drive(tape, work, erratic(seed))

    used = work.deadline_ticks - outcome.slack_ticks
    assert outcome.slack_ticks >= 0
    assert outcome.spot_ticks + outcome.on_demand_ticks + outcome.idle_ticks == used
    assert outcome.spot_ticks + outcome.on_demand_ticks >= work.work_ticks + work.restart_ticks
    assert outcome.switches <= outcome.launches
    assert outcome.preemptions <= outcome.launches
    assert outcome.cost_usd <= most_expensive(tape, work)
    # Every launch leaves its mark in what is observed: less work is never left without a paid tick.
    for before, after in itertools.pairwise(seen):
        assert after[0] == before[0] + 1
        assert after[1] == before[1] - 1
        assert before[2] - after[2] in (0.0, 1.0)
        assert after[1] >= after[2] + (work.restart_ticks if after[3] != ON_DEMAND else after[6])


@given(cases(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=200)
def test_bill_is_the_sum_of_its_lines(case, seed):
    tape, work = case
    policy, answers = erratic(seed), []

    def noted(observed):
        answers.append(policy(observed))
        return answers[-1]

    outcome, seen = drive(tape, work, noted)
    spot_ticks, spot_usd = 0, 0.0
    for tick, ((kind, zone), after) in enumerate(zip(answers, seen[1:], strict=False)):
        # A spot machine that ran is seen in the next tick, or was lost at its start; else it was replaced.
        if kind == SPOT and (after[3] == SPOT or after[7]):
            spot_ticks += 1
            spot_usd += tape.spot_usd_per_h[tick][zone]
    last = outcome.spot_ticks - spot_ticks
    if last:
        spot_usd += tape.spot_usd_per_h[len(answers) - 1][answers[-1][1]]

    assert last in (0, 1)
    assert outcome.cost_usd == spot_usd + outcome.on_demand_ticks * ON_DEMAND_USD + outcome.transfer_usd

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spot_cases import ON_DEMAND_USD, cases, drive, erratic, job, market, replay

from simulators.spot import Plan, omniscient_cost
from simulators.spot.lookahead import lookahead_cost


def brute_force(tape, work):
    """Return the least cost over every row of answers."""
    zones = range(tape.zones)
    answers = [(0, 0), *((kind, zone) for kind in (1, 2) for zone in zones)]
    rows = itertools.product(answers, repeat=work.deadline_ticks)
    outcomes = (replay(tape, work, iter(row)) for row in rows)
    return min(outcome.cost_usd for outcome in outcomes if outcome is not None)


def follow(tape, work):
    """Run the plan as a policy."""
    plan = Plan(tape, work)

    def answer(observed):
        elapsed, _, remaining, kind, zone, home, launching = observed[:7]
        return plan.action(int(elapsed), kind, zone, home, launching > 0, int(remaining))

    return drive(tape, work, answer)[0].cost_usd


def test_waits_for_the_cheap_hours():
    prices = ((3.0, 3.0, 1.0, 1.0, 1.0, 3.0),)

    assert omniscient_cost(market("######", usd=prices), job(2, 6)) == 3.0


def test_moves_where_the_saving_pays_for_it():
    usd = ((3.0,) * 20, (1.0,) * 20)
    tape = market("#" * 20, "#" * 20, usd=usd, regions=(0, 1))

    # Staying costs 11 * 3; moving 12 * 1 and the transfer.
    assert omniscient_cost(tape, job(10, 20, 1, (0, 1), move=(0, 1), usd=(0.0, 20.0))) == 32.0
    assert omniscient_cost(tape, job(10, 20, 1, (0, 1), move=(0, 1), usd=(0.0, 22.0))) == 33.0


def test_nothing_but_on_demand_costs_on_demand():
    assert omniscient_cost(market("." * 9), job(4, 9, 2)) == 6 * ON_DEMAND_USD


@given(cases(max_zones=2, max_ticks=5))
@settings(deadline=None, max_examples=40)
def test_equals_the_best_of_all_action_sequences(case):
    assert omniscient_cost(*case) == brute_force(*case)


@given(cases(max_zones=1, max_ticks=8))
@settings(deadline=None, max_examples=30)
def test_equals_the_best_of_all_action_sequences_in_one_zone(case):
    assert omniscient_cost(*case) == brute_force(*case)


@given(cases(max_zones=3, max_ticks=40))
@settings(deadline=None, max_examples=100)
def test_its_own_plan_reaches_it(case):
    assert follow(*case) == pytest.approx(omniscient_cost(*case))


@given(cases(max_zones=3, max_ticks=40), st.integers(0, 2**32))
@settings(deadline=None, max_examples=100)
def test_no_policy_is_cheaper(case, seed):
    assert drive(*case, erratic(seed))[0].cost_usd >= omniscient_cost(*case)


@given(cases(max_zones=3, max_ticks=30))
@settings(deadline=None, max_examples=50)
def test_lookahead_over_the_whole_job_is_omniscient(case):
    tape, work = case

    assert lookahead_cost(tape, work, window=30, replan=30) == pytest.approx(omniscient_cost(tape, work))


@given(cases(max_zones=3, max_ticks=30), st.integers(1, 6))
@settings(deadline=None, max_examples=100)
def test_lookahead_is_a_policy_and_not_below_the_bound(case, window):
    tape, work = case

    assert lookahead_cost(tape, work, window, replan=window) >= omniscient_cost(tape, work) - 1e-9

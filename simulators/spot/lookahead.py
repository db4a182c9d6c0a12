"""A policy that sees some hours ahead: strong, but not proven to be a bound.

Every `REPLAN_TICKS` it solves the next `WINDOW_TICKS` exactly. What comes after is estimated: spot capacity
goes on as it was seen so far, the hours that it gives until the deadline are normally distributed, and what
they do not cover runs on demand.
"""

from __future__ import annotations

import math

import numpy as np

from simulators.spot.market import Job, Market
from simulators.spot.omniscient import Plan, Table
from simulators.spot.run import run

WINDOW_TICKS = 120
REPLAN_TICKS = 40
MEMORY_TICKS = 15
"""Capacity is taken to change its mind this often: the fewer changes, the less certain the hours to come."""


def lookahead_cost(market: Market, job: Job, window: int = WINDOW_TICKS, replan: int = REPLAN_TICKS) -> float:
    """Return what the policy pays.

    Args:
        market: what every zone offers.
        job: what has to be done.
        window: how many ticks it sees ahead.
        replan: how many ticks it follows one plan; at most `window`.
    """
    plan: Plan | None = None
    steps = run(market, job)
    observed = next(steps)
    try:
        while True:
            elapsed_h, _, remaining_h, kind, zone, home, launching_h, *_ = observed
            tick = round(elapsed_h / market.tick_h)
            work = round(remaining_h / market.tick_h)
            if plan is None or tick >= plan.begin + replan:
                plan = _plan(market, job, tick, tick + window)
            observed = steps.send(plan.action(tick, kind, zone, home, launching_h > 0, work))
    except StopIteration as end:
        return float(end.value.cost_usd)


def _plan(market: Market, job: Job, begin: int, end: int) -> Plan:
    seen = np.array(market.available[:end], dtype=bool)
    usd = np.array(market.spot_usd_per_h[:end], dtype=float)
    share = float(seen.any(axis=1).mean())
    spot = _spot_prices(seen, usd, market.on_demand_usd_per_h)
    slack = np.arange(job.slack_ticks + 1)
    arrive = _arrival_usd(market, job, spot)

    def terminal(tick: int) -> Table:
        left = max(0, job.deadline_ticks - tick)
        work = np.maximum(0, left - slack)
        short = np.minimum(work, _expected_shortfall(work, share, left))
        there = (work - short) * spot[:, None] + short * market.on_demand_usd_per_h
        costs: Table = (arrive + there[None] * market.tick_h).min(axis=1)
        return costs * (work > 0)

    return Plan(market, job, begin, end, terminal)


def _arrival_usd(market: Market, job: Job, spot: Table) -> Table:
    """Return what moving costs, shape (from, to, slack): inf where the safety net would not let it."""
    launch = np.array(job.move_ticks) + job.restart_ticks
    usd = np.array(job.transfer_usd) + launch * market.tick_h * spot[None, :]
    slack = np.arange(job.slack_ticks + 1)
    arrive: Table = np.where(slack < launch[:, :, None] + job.restart_ticks, np.inf, usd[:, :, None])
    here = np.arange(market.zones)
    arrive[here, here] = 0.0
    return arrive


def _spot_prices(seen: Table, usd: Table, on_demand: float) -> Table:
    """Return the mean spot price paid by a job that lives in a zone, and elsewhere while that has none."""
    share = seen.mean(axis=0)
    own = usd.mean(axis=0)
    anywhere = seen.any(axis=1)
    elsewhere = np.where(seen, usd, np.inf).min(axis=1)[anywhere].mean() if anywhere.any() else on_demand
    prices: Table = share * own + (1 - share) * np.maximum(own, elsewhere)
    return prices


def _expected_shortfall(work: Table, share: float, left: int) -> Table:
    """Return the mean of `work - X` where positive; X, the spot ticks to come, is normal."""
    spread = math.sqrt(max(1e-9, share * (1 - share) * left * MEMORY_TICKS))
    z = (work - share * left) / spread
    below = 0.5 * (1 + np.array([math.erf(value / math.sqrt(2)) for value in z]))
    return np.asarray(spread * (np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) + z * below))

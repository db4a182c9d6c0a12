"""The cheapest run there was, by dynamic programming over the whole future.

Exact for `run.run`, safety net included, because every duration is whole ticks. Work is counted in slack:
`u = ticks left - work left`. Work keeps `u`, everything else lowers it by one per tick, so tables are
`slack_ticks + 1` wide, however long the job is. A launch that is broken off costs money and moves nothing,
so the cheapest run never breaks one off, and the state between two decisions is: idle, on spot or on
demand, with the checkpoint in some zone. Takes O(ticks * zones^2 * slack) time, in numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.spot.market import NONE, ON_DEMAND, SPOT, Job, Market

Table = NDArray[np.float64]
Terminal = Callable[[int], Table]
"""What is still to be paid from a tick on, by slack: shape (slack_ticks + 1,)."""


@dataclass(frozen=True)
class _Tick:
    """Costs to go at one tick; shapes (zones, slack_ticks + 1)."""

    idle: Table
    spot: Table
    on_demand: Table


class Plan:
    """The cheapest way from any state between two ticks."""

    def __init__(
        self,
        market: Market,
        job: Job,
        begin: int = 0,
        end: int | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """Solve from tick `end` back to tick `begin`.

        Args:
            market: what every zone offers; looked at from `begin` to `end`, plus one launch.
            job: what has to be done.
            begin: the first tick that a decision is needed for.
            end: the tick from which on `terminal` says what is to be paid; the deadline where None.
            terminal: what it costs to go on from a tick at or after `end`.
        """
        self.market, self.job = market, job
        self.begin = begin
        self.end = job.deadline_ticks if end is None else min(end, job.deadline_ticks)
        self._terminal = terminal or self._done
        available = np.array(market.available[: job.deadline_ticks], dtype=bool)
        usd = np.array(market.spot_usd_per_h[: job.deadline_ticks], dtype=float) * market.tick_h
        self._spot_usd = np.where(available, usd, np.inf)
        self._demand_usd = market.on_demand_usd_per_h * market.tick_h
        self._moves = np.array(job.move_ticks, dtype=int)
        self._transfer = np.array(job.transfer_usd, dtype=float)
        self._lengths = sorted({int(job.restart_ticks + move) for move in self._moves.flat})
        self._routes = {
            n: np.where(self._moves + job.restart_ticks == n, self._transfer, np.inf)[:, :, None]
            for n in self._lengths
        }
        self._launch_usd = {n: self._launch_costs(n) for n in self._lengths}
        self._ticks: dict[int, _Tick] = {}
        self._solve()

    @property
    def cost_usd(self) -> float:
        """The cost of the whole job from `begin`, idle, with the checkpoint in zone 0 and all slack."""
        return float(self._ticks[self.begin].idle[0, -1])

    def action(
        self, tick: int, kind: int, zone: int, home: int, launching: bool, work: int
    ) -> tuple[int, int]:
        """Return the cheapest `(kind, zone)` for a state; a launch that has begun is seen through."""
        if launching:
            return (kind, zone)
        slack = self.job.deadline_ticks - tick - work
        here = self._ticks[tick]
        if kind != NONE:
            stay = self._stay_on_spot(tick) if kind == SPOT else self._stay_on_demand(tick)
            if stay[zone, slack] <= here.idle[home, slack]:
                return (kind, zone)
        best, action = self._wait(tick)[home, slack], (NONE, home)
        for n in self._lengths:
            for launched, table in (
                (SPOT, self._spot_launch(tick, n)),
                (ON_DEMAND, self._demand_launch(tick, n)),
            ):
                costs = self._routes[n][home, :, 0] + table[:, slack]
                target = int(np.argmin(costs))
                if costs[target] < best:
                    best, action = costs[target], (launched, target)
        return action

    def _solve(self) -> None:
        for tick in range(self.end + self._lengths[-1], self.end - 1, -1):
            flat = np.broadcast_to(self._terminal(tick), (self.market.zones, self.job.slack_ticks + 1))
            self._ticks[tick] = _Tick(flat, flat, flat)
        for tick in range(self.end - 1, self.begin - 1, -1):
            idle = self._wait(tick)
            for n in self._lengths:
                launch = np.minimum(self._spot_launch(tick, n), self._demand_launch(tick, n))
                idle = np.minimum(idle, (self._routes[n] + launch[None]).min(axis=1))
            spot = np.minimum(idle, self._stay_on_spot(tick))
            demand = np.minimum(idle, self._stay_on_demand(tick))
            # Slack of all that is left means that no work is left: nothing more is paid.
            done = self.job.deadline_ticks - tick
            for table in (idle, spot, demand):
                table[:, done:] = 0.0
            self._ticks[tick] = _Tick(idle, spot, demand)

    def _done(self, tick: int) -> Table:
        return np.zeros(self.job.slack_ticks + 1)

    def _launch_costs(self, n: int) -> Table:
        """Shape (ticks, zones): the price of `n` ticks on spot from a tick on, inf where it would be lost."""
        ticks, zones = self._spot_usd.shape
        padded = np.vstack([self._spot_usd, np.full((n, zones), np.inf)])
        costs = np.zeros((ticks, zones))
        for k in range(n):
            costs += padded[k : k + ticks]
        return costs

    def _wait(self, tick: int) -> Table:
        return self._later(self._ticks[tick + 1].idle, 1, self.job.restart_ticks + 1)

    def _spot_launch(self, tick: int, n: int) -> Table:
        usd = self._launch_usd[n][tick][:, None]
        launched: Table = usd + self._later(self._ticks[tick + n].spot, n, self.job.restart_ticks + n)
        return launched

    def _demand_launch(self, tick: int, n: int) -> Table:
        return n * self._demand_usd + self._later(self._ticks[tick + n].on_demand, n, n)

    def _stay_on_spot(self, tick: int) -> Table:
        kept: Table = self._spot_usd[tick][:, None] + self._ticks[tick + 1].spot
        return kept

    def _stay_on_demand(self, tick: int) -> Table:
        return self._demand_usd + self._ticks[tick + 1].on_demand

    @staticmethod
    def _later(table: Table, ticks: int, at_least: int) -> Table:
        """Return what is to be paid when `ticks` of slack go by, inf where the safety net forbids it."""
        shifted = np.full(table.shape, np.inf)
        if at_least < table.shape[1]:
            shifted[:, at_least:] = table[:, at_least - ticks : table.shape[1] - ticks]
        return shifted


def omniscient_cost(market: Market, job: Job) -> float:
    """Return the cost that no policy can go below: that of one which knows the whole future."""
    return Plan(market, job).cost_usd

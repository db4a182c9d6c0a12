"""Run one job under a policy: ordinary code that yields an observation and takes an action.

Every tick, in this order:

1. A spot machine whose zone has none left is lost, at the start of the tick.
2. The policy sees the tick and answers `(kind, zone)`. The same kind in the same zone keeps the machine;
   another one is a launch; `NONE` lets the machine go, and its zone says nothing.
3. The safety net looks at the answer (below).
4. The tick is paid in full, at its price.
5. A launch takes `restart_ticks + move_ticks` paid ticks; the price of the transfer is paid when it begins.
   Then the checkpoint is in the new zone, and every further tick does one tick of work. A launch that is
   broken off leaves the checkpoint where it was; its price is lost.

The deadline is hard and always met. After every tick, a fresh on-demand machine where the checkpoint is (or
the on-demand machine that runs) must still be able to finish. An answer that breaks this is replaced: the
on-demand machine that runs stays, or one is launched where the checkpoint is. Once nothing else is possible
the policy is no longer asked.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from simulators.spot.market import NONE, ON_DEMAND, SPOT, Job, Market

Observed = tuple[float, float, float, int, int, int, float, bool, tuple[bool, ...], tuple[float, ...]]
"""Elapsed, left until the deadline, and work left (hours); kind, zone, home; launching (hours), preempted;
available and spot price of every zone."""


class NotAvailable(ValueError):
    """A policy asked for what the market does not have."""


class Outcome(NamedTuple):
    """What a run cost, and how it went."""

    cost_usd: float
    transfer_usd: float
    spot_ticks: int
    on_demand_ticks: int
    idle_ticks: int
    launches: int
    switches: int
    """Launches in another zone than the checkpoint's."""
    preemptions: int
    replaced: int
    """Answers that the safety net replaced."""
    slack_ticks: int
    """Ticks left before the deadline when the work was done."""


def run(market: Market, job: Job) -> Generator[Observed, tuple[int, int], Outcome]:
    """Simulate a job; send `(kind, zone)` for every observation.

    Raises:
        NotAvailable: a spot machine was asked for where there is none, or the zone does not exist.
    """
    state = _Run(market, job)
    hours = [tick * market.tick_s / 3600 for tick in range(job.deadline_ticks + 1)]
    deadline = job.deadline_ticks
    while state.work and not state.locked():
        tick = state.tick
        preempted = state.preempt()
        kind, zone = yield (
            hours[tick],
            hours[deadline - tick],
            hours[state.work],
            state.kind,
            state.zone,
            state.home,
            hours[state.launching],
            preempted,
            market.available[tick],
            market.spot_usd_per_h[tick],
        )
        state.answer(kind, zone)
    return state.finish()


def most_expensive(market: Market, job: Job) -> float:
    """Return a cost that no run can exceed, whatever the policy does.

    Every tick costs at most the highest price. A launch takes at least one tick without work, so there are at
    most as many transfers as there are ticks without work.
    """
    dearest = max(market.on_demand_usd_per_h, *(max(row) for row in market.spot_usd_per_h))
    transfer = max(max(row) for row in job.transfer_usd)
    return dearest * market.tick_h * job.deadline_ticks + transfer * job.slack_ticks


class _Run:
    """The state of one run. `zone` is the machine's zone, or the checkpoint's where no machine runs."""

    def __init__(self, market: Market, job: Job) -> None:
        if len(market.available) < job.deadline_ticks:
            raise ValueError(f"the market ends at tick {len(market.available)}, before the job's deadline")
        self.market, self.job = market, job
        self.tick = 0
        self.work = job.work_ticks
        self.kind, self.zone, self.home, self.launching = NONE, 0, 0, 0
        self.spot_usd_h = self.transfer_usd = 0.0
        self.spot_ticks = self.on_demand_ticks = self.idle_ticks = 0
        self.launches = self.switches = self.preemptions = self.replaced = 0

    def locked(self) -> bool:
        """Whether only the on-demand machine that runs can still meet the deadline."""
        left = self.job.deadline_ticks - self.tick
        return self.kind == ON_DEMAND and self.job.restart_ticks + self.work > left

    def preempt(self) -> bool:
        """Lose the spot machine if its zone has none left."""
        if self.kind != SPOT or self.market.available[self.tick][self.zone]:
            return False
        self.kind, self.zone, self.launching = NONE, self.home, 0
        self.preemptions += 1
        return True

    def answer(self, kind: int, zone: int) -> None:
        """Do one tick of what the policy answered, or of what the safety net puts in its place."""
        if not 0 <= zone < self.market.zones or kind not in (NONE, SPOT, ON_DEMAND):
            raise NotAvailable(f"there is no kind {kind} in zone {zone}; zones are numbered from 0")
        if kind == SPOT and not self.market.available[self.tick][zone]:
            raise NotAvailable(f"zone {zone} has no spot machine in this tick")
        keeps = kind == self.kind and zone == self.zone
        if not self._safe(kind, zone, keeps):
            self.replaced += 1
            keeps = self.kind == ON_DEMAND
            kind, zone = ON_DEMAND, (self.zone if keeps else self.home)
        if kind == NONE:
            self.kind, self.zone, self.launching = NONE, self.home, 0
        elif not keeps:
            self._launch(kind, zone)
        self._pass()

    def _safe(self, kind: int, zone: int, keeps: bool) -> bool:
        job = self.job
        left = job.deadline_ticks - self.tick
        if kind == ON_DEMAND:
            launch = job.restart_ticks + job.move_ticks[self.home][zone]
            return keeps or launch + self.work <= left
        if kind == SPOT and keeps and not self.launching:
            return self.work == 1 or job.restart_ticks + self.work <= left
        return job.restart_ticks + self.work <= left - 1

    def _launch(self, kind: int, zone: int) -> None:
        job = self.job
        self.launches += 1
        self.switches += zone != self.home
        self.transfer_usd += job.transfer_usd[self.home][zone]
        self.kind, self.zone = kind, zone
        self.launching = job.restart_ticks + job.move_ticks[self.home][zone]

    def _pass(self) -> None:
        if self.kind == SPOT:
            self.spot_ticks += 1
            self.spot_usd_h += self.market.spot_usd_per_h[self.tick][self.zone]
        elif self.kind == ON_DEMAND:
            self.on_demand_ticks += 1
        else:
            self.idle_ticks += 1
        self.tick += 1
        if self.launching:
            self.launching -= 1
            if not self.launching:
                self.home = self.zone
        elif self.kind != NONE:
            self.work -= 1

    def finish(self) -> Outcome:
        """Run the on-demand machine to the end of the work, and settle the bill."""
        rest = self.launching + self.work
        self.on_demand_ticks += rest
        market = self.market
        on_demand_usd_h = market.on_demand_usd_per_h * self.on_demand_ticks
        return Outcome(
            cost_usd=(self.spot_usd_h + on_demand_usd_h) * market.tick_h + self.transfer_usd,
            transfer_usd=self.transfer_usd,
            spot_ticks=self.spot_ticks,
            on_demand_ticks=self.on_demand_ticks,
            idle_ticks=self.idle_ticks,
            launches=self.launches,
            switches=self.switches,
            preemptions=self.preemptions,
            replaced=self.replaced,
            slack_ticks=self.job.deadline_ticks - self.tick - rest,
        )

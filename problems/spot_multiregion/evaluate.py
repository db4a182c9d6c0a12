"""Score policies for deadline jobs on spot and on-demand machines over several zones."""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from evaluators.contract import BadData, Invalid, Metrics, Plain, PolicyEvaluator, Workload, workload_rng
from evaluators.schema import Int, Schema, TupleOf
from simulators.spot import (
    POOLS,
    ZONES,
    Job,
    Market,
    NotAvailable,
    Outcome,
    TraceError,
    between_zones,
    draw_market,
    lookahead_cost,
    most_expensive,
    omniscient_cost,
    read_traces,
    run,
)
from simulators.spot.traces import Recording

RECORDED_USD_PER_H = 0.9731
"""The spot price that recorded availability is billed at: the traces hold no prices."""


@dataclass(frozen=True)
class Case:
    """The truth of a workload."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    market: Market
    job: Job


@dataclass(frozen=True)
class Cell:
    """Where in the parameter space a workload was drawn."""

    zones: tuple[str, ...]
    work_h: float
    slack_share: float
    """Time that may pass without work, as a share of the work."""
    restart_ticks: int
    move_ticks: tuple[int, ...]
    """Within a region, between regions."""
    checkpoint_gb: float


_CROSSED = ("work_h", "slack_share", "restart_ticks", "move_ticks", "checkpoint_gb")
_STEP = 1 / 1.1127756842787055
_CELLS = 128
"""So many indices in a row meet every job that there is."""


class SpotMultiRegion(PolicyEvaluator):
    """A job with a deadline; the policy decides at every tick where and on what it runs."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and empty caches."""
        super().__init__(params, folder)
        self._bounds: dict[str, float] = {}
        self._references: dict[str, float] = {}

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end; parameter cells follow from the index, all else from the key."""
        cells = self.params["shift" if split == "shift" else "search"]
        for index in itertools.count():
            token = f"{split}/{key.hex()}/{index}"
            yield self._draw(_cell(cells, index), workload_rng(key, index, split), token)

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield every window of every recording, with the jobs of the search in turn, as far as they fit.

        Windows of one recording overlap by half, and all share randomness.

        Raises:
            BadData: the files cannot be read, or no recording is long enough.
        """
        try:
            recordings = read_traces(path)
        except TraceError as error:
            raise BadData(str(error)) from None
        indices = itertools.count()
        found = [w for recording in recordings for w in self._windows(path, recording, indices)]
        if not found:
            raise BadData(
                f"No recording in {str(path)!r} is as long as the shortest deadline, "
                f"{min(self.params['search']['work_h']):g} h of work and its slack; give longer traces."
            )
        return found

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        market, job = _case(workload).market, _case(workload).job
        hours = [tick * market.tick_s / 3600 for tick in range(job.deadline_ticks + 1)]
        return (
            market.tick_h,
            hours[job.work_ticks],
            hours[job.deadline_ticks],
            market.on_demand_usd_per_h,
            hours[job.restart_ticks],
            market.regions,
            tuple(tuple(hours[ticks] for ticks in row) for row in job.move_ticks),
            job.transfer_usd,
        )

    def action_schema(self, workload: Workload) -> Schema:
        """Return the schema of `(kind, zone)`."""
        return TupleOf(Int(0, 2), Int(0, _case(workload).market.zones - 1))

    def simulate(self, workload: Workload) -> Generator[Plain, Plain, Metrics]:
        """Run the job; the metrics are the bill and how it came about.

        Raises:
            Invalid: spot was asked for in a zone that has none.
        """
        case = _case(workload)
        try:
            outcome = yield from run(case.market, case.job)
        except NotAvailable as refused:
            raise Invalid(str(refused)) from None
        return _metrics(outcome, case)

    def worst(self, workload: Workload) -> Metrics:
        """Return what no run can exceed."""
        case = _case(workload)
        return {"cost_usd": most_expensive(case.market, case.job)}

    def bound(self, workload: Workload) -> Metrics:
        """Return the cost of the omniscient dynamic program: no policy is cheaper."""
        case = _case(workload)
        if case.token not in self._bounds:
            self._bounds[case.token] = omniscient_cost(case.market, case.job)
        return {"cost_usd": self._bounds[case.token]}

    def reference(self, workload: Workload) -> Metrics:
        """Return the cost of a policy that sees a day ahead."""
        case = _case(workload)
        if case.token not in self._references:
            self._references[case.token] = lookahead_cost(case.market, case.job)
        return {"cost_usd": self._references[case.token]}

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, or the three workloads on which most money was lost."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {describe(_case(workload))}: {reason}" for workload, reason in failures[:3]]
        ran = [(workload, metrics) for workload, metrics, _ in results if metrics is not None]
        # The bound takes some 10 ms a workload: only the dearest against on-demand are looked at closely.
        ran.sort(key=lambda pair: pair[1]["cost_usd"] / _on_demand_usd(_case(pair[0])), reverse=True)
        gaps = [(metrics["cost_usd"] / self.bound(w)["cost_usd"], w, metrics) for w, metrics in ran[:16]]
        gaps.sort(key=lambda item: item[0], reverse=True)
        lines += [f"- {self._loss(workload, metrics)}" for _, workload, metrics in gaps[:3]]
        return "\n".join(lines)

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return the share of machine hours on demand, and how often the job switches zones."""
        ran = [metrics for _, metrics in results if metrics is not None]
        demand_h = sum(metrics["on_demand_h"] for metrics in ran)
        paid_h = demand_h + sum(metrics["spot_h"] for metrics in ran)
        switches = sum(metrics["switches"] for metrics in ran)
        per_10_h = 10 * switches / paid_h if paid_h else 0.0
        return {
            "on_demand_share": demand_h / paid_h if paid_h else 0.0,
            "switching": per_10_h / (1 + per_10_h),
        }

    def _draw(self, cell: Cell, rng: Random, token: str) -> Workload:
        names = list(cell.zones)
        rng.shuffle(names)
        tick_s = self.params["tick_s"]
        work = round(cell.work_h * 3600 / tick_s)
        ticks = max(work + cell.restart_ticks, round(work * (1 + cell.slack_share)))
        zones = [ZONES.get(name) or POOLS[name] for name in names]
        market = draw_market(rng, zones, ticks, tick_s, self.params["on_demand_usd_per_h"])
        job = self._job(market.regions, work, ticks, cell)
        return Workload(Case(token, market, job), _label(market, cell))

    def _job(self, regions: tuple[int, ...], work: int, ticks: int, cell: Cell) -> Job:
        usd_per_gb = self.params["transfer_usd_per_gb"]
        return Job(
            work_ticks=work,
            deadline_ticks=ticks,
            restart_ticks=cell.restart_ticks,
            move_ticks=tuple(tuple(int(m) for m in row) for row in between_zones(regions, *cell.move_ticks)),
            transfer_usd=between_zones(regions, *(round(cell.checkpoint_gb * usd, 4) for usd in usd_per_gb)),
        )

    def _windows(self, path: Path, recording: Recording, indices: Iterator[int]) -> Iterator[Workload]:
        names = sorted({_region(zone) for zone in recording.zones})
        regions = tuple(names.index(_region(zone)) for zone in recording.zones)
        shortest = min(self._recorded_cell(index, recording.gap_s)[2] for index in range(_CELLS))
        begin = 0
        while begin + shortest <= len(recording.available):
            cell, work, ticks = self._recorded_cell(next(indices), recording.gap_s)
            rows = recording.available[begin : begin + ticks]
            if len(rows) < ticks:
                continue
            market = Market(
                tick_s=recording.gap_s,
                regions=regions,
                available=rows,
                spot_usd_per_h=((RECORDED_USD_PER_H,) * len(regions),) * ticks,
                on_demand_usd_per_h=self.params["on_demand_usd_per_h"],
            )
            job = self._job(regions, work, ticks, cell)
            # Windows of one recording overlap, and public sets cut many recordings from one log.
            label = f"recorded,{_label(market, cell)}"
            yield Workload(Case(f"{path}:{recording.name}:{begin}", market, job), label, str(path))
            begin += ticks // 2

    def _recorded_cell(self, index: int, gap_s: int) -> tuple[Cell, int, int]:
        """Return a cell of the search in ticks of a recording, rounded against the policy: work, deadline."""
        cell, tick_s = _cell(self.params["search"], index), self.params["tick_s"]
        cell = replace(
            cell,
            restart_ticks=math.ceil(cell.restart_ticks * tick_s / gap_s),
            move_ticks=tuple(math.ceil(ticks * tick_s / gap_s) for ticks in cell.move_ticks),
        )
        work = math.ceil(cell.work_h * 3600 / gap_s)
        return cell, work, max(work + cell.restart_ticks, round(work * (1 + cell.slack_share)))

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        case = _case(workload)
        least, cost = self.bound(workload)["cost_usd"], metrics["cost_usd"]
        return (
            f"{describe(case)}: paid ${cost:.2f}; knowing the future ${least:.2f}, on demand only "
            f"${_on_demand_usd(case):.2f}. {metrics['spot_h']:.1f} h on spot, {metrics['on_demand_h']:.1f} h "
            f"on demand, {metrics['idle_h']:.1f} h idle; {metrics['launches']:.0f} launches, "
            f"{metrics['switches']:.0f} of them in another zone (${metrics['transfer_usd']:.2f} of "
            f"transfer), {metrics['preemptions']:.0f} preemptions; finished "
            f"{metrics['slack_left_h']:.1f} h early. {_why(metrics, case)}"
        )


def describe(case: Case) -> str:
    """Say in one line what kind of workload this is, without anything of its randomness but shares."""
    market, job = case.market, case.job
    rows = market.available[: job.deadline_ticks]
    shares = [sum(row[zone] for row in rows) / len(rows) for zone in range(market.zones)]
    anywhere = sum(True in row for row in rows) / len(rows)
    return (
        f"{market.zones} zones in {len(set(market.regions))} regions, "
        f"{job.work_ticks * market.tick_h:.1f} h of work in {job.deadline_ticks * market.tick_h:.1f} h, "
        f"launch {job.restart_ticks * market.tick_h:.2g} h, spot up "
        f"{shares[0]:.0%} of the time in the first zone and {anywhere:.0%} anywhere"
    )


def _why(metrics: Metrics, case: Case) -> str:
    paid_h = metrics["spot_h"] + metrics["on_demand_h"]
    launching_h = paid_h - case.job.work_ticks * case.market.tick_h
    if metrics["on_demand_h"] > 0.3 * paid_h:
        idle = metrics["idle_h"] > 2
        return "Most was lost on demand" + (", after waiting too long for spot." if idle else ".")
    if launching_h > 0.1 * paid_h:
        return f"{launching_h:.1f} h were paid for launching alone."
    if metrics["transfer_usd"] > 0.1 * metrics["cost_usd"]:
        return "Much was lost on moving the checkpoint."
    return "Most was lost on dear spot machines."


def _metrics(outcome: Outcome, case: Case) -> Metrics:
    tick_h = case.market.tick_h
    return {
        "cost_usd": outcome.cost_usd,
        "transfer_usd": outcome.transfer_usd,
        "spot_h": outcome.spot_ticks * tick_h,
        "on_demand_h": outcome.on_demand_ticks * tick_h,
        "idle_h": outcome.idle_ticks * tick_h,
        "launches": float(outcome.launches),
        "switches": float(outcome.switches),
        "preemptions": float(outcome.preemptions),
        "safety_net": float(outcome.replaced),
        "finished": 1.0,
        "slack_left_h": outcome.slack_ticks * tick_h,
    }


def _on_demand_usd(case: Case) -> float:
    ticks = case.job.work_ticks + case.job.restart_ticks
    return ticks * case.market.tick_h * case.market.on_demand_usd_per_h


def _cell(cells: Mapping[str, Any], index: int) -> Cell:
    """Return the parameter cell of an index: an additive recurrence over all parameters at once.

    Every stretch of indices is near to uniform in every parameter and in their pairs; the steps are the
    powers of 1/g, g the root of g^7 = g + 1 (M. Roberts, The unreasonable effectiveness of quasirandom
    sequences, 2018).
    """
    zones, *picks = ((0.5 + (index + 1) * _STEP**power) % 1 for power in range(1, 7))
    weights = list(itertools.accumulate(cells["weights"]))
    values = [cells[name][int(pick * len(cells[name]))] for name, pick in zip(_CROSSED, picks, strict=True)]
    return Cell(tuple(cells["zones"][bisect.bisect_right(weights, zones * weights[-1])]), *values)


def _label(market: Market, cell: Cell) -> str:
    """Name a cell by what matters most in it: few enough names to be read side by side."""
    slack = f"slack={cell.slack_share:.2f}"
    if market.zones == 1:
        return f"{slack},restart={cell.restart_ticks}"
    return f"zones={market.zones},regions={len(set(market.regions))},{slack}"


def _region(zone: str) -> str:
    """Return a zone's region: `us-east-1` of `us-east-1a` and `us-east-1a_v100_1`; else the whole name."""
    found = re.match(r"[a-z]+(?:-[a-z]+)+-\d+(?=[a-z])", zone)
    return found[0] if found else zone


def _case(workload: Workload) -> Case:
    case: Case = workload.data
    return case

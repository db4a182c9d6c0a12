"""Score broadcasts by dollars: one tree per partition, on time, within what edges and regions carry."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.contract import BadData, Invalid, Metrics, Plain, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Int, ListOf, Schema
from simulators.multicast import (
    CLOUDS,
    PUBLISHED,
    Broadcast,
    Config,
    Mesh,
    Network,
    Outcome,
    ProfileError,
    Undelivered,
    check_tree,
    draw_network,
    least_cost_usd,
    outcome_of,
    published_outcome,
    read_configs,
    read_network,
    with_limits,
)

from .interface import NO_EDGE_USD_PER_GB, Given, fastest_draft, steiner_tree, time_s, tree_cost
from .interface import prices as prices_of

_CROSSED = ("regions", "destinations", "clouds", "volume_gb", "deadline", "partitions")
_STEP = 1 / 1.1127756842787055
"""Of an additive recurrence over all parameters at once: powers of 1/g, g the root of g^7 = g + 1 (M.
Roberts, The unreasonable effectiveness of quasirandom sequences, 2018)."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Case:
    """A workload: there is no hidden truth, a plan is all that is missing."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    broadcast: Broadcast


class Cloudcast(PlanEvaluator):
    """The candidate names the edges of a tree per partition; prices and capacities are ours."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and empty caches."""
        super().__init__(params, folder)
        self._bounds: dict[str, float] = {}
        self._cheap: dict[str, float] = {}

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end; parameter cells follow from the index, all else from the key."""
        cells = self.params["shift" if split == "shift" else "search"]
        for index in itertools.count():
            seed = workload_rng(key, index, split).getrandbits(128)
            cell = _cell(cells, index)
            yield self._draw(cell, np.random.default_rng(seed), f"{split}/{key.hex()}/{index}")

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield broadcasts over published profiles: `cost.csv` and `throughput.csv` in a folder.

        Configurations are the JSON files of the folder, or else the five published ones, each with every
        deadline of the search.

        Raises:
            BadData: the files cannot be read, or know none of the regions.
        """
        try:
            network = read_network(path, self.params["vms"])
            configs = read_configs(path) or PUBLISHED
        except ProfileError as error:
            raise BadData(str(error)) from None
        known = [config for config in configs if {config.source, *config.destinations} <= set(network.names)]
        if not known:
            lacking = sorted({configs[0].source, *configs[0].destinations} - set(network.names))
            raise BadData(
                f"{str(path)!r} lacks regions of all {len(configs)} configurations, such as {lacking[0]!r}; "
                "put JSON files with source_node and dest_nodes of its own regions beside the CSV files."
            )
        return self._profiled(network, known, str(path))

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        return tuple(_given(_case(workload).broadcast))

    def plan_schema(self, workload: Workload) -> Schema:
        """Return the schema of the plan: for every partition the ids of some edges, each once."""
        broadcast = _case(workload).broadcast
        regions = broadcast.network.regions
        edge = Int(0, regions * regions - 1)
        tree = ListOf(edge, max_len=regions - 1, min_len=len(broadcast.destinations), unique=True)
        return ListOf(tree, max_len=broadcast.partitions, min_len=broadcast.partitions)

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return what the plan costs, how long it takes, and where the money goes.

        Raises:
            Invalid: a partition is not brought to every destination, or not before the deadline.
        """
        broadcast = _case(workload).broadcast
        for partition, edges in enumerate(plan):
            try:
                check_tree(broadcast, edges)
            except Undelivered as refused:
                raise Invalid(f"partition {partition}: {refused}") from None
        outcome = outcome_of(broadcast, plan)
        if outcome.transfer_s > broadcast.deadline_s * (1.0 + _ROUNDING):
            raise Invalid(
                f"the plan takes {outcome.transfer_s:.1f} s and the deadline is {broadcast.deadline_s:.1f} "
                f"s: {_named(broadcast.network, outcome.bottleneck)} is too busy"
            )
        return _metrics(broadcast, plan, outcome)

    def worst(self, workload: Workload) -> Metrics:
        """Return what no feasible plan exceeds: the dearest edge into every region, machines everywhere."""
        broadcast = _case(workload).broadcast
        network = broadcast.network
        dearest = np.where(network.edges, network.price_usd_per_gb, 0.0).max(axis=0)
        dearest[broadcast.source] = 0.0
        machines = network.regions * broadcast.region_usd_per_s * broadcast.deadline_s
        return {"cost_usd": float(dearest.sum() * broadcast.volume_gb + machines) * (1.0 + _ROUNDING)}

    def bound(self, workload: Workload) -> Metrics:
        """Return dollars that no plan in time falls below (proof in `simulators/multicast/relaxation.py`)."""
        case = _case(workload)
        if case.token not in self._bounds:
            self._bounds[case.token] = least_cost_usd(case.broadcast)
        return {"cost_usd": self._bounds[case.token]}

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return the share of the deadline that is used, and the relays per destination."""
        ran = [metrics for _, metrics in results if metrics is not None]
        if not ran:
            return {"deadline_used": 1.0, "relayed": 1.0}
        return {
            "deadline_used": sum(metrics["deadline_used"] for metrics in ran) / len(ran),
            "relayed": sum(min(1.0, metrics["relays"] / metrics["destinations"]) for metrics in ran)
            / len(ran),
        }

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, and the three workloads that pay most above one cheap tree, and why."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {workload.cell}: {reason}" for workload, reason in failures[:3]]
        gaps = [
            (metrics["cost_usd"] / self._cheap_usd(workload), at, workload, metrics)
            for at, (workload, metrics, _) in enumerate(results)
            if metrics is not None
        ]
        gaps.sort(key=lambda gap: (-gap[0], gap[1]))
        lines += [f"- {self._loss(workload, metrics)}" for _, _, workload, metrics in gaps[:3]]
        return "\n".join(lines)

    def _draw(self, cell: Mapping[str, Any], rng: np.random.Generator, token: str) -> Workload:
        vms = self.params["vms"]
        mesh = Mesh(cell["regions"], vms, cell["price_sd"], cell["throughput_factor"])
        network = draw_network(rng, mesh)
        ends = _ends(rng, network, cell["clouds"], cell["destinations"])
        broadcast = Broadcast(
            network,
            ends[0],
            ends[1:],
            cell["volume_gb"],
            cell["partitions"],
            deadline_s=np.inf,
            region_usd_per_s=self._rate(),
        )
        label = f"clouds={cell['clouds']},deadline={cell['deadline']:g}"
        return Workload(Case(token, _timed(broadcast, cell["deadline"])), label)

    def _profiled(self, network: Network, configs: Sequence[Config], path: str) -> Iterator[Workload]:
        at = {name: region for region, name in enumerate(network.names)}
        for config, slack in itertools.product(configs, self.params["search"]["deadline"]):
            broadcast = Broadcast(
                with_limits(network, config, self.params["vms"]),
                at[config.source],
                tuple(at[name] for name in config.destinations),
                config.volume_gb,
                config.partitions,
                deadline_s=np.inf,
                region_usd_per_s=self._rate(),
            )
            case = Case(f"{path}/{config.name}/{slack}", _timed(broadcast, slack))
            _check_reached(case.broadcast, config.name, path)
            yield Workload(case, f"recorded,deadline={slack:g}", shares=path)

    def _rate(self) -> float:
        return float(self.params["vms"] * self.params["usd_per_vm_h"] / 3600.0)

    def _cheap_usd(self, workload: Workload) -> float:
        """Return the egress of one cheap tree for all partitions, whatever time it takes."""
        case = _case(workload)
        if case.token not in self._cheap:
            given = _given(case.broadcast)
            price = tree_cost(given, prices_of(given), steiner_tree(given, prices_of(given)))
            self._cheap[case.token] = max(_ROUNDING, price * case.broadcast.volume_gb)
        return self._cheap[case.token]

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        broadcast = _case(workload).broadcast
        where = "one cloud" if workload.cell.startswith("clouds=one") else "several clouds"
        return (
            f"{broadcast.volume_gb:g} GB to {len(broadcast.destinations)} destinations in {where} among "
            f"{broadcast.network.regions} regions: ${metrics['cost_usd']:.2f}, of which machines "
            f"${metrics['instance_usd']:.2f}; one Takahashi-Matsuyama tree for all partitions has an egress "
            f"of ${self._cheap_usd(workload):.2f}. {metrics['transfer_s']:.0f} s of "
            f"{broadcast.deadline_s:.0f} s used. {_why(broadcast, metrics)}"
        )


def _metrics(broadcast: Broadcast, plan: Sequence[Sequence[int]], outcome: Outcome) -> dict[str, float]:
    network = broadcast.network
    published = published_outcome(broadcast, plan)
    prices = network.price_usd_per_gb
    paid = outcome.copies * np.where(network.edges, prices, 0.0)
    dearest = int(paid.argmax())
    head = network.ends(dearest)[1]
    kind, at = outcome.bottleneck
    return {
        "cost_usd": outcome.cost_usd,
        "egress_usd": outcome.egress_usd,
        "instance_usd": outcome.instance_usd,
        "transfer_s": outcome.transfer_s,
        "deadline_used": outcome.transfer_s / broadcast.deadline_s,
        "published_usd": published.cost_usd,
        "published_transfer_s": published.transfer_s,
        "destinations": float(len(broadcast.destinations)),
        "relays": float(len(outcome.used) - 1 - len(broadcast.destinations)),
        "trees": float(len({frozenset(edges) for edges in plan})),
        "source_copies": float(outcome.copies[broadcast.source].sum() / broadcast.partitions),
        "dearest_edge": float(dearest),
        "dearest_share": float(paid.max() / paid.sum()) if paid.any() else 0.0,
        "dearest_over_cheapest": float(
            network.price_usd_per_gb.ravel()[dearest] / network.price_usd_per_gb[:, head].min()
        ),
        "bottleneck_kind": float(("edge", "egress", "ingress").index(kind)),
        "bottleneck": float(at),
    }


def _why(broadcast: Broadcast, metrics: Metrics) -> str:
    network = broadcast.network
    kind = ("edge", "egress", "ingress")[int(metrics["bottleneck_kind"])]
    busiest = _named(network, (kind, int(metrics["bottleneck"])))
    tail, head = network.ends(int(metrics["dearest_edge"]))
    most = (
        f"{metrics['dearest_share']:.0%} of the egress is paid from region {tail} ({network.names[tail]}) to "
        f"{head} ({network.names[head]}) at ${network.price_usd_per_gb[tail, head]:.3f} per GB"
    )
    if metrics["deadline_used"] > 0.95:
        return f"The deadline binds: {busiest} is busiest. {most}."
    if metrics["source_copies"] > 2.0:
        return f"The source sends every partition {metrics['source_copies']:.1f} times. {most}."
    if metrics["dearest_over_cheapest"] > 1.5:
        ratio = metrics["dearest_over_cheapest"]
        return f"{most}, {ratio:.1f} times the cheapest edge into that region; there is time to spare."
    return (
        f"{most}; {metrics['trees']:.0f} different trees over {metrics['relays']:.0f} relays, time to spare."
    )


def _named(network: Network, bottleneck: tuple[str, int]) -> str:
    kind, at = bottleneck
    if kind == "edge":
        tail, head = network.ends(at)
        return f"the edge from region {tail} to {head}"
    return f"the {kind} of region {at} ({network.names[at]})"


def _timed(broadcast: Broadcast, slack: float) -> Broadcast:
    """Return the broadcast with a deadline: so many times as long as the fast plan takes."""
    fast_s = time_s(fastest_draft(_given(broadcast)))
    return replace(broadcast, deadline_s=float(slack * fast_s))


def _check_reached(broadcast: Broadcast, name: str, path: str) -> None:
    """Refuse a recorded broadcast whose fast plan, which takes no relays, does not exist.

    Raises:
        BadData: it does not.
    """
    try:
        for tree in fastest_draft(_given(broadcast)).trees:
            check_tree(broadcast, tree.edges)
    except Undelivered as refused:
        raise BadData(
            f"{path!r}: among source and destinations of {name!r} {refused}; every destination must be "
            "reached without relays, so give prices and throughputs of more pairs."
        ) from None


def _ends(rng: np.random.Generator, network: Network, clouds: str, destinations: int) -> tuple[int, ...]:
    """Return a source and destinations, in one cloud or anywhere."""
    order = rng.permutation(network.regions)
    if clouds == "one":
        sizes = np.bincount(network.cloud, minlength=len(CLOUDS))
        large = np.flatnonzero(sizes > destinations)
        order = order[network.cloud[order] == rng.choice(large)]
    return tuple(order[: destinations + 1].tolist())


def _given(broadcast: Broadcast) -> Given:
    network = broadcast.network
    return Given(
        np.where(network.edges, network.price_usd_per_gb, NO_EDGE_USD_PER_GB),
        network.gbps,
        network.egress_gbps,
        network.ingress_gbps,
        network.cloud,
        broadcast.source,
        broadcast.destinations,
        broadcast.volume_gb,
        broadcast.partitions,
        broadcast.deadline_s,
        broadcast.region_usd_per_s,
    )


def _cell(cells: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the parameters of an index: every stretch of indices is near to even in all of them."""
    picks = ((0.5 + (index + 1) * _STEP**power) % 1 for power in range(1, 1 + len(_CROSSED)))
    crossed = {
        name: cells[name][int(pick * len(cells[name]))] for name, pick in zip(_CROSSED, picks, strict=True)
    }
    return {**cells, **crossed}


def _case(workload: Workload) -> Case:
    case: Case = workload.data
    return case

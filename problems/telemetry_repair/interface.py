"""What a solver may use: what it is given, and helpers to compare counters, weigh them and answer.

A solver is a function `solve(given, rng)` that returns a list of `Repair`, one per interface. Interfaces and
routers are numbered from 0, and a router is spoken of by any of its interfaces. What an interface sends to
the other end of its link is a flow, with the number of the interface that sends it: the sender's `tx` and the
receiver's `rx` count the same traffic. A list of rates holds one rate per flow, by number. Rates are in
Mbit/s. No helper changes what it is handed.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

InterfaceId = int


class Given(NamedTuple):
    """All that is told; every tuple has one item per interface."""

    router: tuple[int, ...]
    """The number of every interface's router."""
    peer: tuple[InterfaceId, ...]
    """The interface at the other end of every interface's link."""
    length_km: tuple[float, ...]
    """Of every interface's link; traffic takes shortest paths."""
    rx_mbps: tuple[float, ...]
    """What every interface says that it receives."""
    tx_mbps: tuple[float, ...]
    """What every interface says that it sends."""
    up: tuple[bool, ...]
    """Whether every interface says that its link is up."""
    entering_mbps: tuple[float, ...]
    """What every interface's router says that it gets, in all, from outside the network."""
    leaving_mbps: tuple[float, ...]
    """What every interface's router says that it hands, in all, to outside."""
    noise_share: float
    """A healthy counter is off by at most this share."""
    tolerance_share: float
    """An answer is right when it is off by at most this share of the truth, or by `floor_mbps`."""
    floor_mbps: float


class Flow(NamedTuple):
    """One direction of one link, with what both ends say of it."""

    sender: InterfaceId
    """The interface that sends; also the number of the flow."""
    receiver: InterfaceId
    """The interface at the other end."""
    tx_mbps: float
    """What the sender says."""
    rx_mbps: float
    """What the receiver says."""
    tx_up: bool
    """Whether the sender says that the link is up."""
    rx_up: bool
    """Whether the receiver says so."""


class Estimate(NamedTuple):
    """What a flow is taken to be, and how likely that is right, 0 to 1."""

    mbps: float
    confidence: float


class Repair(NamedTuple):
    """An answer for one interface: repaired counters, and how likely each is right, 0 to 1."""

    interface_id: InterfaceId
    rx_mbps: float
    tx_mbps: float
    rx_confidence: float
    tx_confidence: float


# Flows


def flows(given: Given) -> list[Flow]:
    """Return every flow, by number."""
    return [
        Flow(at, to, given.tx_mbps[at], given.rx_mbps[to], given.up[at], given.up[to])
        for at, to in enumerate(given.peer)
    ]


def mean_mbps(flow: Flow) -> float:
    """Return the mean of what both ends say."""
    return 0.5 * (flow.tx_mbps + flow.rx_mbps)


def larger_mbps(flow: Flow) -> float:
    """Return the larger of what both ends say."""
    return max(flow.tx_mbps, flow.rx_mbps)


def smaller_mbps(flow: Flow) -> float:
    """Return the smaller of what both ends say."""
    return min(flow.tx_mbps, flow.rx_mbps)


def ends_gap_share(flow: Flow) -> float:
    """Return how far both ends are apart, as a share of the larger: 0 alike, 1 where one reads zero."""
    return gap_share(flow.tx_mbps, flow.rx_mbps)


def reverse_flow(given: Given, flow: Flow) -> Flow:
    """Return the other direction of the same link."""
    sender, receiver = flow.receiver, flow.sender
    return Flow(
        sender, receiver, given.tx_mbps[sender], given.rx_mbps[receiver], given.up[sender], given.up[receiver]
    )


def both_up(flow: Flow) -> bool:
    """Return whether both ends say that the link is up."""
    return flow.tx_up and flow.rx_up


def both_down(flow: Flow) -> bool:
    """Return whether both ends say that the link is down."""
    return not flow.tx_up and not flow.rx_up


def one_reads_zero(flow: Flow) -> bool:
    """Return whether exactly one end counts nothing."""
    return (flow.tx_mbps > 0.0) != (flow.rx_mbps > 0.0)


# Comparing rates


def gap_share(one_mbps: float, other_mbps: float) -> float:
    """Return how far two rates are apart, as a share of the larger."""
    return abs(one_mbps - other_mbps) / max(abs(one_mbps), abs(other_mbps), 1e-9)


def agree(one_mbps: float, other_mbps: float, tolerance_share: float) -> bool:
    """Return whether two rates are apart by at most a share of the larger."""
    return gap_share(one_mbps, other_mbps) <= tolerance_share


def votes(values_mbps: Sequence[float], value_mbps: float, tolerance_share: float) -> int:
    """Return how many of the values agree with one."""
    return sum(agree(each, value_mbps, tolerance_share) for each in values_mbps)


def most_voted(values_mbps: Sequence[float], tolerance_share: float) -> float:
    """Return the mean of the values that agree with the one that most agree with; the first of equals."""
    best = max(values_mbps, key=lambda value: votes(values_mbps, value, tolerance_share))
    chosen = [each for each in values_mbps if agree(each, best, tolerance_share)]
    return sum(chosen) / len(chosen)


# Conservation: what reaches a router leaves it. An implied rate below zero says that something else is wrong.


def own_surplus_mbps(given: Given, interface_id: InterfaceId) -> float:
    """Return how much more reaches an interface's router than leaves it, by the router's own counters."""
    surplus = given.entering_mbps[interface_id] - given.leaving_mbps[interface_id]
    for at in beside(given, interface_id):
        surplus += given.rx_mbps[at] - given.tx_mbps[at]
    return surplus


def implied_by_sender_mbps(given: Given, flow: Flow) -> float:
    """Return what a flow has to be if all other counters of the sending router are right."""
    return flow.tx_mbps + own_surplus_mbps(given, flow.sender)


def implied_by_receiver_mbps(given: Given, flow: Flow) -> float:
    """Return what a flow has to be if all other counters of the receiving router are right."""
    return flow.rx_mbps - own_surplus_mbps(given, flow.receiver)


def majority_mbps(given: Given, flow: Flow, tolerance_share: float) -> float:
    """Return what most agree on of both ends and what both routers imply: the mean of those that agree."""
    return most_voted(evidence_mbps(given, flow), tolerance_share)


def support_share(given: Given, flow: Flow, value_mbps: float, tolerance_share: float) -> float:
    """Return which share of both ends and both implied rates agrees with a value."""
    values = evidence_mbps(given, flow)
    return votes(values, value_mbps, tolerance_share) / len(values)


def evidence_mbps(given: Given, flow: Flow) -> list[float]:
    """Return what the sender says, what the receiver says, and what either's router implies."""
    implied = implied_by_sender_mbps(given, flow), implied_by_receiver_mbps(given, flow)
    return [flow.tx_mbps, flow.rx_mbps, *implied]


# Routers


def beside(given: Given, interface_id: InterfaceId) -> list[InterfaceId]:
    """Return all interfaces of an interface's router, itself among them."""
    router = given.router[interface_id]
    return [at for at, other in enumerate(given.router) if other == router]


def imbalance_share(given: Given, interface_id: InterfaceId) -> float:
    """Return how far its router's own counters are from conservation, as a share of what reaches it."""
    reaching = given.entering_mbps[interface_id]
    reaching += sum(given.rx_mbps[at] for at in beside(given, interface_id))
    return abs(own_surplus_mbps(given, interface_id)) / max(reaching, 1e-9)


def disputed_share(given: Given, interface_id: InterfaceId) -> float:
    """Return which share of the counters of its router's other interfaces the links' other ends dispute."""
    others = [at for at in beside(given, interface_id) if at != interface_id]
    pairs = [pair for at in others for pair in ((at, given.peer[at]), (given.peer[at], at))]
    gaps = [gap_share(given.tx_mbps[one], given.rx_mbps[other]) for one, other in pairs]
    return sum(gap > 2.0 * given.noise_share for gap in gaps) / max(1, len(gaps))


# The whole network


def mean_rates(given: Given) -> list[float]:
    """Return the mean of both ends of every flow."""
    return [mean_mbps(flow) for flow in flows(given)]


def majority_rates(given: Given, tolerance_share: float) -> list[float]:
    """Return the majority's rate of every flow."""
    return [majority_mbps(given, flow, tolerance_share) for flow in flows(given)]


def surplus_mbps(given: Given, rates: Sequence[float], interface_id: InterfaceId) -> float:
    """Return how much more reaches an interface's router than leaves it, if flows are as in `rates`."""
    surplus = given.entering_mbps[interface_id] - given.leaving_mbps[interface_id]
    for at in beside(given, interface_id):
        surplus += rates[given.peer[at]] - rates[at]
    return surplus


def edge_rates(given: Given) -> tuple[list[float], list[float]]:
    """Return what enters and what leaves every router, by the router's number."""
    first = {router: at for at, router in reversed(list(enumerate(given.router)))}
    order = [first[router] for router in sorted(first)]
    return [given.entering_mbps[at] for at in order], [given.leaving_mbps[at] for at in order]


def incidence(given: Given) -> np.ndarray:
    """Return conservation as a matrix: times (flows, entering, leaving) it gives every router's surplus."""
    count, routers = len(given.router), max(given.router) + 1
    matrix = np.zeros((routers, count + 2 * routers))
    at = np.arange(count)
    router, peer = np.array(given.router), np.array(given.peer)
    matrix[router[peer], at] += 1.0
    matrix[router, at] -= 1.0
    each = np.arange(routers)
    matrix[each, count + each] = 1.0
    matrix[each, count + routers + each] = -1.0
    return matrix


def conserve(given: Given, rates: Sequence[float], deviations_mbps: Sequence[float]) -> list[Estimate]:
    """Return the rates nearest to some that conserve traffic at every router, with how sure they are.

    Generalised least squares: flows and what enters and leaves are moved in proportion to their variances.

    Args:
        given: what is told; what enters and leaves is taken from it, with healthy noise.
        rates: of every flow.
        deviations_mbps: the standard deviation of every flow's rate; a large one says that it is not known.
    """
    entering, leaving = edge_rates(given)
    edge = np.array([*entering, *leaving])
    spread = given.noise_share / math.sqrt(3.0) * np.maximum(edge, given.floor_mbps)
    mean = np.concatenate((rates, edge))
    fitted, left = fit(given, mean, np.concatenate((np.asarray(deviations_mbps), spread)))
    pairs = zip(np.maximum(fitted, 0.0).tolist(), left.tolist(), strict=True)
    return [Estimate(mbps, sure(given, mbps, deviation)) for mbps, deviation in pairs][: len(given.router)]


def fit(given: Given, mean: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimates that conserve traffic and fit best, and their standard deviations.

    Args:
        given: what is told.
        mean: estimates of every flow, then of what enters and of what leaves every router.
        deviation: their standard deviations.
    """
    matrix = incidence(given)
    variance = np.square(np.maximum(deviation, 1e-6))
    spread = matrix * variance
    gain = np.linalg.solve(spread @ matrix.T, spread)
    fitted: np.ndarray = mean - (matrix @ mean) @ gain
    left: np.ndarray = np.sqrt(np.maximum(variance - (spread * gain).sum(axis=0), 0.0))
    return fitted, left


def sure(given: Given, mbps: float, deviation_mbps: float) -> float:
    """Return how likely a rate is right whose error is normal with this standard deviation."""
    allowed = given.tolerance_share * mbps + given.floor_mbps
    return math.erf(allowed / max(deviation_mbps, 1e-9) / math.sqrt(2.0))


# Paths


def gravity_rates(given: Given) -> list[float]:
    """Return every flow by a gravity model of the edge counters, on shortest paths over links that are up.

    A link counts as down where both ends say so. Real traffic deviates from gravity by some ten percent.
    """
    rates = [0.0] * len(given.router)
    entering, leaving = edge_rates(given)
    total = max(1e-9, sum(leaving))
    for source, sent in enumerate(entering):
        order, by = _shortest(given, source)
        through = [sent * out / total for out in leaving]
        for router in reversed(order[1:]):
            rates[by[router]] += through[router]
            through[given.router[by[router]]] += through[router]
    return rates


def _shortest(given: Given, source: int) -> tuple[list[int], dict[int, int]]:
    """Return the routers by distance, and the interface that sends to each on its path."""
    of_router: list[list[int]] = [[] for _ in range(max(given.router) + 1)]
    for at, router in enumerate(given.router):
        if given.up[at] or given.up[given.peer[at]]:
            of_router[router].append(at)
    order: list[int] = []
    by: dict[int, int] = {}
    heap = [(0.0, source, -1)]
    seen: set[int] = set()
    while heap:
        far, here, came = heapq.heappop(heap)
        if here in seen:
            continue
        seen.add(here)
        order.append(here)
        by[here] = came
        for at in of_router[here]:
            heapq.heappush(heap, (far + given.length_km[at], given.router[given.peer[at]], at))
    return order, by


# Answers


def answer(given: Given, estimates: Sequence[Estimate]) -> list[Repair]:
    """Return an answer in which both ends of every flow read its estimate.

    An interface is left out, and counts as wrong, where an estimate is missing.
    """
    clean = [
        Estimate(min(1e9, max(0.0, float(mbps))), min(1.0, max(0.0, float(confidence))))
        for mbps, confidence in estimates
    ]
    return [
        Repair(at, clean[to].mbps, clean[at].mbps, clean[to].confidence, clean[at].confidence)
        for at, to in enumerate(given.peer)
        if max(at, to) < len(clean)
    ]

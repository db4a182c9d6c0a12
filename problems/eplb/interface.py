"""What a solver may use: what it is given, and helpers to forecast loads, replicate experts and place them.

A solver is a function `solve(given, rng)` that returns an int64 array `[layers, slots]`: the expert in every
slot. Slots are numbered GPU by GPU, GPUs node by node, experts group by group, all from 0. No helper changes
what it is handed.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np


class Given(NamedTuple):
    """All that is told."""

    loads: np.ndarray
    """Tokens in past windows, int64 `[windows, layers, experts]`, the newest last."""
    placement: np.ndarray
    """The experts in the slots now, int64 `[layers, slots]`."""
    groups: int
    """Groups of experts; a token takes its experts from few of them."""
    nodes: int
    gpus: int
    """On all nodes together."""
    expert_bytes: int
    """What it costs to move one expert of one layer to a GPU that does not hold it."""
    budget_bytes: int
    """What all moves together may cost at most."""


class Loads(NamedTuple):
    """A forecast of the next window."""

    tokens: np.ndarray
    """float64 `[layers, experts]`."""


class Replicas(NamedTuple):
    """How many slots every expert gets."""

    counts: np.ndarray
    """int64 `[layers, experts]`; at least 1, every layer sums to the number of slots."""


class Placement(NamedTuple):
    """An answer."""

    slots: np.ndarray
    """int64 `[layers, slots]`."""


# Forecasts


def last_window(given: Given) -> Loads:
    """Return the loads of the newest window."""
    return Loads(given.loads[-1].astype(np.float64))


def mean_window(given: Given, windows: int) -> Loads:
    """Return the mean of the newest windows."""
    return Loads(given.loads[-max(1, windows) :].mean(axis=0))


def ewma(given: Given, newest_share: float) -> Loads:
    """Return the exponentially weighted mean of all windows; the newest weighs `newest_share`."""
    share = min(1.0, max(0.01, newest_share))
    mean = given.loads[0].astype(np.float64)
    for window in given.loads[1:]:
        mean = share * window + (1.0 - share) * mean
    return Loads(mean)


def log_ewma(given: Given, newest_share: float) -> Loads:
    """Return the exponentially weighted geometric mean of all windows."""
    share = min(1.0, max(0.01, newest_share))
    logs = np.log(given.loads + 1.0)
    mean = logs[0]
    for window in logs[1:]:
        mean = share * window + (1.0 - share) * mean
    return Loads(np.exp(mean))


def blend(loads: Loads, others: Loads, share_of_others: float) -> Loads:
    """Return a weighted mean of two forecasts."""
    share = min(1.0, max(0.0, share_of_others))
    return Loads((1.0 - share) * loads.tokens + share * others.tokens)


def even_out(loads: Loads, exponent: float) -> Loads:
    """Return the forecast with every load raised to a power: below 1 hot and cold experts come closer."""
    return Loads(np.maximum(loads.tokens, 1.0) ** min(3.0, max(0.0, exponent)))


def drift(given: Given) -> float:
    """Return the share of tokens, 0 to 1, that went to other experts in the newest window than before."""
    if len(given.loads) < 2:
        return 0.0
    change = np.abs(given.loads[-1] - given.loads[-2]).sum()
    return float(change / max(1, given.loads[-1].sum() + given.loads[-2].sum()))


def skew(given: Given) -> float:
    """Return the load of the hottest expert over the mean, in the newest window, averaged over layers."""
    newest = given.loads[-1]
    return float((newest.max(axis=1) / np.maximum(newest.mean(axis=1), 1.0)).mean())


# Replicas


def slot_count(given: Given) -> int:
    """Return the number of slots of a layer."""
    return int(given.placement.shape[1])


def replicate(given: Given, loads: Loads) -> Replicas:
    """Give every further slot to the expert with the largest load per replica."""
    return Replicas(np.array([_replicated(row, slot_count(given)) for row in loads.tokens.tolist()]))


def replicate_in_proportion(given: Given, loads: Loads) -> Replicas:
    """Give one slot to every expert, and the rest in proportion to load, by largest remainders."""
    layers, experts = loads.tokens.shape
    spare = slot_count(given) - experts
    exact = spare * loads.tokens / np.maximum(loads.tokens.sum(axis=1, keepdims=True), 1e-300)
    counts = 1 + np.floor(exact).astype(np.int64)
    order = np.argsort(np.floor(exact) - exact, axis=1, kind="stable")
    for layer in range(layers):
        missing = slot_count(given) - int(counts[layer].sum())
        np.add.at(counts[layer], order[layer, np.arange(missing) % experts], 1)
    return Replicas(counts)


def replicate_evenly(given: Given, loads: Loads) -> Replicas:
    """Give every expert equally many slots, and one more to the hottest as far as slots remain."""
    layers, experts = loads.tokens.shape
    counts = np.full((layers, experts), slot_count(given) // experts, dtype=np.int64)
    order = np.argsort(-loads.tokens, axis=1, kind="stable")
    np.put_along_axis(
        counts, order[:, : slot_count(given) % experts], slot_count(given) // experts + 1, axis=1
    )
    return Replicas(counts)


# Placements


def pack(given: Given, loads: Loads, replicas: Replicas) -> Placement:
    """Place replicas by falling load, each on the lightest GPU that has a free slot."""
    held, weights = _spread(loads.tokens, replicas.counts)
    rows = [_packed(row, given.gpus) for row in weights.tolist()]
    return Placement(np.take_along_axis(held, np.array(rows), axis=1))


def snake(given: Given, loads: Loads, replicas: Replicas) -> Placement:
    """Deal replicas by falling load to the GPUs in the order 0, 1 .. n, n .. 1, 0, 0, 1 .."""
    held, weights = _spread(loads.tokens, replicas.counts)
    turn = np.arange(held.shape[1])
    forth = turn % given.gpus
    gpu = np.where(turn // given.gpus % 2 == 0, forth, given.gpus - 1 - forth)
    ordered = np.take_along_axis(held, np.argsort(-weights, axis=1, kind="stable"), axis=1)
    return Placement(ordered[:, np.argsort(gpu, kind="stable")])


def in_order(given: Given, replicas: Replicas) -> Placement:
    """Fill the slots with the replicas by number of their expert, GPU after GPU."""
    experts = np.arange(replicas.counts.shape[1])
    return Placement(np.array([np.repeat(experts, row) for row in replicas.counts]))


def hierarchical(given: Given, loads: Loads) -> Placement:
    """Keep every group on one node: pack groups onto nodes, then replicate and pack within each node.

    Where groups do not divide evenly over nodes, replicate and pack on all GPUs at once.
    """
    if given.groups % given.nodes:
        return pack(given, loads, replicate(given, loads))
    rows = [_hierarchical(given, row) for row in loads.tokens]
    return Placement(np.array(rows))


def exchange(given: Given, loads: Loads, placement: Placement, rounds: int) -> Placement:
    """Swap experts between the hottest GPU of a layer and its coolest ones, as far as the budget reaches.

    Every round takes the layer with the most to gain; it makes at most two moves.
    """
    search = _Exchange(given, loads.tokens, placement.slots)
    for _ in range(min(rounds, 400)):
        if not search.step():
            break
    return Placement(search.slots)


# Moves


def current(given: Given) -> Placement:
    """Return the placement as it is: no moves."""
    return Placement(given.placement)


def moves(given: Given, placement: Placement) -> int:
    """Return how many experts a placement sends to a GPU that does not hold them now."""
    return int(_moves_by_layer(given, placement.slots).sum())


def budget_moves(given: Given) -> int:
    """Return how many experts may be moved in all layers together."""
    return given.budget_bytes // given.expert_bytes


def budget_share(given: Given) -> float:
    """Return the budget as a share of what it would take to fill every slot anew."""
    return min(1.0, budget_moves(given) / given.placement.size)


def relabel(given: Given, placement: Placement) -> Placement:
    """Rename nodes, and GPUs within nodes, so that many experts stay in place (a greedy matching)."""
    experts = given.loads.shape[2]
    kept = np.matmul(
        _held(given, given.placement, experts).astype(np.float64),
        _held(given, placement.slots, experts).transpose(0, 2, 1).astype(np.float64),
    )
    by_gpu = placement.slots.reshape(len(placement.slots), given.gpus, -1)
    orders = [_relabelled(layer, given.nodes) for layer in kept]
    return Placement(np.array([gpus[order].ravel() for gpus, order in zip(by_gpu, orders, strict=True)]))


def within_budget(given: Given, loads: Loads, placement: Placement) -> Placement:
    """Adopt a placement as far as the budget reaches: whole layers, those that gain most per move first.

    What fits is adopted as it is. Otherwise GPUs are relabelled, and layers that gain nothing by the forecast
    stay.
    """
    allowed = budget_moves(given)
    if moves(given, placement) <= allowed:
        return placement
    renamed = relabel(given, placement).slots
    cost = _moves_by_layer(given, renamed)
    if cost.sum() <= allowed:
        return Placement(renamed)
    gain = _largest(given, loads.tokens, given.placement) - _largest(given, loads.tokens, renamed)
    slots = given.placement.copy()
    for layer in np.argsort(-gain / np.maximum(cost, 1), kind="stable"):
        if gain[layer] > 0 and cost[layer] <= allowed:
            slots[layer] = renamed[layer]
            allowed -= int(cost[layer])
    return Placement(slots)


def balance(given: Given, loads: Loads, placement: Placement) -> float:
    """Return mean over largest GPU load, both summed over layers: the objective, under a forecast."""
    means = loads.tokens.sum(axis=1) / given.gpus
    return float(means.sum() / max(1e-300, float(_largest(given, loads.tokens, placement.slots).sum())))


# What the helpers are made of


def _replicated(row: list[float], slots: int) -> list[int]:
    counts = [1] * len(row)
    heap = [(-tokens, expert) for expert, tokens in enumerate(row)]
    heapq.heapify(heap)
    for _ in range(slots - len(row)):
        expert = heap[0][1]
        counts[expert] += 1
        heapq.heapreplace(heap, (-row[expert] / counts[expert], expert))
    return counts


def _spread(tokens: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return expert and load of every replica: first one of each expert, then the further ones."""
    experts = np.arange(tokens.shape[1])
    further = [np.repeat(experts, row - 1) for row in counts]
    held = np.array([np.concatenate((experts, row)) for row in further])
    return held, np.take_along_axis(tokens / counts, held, axis=1)


def _packed(weights: list[float], bins: int) -> list[int]:
    """Return items bin by bin: by falling weight into the lightest bin with room, equally many in each."""
    if len(weights) == bins:
        return list(range(bins))
    size = len(weights) // bins
    filled: list[list[int]] = [[] for _ in range(bins)]
    heap = [(0.0, each) for each in range(bins)]
    for item in sorted(range(len(weights)), key=weights.__getitem__, reverse=True):
        weight, into = heap[0]
        filled[into].append(item)
        if len(filled[into]) < size:
            heapq.heapreplace(heap, (weight + weights[item], into))
        else:
            heapq.heappop(heap)
    return [item for items in filled for item in items]


def _hierarchical(given: Given, tokens: np.ndarray) -> np.ndarray:
    """Return the experts of one layer, slot by slot."""
    by_group = np.arange(len(tokens)).reshape(given.groups, -1)
    order = _packed(tokens.reshape(given.groups, -1).sum(axis=1).tolist(), given.nodes)
    on_node = by_group[order].reshape(given.nodes, -1)
    slots = []
    for experts in on_node:
        counts = np.array([_replicated(tokens[experts].tolist(), slot_count(given) // given.nodes)])
        held, weights = _spread(tokens[None, experts], counts)
        slots.append(experts[held[0][_packed(weights[0].tolist(), given.gpus // given.nodes)]])
    placed: np.ndarray = np.concatenate(slots)
    return placed


def _largest(given: Given, tokens: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """Return the largest GPU load of every layer."""
    layers, experts = tokens.shape
    flat = slots + experts * np.arange(layers)[:, None]
    counts = np.bincount(flat.ravel(), minlength=layers * experts)
    each = tokens.ravel() / np.maximum(counts, 1)
    largest: np.ndarray = each[flat].reshape(layers, given.gpus, -1).sum(axis=2).max(axis=1)
    return largest


def _held(given: Given, slots: np.ndarray, experts: int) -> np.ndarray:
    """Return which GPU holds which expert: bool `[layers, gpus, experts]`."""
    layers, count = slots.shape
    held = np.zeros((layers, given.gpus, experts), dtype=bool)
    held[np.arange(layers)[:, None], np.arange(count) * given.gpus // count, slots] = True
    return held


def _moves_by_layer(given: Given, slots: np.ndarray) -> np.ndarray:
    experts = given.loads.shape[2]
    new = _held(given, slots, experts) & ~_held(given, given.placement, experts)
    moved: np.ndarray = new.sum(axis=(1, 2))
    return moved


def _relabelled(kept: np.ndarray, nodes: int) -> list[int]:
    """Return the new GPU that takes each old one's place; `kept[old, new]` experts stay if it does."""
    per_node = len(kept) // nodes
    blocks = kept.reshape(nodes, per_node, nodes, per_node).transpose(0, 2, 1, 3)
    inner = [[_matched(block) for block in row] for row in blocks]
    stay = [
        [sum(block[at, to] for at, to in enumerate(match)) for block, match in zip(*each, strict=True)]
        for each in zip(blocks, inner, strict=True)
    ]
    chosen = _matched(np.array(stay))
    return [new * per_node + to for old, new in enumerate(chosen) for to in inner[old][new]]


def _matched(value: np.ndarray) -> list[int]:
    """Return a column for every row, each once: the largest values first."""
    size = len(value)
    match, taken = [-1] * size, [False] * size
    missing = size
    for at in np.argsort(-value, axis=None, kind="stable").tolist():
        row, column = divmod(at, size)
        if match[row] < 0 and not taken[column]:
            match[row], taken[column] = column, True
            missing -= 1
            if not missing:
                break
    return match


class _Exchange:
    """Swaps between two GPUs of a layer, within the budget of moves."""

    def __init__(self, given: Given, tokens: np.ndarray, slots: np.ndarray) -> None:
        self.slots = slots.copy()
        layers = len(slots)
        self._by_gpu = self.slots.reshape(layers, given.gpus, -1)
        flat = slots + tokens.shape[1] * np.arange(layers)[:, None]
        counts = np.bincount(flat.ravel(), minlength=tokens.size)
        self._tokens = (tokens.ravel() / np.maximum(counts, 1)).reshape(tokens.shape)
        self._gpu = np.take_along_axis(self._tokens, slots, axis=1).reshape(self._by_gpu.shape).sum(axis=2)
        self._held = _held(given, given.placement, tokens.shape[1])
        self._cost = _moves_by_layer(given, slots)
        self._allowed = budget_moves(given)
        self._over = self._gpu.max(axis=1) - self._gpu.mean(axis=1)

    def step(self) -> bool:
        """Make the next swap; False where none helps or the budget is used up."""
        while self._cost.sum() < self._allowed:
            layer = int(self._over.argmax())
            if self._over[layer] <= 0.0:
                return False
            if self._swap(layer):
                self._over[layer] = self._gpu[layer].max() - self._gpu[layer].mean()
                return True
            self._over[layer] = 0.0
        return False

    def _swap(self, layer: int) -> bool:
        hot = int(self._gpu[layer].argmax())
        for cool in np.argsort(self._gpu[layer])[:3].tolist():
            gap = self._gpu[layer, hot] - self._gpu[layer, cool]
            ours, theirs = self._by_gpu[layer, hot], self._by_gpu[layer, cool]
            less = self._tokens[layer, ours][:, None] - self._tokens[layer, theirs][None, :]
            left = np.where(less > 0.0, np.abs(gap - 2.0 * less), np.inf)
            at, to = divmod(int(left.argmin()), len(theirs))
            if left[at, to] < 0.999 * gap and self._fits(layer, (hot, at), (cool, to)):
                self._gpu[layer, hot] -= less[at, to]
                self._gpu[layer, cool] += less[at, to]
                return True
        return False

    def _fits(self, layer: int, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """Swap two slots; swap them back where that costs more than the budget."""
        row = self._by_gpu[layer]
        row[one], row[other] = row[other], row[one]
        gpus = (one[0], other[0])
        before = self._cost[layer]
        self._cost[layer] += sum(self._new(layer, gpu) for gpu in gpus)
        row[one], row[other] = row[other], row[one]
        self._cost[layer] -= sum(self._new(layer, gpu) for gpu in gpus)
        if self._cost.sum() > self._allowed:
            self._cost[layer] = before
            return False
        row[one], row[other] = row[other], row[one]
        return True

    def _new(self, layer: int, gpu: int) -> int:
        held = self._held[layer, gpu]
        return sum(not held[expert] for expert in set(self._by_gpu[layer, gpu].tolist()))

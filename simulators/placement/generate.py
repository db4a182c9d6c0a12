"""Synthetic fleets, models and request rates that drift from window to window.

Sizes are heavy-tailed and large models are split over GPUs; small models are asked more often. A window is an
hour. A model's rate is its own level, times a daily swing with a phase of its own, times a mean-reverting
walk, times what is left of a burst. The current placement was good half of the seen windows ago.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from simulators.placement.fleet import Fleet, Instance, used_gb

DAY_WINDOWS = 24
SMALLEST_GB, LARGEST_GB = 7, 140
SIZE_TAIL = 1.1
"""Pareto exponent of the sizes."""
LARGEST_SHARD_GB = 35
"""A model is split until its shards are no larger."""
WIDEST = 4
"""Over at most so many GPUs of a node."""
SPLIT_FURTHER = 0.15
"""Share of models of 14 GB or more that are split once more than they must."""
LEVEL_SPREAD = 0.6
"""Standard deviation of the logarithm of a model's own level."""
SIZE_EFFECT = 0.4
"""How the level falls with the size, as an exponent."""
WALK_MEMORY = 0.8
BURST_DECAY = 0.75
SLO_S = (5, 9)
MEAN_PRESSURE = (0.03, 0.06)
"""Load over free memory of the whole fleet in the first window, per GB."""
RESERVE_GB = 2.0


@dataclass(frozen=True)
class Ranges:
    """What a scene is drawn for."""

    models: int
    node_kinds: tuple[tuple[int, float], ...]
    """GPUs of a node and memory of each in GB; nodes are added in turn."""
    fill: float
    """Weights as a share of the fleet's memory, at most."""
    budget_share: float
    """Weights that may be moved, as a share of all."""
    swing: float
    """Largest daily swing, as an exponent: e^swing to both sides."""
    walk: float
    """Standard deviation of the logarithm of the mean-reverting walk."""
    burst_share: float
    """Share of models that have a burst in a window that is seen or in the next."""
    burst_factor: tuple[float, float]


@dataclass(frozen=True)
class Scene:
    """An instance and the rates of its models, window by window; the last one is the next."""

    instance: Instance
    rates: tuple[tuple[float, ...], ...]
    """Shape (windows + 1, models), requests per second."""

    @property
    def seen(self) -> tuple[tuple[float, ...], ...]:
        """The windows that are known, oldest first."""
        return self.rates[:-1]

    @property
    def next(self) -> tuple[float, ...]:
        """The window that counts."""
        return self.rates[-1]


def draw_scene(rng: Random, ranges: Ranges, windows: int) -> Scene:
    """Draw a fleet that holds its models, and rates.

    Args:
        rng: the only source of randomness.
        ranges: what is drawn.
        windows: how many windows are seen before the one that counts.

    Raises:
        ValueError: no node has room for the groups of the widest models.
    """
    if max(gpus for gpus, _ in ranges.node_kinds) < WIDEST:
        raise ValueError(f"node_kinds is {ranges.node_kinds}; models need a node of {WIDEST} GPUs or more")
    sizes, widths = _draw_models(rng, ranges.models)
    slo_s = tuple(float(rng.randint(*SLO_S)) for _ in sizes)
    walks = [_log_rates(rng, size, ranges, windows + 1) for size in sizes]
    rates = [[math.exp(walk[window]) for walk in walks] for window in range(windows + 1)]
    shape = Instance(Fleet((), (), RESERVE_GB), sizes, widths, slo_s, (), 0.0)
    fleet, current = _room_for(shape, ranges, rates[windows // 2])
    budget_gb = float(max(SMALLEST_GB, round(ranges.budget_share * sum(sizes))))
    instance = Instance(fleet, sizes, widths, slo_s, current, budget_gb)
    load = sum(rate / slo for rate, slo in zip(rates[0], slo_s, strict=True))
    scale = rng.uniform(*MEAN_PRESSURE) * (sum(fleet.memory_gb) - sum(used_gb(instance, current))) / load
    return Scene(instance, tuple(tuple(round(scale * rate, 4) for rate in row) for row in rates))


def _draw_models(rng: Random, count: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return sizes in whole GB, and over how many GPUs each model is split."""
    sizes, widths = [], []
    cut = 1 - (SMALLEST_GB / LARGEST_GB) ** SIZE_TAIL
    for _ in range(count):
        size = round(SMALLEST_GB * (1 - cut * rng.random()) ** (-1 / SIZE_TAIL))
        width = 1
        while size / width > LARGEST_SHARD_GB:
            width *= 2
        if size >= 2 * SMALLEST_GB and width < WIDEST and rng.random() < SPLIT_FURTHER:
            width *= 2
        sizes.append(float(size))
        widths.append(width)
    return tuple(sizes), tuple(widths)


def _log_rates(rng: Random, size: float, ranges: Ranges, windows: int) -> list[float]:
    """Return the logarithm of a model's rate in every window, up to a common factor."""
    level = rng.gauss(0, LEVEL_SPREAD) - SIZE_EFFECT * math.log(size / SMALLEST_GB)
    swing, phase = rng.uniform(0, ranges.swing), rng.random()
    walk = rng.gauss(0, ranges.walk)
    bursts = rng.random() < ranges.burst_share
    begin, height = rng.randrange(1, windows), math.log(rng.uniform(*ranges.burst_factor))
    found = []
    for window in range(windows):
        day = swing * math.sin(2 * math.pi * (window / DAY_WINDOWS + phase))
        burst = height * BURST_DECAY ** (window - begin) if bursts and window >= begin else 0.0
        found.append(level + day + walk + burst)
        walk = WALK_MEMORY * walk + rng.gauss(0, ranges.walk * math.sqrt(1 - WALK_MEMORY**2))
    return found


def _room_for(shape: Instance, ranges: Ranges, rates: Sequence[float]) -> tuple[Fleet, tuple[int, ...]]:
    """Return a fleet no larger than needed, and a placement on it that is good for these rates."""
    wanted = sum(shape.size_gb) / ranges.fill
    memory: list[float] = []
    node: list[int] = []
    while True:
        gpus, each_gb = ranges.node_kinds[(node[-1] + 1 if node else 0) % len(ranges.node_kinds)]
        node += [node[-1] + 1 if node else 0] * gpus
        memory += [each_gb] * gpus
        if sum(memory) < wanted:
            continue
        fleet = Fleet(tuple(memory), tuple(node), RESERVE_GB)
        current = _spread(Instance(fleet, shape.size_gb, shape.width, shape.slo_s, (), 0.0), rates)
        if current is not None:
            return fleet, current


def _spread(instance: Instance, rates: Sequence[float]) -> tuple[int, ...] | None:
    """Place wide models first, then by falling load, where pressure is least; None without room."""
    loads = instance.loads(rates)
    load = [0.0] * instance.fleet.gpus
    free = list(instance.fleet.memory_gb)
    placement = [0] * instance.models
    order = sorted(range(instance.models), key=lambda m: (instance.width[m], loads[m]), reverse=True)
    for model in order:
        shard, width = instance.shard_gb[model], instance.width[model]
        best, least = -1, math.inf
        for first in instance.starts[width]:
            group = range(first, first + width)
            if min(free[gpu] for gpu in group) - shard < instance.fleet.reserve_gb:
                continue
            pressure = max((load[gpu] + loads[model]) / (free[gpu] - shard) for gpu in group)
            if pressure < least:
                best, least = first, pressure
        if best < 0:
            return None
        placement[model] = best
        for gpu in range(best, best + width):
            load[gpu] += loads[model]
            free[gpu] -= shard
    return tuple(placement)

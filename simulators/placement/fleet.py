"""What is placed, what a placement may be, and how much it presses on the KV cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


class Infeasible(Exception):
    """A placement breaks a rule; the text says which, and where."""


@dataclass(frozen=True)
class Fleet:
    """GPUs in nodes. The GPUs of a node are numbered one after the other."""

    memory_gb: tuple[float, ...]
    """Of every GPU."""
    node: tuple[int, ...]
    """Of every GPU, numbered from 0 and rising."""
    reserve_gb: float
    """What weights must leave free on every GPU; above 0, so that pressure is finite."""

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: the tables differ in length, nodes do not rise, or nothing is reserved.
        """
        if len(self.memory_gb) != len(self.node) or list(self.node) != sorted(self.node):
            raise ValueError("every GPU has a memory and a node, and the nodes rise")
        if self.reserve_gb <= 0:
            raise ValueError(f"reserve_gb is {self.reserve_gb}; it must be above 0")

    @property
    def gpus(self) -> int:
        """How many GPUs there are."""
        return len(self.memory_gb)

    def starts(self, width: int) -> tuple[int, ...]:
        """Return the first GPUs of every group of `width`: aligned within their node."""
        firsts: dict[int, int] = {}
        sizes: dict[int, int] = {}
        for gpu, node in enumerate(self.node):
            firsts.setdefault(node, gpu)
            sizes[node] = sizes.get(node, 0) + 1
        return tuple(
            first + offset
            for node, first in firsts.items()
            for offset in range(0, sizes[node] - width + 1, width)
        )


@dataclass(frozen=True)
class Instance:
    """A fleet, its models, where they are now, and how much may be moved.

    A model of width k is split evenly over k GPUs, the aligned group that begins at its place.
    """

    fleet: Fleet
    size_gb: tuple[float, ...]
    """Weights of every model, over all its GPUs."""
    width: tuple[int, ...]
    """How many GPUs every model is split over."""
    slo_s: tuple[float, ...]
    current: tuple[int, ...]
    """The first GPU of every model now."""
    budget_gb: float
    """Weights that may be copied to other GPUs, at most."""

    @property
    def models(self) -> int:
        """How many models there are."""
        return len(self.size_gb)

    @cached_property
    def shard_gb(self) -> tuple[float, ...]:
        """Weights of every model on each of its GPUs."""
        return tuple(size / width for size, width in zip(self.size_gb, self.width, strict=True))

    @cached_property
    def starts(self) -> dict[int, tuple[int, ...]]:
        """For every width of a model, the first GPUs of its groups."""
        return {width: self.fleet.starts(width) for width in sorted(set(self.width))}

    def loads(self, rate_per_s: Sequence[float]) -> tuple[float, ...]:
        """Return what every model loads each of its GPUs with: rate / SLO, shared by its GPUs."""
        return tuple(
            rate / (slo * width) for rate, slo, width in zip(rate_per_s, self.slo_s, self.width, strict=True)
        )

    def group(self, model: int, first: int) -> range:
        """Return the GPUs that a model takes at a place."""
        return range(first, first + self.width[model])


def used_gb(instance: Instance, placement: Sequence[int]) -> list[float]:
    """Return the weights on every GPU."""
    used = [0.0] * instance.fleet.gpus
    for model, first in enumerate(placement):
        for gpu in instance.group(model, first):
            used[gpu] += instance.shard_gb[model]
    return used


def moved_gb(instance: Instance, placement: Sequence[int]) -> float:
    """Return the weights of the models that are not where they were."""
    pairs = zip(placement, instance.current, instance.size_gb, strict=True)
    return sum(size for new, old, size in pairs if new != old)


def check(instance: Instance, placement: Sequence[int]) -> None:
    """Make sure that a placement is allowed.

    Raises:
        Infeasible: a model stands across groups, a GPU holds too much, or too much is moved.
    """
    for model, first in enumerate(placement):
        if first not in instance.starts[instance.width[model]]:
            raise Infeasible(
                f"model {model} takes {instance.width[model]} GPUs of one node and cannot begin "
                f"at GPU {first}"
            )
    for gpu, used in enumerate(used_gb(instance, placement)):
        room = instance.fleet.memory_gb[gpu] - instance.fleet.reserve_gb
        if used > room:
            raise Infeasible(f"GPU {gpu} would hold {used:g} GB of weights, and has room for {room:g} GB")
    moved = moved_gb(instance, placement)
    if moved > instance.budget_gb:
        raise Infeasible(f"{moved:g} GB are moved, and the budget is {instance.budget_gb:g} GB")


def pressures(instance: Instance, rate_per_s: Sequence[float], placement: Sequence[int]) -> list[float]:
    """Return the KV pressure of every GPU: load over the memory that weights leave free, per GB.

    Args:
        instance: what is placed.
        rate_per_s: requests of every model.
        placement: one that `check` accepts.
    """
    loads = instance.loads(rate_per_s)
    load = [0.0] * instance.fleet.gpus
    for model, first in enumerate(placement):
        for gpu in instance.group(model, first):
            load[gpu] += loads[model]
    used = used_gb(instance, placement)
    return [load[gpu] / (memory - used[gpu]) for gpu, memory in enumerate(instance.fleet.memory_gb)]


def most_pressure(instance: Instance, rate_per_s: Sequence[float]) -> float:
    """Return a pressure that no allowed placement exceeds.

    On every kind of GPU, weights that fill it up to the reserve and are chosen, fractions allowed, for the
    most load.
    """
    pairs = zip(instance.loads(rate_per_s), instance.shard_gb, strict=True)
    shards = sorted(pairs, key=lambda pair: pair[0] / pair[1], reverse=True)
    left = max(instance.fleet.memory_gb) - instance.fleet.reserve_gb
    load = 0.0
    for each, size in shards:
        load += each * min(1.0, left / size)
        left = max(0.0, left - size)
    return load / instance.fleet.reserve_gb

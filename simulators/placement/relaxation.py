"""A proven lower limit of the largest pressure, for fleets of any size.

`load / (memory - weights) <= t` on a GPU is `sum(load + t * shard) <= t * memory`: linear for a fixed t. A t
is impossible if one of three necessary conditions fails, and the least t that meets all is found by
bisection. Each condition gets harder to meet as t falls, so that bisection is sound.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulators.placement.fleet import Instance, pressures

STEPS = 50


def least_pressure(instance: Instance, rate_per_s: Sequence[float]) -> float:
    """Return a pressure that no allowed placement passes.

    Args:
        instance: what is placed; its current placement is allowed.
        rate_per_s: requests of every model in the window that counts.
    """
    loads = instance.loads(rate_per_s)
    low, high = 0.0, max(pressures(instance, rate_per_s, instance.current))
    for _ in range(STEPS):
        middle = (low + high) / 2
        if _possible(instance, loads, middle):
            high = middle
        else:
            low = middle
    return low


def _possible(instance: Instance, loads: Sequence[float], limit: float) -> bool:
    return (
        _all_fit_together(instance, loads, limit)
        and _each_fits_alone(instance, loads, limit)
        and _least_moved_gb(instance, loads, limit) <= instance.budget_gb * (1 + 1e-9)
    )


def _all_fit_together(instance: Instance, loads: Sequence[float], limit: float) -> bool:
    """Say whether all models fit the whole fleet as if it were one GPU."""
    items = zip(loads, instance.shard_gb, instance.width, strict=True)
    weight = sum(width * (load + limit * shard) for load, shard, width in items)
    return weight <= limit * sum(instance.fleet.memory_gb)


def _each_fits_alone(instance: Instance, loads: Sequence[float], limit: float) -> bool:
    """Say whether the largest GPUs hold every model if nothing else is on them."""
    largest = max(instance.fleet.memory_gb)
    return all(
        load <= limit * (largest - shard) for load, shard in zip(loads, instance.shard_gb, strict=True)
    )


def _least_moved_gb(instance: Instance, loads: Sequence[float], limit: float) -> float:
    """Return the weights that must leave the GPUs that are above the limit now, fractions allowed.

    A model larger than the budget cannot leave. Where the others do not suffice, no budget does.
    """
    excess = [-limit * memory for memory in instance.fleet.memory_gb]
    leaving: list[list[tuple[float, float]]] = [[] for _ in excess]
    for model, first in enumerate(instance.current):
        shard = instance.shard_gb[model]
        weight = loads[model] + limit * shard
        for gpu in instance.group(model, first):
            excess[gpu] += weight
            if instance.size_gb[model] <= instance.budget_gb:
                leaving[gpu].append((weight, shard))
    return sum(_shed_gb(over, items) for over, items in zip(excess, leaving, strict=True) if over > 0)


def _shed_gb(excess: float, items: list[tuple[float, float]]) -> float:
    """Return the least weights that take `excess` along: a fractional knapsack, densest first."""
    moved = 0.0
    for weight, shard in sorted(items, key=lambda item: item[0] / item[1], reverse=True):
        if weight >= excess:
            return moved + shard * excess / weight
        excess -= weight
        moved += shard
    return moved if excess <= 1e-12 else float("inf")

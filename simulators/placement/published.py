"""The 50 instances that the ADRS case study reports on, and its score, regenerated.

Cheng et al., arXiv 2510.06189 (model placement): 5 to 9 GPUs of 80 GB, two models per GPU, whole numbers
drawn with `np.random.seed(42)`; one window, no cost of moving. The score is 1 / mean(largest pressure) +
share of instances solved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.placement.fleet import Fleet, Instance

MEMORY_GB = 80.0


def published_instances(count: int = 50) -> list[tuple[Instance, tuple[float, ...]]]:
    """Return the instances in their order, each with the request rates of its models.

    The current placement deals the models to the GPUs in turn, and the budget allows any move. Sizes are
    whole, so that a reserve of 1 GB refuses full GPUs and nothing else; the published evaluator gives a
    full GPU the pressure of 1e6.
    """
    draw = np.random.RandomState(42)
    found = []
    for _ in range(count):
        gpus = int(draw.randint(5, 10))
        size, rate, slo = [], [], []
        for _ in range(2 * gpus):
            size.append(float(draw.randint(10, 30)))
            rate.append(float(draw.randint(1, 10)))
            slo.append(float(draw.randint(5, 10)))
        instance = Instance(
            fleet=Fleet((MEMORY_GB,) * gpus, (0,) * gpus, reserve_gb=1.0),
            size_gb=tuple(size),
            width=(1,) * (2 * gpus),
            slo_s=tuple(slo),
            current=tuple(model % gpus for model in range(2 * gpus)),
            budget_gb=sum(size),
        )
        found.append((instance, tuple(rate)))
    return found


def published_score(largest: Sequence[float | None]) -> float:
    """Return 1 / mean(largest pressure) + success rate; None is an instance that was not solved.

    The published evaluator leaves what was not solved out of the mean; so does this, to reproduce its
    numbers. Nothing else of ours does.
    """
    solved = [value for value in largest if value is not None]
    return len(solved) / sum(solved) + len(solved) / len(largest)


def paper_greedy(instance: Instance, rate_per_s: Sequence[float]) -> tuple[int, ...]:
    """Return the placement of the published baseline, for models on one GPU each.

    By falling rate / SLO, each model goes to the GPU with the smallest pressure so far that has room.

    Raises:
        ValueError: no GPU has room for a model.
    """
    loads = instance.loads(rate_per_s)
    load = [0.0] * instance.fleet.gpus
    free = list(instance.fleet.memory_gb)
    placement = [0] * instance.models
    for model in sorted(range(instance.models), key=lambda m: loads[m], reverse=True):
        size = instance.size_gb[model]
        room = [gpu for gpu in range(len(free)) if free[gpu] - instance.fleet.reserve_gb >= size]
        if not room:
            raise ValueError(f"no GPU has room for model {model} of {size:g} GB")
        best = min(room, key=lambda gpu: load[gpu] / free[gpu])
        placement[model] = best
        load[best] += loads[model]
        free[best] -= size
    return tuple(placement)

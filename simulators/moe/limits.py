"""How even any placement can be: a proof, not a method.

Take one layer with loads `w[e]`, `R` slots and `P` GPUs, and a placement with `c[e] >= 1` slots for expert
`e`, `sum(c) <= R`. Let `T` be its largest GPU load.

1. `T >= sum(w) / P`, the mean.
2. Some GPU holds a slot of `e`, so `T >= w[e] / c[e]` for every `e`, that is `c[e] >= w[e] / T`. So
   `sum(max(1, ceil(w[e] / T))) <= R`. The least `T` for which that holds is the least value that the hottest
   replica can have; no placement is below it, and giving every further slot to the hottest replica reaches
   it.

So `T >= max(mean, hottest / replicas)` with the best possible number of replicas. The limit knows the load
and ignores how many slots a GPU has and what a migration costs: both can only make `T` larger.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from simulators.moe.cluster import Cluster

_ROUNDING = 1e-12


def hottest_replica(load: NDArray[np.int64], slots: int) -> float:
    """Return the least possible load of the hottest replica of one layer.

    Args:
        load: tokens per expert, `[experts]`.
        slots: how many replicas there may be, at least one per expert.
    """
    heap = [(-float(tokens), 1, float(tokens)) for tokens in load]
    heapq.heapify(heap)
    for _ in range(slots - len(heap)):
        _, replicas, tokens = heap[0]
        heapq.heapreplace(heap, (-tokens / (replicas + 1), replicas + 1, tokens))
    return -heap[0][0]


def balance_limit(cluster: Cluster, load: NDArray[np.int64]) -> float:
    """Return what `Balance.gpu` cannot exceed for this load, whatever the placement.

    Args:
        cluster: the GPUs.
        load: tokens per expert, `[layers, experts]`.
    """
    means = load.sum(axis=1) / cluster.gpus
    if not means.any():
        return 1.0
    least = [max(mean, hottest_replica(row, cluster.slots)) for mean, row in zip(means, load, strict=True)]
    return min(1.0, float(means.sum() / sum(least))) * (1.0 + _ROUNDING)

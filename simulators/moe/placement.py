"""What a placement is worth: loads of GPUs, experts that have to be moved, tokens sent between nodes.

A placement is an int64 array `[layers, slots]` of expert numbers. A load is the number of tokens that the
router sent to an expert, `[layers, experts]`. The load of an expert is shared equally by its replicas, as in
the published simulations of expert-parallel load balancing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.moe.cluster import Cluster

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Balance:
    """How even a placement is under one load, in the forms that the field reports."""

    gpu: float
    """Sum over layers of the mean GPU load, over the sum of the largest: 1 is perfectly even."""
    layer_mean: float
    """Mean over layers of mean GPU load over largest GPU load."""
    slot: float
    """As `gpu`, of slots instead of GPUs."""
    largest: float
    """Largest GPU load of any layer over the mean of that layer."""


@dataclass(frozen=True)
class Hottest:
    """Where a placement is most uneven."""

    layer: int
    gpu: int
    over_mean: float
    """Load of that GPU over the mean of its layer."""
    expert: int
    """The expert that loads it most."""
    share: float
    """Share of the GPU's load that is this expert's."""
    replicas: int
    """Slots that the expert has in the layer."""


def replica_counts(cluster: Cluster, placement: Ints) -> Ints:
    """Return how many slots every expert has: int64 `[layers, experts]`."""
    layers = len(placement)
    flat = (placement + cluster.experts * np.arange(layers)[:, None]).ravel()
    return np.bincount(flat, minlength=layers * cluster.experts).reshape(layers, cluster.experts)


def unplaced(cluster: Cluster, placement: Ints) -> tuple[int, int] | None:
    """Return layer and number of the first expert that has no slot, or None."""
    missing = np.argwhere(replica_counts(cluster, placement) == 0)
    return (int(missing[0, 0]), int(missing[0, 1])) if len(missing) else None


def slot_loads(cluster: Cluster, placement: Ints, load: Ints) -> Floats:
    """Return the tokens of every slot, `[layers, slots]`; every expert must have one."""
    each = load / replica_counts(cluster, placement)
    shared: Floats = np.take_along_axis(each, placement, axis=1)
    return shared


def gpu_loads(cluster: Cluster, placement: Ints, load: Ints) -> Floats:
    """Return the tokens of every GPU, `[layers, gpus]`."""
    slots = slot_loads(cluster, placement, load)
    tokens: Floats = slots.reshape(len(slots), cluster.gpus, cluster.slots_per_gpu).sum(axis=2)
    return tokens


def balance_of(cluster: Cluster, placement: Ints, load: Ints) -> Balance:
    """Return how even the placement is; a layer without tokens counts nothing."""
    gpus, slots = gpu_loads(cluster, placement, load), slot_loads(cluster, placement, load)
    totals, most = load.sum(axis=1), gpus.max(axis=1)
    busy = totals > 0
    if not busy.any():
        return Balance(1.0, 1.0, 1.0, 1.0)
    means = totals[busy] / cluster.gpus
    return Balance(
        gpu=float(means.sum() / most.sum()),
        layer_mean=float((means / most[busy]).mean()),
        slot=float(totals.sum() / cluster.slots / slots.max(axis=1).sum()),
        largest=float((most[busy] / means).max()),
    )


def hottest_of(cluster: Cluster, placement: Ints, load: Ints) -> Hottest:
    """Return the GPU that carries most over the mean of its layer, and the expert that loads it most."""
    gpus = gpu_loads(cluster, placement, load)
    over = gpus / np.maximum(gpus.mean(axis=1, keepdims=True), 1e-300)
    layer, gpu = (int(at) for at in np.unravel_index(over.argmax(), over.shape))
    first = gpu * cluster.slots_per_gpu
    held = placement[layer, first : first + cluster.slots_per_gpu]
    tokens = slot_loads(cluster, placement, load)[layer, first : first + cluster.slots_per_gpu]
    by_expert = np.bincount(held, weights=tokens, minlength=cluster.experts)
    expert = int(by_expert.argmax())
    share = float(by_expert[expert] / max(gpus[layer, gpu], 1e-300))
    replicas = int((placement[layer] == expert).sum())
    return Hottest(layer, gpu, float(over[layer, gpu]), expert, share, replicas)


def moved_experts(cluster: Cluster, before: Ints, after: Ints) -> int:
    """Return how many experts have to be sent to a GPU that did not hold them, over all layers.

    Order within a GPU says nothing, and a second replica on the same GPU is a copy that leaves no GPU.
    """
    return int((_held(cluster, after) & ~_held(cluster, before)).sum())


def sends_per_visit(cluster: Cluster, placement: Ints, load: Ints) -> float:
    """Return to how many nodes a token is sent per group that it visits, on average over layers and groups.

    A token that visits a group takes `per_visit` experts of it, and is sent once to every node that computes
    any of them. With `p[n]` the share of the group's load that node `n` computes, and experts drawn
    independently, that is the sum over nodes of `1 - (1 - p[n]) ** per_visit`: 1 where a group is on one
    node, up to `min(nodes, per_visit)` where it is spread. Sends to the node that the token is on are counted
    too; they are `1 / nodes` of them however experts are placed.
    """
    tokens = slot_loads(cluster, placement, load)
    layers = len(placement)
    node = np.arange(cluster.slots) // (cluster.slots // cluster.nodes)
    group = placement // (cluster.experts // cluster.groups)
    cell = (np.arange(layers)[:, None] * cluster.groups + group) * cluster.nodes + node
    computed = np.bincount(
        cell.ravel(), weights=tokens.ravel(), minlength=layers * cluster.groups * cluster.nodes
    ).reshape(layers * cluster.groups, cluster.nodes)
    visits = computed.sum(axis=1)
    if not visits.any():
        return 1.0
    share = computed[visits > 0] / visits[visits > 0, None]
    sends = (1.0 - (1.0 - share) ** cluster.per_visit).sum(axis=1)
    return float((sends * visits[visits > 0]).sum() / visits.sum())


def _held(cluster: Cluster, placement: Ints) -> NDArray[np.bool_]:
    """Return which GPU holds which expert: bool `[layers, gpus, experts]`."""
    layers = len(placement)
    held = np.zeros((layers, cluster.gpus, cluster.experts), dtype=np.bool_)
    gpu = np.arange(cluster.slots) // cluster.slots_per_gpu
    held[np.arange(layers)[:, None], gpu, placement] = True
    return held

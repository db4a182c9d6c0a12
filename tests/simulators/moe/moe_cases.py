"""A layer small enough to compute by hand."""

from __future__ import annotations

import numpy as np

from simulators.moe import Cluster

# Two nodes of one GPU with three slots each; experts 0, 1 are group 0 and 2, 3 are group 1.
TINY = Cluster(experts=4, slots=6, groups=2, nodes=2, gpus=2, expert_bytes=10, top_k=4, top_groups=2)
LOAD = np.array([[60, 20, 12, 8]])


def slots(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.int64)

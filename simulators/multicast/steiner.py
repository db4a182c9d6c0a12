"""The cheapest tree from one region to several, exactly: the directed form of Dreyfus and Wagner.

S. E. Dreyfus and R. A. Wagner, The Steiner problem in graphs, Networks 1(3), 1971. With `f[S, v]` the least
price of a tree from `v` to the terminals `S`, the tree branches at a region `u` to which `v` sends first:

    f[S, v] = min over u of (distance[v, u] + min over parts P of S of (f[P, u] + f[S - P, u]))

Time grows as 3 to the number of terminals: 10 take some hundredths of a second among 80 regions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse.csgraph import floyd_warshall

from simulators.multicast.network import Floats, Ints

MOST_TERMINALS = 12


def distances(weights: Floats) -> Floats:
    """Return the price of the cheapest path between all regions, `[tail, head]`.

    Args:
        weights: prices of edges, at least 0; infinite where there is no edge.
    """
    # `floyd_warshall` reads a 0 as no edge at all where the matrix is not masked.
    edges = np.ma.masked_invalid(weights)
    found: Floats = floyd_warshall(np.maximum(edges, np.finfo(np.float64).tiny), directed=True)
    return found


def steiner_price(weights: Floats, source: int, terminals: Sequence[int]) -> float:
    """Return the least sum of edge weights of a tree from a source to terminals.

    Args:
        weights: prices of edges, `[tail, head]`, at least 0; infinite where there is no edge.
        source: where the tree begins.
        terminals: what it reaches, at most `MOST_TERMINALS`.

    Raises:
        ValueError: there are more terminals.
    """
    if len(terminals) > MOST_TERMINALS:
        raise ValueError(f"{len(terminals)} terminals: at most {MOST_TERMINALS} are solved exactly")
    distance, full = distances(weights), (1 << len(terminals)) - 1
    least = np.full((full + 1, len(weights)), np.inf)
    for at, terminal in enumerate(terminals):
        least[1 << at] = distance[:, terminal]
    for subset in range(1, full + 1):
        parts = _parts(subset)
        if len(parts):
            branched = (least[parts] + least[subset ^ parts]).min(axis=0)
            least[subset] = (distance + branched).min(axis=1)
    return float(least[full, source])


def _parts(subset: int) -> Ints:
    """Return the proper parts of a subset that hold its lowest member: one of every pair."""
    lowest = subset & -subset
    rest = subset ^ lowest
    members = [1 << at for at in range(rest.bit_length()) if rest >> at & 1]
    parts = np.array([lowest], dtype=np.int64)
    for member in members:
        parts = np.concatenate((parts, parts | member))
    proper: Ints = parts[parts != subset]
    return proper

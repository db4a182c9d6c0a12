"""Meshes of regions over three clouds, with prices and throughputs drawn around published statistics.

What is known of the profiles that the case study uses (71 regions, 4,970 edges) is the smallest, median and
largest price by cloud, and the mean throughput between clouds. Prices here are classes by cloud, continent
of the sender (on gcp of the dearer end) and whether the receiver is on the same continent or in another
cloud, with a factor per sending region. Throughputs are log-normal around the known means and lower between
continents. Tests hold the drawn statistics against the known ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.multicast.network import CLOUDS, Floats, Ints, Network
from simulators.multicast.published import EGRESS_GBPS, INGRESS_GBPS

CONTINENTS = ("na", "eu", "as", "oc", "sa", "ma")
"""North America, Europe, Asia, Oceania, South America, Middle East and Africa."""
_CLOUD_SHARE = (25 / 71, 22 / 71, 24 / 71)
_CONTINENT_SHARE = (0.30, 0.28, 0.21, 0.06, 0.06, 0.09)

_WITHIN = {  # USD per GB to a region of the same cloud: on the same continent, and on another
    "aws": ((0.02, 0.02, 0.08, 0.098, 0.138, 0.11), (0.02, 0.02, 0.085, 0.098, 0.138, 0.13)),
    "azure": ((0.02, 0.02, 0.08, 0.08, 0.16, 0.08), (0.05, 0.05, 0.08, 0.08, 0.16, 0.08)),
    "gcp": ((0.01, 0.02, 0.05, 0.08, 0.08, 0.08), (0.08, 0.08, 0.08, 0.12, 0.14, 0.11)),
}
_OUTSIDE = {  # USD per GB to another cloud
    "aws": (0.09, 0.09, 0.109, 0.114, 0.15, 0.132),
    "azure": (0.0875, 0.0875, 0.12, 0.12, 0.181, 0.12),
    "gcp": (0.12, 0.12, 0.12, 0.19, 0.14, 0.14),
}
_BY_BOTH_ENDS = "gcp"
"""This cloud asks for the dearer of both ends, the others for the sender."""
_RANGE = {  # published smallest and largest price: within the cloud, and to others
    "aws": ((0.01, 0.147), (0.0, 0.154)),
    "azure": ((0.02, 0.16), (0.0, 0.181)),
    "gcp": ((0.01, 0.15), (0.0, 0.19)),
}
_MEAN_GBPS = (  # published means of one machine, sending cloud by receiving cloud
    (4.95, 5.0, 5.0),
    (4.3, 14.7, 8.1),
    (6.1, 7.9, 23.0),
)
_LOG_SD = (0.1, 0.35, 0.35)
"""Of throughput, by sending cloud: what a machine on aws sends is capped at 5 Gbps."""
_FAR = 0.85
"""Throughput between continents over that within one."""


@dataclass(frozen=True)
class Mesh:
    """How a network is drawn."""

    regions: int
    vms: int
    """Machines in every region."""
    price_sd: float = 0.08
    """Deviation of the logarithm of a region's price factor."""
    throughput_factor: float = 1.0
    """Of every edge: below 1 the network between clouds is congested, limits of machines stay."""


def draw_network(rng: np.random.Generator, mesh: Mesh) -> Network:
    """Return a full mesh.

    Args:
        rng: where all randomness comes from.
        mesh: its size and its prices.
    """
    cloud = _dealt(rng, _CLOUD_SHARE, mesh.regions)
    continent = rng.choice(len(CONTINENTS), size=mesh.regions, p=_CONTINENT_SHARE)
    names = tuple(
        f"{CLOUDS[kind]}:{CONTINENTS[place]}-{at}"
        for at, (kind, place) in enumerate(zip(cloud, continent, strict=True))
    )
    limits = [[table[CLOUDS[kind]] * mesh.vms for kind in cloud] for table in (EGRESS_GBPS, INGRESS_GBPS)]
    return Network(
        names=names,
        cloud=cloud,
        price_usd_per_gb=_prices(rng, cloud, continent, mesh),
        gbps=_throughputs(rng, cloud, continent, mesh),
        egress_gbps=np.array(limits[0]),
        ingress_gbps=np.array(limits[1]),
    )


def _dealt(rng: np.random.Generator, shares: tuple[float, ...], count: int) -> Ints:
    """Return kinds in these shares, as exactly as whole numbers allow, in a random order."""
    edges = np.floor(np.cumsum(shares) * count + 0.5).astype(np.int64)
    dealt: Ints = np.searchsorted(edges, np.arange(count), side="right").astype(np.int64)
    return rng.permutation(dealt)


def _prices(rng: np.random.Generator, cloud: Ints, continent: Ints, mesh: Mesh) -> Floats:
    factor = np.exp(mesh.price_sd * rng.standard_normal(mesh.regions))
    prices = np.empty((mesh.regions, mesh.regions))
    for tail, (kind, place) in enumerate(zip(cloud.tolist(), continent.tolist(), strict=True)):
        name = CLOUDS[kind]
        classes = [np.full(mesh.regions, table[place]) for table in (*_WITHIN[name], _OUTSIDE[name])]
        if name == _BY_BOTH_ENDS:
            heads = [np.array(table)[continent] for table in (*_WITHIN[name], _OUTSIDE[name])]
            classes = list(map(np.maximum, classes, heads))
        near, far, outside = (factor[tail] * each for each in classes)
        within = np.clip(np.where(continent == place, near, far), *_RANGE[name][0])
        prices[tail] = np.where(cloud == kind, within, np.clip(outside, *_RANGE[name][1]))
    prices = np.round(prices, 4)
    np.fill_diagonal(prices, np.inf)
    return prices


def _throughputs(rng: np.random.Generator, cloud: Ints, continent: Ints, mesh: Mesh) -> Floats:
    sd = np.array(_LOG_SD)[cloud][:, None]
    spread = np.exp(sd * rng.standard_normal((mesh.regions, mesh.regions)) - 0.5 * sd**2)
    far = continent[:, None] != continent[None, :]
    reach = np.where(far, _FAR, 1.0)
    apart = 1.0 - np.sum(np.square(_CONTINENT_SHARE))
    mean = np.array(_MEAN_GBPS)[cloud[:, None], cloud[None, :]] / (1.0 - apart * (1.0 - _FAR))
    gbps: Floats = np.round(mesh.vms * mesh.throughput_factor * mean * reach * spread, 3)
    np.fill_diagonal(gbps, 0.0)
    return gbps

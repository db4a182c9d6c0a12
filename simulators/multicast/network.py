"""What is simulated: regions of several clouds, what sending between them costs, and one broadcast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLOUDS = ("aws", "azure", "gcp")
GBIT_PER_GB = 8.0


@dataclass(frozen=True)
class Network:
    """Regions and the edges between them. Edge `tail * regions + head` leads from `tail` to `head`."""

    names: tuple[str, ...]
    """Such as `aws:us-east-1`."""
    cloud: Ints
    """Of every region, a position in `CLOUDS`."""
    price_usd_per_gb: Floats
    """What a GB costs, `[tail, head]`; infinite where there is no edge."""
    gbps: Floats
    """What an edge carries, `[tail, head]`; 0 where there is no edge."""
    egress_gbps: Floats
    """What a region sends at most, over all its edges."""
    ingress_gbps: Floats
    """What a region takes in at most, over all its edges."""

    @property
    def regions(self) -> int:
        """How many regions there are."""
        return len(self.names)

    @property
    def edges(self) -> NDArray[np.bool_]:
        """Where there is an edge, `[tail, head]`."""
        found: NDArray[np.bool_] = self.gbps > 0.0
        return found

    def ends(self, edge: int) -> tuple[int, int]:
        """Return the tail and the head of an edge."""
        tail, head = divmod(edge, self.regions)
        return tail, head


@dataclass(frozen=True)
class Broadcast:
    """One copy of some data to several regions, in parts that may take different trees."""

    network: Network
    source: int
    destinations: tuple[int, ...]
    volume_gb: float
    partitions: int
    """The volume is cut into so many equal parts."""
    deadline_s: float
    region_usd_per_s: float
    """What the machines of one region cost, for as long as the broadcast takes."""

    @property
    def partition_gb(self) -> float:
        """Size of one partition."""
        return self.volume_gb / self.partitions

    @property
    def volume_gbit(self) -> float:
        """Size of all data."""
        return GBIT_PER_GB * self.volume_gb

    @property
    def least_s(self) -> float:
        """Seconds that any plan takes: all data leave the source, and enter every destination."""
        ingress = self.network.ingress_gbps[list(self.destinations)]
        slowest = min(float(self.network.egress_gbps[self.source]), float(ingress.min()))
        return self.volume_gbit / slowest

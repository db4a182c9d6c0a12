"""Where workloads come from: drawn scenes, published tables of counters, published traffic matrices."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import BadData, Workload
from simulators.telemetry import (
    NETWORKS,
    Damage,
    Demand,
    Network,
    Readings,
    RecordingError,
    Scene,
    diurnal,
    exact,
    fail_links,
    gravity,
    inject,
    measured,
    read_counters,
    read_matrix,
    routed,
    shuffled,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CROSSED = ("networks", "mixes", "share", "failed_links")
_STEP = 1 / 1.1673039782614187
"""Of an additive recurrence over all parameters at once: powers of 1/g, g the root of g^5 = g + 1 (M.
Roberts, The unreasonable effectiveness of quasirandom sequences, 2018)."""
_EARLIEST_H, _LATEST_H = 3.0, 9.0
"""A stale counter is so many hours old, drawn evenly."""
_DRIFT = 0.1
"""Standard deviation of the logarithm of what happened to a pair's traffic since then, besides the hour."""


@dataclass(frozen=True)
class Case:
    """The truth of a workload."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    network: Network
    up: Bools
    """Which links are up."""
    true: Readings
    """What perfect counters would read."""
    damage: Damage
    """What the counters read, and what is wrong with them."""


class Source:
    """Draws and reads the cases of a problem."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        """Keep the parameters."""
        self.params = params

    def cell(self, split: str, index: int) -> dict[str, Any]:
        """Return the parameters of an index: every stretch of indices is near to even in all of them."""
        cells = self.params["shift" if split == "shift" else "search"]
        picks = ((0.5 + (index + 1) * _STEP**power) % 1 for power in range(1, 5))
        return {
            name: cells[name][int(pick * len(cells[name]))]
            for name, pick in zip(_CROSSED, picks, strict=True)
        }

    def draw(self, cell: Mapping[str, Any], rng: np.random.Generator, token: str) -> Case:
        """Return a case of a parameter cell."""
        network = shuffled(NETWORKS[cell["networks"]](), rng)
        demand = Demand(self.params["mbps_per_router"])
        mean = gravity(rng, len(network.routers), demand)
        hour = rng.uniform(0.0, 24.0)
        earlier = hour - rng.uniform(_EARLIEST_H, _LATEST_H)
        up = fail_links(rng, network, cell["failed_links"])
        now = mean * diurnal(hour, demand.swing)
        drift = np.exp(_DRIFT * rng.standard_normal(mean.shape))
        before = mean * diurnal(earlier, demand.swing) * drift
        return self._case(rng, token, network, up, (before, now), self._mix(cell))

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield workloads from a file of recorded telemetry, or a folder of such files.

        Raises:
            BadData: there is no such file, or it cannot be read.
        """
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        tables = [file for file in files if file.suffix == ".csv"]
        matrices = [file for file in files if file.suffix != ".csv" and file.name.startswith("demandMatrix-")]
        if not tables and not matrices:
            raise BadData(
                f"{str(path)!r} holds no telemetry; give a CSV table with columns such as low_A_egress_to_B, "
                "a file demandMatrix-NETWORK-....txt in SNDlib's native form, or a folder of such files."
            )
        try:
            read = [self._tables(file) for file in tables]
            first = [self._matrices(matrices)] if matrices and read_matrix(matrices[0]) else []
        except RecordingError as error:
            raise BadData(str(error)) from None
        return itertools.chain(*read, *first)

    def _case(
        self,
        rng: np.random.Generator,
        token: str,
        network: Network,
        up: Bools,
        matrices: tuple[Floats, Floats],
        mix: Mapping[str, float],
    ) -> Case:
        all_up, noise = np.ones_like(up), self.params["noise_share"]
        before = exact(network, routed(network, all_up, matrices[0]), all_up)
        true = exact(network, routed(network, up, matrices[1]), up)
        scene = Scene(network, up, measured(rng, true, noise), measured(rng, before, noise))
        return Case(token, network, up, true, inject(rng, scene, mix))

    def _mix(self, cell: Mapping[str, Any]) -> dict[str, float]:
        parts = self.params["mixes"][cell["mixes"]]
        return {kind: part * cell["share"] for kind, part in parts.items()}

    def _in_turn(self, number: int) -> dict[str, Any]:
        """Return the faults of a recorded snapshot."""
        search = self.params["search"]
        return {name: search[name][number % len(search[name])] for name in ("mixes", "share")}

    def _tables(self, file: Path) -> Iterator[Workload]:
        network, snapshots = read_counters(file)

        def yielded() -> Iterator[Workload]:
            for number, snapshot in enumerate(snapshots):
                cell, up = self._in_turn(number), np.ones(len(network.links), dtype=np.bool_)
                damage, faults = snapshot.damage, "recorded"
                if not damage.faults:
                    earlier = snapshots[max(0, number - 1)].damage.readings
                    scene = Scene(network, up, damage.readings, earlier)
                    damage, faults = inject(_rng_of(snapshot.label), scene, self._mix(cell)), cell["mixes"]
                case = Case(f"{file}/{number}", network, up, snapshot.true, damage)
                yield Workload(case, f"network={network.name},faults={faults}", shares=str(file))

        return yielded()

    def _matrices(self, files: Sequence[Path]) -> Iterator[Workload]:
        for number, file in enumerate(files):
            try:
                network, now = read_matrix(file)
                earlier, before = read_matrix(files[max(0, number - 1)])
            except RecordingError as error:
                raise BadData(str(error)) from None
            cell, up = self._in_turn(number), np.ones(len(network.links), dtype=np.bool_)
            pair = (before if earlier is network else now, now)
            case = self._case(_rng_of(file.name), str(file), network, up, pair, self._mix(cell))
            yield Workload(case, f"network={network.name},faults={cell['mixes']}", shares=str(file.parent))


def _rng_of(label: str) -> np.random.Generator:
    """Return random numbers for the faults of a recorded snapshot, from its name alone."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(label.encode()).digest()[:16]))

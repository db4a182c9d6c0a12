"""Per-workload results as a shared layout and a few columns of numbers.

The layout (indices, cells, names) is the same for every program that ran on the same workloads, so it is kept
once. The numbers are kept exactly: float64 columns whose bytes are regrouped by significance, which is what
makes them compress.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adrs.errors import ArchiveError
from adrs.model.evaluation import Failure, FailureKind, WorkloadResult


def pack_results(results: Sequence[WorkloadResult]) -> tuple[bytes, bytes]:
    """Return the layout and the numbers of results.

    Args:
        results: in workload order; objectives and metrics may differ between them (a failed workload
            often has no metrics).
    """
    values = _names(r.values for r in results)
    metrics = _names(r.metrics for r in results)
    cells = list(dict.fromkeys(r.cell for r in results))
    place = {cell: i for i, cell in enumerate(cells)}
    indices = [r.index for r in results]
    layout = {
        "indices": len(indices) if indices == list(range(len(indices))) else indices,
        "cells": cells,
        "cell": [place[r.cell] for r in results] if len(cells) > 1 else [],
        "values": values,
        "metrics": metrics,
    }
    absent: dict[str, list[int]] = {}
    columns = [
        *(_column(name, [r.values for r in results], absent, "v") for name in values),
        *(_column(name, [r.metrics for r in results], absent, "m") for name in metrics),
    ]
    failures = {i: [r.failure.kind, r.failure.reason] for i, r in enumerate(results) if r.failure}
    head = _dump({"failures": failures, "absent": absent})
    flat = [number for column in columns for number in column]
    return _dump(layout), struct.pack("<I", len(head)) + head + _regroup(flat)


def unpack_results(layout: Mapping[str, Any], data: bytes) -> tuple[WorkloadResult, ...]:
    """Return the results that `pack_results` was given.

    Args:
        layout: the layout, already parsed from JSON.
        data: the numbers.

    Raises:
        ArchiveError: layout and numbers do not belong together.
    """
    try:
        (size,) = struct.unpack_from("<I", data)
        head = json.loads(data[4 : 4 + size])
        return _assemble(layout, head, _ungroup(data[4 + size :]))
    except (struct.error, ValueError, LookupError) as error:
        raise ArchiveError(f"Recorded per-workload results cannot be read: {error}.") from error


def _assemble(
    layout: Mapping[str, Any], head: Mapping[str, Any], flat: Sequence[float]
) -> tuple[WorkloadResult, ...]:
    which = layout["indices"]
    indices = range(which) if isinstance(which, int) else which
    count = len(indices)
    names: list[str] = [*layout["values"], *layout["metrics"]]
    if len(flat) != count * len(names):
        raise ValueError(f"{len(flat)} numbers for {count} workloads of {len(names)} columns")
    split = len(layout["values"])
    cell = layout["cell"] or [0] * count
    absent = {key: frozenset(rows) for key, rows in head["absent"].items()}
    nowhere: frozenset[int] = frozenset()

    def reader(kind: str, low: int, high: int) -> Callable[[int], dict[str, float]]:
        columns = [(names[c], c * count, absent.get(kind + names[c], nowhere)) for c in range(low, high)]
        return lambda row: {name: flat[start + row] for name, start, gone in columns if row not in gone}

    values, metrics = reader("v", 0, split), reader("m", split, len(names))
    failures = {int(i): Failure(FailureKind(kind), reason) for i, (kind, reason) in head["failures"].items()}
    return tuple(
        WorkloadResult(indices[i], layout["cells"][cell[i]], values(i), metrics(i), failures.get(i))
        for i in range(count)
    )


def _names(maps: Any) -> list[str]:
    return list(dict.fromkeys(name for each in maps for name in each))


def _column(
    name: str, maps: Sequence[Mapping[str, float]], absent: dict[str, list[int]], kind: str
) -> list[float]:
    gone = [i for i, each in enumerate(maps) if name not in each]
    if gone:
        absent[kind + name] = gone
    return [float(each.get(name, 0.0)) for each in maps]


def _regroup(numbers: Sequence[float]) -> bytes:
    raw = struct.pack(f"<{len(numbers)}d", *numbers)
    return b"".join(raw[i::8] for i in range(8))


def _ungroup(data: bytes) -> tuple[float, ...]:
    count, rest = divmod(len(data), 8)
    if rest:
        raise ValueError(f"{len(data)} bytes are not whole numbers")
    raw = bytearray(len(data))
    for i in range(8):
        raw[i::8] = data[i * count : (i + 1) * count]
    return struct.unpack(f"<{count}d", raw)


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()

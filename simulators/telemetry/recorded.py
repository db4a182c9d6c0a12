"""Published recordings: tables of counters, and traffic matrices.

* Tables of counters (`*.csv`): a row per snapshot, columns `low_A_egress_to_B`, `low_A_ingress_from_B`,
  `low_A_origination` and `low_A_termination`, each cell a Python dict such as `{'ground_truth': 12.7,
  'perturbed': None, ...}`; other columns are not read. That is the form of the Abilene (2004) and GEANT
  (2005) tables of the Hodor and CrossCheck authors. A cell may hold `hidden_ground_truth` too, its value
  without measurement noise.
* Traffic matrices (`demandMatrix-NETWORK-*.txt`): SNDlib's native form, whose section `DEMANDS` has lines
  such as `A_B ( A B ) 1 0.52 UNLIMITED`, in Mbit/s. The six months of Abilene by Y. Zhang are published so.
"""

from __future__ import annotations

import ast
import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulators.telemetry.counters import Readings
from simulators.telemetry.faults import Damage, Fault, Touched
from simulators.telemetry.network import Floats, Network
from simulators.telemetry.topologies import NETWORKS

_LINK = re.compile(r"low_(.+)_(egress_to|ingress_from)_(.+)")
_EDGE = re.compile(r"low_(.+)_(origination|termination)")
_DEMAND = re.compile(r"^\s*\S+ \( (\S+) (\S+) \) \d+ (\S+) \S+\s*$")
_LARGEST_CELL = 1 << 20
_MOST_MBPS = 1e15


class RecordingError(ValueError):
    """A recording cannot be read; one sentence that says what is wrong and what is accepted."""


@dataclass(frozen=True)
class Snapshot:
    """One row of a table of counters."""

    label: str
    """The row, for people."""
    true: Readings
    """What the counters should read."""
    damage: Damage
    """What they read; where they differ from the truth by a recorded fault, that is marked."""


def read_counters(path: Path) -> tuple[Network, list[Snapshot]]:
    """Return the network that a table of counters is of, and its snapshots.

    Links that only one direction is listed of are taken to have both; what is not listed reads zero.

    Raises:
        RecordingError: the file cannot be read, or is no such table.
    """
    rows = _rows(path)
    columns = list(rows[0])
    network = _network(path, columns)
    snapshots = []
    for number, row in enumerate(rows):
        cells = {name: _cell(path, number, name, row[name]) for name in columns if _is_counter(name)}
        snapshots.append(_snapshot(network, f"{path.name}:{number}", cells))
    return network, snapshots


def read_matrix(path: Path) -> tuple[Network, Floats]:
    """Return the network that the name of a file names, and its traffic matrix in Mbit/s, `[from, to]`.

    Raises:
        RecordingError: the file cannot be read, is no traffic matrix, or of a network that is not known.
    """
    named = re.match(r"demandMatrix-([a-z0-9]+)-", path.name)
    if named is None or named[1] not in NETWORKS:
        raise RecordingError(
            f"{str(path)!r} does not name a known network; call it demandMatrix-NETWORK-....txt with one of "
            f"{', '.join(NETWORKS)}."
        )
    network = NETWORKS[named[1]]()
    number = {name: at for at, name in enumerate(network.routers)}
    matrix = np.zeros((len(number), len(number)))
    _, found, demands = _text(path).partition("DEMANDS (")
    for line in demands.splitlines():
        match = _DEMAND.match(line)
        if match is None:
            continue
        if match[1] not in number or match[2] not in number:
            raise RecordingError(
                f"{str(path)!r}: {line.strip()[:60]!r} names a router not of {network.name}."
            )
        matrix[number[match[1]], number[match[2]]] += _rate(path, match[3])
    if not found or not matrix.any():
        raise RecordingError(
            f"{str(path)!r} has no section DEMANDS in SNDlib's native form; give such files."
        )
    np.fill_diagonal(matrix, 0.0)
    return network, matrix


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise RecordingError(f"{str(path)!r} is not UTF-8 text; give a text file.") from None


def _rows(path: Path) -> list[dict[str, str]]:
    lines = _text(path).splitlines()
    try:
        rows = list(csv.DictReader(lines, strict=True))
    except csv.Error as error:
        raise RecordingError(f"{str(path)!r} is not CSV: {error}; give a table of counters.") from None
    if not rows or not any(_is_counter(name) for name in rows[0] if name):
        raise RecordingError(
            f"{str(path)!r} has no rows with columns such as low_A_egress_to_B; give such a table."
        )
    for number, row in enumerate(rows):
        if None in row or None in row.values():
            raise RecordingError(f"{str(path)!r}: row {number} has not as many cells as there are columns.")
    return rows


def _is_counter(name: str) -> bool:
    return _LINK.fullmatch(name) is not None or _EDGE.fullmatch(name) is not None


def _network(path: Path, columns: list[str]) -> Network:
    routers: list[str] = []
    pairs: dict[frozenset[str], None] = {}
    for name in columns:
        link, edge = _LINK.fullmatch(name), _EDGE.fullmatch(name)
        ends = (link[1], link[3]) if link else (edge[1],) if edge else ()
        routers += [end for end in ends if end not in routers]
        if link:
            pairs[frozenset(ends)] = None
    number = {name: at for at, name in enumerate(routers)}
    links = tuple((min(ends), max(ends)) for ends in (sorted(number[end] for end in pair) for pair in pairs))
    known = next(
        (each for each in (make() for make in NETWORKS.values()) if _same(each, routers, links)), None
    )
    lengths = _lengths(known, routers, links) if known else (1.0,) * len(links)
    try:
        return Network(known.name if known else "recorded", tuple(routers), links, lengths)
    except ValueError as error:
        raise RecordingError(f"{str(path)!r} is of no network: {error}.") from None


def _same(known: Network, routers: list[str], links: tuple[tuple[int, int], ...]) -> bool:
    theirs = {frozenset(known.routers[end] for end in link) for link in known.links}
    return theirs == {frozenset(routers[end] for end in link) for link in links}


def _lengths(known: Network, routers: list[str], links: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    by_ends = {
        frozenset(known.routers[end] for end in link): length
        for link, length in zip(known.links, known.length_km, strict=True)
    }
    return tuple(by_ends[frozenset(routers[end] for end in link)] for link in links)


def _cell(path: Path, row: int, name: str, text: str) -> Mapping[str, float | None]:
    where = f"{str(path)!r}: row {row}, column {name}"
    try:
        cell = ast.literal_eval(text[:_LARGEST_CELL])
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        cell = None
    if not isinstance(cell, dict) or cell.get("ground_truth") is None:
        raise RecordingError(f"{where} is no cell such as {{'ground_truth': 12.7, 'perturbed': None}}.")
    wanted = {key: cell.get(key) for key in ("hidden_ground_truth", "ground_truth", "perturbed")}
    return {key: None if each is None else _rate(path, each) for key, each in wanted.items()}


def _rate(path: Path, value: object) -> float:
    try:
        rate = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        rate = math.nan
    if not 0.0 <= rate <= _MOST_MBPS:
        raise RecordingError(f"{str(path)!r}: {str(value)[:40]!r} is no rate; give numbers from 0 on.")
    return rate


def _snapshot(network: Network, label: str, cells: Mapping[str, Mapping[str, float | None]]) -> Snapshot:
    true, read = _zeros(network), _zeros(network)
    faults = []
    for name, cell in cells.items():
        field, at = _where(network, name)
        healthy, shown = cell["ground_truth"], cell["perturbed"]
        hidden = cell["hidden_ground_truth"]
        getattr(true, field)[at] = healthy if hidden is None else hidden
        getattr(read, field)[at] = healthy if shown is None else shown
        if shown is not None and shown != healthy:
            faults.append(Fault("recorded", frozenset({(field, at)})))
    return Snapshot(label, true, Damage(read, tuple(faults)))


def _where(network: Network, name: str) -> Touched:
    number = {router: at for at, router in enumerate(network.routers)}
    link = _LINK.fullmatch(name)
    if link is None:
        edge = _EDGE.fullmatch(name)
        assert edge is not None  # noqa: S101  (`_is_counter` has chosen the columns)
        return ("entering" if edge[2] == "origination" else "leaving", number[edge[1]])
    here, there = number[link[1]], number[link[3]]
    at = next(i for i, ends in enumerate(network.links) if set(ends) == {here, there})
    interface = 2 * at + (network.links[at][0] != here)
    return ("tx" if link[2] == "egress_to" else "rx", interface)


def _zeros(network: Network) -> Readings:
    flows, routers = network.interfaces, len(network.routers)
    return Readings(
        np.zeros(flows), np.zeros(flows), np.zeros(routers), np.zeros(routers), np.ones(flows, dtype=np.bool_)
    )

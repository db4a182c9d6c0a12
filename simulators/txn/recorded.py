"""Workloads in the published format: JSON objects of transactions, such as `{"txn0": "r-3 w-17 *"}`."""

from __future__ import annotations

import json
from pathlib import Path

from simulators.txn.transaction import Transaction, parse

_FILE_BYTES = 64 << 20


class WorkloadError(Exception):
    """A file does not hold a workload: one sentence that names the file and what is wrong."""


def read_workloads(path: Path) -> list[tuple[str, list[Transaction]]]:
    """Return name and transactions of every workload of a file, or of all `.json` files of a folder.

    Raises:
        WorkloadError: a file cannot be read, or there is none.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise WorkloadError(f"The folder {str(path)!r} holds no .json file; give a file or a folder of them.")
    return [(file.name, _read(file)) for file in files]


def _read(file: Path) -> list[Transaction]:
    try:
        if file.stat().st_size > _FILE_BYTES:
            raise WorkloadError(f"{str(file)!r} is larger than {_FILE_BYTES >> 20} MiB.")
        held = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkloadError(f"{str(file)!r} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise WorkloadError(f"{str(file)!r} is not JSON: {type(error).__name__}.") from None
    if not isinstance(held, dict) or not held:
        raise WorkloadError(
            f"{str(file)!r} must be an object of transactions, such as {{'txn0': 'r-3 w-17 *'}}."
        )
    found = []
    for name, text in held.items():
        if not isinstance(text, str):
            raise WorkloadError(f"{str(file)!r}: {name[:40]!r} must be text, such as 'r-3 w-17 *'.")
        try:
            found.append(parse(text))
        except ValueError as error:
            raise WorkloadError(f"{str(file)!r}: {name[:40]!r} cannot be read: {error}.") from None
    return found

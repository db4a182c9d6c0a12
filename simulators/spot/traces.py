"""Recorded availability: the JSON of the public spot-trace sets.

A file holds one zone: `{"metadata": {"gap_seconds": 195}, "data": [4, 4, 0, ...]}`. What a value means
differs between the sets: in the multi-region set it is the number of instances that could be had, so 0 is
*not* available; in the single-region logs 0 *is* available. Neither is guessed: the polarity is stated, as
`"polarity"` in the file's metadata or, for a whole folder, in a `traces.toml` beside the files.
"""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLARITIES = {"instances": "the number of instances available, 0 is none", "zero_available": "0 is available"}
_SETTINGS = "traces.toml"


class TraceError(ValueError):
    """Recorded data cannot be read; one sentence."""


@dataclass(frozen=True)
class Recording:
    """Zones recorded side by side."""

    name: str
    gap_s: int
    zones: tuple[str, ...]
    available: tuple[tuple[bool, ...], ...]
    """Shape (ticks, zones), cut to the shortest zone."""


def read_traces(path: Path) -> list[Recording]:
    """Read one file (one zone), a folder of files (one zone each), or a folder of one folder per zone.

    In the last form, files of the same name in every zone are one recording.

    Raises:
        TraceError: a file is missing or malformed, zones do not match, or the polarity is not stated.
    """
    if path.is_file():
        return [_recording(path.stem, {path.stem: path})]
    if not path.is_dir():
        raise TraceError(
            f"{str(path)!r} is neither a file nor a folder; give a trace file or a folder of them."
        )
    files = {file.stem: file for file in sorted(path.glob("*.json"))}
    if files:
        return [_recording(path.name, files)]
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and any(folder.glob("*.json"))]
    if not folders:
        raise TraceError(
            f"{str(path)!r} holds no .json file and no folder with one; each zone needs its trace."
        )
    common = set.intersection(*({file.name for file in folder.glob("*.json")} for folder in folders))
    if not common:
        raise TraceError(
            f"The zones of {str(path)!r} share no file name, so no window is known for all of them."
        )
    return [
        _recording(Path(name).stem, {folder.name: folder / name for folder in folders})
        for name in sorted(common, key=lambda name: (len(name), name))
    ]


def _recording(name: str, files: dict[str, Path]) -> Recording:
    gaps, columns = set(), []
    for path in files.values():
        gap_s, column = _read_zone(path)
        gaps.add(gap_s)
        columns.append(column)
    if len(gaps) > 1:
        raise TraceError(
            f"The zones of {name!r} have different gap_seconds {sorted(gaps)}; all must be the same."
        )
    length = min(len(column) for column in columns)
    rows = tuple(zip(*(column[:length] for column in columns), strict=True))
    return Recording(name, gaps.pop(), tuple(files), rows)


def _read_zone(path: Path) -> tuple[int, list[bool]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TraceError(f"{str(path)!r} cannot be read as JSON: {_short(error)}.") from None
    if not isinstance(content, dict) or not isinstance(content.get("metadata"), dict):
        raise TraceError(
            f"{str(path)!r} has no 'metadata' object; a trace is {{'metadata': ..., 'data': [...]}}."
        )
    metadata, data = content["metadata"], content.get("data")
    gap_s = metadata.get("gap_seconds")
    if not _is_number(gap_s) or not 1 <= gap_s <= 86400 or gap_s != int(gap_s):
        raise TraceError(
            f"{str(path)!r} has gap_seconds {_short(gap_s)}; it must be whole seconds from 1 to 86400."
        )
    if not isinstance(data, list) or not data:
        raise TraceError(f"{str(path)!r} has no 'data'; it must be a list with one number per tick.")
    for index, value in enumerate(data):
        if not _is_number(value) or value < 0:
            raise TraceError(
                f"{str(path)!r} has {_short(value)} at data[{index}]; values are numbers from 0 up."
            )
    zero_is_up = _polarity(path, metadata) == "zero_available"
    return int(gap_s), [(value == 0) == zero_is_up for value in data]


def _polarity(path: Path, metadata: dict[str, Any]) -> str:
    """Return what the file says, or what a `traces.toml` beside it or one folder up says."""
    polarity = metadata.get("polarity")
    for settings in (path.parent / _SETTINGS, path.parent.parent / _SETTINGS):
        if polarity is None and settings.is_file():
            polarity = _settings(settings).get("polarity")
    accepted = " or ".join(f"{name!r} ({meaning})" for name, meaning in POLARITIES.items())
    if polarity is None:
        raise TraceError(
            f"{str(path)!r} does not say what its values mean: write polarity = {accepted} into a "
            f"{_SETTINGS} beside it."
        )
    if not isinstance(polarity, str) or polarity not in POLARITIES:
        raise TraceError(f"{str(path)!r} has polarity {_short(polarity)}; it must be {accepted}.")
    return polarity


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TraceError(f"{str(path)!r} cannot be read as TOML: {_short(error)}.") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _short(value: object) -> str:
    return (repr(value) if not isinstance(value, Exception) else str(value)).replace("\n", " ")[:80]

"""Recorded loads in the published format: `{"load_history": [{"logical_expert_load": [[...]]}]}`.

One entry per step of the model, its loads as `[layers][experts]` of whole tokens, oldest first; other keys of
an entry are not read. The public set that was recorded with vLLM on chat and mathematics has this form, and
windows of 100 steps are summed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_TOKENS = 1 << 40


class LoadError(ValueError):
    """A file of loads cannot be read; one sentence that says what is wrong and what is accepted."""


def read_loads(path: Path) -> NDArray[np.int64]:
    """Return the tokens of every step: int64 `[steps, layers, experts]`.

    Raises:
        LoadError: there is no such file, or it does not hold loads in the published format.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LoadError(
            f"{str(path)!r} cannot be read: {error.strerror}; give a JSON file of loads."
        ) from None
    except UnicodeDecodeError:
        raise LoadError(f"{str(path)!r} is not UTF-8 text; give a JSON file of loads.") from None
    try:
        parsed = json.loads(text, object_hook=_shrunk)
    except (ValueError, RecursionError) as error:
        raise LoadError(f"{str(path)!r} is not JSON: {str(error)[:80]}; give a JSON file of loads.") from None
    loads = [_load(step, at, path) for at, step in enumerate(_steps(parsed, path))]
    for at, load in enumerate(loads):
        if load.shape != loads[0].shape:
            raise LoadError(
                f"{str(path)!r}: step {at} has loads of shape {load.shape} and step 0 {loads[0].shape}; "
                "every step needs the same layers and experts."
            )
    return np.stack(loads)


def windows_of(steps: NDArray[np.int64], per_window: int) -> NDArray[np.int64]:
    """Return the sums of whole windows of steps, `[windows, layers, experts]`; the rest is dropped."""
    windows = len(steps) // per_window
    summed: NDArray[np.int64] = (
        steps[: windows * per_window].reshape(windows, per_window, *steps.shape[1:]).sum(axis=1)
    )
    return summed


def _shrunk(entry: dict[str, Any]) -> dict[str, Any]:
    """Make an array of a step's loads as soon as it is parsed: lists take many times the memory."""
    if "logical_expert_load" not in entry:
        return entry
    rows = entry["logical_expert_load"]
    try:
        return {"logical_expert_load": np.array(rows)}
    except (ValueError, OverflowError):
        return {"logical_expert_load": rows}  # refused below, with the number of its step


def _steps(parsed: Any, path: Path) -> list[Any]:
    steps = parsed.get("load_history") if isinstance(parsed, dict) else None
    if not isinstance(steps, list) or not steps:
        raise LoadError(
            f"{str(path)!r} holds no steps; a JSON object with a list 'load_history' of at least one "
            "step is accepted."
        )
    return steps


def _load(step: Any, at: int, path: Path) -> NDArray[np.int64]:
    rows = step.get("logical_expert_load") if isinstance(step, dict) else None
    accepted = (
        "a table 'logical_expert_load' of whole tokens, a row per layer and a number per expert, is accepted."
    )
    try:
        load = np.array(rows)
    except (ValueError, OverflowError):
        raise LoadError(f"{str(path)!r}: step {at} holds no even table of loads; {accepted}") from None
    if load.ndim != 2 or load.size == 0 or load.dtype.kind not in "if":
        raise LoadError(f"{str(path)!r}: step {at} holds no table of loads; {accepted}")
    if not ((load >= 0) & (load <= _MOST_TOKENS) & (load == np.floor(load))).all():
        raise LoadError(f"{str(path)!r}: step {at} holds a load that is no count of tokens; {accepted}")
    return load.astype(np.int64)

"""The only place of the run room that reads a clock."""

from __future__ import annotations

import time


def now_us() -> int:
    """Return UTC in integer microseconds."""
    return time.time_ns() // 1000


def monotonic_s() -> float:
    """Return seconds of a clock that never goes back."""
    return time.monotonic()

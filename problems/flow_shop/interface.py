"""What a solver of the two-machine flow shop may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Given(NamedTuple):
    """The jobs of one shop; a job is known by its position."""

    first_s: tuple[int, ...]
    """Seconds that each job needs on the first machine."""
    second_s: tuple[int, ...]
    """Seconds that each job then needs on the second machine."""


def makespan_s(given: Given, order: Sequence[int]) -> int:
    """Return when the last job is done, if both machines take the jobs in this order."""
    first_free = second_free = 0
    for job in order:
        first_free += given.first_s[job]
        second_free = max(first_free, second_free) + given.second_s[job]
    return second_free

"""How small an improvement can be seen, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.problem import Problem
    from adrs.verify.noise import Sight


def sight_in(where: str, problems: list[Problem]) -> dict[str, Sight]:
    """Return what an archive knows of each problem, by its id; nothing where there is no archive yet."""
    from adrs.archive.store import Archive
    from adrs.errors import UserError

    try:
        with Archive.open(where, create=False) as archive:
            found = {problem.id: known_sight(archive, problem) for problem in problems}
    except UserError:
        return {}
    return {name: seen for name, seen in found.items() if seen is not None}


def known_sight(archive: Archive, problem: Problem) -> Sight | None:
    """Return what an archive knows of a problem; None where that is nothing, or the problem is broken."""
    from adrs.errors import ProblemError
    from adrs.verify.noise import sight

    try:
        return sight(archive, problem)
    except ProblemError:
        return None


def in_words(seen: Sight | None) -> str:
    """Say how small an improvement a validation draw can see."""
    if seen is None:
        return "how small an improvement it can see is measured when a run begins"
    sizes = []
    if seen.percent is not None:
        sizes.append(f"over {_size(seen.percent)}")
    if seen.noise_percent is not None:
        sizes.append(f"noise alone hides up to {_size(seen.noise_percent)}")
    what = "; ".join(sizes)
    return f"{seen.workloads} validation workloads can see improvements: {what}"


def _size(percent: float) -> str:
    return f"{percent:.2g} %"

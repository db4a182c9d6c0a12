"""What an archive knows of problems: their latest check, and their best verified program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.problem import Problem
    from adrs.verify.best import BestVerified
    from adrs.verify.facts import Headroom
    from adrs.verify.kept import KeptCheck
    from adrs.verify.noise import Sight

NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Known:
    """A problem, and all that is known of it; None is what was not checked."""

    problem: Problem
    check: KeptCheck | None = None
    verified: BestVerified | None = None
    sight: Sight | None = None

    @property
    def soundness(self) -> str:
        """`sound`, `not sound` or `not checked`."""
        if self.check is None:
            return NOT_CHECKED
        return "sound" if self.check.sound else "not sound"

    @property
    def headroom(self) -> Headroom | None:
        """What was measured between the best baseline, as the problem has them now, and the bound."""
        return None if self.check is None else self.check.headroom(self.problem)

    @property
    def complete(self) -> bool:
        """Whether the check says all that a check can."""
        return self.check is not None and self.check.facts is not None and self.headroom is not None


def known_of(where: str, problems: Sequence[Problem]) -> list[Known]:
    """Return what an archive knows of each problem; there may be no archive yet."""
    from adrs.archive.store import Archive
    from adrs.errors import ArchiveError

    try:
        archive = Archive.open(where, create=False)
    except ArchiveError:
        return [Known(problem) for problem in problems]
    with archive:
        return _known_in(archive, problems)


def _known_in(archive: Archive, problems: Sequence[Problem]) -> list[Known]:
    from adrs.cli.sight import known_sight
    from adrs.verify.best import best_verified
    from adrs.verify.kept import kept

    verified = best_verified(archive, problems)
    return [
        Known(one, kept(archive, one.digest), verified.get(one.id), known_sight(archive, one))
        for one in problems
    ]

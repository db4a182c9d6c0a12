"""Marks on the scores of a problem that is not sound, from the latest check that the archive keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from adrs.cli.wording import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adrs.archive.store import Archive
    from adrs.model.problem import Problem


def why_unsound(archive: Archive, problem_digest: str) -> str:
    """Return why the latest check found a problem not sound; nothing where it is, or was never checked."""
    from adrs.verify.kept import kept

    found = kept(archive, problem_digest)
    return found.failed[0] if found is not None and found.failed else ""


def found_unsound(where: str, problems: Iterable[Problem]) -> dict[str, str]:
    """Return by id why problems were found not sound, as far as the archive knows; it may not be there."""
    from adrs.archive.store import Archive
    from adrs.errors import ArchiveError

    try:
        with Archive.open(where, create=False) as archive:
            said = {problem.id: why_unsound(archive, problem.digest) for problem in problems}
    except ArchiveError:
        return {}
    return {name: why for name, why in said.items() if why}


def warning(why: str) -> Text:
    """Return the line that marks scores of a problem that is not sound."""
    return Text(f"Not sound, so its scores cannot be trusted: {safe(why, 300)} (adrs check)", "bold red")

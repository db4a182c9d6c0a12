"""Who was champion, and why no more: read from what was recorded.

A champion comes by winning on validation. It goes by being beaten there, or because a person bans it; then
the last promoted program that is not banned takes its place, and that is recorded as what it is: no win.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass

from adrs.archive.store import Archive
from adrs.model.records import Purpose

NAME = "dethroned"
"""What the record of a champion that was banned is called among a run's artifacts."""


@dataclass(frozen=True)
class Challenge:
    """A challenge that came to validation. Programs are named by digest."""

    challenger: str
    incumbent: str
    """The champion of its time."""
    opening: int
    """The draw of validation workloads that both ran on."""
    won: bool


@dataclass(frozen=True)
class Dethroned:
    """A champion that was banned, and what took its place."""

    program: str
    """Digest of what was banned."""
    heir: str
    """Digest of what is champion in its place."""
    before: int
    """The number of the next trial that was asked for."""
    opening: int
    """The last challenge before it; 0 where there was none."""


def challenges(archive: Archive, run_id: str, champion: str) -> list[Challenge]:
    """Return every challenge of a run, oldest first.

    Each leaves two evaluations on a draw of its own, the challenger's and then the champion's: it was won
    where the next challenge, the next ban of a champion, or the run as it stands, has its challenger for
    champion. One that a kill cut short left less and decided nothing.

    Args:
        archive: where the run is.
        run_id: the run.
        champion: digest of the run's champion now.
    """
    by_opening: dict[int, list[str]] = {}
    for record in archive.evaluations(run_id=run_id, purpose=Purpose.VALIDATION):
        by_opening.setdefault(record.evaluation.opening, []).append(record.program)
    pairs = [(opening, pair[0], pair[1]) for opening, pair in by_opening.items() if len(pair) == 2]
    banned: dict[int, str] = {}
    for one in dethroned(archive, run_id):
        banned.setdefault(one.opening, one.program)
    champions = [*(incumbent for _, _, incumbent in pairs), champion]
    return [
        Challenge(challenger, incumbent, opening, banned.get(opening, after) == challenger)
        for (opening, challenger, incumbent), after in zip(pairs, champions[1:], strict=True)
    ]


def heir_of(known: Sequence[Challenge], initial: str, banned: Container[str]) -> str:
    """Return what is champion where the banned programs are not: the last promoted of the others.

    Every promotion was won against the champion of its time, so none of the others has shown that it is
    better. Nothing is measured, and no error is spent.

    Args:
        known: all challenges of the run.
        initial: digest of the initial program, which cannot be banned.
        banned: digests.
    """
    promoted = (one.challenger for one in reversed(known) if one.won and one.challenger not in banned)
    return next(promoted, initial)


def record(archive: Archive, run_id: str, one: Dethroned) -> None:
    """Keep that a champion was banned."""
    body = json.dumps(asdict(one), sort_keys=True).encode()
    archive.add_artifact(run_id, None, NAME, body, "application/json")


def dethroned(archive: Archive, run_id: str) -> list[Dethroned]:
    """Return the champions of a run that were banned, oldest first."""
    found = [artifact for artifact in archive.artifacts(run_id) if artifact.name == NAME]
    return [Dethroned(**json.loads(archive.artifact(artifact))) for artifact in found]

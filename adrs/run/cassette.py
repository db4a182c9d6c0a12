"""A run in one file, and that run again from the file: the same trials, with no model and no key.

Besides the answers (`adrs.proposer.llm.cassette`) a cassette holds what else made the run what it was: its
configuration, the key of its train workloads, in which order trials were asked for and told, and which of two
equal candidates came first. The key is revealed with it: whoever has the file can draw the train workloads,
and no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from adrs.archive.store import Archive
from adrs.errors import ConfigError, DataError
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.run import RunRecord
from adrs.proposer.llm import cassette
from adrs.proposer.llm.cassette import Line
from adrs.run.attempts import Claims, Seen
from adrs.run.growth import Growth, epochs, growths
from adrs.run.growth import of_plain as growth_of
from adrs.run.ledger import UNREAD
from adrs.run.resume import recall
from adrs.run.steering import Intervention, recorded

OWN = ("record", "replay")
"""Keys of the configuration that say what happens to a cassette, and are not part of one."""


@dataclass(frozen=True)
class Script:
    """The order in which a recorded run asked and told, which a replay keeps."""

    asked_after: Mapping[int, int]
    """By trial: how many trials had been told when it was asked for."""
    told: tuple[int, ...]
    """Trials in the order in which they were told, without the initial program."""
    reason: str
    """Why the recorded run ended."""
    seen: tuple[Seen, ...]
    """Of each epoch: one, and one more for each growth."""
    growths: tuple[Growth, ...] = ()
    """When its train set grew."""
    interventions: tuple[Intervention, ...] = ()
    """What people did to it."""
    unread: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """By trial and attempt: which answer was not read, as reading it had ended the process twice."""

    def asks(self, number: int, told: int) -> bool:
        """Whether it is this trial's turn to be asked for."""
        return self.asked_after.get(number, told + 1) <= told

    def tells(self, number: int) -> bool:
        """Whether a trial came to an end in the recorded run."""
        return number in self._ended

    @cached_property
    def _ended(self) -> frozenset[int]:
        return frozenset(self.told)

    def next(self, told: int) -> int | None:
        """Return the trial that is told next, or None after the last."""
        return self.told[told] if told < len(self.told) else None


@dataclass(frozen=True)
class Cassette:
    """A recorded run, as far as the loop needs it."""

    problem_id: str
    problem_digest: str
    initial: str
    train_key: bytes
    config: Mapping[str, Any]
    script: Script

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a cassette.

        Raises:
            DataError: there is no such file, it is no cassette, or a newer adrs wrote it.
        """
        lines = [line for line in cassette.read(path) if "call" not in line]
        try:
            head, trials = lines[0], [line for line in lines[1:] if "trial" in line]
            told = sorted((line["told"], line["trial"]) for line in trials if line["told"] is not None)
            grown = tuple(growth_of(line["growth"]) for line in lines if "growth" in line)
            return cls(
                problem_id=str(head["problem"]["id"]),
                problem_digest=str(head["problem"]["digest"]),
                initial=str(head["initial"]),
                train_key=bytes.fromhex(head["train_key"]),
                config=dict(head["config"]),
                script=Script(
                    asked_after={int(line["trial"]): int(line["asked_after"]) for line in trials},
                    told=tuple(int(number) for _, number in told),
                    reason=str(head["reason"]),
                    interventions=tuple(
                        Intervention(**line["intervention"]) for line in lines if "intervention" in line
                    ),
                    seen=tuple(
                        Seen(_claims(head["normal_forms"], *part), _claims(head["behaviours"], *part))
                        for part in pairwise((0, *(growth.before for growth in grown), math.inf))
                    ),
                    growths=grown,
                    unread={
                        (int(line["trial"]), int(attempt)): int(answers)
                        for line in trials
                        for attempt, answers in line.get("unread", {}).items()
                    },
                ),
            )
        except (LookupError, TypeError, ValueError) as error:
            raise DataError(f"The cassette {str(path)!r} is damaged: {error!r}.") from None

    def begin(self, archive: Archive, problem: Problem) -> Script:
        """Let an archive measure on the recorded workloads, and return the order to keep.

        Raises:
            ConfigError: the cassette was recorded on another problem, or on another state of it.
            ArchiveError: the archive has measured the problem on workloads of its own.
        """
        if self.problem_id != problem.id:
            raise ConfigError(f"The cassette was recorded on {self.problem_id!r}, not on {problem.id!r}.")
        if self.problem_digest != problem.digest:
            raise ConfigError(
                f"The problem {problem.id!r} has changed since the cassette was recorded, so its scores "
                "cannot be repeated; record the run again."
            )
        archive.adopt_key(problem, Split.TRAIN, 0, self.train_key)
        return self.script


def _claims(rows: Any, since: float, until: float) -> Claims:
    return {
        str(key): (int(number), str(program)) for key, number, program in rows if since <= int(number) < until
    }


def record(archive: Archive, run: RunRecord, problem: Problem, path: Path) -> None:
    """Write a run, as far as it has come, to a cassette.

    Raises:
        DataError: the file cannot be written.
    """
    cassette.write(path, _lines(archive, run, problem))


def require_new(path: Path, run_id: str | None = None) -> None:
    """Refuse to write over a file that is not this run's cassette.

    Raises:
        ConfigError: there is such a file.
    """
    if not path.exists():
        return
    head = next(cassette.read(path), None) if path.stat().st_size else None
    if run_id is None or head is None or head.get("run") != run_id:
        raise ConfigError(f"--record {str(path)!r}: there is such a file already; name a new one.")


def _lines(archive: Archive, run: RunRecord, problem: Problem) -> Iterator[Line]:
    seen = [recall(archive, run.id, epoch) for epoch in epochs(archive, run)]
    yield {
        "cassette": cassette.VERSION,
        "adrs": run.adrs_version,
        "run": run.id,
        "problem": {"id": problem.id, "version": run.problem_version, "digest": run.problem_digest},
        "initial": run.initial,
        "train_key": archive.key(problem, Split.TRAIN, 0).hex(),
        "config": _portable(run.config, problem),
        "reason": run.stop_reason,
        "normal_forms": [[key, *owner] for each in seen for key, owner in sorted(each.normal_forms.items())],
        "behaviours": [[key, *owner] for each in seen for key, owner in sorted(each.behaviours.items())],
    }
    for growth in growths(archive, run.id):
        yield {"growth": asdict(growth)}
    for one in recorded(archive, run.id):
        yield {"intervention": asdict(one)}
    unread = _unread(archive, run.id)
    for trial in archive.trials(run.id, light=True):
        if trial.number > 0:
            # The initial program is told first of all, as number 0 of the tells.
            line = {"trial": trial.number, "asked_after": trial.asked_after, "told": trial.told}
            yield {**line, "unread": unread[trial.number]} if trial.number in unread else line
        for call in archive.calls(run.id, trial.number):
            yield {**cassette.call_line(call), "for": trial.number}


def _unread(archive: Archive, run_id: str) -> dict[int, dict[int, int]]:
    """Return, by trial and attempt, after how many answers an attempt ended whose last was not read."""
    found: dict[int, dict[int, int]] = {}
    for proposal in archive.proposals(run_id):
        if proposal.reason.startswith(f"{UNREAD}: "):
            answers = len(archive.calls(run_id, proposal.number, proposal.attempt))
            found.setdefault(proposal.number, {})[proposal.attempt] = answers
    return found


def _portable(config: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    """Return a configuration without what is of the machine that recorded it: paths and servers."""
    proposer = dict(config.get("proposer", {}))
    options = {name: value for name, value in proposer.get("options", {}).items() if name != "base_url"}
    kept = {key: value for key, value in config.items() if key not in OWN}
    return {**kept, "problem": problem.id, "proposer": {**proposer, "options": options}}

"""What people did to a run while it was going on: pause it, inject a program or an idea, ban, re-weight.

Each intervention is kept with the run in the order in which it was made, and marked with the number of the
trial before which it took effect. From these marks and the recorded trials everything follows, so that a run
that was steered is resumed and replayed as any other.

Another process writes an intervention down; the loop looks for new ones now and then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, Trial
from adrs.run.clock import now_us

Kind = Literal["pause", "program", "idea", "ban", "weights", "budget"]
NAME, MARK = "intervention", "intervention taken"
"""What interventions and their marks are called among a run's artifacts."""
ASKS = 16
"""How often a strategy is asked again that wants to build on a banned program."""


@dataclass(frozen=True)
class Intervention:
    """One thing that was done."""

    kind: Kind
    note: str = ""
    """Where it comes from, or why, for people."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Of a program that was injected."""
    idea: str = ""
    program: str = ""
    """Digest of a program that was banned."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Of the proposer's arms by name; those that are not named stay as they were."""
    limits: Mapping[str, float | None] = field(default_factory=dict)
    """Of a changed budget: all limits of the run from then on."""
    at_us: int = 0
    taken: int | None = None
    """The number of the first trial that was asked for with it; None while the run has not seen it."""


def record(archive: Archive, run_id: str, intervention: Intervention) -> None:
    """Keep an intervention; the run takes it up when it looks, or when it is resumed."""
    made = replace(intervention, at_us=intervention.at_us or now_us())
    plain = {key: value for key, value in asdict(made).items() if value and key != "taken"}
    archive.add_artifact(run_id, None, NAME, _dump(plain), "application/json")


def recorded(archive: Archive, run_id: str) -> list[Intervention]:
    """Return the interventions of a run in their order, with what is known of when they were taken up."""
    made: list[Intervention] = []
    taken: dict[int, int] = {}
    for artifact in archive.artifacts(run_id):
        if artifact.name == NAME:
            made.append(Intervention(**json.loads(archive.artifact(artifact))))
        elif artifact.name == MARK:
            mark = json.loads(archive.artifact(artifact))
            taken.setdefault(int(mark["intervention"]), int(mark["before"]))
    return [replace(one, taken=taken.get(number)) for number, one in enumerate(made)]


@dataclass
class Steering:
    """The interventions of one run, as its loop follows them. Without an archive there are none."""

    archive: Archive | None = None
    run_id: str = ""
    repeated: bool = False
    """Whether the run is a replay: nobody pauses it, and what is new is none of the recorded run's."""
    known: list[Intervention] = field(default_factory=list)
    _used: set[int] = field(default_factory=set)

    def look(self, before: int) -> bool:
        """Take up what is new; return whether a pause is asked for.

        Args:
            before: the number of the next trial to be asked for.
        """
        if self.archive is None:
            return False
        pause = False
        for number, one in enumerate(found := recorded(self.archive, self.run_id)):
            if one.taken is None:
                found[number] = replace(one, taken=before)
                mark = _dump({"intervention": number, "before": before, "run": self.run_id})
                self.archive.add_artifact(self.run_id, None, MARK, mark, "application/json")
                pause = pause or one.kind == "pause"
        self.known = found
        return pause and not self.repeated

    def note(self, selection: Selection) -> None:
        """Remember which interventions a trial has carried out."""
        for key in ("injected", "idea"):
            if isinstance(number := selection.target.get(key), int):
                self._used.add(number)

    def banned(self, before: int) -> frozenset[str]:
        """Return the programs that are not built on any more, from a trial's number on."""
        return frozenset(one.program for one in self._taken(before) if one.kind == "ban")

    def steer(self, number: int, ask: Callable[[], Selection], find: Callable[[str], Trial]) -> Selection:
        """Return what a trial builds on: the next thing that was injected, else what the strategy asks for.

        Args:
            number: of the trial.
            ask: asks the strategy; again, where it wants to build on what is banned.
            find: the trial of a program's digest.
        """
        banned = self.banned(number)
        selection = ask()
        for _ in range(ASKS if banned else 0):
            if selection.parent not in banned:
                break
            selection = ask()
        if selection.parent in banned:
            selection = replace(selection, parent=_ancestor(selection.parent, banned, find))
        allowed = tuple(digest for digest in selection.inspirations if digest not in banned)
        selection = replace(selection, inspirations=allowed)
        for place, one in enumerate(self._taken(number)):
            if one.kind in ("program", "idea") and place not in self._used:
                self._used.add(place)
                key = "injected" if one.kind == "program" else "idea"
                return replace(
                    selection, parent=None, inspirations=(), target={**selection.target, key: place}
                )
        return selection

    def weights(self, before: int) -> dict[str, float]:
        """Return what was set of the weights of the proposer's arms, as it holds for a trial."""
        return merged(self._taken(before))

    def given(self, selection: Selection) -> Candidate | None:
        """Return the program that was injected for a trial, where one was."""
        number = selection.target.get("injected")
        if not isinstance(number, int):
            return None
        one = self.known[number]
        return Candidate(Program.of(dict(one.files)), "injected", one.note)

    def idea(self, selection: Selection) -> str:
        """Return the idea that a trial is to try, or an empty text."""
        number = selection.target.get("idea")
        return self.known[number].idea if isinstance(number, int) else ""

    def budget(self, number: int, last: Budget) -> Budget:
        """Return the limits that held when a trial was asked for.

        Args:
            number: of the trial.
            last: the limits now.
        """
        changes = [one for one in self.known if one.kind == "budget"]
        held = [one for one in changes if one.taken is not None and one.taken <= number]
        if not changes:
            return last
        # The first change is the budget that the run began with.
        limits = (held or changes)[-1 if held else 0].limits
        trials = limits.get("trials")
        return Budget(
            trials=None if trials is None else int(trials),
            seconds=limits.get("seconds"),
            cost_usd=limits.get("cost_usd"),
        )

    def _taken(self, before: int) -> Sequence[Intervention]:
        """Return the interventions that hold for a trial; they are marked in their order."""
        return [one for one in self.known if one.taken is not None and one.taken <= before]


def banned_in(archive: Archive, run_id: str) -> frozenset[str]:
    """Return the programs that were banned from a run, also where it has not taken that up yet."""
    return frozenset(one.program for one in recorded(archive, run_id) if one.kind == "ban")


def merged(interventions: Iterable[Intervention]) -> dict[str, float]:
    """Return the weights that hold after interventions: of each arm what was said last."""
    return {name: weight for one in interventions for name, weight in one.weights.items()}


def repeat(archive: Archive, run_id: str, interventions: Sequence[Intervention]) -> None:
    """Keep the interventions of a recorded run, with their marks, in the run that repeats it."""
    for number, one in enumerate(each for each in interventions if each.taken is not None):
        record(archive, run_id, one)
        mark = _dump({"intervention": number, "before": one.taken, "run": run_id})
        archive.add_artifact(run_id, None, MARK, mark, "application/json")


def _ancestor(digest: str | None, banned: frozenset[str], find: Callable[[str], Trial]) -> str | None:
    """Return the nearest program in a line that is not banned; None is the initial one."""
    while digest is not None and digest in banned:
        trial = find(digest)
        digest = trial.selection.parent if trial.number > 0 else None
    return digest


def _dump(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(plain, sort_keys=True).encode()

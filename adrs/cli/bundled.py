"""Bundles at the command line: read from a file, written to one, and as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.report import flag
from adrs.cli.runs import when
from adrs.cli.verified import as_plain, sentences
from adrs.cli.wording import count, safe
from adrs.errors import BundleError
from adrs.verify.bundle.container import MAX_BYTES
from adrs.verify.bundle.installed import hold, installed_problem, other_libraries
from adrs.verify.bundle.reading import Bundle, read

if TYPE_CHECKING:
    from adrs.model.problem import Problem
    from adrs.model.run import RunRecord
    from adrs.verify.bundle.reproduction import Compared, Reproduction
    from adrs.verify.sealed import Verification


@dataclass(frozen=True)
class AtHand:
    """A bundle that was read, and fits what is installed here."""

    data: bytes
    bundle: Bundle
    problem: Problem
    said: Verification
    """What it says was measured."""


def opened(path: str, problem: str | None) -> AtHand:
    """Read a bundle and hold it against what is installed here; nothing is run.

    Raises:
        BundleError: it cannot be read, or does not fit.
    """
    file = Path(path)
    try:
        if not file.is_file():
            raise BundleError(f"There is no file {path!r}; `adrs export` writes bundles.")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BundleError(f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    bundle = read(data)
    found = installed_problem(bundle, problem)
    return AtHand(data, bundle, found, hold(bundle, found))


def written(path: Path, data: bytes) -> Path:
    """Write a file; one that is there already is left alone, and must hold the same.

    Raises:
        BundleError: it cannot be written, or holds something else.
    """
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        if not path.is_file() or path.read_bytes() != data:
            raise BundleError(
                f"{str(path)!r} is there already and holds something else; name another with --output."
            ) from None
    except OSError as error:
        raise BundleError(f"{str(path)!r} cannot be written: {error.strerror}.") from None
    return path


def describe(bundle: Bundle) -> dict[str, Any]:
    """Return what a bundle is of, as plain JSON."""
    said = bundle.manifest
    return {
        "bundle": bundle.digest,
        "label": said.label,
        "problem": said.problem.id,
        "problem_digest": said.problem.digest,
        "evaluator_digest": said.problem.evaluator_digest,
        "program": said.program,
        "openings": said.origin.openings,
        "from_run": said.origin.run,
        "made": when(said.made.at_us),
        "claims": [claim.model_dump(mode="json") for claim in said.claims],
    }


def imported(at_hand: AtHand, run: RunRecord, where: str, *, new: bool) -> Iterator[RenderableType]:
    """Say what was taken in, who claims what, and what was not measured."""
    name = at_hand.bundle.name
    first = "Imported" if new else "Imported already"
    yield Text.assemble(
        (f"{first}: program {name}", "bold"), (f" of {at_hand.problem.id}, kept as {run.id}", "dim")
    )
    yield from claimed(at_hand)
    yield Text(
        "\nIts claims were checked against its numbers; only the initial program was measured here.", "dim"
    )
    yield Text("No run builds on it unless you say so. Next:", "dim")
    for command in (
        f"adrs show {name} --code",
        f"adrs verify {name}",
        f"adrs run {at_hand.problem.id} --from {name}",
    ):
        yield Text(f"  {command}{flag(where)}", "bold")


def claimed(at_hand: AtHand) -> Iterator[RenderableType]:
    """Say what a bundle claims, with what it was made, and what differs here."""
    said = at_hand.bundle.manifest
    yield Text(
        f"The bundle claims ({said.label}, {when(said.made.at_us)}, sandbox {safe(said.made.sandbox, 40)}, "
        f"opening {said.origin.openings} of its lineage):"
    )
    yield from sentences(at_hand.said, at_hand.problem)
    yield _libraries(other_libraries(at_hand.said, at_hand.problem))


def reproduction(at_hand: AtHand, found: Reproduction) -> Iterator[RenderableType]:
    """Return the whole report of `adrs reproduce`."""
    draws = ", ".join(
        f"{count(len(next(iter(draw.evaluations.values())).results), 'workload')} of {draw.split.value}"
        for draw in found.again.draws
    )
    how = f"{draws}, each in a child process of its own, sandbox {found.again.sandbox}"
    yield Text.assemble((f"{at_hand.problem.id}", "bold"), (f" · {how}", "dim"))
    yield Text()
    yield _table(found)
    yield Text()
    yield _verdict(found)
    yield _libraries(found.libraries)
    yield from _new_claims(at_hand, found)


def _table(found: Reproduction) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("program", "split", "objective"):
        shown.add_column(heading, overflow="fold")
    shown.add_column("numbers", justify="right")
    shown.add_column("measured again")
    for one in found.compared:
        own = one.program == found.again.name
        shown.add_row(
            Text(safe(one.program, 80), "bold" if own else ""),
            one.split,
            one.objective,
            str(one.numbers),
            _same(one),
        )
    return shown


def _same(one: Compared) -> Text:
    if one.same:
        return Text("the same to the last bit", "green")
    differ = f"{one.different} differ" + (f", {one.failures} failed otherwise" if one.failures else "")
    if one.within_noise is None:
        return Text(f"{differ}; {one.beyond_rounding} by more than rounding", "red")
    return (
        Text(f"within noise ({differ})", "green")
        if one.within_noise
        else Text(f"beyond noise ({differ})", "red")
    )


def _verdict(found: Reproduction) -> Text:
    numbers = count(sum(one.numbers for one in found.compared), "number")
    if all(one.same for one in found.compared):
        return Text(f"Reproduced: all {numbers} are the same to the last bit.", "bold green")
    if found.reproduced:
        return Text(f"Reproduced: {numbers}, the same to the last bit or within noise.", "bold green")
    off = sum(not one.reproduced for one in found.compared)
    return Text(f"Not reproduced: {off} of {count(len(found.compared), 'line')} differ.", "bold red")


def _libraries(other: Any) -> Text:
    if not other:
        return Text("Python and libraries are of the same versions as in the bundle.", "dim")
    parts = (
        f"{safe(name, 60)} {safe(theirs, 60)} there, {safe(ours, 60)} here"
        for name, (theirs, ours) in other.items()
    )
    return Text(f"Versions differ: {'; '.join(parts)}.", "yellow")


def _new_claims(at_hand: AtHand, found: Reproduction) -> Iterator[RenderableType]:
    """Say what was claimed, and what follows now where that is something else."""
    yield Text(
        "\nClaimed, and given by what was measured here:" if found.reproduced else "\nClaimed:", "bold"
    )
    yield from sentences(at_hand.said, at_hand.problem)
    if found.again.quarantined:
        yield Text("A value measured here is beyond a proven bound: the evaluator has a bug.", "bold red")
    elif found.claims != at_hand.said.claims(at_hand.problem):
        yield Text("\nGiven by what was measured here:", "bold")
        yield from sentences(found.again, at_hand.problem)


def reproduction_as_plain(at_hand: AtHand, found: Reproduction) -> dict[str, Any]:
    """Return everything that `adrs reproduce` found as plain JSON."""
    return {
        **describe(at_hand.bundle),
        "reproduced": found.reproduced,
        "identical": all(one.same for one in found.compared),
        "compared": list(found.compared),
        "libraries_that_differ": {
            name: {"bundle": theirs, "here": ours} for name, (theirs, ours) in found.libraries.items()
        },
        "again": as_plain(found.again, at_hand.problem),
    }

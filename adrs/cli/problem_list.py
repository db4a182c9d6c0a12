"""Problems as a person reads them: a list that fits a terminal, or all about some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adrs.cli.known import NOT_CHECKED, Known
from adrs.cli.sight import in_words
from adrs.cli.wording import amount, duration, safe

if TYPE_CHECKING:
    from adrs.model.problem import Problem

_COLUMNS = ("family", "soundness", "headroom", "evaluation", "noise floor", "best verified")
_CELL = len(NOT_CHECKED)
_SHORT = 6
"""Digits of a program's digest that `adrs show` takes."""
_STYLES = {"sound": "green", "not sound": "bold red", NOT_CHECKED: "yellow"}


def listing(known: Sequence[Known], width: int) -> list[RenderableType]:
    """Return two lines per problem, the second in columns, and what the columns need to be filled."""
    widths = _widths(known, width)
    parts: list[RenderableType] = [_row([Text(name, "dim") for name in _COLUMNS], widths)]
    for one in known:
        title = Text(safe(one.problem.id), "bold", no_wrap=True, overflow="ellipsis")
        parts.append(title.append(f"  {safe(one.problem.spec.problem.title, 120)}", "not bold"))
        parts.append(_row(_cells(one, widths[-1]), widths))
        if one.check is not None and one.check.failed:
            parts.append(Padding(Text(_unsound(one.check.failed[0]), "red"), (0, 0, 0, 2)))
    return [*parts, Text(), *_footer(known)]


def _widths(known: Sequence[Known], width: int) -> list[int]:
    family = max([len("family"), *(len(safe(one.problem.spec.problem.family, 20)) for one in known)])
    fixed = [family, *[_CELL] * 4]
    return [*fixed, max(_CELL, width - 2 - sum(fixed) - 2 * len(fixed))]


def _row(cells: Sequence[Text], widths: Sequence[int]) -> Padding:
    table = Table.grid(padding=(0, 2))
    for width in widths[:-1]:
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_column(max_width=widths[-1], no_wrap=True, overflow="ellipsis")
    table.add_row(*cells)
    return Padding(table, (0, 0, 0, 2))


def _cells(one: Known, room: int) -> list[Text]:
    return [
        Text(safe(one.problem.spec.problem.family, 20)),
        _soundness(one),
        _or_not_checked(_headroom(one)),
        _or_not_checked(_evaluation(one)),
        _or_not_checked(_noise(one)),
        _or_not_checked(_verified(one, room)),
    ]


def _or_not_checked(words: str) -> Text:
    return Text(words) if words else Text(NOT_CHECKED, "yellow")


def _soundness(one: Known) -> Text:
    quick = "*" if one.check is not None and one.check.quick else ""
    return Text(one.soundness + quick, _STYLES[one.soundness])


def _headroom(one: Known) -> str:
    found = one.headroom
    if found is None:
        return ""
    if found.bound is None:
        return "no bound"
    share = found.percent(one.problem.primary)
    if share is None:
        return "no baseline" if not found.baselines else "no share"
    if share < 1e-7:
        return "none left"
    return "< 0.1 %" if share < 0.1 else f"{share:,.1f} %"


def _evaluation(one: Known) -> str:
    facts = None if one.check is None else one.check.facts
    return "" if facts is None else _time(facts.train_s)


def _time(seconds: float) -> str:
    if seconds >= 1:
        return duration(seconds)
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.2g} ms"


def _noise(one: Known) -> str:
    facts = None if one.check is None else one.check.facts
    if facts is None:
        return ""
    if facts.noise_percent is not None:
        return f"{facts.noise_percent:.2g} %" if facts.noise_percent else "none"
    return amount(facts.noise[one.problem.primary.name], one.problem.primary.unit)


def _verified(one: Known, room: int) -> str:
    """Return the best verified program in so many columns."""
    found = one.verified
    if found is None:
        return ""
    gain, unit, rounding = found.claim.gain, f" {one.problem.primary.unit}", "+.4g"
    if found.claim.percent is not None:
        gain, unit, rounding = found.claim.percent, " %", "+.1f"
    size = "tie" if found.claim.verdict.value == "tie" else f"{gain.estimate:{rounding}}{unit}"
    limits = f"[{gain.low:{rounding}}, {gain.high:{rounding}}]"
    reference = safe(found.claim.reference, 60)
    long = f"{found.program[:_SHORT]} {size} {limits} against {reference}"
    return long if len(long) <= room else f"{size} {found.program[:_SHORT]}"


def _unsound(why: str) -> str:
    return f"Not sound, so its scores cannot be trusted: {safe(why, 300)} (adrs check)"


def _footer(known: Sequence[Known]) -> Iterator[Text]:
    if any(one.check is not None and one.check.quick for one in known):
        yield Text("* by a quick check only: adrs check PROBLEM looks at everything", "dim")
    if any(not one.complete for one in known):
        yield Text("not checked: adrs check PROBLEM fills in all from soundness to noise floor", "dim")
    if any(one.verified is None for one in known):
        yield Text("not checked: adrs verify RUN fills in the best verified program", "dim")
    if any(one.verified is not None for one in known):
        yield Text("best verified: what it gains over the best baseline on sealed workloads", "dim")
    yield Text("All about one: adrs problems PROBLEM. Evolve one with: adrs run PROBLEM", "dim")


def details(known: Sequence[Known]) -> list[RenderableType]:
    """Return everything about each problem."""
    parts: list[RenderableType] = []
    for one in known:
        head = one.problem.spec.problem
        title = Text(safe(one.problem.id), "bold").append(f"  {safe(head.title, 120)}", "not bold")
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in (*_about(one.problem), *_measured(one)):
            table.add_row(label, value)
        parts += [title, Padding(table, (0, 0, 1, 2))]
    return parts


def _about(problem: Problem) -> Iterator[tuple[str, Text]]:
    spec = problem.spec
    if spec.problem.summary:
        yield "what", Text(safe(spec.problem.summary, 1000))
    yield "family", Text(safe(spec.problem.family))
    for one in spec.objective:
        what = f"{one.direction} {one.name} ({safe(one.unit, 40)}), {one.aggregate.replace('_', ' ')}"
        yield "objective", Text(what, "cyan")
    splits = spec.splits.model_dump(exclude={"stages"})
    yield "workloads", Text(" · ".join(f"{name} {n}" for name, n in splits.items() if n))
    yield "baselines", Text(", ".join(safe(one.name, 60) for one in spec.baseline) or "none")


def _measured(one: Known) -> Iterator[tuple[str, Text]]:
    check = f"{NOT_CHECKED}; fill it in with: adrs check {safe(one.problem.id)}"
    yield "soundness", _how_sound(one) or Text(check, "yellow")
    yield "headroom", _how_much_is_left(one) or Text(check, "yellow")
    facts = None if one.check is None else one.check.facts
    if facts is None:
        yield "evaluation", Text(check, "yellow")
        yield "noise floor", Text(check, "yellow")
    else:
        train = f"{_time(facts.train_s)} for all of train on one worker"
        first = f"; the first stage in {_time(facts.stage_s)}" if one.problem.spec.splits.stages else ""
        yield "evaluation", Text(train + first)
        yield "noise floor", Text(_what_noise_hides(one))
    if one.sight is not None:
        yield "can see", Text(in_words(one.sight))
    yield "best verified", _what_is_verified(one)


def _how_sound(one: Known) -> Text | None:
    check = one.check
    if check is None:
        return None
    when = f" on {datetime.fromtimestamp(check.at_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC" if check.at_us else ""
    where = f" in {safe(check.sandbox, 40)}" if check.sandbox else ""
    how = f"{'quick' if check.quick else 'full'} check{when}{where}"
    if check.sound:
        return Text("sound", "green").append(f": every line of a {how} holds", "default")
    first, more = check.failed[0], len(check.failed) - 1
    tail = f", and {more} more" if more else ""
    return Text(f"{_unsound(first)}; {how}{tail}", "red")


def _how_much_is_left(one: Known) -> Text | None:
    found, primary = one.headroom, one.problem.primary
    if found is None:
        return None
    best = found.best_baseline(primary)
    name, value = best or ("initial program", found.initial)
    head = f"{safe(name, 60)} {amount(value, primary.unit)}"
    if found.bound is not None:
        goal = f"bound {amount(found.bound, primary.unit)}"
    else:
        goal = "no proven bound"
        if found.reference is not None:
            goal += f", reference {amount(found.reference, primary.unit)}"
    return Text(f"{_headroom(one)}: {head}, {goal} (first {found.workloads} train workloads)")


def _what_noise_hides(one: Known) -> str:
    facts = one.check and one.check.facts
    if not facts:
        return NOT_CHECKED
    if not any(facts.noise.values()):
        return "none: a repeat with other random numbers scores the same"
    units = {objective.name: objective.unit for objective in one.problem.spec.objective}
    moves = ", ".join(
        f"{name} by up to {amount(moved, units.get(name, ''))}" for name, moved in facts.noise.items()
    )
    return f"{_noise(one)}: a repeat moves a workload's {moves}"


def _what_is_verified(one: Known) -> Text:
    from adrs.verify.claims import sentence

    found = one.verified
    if found is None:
        return Text(
            f"{NOT_CHECKED}; fill it in with: adrs verify RUN (a run of {safe(one.problem.id)})", "yellow"
        )
    said = sentence(found.claim, found.program[:12], one.problem.primary)
    when = f"{datetime.fromtimestamp(found.at_us / 1e6, UTC):%Y-%m-%d}"
    return Text(f"{safe(said, 500)} Verified on {when}, opening {found.openings} of its lineage.")

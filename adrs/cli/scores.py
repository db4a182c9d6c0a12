"""What `adrs eval` found, as a person reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.certified import certificate_line
from adrs.cli.claims import cell, claim
from adrs.cli.measuring import INITIAL, Measurement
from adrs.cli.standing import to_bound
from adrs.cli.wording import amount, count, number, percent, safe, tally

if TYPE_CHECKING:
    from adrs.model.evaluation import Evaluation

_CELLS = 30
_REASONS = 5
_HEADINGS = {INITIAL: "initial"}


def scores(found: Measurement) -> list[RenderableType]:
    """Return the whole report."""
    request = found.request
    if found.refused is not None:
        why = f"{found.refused.kind.value}: {found.refused.reason}"
        name = safe(request.name, 200)
        return [Text.assemble((name, "bold"), " is refused before it runs: ", (safe(why, 500), "red"))]
    own = found.evaluations[request.name]
    parts: list[RenderableType] = [
        _heading(found, own),
        Text(),
        _table(found),
        Text(),
        *_verdicts(found, own),
    ]
    if own.failure is not None:
        parts += [Text(), *_failures(own)]
    parts += _cells(found, own)
    if found.certificate is not None:
        parts += [Text(), Text("Sandbox: ").append_text(certificate_line(found.certificate, found.check))]
    return parts


def _heading(found: Measurement, own: Evaluation) -> Text:
    request = found.request
    draw = f"of {request.split}" if request.data is None else f"of {safe(str(request.data), 200)}"
    if request.data is None and request.split != "train":
        draw += f", drawn afresh (opening {found.opening})"
    how = f"each in a child process of its own, sandbox {found.sandbox}"
    line = Text(f"{request.problem.id}", "bold")
    return line.append(f" · {count(len(own.results), 'workload')} {draw} · {how}", "not bold dim")


def _table(found: Measurement) -> Table:
    objective = found.request.problem.primary
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    shown.add_column("program", overflow="fold")
    shown.add_column(f"{objective.direction} {objective.name} in {safe(objective.unit, 40)}")
    for name, value in found.measured().items():
        shown.add_row(Text(safe(name, 80), "bold" if name == found.request.name else ""), cell(value))
    if found.bound is not None:
        shown.add_row(Text("bound: no program can pass it", "dim"), number(found.bound))
    return shown


def _verdicts(found: Measurement, own: Evaluation) -> Iterator[Text]:
    objective = found.request.problem.primary
    for comparison in found.comparisons():
        yield claim(safe(found.request.name, 80), comparison, objective)
    shares = []
    if (share := found.gap_to_baseline()) is not None:
        shares.append(f"{percent(share)} to the best baseline")
    if (share := found.gap_to_bound()) is not None and found.request.name != INITIAL:
        shares.append(f"{percent(share)} to the bound")
    if shares and found.request.name != INITIAL:
        yield Text(f"Share of the way from the initial program: {', '.join(shares)}")
    if found.bound is not None:
        yield Text("To the bound: ").append_text(
            to_bound(own.objectives[objective.name], found.bound, objective)
        )
    for other in found.request.problem.spec.objective[1:]:
        yield Text(f"{other.name}: {amount(own.objectives[other.name], other.unit)}")


def _failures(own: Evaluation) -> Iterator[Text]:
    """Say which workloads failed and why; each counts its worst."""
    reasons: dict[tuple[str, str], int] = defaultdict(int)
    for result in own.results:
        if result.failure is not None:
            reasons[result.failure.kind.value, result.failure.reason] += 1
    n_failed = sum(reasons.values())
    kinds: dict[str, int] = defaultdict(int)
    for (kind, _), n in reasons.items():
        kinds[kind] += n
    yield Text(f"{count(n_failed, 'workload')} failed and count their worst: {tally(kinds)}", "red")
    for (kind, reason), n in sorted(reasons.items(), key=lambda item: -item[1])[:_REASONS]:
        yield Text(f"  {n} x {kind}: {safe(reason, 300)}")


def _cells(found: Measurement, own: Evaluation) -> list[RenderableType]:
    """Return the mean by parameter cell, where the workloads were drawn from more than one."""
    objective = found.request.problem.primary.name
    columns = [found.request.name, INITIAL, found.best_baseline or INITIAL]
    names = list(dict.fromkeys(columns))
    by_cell = {name: _by_cell(found.evaluations[name], objective) for name in names}
    cells = sorted({result.cell for result in own.results})
    if len(cells) < 2:
        return []
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    shown.add_column("cell", no_wrap=True, overflow="ellipsis")
    shown.add_column("n", justify="right")
    for name in names:
        shown.add_column(_HEADINGS.get(name, safe(name, 40)), justify="right", overflow="fold")
    shown.add_column("failed", justify="right")
    failed: dict[str, int] = defaultdict(int)
    for result in own.results:
        failed[result.cell] += result.failure is not None
    for each in cells[:_CELLS]:
        means = [sum(by_cell[name][each]) / len(by_cell[name][each]) for name in names]
        n = len(by_cell[names[0]][each])
        shown.add_row(safe(each, 80) or "-", str(n), *map(number, means), str(failed[each] or ""))
    parts: list[RenderableType] = [Text("\nMean by cell", "bold"), shown]
    if len(cells) > _CELLS:
        parts.append(Text(f"… {count(len(cells) - _CELLS, 'more cell')}; all are in --json", "dim"))
    return parts


def _by_cell(evaluation: Evaluation, objective: str) -> dict[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    for result in evaluation.results:
        values[result.cell].append(result.values[objective])
    return values

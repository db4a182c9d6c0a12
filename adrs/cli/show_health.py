"""The search-health panel: what `adrs show RUN --health` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.console import out, print_json, put
from adrs.cli.wording import count, duration, percent, safe, tally, train_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adrs.archive.store import Archive
    from adrs.model.run import RunRecord
    from adrs.run.gap import Challenge
    from adrs.run.health import Health

_TOLD = ("told", "completed", "pruned", "failed", "rejected", "new", "improved", "not_added")
_RAISE = (
    "More of them help: raise `train` under [splits] in the problem's problem.toml, and go on from here with "
    "`adrs run PROBLEM --from RUN`, which measures everything anew. A run with `--set grow_train=true` does "
    "so by itself."
)
_CHALLENGES = 10
"""The last challenges that are listed."""


def show_health(archive: Archive, run: RunRecord, *, as_json: bool) -> None:
    """Print whether the search did what it says.

    Raises:
        UserError: the run's problem or strategy is not known here.
    """
    from adrs.plugins.problems import find_problem
    from adrs.run.health import run_health

    health = run_health(archive, find_problem(str(run.config["problem"])), run)
    if as_json:
        print_json({"run": run.id, **asdict(health)})
        return
    name = run.config.get("strategy", {}).get("name")
    title = Text(f"{run.problem_id} · run {run.id} · strategy {safe(str(name))}", "bold")
    put(out(), title, Text(), *panel(health))


def panel(health: Health) -> Iterator[RenderableType]:
    """Return the panel, part by part."""
    yield _grid(dict(_search(health)))
    yield Text()
    if not health.challenges:
        yield Text("No challenger came to validation yet: nothing says how much of a lead on train is real.")
        return
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("challenger", "lead on train", "lead on validation", "gap"):
        shown.add_column(column, justify="right")
    for one in health.challenges[-_CHALLENGES:]:
        shown.add_row(
            f"trial {one.trial}", f"{one.train:+.2f} %", f"{one.validation:+.2f} %", Text(*_gap(one))
        )
    yield shown
    leads = [(one.train, one.validation) for one in health.challenges if one.train > 0]
    kept = sum(validation for _, validation in leads) / max(1e-12, sum(train for train, _ in leads))
    if leads:
        yield Text(f"Of the challengers' leads on train, {percent(kept)} held on validation.")
    if health.challenges[-1].opened:
        yield Text(
            "The gap of the last challenger is more than chance: the search fits its train workloads, and "
            f"others less. {_grows() if health.grows else _RAISE}",
            "yellow",
        )


def _grows() -> str:
    from adrs.run.growth import MOST

    return f"Train grows for it, up to {MOST} times what the problem declares."


def _gap(one: Challenge) -> tuple[str, str]:
    """Return the gap with its interval, and how it is coloured: by whether it is more than chance."""
    said = f"{one.train - one.validation:+.2f} points"
    if one.gap is not None:
        said += f" [{one.gap.low:+.2f}, {one.gap.high:+.2f}]"
    return said, "yellow" if one.opened else ""


def _search(health: Health) -> Iterator[tuple[str, str]]:
    told = health.strategy
    completed = told.get("completed", 0)
    if len(health.train) > 1:
        yield "train", f"{train_sizes(health.train)}; what the strategy says of itself is of the last"
    yield (
        "trials told",
        f"{told.get('told', 0):g}: {tally({name: int(told.get(name, 0)) for name in _TOLD[1:5]})}",
    )
    kept = told.get("new", 0) + told.get("improved", 0)
    yield "accept rate", f"{percent(told.get('accept_rate', 0))} ({kept:g} of {completed:g} completed)"
    twice = sum(health.duplicates.values())
    share = percent(twice / max(1, health.proposals))
    yield "duplicates", f"{share} of {count(health.proposals, 'proposal')}" + _of(health.duplicates)
    if health.rejected:
        yield "other rejections", tally(health.rejected)
    saved = health.saved
    yield (
        "saved by stopping early",
        f"{percent(saved.workloads / max(1, saved.of))} of workloads, about {duration(saved.cpu_s)} CPU time",
    )
    if health.own_part is not None:
        yield "parents", f"{health.own_part} of their island, {health.other_part} that came by migration"
    if health.tuned:
        gains = f"{health.tuned_gain:+.2f} % by constants, {health.other_gain:+.2f} % by all else"
        yield "tuned", f"{count(health.tuned, 'trial')}; gain on train {gains}"
    skipped = {*_TOLD, "accept_rate"}
    for name, value in told.items():
        if name not in skipped:
            yield safe(name.replace("_", " "), 40), f"{value:.4g}"


def _of(counts: Mapping[str, int]) -> str:
    return f": {tally(counts)}" if counts else ""


def _grid(rows: Mapping[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, text in rows.items():
        grid.add_row(name, text)
    return grid

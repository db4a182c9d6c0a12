"""`adrs runs`: what was run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from rich.table import Table

    from adrs.archive.store import Archive
    from adrs.model.budget import Usage
    from adrs.model.run import RunRecord

_WIDE = 100
"""Columns from which on a run's whole id is listed."""


@click.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Newest runs to list."
)
@runs_option
@json_option
def runs(limit: int, where: str, as_json: bool) -> None:
    """List runs, newest first."""
    from adrs.archive.store import Archive
    from adrs.cli.console import out, print_json
    from adrs.cli.wording import safe

    with Archive.open(where, create=False) as archive:
        listed = [describe(archive, record) for record in archive.runs(limit)]
    if as_json:
        print_json(listed)
        return
    console = out()
    if not listed:
        console.print(f"No runs in {safe(where)} yet. Start one with: adrs run spot_multiregion")
        return
    console.print(_table(listed, wide=console.width >= _WIDE))


def describe(archive: Archive, record: RunRecord) -> dict[str, Any]:
    """Return what a list says of a run, as plain JSON."""
    usage = archive.usage(record.id)
    config = record.config
    return {
        "run": record.id,
        "problem": record.problem_id,
        "state": record.state.value,
        "reason": record.stop_reason,
        **describe_usage(usage),
        "limits": config.get("budget", {}),
        "strategy": config.get("strategy", {}).get("name"),
        "proposer": config.get("proposer", {}).get("name"),
        "model": config.get("proposer", {}).get("options", {}).get("model"),
        "champion": record.champion,
        "improved": record.champion is not None and record.champion != record.initial,
        "created": when(record.created_us),
    }


def describe_usage(usage: Usage) -> dict[str, Any]:
    """Return what was spent, as plain JSON; where a call has no price, `cost_usd` is only what is known."""
    return {
        "trials": usage.trials,
        "seconds": usage.seconds,
        "cost_usd": usage.cost_usd,
        "unpriced_calls": usage.unpriced_calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
    }


def short(run_id: str) -> str:
    """Return the beginning of a run's id that is enough to name it: its millisecond and ten random bits."""
    return run_id[:12]


def problem_of(run: RunRecord) -> str:
    """Return a run's problem as a command takes it: its name, or the path that the run was given."""
    named = str(run.config.get("problem") or run.problem_id)
    if Path(named).is_relative_to(Path.cwd()):
        named = f"./{Path(named).relative_to(Path.cwd())}"
    return shlex.quote(named)


def when(us: int) -> str:
    """Return UTC microseconds as an ISO 8601 time of whole seconds."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(listed: list[dict[str, Any]], *, wide: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.wording import duration, safe

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("run", "problem", "state", "trials", "worked", "spent", "champion"):
        numeric = heading in ("trials", "worked", "spent")
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=heading != "problem")
    styles = {"running": "cyan", "paused": "yellow", "finished": "green"}
    for run in listed:
        table.add_row(
            run["run"] if wide else short(run["run"]),
            Text(safe(run["problem"], 60)),
            Text(run["state"], styles.get(run["state"], "")),
            f"{run['trials']:,}",
            duration(run["seconds"]),
            _spent(run),
            run["champion"][:12] if run["improved"] else "none yet",
        )
    return table


def _spent(run: dict[str, Any]) -> str:
    from adrs.cli.wording import money

    if not run["unpriced_calls"]:
        return money(run["cost_usd"])
    return f"{money(run['cost_usd'])} + unknown" if run["cost_usd"] else "unknown"

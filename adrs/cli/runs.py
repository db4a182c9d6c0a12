"""`adrs runs`: what was run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.budget import Usage
    from adrs.model.run import RunRecord


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
    console.print(_table(listed))


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


def when(us: int) -> str:
    """Return UTC microseconds as an ISO 8601 time of whole seconds."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(listed: list[dict[str, Any]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.wording import duration, money, safe

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("run", no_wrap=True)
    for heading in ("problem", "state", "trials", "worked", "spent", "champion"):
        table.add_column(heading, justify="right" if heading in ("trials", "worked", "spent") else "left")
    styles = {"running": "cyan", "paused": "yellow", "finished": "green"}
    for run in listed:
        table.add_row(
            run["run"],
            Text(safe(run["problem"], 60)),
            Text(run["state"], styles.get(run["state"], "")),
            f"{run['trials']:,}",
            duration(run["seconds"]),
            money(run["cost_usd"]) + ("+?" if run["unpriced_calls"] else ""),
            run["champion"][:12] if run["improved"] else "none yet",
        )
    return table

"""`adrs resume`: go on with a run where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adrs.archive.store import Archive


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--trials", type=click.IntRange(min=1), metavar="N", help="New limit of trials, over the whole run."
)
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    metavar="TEXT",
    help="New limit, over the whole run: '$5', '10m' or '300'. May be repeated.",
)
@runs_option
@json_option
def resume(run: str, trials: int | None, budgets: tuple[str, ...], where: str, as_json: bool) -> None:
    """Go on with RUN: its id, a unique beginning of it, or `last`.

    No recorded trial is evaluated again, and no recorded answer of a model is asked for again.
    """
    from adrs.archive.store import Archive
    from adrs.cli.run import limits
    from adrs.cli.sitting import sit
    from adrs.run.session import resume as go_on

    extend = limits(trials, budgets)
    with Archive.open(where, create=False) as archive:
        _check_unfinished(archive, run, extend)
    sit(
        where,
        as_json=as_json,
        work=lambda archive, notify, stop: go_on(run, archive, notify=notify, stop=stop, extend=extend),
    )


def _check_unfinished(archive: Archive, ref: str, extend: Mapping[str, float]) -> None:
    """Refuse what would do nothing but draw confirm workloads once more."""
    from dataclasses import replace

    from adrs.cli.report import more
    from adrs.errors import ConfigError
    from adrs.model.records import Purpose
    from adrs.model.run import RunState
    from adrs.run.config import resolve
    from adrs.run.steering import banned_in

    record = archive.run(ref)
    if record.state is RunState.IMPORTED:
        raise ConfigError(
            f"{record.id} stands for an imported program and has no trials to go on with; start a run with: "
            f"adrs run {record.problem_id}"
        )
    if record.state is not RunState.FINISHED:
        return
    usage = archive.usage(record.id)
    if extend:
        wanted = resolve(record.config, [f"budget.{name}={value!r}" for name, value in extend.items()])
        if replace(usage, seconds=record.seconds).exhausts(wanted.budget.limits()) is None:
            return
    if record.champion in banned_in(archive, record.id):
        return  # another program is champion then, and has no confirm draw
    if any(True for _ in archive.evaluations(run_id=record.id, purpose=Purpose.CONFIRM)):
        option = more(record, usage.trials)
        raise ConfigError(
            f"Run {record.id} is finished ({record.stop_reason}); give it more to go on, "
            f"such as: adrs resume {record.id}{option}"
        )

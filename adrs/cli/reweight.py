"""`adrs reweight`: make a run choose a model or a kind of edit more often, less often, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from adrs.cli.inject import run_to_steer
from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adrs.model.run import RunRecord


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("changes", metavar="[ARM=WEIGHT]...", nargs=-1)
@runs_option
@json_option
def reweight(run: str, changes: tuple[str, ...], where: str, as_json: bool) -> None:
    """Change how often RUN chooses a model or a kind of edit, also while it goes on.

    WEIGHT is a factor: 2 makes ARM count as if it gained twice as much, 0 turns it off, and 1 leaves it as it
    is by itself. Without any ARM, all of them are listed with their weights.
    """
    from adrs.archive.store import Archive
    from adrs.cli.console import print_json
    from adrs.plugins import registry
    from adrs.run.steering import Intervention, merged, record, recorded

    asked = _read(changes)
    with Archive.open(where, create=False) as archive:
        found = run_to_steer(archive, run)
        _check_chooses(found)
        proposer = found.config["proposer"]
        kind, options = registry.proposer(proposer["name"]), proposer["options"]
        before = merged(recorded(archive, found.id))
        weights: Mapping[str, float] = kind.weighed(options, {**before, **asked})
        if asked:
            record(archive, found.id, Intervention("weights", note="adrs reweight", weights=asked))
    if as_json:
        print_json({"run": found.id, "changed": asked, "weights": weights})
    else:
        _say(found, asked, weights)


def _read(changes: tuple[str, ...]) -> dict[str, float]:
    """Read `ARM=WEIGHT`; the name of a model may hold an equals sign itself.

    Raises:
        ConfigError: one of them is none, or names an arm for the second time.
    """
    from adrs.errors import ConfigError

    found: dict[str, float] = {}
    for word in changes:
        arm, _, weight = word.rpartition("=")
        try:
            number = float(weight) if arm else None
        except ValueError:
            number = None
        if number is None:
            raise ConfigError(f"{word!r} is not understood; write it as ARM=WEIGHT, such as crossover=0.5.")
        if arm in found:
            raise ConfigError(f"{arm!r} is given two weights, the second by {word!r}; give it one.")
        found[arm] = number
    return found


def _check_chooses(run: RunRecord) -> None:
    """Refuse a run that nothing is chosen in.

    Raises:
        ConfigError: its proposer has no arms.
    """
    from adrs.errors import ConfigError
    from adrs.plugins import registry

    proposer = run.config["proposer"]
    if not registry.proposer(proposer["name"]).weighed(proposer["options"], {}):
        raise ConfigError(
            f"The proposer {proposer['name']!r} of run {run.id} has nothing that can be re-weighted."
        )


def _say(run: RunRecord, asked: Mapping[str, float], weights: Mapping[str, float]) -> None:
    from rich.table import Table

    from adrs.cli.console import out, put
    from adrs.cli.runs import short
    from adrs.cli.wording import safe

    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("arm", no_wrap=True)
    rows.add_column("weight", justify="right", no_wrap=True)
    for name, weight in weights.items():
        rows.add_row(safe(name, 60), f"{weight:g}")
    put(out(), rows)
    if asked:
        out().print(f"Run {short(run.id)} chooses so from its next trial on.")

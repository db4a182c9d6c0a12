"""`adrs pause`: ask a run that is going on to finish what is under way and stop."""

from __future__ import annotations

import rich_click as click

from adrs.cli.options import json_option, runs_option


@click.command()
@click.argument("run", metavar="RUN")
@runs_option
@json_option
def pause(run: str, where: str, as_json: bool) -> None:
    """Pause RUN: its id, a unique beginning of it, or `last`. `adrs resume` goes on with it.

    As Ctrl-C does where it runs: no new trial is begun, those under way are finished and recorded.
    """
    from adrs.archive.store import Archive
    from adrs.cli.console import out, print_json
    from adrs.cli.runs import short
    from adrs.errors import ArchiveError, ConfigError
    from adrs.run.steering import Intervention, record

    with Archive.open(where, create=False) as archive:
        found = archive.run(run)
        try:
            with archive.run_lock(found.id):
                raise ConfigError(
                    f"Nobody works on run {found.id} ({found.state.value}), so there is nothing to pause."
                )
        except ArchiveError:
            record(archive, found.id, Intervention("pause", note="adrs pause"))
    if as_json:
        print_json({"run": found.id, "asked": "pause"})
        return
    ref = short(found.id)
    out().print(f"Asked run {ref} to pause: it finishes what is under way. Go on with: adrs resume {ref}")

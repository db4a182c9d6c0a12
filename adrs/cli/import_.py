"""`adrs import`: another archive's program, checked and taken into this one."""

from __future__ import annotations

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option


@click.command("import")
@click.argument("bundle", metavar="BUNDLE")
@click.option("--problem", metavar="PROBLEM", help="Where its problem is, if it is not known by name.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Evaluations at the same time.")
@sandbox_option
@runs_option
@json_option
def import_(
    bundle: str, problem: str | None, workers: int | None, sandbox: str, where: str, as_json: bool
) -> None:
    """Check BUNDLE and take its program into the archive, marked as imported.

    It must be of a problem that is installed here with the same digests, its claims must follow from its
    numbers, and its keys must draw the workloads that it has numbers of: the initial program is run on them.
    The program itself is not measured; `adrs reproduce` does that. No run builds on an imported program
    unless it is told to, with `adrs run --from` or `adrs inject`.
    """
    import asyncio
    import os

    from adrs.archive.store import Archive
    from adrs.cli.bundled import describe, imported, opened
    from adrs.cli.console import out, print_json, put
    from adrs.plugins import registry
    from adrs.verify.bundle.importing import take_in
    from adrs.verify.bundle.reproduction import check_draws

    at_hand = opened(bundle, problem)
    confined = registry.sandbox(sandbox)
    console = out(to_stderr=as_json)
    workers = workers or min(8, os.cpu_count() or 1)
    with console.status("checking …"):
        asyncio.run(
            check_draws(at_hand.bundle, at_hand.said, at_hand.problem, sandbox=confined, workers=workers)
        )
    with Archive.open(where) as archive:
        run, new = take_in(archive, at_hand.bundle, at_hand.data, at_hand.said, at_hand.problem)
    if as_json:
        print_json({"run": run.id, "new": new, **describe(at_hand.bundle)})
    else:
        put(console, *imported(at_hand, run, where, new=new))

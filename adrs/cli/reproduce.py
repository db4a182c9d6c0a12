"""`adrs reproduce`: everything that a bundle says, measured again."""

from __future__ import annotations

import rich_click as click

from adrs.cli.options import json_option, sandbox_option


@click.command()
@click.argument("bundle", metavar="BUNDLE")
@click.option("--problem", metavar="PROBLEM", help="Where its problem is, if it is not known by name.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Evaluations at the same time.")
@sandbox_option
@json_option
def reproduce(bundle: str, problem: str | None, workers: int | None, sandbox: str, as_json: bool) -> None:
    """Draw the workloads of BUNDLE again, run everything in it again, and compare every number.

    The exit code is 0 when every number is the same to the last bit (or within noise, where an objective is
    measured with noise), 1 when one is not, and 2 when the bundle is refused.
    """
    import asyncio
    import os

    from adrs.cli.bundled import opened, reproduction, reproduction_as_plain
    from adrs.cli.console import leave, out, print_json, put
    from adrs.plugins import registry
    from adrs.verify.bundle.reproduction import reproduce as again

    at_hand = opened(bundle, problem)
    confined = registry.sandbox(sandbox)
    console = out(to_stderr=as_json)
    workers = workers or min(8, os.cpu_count() or 1)
    with console.status("measuring again …"):
        found = asyncio.run(
            again(at_hand.bundle, at_hand.said, at_hand.problem, sandbox=confined, workers=workers)
        )
    if as_json:
        print_json(reproduction_as_plain(at_hand, found))
    else:
        put(console, *reproduction(at_hand, found))
    if not found.reproduced:
        leave(1)

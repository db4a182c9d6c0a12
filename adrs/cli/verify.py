"""`adrs verify`: a program on sealed workloads, beside everything that it is compared with."""

from __future__ import annotations

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option


@click.command()
@click.argument("ref", metavar="RUN|PROGRAM")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Evaluations at the same time.")
@sandbox_option
@runs_option
@json_option
def verify(ref: str, workers: int | None, sandbox: str, where: str, as_json: bool) -> None:
    """Measure RUN's champion, or PROGRAM (at least 6 digits of its digest), on sealed test workloads.

    The workloads are drawn under a fresh key. The initial program and every baseline run on the same
    workloads, so that they compare in pairs. Every opening is counted, and the intervals grow with their
    number. The latest result stands.
    """
    import asyncio
    import os

    from rich.text import Text

    from adrs.archive.store import Archive
    from adrs.cli.certified import certificate_as_plain, certificate_line, last_check
    from adrs.cli.console import leave, out, print_json, put
    from adrs.cli.verified import as_plain, certificate_of, report
    from adrs.plugins import registry
    from adrs.verify.lineage import find_subject
    from adrs.verify.sealed import verify as measure

    confined = registry.sandbox(sandbox)
    console = out(to_stderr=as_json)
    with Archive.open(where, create=False) as archive, console.status("measuring on sealed workloads …"):
        subject = find_subject(archive, ref)
        found = asyncio.run(
            measure(archive, subject, sandbox=confined, workers=workers or min(8, os.cpu_count() or 1))
        )
        certificate = certificate_of(found)
        check = last_check(archive, certificate)
    if as_json:
        said = {"certificate": certificate_as_plain(certificate, check)}
        print_json(as_plain(found, subject.problem) | said)
    else:
        put(console, *report(found, subject.problem))
        if certificate is not None:
            put(console, Text("Sandbox: ").append_text(certificate_line(certificate, check)))
    if found.quarantined:
        leave(1)

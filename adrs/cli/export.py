"""`adrs export`: a verification as one file that others can measure again."""

from __future__ import annotations

import rich_click as click

from adrs.cli.options import json_option, runs_option


@click.command()
@click.argument("ref", metavar="RUN|PROGRAM")
@click.option(
    "--output",
    metavar="FILE",
    help="The file to write; one that holds something else is not replaced.  [default: PROBLEM-PROGRAM.zip]",
)
@runs_option
@json_option
def export(ref: str, output: str | None, where: str, as_json: bool) -> None:
    """Write the latest verification of RUN's champion, or of PROGRAM, as a bundle.

    A bundle holds the program, what it and everything beside it scored on every workload, the claims, and the
    keys that draw the same workloads again. It reveals the keys of that verification only.
    """
    from pathlib import Path

    from adrs.archive.store import Archive
    from adrs.cli.bundled import describe, written
    from adrs.cli.console import out, print_json
    from adrs.cli.wording import count, size
    from adrs.verify.bundle.making import export as make
    from adrs.verify.bundle.reading import read
    from adrs.verify.lineage import find_subject

    with Archive.open(where, create=False) as archive:
        subject = find_subject(archive, ref)
        data = make(archive, subject)
    path = written(Path(output or f"{subject.problem.id}-{subject.name}.zip"), data)
    if as_json:
        print_json({"file": path, "size": len(data), **describe(read(data))})
        return
    claims = count(len(read(data).manifest.claims), "claim")
    out().print(f"{path}: {claims} on program {subject.name}, {size(len(data))}", soft_wrap=True)
    out().print(f"Others measure it again with: adrs reproduce {path}", style="dim", soft_wrap=True)

"""`adrs sandbox`: what confines candidates."""

from __future__ import annotations

import rich_click as click

from adrs.cli.options import json_option, runs_option


@click.group()
def sandbox() -> None:
    """Prepare and check what confines candidates."""


@sandbox.command()
@click.argument("problems", metavar="[PROBLEM]...", nargs=-1)
@click.option(
    "--base", metavar="IMAGE", help="What to build on; its python3 must be of this Python's version."
)
@click.option("--from-host", is_flag=True, help="Copy Python and the libraries from this host: no registry.")
@click.option(
    "--wheels",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Install from the wheels in this folder instead of downloading them.",
)
@json_option
def build(
    problems: tuple[str, ...], base: str | None, from_host: bool, wheels: str | None, as_json: bool
) -> None:
    """Build the image of the sandbox 'docker': this Python, and the libraries that problems declare.

    It holds those of every problem that is known by name, and of every PROBLEM that is given, a name or a
    folder, in the exact versions that are installed here. The base is python:X.Y-slim unless --base or
    --from-host says otherwise.
    """
    from pathlib import Path

    from adrs.cli.console import errors, out, print_json
    from adrs.errors import ConfigError
    from adrs.plugins.problems import find_problem, list_problems
    from adrs.sandbox import building

    def say(line: str) -> None:
        errors().print(line, soft_wrap=True)

    if from_host and wheels:
        raise ConfigError("--from-host copies the libraries of this host, so --wheels has no use; give one.")
    known = [*list_problems(), *map(find_problem, problems)]
    declared = dict.fromkeys(name for problem in known for name in problem.spec.limits.libraries)
    image = building.build(
        declared, base=base, from_host=from_host, wheels=Path(wheels) if wheels else None, say=say
    )
    if as_json:
        print_json({"image": image.name, "python": image.python, "libraries": dict(image.libraries)})
        return
    held = ", ".join(f"{name} {version}" for name, version in image.libraries.items())
    out().print(f"{image.name}: Python {image.python}, {held}", soft_wrap=True)


@sandbox.command()
@click.option(
    "--backend",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="Which: auto (the strongest that works here), bubblewrap, docker, process, or none.",
)
@click.option("--all", "every", is_flag=True, help="List every probe, and not only those that were not held.")
@runs_option
@json_option
def check(backend: str, every: bool, where: str, as_json: bool) -> None:
    """Check a sandbox with hostile candidates, and say what it guarantees on this host.

    Each probe is run as any candidate is, and tries to reach the network, files, memory, other processes or
    the next candidate, or to use up the machine. The exit code is 1 when one gets through what the sandbox
    promises; what it does not promise here is said, and is no error. An archive of runs, where there is one,
    keeps the result with the isolation certificate that every score on this host bears.
    """
    from contextlib import suppress

    from rich.progress import Progress

    from adrs.archive.store import Archive
    from adrs.cli.certified import certificate_as_plain, record_check, summed_up
    from adrs.cli.console import errors, leave, out, print_json, put
    from adrs.cli.isolation import as_plain, picture
    from adrs.errors import ArchiveError
    from adrs.run.clock import now_us
    from adrs.sandbox import registry
    from adrs.sandbox.certificate import certify
    from adrs.verify import isolation

    asked = registry.sandbox(backend)
    with Progress(console=errors(), transient=True, disable=not errors().is_terminal) as progress:
        bar = progress.add_task(f"Probing {asked.name}", total=None)
        found = isolation.check(asked, notify=lambda done, of: progress.update(bar, completed=done, total=of))
    certificate, check = certify(asked), summed_up(found, now_us())
    with suppress(ArchiveError), Archive.open(where, create=False) as archive:
        record_check(archive, certificate, check)
    if as_json:
        print_json({**as_plain(found), "certificate": certificate_as_plain(certificate, check)})
    else:
        put(out(), *picture(found, every=every))
    if not found.passed:
        leave(1)

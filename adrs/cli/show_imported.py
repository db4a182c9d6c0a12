"""An imported program as `adrs show` prints it: who claims what, and its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from adrs.cli.bundled import AtHand, claimed, describe
from adrs.cli.console import out, print_json, put
from adrs.cli.diff import code
from adrs.cli.runs import when
from adrs.cli.wording import safe
from adrs.errors import BundleError, ProblemError

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.program import Program
    from adrs.model.run import RunRecord


def show_imported(archive: Archive, run: RunRecord, program: Program, *, as_json: bool) -> None:
    """Print what the bundle of an imported program claims, and the program."""
    from adrs.plugins.problems import find_problem
    from adrs.verify.bundle.importing import bundle_of
    from adrs.verify.bundle.installed import hold

    bundle = bundle_of(archive, run)
    if as_json:
        print_json({**describe(bundle), "run": run.id, "state": run.state, "files": dict(program.files)})
        return
    console = out()
    put(console, Text.assemble(("program ", "dim"), (program.digest, "bold")))
    taken = f"imported on {when(run.created_us)} as {run.id}; a run builds on it only when told to"
    put(console, Text(taken, "dim"), Text())
    try:
        problem = find_problem(str(run.config["problem"]))
        said = hold(bundle, problem)
    except (BundleError, ProblemError) as error:
        put(console, Text(f"Its claims cannot be shown: {safe(str(error))}", "yellow"))
    else:
        put(console, *claimed(AtHand(b"", bundle, problem, said)))
    put(console, Text(), *code(program))

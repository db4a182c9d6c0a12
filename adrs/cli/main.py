"""The `adrs` command: its subcommands, and how every error ends."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import rich_click as click
from click.exceptions import Abort, ClickException, UsageError
from rich.text import Text

from adrs import __version__
from adrs.cli.attack import attack
from adrs.cli.check import check
from adrs.cli.compare import compare
from adrs.cli.console import errors
from adrs.cli.doctor import doctor
from adrs.cli.eval import evaluate
from adrs.cli.export import export
from adrs.cli.import_ import import_
from adrs.cli.inject import ban, inject
from adrs.cli.pause import pause
from adrs.cli.problems import problems
from adrs.cli.reproduce import reproduce
from adrs.cli.resume import resume
from adrs.cli.reweight import reweight
from adrs.cli.run import run
from adrs.cli.runs import runs
from adrs.cli.sandbox import sandbox
from adrs.cli.show import show
from adrs.cli.table import table
from adrs.cli.testing import testing
from adrs.cli.verify import verify
from adrs.cli.wording import safe
from adrs.errors import AdrsError, UserError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: it worked, the run failed, the user can correct it, it was interrupted."""


class Adrs(click.RichGroup):
    """A group whose errors are one sentence on standard error and an exit code, never a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; in standalone mode end the process with its exit code."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(self._exit_code(args, prog_name, complete_var, **extra))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a person meets them."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command; a reader that went away (`| head`) is a quiet end."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
            ctx.exit(OK)
        return result

    def _exit_code(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, **extra: Any
    ) -> int:
        try:
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except UserError as error:
            return _complain(str(error), USAGE)
        except AdrsError as error:
            return _complain(str(error), FAILED)
        except UsageError as error:
            hint = f"Try '{error.ctx.command_path} --help'." if error.ctx else ""
            return _complain(f"{error.format_message()} {hint}", USAGE)
        except ClickException as error:
            return _complain(error.format_message(), error.exit_code)
        except Abort:
            return INTERRUPTED
        return result if isinstance(result, int) else OK


def _complain(sentence: str, code: int) -> int:
    line = Text.assemble(("Error: ", "bold red"), safe(sentence.strip()))
    with contextlib.suppress(BrokenPipeError):
        errors().print(line, soft_wrap=True)
    return code


def _drop_output() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=Adrs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="adrs", message="%(prog)s %(version)s")
def cli() -> None:
    """Evolve algorithms for computer systems against verifiers whose scores can be trusted.

    Start with `adrs problems`, then `adrs run spot_multiregion`.
    """


for _command in (
    run,
    resume,
    pause,
    inject,
    ban,
    reweight,
    problems,
    runs,
    show,
    evaluate,
    check,
    attack,
    verify,
    compare,
    table,
    export,
    reproduce,
    import_,
    sandbox,
    doctor,
    testing,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; the entry point of the `adrs` script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal's encoding lacks is no reason to stop.
            stream.reconfigure(errors="replace")
    cli.main(prog_name="adrs")


if __name__ == "__main__":
    main()

"""`adrs testing`: what stands in for a model while something is tried or measured."""

from __future__ import annotations

from typing import Any

import rich_click as click

from adrs.cli.options import json_option

DEFAULT_PORT = 8123


@click.group()
def testing() -> None:
    """Try and measure without a model."""


@testing.command(name="llm-server")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--latency", type=click.FloatRange(min=0), default=0.0, metavar="S", help="How long an answer takes."
)
@click.option(
    "--retry-after", type=click.FloatRange(min=0), default=1.0, metavar="S", help="What a 429 asks to wait."
)
@click.option("--script", default="", metavar="A,B,C", help="Faults of the first requests, in their order.")
@click.option("--then", default="ok", metavar="FAULT", help="The fault of requests after the script.")
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="--then holds for every N-th request; the others are answered well.",
)
@click.option("--rejects", default="", metavar="A,B", help="Options that are answered with 400.")
@click.option("--require-key", metavar="KEY", help="The only key that is accepted; any is, otherwise.")
@click.option("--pool", metavar="FILE", help="Answer from this file, in turn: see `adrs testing edits`.")
@click.option("--seed", type=int, default=0, metavar="N", help="Decides which edits are answered.")
@click.option("--sample", is_flag=True, help="Answer a prompt that comes again with another edit.")
def llm_server(host: str, port: int, pool: str | None, **given: Any) -> None:
    """Serve an OpenAI-compatible API whose answers are valid edits, and whose faults are on demand.

    It speaks chat completions and responses, whole and streamed, and prints its URL. Faults: 429, 500, 503,
    401, 404, quota, unknown_parameter, too_long, truncated, garbage, empty, null, refusal, bad_edit,
    wrong_format, html, cut and dead; `ok` is none. GET /stats says what it has served.
    """
    from pathlib import Path

    from adrs.errors import ConfigError
    from adrs.testing.llm_faults import Settings
    from adrs.testing.llm_pool import read_pool
    from adrs.testing.llm_server import serve

    try:
        settings = Settings(
            latency_s=given["latency"],
            retry_after_s=given["retry_after"],
            key=given["require_key"],
            rejects=_words(given["rejects"]),
            script=_words(given["script"]),
            then=given["then"],
            every=given["every"],
            seed=given["seed"],
            sample=given["sample"],
        )
    except ValueError as problem:
        raise ConfigError(f"--script or --then: {problem}.") from None
    serve(settings, host=host, port=port, pool=read_pool(Path(pool)) if pool else ())


@testing.command()
@click.argument("problem")
@click.argument("file", metavar="FILE")
@click.option(
    "--count", type=click.IntRange(min=1), default=100, show_default=True, help="How many programs."
)
@click.option(
    "--depth",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Edits in a row in each of them.",
)
@click.option("--seed", type=int, default=0, metavar="N", help="Decides which.")
@json_option
def edits(problem: str, file: str, count: int, depth: int, seed: int, as_json: bool) -> None:
    """Write different edits of PROBLEM's initial program to FILE, for `adrs testing llm-server --pool`."""
    from pathlib import Path

    from adrs.cli.console import out, print_json
    from adrs.plugins.problems import find_problem
    from adrs.testing.llm_pool import edits_of, write_pool

    found = find_problem(problem)
    write_pool(Path(file), edits_of(found, count, seed=seed, depth=depth))
    if as_json:
        print_json({"problem": found.id, "file": file, "programs": count})
    else:
        out().print(f"{count} programs are in {file}; serve them: adrs testing llm-server --pool {file}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))

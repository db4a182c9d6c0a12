"""The tables of the archive.

Times are UTC integer microseconds. JSON is text that this package writes and reads itself, so that both
engines keep the same bytes (PostgreSQL's own type refuses NaN and NUL). Packed columns hold what
`objects.ObjectStore.pack` returns.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

HEAD = "v0.1.2"
"""The newest revision that this adrs knows; revisions are named by the release that brought them."""


class SafeText(TypeDecorator[str]):
    """Text that any engine takes: NUL and lone surrogates become question marks.

    A record must never be lost for one character that a model or a candidate wrote.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Replace what cannot be stored."""
        if isinstance(value, str) and not value.isascii():
            value = value.encode("utf-8", "replace").decode()
        return value.replace("\0", "?") if isinstance(value, str) else value


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _program(name: str = "program", *, nullable: bool = True) -> Column[int]:
    return Column(name, Integer, ForeignKey("programs.id"), nullable=nullable)


def _run(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "run", Integer, ForeignKey("runs.id"), nullable=False, primary_key=primary_key, autoincrement=False
    )


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

interned = Table(
    "interned",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    comment="Values that many rows share: workload layouts, and what an evaluation was made with.",
)

programs = Table(
    "programs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("base", Integer, ForeignKey("programs.id"), nullable=True),
    Column("files", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    comment="`files` is packed, with the files of `base` as the dictionary where there is one.",
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ulid", Text, nullable=False, unique=True),
    Column("problem_id", SafeText, nullable=False),
    Column("problem_version", Integer, nullable=False),
    Column("problem_digest", Text, nullable=False),
    Column("evaluator_digest", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("seed", Text, nullable=False),
    Column("state", Text, nullable=False),
    _program("initial", nullable=False),
    Column("champion", Text),
    Column("stop_reason", SafeText, nullable=False),
    Column("adrs_version", Text, nullable=False),
    Column("search_digest", Text, nullable=False, server_default=""),
    Column("created_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("seconds", Float(53), nullable=False),
    Index(None, "created_us"),
)

spent = Table(
    "spent",
    metadata,
    _run(primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("cost_usd", Float(53), nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("unpriced_calls", Integer, nullable=False),
    comment="Running sums over model_calls, kept in the same transaction.",
)

trials = Table(
    "trials",
    metadata,
    _run(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("asked_after", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    _program(),
    Column("evaluation", Integer, ForeignKey("evaluations.id")),
    Column("reason", SafeText, nullable=False),
    Column("cost_usd", Float(53), nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("told", Integer),
    Column("status", Text),
    Index(None, "run", "told", unique=True),
    Index(None, "run", "program", "number"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    _program(),
    Column("edit", SafeText, nullable=False),
    Column("summary", SafeText, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("normal_form", SafeText, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "run", "number", "attempt", unique=True),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("number", Integer),
    _program(nullable=False),
    Column("purpose", Text, nullable=False),
    Column("split", Text, nullable=False),
    Column("opening", Integer, nullable=False),
    Column("layout", Integer, ForeignKey("interned.id"), nullable=False),
    Column("context", Integer, ForeignKey("interned.id"), nullable=False),
    Column("objectives", Text, nullable=False),
    Column("measures", Text, nullable=False),
    Column("results", LargeBinary, nullable=False),
    Column("complete", Boolean(create_constraint=False), nullable=False),
    Column("isolated", Boolean(create_constraint=False), nullable=False),
    Column("differs", Boolean(create_constraint=False), nullable=False),
    Column("feedback", LargeBinary, nullable=False),
    Column("behaviour", SafeText, nullable=False),
    Column("wall_s", Float(53), nullable=False),
    Column("cpu_s", Float(53), nullable=False),
    Column("sandbox", SafeText, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "program"),
    Index(None, "run", "purpose"),
)

model_calls = Table(
    "model_calls",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("role", SafeText, nullable=False),
    Column("model", SafeText, nullable=False),
    Column("base", Integer),
    Column("request", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float(53)),
    Column("usage", Text, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("parsing", Integer, nullable=False),
    Index(None, "run", "number", "attempt"),
    comment="`base`: the call that the request is packed against, or null. "
    "`parsing`: 0 not begun, 1 begun, 2 ended, 3 begun again.",
)

openings = Table(
    "openings",
    metadata,
    Column("problem_id", SafeText, primary_key=True),
    Column("split", Text, primary_key=True),
    Column("opening", Integer, primary_key=True, autoincrement=False),
    Column("problem_version", Integer, nullable=False),
    Column("purpose", SafeText, nullable=False),
    Column("program", Text),
    Column("at_us", BigInteger, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("number", Integer),
    Column("name", SafeText, nullable=False),
    Column("media_type", SafeText, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "run", "number"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("number", Integer, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "run", "number"),
    comment="Trials that ended ERRORED: they are tried again under the same number.",
)

"""Brings an archive's tables to the newest revision, with alembic; imported only when it is needed."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from adrs import __version__
from adrs.archive import schema
from adrs.errors import ArchiveError

SCRIPTS = Path(__file__).resolve().parent / "migrations"
_ONE_AT_A_TIME = threading.Lock()
"""alembic keeps the environment of the upgrade under way in globals of its modules."""


def config() -> Config:
    """Return alembic's configuration; there is no `alembic.ini`."""
    settings = Config()
    settings.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def check_known(revision: str) -> None:
    """Check that this adrs knows the archive's revision.

    Raises:
        ArchiveError: it was written by a newer adrs.
    """
    known = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()]
    if revision not in known:
        raise ArchiveError(
            f"This archive was written by a newer adrs (its tables are of {revision}; adrs {__version__} "
            f"knows those up to {schema.HEAD}); upgrade adrs, or use another archive."
        )


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the missing migrations inside the connection's transaction."""
    settings = config()
    settings.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(settings, revision)

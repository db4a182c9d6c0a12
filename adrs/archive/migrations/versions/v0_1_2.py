"""A run knows the code that searched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0.1.2"
down_revision = "v0.1.1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the digest; of runs that were made before, nobody knows it."""
    op.add_column("runs", sa.Column("search_digest", sa.Text(), nullable=False, server_default=""))

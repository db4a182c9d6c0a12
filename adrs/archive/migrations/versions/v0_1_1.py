"""Requests are packed against the first of their run; what nobody looks up is not kept twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0.1.1"
down_revision = "v0.1.0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change what a call and a proposal hold; nothing that is read is lost.

    Before this revision had its name, archives were made that hold some of it already.
    """
    tables = sa.inspect(op.get_bind())
    if "base" not in {column["name"] for column in tables.get_columns("model_calls")}:
        op.add_column("model_calls", sa.Column("base", sa.Integer(), nullable=True))
    if op.get_bind().dialect.supports_comments:
        op.create_table_comment(
            "model_calls",
            "`base`: the call that the request is packed against, or null. "
            "`parsing`: 0 not begun, 1 begun, 2 ended, 3 begun again.",
            existing_comment="`parsing`: 0 not begun, 1 begun, 2 ended.",
        )
    op.drop_index("ix_proposals_run_behaviour", "proposals", if_exists=True)
    op.drop_index("ix_proposals_run_normal_form", "proposals", if_exists=True)
    if "behaviour" in {column["name"] for column in tables.get_columns("proposals")}:
        op.drop_column("proposals", "behaviour")

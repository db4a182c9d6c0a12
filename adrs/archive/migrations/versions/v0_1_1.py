"""Requests are packed against the first of their run; what nobody looks up is not kept twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0.1.1"
down_revision = "v0.1.0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change what a call and a proposal hold; nothing that is read is lost."""
    op.add_column("model_calls", sa.Column("base", sa.Integer(), nullable=True))
    if op.get_bind().dialect.supports_comments:
        op.create_table_comment(
            "model_calls",
            "`base`: the call that the request is packed against, or null. "
            "`parsing`: 0 not begun, 1 begun, 2 ended, 3 begun again.",
            existing_comment="`parsing`: 0 not begun, 1 begun, 2 ended.",
        )
    op.drop_index("ix_proposals_run_behaviour", "proposals")
    op.drop_index("ix_proposals_run_normal_form", "proposals")
    op.drop_column("proposals", "behaviour")

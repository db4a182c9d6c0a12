"""Alembic's entry: runs migrations on the connection that `adrs.archive.migrate` hands over."""

from __future__ import annotations

from alembic import context

from adrs.archive import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Alembic's entry: run on a connection that the caller gives (see ../migrate.py)."""

from alembic import context

from vivavoce.adapters.sql.migrate import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

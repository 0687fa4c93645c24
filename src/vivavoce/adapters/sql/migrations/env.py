"""Alembic's entry: run on a connection that the caller gives (see ../migrate.py)."""

from alembic import context

import vivavoce.adapters.sql.exam_tables
import vivavoce.adapters.sql.identity_tables
import vivavoce.adapters.sql.library_tables
import vivavoce.adapters.sql.rubric_tables  # noqa: F401  (all add their tables)
from vivavoce.adapters.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

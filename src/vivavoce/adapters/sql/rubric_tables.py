"""The tables of rubrics. Times are epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from vivavoce.adapters.sql.tables import metadata

#: The line of each rubric: what lists need of its newest version.
rubrics = sa.Table(
    "rubrics",
    metadata,
    sa.Column("rubric_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_rubrics_created", "created_at", "rubric_id"),
)

#: Every version, whole, as JSON.
rubric_versions = sa.Table(
    "rubric_versions",
    metadata,
    sa.Column("rubric_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
)

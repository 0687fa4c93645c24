"""The tables of what people keep to use again. Times are epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from vivavoce.adapters.sql.tables import metadata

#: The line of each set: what lists need of its newest version.
question_sets = sa.Table(
    "question_sets",
    metadata,
    sa.Column("question_set_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("question_count", sa.Integer, nullable=False),
    sa.Column("time_s", sa.Integer, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("archived_at", sa.BigInteger, nullable=False),
    sa.Index("idx_question_sets_created", "created_at", "question_set_id"),
    sa.Index("idx_question_sets_owner", "created_by", "created_at", "question_set_id"),
)

#: Every version, whole, as JSON.
question_set_versions = sa.Table(
    "question_set_versions",
    metadata,
    sa.Column("question_set_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
)

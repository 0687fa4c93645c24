"""question sets"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "question_sets",
        sa.Column("question_set_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("question_count", sa.Integer(), nullable=False),
        sa.Column("time_s", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("question_set_id"),
    )
    with op.batch_alter_table("question_sets", schema=None) as batch_op:
        batch_op.create_index("idx_question_sets_created", ["created_at", "question_set_id"], unique=False)
        batch_op.create_index("idx_question_sets_owner", ["created_by", "created_at", "question_set_id"], unique=False)

    op.create_table(
        "question_set_versions",
        sa.Column("question_set_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("question_set_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("question_set_versions")
    with op.batch_alter_table("question_sets", schema=None) as batch_op:
        batch_op.drop_index("idx_question_sets_owner")
        batch_op.drop_index("idx_question_sets_created")

    op.drop_table("question_sets")

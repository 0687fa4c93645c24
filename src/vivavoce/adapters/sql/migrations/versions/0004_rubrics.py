"""rubrics"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "rubrics",
        sa.Column("rubric_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rubric_id"),
    )
    with op.batch_alter_table("rubrics", schema=None) as batch_op:
        batch_op.create_index("idx_rubrics_created", ["created_at", "rubric_id"], unique=False)

    op.create_table(
        "rubric_versions",
        sa.Column("rubric_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("rubric_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("rubric_versions")
    with op.batch_alter_table("rubrics", schema=None) as batch_op:
        batch_op.drop_index("idx_rubrics_created")

    op.drop_table("rubrics")

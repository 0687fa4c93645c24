"""Scans that are read in the background"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_WAITING = "status = 'waiting'"
_OPEN = "status IN ('arriving', 'waiting', 'reading')"


def upgrade() -> None:
    op.create_table(
        "scans",
        sa.Column("scan_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("student_name", sa.Text(), nullable=False),
        sa.Column("class_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scan_id"),
    )
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.create_index("idx_scans_created", ["exam_id", "created_at", "scan_id"], unique=False)
        batch_op.create_index("idx_scans_student", ["student_id"], unique=False)
        batch_op.create_index(
            "idx_scans_waiting",
            ["created_at", "scan_id"],
            unique=False,
            sqlite_where=sa.text(_WAITING),
            postgresql_where=sa.text(_WAITING),
        )
        batch_op.create_index(
            "idx_scans_once",
            ["exam_id", "student_id"],
            unique=True,
            sqlite_where=sa.text(_OPEN),
            postgresql_where=sa.text(_OPEN),
        )


def downgrade() -> None:
    op.drop_table("scans")

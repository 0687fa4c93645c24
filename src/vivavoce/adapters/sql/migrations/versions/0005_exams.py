"""exams"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("idx_alerts_raised", ["exam_id", "raised_at", "alert_id"], unique=False)

    op.create_table(
        "appeals",
        sa.Column("appeal_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index("idx_appeals_exam", ["exam_id", "kind", "created_at", "appeal_id"], unique=False)
        batch_op.create_index("idx_appeals_response", ["response_id"], unique=False)
        batch_op.create_index("idx_appeals_student", ["student_id", "kind", "created_at", "appeal_id"], unique=False)

    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "response_id"),
    )
    with op.batch_alter_table("batch_items", schema=None) as batch_op:
        batch_op.create_index(
            "idx_batch_items_failed",
            ["batch_id", "response_id"],
            unique=False,
            sqlite_where=sa.text("status = 'failed'"),
            postgresql_where=sa.text("status = 'failed'"),
        )
        batch_op.create_index(
            "idx_batch_items_left",
            ["batch_id", "chunk", "question_id", "response_id"],
            unique=False,
            sqlite_where=sa.text("status IN ('queued', 'pending')"),
            postgresql_where=sa.text("status IN ('queued', 'pending')"),
        )

    op.create_table(
        "batches",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id"),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index("idx_batches_exam", ["exam_id", "created_at", "batch_id"], unique=False)
        batch_op.create_index("idx_batches_status", ["status", "created_at", "batch_id"], unique=False)

    op.create_table(
        "classes",
        sa.Column("class_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("class_id"),
    )
    with op.batch_alter_table("classes", schema=None) as batch_op:
        batch_op.create_index("idx_classes_created", ["created_at", "class_id"], unique=False)

    op.create_table(
        "exam_members",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "exam_id"),
    )
    op.create_table(
        "exams",
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("exam_id"),
    )
    with op.batch_alter_table("exams", schema=None) as batch_op:
        batch_op.create_index("idx_exams_created", ["created_at", "exam_id"], unique=False)

    op.create_table(
        "grades",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grade_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", sa.Float(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("grades", schema=None) as batch_op:
        batch_op.create_index(
            "idx_grades_once",
            ["batch_id", "submission_id", "question_id"],
            unique=True,
            sqlite_where=sa.text("batch_id <> ''"),
            postgresql_where=sa.text("batch_id <> ''"),
        )
        batch_op.create_index(
            "idx_grades_people",
            ["exam_id", "created_at"],
            unique=False,
            sqlite_where=sa.text("kind IN ('first', 'second', 'check', 'seed')"),
            postgresql_where=sa.text("kind IN ('first', 'second', 'check', 'seed')"),
        )
        batch_op.create_index("idx_grades_response", ["response_id"], unique=False)

    op.create_table(
        "questions",
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("exam_id", "question_id"),
    )
    op.create_table(
        "responses",
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("filled", sa.Text(), nullable=False),
        sa.Column("quality", sa.Float(), nullable=True),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("points", sa.Float(), nullable=True),
        sa.Column("ai_points", sa.Float(), nullable=True),
        sa.Column("human_points", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("seed_points", sa.Float(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("response_id"),
    )
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.create_index(
            "idx_responses_double",
            ["exam_id", "updated_at"],
            unique=False,
            sqlite_where=sa.text("human_points IS NOT NULL AND ai_points IS NOT NULL"),
            postgresql_where=sa.text("human_points IS NOT NULL AND ai_points IS NOT NULL"),
        )
        batch_op.create_index(
            "idx_responses_human",
            ["exam_id", "question_id", "updated_at"],
            unique=False,
            sqlite_where=sa.text("human_points IS NOT NULL"),
            postgresql_where=sa.text("human_points IS NOT NULL"),
        )
        batch_op.create_index("idx_responses_question", ["exam_id", "question_id", "response_id"], unique=False)
        batch_op.create_index(
            "idx_responses_seed",
            ["exam_id", "response_id"],
            unique=False,
            sqlite_where=sa.text("seed_points IS NOT NULL"),
            postgresql_where=sa.text("seed_points IS NOT NULL"),
        )
        batch_op.create_index("idx_responses_submission", ["submission_id"], unique=False)
        batch_op.create_index(
            "idx_responses_waiting",
            ["exam_id", "status", "response_id"],
            unique=False,
            sqlite_where=sa.text("status NOT IN ('ungraded', 'marked')"),
            postgresql_where=sa.text("status NOT IN ('ungraded', 'marked')"),
        )

    op.create_table(
        "students",
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("class_id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("student_id"),
    )
    with op.batch_alter_table("students", schema=None) as batch_op:
        batch_op.create_index("idx_students_class", ["class_id", "created_at", "student_id"], unique=False)
        batch_op.create_index("idx_students_created", ["created_at", "student_id"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("student_name", sa.Text(), nullable=False),
        sa.Column("class_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("overall_quality", sa.Float(), nullable=True),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id"),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index("idx_exam_student_time", ["exam_id", "student_id", "created_at"], unique=False)
        batch_op.create_index("idx_ocr_quality_time", ["overall_quality", "created_at"], unique=False)
        batch_op.create_index("idx_submissions_created", ["exam_id", "created_at", "submission_id"], unique=False)
        batch_op.create_index("idx_submissions_student", ["student_id", "created_at", "submission_id"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("avoid", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task_id"),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("idx_grading_status_time", ["status", "updated_at", "session_id"], unique=False)
        batch_op.create_index("idx_tasks_created", ["exam_id", "created_at", "task_id"], unique=False)
        batch_op.create_index(
            "idx_tasks_leased",
            ["exam_id", "assigned_to"],
            unique=False,
            sqlite_where=sa.text("status = 'leased'"),
            postgresql_where=sa.text("status = 'leased'"),
        )
        batch_op.create_index(
            "idx_tasks_next",
            ["exam_id", "priority", "task_id"],
            unique=False,
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
        )
        batch_op.create_index("idx_tasks_response", ["response_id"], unique=False)

    op.create_table(
        "user_activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("action_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("user_activity", schema=None) as batch_op:
        batch_op.create_index("idx_user_activity", ["user_id", "action_type", "created_at"], unique=False)

    op.create_table(
        "workers",
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker_id"),
    )


def downgrade() -> None:
    op.drop_table("workers")
    with op.batch_alter_table("user_activity", schema=None) as batch_op:
        batch_op.drop_index("idx_user_activity")

    op.drop_table("user_activity")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("idx_tasks_response")
        batch_op.drop_index(
            "idx_tasks_next", sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'")
        )
        batch_op.drop_index(
            "idx_tasks_leased", sqlite_where=sa.text("status = 'leased'"), postgresql_where=sa.text("status = 'leased'")
        )
        batch_op.drop_index("idx_tasks_created")
        batch_op.drop_index("idx_grading_status_time")

    op.drop_table("tasks")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index("idx_submissions_student")
        batch_op.drop_index("idx_submissions_created")
        batch_op.drop_index("idx_ocr_quality_time")
        batch_op.drop_index("idx_exam_student_time")

    op.drop_table("submissions")
    with op.batch_alter_table("students", schema=None) as batch_op:
        batch_op.drop_index("idx_students_created")
        batch_op.drop_index("idx_students_class")

    op.drop_table("students")
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_index(
            "idx_responses_waiting",
            sqlite_where=sa.text("status NOT IN ('ungraded', 'marked')"),
            postgresql_where=sa.text("status NOT IN ('ungraded', 'marked')"),
        )
        batch_op.drop_index("idx_responses_submission")
        batch_op.drop_index(
            "idx_responses_seed",
            sqlite_where=sa.text("seed_points IS NOT NULL"),
            postgresql_where=sa.text("seed_points IS NOT NULL"),
        )
        batch_op.drop_index("idx_responses_question")
        batch_op.drop_index(
            "idx_responses_human",
            sqlite_where=sa.text("human_points IS NOT NULL"),
            postgresql_where=sa.text("human_points IS NOT NULL"),
        )
        batch_op.drop_index(
            "idx_responses_double",
            sqlite_where=sa.text("human_points IS NOT NULL AND ai_points IS NOT NULL"),
            postgresql_where=sa.text("human_points IS NOT NULL AND ai_points IS NOT NULL"),
        )

    op.drop_table("responses")
    op.drop_table("questions")
    with op.batch_alter_table("grades", schema=None) as batch_op:
        batch_op.drop_index("idx_grades_response")
        batch_op.drop_index(
            "idx_grades_people",
            sqlite_where=sa.text("kind IN ('first', 'second', 'check', 'seed')"),
            postgresql_where=sa.text("kind IN ('first', 'second', 'check', 'seed')"),
        )
        batch_op.drop_index(
            "idx_grades_once", sqlite_where=sa.text("batch_id <> ''"), postgresql_where=sa.text("batch_id <> ''")
        )

    op.drop_table("grades")
    with op.batch_alter_table("exams", schema=None) as batch_op:
        batch_op.drop_index("idx_exams_created")

    op.drop_table("exams")
    op.drop_table("exam_members")
    with op.batch_alter_table("classes", schema=None) as batch_op:
        batch_op.drop_index("idx_classes_created")

    op.drop_table("classes")
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index("idx_batches_status")
        batch_op.drop_index("idx_batches_exam")

    op.drop_table("batches")
    with op.batch_alter_table("batch_items", schema=None) as batch_op:
        batch_op.drop_index(
            "idx_batch_items_left",
            sqlite_where=sa.text("status IN ('queued', 'pending')"),
            postgresql_where=sa.text("status IN ('queued', 'pending')"),
        )
        batch_op.drop_index(
            "idx_batch_items_failed",
            sqlite_where=sa.text("status = 'failed'"),
            postgresql_where=sa.text("status = 'failed'"),
        )

    op.drop_table("batch_items")
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.drop_index("idx_appeals_student")
        batch_op.drop_index("idx_appeals_response")
        batch_op.drop_index("idx_appeals_exam")

    op.drop_table("appeals")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index("idx_alerts_raised")

    op.drop_table("alerts")

"""The tables of grading. Times are epoch milliseconds; documents are JSON.

Responses, grades and tasks are the big ones: what lists and sweeps ask of them has an index, and partial indexes keep
what waits (tasks, double-marked responses) small beside what is done.
"""

from __future__ import annotations

import sqlalchemy as sa

from vivavoce.adapters.sql.tables import metadata


def _when(name: str, condition: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index of only the rows that meet `condition`, on either database."""
    where = sa.text(condition)
    return sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


exams = sa.Table(
    "exams",
    metadata,
    sa.Column("exam_id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("released", sa.Boolean, nullable=False),
    sa.Column("questions", sa.Integer, nullable=False),
    sa.Column("submissions", sa.Integer, nullable=False),
    sa.Column("responses", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("marked", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Index("idx_exams_created", "created_at", "exam_id"),
)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("exam_id", sa.Text, primary_key=True),
    sa.Column("question_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
)

exam_members = sa.Table(
    "exam_members",
    metadata,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("exam_id", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
)

submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("submission_id", sa.Text, primary_key=True),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("student_id", sa.Text, nullable=False),
    sa.Column("student_name", sa.Text, nullable=False),
    sa.Column("class_id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("overall_quality", sa.Float),
    sa.Column("responses", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_exam_student_time", "exam_id", "student_id", "created_at"),
    sa.Index("idx_submissions_created", "exam_id", "created_at", "submission_id"),
    sa.Index("idx_submissions_student", "student_id", "created_at", "submission_id"),
    sa.Index("idx_ocr_quality_time", "overall_quality", "created_at"),
)

responses = sa.Table(
    "responses",
    metadata,
    sa.Column("response_id", sa.Text, primary_key=True),
    sa.Column("submission_id", sa.Text, nullable=False),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("student_id", sa.Text, nullable=False),
    sa.Column("question_id", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("chosen", sa.Text, nullable=False),
    sa.Column("filled", sa.Text, nullable=False),
    sa.Column("quality", sa.Float),
    sa.Column("image", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("points", sa.Float),
    sa.Column("ai_points", sa.Float),
    sa.Column("human_points", sa.Float),
    sa.Column("confidence", sa.Float),
    sa.Column("seed_points", sa.Float),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("erased_at", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("idx_responses_submission", "submission_id"),
    sa.Index("idx_responses_question", "exam_id", "question_id", "response_id"),
    _when(
        "idx_responses_double",
        "human_points IS NOT NULL AND ai_points IS NOT NULL",
        "exam_id",
        "updated_at",
    ),
    _when("idx_responses_human", "human_points IS NOT NULL", "exam_id", "question_id", "updated_at"),
    _when("idx_responses_waiting", "status NOT IN ('ungraded', 'marked')", "exam_id", "status", "response_id"),
    _when("idx_responses_seed", "seed_points IS NOT NULL", "exam_id", "response_id"),
)

grades = sa.Table(
    "grades",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("grade_id", sa.Text, nullable=False),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("submission_id", sa.Text, nullable=False),
    sa.Column("response_id", sa.Text, nullable=False),
    sa.Column("question_id", sa.Text, nullable=False),
    sa.Column("student_id", sa.Text, nullable=False),
    sa.Column("batch_id", sa.Text, nullable=False),
    sa.Column("rater", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("points", sa.Float),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_grades_response", "response_id"),
    _when("idx_grades_once", "batch_id <> ''", "batch_id", "submission_id", "question_id", unique=True),
    _when("idx_grades_people", "kind IN ('first', 'second', 'check', 'seed')", "exam_id", "created_at"),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("task_id", sa.Text, primary_key=True),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("response_id", sa.Text, nullable=False),
    sa.Column("question_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("avoid", sa.Text, nullable=False),
    sa.Column("assigned_to", sa.Text, nullable=False),
    sa.Column("lease_until", sa.BigInteger, nullable=False),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Index("idx_grading_status_time", "status", "updated_at", "session_id"),
    sa.Index("idx_tasks_response", "response_id"),
    sa.Index("idx_tasks_created", "exam_id", "created_at", "task_id"),
    _when("idx_tasks_next", "status = 'open'", "exam_id", "priority", "task_id"),
    _when("idx_tasks_leased", "status = 'leased'", "exam_id", "assigned_to"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", sa.Text, primary_key=True),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("threshold", sa.Float, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("raised_at", sa.BigInteger, nullable=False),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("acknowledged_at", sa.BigInteger, nullable=False),
    sa.Column("resolved_at", sa.BigInteger, nullable=False),
    sa.Index("idx_alerts_raised", "exam_id", "raised_at", "alert_id"),
)

appeals = sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("submission_id", sa.Text, nullable=False),
    sa.Column("response_id", sa.Text, nullable=False),
    sa.Column("student_id", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("answered_by", sa.Text, nullable=False),
    sa.Column("answered_at", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_appeals_exam", "exam_id", "kind", "created_at", "appeal_id"),
    sa.Index("idx_appeals_student", "student_id", "kind", "created_at", "appeal_id"),
    sa.Index("idx_appeals_response", "response_id"),
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("batch_id", sa.Text, primary_key=True),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Index("idx_batches_exam", "exam_id", "created_at", "batch_id"),
    sa.Index("idx_batches_status", "status", "created_at", "batch_id"),
)

#: What a batch is to grade: one row a response, in chunks that one workflow grades.
batch_items = sa.Table(
    "batch_items",
    metadata,
    sa.Column("batch_id", sa.Text, primary_key=True),
    sa.Column("response_id", sa.Text, primary_key=True),
    sa.Column("question_id", sa.Text, nullable=False),
    sa.Column("chunk", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    _when("idx_batch_items_left", "status IN ('queued', 'pending')", "batch_id", "chunk", "question_id", "response_id"),
    _when("idx_batch_items_failed", "status = 'failed'", "batch_id", "response_id"),
)

#: Files that were handed in to be read; a student has one at a time in an exam.
scans = sa.Table(
    "scans",
    metadata,
    sa.Column("scan_id", sa.Text, primary_key=True),
    sa.Column("exam_id", sa.Text, nullable=False),
    sa.Column("student_id", sa.Text, nullable=False),
    sa.Column("student_name", sa.Text, nullable=False),
    sa.Column("class_id", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("given_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Index("idx_scans_created", "exam_id", "created_at", "scan_id"),
    sa.Index("idx_scans_student", "student_id"),
    _when("idx_scans_waiting", "status = 'waiting'", "created_at", "scan_id"),
    _when("idx_scans_once", "status IN ('arriving', 'waiting', 'reading')", "exam_id", "student_id", unique=True),
)

#: When each grading worker was last heard of.
workers = sa.Table(
    "workers",
    metadata,
    sa.Column("worker_id", sa.Text, primary_key=True),
    sa.Column("beat_at", sa.BigInteger, nullable=False),
)

user_activity = sa.Table(
    "user_activity",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("action_type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_user_activity", "user_id", "action_type", "created_at"),
)

classes = sa.Table(
    "classes",
    metadata,
    sa.Column("class_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_classes_created", "created_at", "class_id"),
)

students = sa.Table(
    "students",
    metadata,
    sa.Column("student_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("class_id", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("idx_students_created", "created_at", "student_id"),
    sa.Index("idx_students_class", "class_id", "created_at", "student_id"),
)

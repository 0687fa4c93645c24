"""How the rows of grading are written: one statement a kind, for `SqlEventLog` to run with the events they follow from.

Within a group the kinds are written in this order, so that what makes rows comes before what changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from vivavoce import exam_ports as p

Values = Callable[[Any], tuple[object, ...]]


def _insert(kind: type[msgspec.Struct], table: str, *key: str, keep: tuple[str, ...] = ()) -> str:
    """Insert, or set everything but the key and what is kept."""
    names = kind.__struct_fields__
    marks = ", ".join("?" * len(names))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in (*key, *keep))
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )


def _once(kind: type[msgspec.Struct], table: str) -> str:
    names = kind.__struct_fields__
    return f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608


_RESPONSES: Final = (*p.ResponseRow.__struct_fields__, "updated_at")
_INSERT_RESPONSE: Final = (
    f"INSERT OR IGNORE INTO responses ({', '.join(_RESPONSES)})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(_RESPONSES))})"
)
_OUTCOME: Final = (
    "UPDATE responses SET status = ?, points = ?, ai_points = ?, human_points = ?, confidence = ?, updated_at = ?"
    " WHERE response_id = ?"
)
_ITEMS: Final = (
    "INSERT OR IGNORE INTO batch_items (batch_id, response_id, question_id, chunk, status, reason, updated_at)"
    " SELECT ?1, response_id, question_id, question * 1000000 + (place - 1) / ?2, 'queued', '', 0 FROM ("
    "  SELECT r.response_id, r.question_id, q.key AS question,"
    "   row_number() OVER (PARTITION BY r.question_id ORDER BY r.response_id) AS place"
    "  FROM json_each(?3) q JOIN responses r ON r.exam_id = ?4 AND r.question_id = q.value"
    "  WHERE (?5 OR r.status = 'ungraded') AND r.erased_at = 0)"
    " WHERE ?6 = 0 OR place <= ?6"
)
_TASKS_OVER: Final = (
    "UPDATE tasks SET status = 'done', updated_at = ? WHERE response_id = ? AND status <> 'done' AND kind <> 'seed'"
)


def _items(row: Any) -> tuple[object, ...]:
    questions = msgspec.json.encode(row.question_ids).decode()
    return (row.batch_id, row.chunk, questions, row.exam_id, row.again, row.sample)


def _outcome(row: Any) -> tuple[object, ...]:
    return (
        row.status,
        row.points,
        row.ai_points,
        row.human_points,
        row.confidence,
        row.updated_at,
        row.response_id,
    )


def _twice_created(row: Any) -> tuple[object, ...]:
    values: tuple[object, ...] = msgspec.structs.astuple(row)
    return (*values, row.created_at)


_all: Final[Values] = msgspec.structs.astuple

STATEMENTS: Final[Mapping[type[msgspec.Struct], tuple[str, Values]]] = {
    p.ExamRow: (_insert(p.ExamRow, "exams", "exam_id", keep=("created_at", "created_by")), _all),
    p.QuestionRow: (_insert(p.QuestionRow, "questions", "exam_id", "question_id"), _all),
    p.ExamMemberRow: (_insert(p.ExamMemberRow, "exam_members", "user_id", "exam_id"), _all),
    p.SubmissionRow: (_once(p.SubmissionRow, "submissions"), _all),
    p.ResponseRow: (_INSERT_RESPONSE, _twice_created),
    p.GradeRow: (_once(p.GradeRow, "grades"), _all),
    p.OutcomeRow: (_OUTCOME, _outcome),
    p.ErasedRow: (
        "UPDATE responses SET status = 'erased', updated_at = ? WHERE response_id = ?",
        lambda row: (row.updated_at, row.response_id),
    ),
    p.SeedRow: (
        "UPDATE responses SET seed_points = ? WHERE response_id = ?",
        lambda row: (row.seed_points, row.response_id),
    ),
    p.TasksOver: (_TASKS_OVER, lambda row: (row.updated_at, row.response_id)),
    p.TaskRow: (_insert(p.TaskRow, "tasks", "task_id", keep=("created_at",)), _all),
    p.TaskDone: (
        "UPDATE tasks SET status = 'done', updated_at = ? WHERE task_id = ?",
        lambda row: (row.updated_at, row.task_id),
    ),
    p.AlertRow: (_insert(p.AlertRow, "alerts", "alert_id"), _all),
    p.AlertSeen: (
        "UPDATE alerts SET acknowledged_by = ?, acknowledged_at = ? WHERE alert_id = ?",
        lambda row: (row.acknowledged_by, row.acknowledged_at, row.alert_id),
    ),
    p.AlertOver: (
        "UPDATE alerts SET resolved_at = ? WHERE alert_id = ?",
        lambda row: (row.resolved_at, row.alert_id),
    ),
    p.AppealRow: (_insert(p.AppealRow, "appeals", "appeal_id", keep=("created_at",)), _all),
    p.AppealOver: (
        "UPDATE appeals SET status = ?, answer = ?, answered_by = ?, answered_at = ? WHERE appeal_id = ?",
        lambda row: (row.status, row.answer, row.answered_by, row.answered_at, row.appeal_id),
    ),
    p.BatchRow: (_insert(p.BatchRow, "batches", "batch_id", keep=("created_at", "created_by")), _all),
    p.ItemsWanted: (_ITEMS, _items),
    p.ItemDone: (
        "UPDATE batch_items SET status = ?, reason = ?, updated_at = ? WHERE batch_id = ? AND response_id = ?",
        lambda row: (row.status, row.reason, row.updated_at, row.batch_id, row.response_id),
    ),
    p.ItemsAgain: (
        "UPDATE batch_items SET status = 'queued', reason = '', updated_at = ?"
        " WHERE batch_id = ? AND status = 'failed'",
        lambda row: (row.updated_at, row.batch_id),
    ),
    p.ActivityRow: (
        "INSERT INTO user_activity (user_id, action_type, subject, created_at) VALUES (?, ?, ?, ?)",
        _all,
    ),
}

"""`python -m bench.grading.scale`: the common lists of grading beside a million responses, on a real SQLite file.

Prints p50 and p95 of each list and writes bench/results/grading-scale.json. `--responses N` for another number.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bench.core.__main__ import RESULTS, quantile
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.exams import SqlExamStore
from vivavoce.adapters.sql.grading import SqlBatchStore, SqlMarkingStore
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.exam_ports import Cursor, ExamFilter

TARGET_MS: Final = 50.0
QUESTIONS: Final = 5
EXAMS: Final = 200
_STUDENTS_OF: Final = 20_000
_CALLS: Final = 200
_PAGE: Final = 100
_INDEXES: Final = ("idx_exam_student_time", "idx_grading_status_time", "idx_ocr_quality_time", "idx_user_activity")

_FILL: Final = (
    "INSERT INTO exams (exam_id, title, created_by, created_at, released, questions, submissions, responses, waiting,"
    " marked, document) SELECT 'e' || value, 'Exam ' || value, 'ann', value, 1, :questions, 0, 0, 0, 0, '{}'"
    " FROM generate WHERE value < :exams",
    "INSERT INTO exam_members (user_id, exam_id, role) SELECT 'ann', 'e' || value, 'teacher' FROM generate"
    " WHERE value < :exams",
    "INSERT INTO questions (exam_id, question_id, version, document)"
    " SELECT 'e' || g.value, 'q' || q.value, 1, '{\"points\":2.0}' FROM generate g JOIN generate q"
    " ON q.value < :questions WHERE g.value < :exams",
    "INSERT INTO submissions (submission_id, exam_id, student_id, student_name, class_id, source, overall_quality,"
    " responses, created_at) SELECT 's' || value, 'e' || (value % :exams), 'student' || (value / :exams % :students),"
    " 'Name ' || value, 'c', 'typed', 1.0 - value % 100 / 100.0, :questions, value FROM generate"
    " WHERE value < :submissions",
    "INSERT INTO responses (response_id, submission_id, exam_id, student_id, question_id, text, chosen, filled,"
    " quality, image, status, points, ai_points, human_points, confidence, created_at, updated_at)"
    " SELECT 's' || g.value || '.q' || q.value, 's' || g.value, 'e' || (g.value % :exams),"
    " 'student' || (g.value / :exams % :students), 'q' || q.value, 'Ice is less dense than water, so it floats.',"
    " '[]', '[]', NULL, '', iif(g.value / :exams % 10, 'marked', 'to_mark'),"
    " iif(g.value / :exams % 10, 1.0, NULL), 1.0,"
    " iif(g.value / :exams % 50, NULL, 1.0), 0.9, g.value, g.value FROM generate g JOIN generate q"
    " ON q.value < :questions"
    " WHERE g.value < :submissions",
    "INSERT INTO tasks (task_id, exam_id, response_id, question_id, kind, status, priority, avoid, assigned_to,"
    " lease_until, session_id, created_at, updated_at) SELECT 't' || value, 'e' || (value % :exams),"
    " 's' || value || '.q0', 'q0', 'first', iif(value / :exams % 3, 'done', 'open'), 1000 + value % 1000, '', '', 0,"
    " '', value, value FROM generate WHERE value < :submissions",
    "INSERT INTO alerts (alert_id, exam_id, metric, about, value, threshold, level, raised_at, acknowledged_by,"
    " acknowledged_at, resolved_at) SELECT 'a' || value, 'e' || (value % :exams), 'errorRate', '', 0.1, 0.05,"
    " 'warning', value, '', 0, value / :exams % 5 FROM generate WHERE value < :exams * 200",
    "INSERT INTO batches (batch_id, exam_id, status, round, created_by, created_at, updated_at, document)"
    " SELECT 'b' || value, 'e' || (value % :exams), 'completed', 1, 'ann', value, value, '{}' FROM generate"
    " WHERE value < :exams * 100",
    "INSERT INTO user_activity (user_id, action_type, subject, created_at) SELECT 'user' || (value % 500),"
    " 'response_marked', 'exam:e1', value FROM generate WHERE value < :submissions",
)


def fill(path: Path, responses: int) -> None:
    """Rows as grading leaves them, made by the database itself."""
    submissions = responses // QUESTIONS
    values = {
        "exams": EXAMS,
        "questions": QUESTIONS,
        "submissions": submissions,
        "students": max(1, min(_STUDENTS_OF, submissions // EXAMS)),
    }
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TEMP TABLE generate (value INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO generate VALUES (?)", ((n,) for n in range(max(submissions, EXAMS * 200))))
    for statement in _FILL:
        connection.execute(statement, values)
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


async def measure(path: Path, responses: int) -> dict[str, Any]:
    database = Database(path)
    database.start()
    exams, batches, marking = SqlExamStore(database), SqlBatchStore(database), SqlMarkingStore(database)
    chance = random.Random(3)
    newest = responses // QUESTIONS

    def exam() -> str:
        return f"e{chance.randrange(EXAMS)}"

    def before() -> Cursor | None:
        return None if chance.random() < 0.5 else (chance.randrange(newest), "s")

    lists: dict[str, Callable[[], Awaitable[Any]]] = {
        "exams of a teacher": lambda: exams.exams(ExamFilter(user_id="ann", limit=_PAGE)),
        "submissions of an exam": lambda: exams.submissions(exam(), student_id=None, before=before(), limit=_PAGE),
        "a student's submission": lambda: exams.submissions(
            exam(), student_id=f"student{chance.randrange(100)}", before=None, limit=1
        ),
        "batches": lambda: batches.batches(exam(), status=None, before=None, limit=_PAGE),
        "alerts": lambda: exams.alerts(exam(), only_open=False, before=None, limit=_PAGE),
        "open alerts": lambda: exams.alerts(exam(), only_open=True, before=None, limit=_PAGE),
        "a student's results": lambda: exams.submissions_of_student(f"student{chance.randrange(100)}", None, _PAGE),
        "responses that wait": lambda: exams.responses_page(
            exam(), status="to_mark", question_id=None, after="", limit=_PAGE
        ),
        "tasks": lambda: marking.tasks(exam(), status="open", before=None, limit=_PAGE),
        "double-marked": lambda: marking.double_marked(exam(), 2_000),
        "activity of a person": lambda: marking.activity(f"user{chance.randrange(500)}", None, 1 << 60, _PAGE),
    }
    figures: dict[str, Any] = {}
    for name, call in lists.items():
        taken = []
        for _ in range(_CALLS):
            began = time.perf_counter()
            found = await call()
            taken.append((time.perf_counter() - began) * 1000)
        p95 = quantile(taken, 0.95)
        figures[name] = {
            "p50_ms": round(quantile(taken, 0.5), 2),
            "p95_ms": round(p95, 2),
            "rows": len(found),
            "met": p95 <= TARGET_MS,
        }
    sql = "SELECT name FROM sqlite_master WHERE type = 'index'"
    there = await database.read_raw(lambda c: {row[0] for row in c.execute(sql)})
    await database.stop()
    return {"lists": figures, "indexes": {name: name in there for name in _INDEXES}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=1_000_000)
    responses = parser.parse_args().responses
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vivavoce.db"
        migrate(path)
        fill(path, responses)
        found = asyncio.run(measure(path, responses))
    for name, figure in found["lists"].items():
        print(
            f"{name:<26} p50 {figure['p50_ms']:>8} ms  p95 {figure['p95_ms']:>8} ms  {figure['rows']:>5} rows"
            f"  target {TARGET_MS:g} ms  {'met' if figure['met'] else 'MISSED'}"
        )
    print(
        "indexes",
        ", ".join(f"{name}: {'there' if is_there else 'MISSING'}" for name, is_there in found["indexes"].items()),
    )
    if responses >= 1_000_000:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "grading-scale.json").write_text(json.dumps({"responses": responses, **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()

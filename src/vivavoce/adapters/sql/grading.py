"""Batches, the work of markers, and the roster, on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vivavoce import exam_ports as p
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.exams import as_json, names
from vivavoce.domain.exam.marks import task_id_of

_NEWEST: Final = (1 << 62, "")
_LEFT: Final = "status IN ('queued', 'pending')"
_TASK: Final = f"SELECT {names(p.TaskRow)} FROM tasks"  # noqa: S608


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw: Any = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


class SqlBatchStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def batch(self, batch_id: str) -> bytes | None:
        sql = "SELECT document FROM batches WHERE batch_id = ?"
        row = await self._database.read_raw(lambda c: c.execute(sql, (batch_id,)).fetchone())
        return None if row is None else row[0]

    async def batches(
        self, exam_id: str | None, *, status: str | None, before: p.Cursor | None, limit: int
    ) -> list[p.BatchRow]:
        where, values = ["(created_at, batch_id) < (?, ?)"], [*(before or _NEWEST)]
        for name, value in (("exam_id", exam_id), ("status", status)):
            if value is not None:
                where.append(f"{name} = ?")
                values.append(value)
        sql = (
            f"SELECT {names(p.BatchRow)} FROM batches WHERE {' AND '.join(where)}"  # noqa: S608
            " ORDER BY created_at DESC, batch_id DESC LIMIT ?"
        )
        return await _list(self._database, p.BatchRow, sql, (*values, limit))

    async def count_wanted(self, wanted: p.ItemsWanted) -> dict[str, int]:
        sql = (
            "SELECT r.question_id, count(*) FROM json_each(?) q"
            " JOIN responses r ON r.exam_id = ? AND r.question_id = q.value"
            " WHERE (? OR r.status = 'ungraded') AND r.erased_at = 0 GROUP BY r.question_id"
        )
        values = (as_json(wanted.question_ids), wanted.exam_id, wanted.again)
        counts = await self._database.read_raw(lambda c: dict(c.execute(sql, values).fetchall()))
        return {name: min(count, wanted.sample) if wanted.sample else count for name, count in counts.items()}

    async def open_chunks(self, batch_id: str) -> list[tuple[int, str]]:
        sql = f"SELECT DISTINCT chunk, question_id FROM batch_items WHERE batch_id = ? AND {_LEFT} ORDER BY chunk"  # noqa: S608
        return await self._database.read_raw(lambda c: [tuple(row) for row in c.execute(sql, (batch_id,))])

    async def chunk(self, batch_id: str, chunk: int, limit: int) -> p.ChunkItems:
        sql = (
            f"SELECT question_id, response_id FROM batch_items WHERE batch_id = ? AND chunk = ? AND {_LEFT}"  # noqa: S608
            " ORDER BY question_id, response_id LIMIT ?"
        )
        rows = await self._database.read_raw(lambda c: c.execute(sql, (batch_id, chunk, limit)).fetchall())
        return p.ChunkItems(rows[0][0] if rows else "", tuple(row[1] for row in rows))

    async def item_counts(self, batch_id: str) -> dict[str, int]:
        sql = "SELECT status, count(*) FROM batch_items WHERE batch_id = ? GROUP BY status"
        return await self._database.read_raw(lambda c: dict(c.execute(sql, (batch_id,)).fetchall()))

    async def failures(self, batch_id: str, after: str, limit: int) -> list[tuple[str, str]]:
        sql = (
            "SELECT response_id, reason FROM batch_items WHERE batch_id = ? AND status = 'failed' AND response_id > ?"
            " ORDER BY response_id LIMIT ?"
        )
        return await self._database.read_raw(lambda c: [tuple(row) for row in c.execute(sql, (batch_id, after, limit))])

    async def keep_pending(self, batch_id: str, response_ids: Sequence[str], now: int) -> None:
        sql = (
            "UPDATE batch_items SET status = 'pending', updated_at = ? WHERE batch_id = ? AND status = 'queued'"
            " AND response_id IN (SELECT value FROM json_each(?))"
        )
        await self._database.write(lambda c: _raw(c).execute(sql, (now, batch_id, as_json(response_ids))))

    async def beat(self, worker_id: str, now: int) -> None:
        sql = (
            "INSERT INTO workers (worker_id, beat_at) VALUES (?, ?)"
            " ON CONFLICT (worker_id) DO UPDATE SET beat_at = excluded.beat_at"
        )
        await self._database.write(lambda c: _raw(c).execute(sql, (worker_id, now)))

    async def workers(self) -> dict[str, int]:
        sql = "SELECT worker_id, beat_at FROM workers"
        return await self._database.read_raw(lambda c: dict(c.execute(sql).fetchall()))

    async def forget_worker(self, worker_id: str) -> None:
        sql = "DELETE FROM workers WHERE worker_id = ?"
        await self._database.write(lambda c: _raw(c).execute(sql, (worker_id,)))


class SqlMarkingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, wanted: p.Claim) -> p.TaskRow | None:
        return await self._database.write(lambda c: _claim(_raw(c), wanted))

    async def task(self, task_id: str) -> p.TaskRow | None:
        found = await _list(self._database, p.TaskRow, f"{_TASK} WHERE task_id = ?", (task_id,))
        return found[0] if found else None

    async def has_task(self, user_id: str, response_id: str) -> bool:
        sql = "SELECT 1 FROM tasks WHERE response_id = ? AND assigned_to = ? AND status <> 'open'"
        return await self._database.read_raw(lambda c: c.execute(sql, (response_id, user_id)).fetchone() is not None)

    async def extend(self, task_id: str, user_id: str, until: int) -> bool:
        sql = "UPDATE tasks SET lease_until = ? WHERE task_id = ? AND assigned_to = ? AND status = 'leased'"
        return await self._database.write(lambda c: _raw(c).execute(sql, (until, task_id, user_id)).rowcount > 0)

    async def give_back(self, task_id: str, user_id: str, now: int) -> None:
        sql = (
            "UPDATE tasks SET status = 'open', assigned_to = '', lease_until = 0, updated_at = ?"
            " WHERE task_id = ? AND assigned_to = ? AND status = 'leased' AND kind <> 'seed'"
        )
        await self._database.write(lambda c: _raw(c).execute(sql, (now, task_id, user_id)))

    async def tasks(
        self, exam_id: str, *, status: p.TaskStatus | None, before: p.Cursor | None, limit: int
    ) -> list[p.TaskRow]:
        where = "exam_id = ? AND kind <> 'seed' AND (created_at, task_id) < (?, ?)"
        values: list[object] = [exam_id, *(before or _NEWEST)]
        if status is not None:
            where += " AND status = ?"
            values.append(status)
        sql = f"{_TASK} WHERE {where} ORDER BY created_at DESC, task_id DESC LIMIT ?"
        return await _list(self._database, p.TaskRow, sql, (*values, limit))

    async def activity(self, user_id: str, action_type: str | None, before: int, limit: int) -> list[p.ActivityRow]:
        where = "user_id = ? AND created_at < ?"
        values: list[object] = [user_id, before]
        if action_type is not None:
            where += " AND action_type = ?"
            values.append(action_type)
        sql = (
            f"SELECT {names(p.ActivityRow)} FROM user_activity WHERE {where}"  # noqa: S608
            " ORDER BY created_at DESC LIMIT ?"
        )
        return await _list(self._database, p.ActivityRow, sql, (*values, limit))

    async def double_marked(self, exam_id: str, limit: int) -> list[p.DoubleMark]:
        sql = (
            "SELECT question_id, ai_points, human_points FROM responses WHERE exam_id = ?"
            " AND human_points IS NOT NULL AND ai_points IS NOT NULL ORDER BY updated_at DESC LIMIT ?"
        )
        return await self._database.read_raw(lambda c: [p.DoubleMark(*row) for row in c.execute(sql, (exam_id, limit))])

    async def rater_marks(self, exam_id: str, limit: int) -> list[p.RaterMark]:
        sql = (
            "SELECT g.rater, g.question_id, g.points, coalesce(r.seed_points, r.ai_points), g.created_at FROM grades g"
            " JOIN responses r ON r.response_id = g.response_id"
            " WHERE g.exam_id = ? AND g.kind IN ('first', 'second', 'check', 'seed')"
            " AND coalesce(r.seed_points, r.ai_points) IS NOT NULL ORDER BY g.created_at DESC LIMIT ?"
        )
        return await self._database.read_raw(lambda c: [p.RaterMark(*row) for row in c.execute(sql, (exam_id, limit))])


def _claim(c: sqlite3.Connection, w: p.Claim) -> p.TaskRow | None:
    own = c.execute(
        "SELECT task_id FROM tasks WHERE exam_id = ? AND status = 'leased' AND assigned_to = ? AND lease_until > ?",
        (w.exam_id, w.user_id, w.now),
    ).fetchone()
    c.execute(
        "UPDATE tasks SET status = 'open', assigned_to = '', lease_until = 0, updated_at = ?"
        " WHERE exam_id = ? AND status = 'leased' AND lease_until <= ? AND kind <> 'seed'",
        (w.now, w.exam_id, w.now),
    )
    task_id = own[0] if own else (_seed(c, w) if w.seed else None) or _next(c, w)
    if task_id is None:
        return None
    c.execute(
        "UPDATE tasks SET status = 'leased', assigned_to = ?, session_id = ?, lease_until = ?, updated_at = ?"
        " WHERE task_id = ?",
        (w.user_id, w.session_id, w.now + w.lease_ms, w.now, task_id),
    )
    row = c.execute(f"{_TASK} WHERE task_id = ?", (task_id,)).fetchone()
    return p.TaskRow(**dict(zip(p.TaskRow.__struct_fields__, row, strict=True)))


def _next(c: sqlite3.Connection, w: p.Claim) -> str | None:
    where, values = "", []
    if w.question_id is not None:
        where, values = " AND question_id = ?", [w.question_id]
    row = c.execute(
        "SELECT task_id FROM tasks WHERE exam_id = ? AND status = 'open' AND avoid <> ?"  # noqa: S608
        f" AND (? OR kind <> 'moderated'){where} ORDER BY priority, task_id LIMIT 1",
        (w.exam_id, w.user_id, w.moderates, *values),
    ).fetchone()
    return None if row is None else str(row[0])


def _seed(c: sqlite3.Connection, w: p.Claim) -> str | None:
    """Make the task of a seed item that this person has not marked, nor been given."""
    rows = c.execute(
        "SELECT r.response_id, r.question_id FROM responses r WHERE r.exam_id = ?1 AND r.seed_points IS NOT NULL"
        " AND r.erased_at = 0"
        " AND (?2 IS NULL OR r.question_id = ?2)"
        " AND NOT EXISTS (SELECT 1 FROM grades g WHERE g.response_id = r.response_id AND g.rater = ?3)"
        " ORDER BY r.response_id LIMIT 20",
        (w.exam_id, w.question_id, w.user_id),
    ).fetchall()
    for response_id, question_id in rows:
        task_id = task_id_of(response_id, "seed", w.user_id)
        values = (task_id, w.exam_id, response_id, question_id, "seed", "open", 0, "", "", 0, "", w.now, w.now)
        c.execute(
            f"INSERT OR IGNORE INTO tasks ({names(p.TaskRow)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
            values,
        )
        return task_id
    return None


class SqlRoster:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_students(self, students: Sequence[p.StudentRow]) -> None:
        sql = (
            f"INSERT INTO students ({names(p.StudentRow)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
            " ON CONFLICT (student_id) DO UPDATE SET name = excluded.name, class_id = excluded.class_id"
        )
        rows = [msgspec.structs.astuple(student) for student in students]
        await self._database.write(lambda c: _raw(c).executemany(sql, rows))

    async def students(
        self, *, class_id: str | None, query: str, before: p.Cursor | None, limit: int
    ) -> list[p.StudentRow]:
        where, values = ["(created_at, student_id) < (?, ?)"], [*(before or _NEWEST)]
        if class_id is not None:
            where.append("class_id = ?")
            values.append(class_id)
        if query:
            where.append("name LIKE ?")
            values.append(f"%{query}%")
        sql = (
            f"SELECT {names(p.StudentRow)} FROM students WHERE {' AND '.join(where)}"  # noqa: S608
            " ORDER BY created_at DESC, student_id DESC LIMIT ?"
        )
        return await _list(self._database, p.StudentRow, sql, (*values, limit))

    async def remove_student(self, student_id: str) -> bool:
        sql = "DELETE FROM students WHERE student_id = ?"
        return await self._database.write(lambda c: _raw(c).execute(sql, (student_id,)).rowcount > 0)

    async def put_class(self, class_row: p.ClassRow) -> bool:
        sql = f"INSERT OR IGNORE INTO classes ({names(p.ClassRow)}) VALUES (?, ?, ?, ?)"  # noqa: S608
        values = msgspec.structs.astuple(class_row)
        return await self._database.write(lambda c: _raw(c).execute(sql, values).rowcount > 0)

    async def classes(self, before: p.Cursor | None, limit: int) -> list[p.ClassRow]:
        sql = (
            f"SELECT {names(p.ClassRow)} FROM classes WHERE (created_at, class_id) < (?, ?)"  # noqa: S608
            " ORDER BY created_at DESC, class_id DESC LIMIT ?"
        )
        return await _list(self._database, p.ClassRow, sql, (*(before or _NEWEST), limit))


async def _list(database: Database, kind: type[Any], sql: str, values: Sequence[object]) -> list[Any]:
    fields = kind.__struct_fields__
    return await database.read_raw(
        lambda c: [kind(**dict(zip(fields, row, strict=True))) for row in c.execute(sql, values)]
    )

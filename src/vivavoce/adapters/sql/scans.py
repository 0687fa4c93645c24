"""Scans and how far their reading is, on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vivavoce import exam_ports as p
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.exams import names

_FIELDS: Final = p.ScanRow.__struct_fields__
_SCAN: Final = f"SELECT {names(p.ScanRow)} FROM scans"  # noqa: S608
_INSERT: Final = f"INSERT OR IGNORE INTO scans ({names(p.ScanRow)}) VALUES ({', '.join('?' * len(_FIELDS))})"  # noqa: S608
_BEGIN: Final = (
    "UPDATE scans SET status = 'reading', tries = tries + 1, updated_at = ? WHERE scan_id ="  # noqa: S608
    " (SELECT scan_id FROM scans WHERE status = 'waiting' ORDER BY created_at, scan_id LIMIT 1)"
    f" RETURNING {names(p.ScanRow)}"
)
_NEWEST: Final = (1 << 62, "")


class SqlScanStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scan: p.ScanRow) -> bool:
        def work(connection: sa.Connection) -> bool:
            cursor = _cursor(connection)
            cursor.execute(
                "DELETE FROM scans WHERE exam_id = ? AND student_id = ? AND status = 'failed'",
                (scan.exam_id, scan.student_id),
            )
            return cursor.execute(_INSERT, msgspec.structs.astuple(scan)).rowcount > 0

        return await self._database.write(work)

    async def arrived(self, scan_id: str, now: int) -> bool:
        sql = "UPDATE scans SET status = 'waiting', updated_at = ? WHERE scan_id = ? AND status = 'arriving'"
        return await self._changed(sql, (now, scan_id))

    async def scan(self, scan_id: str) -> p.ScanRow | None:
        found = await self._list(f"{_SCAN} WHERE scan_id = ?", (scan_id,))
        return found[0] if found else None

    async def scans(self, exam_id: str, before: p.Cursor | None, limit: int) -> list[p.ScanRow]:
        sql = (
            f"{_SCAN} WHERE exam_id = ? AND (created_at, scan_id) < (?, ?) AND status <> 'arriving'"
            " ORDER BY created_at DESC, scan_id DESC LIMIT ?"
        )
        return await self._list(sql, (exam_id, *(before or _NEWEST), limit))

    async def scans_of(self, student_id: str) -> list[p.ScanRow]:
        return await self._list(f"{_SCAN} WHERE student_id = ? ORDER BY created_at, scan_id", (student_id,))

    async def begin(self, now: int) -> p.ScanRow | None:
        def work(connection: sa.Connection) -> p.ScanRow | None:
            rows = _cursor(connection).execute(_BEGIN, (now,)).fetchall()
            return _made(rows[0]) if rows else None

        return await self._database.write(work)

    async def put_back(self, scan_id: str, tries: int, now: int) -> None:
        sql = "UPDATE scans SET status = 'waiting', tries = ?, updated_at = ? WHERE scan_id = ? AND status = 'reading'"
        await self._changed(sql, (tries, now, scan_id))

    async def end(self, scan_id: str, status: p.ScanStatus, outcome: str, now: int) -> None:
        sql = "UPDATE scans SET status = ?, outcome = ?, updated_at = ? WHERE scan_id = ?"
        await self._changed(sql, (status, outcome, now, scan_id))

    async def take_up(self, now: int) -> list[str]:
        def work(connection: sa.Connection) -> list[str]:
            cursor = _cursor(connection)
            cursor.execute("UPDATE scans SET status = 'waiting', updated_at = ? WHERE status = 'reading'", (now,))
            return [row[0] for row in cursor.execute("SELECT scan_id FROM scans WHERE status = 'arriving'")]

        return await self._database.write(work)

    async def remove(self, scan_id: str) -> None:
        await self._changed("DELETE FROM scans WHERE scan_id = ?", (scan_id,))

    async def drop(self, exam_id: str, scan_id: str) -> bool:
        sql = "DELETE FROM scans WHERE scan_id = ? AND exam_id = ? AND status IN ('waiting', 'failed')"
        return await self._changed(sql, (scan_id, exam_id))

    async def _changed(self, sql: str, values: Sequence[object]) -> bool:
        return await self._database.write(lambda c: _cursor(c).execute(sql, values).rowcount > 0)

    async def _list(self, sql: str, values: Sequence[object]) -> list[p.ScanRow]:
        return await self._database.read_raw(lambda c: [_made(row) for row in c.execute(sql, values)])


def _cursor(connection: sa.Connection) -> sqlite3.Cursor:
    cursor: Any = connection.connection.cursor()
    assert isinstance(cursor, sqlite3.Cursor)
    return cursor


def _made(row: Sequence[Any]) -> p.ScanRow:
    return p.ScanRow(**dict(zip(_FIELDS, row, strict=True)))

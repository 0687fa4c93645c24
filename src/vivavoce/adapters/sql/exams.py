"""Exams, responses and what lists show of them, on SQLite. The rows are written by the event log (`exam_rows`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vivavoce import exam_ports as p
from vivavoce.adapters.sql.database import Database
from vivavoce.domain.exam.events import WORDS_IN_MARKS
from vivavoce.domain.exam.marks import Mark, Response, ResponseStatus

_decode_mark: Final = msgspec.json.Decoder(Mark).decode
_decode_list: Final = msgspec.json.Decoder(tuple[str, ...]).decode
_NEWEST: Final = (1 << 62, "")


def names(kind: type[msgspec.Struct], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name in kind.__struct_fields__)


def as_json(values: Sequence[str]) -> str:
    return msgspec.json.encode(list(values)).decode()


_EXAMS: Final = f"SELECT {names(p.ExamRow)} FROM exams"  # noqa: S608
_SUBMISSION: Final = f"SELECT {names(p.SubmissionRow)} FROM submissions WHERE submission_id = ?"  # noqa: S608
_LISTED: Final = (
    f"SELECT {names(p.SubmissionRow, 's.')},"  # noqa: S608
    " (SELECT count(*) FROM responses r WHERE r.submission_id = s.submission_id AND r.status = 'marked'),"
    " (SELECT coalesce(sum(r.points), 0) FROM responses r WHERE r.submission_id = s.submission_id)"
    " FROM submissions s"
)
_OWN: Final = (
    f"{_LISTED.replace(' FROM submissions s', '')}, e.title,"  # noqa: S608
    " (SELECT coalesce(sum(coalesce(json_extract(CAST(q.document AS TEXT), '$.points'), 1.0)), 0.0)"
    "  FROM questions q WHERE q.exam_id = s.exam_id AND q.document <> '')"
    " FROM submissions s JOIN exams e ON e.exam_id = s.exam_id AND e.released"
    " WHERE s.student_id = ? AND (s.created_at, s.submission_id) < (?, ?)"
    " ORDER BY s.created_at DESC, s.submission_id DESC LIMIT ?"
)
_RESPONSE: Final = "response_id, submission_id, student_id, question_id, status, points, seed_points, erased_at"
_GIVEN: Final = f"SELECT {_RESPONSE}, exam_id, text, chosen, filled, quality, image, created_at FROM responses"  # noqa: S608
_WORDS: Final = ", ".join(f"'$.{word}'" for word in WORDS_IN_MARKS)
_ERASED: Final = "submission_id IN (SELECT value FROM json_each(:ids))"
#: What a submission's rows keep when its words are taken out of them; `domain.exam.events` says which words of a mark.
_ERASE: Final = (
    f"UPDATE submissions SET student_name = '' WHERE {_ERASED}",  # noqa: S608
    "UPDATE responses SET text = '', chosen = '[]', filled = '[]', image = '', erased_at = :at"  # noqa: S608
    f" WHERE {_ERASED} AND erased_at = 0",
    "UPDATE grades SET document = CAST(json_remove(CAST(document AS TEXT),"  # noqa: S608
    f" {_WORDS}) AS BLOB) WHERE {_ERASED}",
    f"UPDATE appeals SET text = '', answer = '' WHERE {_ERASED}",  # noqa: S608
    "UPDATE tasks SET status = 'done', updated_at = :at WHERE status <> 'done' AND response_id IN"  # noqa: S608
    f" (SELECT response_id FROM responses WHERE {_ERASED})",
)
_AMONG: Final = " WHERE response_id IN (SELECT value FROM json_each(?))"


class SqlExamStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def exam(self, exam_id: str) -> p.StoredExam | None:
        def work(c: sqlite3.Cursor) -> p.StoredExam | None:
            row = c.execute("SELECT document FROM exams WHERE exam_id = ?", (exam_id,)).fetchone()
            if row is None:
                return None
            found = c.execute(
                "SELECT document FROM questions WHERE exam_id = ? AND document <> '' ORDER BY rowid", (exam_id,)
            )
            return p.StoredExam(row[0], tuple(question[0] for question in found))

        return await self._database.read_raw(work)

    async def exams(self, wanted: p.ExamFilter) -> list[p.ExamRow]:
        where, values = ["(created_at, exam_id) < (?, ?)"], [*(wanted.before or _NEWEST)]
        if wanted.user_id is not None and wanted.exam_ids != ("*",):
            where.append(
                "exam_id IN (SELECT exam_id FROM exam_members WHERE user_id = ? AND role <> ''"
                " UNION SELECT value FROM json_each(?))"
            )
            values += [wanted.user_id, as_json(wanted.exam_ids)]
        if wanted.query:
            where.append("title LIKE ?")
            values.append(f"%{wanted.query}%")
        sql = f"{_EXAMS} WHERE {' AND '.join(where)} ORDER BY created_at DESC, exam_id DESC LIMIT ?"
        return await self._list(p.ExamRow, sql, (*values, wanted.limit))

    async def submission(self, submission_id: str) -> p.SubmissionRow | None:
        found = await self._list(p.SubmissionRow, _SUBMISSION, (submission_id,))
        return found[0] if found else None

    async def submissions(
        self, exam_id: str, *, student_id: str | None, before: p.Cursor | None, limit: int
    ) -> list[p.ListedSubmission]:
        where, values = "s.exam_id = ?", [exam_id]
        if student_id is not None:
            where, values = "s.exam_id = ? AND s.student_id = ?", [exam_id, student_id]
        return await self._submissions(where, values, before, limit)

    async def submissions_of_student(self, student_id: str, before: p.Cursor | None, limit: int) -> list[p.OwnResult]:
        def work(c: sqlite3.Cursor) -> list[p.OwnResult]:
            return [
                p.OwnResult(
                    listed=p.ListedSubmission(row=_made(p.SubmissionRow, row[:-4]), marked=row[-4], points=row[-3]),
                    exam_title=row[-2],
                    max_points=row[-1],
                )
                for row in c.execute(_OWN, (student_id, *(before or _NEWEST), limit))
            ]

        return await self._database.read_raw(work)

    async def submissions_by(self, student_id: str) -> list[tuple[str, str]]:
        sql = "SELECT exam_id, submission_id FROM submissions WHERE student_id = ? ORDER BY created_at, submission_id"
        return await self._database.read_raw(lambda c: [tuple(row) for row in c.execute(sql, (student_id,))])

    async def erase(self, submission_ids: Sequence[str], at: int) -> None:
        values = {"ids": as_json(submission_ids), "at": at}

        def work(connection: sa.Connection) -> None:
            cursor = connection.connection.cursor()
            for statement in _ERASE:
                cursor.execute(statement, values)

        await self._database.write(work)

    async def _submissions(
        self, where: str, values: list[str], before: p.Cursor | None, limit: int
    ) -> list[p.ListedSubmission]:
        sql = (
            f"{_LISTED} WHERE {where} AND (s.created_at, s.submission_id) < (?, ?)"
            " ORDER BY s.created_at DESC, s.submission_id DESC LIMIT ?"
        )
        parameters = (*values, *(before or _NEWEST), limit)

        def work(c: sqlite3.Cursor) -> list[p.ListedSubmission]:
            return [
                p.ListedSubmission(row=_made(p.SubmissionRow, row[:-2]), marked=row[-2], points=row[-1])
                for row in c.execute(sql, parameters)
            ]

        return await self._database.read_raw(work)

    async def known_submissions(
        self, exam_id: str, submission_ids: Sequence[str], student_ids: Sequence[str]
    ) -> set[str]:
        sql = (
            "SELECT submission_id FROM submissions WHERE submission_id IN (SELECT value FROM json_each(?))"
            " UNION SELECT student_id FROM submissions WHERE exam_id = ?"
            " AND student_id IN (SELECT value FROM json_each(?))"
        )
        values = (as_json(submission_ids), exam_id, as_json(student_ids))
        return await self._database.read_raw(lambda c: {row[0] for row in c.execute(sql, values)})

    async def responses(self, response_ids: Sequence[str]) -> dict[str, Response]:
        ids = as_json(response_ids)

        def work(c: sqlite3.Cursor) -> dict[str, Response]:
            rows = c.execute(f"SELECT {_RESPONSE} FROM responses{_AMONG}", (ids,)).fetchall()  # noqa: S608
            marks = _marks(c, ids)
            return {row[0]: _response(row, marks) for row in rows}

        return await self._database.read_raw(work)

    async def given(self, response_ids: Sequence[str]) -> list[p.GivenResponse]:
        return await self._given(_AMONG, (as_json(response_ids),))

    async def given_of(self, submission_ids: Sequence[str]) -> list[p.GivenResponse]:
        among = " WHERE submission_id IN (SELECT value FROM json_each(?)) ORDER BY rowid"
        return await self._given(among, (as_json(submission_ids),))

    async def points_of(self, submission_ids: Sequence[str]) -> dict[str, dict[str, float | None]]:
        sql = (
            "SELECT submission_id, question_id, points FROM responses"
            " WHERE submission_id IN (SELECT value FROM json_each(?))"
        )

        def work(c: sqlite3.Cursor) -> dict[str, dict[str, float | None]]:
            found: dict[str, dict[str, float | None]] = {}
            for submission_id, question_id, points in c.execute(sql, (as_json(submission_ids),)):
                found.setdefault(submission_id, {})[question_id] = points
            return found

        return await self._database.read_raw(work)

    async def responses_page(
        self, exam_id: str, *, status: ResponseStatus | None, question_id: str | None, after: str, limit: int
    ) -> list[p.GivenResponse]:
        where, values = " WHERE exam_id = ?", [exam_id]
        if status is not None:
            where += " AND status = ?"
            values.append(status)
            if status not in ("ungraded", "marked"):  # lets the index of what waits be used
                where += " AND status NOT IN ('ungraded', 'marked')"
        if question_id is not None:
            where += " AND question_id = ?"
            values.append(question_id)
        return await self._given(f"{where} AND response_id > ? ORDER BY response_id LIMIT ?", (*values, after, limit))

    async def _given(self, rest: str, values: Sequence[object]) -> list[p.GivenResponse]:
        def work(c: sqlite3.Cursor) -> list[p.GivenResponse]:
            rows = c.execute(_GIVEN + rest, values).fetchall()
            marks = _marks(c, as_json([row[0] for row in rows]))
            return [
                p.GivenResponse(
                    response=_response(row[:8], marks),
                    exam_id=row[8],
                    text=row[9],
                    chosen=_decode_list(row[10]),
                    filled=_decode_list(row[11]),
                    quality=row[12],
                    image=row[13],
                    created_at=row[14],
                )
                for row in rows
            ]

        return await self._database.read_raw(work)

    async def human_marks(self, exam_id: str, question_id: str, limit: int) -> list[p.HumanPoints]:
        sql = (
            "SELECT response_id, text, CASE WHEN status = 'marked' THEN points ELSE human_points END FROM responses"
            " WHERE exam_id = ? AND question_id = ? AND human_points IS NOT NULL AND erased_at = 0"
            " ORDER BY updated_at DESC LIMIT ?"
        )
        values = (exam_id, question_id, limit)
        return await self._database.read_raw(lambda c: [p.HumanPoints(*row) for row in c.execute(sql, values)])

    async def human_marks_beside(
        self, exam_id: str, question_ids: Sequence[str], limit: int
    ) -> dict[str, list[p.HumanPoints]]:
        # Question by question, so that what is read does not grow with the marks there are.
        sql = (
            "SELECT r.question_id, r.response_id, r.text,"
            " CASE WHEN r.status = 'marked' THEN r.points ELSE r.human_points END"
            " FROM json_each(?) AS wanted JOIN responses AS r ON r.response_id IN (SELECT response_id FROM responses"
            " WHERE exam_id = ? AND question_id = wanted.value AND human_points IS NOT NULL AND erased_at = 0"
            " ORDER BY updated_at DESC LIMIT ?) ORDER BY wanted.key, r.updated_at DESC"
        )
        values = (msgspec.json.encode(question_ids).decode(), exam_id, limit)

        def work(c: sqlite3.Cursor) -> dict[str, list[p.HumanPoints]]:
            found: dict[str, list[p.HumanPoints]] = {}
            for question_id, *row in c.execute(sql, values):
                found.setdefault(question_id, []).append(p.HumanPoints(*row))
            return found

        return await self._database.read_raw(work)

    async def alerts(self, exam_id: str, *, only_open: bool, before: p.Cursor | None, limit: int) -> list[p.AlertRow]:
        sql = (
            f"SELECT {names(p.AlertRow)} FROM alerts WHERE exam_id = ? AND (raised_at, alert_id) < (?, ?)"  # noqa: S608
            f"{' AND resolved_at = 0' if only_open else ''} ORDER BY raised_at DESC, alert_id DESC LIMIT ?"
        )
        return await self._list(p.AlertRow, sql, (exam_id, *(before or _NEWEST), limit))

    async def appeals(
        self,
        *,
        exam_id: str | None,
        student_id: str | None,
        kind: str,
        status: str | None,
        before: p.Cursor | None,
        limit: int,
    ) -> list[p.AppealRow]:
        where, values = ["kind = ?", "(created_at, appeal_id) < (?, ?)"], [kind, *(before or _NEWEST)]
        for name, value in (("exam_id", exam_id), ("student_id", student_id), ("status", status)):
            if value is not None:
                where.append(f"{name} = ?")
                values.append(value)
        sql = (
            f"SELECT {names(p.AppealRow)} FROM appeals WHERE {' AND '.join(where)}"  # noqa: S608
            " ORDER BY created_at DESC, appeal_id DESC LIMIT ?"
        )
        return await self._list(p.AppealRow, sql, (*values, limit))

    async def appeal(self, appeal_id: str) -> p.AppealRow | None:
        sql = f"SELECT {names(p.AppealRow)} FROM appeals WHERE appeal_id = ?"  # noqa: S608
        found = await self._list(p.AppealRow, sql, (appeal_id,))
        return found[0] if found else None

    async def open_appeal_of(self, response_id: str) -> bool:
        sql = "SELECT 1 FROM appeals WHERE response_id = ? AND kind = 'appeal' AND status = 'open'"
        return await self._database.read_raw(lambda c: c.execute(sql, (response_id,)).fetchone() is not None)

    async def _list(self, kind: type[Any], sql: str, values: Sequence[object]) -> list[Any]:
        return await self._database.read_raw(lambda c: [_made(kind, row) for row in c.execute(sql, values)])


def _made(kind: type[Any], row: Sequence[object]) -> Any:
    return kind(**dict(zip(kind.__struct_fields__, row, strict=True)))


def _marks(c: sqlite3.Cursor, ids: str) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    rows = c.execute(f"SELECT response_id, document FROM grades{_AMONG} ORDER BY id", (ids,))  # noqa: S608
    for response_id, document in rows:
        found.setdefault(response_id, []).append(_decode_mark(document))
    return found


def _response(row: Sequence[Any], marks: dict[str, list[Mark]]) -> Response:
    return Response(
        response_id=row[0],
        submission_id=row[1],
        student_id=row[2],
        question_id=row[3],
        status=row[4],
        points=row[5],
        seed_points=row[6],
        erased=bool(row[7]),
        marks=tuple(marks.get(row[0], ())),
    )

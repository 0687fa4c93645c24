"""Submissions coming in: as JSON, or as CSV with a line for each student; every mistake is named by its row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError, conflict, invalid
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import SUBMISSIONS_AT_ONCE, TEXT_LIMIT, ExamState
from vivavoce.domain.exam.questions import Question
from vivavoce.grading.exams import RunningExam

ROWS_LIMIT: Final = 5_000
_SHOWN: Final = 10
_ERRORS_SHOWN: Final = 200
_PLAIN: Final = ("student_id", "student_name", "class_id")
_SEPARATOR: Final = re.compile(r"\s*[;；|]\s*")


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """`row` counts from 1, without the header."""

    row: int
    field: str
    message: str


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would bring, or brought."""

    rows: int
    submissions: tuple[e.SubmissionGiven, ...]
    errors: tuple[RowError, ...]

    @property
    def shown(self) -> tuple[e.SubmissionGiven, ...]:
        return self.submissions[:_SHOWN]


def from_csv(state: ExamState, text: str) -> Intake:
    """A header with `student_id`, optional `student_name` and `class_id`, and a column for each question by its id.

    Several options or gaps stand in one cell, apart by semicolons. Raises invalid_payload for another header.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("﻿")))
    try:
        lines = [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise invalid(f"this is not CSV: {error}", field="csv", reason="csv_invalid") from error
    if not lines:
        raise invalid("the file is empty", field="csv", reason="csv_invalid")
    header = [name.strip() for name in lines[0]]
    unknown = [name for name in header if name not in _PLAIN and name not in state.questions]
    if "student_id" not in header or unknown or len(set(header)) != len(header):
        raise invalid(
            "the header names student_id and the exam's questions, each once",
            field="csv",
            reason="csv_header",
            unknown=unknown[:20],
            questions=list(state.questions),
        )
    records = [dict(zip(header, line, strict=False)) for line in lines[1:]]
    for record, line in zip(records, lines[1:], strict=True):
        if len(line) > len(header):
            record["\0"] = "more cells than the header has"
    return _taken(state, [_from_cells(state, record) for record in records], "csv")


def from_json(state: ExamState, items: Sequence[Mapping[str, Any]]) -> Intake:
    """Items `{submission_id?, student_id, student_name?, class_id?, answers: {question id: text, list or boolean}}`."""
    return _taken(state, [_from_item(state, item) for item in items], "typed")


class _Row(msgspec.Struct, kw_only=True):
    submission_id: str = ""
    student_id: str = ""
    student_name: str = ""
    class_id: str = ""
    answers: dict[str, Any] = {}
    trouble: str = ""


def _from_cells(state: ExamState, record: Mapping[str, str]) -> _Row:
    answers: dict[str, Any] = {}
    for name, question in state.questions.items():
        cell = record.get(name, "").strip()
        if cell:
            answers[name] = _SEPARATOR.split(cell) if _is_listed(question) else cell
    plain = {name: record.get(name, "").strip() for name in _PLAIN}
    return _Row(**plain, answers=answers, trouble=record.get("\0", ""))


def _from_item(state: ExamState, item: Mapping[str, Any]) -> _Row:
    del state
    return _Row(
        submission_id=str(item.get("submission_id") or ""),
        student_id=str(item.get("student_id") or ""),
        student_name=str(item.get("student_name") or ""),
        class_id=str(item.get("class_id") or ""),
        answers=dict(item.get("answers") or {}),
    )


def _is_listed(question: Question) -> bool:
    return question.type in ("multiple_choice", "fill_in")


def _taken(state: ExamState, rows: Sequence[_Row], source: str) -> Intake:
    if len(rows) > ROWS_LIMIT:
        raise invalid(f"up to {ROWS_LIMIT} submissions are imported at once", field="submissions", limit=ROWS_LIMIT)
    taken: list[e.SubmissionGiven] = []
    errors: list[RowError] = []
    students: set[str] = set()
    for number, row in enumerate(rows, 1):
        problems = list(_problems(state, row, students))
        students.add(row.student_id)
        errors += [RowError(row=number, field=field, message=message) for field, message in problems]
        if not problems:
            taken.append(_submission(state, row, source))
    return Intake(rows=len(rows), submissions=tuple(taken), errors=tuple(errors[:_ERRORS_SHOWN]))


def _problems(state: ExamState, row: _Row, students: set[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if row.trouble:
        found.append(("", row.trouble))
    if not 0 < len(row.student_id) <= 128 or not row.student_id.isprintable():
        found.append(("student_id", "a student id is 1 to 128 printable characters"))
    elif row.student_id in students:
        found.append(("student_id", "this student stands in the file twice"))
    for name, answer in row.answers.items():
        question = state.questions.get(name)
        if question is None:
            found.append((name, "there is no such question"))
        elif not _is_answer(answer):
            found.append((name, "an answer is a text, a number, true or false, or a list of texts"))
        elif isinstance(answer, str) and len(answer) > TEXT_LIMIT:
            found.append((name, f"an answer has up to {TEXT_LIMIT} characters"))
    return found


def _is_answer(answer: object) -> bool:
    if isinstance(answer, list):
        return all(isinstance(part, str | int | float) for part in answer)
    return isinstance(answer, str | int | float | bool)


def _submission(state: ExamState, row: _Row, source: str) -> e.SubmissionGiven:
    submission_id = row.submission_id or f"sub_{uuid_utils.uuid7().hex}"
    return e.SubmissionGiven(
        submission_id=submission_id,
        student_id=row.student_id,
        student_name=row.student_name[:200],
        class_id=row.class_id[:128],
        source=source,
        responses=tuple(
            response_given(submission_id, question, row.answers.get(name, ""))
            for name, question in state.questions.items()
        ),
    )


def response_given(
    submission_id: str, question: Question, answer: Any, *, quality: float | None = None, image: str = ""
) -> e.ResponseGiven:
    """An answer as it is stored: ticked options and gaps as lists, everything else as text."""
    parts = answer if isinstance(answer, list) else [answer]
    texts = tuple("true" if part is True else "false" if part is False else str(part) for part in parts)
    ticked = question.type in ("single_choice", "multiple_choice", "true_false")
    listed = tuple(text for text in texts if text)
    is_gaps = question.type == "fill_in" and isinstance(answer, list)
    return e.ResponseGiven(
        response_id=f"{submission_id}.{question.question_id}",
        question_id=question.question_id,
        text="" if ticked or is_gaps else "\n".join(texts),
        chosen=listed if ticked else (),
        filled=texts if is_gaps else (),
        quality=quality,
        image=image,
    )


async def receive(
    exam: RunningExam, submissions: Sequence[e.SubmissionGiven], by: str, *, client_id: str | None = None
) -> int:
    """Store submissions, some hundreds to an event. Raises conflict when a student or an id is there already."""
    stored = 0
    for begin in range(0, len(submissions), SUBMISSIONS_AT_ONCE):
        part = submissions[begin : begin + SUBMISSIONS_AT_ONCE]
        await receive_part(exam, part, by, client_id=None if client_id is None else f"{client_id[:56]}:{begin}")
        stored += len(part)
    return stored


async def receive_part(exam: RunningExam, part: Sequence[e.SubmissionGiven], by: str, *, client_id: str | None) -> None:
    async def decide(state: ExamState) -> list[e.AnyExamEvent]:
        taken = await exam.known(part)
        if taken:
            raise already_there(taken)
        return rules.receive(state, part)

    await exam.submit(decide, by, client_id=client_id)


def already_there(taken: set[str]) -> VivavoceError:
    return conflict(
        "there are submissions of these students, or with these ids, already",
        reason="submission_exists",
        known=sorted(taken)[:50],
    )

"""What came of an exam: for its students once released, for the teacher's tables, and question by question."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from vivavoce.domain.errors import conflict, not_found
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.marks import DECIDING, Mark
from vivavoce.exam_ports import Cursor, GivenResponse, SubmissionRow
from vivavoce.grading.exams import Exams, RunningExam
from vivavoce.grading.marking import answer_text

_PAGE: Final = 200
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def decisive(given: GivenResponse) -> Mark | None:
    """The mark that a response's points rest on: the last that decided, else a person's, else the AI's."""
    marks = [mark for mark in given.response.marks if mark.kind != "seed"]
    for kinds in (DECIDING, ("first", "second", "check"), ("ai",)):
        found = [mark for mark in marks if mark.kind in kinds]
        if found:
            return found[-1]
    return None


def response_view(state: ExamState, given: GivenResponse, *, for_student: bool) -> dict[str, Any]:
    """A response with its points; students see the mark that counts, its words and its evidence, not who gave it."""
    response = given.response
    question = state.questions.get(response.question_id)
    mark = decisive(given)
    view: dict[str, Any] = {
        "response_id": response.response_id,
        "question_id": response.question_id,
        "question_text": question.text if question else "",
        "type": question.type if question else "",
        "answer": answer_text(given),
        "chosen": list(given.chosen),
        "filled": list(given.filled),
        "status": response.status,
        "points": response.points,
        "max_points": question.points if question else None,
        "comment": mark.comment if mark else "",
        "feedback": mark.feedback if mark else "",
        "evidence": msgspec.to_builtins(mark.evidence) if mark else [],
        "has_image": bool(given.image),
    }
    if not for_student:
        view |= {
            "submission_id": response.submission_id,
            "student_id": response.student_id,
            "quality": given.quality,
            "seed": response.seed_points is not None,
            "marks": [msgspec.to_builtins(entry) for entry in response.marks],
        }
    return view


class Results:
    def __init__(self, exams: Exams) -> None:
        self._exams = exams

    async def of_student(self, exam: RunningExam, student_id: str) -> dict[str, Any]:
        """A student's own result. Raises conflict before the release, not_found without a submission."""
        if not exam.state.released:
            raise conflict("the results are not released yet", reason="results_not_released")
        found = await self._exams.store.submissions(exam.exam_id, student_id=student_id, before=None, limit=1)
        if not found:
            raise not_found("there is no submission of this student", reason="submission_not_found")
        return await self._of(exam, found[0].row, for_student=True)

    async def of_submission(self, exam: RunningExam, submission_id: str) -> dict[str, Any]:
        """A submission in full, for staff. Raises not_found."""
        row = await self._exams.store.submission(submission_id)
        if row is None or row.exam_id != exam.exam_id:
            raise not_found("there is no such submission", reason="submission_not_found")
        return await self._of(exam, row, for_student=False)

    async def _of(self, exam: RunningExam, row: SubmissionRow, *, for_student: bool) -> dict[str, Any]:
        given = await self._exams.store.given_of([row.submission_id])
        responses = [response_view(exam.state, entry, for_student=for_student) for entry in given]
        return {
            "exam_id": exam.exam_id,
            "exam_title": exam.state.head.title,
            "submission_id": row.submission_id,
            "student_id": row.student_id,
            "student_name": row.student_name,
            "class_id": row.class_id,
            "overall_quality": row.overall_quality,
            "created_at": row.created_at,
            "points": sum(entry["points"] or 0.0 for entry in responses),
            "max_points": max_points(exam.state),
            "marked": sum(entry["status"] == "marked" for entry in responses),
            "responses": responses,
        }

    async def page(
        self, exam: RunningExam, before: Cursor | None, limit: int
    ) -> tuple[list[dict[str, Any]], Cursor | None]:
        """A line for each submission, from new to old: its points in all and by question; and where the next page
        begins. Two queries however long the page."""
        listed = await self._exams.store.submissions(exam.exam_id, student_id=None, before=before, limit=limit)
        given = await self._exams.store.points_of([entry.row.submission_id for entry in listed])
        lines = [
            {
                "submission_id": entry.row.submission_id,
                "student_id": entry.row.student_id,
                "student_name": entry.row.student_name,
                "class_id": entry.row.class_id,
                "points": entry.points,
                "max_points": max_points(exam.state),
                "marked": entry.marked,
                "by_question": {
                    question_id: given.get(entry.row.submission_id, {}).get(question_id)
                    for question_id in exam.state.questions
                },
            }
            for entry in listed
        ]
        last = listed[-1].row if len(listed) == limit else None
        return lines, None if last is None else (last.created_at, last.submission_id)

    async def rows(self, exam: RunningExam) -> AsyncIterator[dict[str, Any]]:
        """All pages, line by line."""
        before: Cursor | None = None
        while True:
            lines, before = await self.page(exam, before, _PAGE)
            for line in lines:
                yield line
            if before is None:
                return

    async def csv(self, exam: RunningExam) -> str:
        out = io.StringIO()
        writer = csv.writer(out)
        questions = list(exam.state.questions)
        writer.writerow(["student_id", "student_name", "class_id", "points", "max_points", *questions])
        async for row in self.rows(exam):
            points = [row["by_question"][question_id] for question_id in questions]
            named = [_cell(row[name]) for name in ("student_id", "student_name", "class_id")]
            writer.writerow([*named, row["points"], row["max_points"], *("" if p is None else p for p in points)])
        return out.getvalue()

    async def items(self, exam: RunningExam) -> list[dict[str, Any]]:
        """Item analysis: how hard each question was, and how well it tells strong students from weak ones. Questions
        without marked responses have nulls."""
        totals: list[tuple[float, dict[str, float]]] = []
        async for row in self.rows(exam):
            own = {name: value for name, value in row["by_question"].items() if value is not None}
            totals.append((sum(own.values()), own))
        return [_item(exam.state, question_id, totals) for question_id in exam.state.questions]


def max_points(state: ExamState) -> float:
    return sum(question.points for question in state.questions.values())


def _item(state: ExamState, question_id: str, totals: Sequence[tuple[float, dict[str, float]]]) -> dict[str, Any]:
    question = state.questions[question_id]
    marked = [(total - own[question_id], own[question_id]) for total, own in totals if question_id in own]
    count = len(marked)
    mean = sum(points for _, points in marked) / count if count else None
    return {
        "question_id": question_id,
        "type": question.type,
        "marked": count,
        "max_points": question.points,
        "mean_points": mean,
        "difficulty": None if mean is None else mean / question.points,
        "discrimination": _correlation(marked),
    }


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Of the points for a question with those for the rest of the exam; None where either does not vary."""
    count = len(pairs)
    if count < 2:
        return None
    mean_one = sum(one for one, _ in pairs) / count
    mean_two = sum(two for _, two in pairs) / count
    product = sum((one - mean_one) * (two - mean_two) for one, two in pairs)
    squares_one = sum((one - mean_one) ** 2 for one, _ in pairs)
    squares_two = sum((two - mean_two) ** 2 for _, two in pairs)
    if squares_one <= 0 or squares_two <= 0:
        return None
    return float(product / (squares_one * squares_two) ** 0.5)


def _cell(value: str) -> str:
    """A name that begins like a formula must not become one in a spreadsheet."""
    return f"'{value}" if value.startswith(_FORMULA) else value

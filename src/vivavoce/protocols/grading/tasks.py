"""A task as its marker is shown it."""

from __future__ import annotations

from typing import Any

import msgspec

from vivavoce.domain.exam.exam import ExamState
from vivavoce.grading.marking import Task, answer_text
from vivavoce.protocols.times import iso


def task_message(state: ExamState, task: Task) -> dict[str, Any]:
    """`GRADING_TASK` (SPEC.md 4) and what a workspace needs besides; whether it is a seed item is not told."""
    row, given = task.row, task.given
    question = state.question(row.question_id)
    return {
        "taskId": row.task_id,
        "examId": row.exam_id,
        "questionId": row.question_id,
        "questionType": question.type,
        "response": answer_text(given),
        "imageUrl": image_url(row.exam_id, row.response_id) if given.image else None,
        "rubric": [
            {**msgspec.structs.asdict(point), "alternatives": list(point.alternatives)} for point in question.rubric
        ],
        "maxPoints": question.points,
        "step": question.step,
        "questionText": question.text,
        "modelAnswers": list(question.model_answers),
        "guidance": question.guidance,
        "kind": "first" if row.kind in ("seed", "check") else row.kind,
        "quality": given.quality,
        "leaseUntil": iso(row.lease_until),
        "marks": [
            {
                "rater": mark.rater,
                "kind": mark.kind,
                "points": mark.points,
                "comment": mark.comment,
                "confidence": mark.confidence,
                "rationale": mark.rationale,
                "evidence": msgspec.to_builtins(mark.evidence),
            }
            for mark in (task.marks or (() if task.ai is None else (task.ai,)))
        ],
    }


def image_url(exam_id: str, response_id: str) -> str:
    """Where the picture of a scanned response is."""
    return f"/api/v1/exams/{exam_id}/responses/{response_id}/image"

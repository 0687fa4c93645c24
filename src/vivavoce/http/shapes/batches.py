"""Bodies of grading batches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from vivavoce.domain.exam.questions import QUESTIONS_LIMIT
from vivavoce.http.shapes.base import Body, Shape
from vivavoce.http.shapes.exams import QuestionId

QuestionIds = Annotated[
    list[QuestionId],
    Field(max_length=QUESTIONS_LIMIT, default_factory=list, description="All of the exam's where it is empty"),
]


class NewBatchBody(Body):
    """`full`: what was never graded; `trial`: up to `sample` responses of each question, to see what the grader makes
    of them; `regrade`: everything again."""

    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"purpose": "trial", "sample": 20}]}
    )

    batch_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    purpose: Literal["full", "trial", "regrade"] = "full"
    question_ids: QuestionIds
    sample: Annotated[int, Field(ge=1, le=1000)] = 20


class EstimateBody(Body):
    """`again`: with what was graded before."""

    question_ids: QuestionIds
    again: bool = False


class QuestionEstimateShape(Shape):
    question_id: str
    responses: int
    by_model: bool = Field(description="A language model is asked, once for each response")


class EstimateShape(Shape):
    responses: int
    model_calls: int
    questions: list[QuestionEstimateShape]


class BatchShape(Shape):
    """`throughput` is responses a second, lately; `estimated_completion` is foreseen only while the batch moves."""

    batch_id: str
    exam_id: str
    purpose: Literal["full", "trial", "regrade"]
    status: Literal["queued", "running", "paused", "cancelled", "completed"]
    question_ids: list[str]
    total: int
    completed: int
    failed: int
    processing: int
    throughput: float
    created_by: str
    created_at: str
    started_at: str | None
    estimated_completion: str | None
    ended_at: str | None
    active_s: float
    seq: int


class BatchesShape(Shape):
    items: list[BatchShape]
    next_cursor: str | None


class FailureShape(Shape):
    response_id: str
    reason: str


class FailuresShape(Shape):
    items: list[FailureShape]
    next_cursor: str | None

"""Bodies of marking, moderation, results, appeals, quality and the roster."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from vivavoce.http.shapes.base import Body, Line, Prose, Shape
from vivavoce.http.shapes.exams import ExamResponseShape, ExpectedPointBody, SpanShape

_Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class NextTaskBody(Body):
    question_id: Annotated[str, Field(max_length=64)] | None = Field(None, description="Only of this question")


class GradeBody(Body):
    """`criteria` are points by the rubric's point ids."""

    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"points": 1.0, "comment": "The why is missing."}]}
    )

    points: _Points
    comment: Prose = ""
    criteria: dict[str, _Points] = Field(default_factory=dict)
    reason: Prose = ""


class OverrideBody(GradeBody):
    """A grade is changed with a reason."""

    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"points": 2.0, "reason": "The sketch says it."}]}
    )

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class SeedBody(Body):
    chosen: bool = True


class IssueBody(Body):
    task_id: Annotated[str, Field(max_length=128)] = ""
    text: Annotated[str, Field(min_length=1, max_length=5000)]


class ShownMarkShape(Shape):
    """A mark that is shown with a task: to moderators, and the AI's where marking is not blind."""

    rater: str
    kind: str
    points: float | None
    comment: str
    confidence: float | None
    rationale: str
    evidence: list[SpanShape]


class TaskShape(Shape):
    """A response to be marked. `kind` is `first`, `second` or `moderated`; hidden seed items look like any other."""

    task_id: str
    exam_id: str
    question_id: str
    question_type: str
    question_text: str
    response: str
    image_url: str | None
    rubric: list[ExpectedPointBody]
    max_points: float
    step: float
    model_answers: list[str]
    guidance: str
    kind: Literal["first", "second", "moderated"]
    quality: float | None
    lease_until: str
    marks: list[ShownMarkShape]


class NextTaskShape(Shape):
    task: TaskShape | None
    waiting: int


class TaskLineShape(Shape):
    task_id: str
    response_id: str
    question_id: str
    kind: str
    status: str
    assigned_to: str
    lease_until: str | None
    created_at: str
    updated_at: str


class TasksShape(Shape):
    items: list[TaskLineShape]
    next_cursor: str | None


class LeaseShape(Shape):
    lease_until: str


class GradedShape(Shape):
    """What a mark led to. `points` are those the response stands at now; a hidden seed item leaves them open."""

    response_id: str
    status: str
    points: float | None
    seq: int


class IssueMadeShape(Shape):
    issue_id: str


class IssueShape(Shape):
    issue_id: str
    task_id: str
    submission_id: str
    reported_by: str
    text: str
    created_at: str


class IssuesShape(Shape):
    items: list[IssueShape]
    next_cursor: str | None


class ResultRowShape(Shape):
    submission_id: str
    student_id: str
    student_name: str
    class_id: str
    points: float
    max_points: float
    marked: int
    by_question: dict[str, float | None]


class ResultRowsShape(Shape):
    items: list[ResultRowShape]
    next_cursor: str | None


class ItemShape(Shape):
    """`difficulty` is the mean share of the points; `discrimination` the correlation with the rest of the exam."""

    question_id: str
    type: str
    marked: int
    max_points: float
    mean_points: float | None
    difficulty: float | None
    discrimination: float | None


class ItemsShape(Shape):
    items: list[ItemShape]


class MyResultShape(Shape):
    exam_id: str
    exam_title: str
    submission_id: str
    points: float
    max_points: float
    marked: int
    responses: int
    created_at: str


class MyResultsShape(Shape):
    items: list[MyResultShape]
    next_cursor: str | None


class AppealBody(Body):
    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"text": "My second sentence says why."}]}
    )

    text: Annotated[str, Field(min_length=1, max_length=5000)]


class AnswerBody(Body):
    """With `points` the grade is changed."""

    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"answer": "You are right.", "points": 2.0}]}
    )

    answer: Annotated[str, Field(min_length=1, max_length=5000)]
    points: _Points | None = None


class AppealShape(Shape):
    appeal_id: str
    exam_id: str
    submission_id: str
    response_id: str
    student_id: str
    text: str
    status: Literal["open", "upheld", "rejected"]
    answer: str
    answered_by: str
    answered_at: str | None
    created_at: str


class AppealsShape(Shape):
    items: list[AppealShape]
    next_cursor: str | None


class AppealInFullShape(AppealShape):
    """With the response it is about, for whoever answers it."""

    given: ExamResponseShape | None


class MetricsShape(Shape):
    """`accuracyRate` and `consistencyScore` are null without a double-marked response."""

    accuracyRate: float | None  # noqa: N815  (names of the wire, SPEC.md 4)
    consistencyScore: float | None  # noqa: N815
    processingSpeed: float  # noqa: N815
    errorRate: float  # noqa: N815
    lastUpdated: str  # noqa: N815
    doubleMarked: int  # noqa: N815


class QuestionQualityShape(Shape):
    question_id: str
    marks: int
    accuracy: float | None
    kappa: float | None
    exact: float | None
    bias: float | None


class RaterQualityShape(Shape):
    """As shares of the maximum: a `severity` below 0 is severe; `drift` is how far the newest
    ten marks have moved away from the others' marks, against the forty before them."""

    rater: str
    marks: int
    severity: float
    drift: float | None


class QualityShape(Shape):
    metrics: MetricsShape
    questions: list[QuestionQualityShape]
    raters: list[RaterQualityShape]


class MatrixShape(Shape):
    """How often a person gave what (rows) where the AI gave what (columns); `points` names rows and columns."""

    question_id: str
    points: list[float]
    counts: list[list[int]]


class AlertShape(Shape):
    alert_id: str
    exam_id: str
    metric: str
    about: str
    value: float
    threshold: float
    level: Literal["warning", "critical"]
    raised_at: str
    acknowledged_by: str
    acknowledged_at: str | None
    resolved_at: str | None


class AlertsShape(Shape):
    items: list[AlertShape]
    next_cursor: str | None


class ThresholdBody(Body):
    threshold: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class ThresholdShape(Shape):
    metric: str
    threshold: float


class ThresholdsShape(Shape):
    items: list[ThresholdShape]


class StudentBody(Body):
    student_id: Annotated[str, Field(min_length=1, max_length=128)]
    name: Line = ""
    class_id: Annotated[str, Field(max_length=128)] = ""


class StudentsBody(Body):
    students: Annotated[list[StudentBody], Field(min_length=1, max_length=5000)]


class StudentShape(Shape):
    student_id: str
    name: str
    class_id: str
    created_at: str


class StudentsShape(Shape):
    items: list[StudentShape]
    next_cursor: str | None


class StoredStudentsShape(Shape):
    stored: int


class ClassBody(Body):
    class_id: Annotated[str, Field(min_length=1, max_length=128)]
    name: Annotated[Line, Field(min_length=1)]


class ClassShape(Shape):
    class_id: str
    name: str
    created_by: str
    created_at: str


class ClassesShape(Shape):
    items: list[ClassShape]
    next_cursor: str | None

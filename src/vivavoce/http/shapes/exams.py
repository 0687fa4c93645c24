"""Bodies of exams, their questions, people and submissions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from vivavoce.domain.exam.questions import PAGES_LIMIT, QUESTIONS_LIMIT, QuestionType
from vivavoce.domain.interview import Language
from vivavoce.http.shapes.base import Body, Line, Prose, Shape

_QUESTION: JsonDict = {
    "question_id": "q1",
    "type": "short_answer",
    "text": "Why does ice float on water?",
    "points": 2.0,
    "step": 1.0,
    "model_answers": ["Ice is less dense than liquid water, because its crystals leave room between the molecules."],
    "rubric": [
        {"point_id": "density", "text": "Ice is less dense than water", "points": 1.0, "alternatives": ["lighter"]},
        {"point_id": "crystal", "text": "The crystal leaves room between molecules", "points": 1.0},
    ],
}
_CHOICE: JsonDict = {
    "question_id": "q2",
    "type": "single_choice",
    "text": "Which is a noble gas?",
    "points": 1.0,
    "key": {
        "type": "choice",
        "options": [{"option_id": "A", "text": "Argon"}, {"option_id": "B", "text": "Nitrogen"}],
        "correct": ["A"],
    },
}

QuestionId = Annotated[str, Field(min_length=1, max_length=64)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class OptionBody(Body):
    option_id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Prose = ""


class ChoiceKeyBody(Body):
    """The correct options of a single or multiple choice."""

    type: Literal["choice"] = "choice"
    options: Annotated[list[OptionBody], Field(max_length=50)]
    correct: Annotated[list[str], Field(max_length=50)]
    scoring: Literal["all_or_nothing", "per_option", "right_minus_wrong"] = "all_or_nothing"


class TrueFalseKeyBody(Body):
    type: Literal["true_false"] = "true_false"
    correct: bool


class NumericKeyBody(Body):
    """A number: the tolerances are absolute in `unit`, and relative (0.01: one per cent); the wider one counts."""

    type: Literal["numeric"] = "numeric"
    value: Annotated[float, Field(allow_inf_nan=False)]
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    relative_tolerance: Share = 0.0
    unit: Line = ""
    unit_required: bool = False
    without_unit_share: Share = 0.0


class BlankBody(Body):
    accepted: Annotated[list[Line], Field(max_length=50)]
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    exact: bool = False


class FillInKeyBody(Body):
    """The forms accepted in each gap."""

    type: Literal["fill_in"] = "fill_in"
    blanks: Annotated[list[BlankBody], Field(max_length=50)]
    any_order: bool = False


KeyBody = Annotated[ChoiceKeyBody | TrueFalseKeyBody | NumericKeyBody | FillInKeyBody, Field(discriminator="type")]


class ExpectedPointBody(Body):
    """Something a free-text answer is expected to say."""

    point_id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Prose
    points: Annotated[float, Field(ge=0, le=1000)]
    alternatives: Annotated[list[Line], Field(max_length=50, default_factory=list)]


class BoxBody(Body):
    """A rectangle as shares of a page's width and height."""

    left: Share
    top: Share
    right: Share
    bottom: Share


class BubbleBody(Body):
    """Where an option is ticked; those of true and false are `true` and `false`."""

    option_id: Annotated[str, Field(min_length=1, max_length=64)]
    box: BoxBody


class PlaceBody(Body):
    """A rectangle of a page; every option of a choice has its bubble, and what is answered in writing has none."""

    page: Annotated[int, Field(ge=1, le=PAGES_LIMIT)] = 1
    box: BoxBody
    bubbles: Annotated[list[BubbleBody], Field(max_length=50, default_factory=list)]


class ExamQuestionFields(Body):
    """A question without its id. Exact types (`single_choice`, `multiple_choice`, `true_false`, `numeric`, `fill_in`)
    have a `key`, free text (`short_answer`, `essay`) a model answer and a rubric."""

    type: QuestionType
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    points: Annotated[float, Field(gt=0, le=1000)] = 1.0
    step: Annotated[float, Field(gt=0, le=1000, description="The smallest difference of points")] = 1.0
    key: KeyBody | None = None
    model_answers: Annotated[list[Prose], Field(max_length=20, default_factory=list)]
    rubric: Annotated[list[ExpectedPointBody], Field(max_length=50, default_factory=list)]
    guidance: Prose = Field("", description="A note for whoever marks")
    image_url: Annotated[str, Field(max_length=2000)] = ""
    place: PlaceBody | None = Field(None, description="Where it is answered on a printed sheet")


class ExamQuestionBody(ExamQuestionFields):
    question_id: QuestionId


class ExamSettingsBody(Body):
    """How an exam is marked; shares are 0 to 1.

    `blind`: markers see the AI's grade only after their own. `check_share` of the free-text responses that the AI is
    sure of go to a person too, `second_share` of what a person marks to a second one. `disagreement` is the share of
    the maximum by which two marks may differ before they are moderated, `tolerance` that within which an AI grade is
    accurate. What the AI is less sure of than `least_confidence`, or read from a scan poorer than `least_quality`,
    goes to a person. `seed_share` of a marker's tasks are hidden seed items. `pause_on_alert`: a critical alert
    pauses running batches."""

    blind: bool = True
    check_share: Share = 0.1
    second_share: Share = 0.0
    disagreement: Share = 0.1
    tolerance: Share = 0.1
    least_confidence: Share = 0.7
    least_quality: Share = 0.6
    seed_share: Share = 0.05
    pause_on_alert: bool = False
    grader: Literal["auto", "rubric", "learning", "llm"] = "auto"


class NewExamBody(Body):
    """What `/exams/{exam_id}/export` gives can be sent here as it is."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "examples": [{"title": "Chemistry, term 1", "language": "en", "questions": [_QUESTION, _CHOICE]}]
        },
    )

    exam_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    title: Annotated[Line, Field(min_length=1)]
    subject: Line = ""
    language: Language = "en"
    settings: Annotated[ExamSettingsBody, Field(default_factory=ExamSettingsBody)]
    questions: Annotated[list[ExamQuestionBody], Field(max_length=QUESTIONS_LIMIT, default_factory=list)]


class ChangeExamBody(Body):
    """What is left out stays."""

    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"title": "Chemistry, term 2"}]}
    )

    title: Annotated[Line, Field(min_length=1)] | None = None
    subject: Line | None = None
    language: Language | None = None
    settings: ExamSettingsBody | None = None


class ExamMemberBody(Body):
    role: Literal["teacher", "grader", "reviewer"]


class ExamQuestionShape(Shape):
    question_id: str
    type: QuestionType
    text: str
    points: float
    step: float
    key: KeyBody | None
    model_answers: list[str]
    rubric: list[ExpectedPointBody]
    guidance: str
    image_url: str
    place: PlaceBody | None
    version: int


class ExamMemberShape(Shape):
    user_id: str
    role: str


class ExamLineShape(Shape):
    """`waiting` responses wait for a person; `marked` ones are done."""

    exam_id: str
    title: str
    created_by: str
    created_at: str
    released: bool
    question_count: int
    submissions: int
    responses: int
    waiting: int
    marked: int


class ExamsShape(Shape):
    items: list[ExamLineShape]
    next_cursor: str | None


class ExamShape(ExamLineShape):
    """An exam in full, for its staff. `my_role` is the caller's in it; `by_status` counts responses."""

    subject: str
    language: Language
    settings: ExamSettingsBody
    questions: list[ExamQuestionShape]
    members: list[ExamMemberShape]
    my_role: str
    by_status: dict[str, int]
    marks_by_people: int
    appeals_open: int
    issues: int
    open_alerts: int
    max_points: float
    seq: int


class ExamExportShape(Shape):
    title: str
    subject: str
    language: Language
    settings: ExamSettingsBody
    questions: list[ExamQuestionBody]


class QuestionVersionShape(Shape):
    """A change of an exam's definition. `question` is None where the head was changed or a question removed."""

    seq: int
    at: str
    by: str
    change: Literal["created", "changed", "question_set", "question_removed"]
    question_id: str
    regrades: bool
    question: ExamQuestionShape | None


class QuestionVersionsShape(Shape):
    items: list[QuestionVersionShape]
    next_cursor: str | None


class SubmissionItemBody(Body):
    """A student's answers by question: a text, a number, true or false, or a list (options ticked, gaps filled)."""

    submission_id: Annotated[str, Field(max_length=128)] = ""
    student_id: Annotated[str, Field(min_length=1, max_length=128)]
    student_name: Line = ""
    class_id: Annotated[str, Field(max_length=128)] = ""
    answers: dict[str, Any] = Field(default_factory=dict)


ImportMode = Literal["preview", "all", "valid"]


class SubmissionsBody(Body):
    """`preview` stores nothing; `all` stores everything or, where a row has a mistake, nothing; `valid` stores the rows
    without mistakes."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "examples": [{"submissions": [{"student_id": "s1", "answers": {"q1": "It is less dense.", "q2": ["A"]}}]}]
        },
    )

    submissions: Annotated[list[SubmissionItemBody], Field(min_length=1, max_length=5000)]
    mode: ImportMode = "all"


class RowErrorShape(Shape):
    """`row` counts from 1, without the header."""

    row: int
    field: str
    message: str


class PreviewShape(Shape):
    student_id: str
    student_name: str
    class_id: str
    answers: dict[str, str]


class ImportShape(Shape):
    """`rows` came, `valid` of them could be stored, `stored` were; `preview` shows the first of the valid ones."""

    rows: int
    valid: int
    stored: int
    errors: list[RowErrorShape]
    preview: list[PreviewShape]


class SubmissionLineShape(Shape):
    submission_id: str
    exam_id: str
    student_id: str
    student_name: str
    class_id: str
    source: str
    overall_quality: float | None
    responses: int
    marked: int
    points: float
    created_at: str


class SubmissionsShape(Shape):
    items: list[SubmissionLineShape]
    next_cursor: str | None


class SpanShape(Shape):
    """Words of the response, at the code points [`start`, `end`) of its text."""

    quote: str = ""
    start: int = 0
    end: int = 0
    point_id: str = ""


class StampShape(Shape):
    """What graded: engine, model, versions; `marks` is on how many human marks a learning grader stood."""

    engine: str = ""
    version: str = ""
    model: str = ""
    prompt_version: str = ""
    scheme_version: str = ""
    marks: int = 0
    fit: str = ""


class MarkShape(Shape):
    kind: str
    rater: str
    points: float | None
    points_by: dict[str, float]
    comment: str
    reason: str
    ai_status: str
    confidence: float | None
    evidence: list[SpanShape]
    rationale: str
    feedback: str
    stamp: StampShape | None
    question_version: int
    batch_id: str
    at: str | None


class ResultResponseShape(Shape):
    """A response with its points, as its student may see it."""

    response_id: str
    question_id: str
    question_text: str
    type: str
    answer: str
    chosen: list[str]
    filled: list[str]
    status: str
    points: float | None
    max_points: float | None
    comment: str
    feedback: str
    evidence: list[SpanShape]
    has_image: bool


class ExamResponseShape(ResultResponseShape):
    """As staff see it: with all its marks."""

    submission_id: str
    student_id: str
    quality: float | None
    seed: bool
    marks: list[MarkShape]


class ExamResponsesShape(Shape):
    items: list[ExamResponseShape]
    next_cursor: str | None


class ResultHeadShape(Shape):
    exam_id: str
    exam_title: str
    submission_id: str
    student_id: str
    student_name: str
    class_id: str
    overall_quality: float | None
    created_at: str
    points: float
    max_points: float
    marked: int


class ResultShape(ResultHeadShape):
    """A student's own result."""

    responses: list[ResultResponseShape]


class SubmissionShape(ResultHeadShape):
    """A submission in full, for staff."""

    responses: list[ExamResponseShape]

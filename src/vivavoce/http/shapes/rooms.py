"""Bodies of rooms: how one is configured, how it is, and what integrators ask of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from vivavoce.domain.interview import InterviewStyle, Language
from vivavoce.domain.session.state import Status
from vivavoce.http.shapes.base import Body, Line, Prose, Shape
from vivavoce.http.shapes.question_sets import QuestionShape
from vivavoce.protocols.times import from_iso

#: 2000 to 2100: later ones are a mistake in the unit.
_TIMES = (946_684_800_000, 4_102_444_800_000)


def _is_a_time(value: str) -> str:
    try:
        at = from_iso(value)
    except (ValueError, OverflowError):
        raise ValueError("a time is ISO 8601 with its offset, like 2026-01-31T08:15:00Z") from None
    if not _TIMES[0] <= at < _TIMES[1]:
        raise ValueError("a time lies between the years 2000 and 2100")
    return value


Moment = Annotated[
    str,
    Field(max_length=40, json_schema_extra={"format": "date-time"}, examples=["2026-01-31T08:15:00Z"]),
    AfterValidator(_is_a_time),
]
Id = Annotated[str, Field(min_length=1, max_length=200)] | int


class ConfigureBody(Body):
    """What is left out stays. Of a room also its questions and when it is to begin; null takes these away."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "examples": [{"title": "Backend engineer, second round", "scheduled_at": "2026-01-31T08:15:00Z"}]
        },
    )

    title: Line | None = None
    language: Language | None = None
    role: Line | None = None
    interview_style: InterviewStyle | None = None
    competencies: Annotated[list[str], Field(max_length=8)] | None = None
    duration_minutes: Annotated[int, Field(ge=3, le=240)] | None = None
    job_description: Prose | None = None
    resume: Prose | None = None
    candidate_name: Line | None = None
    question_set_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    question_set_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    scheduled_at: Moment | None = None


class PinnedSetShape(Shape):
    question_set_id: str
    version: int
    title: str
    question_count: int


class PreparedQuestionsShape(Shape):
    """The questions as the room took them: a later edit of the set changes nothing here."""

    question_set: PinnedSetShape | None
    questions: list[QuestionShape]


class CurrentQuestionShape(Shape):
    question_id: str | int
    question_text: str
    start_time: float
    time_limit_s: int | None


class RoomStatusShape(Shape):
    """As `interview_status_response` says it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "interview_id": "interview_123",
                    "status": "live",
                    "participants_count": 2,
                    "current_question": {
                        "question_id": "q1",
                        "question_text": "Tell us about a system that you changed while it was in use.",
                        "start_time": 1769847300.123,
                        "time_limit_s": 180,
                    },
                    "uptime": 312.5,
                }
            ]
        },
    )

    interview_id: str | int
    status: Status
    participants_count: int
    current_question: CurrentQuestionShape | None
    uptime: float = Field(description="Seconds that it has been running, pauses left out")


class StopBody(Body):
    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"reason": "The candidate feels unwell."}]}
    )

    reason: Annotated[str, Field(max_length=1000)] = ""


class RoomEventBody(Body):
    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={"examples": [{"event": "poll_opened", "data": {"question": "Ready?"}, "client_id": "p-1"}]},
    )

    event: Annotated[str, Field(min_length=1, max_length=64)]
    data: dict[str, Any] = Field(default_factory=dict)
    to_staff: bool = Field(False, description="For those who lead the interview alone")
    client_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class RoomEventShape(Shape):
    status: Literal["ok"]
    seq: int
    event_id: str | None
    client_id: str | None


class AnalysisBody(Body):
    """Without a text, the newest answer of this person to this question."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "examples": [{"question_id": "q1", "answer_text": "We rolled it out to one server first, and measured."}]
        },
    )

    question_id: Id | None = None
    user_id: Id | None = None
    answer_text: Annotated[str, Field(max_length=10_000)] | None = None


class QuotationShape(Shape):
    criterion: str
    quote: str
    start: int
    end: int


class AnalysisShape(Shape):
    """`coverage`: for each criterion or expected point how much of it the answer shows, 0 to 1; null: not enough to
    say. `evidence` stands word for word in the answer."""

    question_id: str | int | None
    user_id: str | int | None
    coverage: dict[str, float | None]
    evidence: list[QuotationShape]
    suggestions: list[str]

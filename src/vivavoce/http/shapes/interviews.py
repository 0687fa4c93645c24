"""Bodies of sessions and everything below them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from vivavoce.domain.access import Role
from vivavoce.domain.interview import InterviewStyle, Language
from vivavoce.domain.scorecard import Recommendation
from vivavoce.domain.session.events import Visibility
from vivavoce.domain.session.state import ReportStatus, Status
from vivavoce.http.shapes.base import Body, Line, Prose, Shape
from vivavoce.http.shapes.rooms import Moment, PinnedSetShape

_INTERVIEW: JsonDict = {
    "kind": "dialogue",
    "title": "Backend engineer, first round",
    "language": "en",
    "role": "Backend engineer",
    "interview_style": "friendly",
    "competencies": ["technical_depth", "problem_solving", "teamwork"],
    "duration_minutes": 30,
    "job_description": "You build and run our payment services.",
    "resume": "",
    "candidate_name": "Alex Park",
    "evaluation_visibility": "sealed",
}
_ROOM: JsonDict = {
    "kind": "room",
    "title": "Backend engineer, second round",
    "language": "en",
    "question_set_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
    "scheduled_at": "2026-01-31T08:15:00Z",
    "participants": [{"user_id": "user_2", "role": "interviewer", "name": "Lee Seojun"}],
}
_PANEL: JsonDict = {
    "kind": "panel",
    "title": "Backend engineers, group interview",
    "language": "ko",
    "role": "Backend engineer",
    "rubric_id": "panel",
    "candidates": [{"name": "Kim Minsu"}, {"name": "Lee Jiwoo", "user_id": "user_7"}],
    "participants": [{"user_id": "user_2", "role": "interviewer", "name": "Lee Seojun"}],
}
_SESSION: JsonDict = {
    "session_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
    **_INTERVIEW,
    "status": "scheduled",
    "created_by": "user_1",
    "created_at": "2026-01-31T08:15:00.123Z",
    "started_at": None,
    "ended_at": None,
    "end_reason": None,
    "elapsed_s": 0.0,
    "remaining_s": 1800.0,
    "answered": 0,
    "last_seq": 2,
    "epoch": "5f3a",
    "report": "none",
    "report_url": "/api/v1/sessions/0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f/report",
    "my_role": "recruiter",
    "consent": None,
    "connected": False,
}


class ParticipantBody(Body):
    user_id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f]+$")]
    role: Literal["recruiter", "interviewer", "observer", "candidate"]
    name: Line = ""


class CandidateBody(Body):
    """A candidate of a panel. `user_id`: they take part with a microphone of their own, and become a participant."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")]
    user_id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f]+$")] | None = None


class InterviewBody(Body):
    model_config = ConfigDict(strict=True, extra="ignore", json_schema_extra={"examples": [_INTERVIEW, _ROOM, _PANEL]})

    kind: Literal["dialogue", "room", "panel"] = "dialogue"
    session_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")] | None = None
    title: Line = ""
    language: Language = "en"
    role: Line = ""
    interview_style: InterviewStyle = "friendly"
    competencies: Annotated[list[str], Field(max_length=8, default_factory=list)]
    duration_minutes: Annotated[int, Field(ge=3, le=240)] = 30
    job_description: Prose = ""
    resume: Prose = ""
    candidate_name: Line = ""
    evaluation_visibility: Visibility = "sealed"
    question_set_id: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        None, description="Of a room: the questions to be asked, as they are now"
    )
    question_set_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="An older version of the set"
    )
    scheduled_at: Moment | None = Field(None, description="Of a room: when it is to begin")
    rubric_id: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        None, description="Of a panel: what its candidates are judged by, as it is now; left out: the built-in one"
    )
    rubric_version: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(
        None, description="An older version of the rubric"
    )
    candidates: Annotated[list[CandidateBody], Field(max_length=6, default_factory=list)]
    participants: Annotated[list[ParticipantBody], Field(max_length=64, default_factory=list)]


class PinnedRubricShape(Shape):
    rubric_id: str
    version: str
    title: str


class SessionShape(Shape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_SESSION]})

    session_id: str
    kind: str
    title: str
    status: Status
    language: Language
    role: str
    interview_style: InterviewStyle
    competencies: list[str]
    duration_minutes: int
    job_description: str
    resume: str
    candidate_name: str
    evaluation_visibility: Visibility
    created_by: str
    created_at: str
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    elapsed_s: float
    remaining_s: float
    answered: int
    last_seq: int
    epoch: str
    report: ReportStatus
    report_url: str | None
    my_role: Role
    consent: dict[str, bool] | None
    connected: bool
    scheduled_at: str | None = Field(None, description="Of a room: when it is to begin")
    question_set: PinnedSetShape | None = Field(None, description="Of a room: where its questions came from")
    rubric: PinnedRubricShape | None = Field(None, description="Of a panel, for staff: what candidates are judged by")


class SessionsShape(Shape):
    items: list[SessionShape]
    next_cursor: str | None


class PlannedQuestionShape(Shape):
    question_id: str
    text: str


class PlannedCompetencyShape(Shape):
    competency: str
    name: str
    minutes: float
    why: str
    questions: list[PlannedQuestionShape]


class PlanShape(Shape):
    competencies: list[PlannedCompetencyShape]


class CompetencyShape(Shape):
    competency: str
    name: str
    description: str


class CompetenciesShape(Shape):
    items: list[CompetencyShape]


class ParticipantShape(Shape):
    user_id: str
    name: str
    role: Role
    status: Literal["active", "removed"]
    connected: bool
    invitation_id: str | None


class ParticipantsShape(Shape):
    items: list[ParticipantShape]


class OwnBody(Body):
    """Something said in one's own name: a `user_id` may repeat who the token speaks for, never contradict it."""

    user_id: str | int | None = None


class ConsentBody(OwnBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"purposes": ["interview", "evaluation"], "agreed": True}]}
    )

    purposes: Annotated[list[Literal["interview", "evaluation"]], Field(min_length=1, max_length=8)]
    agreed: bool


class MessageBody(OwnBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "I led the move to event sourcing.", "client_id": "m-1"}]}
    )

    text: str
    client_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    context: Any = None


class ReplyShape(Shape):
    """The interviewer's reply, as `ai_response` carries it."""

    user_input: str
    ai_response: str
    response_type: str
    strategy_used: str
    focus_area: str
    confidence: float | None
    processing_time: float
    transcription_info: dict[str, Any]
    seq: int
    event_id: str
    input_seq: int
    client_id: str | None
    turn_id: str


class AcceptedInputShape(Shape):
    """The input is safe; its reply is still being made."""

    status: Literal["processing"]
    seq: int
    input_seq: int
    client_id: str | None


class SaidShape(Shape):
    role: Literal["interviewer", "candidate"]
    text: str
    at: str
    at_s: float
    seq: int
    utterance_id: str
    strategy: str | None = None
    focus_area: str | None = None
    reason: str | None = None


class ConversationShape(Shape):
    items: list[SaidShape]


class EventShape(Shape):
    event_id: str
    seq: int
    type: str
    actor: str
    at: str
    data: dict[str, Any]


class HistoryShape(Shape):
    items: list[EventShape]
    last_seq: int
    epoch: str
    next_after: int | None


class AudioSpanShape(Shape):
    """Where the characters [at, at + length) of an utterance can be heard; `words`: character, start, end."""

    recording_id: str
    start_s: float
    end_s: float
    at: int
    length: int
    words: list[tuple[int, float, float]]


class StoredAudioShape(Shape):
    recording_id: str
    bytes: int
    seq: int
    status: Literal["processing"]
    client_id: str | None


class RecordingShape(Shape):
    recording_id: str
    user_id: str
    audio_format: str
    bytes: int
    duration_s: float | None
    status: Literal["open", "processing", "heard"]
    at: str
    at_s: float


class RecordingsShape(Shape):
    items: list[RecordingShape]


class DisputeShape(Shape):
    """Characters [at, at + length) that their speaker says were misheard as `heard`: corrected, or worth nothing."""

    at: int
    length: int
    heard: str
    correction: str


class UtteranceShape(Shape):
    utterance_id: str
    speaker: str
    text: str
    start: float
    end: float
    confidence: float | None
    question_id: str | None
    in_answer_to: str
    competency: str
    audio: list[AudioSpanShape]
    disputes: list[DisputeShape]


class CriterionMarkBody(Body):
    criterion_id: Annotated[str, Field(min_length=1, max_length=128)]
    score: Annotated[int, Field(ge=1, le=5)] | None
    comment: Annotated[str, Field(max_length=5000)] = ""


class OwnScorecardBody(OwnBody):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "criteria": [{"criterion_id": "teamwork", "score": 4, "comment": "Named what others did."}],
                    "recommendation": "yes",
                    "comment": "",
                }
            ]
        }
    )

    criteria: Annotated[list[CriterionMarkBody], Field(max_length=64)]
    recommendation: Recommendation
    comment: Annotated[str, Field(max_length=10_000)] = ""
    candidate: Annotated[str, Field(max_length=200, description="Of a panel with several: whose (id or name)")] = ""


class CriterionMarkShape(Shape):
    criterion_id: str
    score: float | None
    comment: str


class OwnScorecardShape(Shape):
    scorecard_id: str
    author_id: str
    author_name: str
    submitted_at: str
    criteria: list[CriterionMarkShape]
    recommendation: Recommendation
    comment: str


class AdjudicationShape(Shape):
    candidate: str
    by: str
    criteria: list[CriterionMarkShape]
    recommendation: Recommendation
    comment: str


class OwnScorecardsShape(Shape):
    items: list[OwnScorecardShape]


class DifferenceShape(Shape):
    criterion_id: str
    ai: float | None
    human: float | None
    delta: float | None


class ReportShape(Shape):
    """A report as its reader may see it. While `sealed`, every score, level, anchor, confidence, rationale and
    feedback is null, and evidence, strengths and gaps are empty."""

    session_id: str
    generated_at: str
    language: Language
    visibility: Visibility
    sealed: bool
    summary: dict[str, Any]
    scorecard: dict[str, Any]
    rubric: dict[str, Any]
    transcript: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    notices: list[str]
    own_scorecards: list[OwnScorecardShape]
    differences: list[DifferenceShape]

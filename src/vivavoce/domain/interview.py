"""An interview as it is configured, planned and carried on: the vocabulary of the dialogue (SPEC.md 2)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from vivavoce.domain.errors import invalid, too_large
from vivavoce.domain.recordings import AudioSpan

Language = Literal["en", "ko", "zh"]
InterviewStyle = Literal["formal", "friendly", "technical", "relaxed"]
Strategy = Literal["opening", "deep_dive", "clarify", "challenge", "pivot", "encourage", "wrap_up"]
ResponseType = Literal["greeting", "question", "follow_up", "acknowledgement", "closing", "notice"]

#: What the interviewer took the candidate's input for: an answer, or one of the things people say besides answering.
Heard = Literal[
    "nothing",
    "greeting",
    "answer",
    "thin",
    "evasive",
    "off_topic",
    "hostile",
    "unknown",
    "repeat",
    "unclear",
    "thinking",
    "stop",
    "question",
    "other_language",
    "after_closing",
]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko", "zh")
STYLES: Final[tuple[InterviewStyle, ...]] = ("formal", "friendly", "technical", "relaxed")

#: The competencies the built-in question bank and rubrics know. Names for people are in the catalogue of each.
COMPETENCIES: Final[tuple[str, ...]] = (
    "technical_depth",
    "system_design",
    "problem_solving",
    "quality",
    "communication",
    "teamwork",
    "leadership",
    "ownership",
    "planning",
    "adaptability",
    "learning",
    "customer_focus",
    "conflict_resolution",
    "motivation",
)

TEXT_LIMIT: Final = 10_000


class InterviewConfig(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a recruiter (or a guest's `connect`) asks for. Everything has a default: an interview can start bare."""

    language: Language = "en"
    role: str = ""
    interview_style: InterviewStyle = "friendly"
    competencies: tuple[str, ...] = ()
    duration_minutes: int = 30
    job_description: str = ""
    resume: str = ""
    candidate_name: str = ""


class PlannedCompetency(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One competency of a plan: `minutes` is its share of the time, `question_ids` its questions in order."""

    competency: str
    name: str
    minutes: float
    question_ids: tuple[str, ...]
    why: str


class InterviewPlan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The plan of an interview: made once when it starts, from configuration and question bank alone (no chance)."""

    competencies: tuple[PlannedCompetency, ...]
    bank_version: str


class Move(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the interviewer does next and why; the phrasing engine turns it into words.

    `focus_area` is a competency id or empty (greeting, closing). `question_id` is a question of the bank or None.
    `quote` is the part of the candidate's answer that a follow-up takes up, word for word. `reason` is one sentence
    for a person who asks why this was asked, in the interview's language. `heard` is what the input was taken for.
    """

    strategy: Strategy
    response_type: ResponseType
    focus_area: str = ""
    question_id: str | None = None
    follow_up_id: str | None = None
    quote: str = ""
    reason: str = ""
    confidence: float | None = None
    closes: bool = False
    heard: Heard = "answer"


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One exchange: what the candidate said (empty in an opening) and what the interviewer replied.

    Times are seconds of session time (the candidate's clock, which stops while they are away). The question that an
    input answers is the one asked by the turn before it. What was spoken lasts until `input_end_s` and can be heard at
    `input_audio`; `input_confidence` is the recogniser's. Of what was typed these are 0, empty and None.
    """

    input_seq: int
    input_text: str
    input_at_s: float
    reply_seq: int
    reply_text: str
    reply_at_s: float
    move: Move
    input_end_s: float = 0.0
    input_confidence: float | None = None
    input_audio: tuple[AudioSpan, ...] = ()


_LIMITS: Final = {"role": 200, "candidate_name": 200, "job_description": 50_000, "resume": 50_000}
_MINUTES: Final = (3, 240)
_COMPETENCIES_LIMIT: Final = 8


def checked_config(config: InterviewConfig) -> InterviewConfig:
    """Return `config` if an interview can be held with it, else raise invalid_payload naming the field."""
    for name, limit in _LIMITS.items():
        if len(getattr(config, name)) > limit:
            raise too_large(f"{name} has at most {limit} characters", limit, field=name)
    if not _MINUTES[0] <= config.duration_minutes <= _MINUTES[1]:
        raise invalid(f"duration_minutes is {_MINUTES[0]} to {_MINUTES[1]}", field="duration_minutes")
    unknown = [name for name in config.competencies if name not in COMPETENCIES]
    if unknown:
        raise invalid(
            f"{unknown[0][:64]!r} is not a competency; they are {', '.join(COMPETENCIES)}", field="competencies"
        )
    if len(set(config.competencies)) != len(config.competencies) or len(config.competencies) > _COMPETENCIES_LIMIT:
        raise invalid(f"name up to {_COMPETENCIES_LIMIT} different competencies", field="competencies")
    return config

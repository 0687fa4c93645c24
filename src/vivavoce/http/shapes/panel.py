"""What panels answer."""

from __future__ import annotations

from typing import Any, Literal

from vivavoce.http.shapes.base import Shape


class PanelStatusShape(Shape):
    session_id: str
    is_active: bool
    start_time: str | None
    duration: float
    total_transcripts: int
    total_evaluations: int
    speakers: list[str]


class PanelShape(Shape):
    session_id: str
    status: str
    language: str
    visibility: str
    my_role: str
    start_time: str | None
    end_time: str | None
    duration: float
    speakers: list[dict[str, Any]]
    transcripts: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]
    speaker_notes: dict[str, list[dict[str, Any]]]
    speaker_stats: dict[str, dict[str, Any]]
    report: str


class NoteShape(Shape):
    note_id: str
    speaker: str
    speaker_id: str
    note: str
    author: str
    author_id: str
    at_s: float
    timestamp: Any


class NotesShape(Shape):
    items: list[NoteShape]


class PanelReportShape(Shape):
    """The report of a panel. Of a candidate who is `sealed` for its reader every score is null, evidence is empty."""

    kind: Literal["panel"]
    session_id: str
    generated_at: str
    language: str
    visibility: str
    sealed: bool
    summary: dict[str, Any]
    rubric: dict[str, Any]
    speakers: list[dict[str, Any]]
    candidates: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    transcript: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    notices: list[str]
    engines: list[dict[str, Any]]

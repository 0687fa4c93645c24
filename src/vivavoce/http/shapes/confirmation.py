"""Bodies of the transcript: how somebody was heard, flagged and confirmed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from vivavoce.domain.interview import Language
from vivavoce.http.shapes.base import Body, Prose, Shape
from vivavoce.http.shapes.interviews import UtteranceShape


class FlagBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "utterance_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
                    "correction": "We cut it to four seconds.",
                    "flagged": True,
                }
            ]
        }
    )

    utterance_id: Annotated[str, Field(min_length=1, max_length=128)]
    correction: Prose = ""
    flagged: bool = True


class AudioPlaceShape(Shape):
    """Seconds of a recording."""

    recording_id: str
    start_s: float
    end_s: float


class FlagShape(Shape):
    correction: str


class SpokenShape(Shape):
    """Something the caller said aloud."""

    utterance_id: str
    text: str
    in_answer_to: str
    confidence: float | None
    audio: AudioPlaceShape
    flag: FlagShape | None


class ConfirmationShape(Shape):
    """`open` while the interview goes on, `awaiting` the candidate until `confirm_by`, `none` where nobody is asked."""

    status: Literal["none", "open", "awaiting", "confirmed", "lapsed"]
    confirm_by: str | None


class TranscriptShape(Shape):
    session_id: str
    language: Language
    utterances: list[UtteranceShape]
    spoken: list[SpokenShape]
    confirmation: ConfirmationShape


class VoiceShape(Shape):
    state: Literal["ready", "fetching", "off"]
    fetched: float | None = Field(description="Share of the models that is there while they are fetched, 0 to 1")

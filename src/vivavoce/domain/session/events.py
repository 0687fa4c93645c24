"""What happened in a session. Stored, versioned, never renamed, and independent of any wire format.

Every field has a default so that a redacted event (SPEC.md 6.9: the text goes, the sequence stays) still decodes.
Fields named in `PERSONAL` of a type are what erasure takes out; the rest is structure that counts and replays need.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeVar

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Move
from vivavoce.domain.log_page import page_decoder
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.session.base import SessionEvent
from vivavoce.domain.session.confirmation import (
    AnyConfirmationEvent,
)
from vivavoce.domain.session.panel import AnyPanelEvent
from vivavoce.domain.session.room import AnyRoomEvent, Id

SessionKind = Literal["room", "dialogue", "panel"]
Visibility = Literal["sealed", "live"]
InputSource = Literal["text", "voice", "http"]
#: Why recorded audio gave no words.
Unheard = Literal[
    "no_speech",
    "other_language",
    "not_recognised",
    "unsupported_media",
    "invalid_payload",
    "too_large",
    "consent_required",
]
EndReason = Literal["candidate", "interviewer", "completed", "time", "abandoned", "withdrawn"]


_ABOUT_THE_CANDIDATE: Final = ("config.candidate_name", "config.resume", "config.job_description")


class SessionCreated(SessionEvent, frozen=True, tag=True):
    PERSONAL = ("title", *_ABOUT_THE_CANDIDATE)

    session_id: str = ""
    kind: SessionKind = "dialogue"
    title: str = ""
    config: InterviewConfig = InterviewConfig()
    visibility: Visibility = "sealed"
    created_by: str = ""
    by_guest: bool = False
    numbered: bool = False


class SessionConfigured(SessionEvent, frozen=True, tag=True):
    """The configuration was completed before the interview began (a `connect` that says language, role, style …).
    `title` is None where it stayed."""

    PERSONAL = ("title", *_ABOUT_THE_CANDIDATE)

    config: InterviewConfig = InterviewConfig()
    title: str | None = None


class MemberAdded(SessionEvent, frozen=True, tag=True):
    PERSONAL = ("name",)

    user_id: str = ""
    role: Role = "candidate"
    name: str = ""
    invitation_id: str = ""


class MemberRemoved(SessionEvent, frozen=True, tag=True):
    user_id: str = ""


class ConsentRecorded(SessionEvent, frozen=True, tag=True):
    user_id: str = ""
    purposes: tuple[str, ...] = ()
    agreed: bool = False


class ParticipantConnected(SessionEvent, frozen=True, tag=True):
    """`present` counts who is there now. `shown_as`: the id as its owner writes it, where that is not `user_id`."""

    PERSONAL = ("shown_as",)

    user_id: str = ""
    role: Role = "candidate"
    present: int = 0
    shown_as: Id | None = None


class ParticipantDisconnected(SessionEvent, frozen=True, tag=True):
    """Said after the grace period, or when somebody leaves; `since` (epoch ms) is when the last connection went, and
    stops the clock there. `present` counts who is still there."""

    user_id: str = ""
    role: Role = "candidate"
    since: int = 0
    present: int = 0


class InterviewBegan(SessionEvent, frozen=True, tag=True):
    plan: InterviewPlan = InterviewPlan(competencies=(), bank_version="")
    opened_by_interviewer: bool = False


class InputSubmitted(SessionEvent, frozen=True, tag=True):
    """What the candidate said. Of spoken words `at_s` to `end_s` is when they were said (seconds of session time) and
    `spoken` how they were heard."""

    PERSONAL = ("text", "context", "spoken")

    user_id: str = ""
    text: str = ""
    context: str = ""
    source: InputSource = "text"
    interrupts: bool = False
    at_s: float = 0.0
    end_s: float = 0.0
    spoken: Spoken | None = None


class AudioStored(SessionEvent, frozen=True, tag=True):
    """Bytes [`offset`, `offset + size`) of a recording are on disk; `complete`: they are the last.

    The first of a recording says what it is: `streamed` (it came while it was spoken) or sent whole; `in_one`: all of
    it is one input, however long the pauses. `received_ms` is how much of it has come, in milliseconds.
    """

    PERSONAL = ("recording_id", "context")

    user_id: str = ""
    recording_id: str = ""
    offset: int = 0
    size: int = 0
    received_ms: int = 0
    audio_format: str = ""
    sample_rate: int = 0
    streamed: bool = False
    in_one: bool = False
    complete: bool = False
    language: str = ""
    context: str = ""
    interrupts: bool = False
    at_s: float = 0.0


class SpeechMissed(SessionEvent, frozen=True, tag=True):
    """Seconds [`start_s`, `end_s`) of a recording gave no words that could honestly be written down. `language` is the
    one that was heard instead of the one expected."""

    PERSONAL = ("recording_id",)

    user_id: str = ""
    recording_id: str = ""
    reason: Unheard = "no_speech"
    details: str = ""
    language: str = ""
    start_s: float = 0.0
    end_s: float = 0.0


class RecordingHeard(SessionEvent, frozen=True, tag=True):
    """A recording was transcribed to its end: nothing more will be heard in it. `duration_s` is its length."""

    PERSONAL = ("recording_id",)

    recording_id: str = ""
    duration_s: float = 0.0


class RecordingFiled(SessionEvent, frozen=True, tag=True):
    """A finished recording was compressed: `size` bytes of `audio_format`. Its seconds stay what they were."""

    PERSONAL = ("recording_id",)

    recording_id: str = ""
    audio_format: str = ""
    size: int = 0


class ReplyProduced(SessionEvent, frozen=True, tag=True):
    """The interviewer's reply to the inputs `input_seqs` (empty for an opening)."""

    PERSONAL = ("text", "move.quote", "move.reason")

    fence: int = 0
    input_seqs: tuple[int, ...] = ()
    text: str = ""
    move: Move = Move(strategy="opening", response_type="greeting")
    engine: str = ""
    engine_version: str = ""
    model: str = ""
    processing_s: float = 0.0
    answer_quality: float | None = None
    at_s: float = 0.0


class EngineSwitched(SessionEvent, frozen=True, tag=True):
    input_seq: int = 0
    from_engine: str = ""
    to_engine: str = ""
    reason: str = ""


class PatienceRequested(SessionEvent, frozen=True, tag=True):
    user_id: str = ""
    seconds: float = 0.0
    until: int = 0


class SessionEnded(SessionEvent, frozen=True, tag=True):
    """`confirm_by` (epoch ms, 0: no need): until when the scores wait for the candidate to confirm what was heard."""

    reason: EndReason = "completed"
    by: str = ""
    at_s: float = 0.0
    confirm_by: int = 0


class ReportStored(SessionEvent, frozen=True, tag=True):
    """The report is there (`failed` says why it could not be made)."""

    failed: str = ""


AnySessionEvent = (
    SessionCreated
    | SessionConfigured
    | MemberAdded
    | MemberRemoved
    | ConsentRecorded
    | ParticipantConnected
    | ParticipantDisconnected
    | InterviewBegan
    | InputSubmitted
    | AudioStored
    | SpeechMissed
    | RecordingHeard
    | RecordingFiled
    | ReplyProduced
    | EngineSwitched
    | PatienceRequested
    | SessionEnded
    | ReportStored
    | AnyRoomEvent
    | AnyConfirmationEvent
    | AnyPanelEvent
)

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(AnySessionEvent)


def type_name(event: msgspec.Struct) -> str:
    return type(event).__name__


def encode(event: msgspec.Struct) -> bytes:
    """The payload as it is stored: JSON with the type inside."""
    return _ENCODER.encode(event)


decode = _DECODER.decode


E = TypeVar("E", bound=msgspec.Struct)


def blanked(event: E, personal: tuple[str, ...]) -> E:
    """`event`, marked as redacted, with these fields as in an empty one; `config.resume` is a field of a field."""
    blank = type(event)()
    changes: dict[str, Any] = {"redacted": True}
    for path in personal:
        name, _, inner = path.partition(".")
        if not inner:
            changes[name] = getattr(blank, name)
            continue
        part = changes.get(name, getattr(event, name))
        changes[name] = msgspec.structs.replace(part, **{inner: getattr(getattr(blank, name), inner)})
    return msgspec.structs.replace(event, **changes)


def redact(event: AnySessionEvent) -> AnySessionEvent:
    """The same fact without what it said about a person: personal fields empty, everything else as it was."""
    return blanked(event, event.PERSONAL)


class Recorded(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event with its place in the log: `seq` in its stream, `at` in epoch milliseconds, `actor` who did it.

    `client_id` is that of the command the event belongs to (None when it had none).
    """

    seq: int
    event_id: str
    at: int
    actor: str
    client_id: str | None
    data: AnySessionEvent


#: A page of the log as events with their places.
decode_page = page_decoder(Recorded, AnySessionEvent)

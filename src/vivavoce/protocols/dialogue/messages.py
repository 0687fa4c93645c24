"""The messages of the dialogue door. Names and fields are exact (SPEC.md 2); what comes in may carry more."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from vivavoce.domain.interview import InterviewStyle

#: What a client may ask for in `connect`; anything else it names is ignored.
FEATURES: Final[frozenset[str]] = frozenset({"status", "deltas", "opening", "progress", "partials"})

#: An id on the wire: strings or numbers, compared as strings (SPEC.md 0.5).
WireId = str | int


SpokenLanguage = Literal["en", "ko", "zh", "auto"]

# --- from the client ------------------------------------------------------------------------------------------------


class ConnectData(msgspec.Struct, frozen=True, kw_only=True):
    interview_style: InterviewStyle | None = None
    client_info: Any = None
    language: Literal["en", "ko", "zh", "auto"] | None = None
    role: str | None = None
    competencies: tuple[str, ...] | None = None
    duration_minutes: int | None = None
    job_description: str | None = None
    resume: str | None = None
    features: tuple[str, ...] = ()
    last_seq: int | None = None
    epoch: str | None = None
    user_id: WireId | None = None


class TextInputData(msgspec.Struct, frozen=True, kw_only=True):
    """`language` of the first words is the interview's, where nobody has said it before."""

    text: str
    context: Any = None
    language: SpokenLanguage | None = None
    client_id: str | None = None
    user_id: WireId | None = None


SampleRate = Annotated[int, msgspec.Meta(ge=4_000, le=384_000)]
Channels = Annotated[int, msgspec.Meta(ge=1, le=16)]


class AudioInputData(msgspec.Struct, frozen=True, kw_only=True):
    audio_data: str
    audio_format: str = "wav"
    sample_rate: SampleRate | None = None
    channels: Channels | None = None
    context: Any = None
    language: SpokenLanguage | None = None
    client_id: str | None = None
    user_id: WireId | None = None


class AudioStartData(msgspec.Struct, frozen=True, kw_only=True):
    """Opens a stream of binary frames. `recording_id` goes on with one that broke off (as does the same `client_id`);
    without `endpointing` all of it is one input, however long the pauses; `patience` is how long a pause may be."""

    audio_format: str = "pcm"
    sample_rate: SampleRate | None = None
    channels: Channels | None = None
    recording_id: str | None = None
    endpointing: bool = True
    patience: Literal["quick", "standard", "patient"] = "standard"
    context: Any = None
    language: SpokenLanguage | None = None
    client_id: str | None = None
    user_id: WireId | None = None


class ThinkTimeData(msgspec.Struct, frozen=True, kw_only=True):
    seconds: Annotated[float, msgspec.Meta(gt=0, le=300)] = 60.0
    client_id: str | None = None
    user_id: WireId | None = None


class EndSessionData(msgspec.Struct, frozen=True, kw_only=True):
    client_id: str | None = None
    user_id: WireId | None = None


class TokenRefreshData(msgspec.Struct, frozen=True, kw_only=True):
    token: str


class PlainData(msgspec.Struct, frozen=True, kw_only=True):
    """`ping`, `disconnect`: nothing is needed."""

    user_id: WireId | None = None


ClientData = (
    ConnectData
    | TextInputData
    | AudioInputData
    | AudioStartData
    | ThinkTimeData
    | EndSessionData
    | TokenRefreshData
    | PlainData
)

CLIENT_MESSAGES: Final[dict[str, type[msgspec.Struct]]] = {
    "connect": ConnectData,
    "text_input": TextInputData,
    "audio_input": AudioInputData,
    "audio_start": AudioStartData,
    "audio_end": PlainData,
    "ping": PlainData,
    "disconnect": PlainData,
    "think_time": ThinkTimeData,
    "end_session": EndSessionData,
    "token_refresh": TokenRefreshData,
}


class ClientMessage(msgspec.Struct, frozen=True):
    """A message that came in: its type, the session it names (as a string, or None) and its typed data."""

    type: str
    session_id: str | None
    data: ClientData


# --- to the client --------------------------------------------------------------------------------------------------


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the data of what the server sends; TYPE is the envelope's type."""


class ServerInfo(msgspec.Struct, frozen=True):
    version: str


class Connected(ServerMessage, frozen=True, kw_only=True):
    status: Literal["connected"] = "connected"
    server_info: ServerInfo
    recovered: bool
    last_seq: int
    epoch: str


class Status(ServerMessage, frozen=True, kw_only=True, omit_defaults=True):
    """`seq` and `client_id` stand in the answer to an input that is safe, `recording_id` where it is audio."""

    status: str
    message: str
    client_id: str | None = None
    seq: int = 0
    turn_id: str = ""
    recording_id: str = ""


class Transcription(ServerMessage, frozen=True, kw_only=True):
    """What was heard, as it will stay: the message of an input that was spoken. Seconds count from the beginning of
    the recording."""

    transcription: str
    confidence: float | None
    processing_time: float
    is_final: Literal[True] = True
    language: str
    duration: float
    recording_id: str
    start_s: float
    end_s: float
    user_id: str
    client_id: str | None
    seq: int
    event_id: str
    redacted: bool = False


class PartialTranscription(ServerMessage, frozen=True, kw_only=True):
    """What has been understood so far; each replaces the one before. Not stored. For the feature `partials`."""

    transcription: str
    confidence: None = None
    processing_time: float = 0.0
    is_final: Literal[False] = False
    language: str
    recording_id: str
    start_s: float
    end_s: float
    user_id: str


class AudioAck(ServerMessage, frozen=True, kw_only=True):
    """So much of a stream is on disk, at most once a second; `last`: all of it. Keep and resend what comes after
    `received_bytes`. `received_ms` is told by the samples where they are plain, else by the clock."""

    received_ms: int
    received_bytes: int
    recording_id: str
    last: bool
    seq: int


class TranscriptionInfo(msgspec.Struct, frozen=True, kw_only=True):
    confidence: float | None = None
    duration: float | None = None
    language: str | None = None


class AiResponse(ServerMessage, frozen=True, kw_only=True):
    user_input: str
    ai_response: str
    response_type: str
    strategy_used: str
    focus_area: str
    confidence: float | None
    processing_time: float
    transcription_info: TranscriptionInfo
    seq: int
    event_id: str
    input_seq: int
    client_id: str | None
    turn_id: str
    at_s: float
    redacted: bool = False


class AiResponseDelta(ServerMessage, frozen=True, kw_only=True):
    text: str
    turn_id: str
    restart: bool = False


class Progress(ServerMessage, frozen=True, kw_only=True):
    """Where the interview stands, on every change; not stored, so it carries no seq of its own."""

    status: str
    answered: int
    focus_area: str
    elapsed_s: float
    remaining_s: float
    patience_until: str | None
    connected: bool
    report: str
    last_seq: int


class Snapshot(ServerMessage, frozen=True, kw_only=True):
    state: dict[str, Any]
    last_seq: int
    epoch: str


class SessionEndedMessage(ServerMessage, frozen=True, kw_only=True):
    report_url: str
    reason: str
    seq: int
    event_id: str


class Pong(ServerMessage, frozen=True, kw_only=True):
    timestamp: str


class Notice(ServerMessage, frozen=True, kw_only=True):
    """A word from an administrator."""

    message: str


class TokenExpiring(ServerMessage, frozen=True, kw_only=True):
    expires_in: float


class ErrorData(ServerMessage, frozen=True, kw_only=True):
    error: str
    message: str
    details: str
    info: dict[str, Any]


#: The envelope's `type` of each server message; AsyncAPI and the web app's types come from here.
SERVER_MESSAGES: Final[dict[type[ServerMessage], str]] = {
    Connected: "connected",
    Status: "status",
    Transcription: "transcription",
    PartialTranscription: "transcription",
    AudioAck: "audio_ack",
    AiResponse: "ai_response",
    AiResponseDelta: "ai_response_delta",
    Progress: "progress",
    Snapshot: "snapshot",
    SessionEndedMessage: "session_ended",
    Pong: "pong",
    Notice: "notice",
    TokenExpiring: "token_expiring",
    ErrorData: "error",
}

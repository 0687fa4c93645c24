"""The events of the rooms door. Names and fields are exact (SPEC.md 1); what comes in may carry more.

Numbers that say when are epoch seconds, durations are seconds.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vivavoce.domain.session.room import Level

#: What a client may ask for in `auth.features`; anything else it names is ignored.
FEATURES: Final[frozenset[str]] = frozenset({"presence", "snapshot"})

#: An id on the wire: strings or numbers, compared as strings (SPEC.md 0.5).
WireId = str | int


# --- from the client ------------------------------------------------------------------------------------------------


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with the connection. A `ticket` is used once in place of a token."""

    token: str | None = None
    ticket: str | None = None
    user_id: WireId | None = None
    features: tuple[str, ...] = ()


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """`timestamp` comes back as it is."""

    timestamp: Any = None


class RoomEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is said about a room. `user_id` may repeat who one is; `client_id` makes the event happen once."""

    interview_id: WireId
    user_id: WireId | None = None
    client_id: str | None = None


class JoinInterview(RoomEvent, frozen=True, kw_only=True):
    """With `last_seq` and `epoch` the client goes on where it was."""

    last_seq: int | None = None
    epoch: str | None = None


class LeaveInterview(RoomEvent, frozen=True, kw_only=True):
    pass


class LeadInterview(RoomEvent, frozen=True, kw_only=True):
    """`start_interview`, `pause_interview`, `resume_interview`, `end_interview`."""


class StartQuestion(RoomEvent, frozen=True, kw_only=True):
    """Without a text, the question of the room's set that has this id."""

    question_id: WireId
    question_text: str = ""


class SubmitAnswer(RoomEvent, frozen=True, kw_only=True):
    """`response_time`: seconds, as the client measured them; the server measures for itself."""

    question_id: WireId
    answer_text: str
    response_time: float | None = None


class AnalyzeAnswer(RoomEvent, frozen=True, kw_only=True):
    """`user_id` is whose answer it is; without a text, the newest answer of that person to the question."""

    question_id: WireId | None = None
    answer_text: str | None = None


class SendMessage(RoomEvent, frozen=True, kw_only=True):
    message: str
    type: str = "text"


class TypingIndicator(RoomEvent, frozen=True, kw_only=True):
    is_typing: bool = True


class SwitchRecording(RoomEvent, frozen=True, kw_only=True):
    """`start_recording`, `stop_recording`."""


class VoiceData(RoomEvent, frozen=True, kw_only=True):
    """`audio_data` is base64 or a binary attachment. `chunk_id` counts the chunks of a recording."""

    audio_data: Any = None
    chunk_id: WireId | None = None
    is_final: bool = False
    audio_format: str | None = None
    sample_rate: Annotated[int, msgspec.Meta(ge=4_000, le=384_000)] | None = None
    language: Literal["en", "ko", "zh", "auto"] | None = None


class RequestHelp(RoomEvent, frozen=True, kw_only=True):
    help_type: str = "general"
    question_id: WireId | None = None
    message: str = ""


class ResolveHelp(RoomEvent, frozen=True, kw_only=True):
    """Without `help_id`, the only request that is open."""

    help_id: str | None = None
    message: str = ""


class InterviewStatus(RoomEvent, frozen=True, kw_only=True):
    pass


class EmergencyStop(RoomEvent, frozen=True, kw_only=True):
    reason: str = ""


class SystemMessage(msgspec.Struct, frozen=True, kw_only=True):
    """To a room, or to everybody who is connected."""

    message: str
    level: Level = "info"
    interview_id: WireId | None = None
    user_id: WireId | None = None
    client_id: str | None = None


class TokenRefresh(msgspec.Struct, frozen=True, kw_only=True):
    token: str


CLIENT_EVENTS: Final[dict[str, type[msgspec.Struct]]] = {
    "ping": Ping,
    "join_interview": JoinInterview,
    "leave_interview": LeaveInterview,
    "start_interview": LeadInterview,
    "pause_interview": LeadInterview,
    "resume_interview": LeadInterview,
    "start_question": StartQuestion,
    "submit_answer": SubmitAnswer,
    "analyze_answer": AnalyzeAnswer,
    "end_interview": LeadInterview,
    "send_message": SendMessage,
    "typing_indicator": TypingIndicator,
    "start_recording": SwitchRecording,
    "stop_recording": SwitchRecording,
    "voice_data": VoiceData,
    "request_help": RequestHelp,
    "resolve_help": ResolveHelp,
    "interview_status": InterviewStatus,
    "emergency_stop": EmergencyStop,
    "system_message": SystemMessage,
    "token_refresh": TokenRefresh,
}


# --- to the sender --------------------------------------------------------------------------------------------------


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """Base of answers to one sender; with the last `seq` of what was stored, where something was."""

    seq: int | UnsetType = UNSET
    event_id: str | UnsetType = UNSET
    client_id: str | UnsetType | None = UNSET


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """The acknowledgement of an event that has no confirming object of its own."""

    status: str = "ok"
    seq: int | None = None
    event_id: str | None = None
    client_id: str | None = None


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """`session_id` is that of this connection."""

    status: str = "connected"
    message: str
    user_id: WireId
    session_id: str


class OnlineUsers(msgspec.Struct, frozen=True, kw_only=True):
    count: int


class Pong(msgspec.Struct, frozen=True, kw_only=True):
    timestamp: Any
    server_time: float


class JoinedInterview(msgspec.Struct, frozen=True, kw_only=True):
    status: str = "joined"
    interview_id: WireId
    participants_count: int
    recovered: bool
    last_seq: int
    epoch: str


class LeftInterview(msgspec.Struct, frozen=True, kw_only=True):
    status: str = "left"
    interview_id: WireId


class AnswerConfirmed(Confirmation, frozen=True, kw_only=True):
    status: str = "confirmed"
    question_id: WireId
    response_time: float
    message: str
    version: int = 1


class Quotation(msgspec.Struct, frozen=True, kw_only=True):
    """Word for word at the characters [`start`, `end`) of the answer."""

    criterion: str
    quote: str
    start: int
    end: int


class AnswerAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """`coverage` says for each criterion (or expected point) how much of it the answer shows, 0 to 1; null where there
    is not enough to say."""

    question_id: WireId | None
    user_id: WireId | None
    coverage: dict[str, float | None]
    evidence: tuple[Quotation, ...]
    suggestions: tuple[str, ...]


class VoiceProcessing(Confirmation, frozen=True, kw_only=True):
    """The chunk is stored. `partial_text`: what has been understood so far."""

    interview_id: WireId
    chunk_id: WireId | None
    status: str
    partial_text: str


class VoiceTranscribed(msgspec.Struct, frozen=True, kw_only=True):
    """A recording was heard to its end; without words, `transcribed_text` is empty and `reason` says why."""

    interview_id: WireId
    user_id: WireId
    transcribed_text: str
    confidence: float | None
    is_final: bool = True
    reason: str | UnsetType = UNSET


class HelpRequestSent(Confirmation, frozen=True, kw_only=True):
    status: str = "sent"
    help_type: str
    message: str
    help_id: str = ""


class CurrentQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """`at_s`: when it was asked, in seconds of session time; pauses count neither there nor towards the limit."""

    question_id: WireId
    question_text: str
    start_time: float
    time_limit_s: int | None = None
    at_s: float = 0.0


class InterviewStatusResponse(msgspec.Struct, frozen=True, kw_only=True):
    """`uptime`: seconds that the interview has been running, pauses left out."""

    interview_id: WireId
    status: str
    participants_count: int
    current_question: CurrentQuestion | None
    uptime: float


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The room as this viewer may see it, where what was missed cannot be shown."""

    state: dict[str, Any]
    last_seq: int
    epoch: str


class TokenExpiring(msgspec.Struct, frozen=True, kw_only=True):
    expires_in: float


class TokenRefreshed(msgspec.Struct, frozen=True, kw_only=True):
    status: str = "ok"
    expires_in: float | None = None


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """SPEC.md 0.4."""

    error: str
    message: str
    details: str
    info: dict[str, Any]


# --- to the room ----------------------------------------------------------------------------------------------------


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what an event is told by: where it stands in the history, and the `client_id` its sender gave."""

    seq: int
    event_id: str
    client_id: str | None = None
    redacted: bool | UnsetType = UNSET


class ParticipantJoined(Told, frozen=True, kw_only=True):
    user_id: WireId
    interview_id: WireId
    participants_count: int
    name: str
    role: str


class ParticipantLeft(Told, frozen=True, kw_only=True):
    user_id: WireId
    interview_id: WireId
    participants_count: int


class InterviewTurned(Told, frozen=True, kw_only=True):
    """`interview_started`, `interview_paused`, `interview_resumed`."""

    interview_id: WireId
    by: WireId
    timestamp: float


class QuestionStarted(Told, frozen=True, kw_only=True):
    interview_id: WireId
    question_id: WireId
    question_text: str
    start_time: float
    time_limit_s: int | None
    number: int
    at_s: float


class AnswerSubmitted(Told, frozen=True, kw_only=True):
    """`answer_text` is there for those who lead the interview. `client_response_time` is what the client measured."""

    interview_id: WireId
    question_id: WireId
    user_id: WireId
    response_time: float
    timestamp: float
    version: int
    answer_text: str | UnsetType = UNSET
    client_response_time: float | UnsetType | None = UNSET


class InterviewEnded(Told, frozen=True, kw_only=True):
    interview_id: WireId
    ended_by: WireId
    timestamp: float
    message: str
    reason: str


class NewMessage(Told, frozen=True, kw_only=True):
    interview_id: WireId
    user_id: WireId
    message: str
    type: str
    timestamp: float
    message_id: str


class UserTyping(msgspec.Struct, frozen=True, kw_only=True):
    user_id: WireId
    is_typing: bool
    interview_id: WireId


class RecordingStatus(Told, frozen=True, kw_only=True):
    interview_id: WireId
    user_id: WireId
    is_recording: bool
    timestamp: float


class LiveTranscription(msgspec.Struct, frozen=True, kw_only=True):
    """While somebody speaks it is not stored, and what comes next replaces it; a final one is an event."""

    interview_id: WireId
    user_id: WireId
    text: str
    is_final: bool
    timestamp: float
    question_id: WireId | UnsetType | None = UNSET
    confidence: float | UnsetType | None = UNSET
    seq: int | UnsetType = UNSET
    event_id: str | UnsetType = UNSET
    redacted: bool | UnsetType = UNSET


class HelpRequested(Told, frozen=True, kw_only=True):
    interview_id: WireId
    user_id: WireId
    help_type: str
    question_id: WireId | None
    timestamp: float
    help_id: str
    message: str


class HelpResolved(Told, frozen=True, kw_only=True):
    interview_id: WireId
    user_id: WireId
    help_type: str
    resolved_by: WireId
    timestamp: float
    help_id: str
    message: str


class InterviewEmergencyStopped(Told, frozen=True, kw_only=True):
    interview_id: WireId
    stopped_by: WireId
    reason: str
    timestamp: float


class SystemMessageTold(msgspec.Struct, frozen=True, kw_only=True):
    """One to everybody belongs to no room, and has no place in a history."""

    message: str
    level: str
    timestamp: float
    interview_id: WireId | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    event_id: str | UnsetType = UNSET
    client_id: str | UnsetType | None = UNSET
    redacted: bool | UnsetType = UNSET


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """`status`: `online`, or `away` while a short absence is none."""

    user_id: WireId
    name: str
    role: str
    status: str


class ParticipantsUpdated(msgspec.Struct, frozen=True, kw_only=True):
    interview_id: WireId
    participants: tuple[Participant, ...]
    participants_count: int


class InterviewProgress(msgspec.Struct, frozen=True, kw_only=True):
    """`total`: questions there are to ask, as far as it is known; `elapsed`: seconds, pauses left out."""

    interview_id: WireId
    current_question: CurrentQuestion | None
    answered: int
    total: int
    elapsed: float
    status: str


SERVER_EVENTS: Final[dict[str, type[msgspec.Struct]]] = {
    "connected": Connected,
    "online_users": OnlineUsers,
    "pong": Pong,
    "joined_interview": JoinedInterview,
    "snapshot": Snapshot,
    "participant_joined": ParticipantJoined,
    "left_interview": LeftInterview,
    "participant_left": ParticipantLeft,
    "interview_started": InterviewTurned,
    "interview_paused": InterviewTurned,
    "interview_resumed": InterviewTurned,
    "question_started": QuestionStarted,
    "answer_confirmed": AnswerConfirmed,
    "answer_submitted": AnswerSubmitted,
    "answer_analysis": AnswerAnalysis,
    "interview_ended": InterviewEnded,
    "new_message": NewMessage,
    "user_typing": UserTyping,
    "recording_status": RecordingStatus,
    "voice_processing": VoiceProcessing,
    "voice_transcribed": VoiceTranscribed,
    "live_transcription": LiveTranscription,
    "help_request_sent": HelpRequestSent,
    "help_requested": HelpRequested,
    "help_resolved": HelpResolved,
    "interview_status_response": InterviewStatusResponse,
    "interview_emergency_stopped": InterviewEmergencyStopped,
    "system_message": SystemMessageTold,
    "participants_updated": ParticipantsUpdated,
    "interview_progress": InterviewProgress,
    "token_expiring": TokenExpiring,
    "token_refreshed": TokenRefreshed,
    "error": Error,
}

#: What the acknowledgement of a client's event confirms it with; `Acknowledged` for all others.
ACKNOWLEDGEMENTS: Final[dict[str, type[msgspec.Struct]]] = {
    "ping": Pong,
    "join_interview": JoinedInterview,
    "leave_interview": LeftInterview,
    "submit_answer": AnswerConfirmed,
    "analyze_answer": AnswerAnalysis,
    "voice_data": VoiceProcessing,
    "request_help": HelpRequestSent,
    "interview_status": InterviewStatusResponse,
    "token_refresh": TokenRefreshed,
}

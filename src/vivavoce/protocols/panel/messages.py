"""The messages of the panel door. Names and fields are exact (SPEC.md 3); what comes in may carry more.

There is no envelope: the fields of a message stand beside its `type`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from vivavoce.domain.session.panel import SpeakerRole

#: What a client may ask for by `?features=a,b`; anything else it names is ignored. `status`: greeting, expiry of the
#: token; `transcript`: utterances, speakers and corrections as they come; `partials`: what is understood so far;
#: `evaluations`: scores as they change.
FEATURES: Final[frozenset[str]] = frozenset({"status", "transcript", "partials", "evaluations"})

WireId = str | int
Timestamp = float | int | str | None
SpokenLanguage = Literal["en", "ko", "zh", "auto"]
SampleRate = Annotated[int, msgspec.Meta(ge=4_000, le=384_000)]
Channels = Annotated[int, msgspec.Meta(ge=1, le=16)]
UtteranceIds = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=500)]


# --- from the client ------------------------------------------------------------------------------------------------


class ClientMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what clients send. `client_id` makes a command happen once however often it is sent."""

    client_id: str | None = None
    user_id: WireId | None = None


class AudioChunk(ClientMessage, frozen=True, kw_only=True):
    """A piece of one continuous stream; `timestamp` is when it was recorded (epoch seconds, milliseconds or ISO 8601),
    puts chunks in order and tells repeated ones. `own_microphone`: nobody but the sender speaks into it."""

    audio_data: str
    timestamp: Timestamp = None
    audio_format: str = ""
    sample_rate: SampleRate | None = None
    language: SpokenLanguage | None = None
    own_microphone: bool = False


class SpeakerNote(ClientMessage, frozen=True, kw_only=True):
    speaker: str
    note: str
    timestamp: Timestamp = None


class EvaluationRequest(ClientMessage, frozen=True, kw_only=True):
    """Judge what was said so far, now."""


class SessionEnd(ClientMessage, frozen=True, kw_only=True):
    """End the interview."""


class AudioStart(ClientMessage, frozen=True, kw_only=True):
    """Opens a stream of binary frames. `recording_id` goes on with one that broke off."""

    audio_format: str = "pcm"
    sample_rate: SampleRate | None = None
    channels: Channels | None = None
    recording_id: str | None = None
    own_microphone: bool = False
    language: SpokenLanguage | None = None


class AudioEnd(ClientMessage, frozen=True, kw_only=True):
    """The stream of binary frames is over."""


class AddUtterance(ClientMessage, frozen=True, kw_only=True):
    """Words typed in place of speech: own ones, or (staff) those of the speaker named."""

    text: str
    speaker: str = ""


class AssignUtterances(ClientMessage, frozen=True, kw_only=True):
    """These utterances are by this speaker: an id, a label (`지원자_2`, `candidate 2`) or a name."""

    utterance_ids: UtteranceIds
    speaker: str


class UpdateSpeaker(ClientMessage, frozen=True, kw_only=True):
    speaker: str
    label: str | None = None
    name: str | None = None
    role: SpeakerRole | None = None
    participant_id: WireId | None = None


class MergeSpeakers(ClientMessage, frozen=True, kw_only=True):
    """`speaker` is the same person as `into`."""

    speaker: str
    into: str


class SplitSpeaker(ClientMessage, frozen=True, kw_only=True):
    """These utterances are by somebody else."""

    utterance_ids: UtteranceIds


class EnrolVoice(ClientMessage, frozen=True, kw_only=True):
    """A recording of one person alone, best about 30 s: their voice is known from then on. Candidates enrol their own;
    staff also the voice of the speaker named (an id, a label or a name, known or new)."""

    audio_data: str
    audio_format: str = ""
    speaker: str = ""


class TokenRefresh(ClientMessage, frozen=True, kw_only=True):
    token: str


class ClientPing(ClientMessage, frozen=True, kw_only=True):
    """Answered by `pong`."""


class ClientPong(ClientMessage, frozen=True, kw_only=True):
    """Answers our `ping`; none is needed."""


CLIENT_MESSAGES: Final[dict[str, type[ClientMessage]]] = {
    "audio_chunk": AudioChunk,
    "speaker_note": SpeakerNote,
    "evaluation_request": EvaluationRequest,
    "session_end": SessionEnd,
    "audio_start": AudioStart,
    "audio_end": AudioEnd,
    "add_utterance": AddUtterance,
    "assign_utterances": AssignUtterances,
    "update_speaker": UpdateSpeaker,
    "merge_speakers": MergeSpeakers,
    "split_speaker": SplitSpeaker,
    "enrol_voice": EnrolVoice,
    "token_refresh": TokenRefresh,
    "ping": ClientPing,
    "pong": ClientPong,
}


# --- to the client --------------------------------------------------------------------------------------------------


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of what the server sends; the tag is its type."""


class AudioResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one chunk. Texts of speech that crosses a chunk's end come with the chunk in which it ends."""

    timestamp: Timestamp
    transcription: dict[str, Any]
    diarization: dict[str, Any]
    evaluation: dict[str, Any]
    success: bool
    seq: int = 0
    client_id: str | None = None
    error: str = ""
    code: str = ""


class AudioProcessed(ServerMessage, frozen=True, kw_only=True, tag="audio_processed"):
    result: AudioResult


class NoteSaved(ServerMessage, frozen=True, kw_only=True, tag="note_saved"):
    """A note, to its author and the other interviewers. `private_seq` counts what candidates do not see."""

    speaker: str
    note: str
    timestamp: Timestamp
    speaker_id: str
    author_id: str
    author: str
    at_s: float
    seq: int
    private_seq: int
    event_id: str
    client_id: str | None = None
    redacted: bool = False


class EvaluationSummary(ServerMessage, frozen=True, kw_only=True, tag="evaluation_summary"):
    """`{session_id, duration, total_transcripts, total_evaluations, speaker_stats, average_score, candidates, …}`."""

    summary: dict[str, Any]


class SessionEnded(ServerMessage, frozen=True, kw_only=True, tag="session_ended"):
    """`{session_id, start_time, end_time, duration, transcripts, evaluations, speaker_notes, …}`."""

    final_result: dict[str, Any]
    seq: int
    event_id: str


class Ping(ServerMessage, frozen=True, kw_only=True, tag="ping"):
    """After 30 s in which nothing came."""

    timestamp: str


class Pong(ServerMessage, frozen=True, kw_only=True, tag="pong"):
    timestamp: str


class ErrorMessage(ServerMessage, frozen=True, kw_only=True, tag="error"):
    """`error` is a sentence for a person, `code` the stable code."""

    error: str
    code: str
    details: str
    info: dict[str, Any]


class Connected(ServerMessage, frozen=True, kw_only=True, tag="connected"):
    """To clients that asked for `status` or came back with `last_seq`."""

    session_id: str
    recovered: bool
    last_seq: int
    epoch: str
    private_seq: int
    version: str


class Snapshot(ServerMessage, frozen=True, kw_only=True, tag="snapshot"):
    """The session as this viewer may see it, where history could not be gone on with."""

    state: dict[str, Any]
    last_seq: int
    epoch: str
    private_seq: int


class Saved(ServerMessage, frozen=True, kw_only=True, tag="saved"):
    """A command that the document does not know is stored."""

    seq: int
    client_id: str | None = None


class VoiceEnrolled(ServerMessage, frozen=True, kw_only=True, tag="voice_enrolled"):
    """The voice of a speaker is known. `speech`: the seconds of speech it was learnt from; `agreement`: how well they
    agree with each other (0 to 1)."""

    speaker: str
    speaker_id: str
    speech: float
    agreement: float
    client_id: str | None = None


class AudioAck(ServerMessage, frozen=True, kw_only=True, tag="audio_ack"):
    """So much of a stream is on disk, at most once a second; `last`: all of it."""

    received_ms: int
    received_bytes: int
    recording_id: str
    last: bool
    seq: int


class UtteranceMessage(ServerMessage, frozen=True, kw_only=True, tag="utterance"):
    """What somebody said. `attribution` is how sure it is whose it is, `uncertain`: not sure enough to be scored."""

    utterance_id: str
    speaker: str
    speaker_id: str
    role: SpeakerRole
    text: str
    start: float
    end: float
    confidence: float | None
    attribution: float | None
    uncertain: bool
    overlapped: bool
    recording_id: str
    audio_start: float
    audio_end: float
    seq: int
    event_id: str
    client_id: str | None = None
    redacted: bool = False


class PartialMessage(ServerMessage, frozen=True, kw_only=True, tag="partial"):
    """What has been understood so far of what is being said; not stored, each replaces the one before.

    `speaker_id` is whose voice it sounds like so far, None until that is known; `speaker` is what they are called, None
    for somebody of whom there is no utterance yet. The utterance says it for good. `start` and `end` are seconds of
    session time.
    """

    text: str
    language: str
    user_id: str
    recording_id: str
    speaker: str | None
    speaker_id: str | None
    start: float
    end: float
    audio_start: float
    audio_end: float


class ReassignedUtterance(msgspec.Struct, frozen=True, kw_only=True):
    utterance_id: str
    speaker: str
    speaker_id: str
    attribution: float | None
    uncertain: bool


class UtterancesReassigned(ServerMessage, frozen=True, kw_only=True, tag="utterances_reassigned"):
    """Earlier utterances are by somebody else than it was said."""

    changes: list[ReassignedUtterance]
    reason: str
    by: str
    seq: int
    event_id: str
    client_id: str | None = None


class UtteranceDivided(ServerMessage, frozen=True, kw_only=True, tag="utterance_divided"):
    """An utterance turned out to be two people's words: what it is now, and what was its end, each like an item of
    `transcripts`."""

    utterance: dict[str, Any]
    rest: dict[str, Any]
    seq: int
    event_id: str


class SpeakerUpdated(ServerMessage, frozen=True, kw_only=True, tag="speaker_updated"):
    """A speaker was found, or is called otherwise now; `by` is empty where it was suggested by what they say.
    `withdrew`: a candidate who takes no part (any more) and is not judged."""

    speaker_id: str
    label: str
    name: str
    role: SpeakerRole
    participant_id: str
    withdrew: bool
    by: str
    seq: int
    event_id: str
    client_id: str | None = None


class SpeakersMerged(ServerMessage, frozen=True, kw_only=True, tag="speakers_merged"):
    speaker_id: str
    into: str
    by: str
    seq: int
    event_id: str
    client_id: str | None = None


class EvaluationUpdated(ServerMessage, frozen=True, kw_only=True, tag="evaluation_updated"):
    """A candidate's newest scores; null where they are sealed for this viewer."""

    evaluation: dict[str, Any]
    seq: int
    private_seq: int
    event_id: str


class ScorecardsUpdated(ServerMessage, frozen=True, kw_only=True, tag="scorecards_updated"):
    """Somebody handed in an own scorecard, scores were revealed to this viewer, or people agreed on a result: look
    again."""

    what: Literal["submitted", "revealed", "adjudicated"]
    speaker_id: str
    by: str
    seq: int
    private_seq: int
    event_id: str


class TokenExpiring(ServerMessage, frozen=True, kw_only=True, tag="token_expiring"):
    expires_in: float


class TokenRefreshed(ServerMessage, frozen=True, kw_only=True, tag="token_refreshed"):
    expires_in: float | None


#: The `type` of each server message; AsyncAPI and the web app's types come from here.
SERVER_MESSAGES: Final[dict[str, type[ServerMessage]]] = {
    "audio_processed": AudioProcessed,
    "note_saved": NoteSaved,
    "evaluation_summary": EvaluationSummary,
    "session_ended": SessionEnded,
    "ping": Ping,
    "pong": Pong,
    "error": ErrorMessage,
    "connected": Connected,
    "snapshot": Snapshot,
    "saved": Saved,
    "voice_enrolled": VoiceEnrolled,
    "audio_ack": AudioAck,
    "utterance": UtteranceMessage,
    "partial": PartialMessage,
    "utterances_reassigned": UtterancesReassigned,
    "utterance_divided": UtteranceDivided,
    "speaker_updated": SpeakerUpdated,
    "speakers_merged": SpeakersMerged,
    "evaluation_updated": EvaluationUpdated,
    "scorecards_updated": ScorecardsUpdated,
    "token_expiring": TokenExpiring,
    "token_refreshed": TokenRefreshed,
}

"""What can be asked of a session."""

from __future__ import annotations

from typing import Literal

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Move
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session.base import Command
from vivavoce.domain.session.confirmation import AnyConfirmationCommand
from vivavoce.domain.session.events import InputSource, SessionKind, Unheard, Visibility
from vivavoce.domain.session.panel import AnyPanelCommand
from vivavoce.domain.session.room import AnyRoomCommand, Id

TimerKind = Literal["idle", "time_up", "closing", "confirmation"]


class CreateSession(Command, frozen=True):
    session_id: str
    kind: SessionKind = "dialogue"
    title: str = ""
    config: InterviewConfig = InterviewConfig()
    visibility: Visibility = "sealed"
    by_guest: bool = False
    numbered: bool = False
    """Its id was given as a number."""
    rubric: RubricVersion | None = None
    creator_role: Role = "interviewer"
    creator_name: str = ""


class ConfigureSession(Command, frozen=True):
    """Complete the configuration before the interview begins; afterwards it changes nothing. Without a `title` the
    title stays."""

    config: InterviewConfig
    title: str | None = None


class AddMember(Command, frozen=True):
    """`restore` is a person's decision; a token's claim never restores a membership that was taken away."""

    user_id: str
    role: Role
    name: str = ""
    invitation_id: str = ""
    restore: bool = False


class RemoveMember(Command, frozen=True):
    user_id: str


class RecordConsent(Command, frozen=True):
    user_id: str
    purposes: tuple[str, ...]
    agreed: bool


class NoteConnected(Command, frozen=True):
    """`shown_as`: the id as its owner writes it, where that is not `user_id`."""

    user_id: str
    role: Role
    shown_as: Id | None = None


class NoteDisconnected(Command, frozen=True):
    user_id: str
    since: int


class BeginInterview(Command, frozen=True):
    """The interviewer speaks first: fixes the plan and asks for an opening."""

    plan: InterviewPlan


class SubmitInput(Command, frozen=True):
    user_id: str
    text: str
    plan: InterviewPlan
    context: str = ""
    source: InputSource = "text"
    interrupts: bool = False


class StoreAudio(Command, frozen=True):
    """The bytes [`offset`, `offset + size`) of a recording are on disk. The first of a recording (size 0 where nothing
    has come yet) opens it."""

    user_id: str
    recording_id: str
    offset: int
    size: int
    received_ms: int
    audio_format: str
    sample_rate: int = 0
    streamed: bool = False
    in_one: bool = False
    complete: bool = False
    language: str = ""
    context: str = ""
    interrupts: bool = False


class SpokenPart(msgspec.Struct, frozen=True):
    """A text and how it was heard. Of a panel also whose it is: a speaker the tracker knows (empty: it knows none),
    how sure that is (0–1), and whether somebody spoke at the same time."""

    text: str
    spoken: Spoken
    utterance_id: str = ""
    speaker: str = ""
    attribution: float | None = None
    overlapped: bool = False


class Missed(msgspec.Struct, frozen=True):
    """Seconds [`start_s`, `end_s`) of a recording without words, and why."""

    reason: Unheard
    start_s: float = 0.0
    end_s: float = 0.0
    language: str = ""
    details: str = ""


class RecordSpeech(Command, frozen=True):
    """What was heard next in a recording; `finished`: it was the last. Heard again, it changes nothing."""

    recording_id: str
    plan: InterviewPlan
    parts: tuple[SpokenPart, ...] = ()
    missed: tuple[Missed, ...] = ()
    finished: bool = False
    duration_s: float = 0.0


class FileRecording(Command, frozen=True):
    """A finished recording was compressed."""

    recording_id: str
    audio_format: str
    size: int


class RecordReply(Command, frozen=True):
    """A reply to the inputs `input_seqs` (none: the opening), made under the lease with the token `fence`."""

    fence: int
    input_seqs: tuple[int, ...]
    text: str
    move: Move
    engine: str
    engine_version: str
    model: str = ""
    processing_s: float = 0.0
    answer_quality: float | None = None
    switched_from: str = ""
    switch_reason: str = ""


class RequestPatience(Command, frozen=True):
    user_id: str
    seconds: float


class EndSession(Command, frozen=True):
    by: str
    role: Role


class Withdraw(Command, frozen=True):
    by: str


class FireTimer(Command, frozen=True):
    """A time that was set by event `seq` has come."""

    kind: TimerKind
    seq: int


class RecordReport(Command, frozen=True):
    failed: str = ""


AnyCommand = (
    CreateSession
    | ConfigureSession
    | AddMember
    | RemoveMember
    | RecordConsent
    | NoteConnected
    | NoteDisconnected
    | BeginInterview
    | SubmitInput
    | StoreAudio
    | RecordSpeech
    | FileRecording
    | RecordReply
    | RequestPatience
    | EndSession
    | Withdraw
    | FireTimer
    | RecordReport
    | AnyRoomCommand
    | AnyConfirmationCommand
    | AnyPanelCommand
)

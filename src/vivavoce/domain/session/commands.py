"""What can be asked of a session."""

from __future__ import annotations

from typing import Literal

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Move
from vivavoce.domain.session.events import InputSource, SessionKind, Visibility

TimerKind = Literal["idle", "time_up", "closing"]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands."""


class CreateSession(Command, frozen=True):
    session_id: str
    kind: SessionKind = "dialogue"
    title: str = ""
    config: InterviewConfig = InterviewConfig()
    visibility: Visibility = "sealed"
    by_guest: bool = False
    creator_role: Role = "interviewer"
    creator_name: str = ""


class ConfigureSession(Command, frozen=True):
    """Complete the configuration before the interview begins; afterwards it changes nothing."""

    config: InterviewConfig


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
    user_id: str
    role: Role


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
    | RecordReply
    | RequestPatience
    | EndSession
    | Withdraw
    | FireTimer
    | RecordReport
)

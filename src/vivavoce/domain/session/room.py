"""Rooms (SPEC.md 1): what can be asked of one, what happened in it, and its part of a session's state.

Ids that clients choose (of questions, of themselves) may be strings or numbers; they are kept as they came and
compared as strings (`same_id`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from vivavoce.domain.access import STAFF, Role
from vivavoce.domain.question_sets import PinnedQuestions
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.session.base import Command, SessionEvent

#: An id as its sender wrote it.
Id = str | int
Level = Literal["info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = ("info", "warning", "error")

#: `lead`: start, pause, resume, end, questions, emergency stop, analyse, resolve help, notes; `answer`: answers,
#: recording, asking for help; `announce`: system messages.
Right = Literal["look", "lead", "answer", "speak", "chat", "announce"]
RIGHTS: Final[Mapping[Right, frozenset[Role]]] = {
    "look": STAFF | {"candidate", "observer"},
    "lead": STAFF,
    "answer": frozenset({"candidate"}),
    "speak": frozenset({"candidate", "interviewer"}),
    "chat": STAFF | {"candidate"},
    "announce": frozenset({"admin"}),
}


def key_of(value: Id) -> str:
    """What an id is compared by."""
    return str(value)


# --- what can be asked ---------------------------------------------------------------------------------------------


class RoomCommand(Command, frozen=True):
    """Base of what a participant asks: `by` is who, `role` the role they have in this session."""

    by: str
    role: Role


class ConfigureRoom(RoomCommand, frozen=True):
    """The questions to be asked, in their order (None: they are made up as the interview goes), and when it is to
    begin (epoch ms, 0: not said). Before the interview began."""

    questions: PinnedQuestions | None = None
    scheduled_for: int = 0


class StartRoom(RoomCommand, frozen=True):
    pass


class PauseRoom(RoomCommand, frozen=True):
    pass


class ResumeRoom(RoomCommand, frozen=True):
    pass


class StartQuestion(RoomCommand, frozen=True):
    """Ask a question; without a text, the one of the room's question set that has this id."""

    question_id: Id
    question_text: str = ""


class SubmitAnswer(RoomCommand, frozen=True):
    """`claimed_response_time` is what the client measured, in seconds."""

    question_id: Id
    answer_text: str
    claimed_response_time: float | None = None


class EndRoom(RoomCommand, frozen=True):
    pass


class StopRoom(RoomCommand, frozen=True):
    """Emergency stop: nothing goes on after it."""

    reason: str = ""


class SendMessage(RoomCommand, frozen=True):
    text: str
    kind: str = "text"


class SwitchRecording(RoomCommand, frozen=True):
    is_recording: bool


class RequestHelp(RoomCommand, frozen=True):
    help_type: str
    question_id: Id | None = None
    note: str = ""


class ResolveHelp(RoomCommand, frozen=True):
    """Without `help_id`: the only request that is open."""

    help_id: str | None = None
    note: str = ""


class Announce(RoomCommand, frozen=True):
    """A system message to the room."""

    message: str
    level: Level = "info"


class EmitCustom(Command, frozen=True):
    """An event of a plug-in or an integrator, under its own name. `to_staff`: for staff alone."""

    by: str
    name: str
    data: dict[str, Any]
    to_staff: bool = False


AnyRoomCommand = (
    ConfigureRoom
    | StartRoom
    | PauseRoom
    | ResumeRoom
    | StartQuestion
    | SubmitAnswer
    | EndRoom
    | StopRoom
    | SendMessage
    | SwitchRecording
    | RequestHelp
    | ResolveHelp
    | Announce
    | EmitCustom
)

# --- what happened -------------------------------------------------------------------------------------------------


class RoomConfigured(SessionEvent, frozen=True, tag=True):
    questions: PinnedQuestions | None = None
    scheduled_for: int = 0


class RoomStarted(SessionEvent, frozen=True, tag=True):
    by: str = ""


class RoomPaused(SessionEvent, frozen=True, tag=True):
    by: str = ""
    at_s: float = 0.0


class RoomResumed(SessionEvent, frozen=True, tag=True):
    by: str = ""
    at_s: float = 0.0


class QuestionStarted(SessionEvent, frozen=True, tag=True):
    """`number` counts the questions asked in this room, from 1; asked again, a question has a new one."""

    PERSONAL = ("question_text",)

    by: str = ""
    question_id: Id = ""
    question_text: str = ""
    time_limit_s: int | None = None
    competency: str = ""
    number: int = 0
    at_s: float = 0.0


class AnswerSubmitted(SessionEvent, frozen=True, tag=True):
    """An answer to a question that was asked; a repeated one is a new `version`, and all of them are kept.

    `response_time_s` is session time since the question was asked; `claimed_response_time` is what the client said.
    """

    PERSONAL = ("answer_text",)

    user_id: str = ""
    question_id: Id = ""
    answer_text: str = ""
    response_time_s: float = 0.0
    claimed_response_time: float | None = None
    version: int = 1
    at_s: float = 0.0


class RoomStopped(SessionEvent, frozen=True, tag=True):
    PERSONAL = ("reason",)

    by: str = ""
    reason: str = ""
    at_s: float = 0.0


class MessageSent(SessionEvent, frozen=True, tag=True):
    PERSONAL = ("text",)

    user_id: str = ""
    text: str = ""
    kind: str = "text"


class RecordingSwitched(SessionEvent, frozen=True, tag=True):
    user_id: str = ""
    is_recording: bool = False


class HelpRequested(SessionEvent, frozen=True, tag=True):
    """The event's id is the id of the request."""

    PERSONAL = ("note",)

    user_id: str = ""
    help_type: str = ""
    question_id: Id | None = None
    note: str = ""


class HelpResolved(SessionEvent, frozen=True, tag=True):
    """`user_id` is who had asked."""

    PERSONAL = ("note",)

    help_id: str = ""
    user_id: str = ""
    help_type: str = ""
    by: str = ""
    note: str = ""


class AnnouncementMade(SessionEvent, frozen=True, tag=True):
    PERSONAL = ("message",)

    by: str = ""
    message: str = ""
    level: Level = "info"


class CustomEventEmitted(SessionEvent, frozen=True, tag=True):
    PERSONAL = ("data",)

    by: str = ""
    name: str = ""
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    to_staff: bool = False


class SpeechCaptioned(SessionEvent, frozen=True, tag=True):
    """What a participant said, as it was heard; `at_s` to `end_s` is when (seconds of session time). `question_id` is
    the question that was open."""

    PERSONAL = ("text", "spoken")

    user_id: str = ""
    text: str = ""
    spoken: Spoken = Spoken()
    question_id: Id | None = None
    at_s: float = 0.0
    end_s: float = 0.0


AnyRoomEvent = (
    RoomConfigured
    | RoomStarted
    | RoomPaused
    | RoomResumed
    | QuestionStarted
    | AnswerSubmitted
    | RoomStopped
    | MessageSent
    | RecordingSwitched
    | HelpRequested
    | HelpResolved
    | AnnouncementMade
    | CustomEventEmitted
    | SpeechCaptioned
)

#: Messages of the chat that the state keeps: a busy room must not grow with what was said in it.
MESSAGES_KEPT: Final = 200

# --- the state -----------------------------------------------------------------------------------------------------


class AskedQuestion(msgspec.Struct, gc=False):
    """A question that was asked; `at` is epoch ms, `at_s` session time."""

    question_id: Id
    text: str
    time_limit_s: int | None
    competency: str
    at: int
    at_s: float
    seq: int
    event_id: str


class Answer(msgspec.Struct, gc=False):
    seq: int
    event_id: str
    user_id: str
    question_id: Id
    text: str
    response_time_s: float
    version: int
    at: int
    at_s: float


class ChatMessage(msgspec.Struct, gc=False):
    seq: int
    event_id: str
    user_id: str
    text: str
    kind: str
    at: int
    client_id: str | None


class Caption(msgspec.Struct, gc=False):
    seq: int
    event_id: str
    user_id: str
    text: str
    question_id: Id | None
    at: int
    at_s: float
    end_s: float
    spoken: Spoken


class HelpRequest(msgspec.Struct, gc=False):
    help_id: str
    user_id: str
    help_type: str
    question_id: Id | None
    note: str
    seq: int
    at: int


class RoomState(msgspec.Struct):
    """What a session is besides, where people meet in it."""

    questions: PinnedQuestions | None = None
    scheduled_for: int = 0
    asked: list[AskedQuestion] = []
    answers: list[Answer] = []
    versions: dict[tuple[str, str], int] = {}
    """(person, question) → the newest version of the answer."""
    messages: list[ChatMessage] = []
    """The newest of the chat; all of it is in the log."""
    captions: list[Caption] = []
    help: dict[str, HelpRequest] = {}
    """The open requests by id, oldest first."""
    recording: list[str] = []
    """Who is recording, in the order they began."""
    shown_as: dict[str, Id] = {}
    """Ids as their owners write them, where that is not the id itself."""
    stop_reason: str = ""

    @property
    def current(self) -> AskedQuestion | None:
        """The question that is open."""
        return self.asked[-1] if self.asked else None

    @property
    def answered(self) -> int:
        """Questions that have an answer."""
        return len({question for _, question in self.versions})

    @property
    def total(self) -> int:
        """Questions there are to ask, as far as it is known."""
        known = {key_of(question.question_id) for question in self.asked}
        if self.questions is not None:
            known |= {question.question_id for question in self.questions.questions}
        return len(known)

    def asked_question(self, question_id: Id) -> AskedQuestion | None:
        """The newest asking of a question."""
        key = key_of(question_id)
        return next((asked for asked in reversed(self.asked) if key_of(asked.question_id) == key), None)

    def shown(self, user_id: str) -> Id:
        """A person's id as they write it themselves."""
        return self.shown_as.get(user_id, user_id)

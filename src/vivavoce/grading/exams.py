"""All running exams of this process, and who may enter them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import uuid_utils

from vivavoce.domain.access import Identity, Role
from vivavoce.domain.errors import VivavoceError, forbidden, not_found
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.marks import Response
from vivavoce.domain.exam.questions import Question
from vivavoce.exam_ports import ExamStore
from vivavoce.grading.rows import exam_rows
from vivavoce.grading.running import Receipt, Running
from vivavoce.ports import Clock, EventLog

_RUNNING_LIMIT: Final = 500
_decode_state: Final = msgspec.json.Decoder(ExamState).decode
_decode_question: Final = msgspec.json.Decoder(Question).decode

Committed = Callable[["RunningExam", Sequence[e.RecordedExam]], None]


def new_exam_id() -> str:
    return f"exam_{uuid_utils.uuid7().hex}"


def exam_stream(exam_id: str) -> str:
    return f"exam:{exam_id}"


class RunningExam(Running[ExamState, e.AnyExamEvent, e.RecordedExam]):
    def __init__(self, exam_id: str, log: EventLog, store: ExamStore, clock: Clock, committed: Committed) -> None:
        super().__init__(exam_stream(exam_id), log, clock)
        self.exam_id = exam_id
        self.markers: dict[str, int] = {}
        """Who is marking now: connections that joined, by user."""
        self._store = store
        self._tell = committed

    def _empty(self) -> ExamState:
        return ExamState()

    async def _load(self) -> ExamState:
        stored = await self._store.exam(self.exam_id)
        if stored is None:
            return ExamState()
        state = _decode_state(stored.document)
        questions = map(_decode_question, stored.questions)
        state.questions = {question.question_id: question for question in questions}
        return state

    def _evolve(self, state: ExamState, recorded: e.RecordedExam) -> None:
        rules.evolve(state, recorded.data, seq=recorded.seq, at=recorded.at, actor=recorded.actor)

    def _rows(self, state: ExamState, events: Sequence[e.RecordedExam]) -> list[msgspec.Struct]:
        return exam_rows(state, events)

    def _recorded(
        self, seq: int, event_id: str, at: int, actor: str, client_id: str | None, data: e.AnyExamEvent
    ) -> e.RecordedExam:
        return e.RecordedExam(seq, event_id, at, actor, client_id, data)

    def _decoded(self, page: bytes) -> list[e.RecordedExam]:
        return e.decode_page(page)

    def _committed(self, events: Sequence[e.RecordedExam]) -> None:
        self._tell(self, events)

    async def known(self, submissions: Sequence[e.SubmissionGiven]) -> set[str]:
        """Ids of submissions, and of students, that the exam has already."""
        return await self._store.known_submissions(
            self.exam_id, [s.submission_id for s in submissions], [s.student_id for s in submissions]
        )

    async def on_response(
        self,
        response_id: str,
        decide: Callable[[ExamState, Response], list[e.AnyExamEvent]],
        actor: str,
        *,
        client_id: str | None = None,
    ) -> Receipt:
        """Submit what is decided about one response. Raises not_found."""

        async def with_response(state: ExamState) -> list[e.AnyExamEvent]:
            found = (await self._store.responses([response_id])).get(response_id)
            if found is None or found.question_id not in state.questions:
                raise not_found("there is no such response", reason="response_not_found")
            return decide(state, found)

        return await self.submit(with_response, actor, client_id=client_id)


class Exams:
    """The one way to an exam, for HTTP, the sockets and the workers alike."""

    def __init__(self, log: EventLog, store: ExamStore, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.committed: list[Committed] = []
        """Called after each commit, on the event loop; must not block."""
        self._log = log
        self._running: dict[str, RunningExam] = {}

    async def open(self, exam_id: str) -> RunningExam:
        """The running exam, read if it is not running; one that does not exist has an empty state."""
        exam = self._running.get(exam_id)
        if exam is None:
            self._make_room()
            exam = self._running[exam_id] = RunningExam(exam_id, self._log, self.store, self.clock, self._publish)
        await exam.ready()
        return exam

    async def existing(self, exam_id: str) -> RunningExam:
        """Raises not_found."""
        exam = await self.open(exam_id)
        if not exam.state.exists:
            raise _unknown()
        return exam

    async def entered(self, identity: Identity, exam_id: str, *roles: Role) -> tuple[RunningExam, Role]:
        """The exam and the role somebody has in it; with `roles`, one of these. Raises not_found for those who may not
        know that it exists, forbidden for those whose role does not allow it."""
        exam = await self.open(exam_id)
        role = role_in(exam.state, identity)
        if role is None:
            raise _unknown()
        if roles and role != "admin" and role not in roles:
            raise forbidden(f"the role {role} has no right to this", reason="role_forbids")
        return exam, role

    def _publish(self, exam: RunningExam, events: Sequence[e.RecordedExam]) -> None:
        for listener in self.committed:
            listener(exam, events)

    def _make_room(self) -> None:
        """Forget exams nobody follows: what they are is on disk."""
        if len(self._running) < _RUNNING_LIMIT:
            return
        unused = sorted((exam.last_used, exam_id) for exam_id, exam in self._running.items() if exam.idle)
        for _, exam_id in unused[: _RUNNING_LIMIT // 2]:
            del self._running[exam_id]


def role_in(state: ExamState, identity: Identity) -> Role | None:
    """The role in an exam: an admin's everywhere; a member's; that of a token whose `exams` claim names it."""
    if not state.exists or identity.guest:
        return None
    if identity.is_admin:
        return "admin"
    member = state.members.get(identity.user_id)
    if member is not None:
        return member
    if identity.exams == ("*",) or state.exam_id in identity.exams:
        return identity.role if identity.role in _WRITTEN else None
    return None


_WRITTEN: Final[frozenset[Role]] = frozenset({"teacher", "grader", "reviewer", "student"})
STAFF: Final[tuple[Role, ...]] = ("teacher", "grader", "reviewer")
RATERS: Final[Mapping[Role, bool]] = {"admin": True, "teacher": True, "reviewer": True, "grader": False}
"""Who may mark, and whether they may moderate."""


def _unknown() -> VivavoceError:
    return not_found("there is no such exam", reason="exam_not_found")

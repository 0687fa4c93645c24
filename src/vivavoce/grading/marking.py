"""The marking workspace: who gets which response next, and what becomes of the mark.

A task is leased: two markers never have the same one, and what a marker left lying is given to another after a while.
"""

from __future__ import annotations

from typing import Final

import msgspec
import uuid_utils

from vivavoce.domain.access import Identity, Role
from vivavoce.domain.errors import conflict, forbidden, not_found
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import ExamState, Wish
from vivavoce.domain.exam.marks import Mark, Response, sampled, task_id_of
from vivavoce.exam_ports import Claim, GivenResponse, MarkingStore, TaskRow
from vivavoce.grading.exams import RATERS, Exams, RunningExam
from vivavoce.grading.running import Receipt
from vivavoce.ports import Clock

LEASE_MS: Final = 15 * 60 * 1000


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A response to be marked, as its marker may see it. `marks` are those that a moderator decides between; `ai` the
    AI's grade where the exam is not marked blind."""

    row: TaskRow
    given: GivenResponse
    marks: tuple[Mark, ...] = ()
    ai: Mark | None = None


class Marking:
    def __init__(self, exams: Exams, store: MarkingStore, clock: Clock) -> None:
        self.store = store
        self._exams = exams
        self._clock = clock

    async def next_task(
        self, exam: RunningExam, user_id: str, role: Role, session_id: str, *, question_id: str | None = None
    ) -> Task | None:
        """The task somebody has already, or the next one; None when none is left for them."""
        _require_rater(role)
        state = exam.state
        row = await self.store.claim(
            Claim(
                exam_id=state.exam_id,
                user_id=user_id,
                session_id=session_id,
                moderates=RATERS[role],
                question_id=question_id,
                seed=sampled(f"{user_id}:{state.seq}", "seed", state.head.settings.seed_share),
                now=self._clock.now_ms(),
                lease_ms=LEASE_MS,
            )
        )
        return None if row is None else await self._shown(state, row)

    async def task(self, exam: RunningExam, task_id: str, user_id: str, role: Role) -> Task:
        """A task that somebody has. Raises not_found."""
        _require_rater(role)
        return await self._shown(exam.state, await self._held(exam, task_id, user_id))

    async def keep(self, exam: RunningExam, task_id: str, user_id: str) -> None:
        """Somebody is still at it: the lease begins anew. Raises conflict where it was given to another."""
        if not await self.store.extend(task_id, user_id, self._clock.now_ms() + LEASE_MS):
            raise conflict(f"this task of exam {exam.exam_id} is not yours any more", reason="task_not_yours")

    async def give_back(self, exam: RunningExam, task_id: str, user_id: str) -> None:
        await self._held(exam, task_id, user_id)
        await self.store.give_back(task_id, user_id, self._clock.now_ms())

    async def submit(
        self, exam: RunningExam, task_id: str, wish: Wish, identity: Identity, role: Role, *, client_id: str | None
    ) -> Receipt:
        """Mark the task's response. Raises conflict where somebody else has it, or it is over."""
        _require_rater(role)
        row = await self.store.task(task_id)
        if row is None or row.exam_id != exam.exam_id:
            raise _unknown_task()

        def decide(state: ExamState, response: Response) -> list[e.AnyExamEvent]:
            if row.assigned_to != identity.user_id:
                raise conflict("this task is not yours", reason="task_not_yours")
            if row.status == "done":
                raise conflict("this task is over: it was marked", reason="task_over")
            return rules.mark_task(
                state,
                response,
                row.kind,
                wish,
                rater=identity.user_id,
                role=role,
                task_id=task_id,
                at=self._clock.now_ms(),
            )

        return await exam.on_response(row.response_id, decide, identity.user_id, client_id=client_id)

    async def moderate(
        self, exam: RunningExam, response_id: str, wish: Wish, identity: Identity, role: Role, *, client_id: str | None
    ) -> Receipt:
        """Decide between the marks of a response that wait for it, without waiting for its task."""
        return await exam.on_response(
            response_id,
            lambda state, response: rules.mark_task(
                state,
                response,
                "moderated",
                wish,
                rater=identity.user_id,
                role=role,
                task_id=task_id_of(response_id, "moderated"),
                at=self._clock.now_ms(),
            ),
            identity.user_id,
            client_id=client_id,
        )

    async def override(
        self, exam: RunningExam, response_id: str, wish: Wish, by: str, *, client_id: str | None
    ) -> Receipt:
        return await exam.on_response(
            response_id,
            lambda state, response: rules.override(state, response, wish, rater=by, at=self._clock.now_ms()),
            by,
            client_id=client_id,
        )

    async def choose_seed(self, exam: RunningExam, response_id: str, chosen: bool, by: str) -> Receipt:
        return await exam.on_response(
            response_id, lambda state, response: rules.choose_seed(state, response, chosen), by
        )

    async def report_issue(
        self, exam: RunningExam, task_id: str, text: str, by: str, *, client_id: str | None = None
    ) -> str:
        """Tell the exam's people that something is wrong; the report's id."""
        issue_id = f"issue_{uuid_utils.uuid7().hex}"
        row = await self.store.task(task_id) if task_id else None
        submission_id = row.response_id.rpartition(".")[0] if row is not None and row.exam_id == exam.exam_id else ""
        receipt = await exam.submit(
            lambda _: rules.report_issue(issue_id, task_id, submission_id, text), by, client_id=client_id
        )
        reported: str = receipt.events[-1].data.issue_id
        return reported

    async def _held(self, exam: RunningExam, task_id: str, user_id: str) -> TaskRow:
        row = await self.store.task(task_id)
        if row is None or row.exam_id != exam.exam_id or row.assigned_to != user_id:
            raise _unknown_task()
        return row

    async def _shown(self, state: ExamState, row: TaskRow) -> Task:
        found = await self._exams.store.given([row.response_id])
        if not found:
            raise _unknown_task()
        given = found[0]
        ai = next((mark for mark in reversed(given.response.marks) if mark.kind == "ai"), None)
        moderated = row.kind == "moderated"
        return Task(
            row=row,
            given=given,
            marks=given.response.marks if moderated else (),
            ai=ai if moderated or (not state.head.settings.blind and row.kind != "seed") else None,
        )


def _require_rater(role: Role) -> None:
    if role not in RATERS:
        raise forbidden(f"the role {role} does not mark", reason="role_forbids")


def _unknown_task() -> Exception:
    return not_found("there is no such task, or somebody else has it", reason="task_not_found")


def answer_text(given: GivenResponse) -> str:
    """What was answered, in words: the text, else the options ticked or the gaps filled."""
    return given.text or ", ".join(given.chosen or given.filled)

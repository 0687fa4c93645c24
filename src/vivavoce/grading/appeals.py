"""Appeals of students, answered by a person."""

from __future__ import annotations

import uuid_utils

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import conflict, not_found
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.marks import Response
from vivavoce.exam_ports import AppealRow
from vivavoce.grading.exams import Exams, RunningExam
from vivavoce.ports import Clock


class Appeals:
    def __init__(self, exams: Exams, clock: Clock) -> None:
        self._exams = exams
        self._clock = clock

    async def open(
        self, exam: RunningExam, response_id: str, text: str, identity: Identity, *, client_id: str | None
    ) -> AppealRow:
        """A student says why a mark is wrong. Raises conflict before the release or while an appeal is open."""
        appeal_id = f"appeal_{uuid_utils.uuid7().hex}"
        found = (await self._exams.store.responses([response_id])).get(response_id)
        if found is None or found.question_id not in exam.state.questions or found.student_id != identity.user_id:
            raise not_found("there is no such response", reason="response_not_found")

        async def decide(state: ExamState) -> list[e.AnyExamEvent]:
            already = await self._exams.store.open_appeal_of(response_id)
            return rules.open_appeal(state, found, appeal_id, text, by=identity.user_id, already=already)

        receipt = await exam.submit(decide, identity.user_id, client_id=client_id)
        return await self.existing(receipt.events[-1].data.appeal_id)

    async def answer(
        self, appeal_id: str, answer: str, points: float | None, by: str, *, client_id: str | None
    ) -> AppealRow:
        """A person's answer, with other points where the appeal is right."""
        row = await self.existing(appeal_id)
        exam = await self._exams.existing(row.exam_id)

        def decide(state: ExamState, response: Response) -> list[e.AnyExamEvent]:
            if row.status != "open":
                raise conflict("this appeal was answered", reason="appeal_answered")
            return rules.answer_appeal(state, response, appeal_id, answer, points, by=by, at=self._clock.now_ms())

        await exam.on_response(row.response_id, decide, by, client_id=client_id)
        return await self.existing(appeal_id)

    async def existing(self, appeal_id: str) -> AppealRow:
        row = await self._exams.store.appeal(appeal_id)
        if row is None or row.kind != "appeal":
            raise not_found("there is no such appeal", reason="appeal_not_found")
        return row

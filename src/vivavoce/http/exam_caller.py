"""What routes of grading take as parameters: the exam or batch they ask about, and the caller's role in it."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import Depends, Path, Request

from vivavoce.domain.access import Identity, Role
from vivavoce.domain.errors import VivavoceError, forbidden, not_found
from vivavoce.grading.batches import RunningBatch
from vivavoce.grading.exams import STAFF, RunningExam
from vivavoce.grading.parts import GradingParts
from vivavoce.http import idempotency
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.services import Services

TEACHERS: Final[tuple[Role, ...]] = ("teacher",)
#: Who decides between marks and changes them.
DECIDERS: Final[tuple[Role, ...]] = ("teacher", "reviewer")
ExamId = Annotated[str, Path(min_length=1, max_length=128, description="The exam's id")]
QuestionPath = Annotated[str, Path(min_length=1, max_length=64, description="The question's id in its exam")]
ResponseId = Annotated[str, Path(min_length=1, max_length=200, description="The response's id")]


class ExamVisit(msgspec.Struct, frozen=True):
    """Somebody at an exam, with the role they have in it. `client_id` stands for a request with an Idempotency-Key."""

    services: Services
    grading: GradingParts
    identity: Identity
    exam: RunningExam
    role: Role
    client_id: str | None

    def require(self, *roles: Role) -> None:
        """Raises forbidden; an administrator may do everything."""
        if self.role != "admin" and self.role not in roles:
            raise forbidden(f"the role {self.role} has no right to this", reason="role_forbids")


async def _visit(request: Request, services: Ours, identity: Caller, exam_id: ExamId) -> ExamVisit:
    """Staff of the exam. Raises not_found for those who may not know that it exists."""
    exam, role = await services.grading.exams.entered(identity, exam_id, *STAFF)
    return ExamVisit(services, services.grading, identity, exam, role, once_of(request))


AtExam = Annotated[ExamVisit, Depends(_visit)]


class BatchVisit(msgspec.Struct, frozen=True):
    """Somebody at a batch, with the role they have in its exam."""

    at_exam: ExamVisit
    batch: RunningBatch


async def _batch_visit(
    request: Request,
    services: Ours,
    identity: Caller,
    batch_id: Annotated[str, Path(min_length=1, max_length=128, description="The batch's id")],
) -> BatchVisit:
    batch = await services.grading.batches.existing(batch_id)
    try:
        exam, role = await services.grading.exams.entered(identity, batch.state.exam_id, *STAFF)
    except VivavoceError as error:
        if error.code == "not_found":
            raise not_found("there is no such batch", reason="batch_not_found") from None
        raise
    return BatchVisit(ExamVisit(services, services.grading, identity, exam, role, once_of(request)), batch)


AtBatch = Annotated[BatchVisit, Depends(_batch_visit)]


def once_of(request: Request) -> str | None:
    """What a wish is known by when its request carries an Idempotency-Key."""
    once = idempotency.of(request)
    return None if once is None else once.client_id

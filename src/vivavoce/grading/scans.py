"""Scanned submissions: a file goes in; what stands in each question's place is read, and its picture kept beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import msgspec

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError, conflict, invalid, not_found
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam.exam import TEXT_LIMIT, ExamState
from vivavoce.domain.exam.questions import Question, options_of
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import Region, RegionReading, SheetReading, Template
from vivavoce.exam_ports import MarkingStore
from vivavoce.grading.exams import Exams, RunningExam, role_in
from vivavoce.grading.intake import already_there, receive_part, response_given
from vivavoce.ports import BlobsFullError, BlobStore, StoreUnavailableError

#: Files that may be here at a time: each is kept in memory while it is read, and one is read after the other.
_AT_ONCE: Final = 4
_RETRY_S: Final = 5
_PICTURE_LIMIT: Final = 64 * 1024 * 1024


class Reader(Protocol):
    """Reads a file (PDF, PNG, JPEG) without blocking the loop. Raises VivavoceError: `too_large`, `unsupported_media`
    or `invalid_payload` for the file, `unavailable` where it cannot be read here or now."""

    async def read(self, data: bytes, language: Language, template: Template) -> SheetReading: ...


class Student(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sheet it is."""

    student_id: str
    name: str = ""
    class_id: str = ""


class Scans:
    def __init__(self, exams: Exams, tasks: MarkingStore, blobs: BlobStore, reader: Reader) -> None:
        self._exams = exams
        self._tasks = tasks
        self._blobs = blobs
        self._reader = reader
        self._under_way = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Room for one file. Raises unavailable while there is none."""
        if self._under_way >= _AT_ONCE:
            raise VivavoceError(
                "unavailable", "other scans are being read", reason="scans_busy", info={"retry_after": _RETRY_S}
            )
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def knows(self, exam: RunningExam, submission_id: str, student_id: str) -> bool:
        """Whether this very submission is there. Raises conflict when the id, or the student, is another one's."""
        row = await self._exams.store.submission(submission_id)
        if row is not None and (row.exam_id, row.student_id) == (exam.exam_id, student_id):
            return True
        taken = await self._exams.store.known_submissions(exam.exam_id, [submission_id], [student_id])
        if taken:
            raise already_there(taken)
        return False

    async def receive(self, exam: RunningExam, submission_id: str, student: Student, data: bytes, by: str) -> None:
        """Read a sheet and store what it says as a submission; the pictures are on disk before it is.

        Raises VivavoceError: conflict where a question has no place on the sheet or the student has handed in; what
        the reader says of the file; unavailable.
        """
        template = template_of(exam.state)
        reading = await self._reader.read(data, exam.state.head.language, template)
        submission = _submission(exam.state, submission_id, student, reading)
        try:
            await self._keep_pictures(submission_id, reading)
            await receive_part(exam, [submission], by, client_id=None)
        except VivavoceError:
            if await self._exams.store.submission(submission_id) is None:
                await self._forget(submission)
            raise

    async def picture(self, exam_id: str, response_id: str, identity: Identity) -> bytes:
        """The PNG of a scanned response, for those who may see the response: who decides in the exam, who has its task
        (a marker sees no others), and after the release its student. Raises not_found for everybody else."""
        exam = await self._exams.open(exam_id)
        found = await self._exams.store.given([response_id])
        if not found or found[0].exam_id != exam_id or not found[0].image:
            raise _unknown()
        role = role_in(exam.state, identity)
        is_own = not identity.guest and found[0].response.student_id == identity.user_id
        if not (
            role in ("admin", "teacher", "reviewer")
            or (role == "grader" and await self._tasks.has_task(identity.user_id, response_id))
            or (is_own and exam.state.released)
        ):
            raise _unknown()
        try:
            picture = await self._blobs.read(found[0].image, 0, _PICTURE_LIMIT)
        except StoreUnavailableError as error:
            raise _store_unavailable(error) from error
        if not picture:
            raise _unknown()
        return picture

    async def _keep_pictures(self, submission_id: str, reading: SheetReading) -> None:
        try:
            await asyncio.gather(
                *(
                    self._blobs.write(picture_name(submission_id, region.region_id), 0, region.picture)
                    for region in reading.regions
                )
            )
        except BlobsFullError as error:
            raise VivavoceError("unavailable", str(error), reason="scans_full") from error
        except StoreUnavailableError as error:
            raise _store_unavailable(error) from error

    async def _forget(self, submission: e.SubmissionGiven) -> None:
        for response in submission.responses:
            if response.image:
                await self._blobs.delete(response.image)


def template_of(state: ExamState) -> Template:
    """The sheet that the places of the exam's questions make. Raises conflict unless every question has one: what is
    not on the sheet would count as left blank."""
    missing = [question_id for question_id, question in state.questions.items() if question.place is None]
    if missing or not state.questions:
        raise conflict("every question needs its place on the sheet", reason="place_missing", questions=missing)
    return Template(
        regions=tuple(
            Region(region_id=question_id, page=place.page, box=place.box, bubbles=place.bubbles)
            for question_id, question in state.questions.items()
            if (place := question.place) is not None
        )
    )


def picture_name(submission_id: str, question_id: str) -> str:
    """The blob of a response's picture."""
    return f"scans/{submission_id}/{question_id}"


def _submission(state: ExamState, submission_id: str, student: Student, reading: SheetReading) -> e.SubmissionGiven:
    """The submission is as good as its worst response. What was on a page that is not there has quality 0: a person
    asks for the page, nobody is given nothing for it."""
    read = {region.region_id: region for region in reading.regions}
    if not read:
        raise invalid("none of the sheet's pages is in the file", reason="scan_pages_missing")
    responses = tuple(
        _response(submission_id, question, read.get(question_id)) for question_id, question in state.questions.items()
    )
    return e.SubmissionGiven(
        submission_id=submission_id,
        student_id=student.student_id,
        student_name=student.name,
        class_id=student.class_id,
        source="scan",
        overall_quality=min(response.quality or 0.0 for response in responses),
        responses=responses,
    )


def _response(submission_id: str, question: Question, region: RegionReading | None) -> e.ResponseGiven:
    if region is None:
        return response_given(submission_id, question, "", quality=0.0)
    answer: str | list[str] = region.text[:TEXT_LIMIT]
    if options_of(question):
        answer = list(region.chosen)
    elif question.type == "fill_in":
        answer = [line for line in region.text[:TEXT_LIMIT].splitlines() if line.strip()]
    return response_given(
        submission_id,
        question,
        answer,
        quality=region.overall_quality,
        image=picture_name(submission_id, question.question_id),
    )


def _unknown() -> VivavoceError:
    return not_found("there is no such picture", reason="response_not_found")


def _store_unavailable(error: StoreUnavailableError) -> VivavoceError:
    return VivavoceError("unavailable", str(error), reason="store_unavailable")

"""Scanned submissions: a file goes in; what stands in each question's place is read, and its picture kept beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError, conflict, not_found
from vivavoce.engines.ocr.contract import SheetPage
from vivavoce.exam_ports import Cursor, MarkingStore, ScanRow, ScanStore
from vivavoce.grading.exams import Exams, RunningExam, role_in
from vivavoce.grading.intake import already_there
from vivavoce.grading.scan_reading import Reader, ScanReading, no_room, store_unavailable
from vivavoce.grading.sheets import file_of, picture_name, template_of
from vivavoce.ports import BlobsFullError, BlobStore, Clock, StoreUnavailableError

#: Files that may come in at a time: each is in memory until it is on disk.
_AT_ONCE: Final = 4
_RETRY_S: Final = 5
_PICTURE_LIMIT: Final = 64 * 1024 * 1024


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sheet it is, and what its file is called."""

    student_id: str
    student_name: str = ""
    class_id: str = ""
    file_name: str = ""


class Scans:
    def __init__(
        self, exams: Exams, tasks: MarkingStore, store: ScanStore, blobs: BlobStore, reader: Reader, clock: Clock
    ) -> None:
        self.reading = ScanReading(exams, store, blobs, reader, clock)
        self._exams = exams
        self._tasks = tasks
        self._store = store
        self._blobs = blobs
        self._reader = reader
        self._clock = clock
        self._under_way = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Room for one file in memory. Raises unavailable while there is none."""
        if self._under_way >= _AT_ONCE:
            raise VivavoceError(
                "unavailable", "other scans are coming in", reason="scans_busy", info={"retry_after": _RETRY_S}
            )
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def known(self, exam: RunningExam, scan_id: str, student_id: str) -> ScanRow | None:
        """This very scan where it is there. Raises conflict when the id, or the student, is another one's."""
        scan = await self._store.scan(scan_id)
        if scan is not None and (scan.exam_id, scan.student_id) == (exam.exam_id, student_id):
            return scan
        taken = await self._exams.store.known_submissions(exam.exam_id, [scan_id], [student_id])
        if taken:
            raise already_there(taken)
        return None

    async def hand_in(self, exam: RunningExam, scan_id: str, sheet: Sheet, data: bytes, by: str) -> ScanRow:
        """Store a file; it is read in the background. When this returns it is on disk.

        Raises VivavoceError: conflict where a question has no place on the sheet or the student has handed in;
        unsupported_media; unavailable.
        """
        self._reader.check(data)
        template_of(exam.state)
        now = self._clock.now_ms()
        scan = ScanRow(
            scan_id=scan_id,
            exam_id=exam.exam_id,
            size=len(data),
            status="arriving",
            tries=0,
            outcome="",
            given_by=by,
            created_at=now,
            updated_at=now,
            **msgspec.structs.asdict(sheet),
        )
        if not await self._store.add(scan):
            raise already_there({sheet.student_id})
        arrived = False
        try:
            await self._blobs.write(file_of(scan_id), 0, data)
            arrived = await self._store.arrived(scan_id, now)
        except BlobsFullError as error:
            raise no_room(error) from error
        except StoreUnavailableError as error:
            raise store_unavailable(error) from error
        finally:
            if not arrived:
                await self._blobs.delete(file_of(scan_id))
                await self._store.remove(scan_id)
        if not arrived:
            raise _unknown_scan()
        self.reading.wake()
        return msgspec.structs.replace(scan, status="waiting")

    async def page(self, exam: RunningExam, before: Cursor | None, limit: int) -> list[ScanRow]:
        """The exam's scans, from new to old."""
        return await self._store.scans(exam.exam_id, before, limit)

    async def scan(self, exam: RunningExam, scan_id: str) -> ScanRow:
        """Raises not_found."""
        found = await self._store.scan(scan_id)
        if found is None or found.exam_id != exam.exam_id or found.status == "arriving":
            raise _unknown_scan()
        return found

    async def drop(self, exam: RunningExam, scan_id: str) -> None:
        """Take away a scan that waits or failed. Raises not_found, conflict for one that is read."""
        await self.scan(exam, scan_id)
        if not await self._store.drop(exam.exam_id, scan_id):
            raise conflict("this scan is read", reason="scan_taken")
        await self._blobs.delete(file_of(scan_id))

    async def sample(self, data: bytes, number: int) -> SheetPage:
        """A page of a sheet as it is read, for whoever says where the answers stand. Raises what the reader does."""
        self._reader.check(data)
        return await self._reader.page(data, number)

    async def picture(self, exam_id: str, response_id: str, identity: Identity) -> bytes:
        """The PNG of a scanned response, for those who may see the response: who decides in the exam, who has its task
        (a marker sees no others), and after the release its student. Raises not_found for everybody else."""
        exam = await self._exams.open(exam_id)
        found = await self._exams.store.given([response_id])
        if not found or found[0].exam_id != exam_id or not found[0].image:
            raise _unknown_picture()
        role = role_in(exam.state, identity)
        is_own = not identity.guest and found[0].response.student_id == identity.user_id
        if not (
            role in ("admin", "teacher", "reviewer")
            or (role == "grader" and await self._tasks.has_task(identity.user_id, response_id))
            or (is_own and exam.state.released)
        ):
            raise _unknown_picture()
        try:
            picture = await self._blobs.read(found[0].image, 0, _PICTURE_LIMIT)
        except StoreUnavailableError as error:
            raise store_unavailable(error) from error
        if not picture:
            raise _unknown_picture()
        return picture

    async def forget(self, student_id: str) -> int:
        """Remove a student's scans with their files and pictures; how many there were. What is being read comes to
        nothing."""
        found = await self._store.scans_of(student_id)
        for scan in found:
            exam = await self._exams.existing(scan.exam_id)
            async with exam.alone():  # from here on no submission comes of it
                await self._store.remove(scan.scan_id)
            await self._blobs.delete(file_of(scan.scan_id))
            for question_id in exam.state.questions:
                await self._blobs.delete(picture_name(scan.scan_id, question_id))
        return len(found)


def _unknown_picture() -> VivavoceError:
    return not_found("there is no such picture", reason="response_not_found")


def _unknown_scan() -> VivavoceError:
    return not_found("there is no such scan", reason="scan_not_found")

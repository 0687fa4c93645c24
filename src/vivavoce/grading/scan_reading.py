"""Reads scans in the background, one after the other, in the order in which they came.

A file and its row are on disk before anybody is told that it is there, and the row says how far it is. After a crash
what was being read is begun again; a submission that was stored of it already is known by its id and not stored twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final, Protocol

from vivavoce.domain.errors import VivavoceError, invalid, not_found
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import SheetPage, SheetReading, Template
from vivavoce.exam_ports import ScanRow, ScanStatus, ScanStore
from vivavoce.grading.exams import Exams, RunningExam
from vivavoce.grading.intake import already_there
from vivavoce.grading.sheets import (
    ScanOutcome,
    encoded,
    file_of,
    outcome_read,
    picture_name,
    poor_among,
    refused,
    submission_of,
    template_of,
)
from vivavoce.ports import BlobsFullError, BlobStore, Clock, StoreUnavailableError

_LOG: Final = logging.getLogger(__name__)
_RETRY_S: Final = 5.0
#: A file that was begun this often and never read (the process died of it, say) is given up.
_MOST_TRIES: Final = 3


class Reader(Protocol):
    """Reads files (PDF, PNG, JPEG) without blocking the loop.

    `read` and `page` raise VivavoceError: `too_large`, `unsupported_media` or `invalid_payload` for the file,
    `unavailable` where it cannot be read here or now.
    """

    def check(self, data: bytes) -> None:
        """At once, by the first bytes. Raises VivavoceError unsupported_media, and unavailable where nothing reads."""
        ...

    async def read(
        self, data: bytes, language: Language, template: Template, progress: Callable[[int], None]
    ) -> SheetReading:
        """`progress` is told how many regions are read."""
        ...

    async def page(self, data: bytes, number: int) -> SheetPage:
        """A page (from 1) as it is read. Raises not_found too."""
        ...


class ScanReading:
    """`start` it, `wake` it when a scan has arrived, `stop` it at the end."""

    def __init__(self, exams: Exams, store: ScanStore, blobs: BlobStore, reader: Reader, clock: Clock) -> None:
        self.answers_read: dict[str, int] = {}
        """How many answers of the scan that is being read are read, by its id."""
        self._exams = exams
        self._store = store
        self._blobs = blobs
        self._reader = reader
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Go on where the process before this one ended. What had not arrived was acknowledged to nobody."""
        for scan_id in await self._store.take_up(self._clock.now_ms()):
            await self._blobs.delete(file_of(scan_id))
            await self._store.remove(scan_id)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def wake(self) -> None:
        self._wake.set()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def work(self) -> None:
        """Read what waits. Raises VivavoceError unavailable where that cannot be done now: it goes on waiting."""
        while (scan := await self._store.begin(self._clock.now_ms())) is not None:
            await self._read(scan)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.work()
            except Exception:
                _LOG.exception("scans wait to be read and will be tried again")
                await asyncio.sleep(_RETRY_S)
                continue
            await self._wake.wait()

    async def _read(self, scan: ScanRow) -> None:
        try:
            outcome = await self._outcome(scan)
        except VivavoceError as error:
            if error.code == "unavailable" and scan.tries < _MOST_TRIES:
                await self._store.put_back(scan.scan_id, scan.tries, self._clock.now_ms())
                raise
            outcome = refused(error)
        except asyncio.CancelledError:  # the server stops, which is not the file's fault
            await self._store.put_back(scan.scan_id, scan.tries - 1, self._clock.now_ms())
            raise
        except Exception:
            _LOG.exception("a scan could not be read")
            outcome = refused(_broke_off())
        finally:
            self.answers_read.pop(scan.scan_id, None)
        await self._blobs.delete(file_of(scan.scan_id))
        status: ScanStatus = "read" if outcome.code is None else "failed"
        await self._store.end(scan.scan_id, status, encoded(outcome), self._clock.now_ms())

    async def _outcome(self, scan: ScanRow) -> ScanOutcome:
        exam = await self._exams.existing(scan.exam_id)
        stored = await self._exams.store.submission(scan.scan_id)
        if stored is not None:
            given = await self._exams.store.given_of([scan.scan_id])
            poor = poor_among(exam.state, (response.quality for response in given))
            return ScanOutcome(overall_quality=stored.overall_quality, poor=poor)
        if scan.tries > _MOST_TRIES:
            raise _broke_off()
        state = exam.state
        template = template_of(state)
        data = await self._blobs.read(file_of(scan.scan_id), 0, scan.size)
        reading = await self._reader.read(
            data, state.head.language, template, lambda read: self.answers_read.__setitem__(scan.scan_id, read)
        )
        submission = submission_of(state, scan, reading)
        try:
            await self._keep_pictures(scan.scan_id, reading)
            await self._hand_in(exam, scan, submission)
        except VivavoceError:
            if await self._exams.store.submission(scan.scan_id) is None:
                await self._forget_pictures(submission)
            raise
        return outcome_read(state, reading, submission)

    async def _hand_in(self, exam: RunningExam, scan: ScanRow, submission: e.SubmissionGiven) -> None:
        async def decide(state: ExamState) -> list[e.AnyExamEvent]:
            if await self._store.scan(scan.scan_id) is None:  # its student was forgotten while it was read
                raise not_found("the scan is gone", reason="scan_not_found")
            taken = await exam.known([submission])
            if taken:
                raise already_there(taken)
            return rules.receive(state, [submission])

        await exam.submit(decide, scan.given_by)

    async def _keep_pictures(self, submission_id: str, reading: SheetReading) -> None:
        try:
            await asyncio.gather(
                *(
                    self._blobs.write(picture_name(submission_id, region.region_id), 0, region.picture)
                    for region in reading.regions
                )
            )
        except BlobsFullError as error:
            raise no_room(error) from error
        except StoreUnavailableError as error:
            raise store_unavailable(error) from error

    async def _forget_pictures(self, submission: e.SubmissionGiven) -> None:
        for response in submission.responses:
            if response.image:
                await self._blobs.delete(response.image)


def no_room(error: BlobsFullError) -> VivavoceError:
    return VivavoceError("unavailable", str(error), reason="scans_full")


def store_unavailable(error: StoreUnavailableError) -> VivavoceError:
    return VivavoceError("unavailable", str(error), reason="store_unavailable")


def _broke_off() -> VivavoceError:
    return invalid("the reading of this file breaks off", reason="scan_broke_off")

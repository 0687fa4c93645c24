"""A student's right to be forgotten. The words go, the sequence and the marks stay: events keep their places and times,
and every count and figure is what it was."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from typing import Final

import msgspec

from vivavoce.domain.errors import not_found
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import ExamState
from vivavoce.exam_ports import Roster
from vivavoce.grading.exams import Exams, exam_stream
from vivavoce.grading.scans import Scans
from vivavoce.grading.sheets import picture_name
from vivavoce.ports import Audit, BlobStore, Clock, EventLog

#: Events may hold hundreds of submissions each.
_PAGE: Final = 100
_encode: Final = msgspec.json.Encoder().encode


class ErasureReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Proof of an erasure. `digest` is sha256 over the ids of the events whose words were taken out, in order."""

    student_id: str
    erased_at: int
    by: str
    submissions: int
    events: int
    digest: str


class Erasure:
    """`forget_pages` makes the store overwrite what it replaced, on disk too."""

    def __init__(
        self,
        exams: Exams,
        log: EventLog,
        blobs: BlobStore,
        scans: Scans,
        roster: Roster,
        audit: Audit,
        clock: Clock,
        forget_pages: Callable[[], Awaitable[None]],
    ) -> None:
        self._exams = exams
        self._log = log
        self._blobs = blobs
        self._scans = scans
        self._roster = roster
        self._audit = audit
        self._clock = clock
        self._forget_pages = forget_pages

    async def erase(self, student_id: str, by: str) -> ErasureReceipt:
        """Take out what a student wrote and what was said about it, in every exam; what was broken off is done anew by
        asking again. Raises not_found for whom nothing is kept of."""
        scans = await self._scans.forget(student_id)
        by_exam: dict[str, list[str]] = defaultdict(list)
        for exam_id, submission_id in await self._exams.store.submissions_by(student_id):
            by_exam[exam_id].append(submission_id)
        was_listed = await self._roster.remove_student(student_id)
        if not by_exam and not was_listed and not scans:
            raise not_found("nothing is kept of this student", reason="student_not_found")
        now = self._clock.now_ms()
        digest = hashlib.sha256()
        events = 0
        for exam_id, submission_ids in by_exam.items():
            for event_id in await self._erase(exam_id, submission_ids, now, by):
                digest.update(event_id.encode())
                events += 1
        await self._forget_pages()
        receipt = ErasureReceipt(
            student_id=student_id,
            erased_at=now,
            by=by,
            submissions=sum(map(len, by_exam.values())),
            events=events,
            digest=digest.hexdigest(),
        )
        details = {"submissions": receipt.submissions, "events": events, "digest": receipt.digest}
        await self._audit.record(now, by, "student_erased", f"student:{student_id}", details)
        return receipt

    async def _erase(self, exam_id: str, submission_ids: list[str], now: int, by: str) -> list[str]:
        """The ids of the events that were changed."""
        exam = await self._exams.existing(exam_id)
        responses = await self._exams.store.given_of(submission_ids)

        async def decide(_: ExamState) -> list[e.AnyExamEvent]:
            given = await self._exams.store.given_of(submission_ids)
            return rules.erase([entry.response for entry in given])

        await exam.submit(decide, by)
        async with exam.alone():  # whatever is decided after this sees that the responses are erased, and quotes none
            await self._exams.store.erase(submission_ids, now)
        changed = await self._redact(exam_stream(exam_id), frozenset(submission_ids))
        for given in responses:
            await self._blobs.delete(picture_name(given.response.submission_id, given.response.question_id))
        return changed

    async def _redact(self, stream: str, submission_ids: Collection[str]) -> list[str]:
        changed: list[str] = []
        after = 0
        while True:
            page = await self._log.read(stream, after, _PAGE)
            last, found = await asyncio.to_thread(_redacted, page, submission_ids)
            if not last:
                return changed
            if found:
                await self._log.rewrite(stream, [(recorded.seq, payload) for recorded, payload in found])
            changed += [recorded.event_id for recorded, _ in found]
            after = last


def _redacted(page: bytes, submission_ids: Collection[str]) -> tuple[int, list[tuple[e.RecordedExam, bytes]]]:
    """The last seq of a page (0: it is empty), and its events that speak of these submissions, as they are kept."""
    events = e.decode_page(page)
    found = [
        (recorded, _encode(after))
        for recorded in events
        if (after := e.redacted(recorded.data, submission_ids)) is not recorded.data
    ]
    return (events[-1].seq if events else 0), found

"""Grading on SQLite in memory: the real stores and statements, without threads or a disk. Jobs run when a test says."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from vivavoce.adapters.blobs.memory import MemoryBlobStore
from vivavoce.adapters.memory.stores import MemoryAudit, MemoryStore
from vivavoce.adapters.sql import exam_tables  # noqa: F401  (its tables are part of the metadata)
from vivavoce.adapters.sql.exam_rows import STATEMENTS
from vivavoce.adapters.sql.exams import SqlExamStore
from vivavoce.adapters.sql.grading import SqlBatchStore, SqlMarkingStore, SqlRoster
from vivavoce.adapters.sql.log import SqlEventLog
from vivavoce.adapters.sql.scans import SqlScanStore
from vivavoce.adapters.sql.tables import metadata
from vivavoce.engines.grader.contract import Grader
from vivavoce.engines.grader.exact import ExactGrader
from vivavoce.engines.grader.rubric import RubricGrader
from vivavoce.engines.ocr.installed import SheetReaderOnDemand
from vivavoce.exam_ports import Job
from vivavoce.grading.appeals import Appeals
from vivavoce.grading.batches import Batches
from vivavoce.grading.erasure import Erasure
from vivavoce.grading.exams import Exams
from vivavoce.grading.marking import Marking
from vivavoce.grading.parts import GradingParts
from vivavoce.grading.quality import QualityMonitor
from vivavoce.grading.results import Results
from vivavoce.grading.scans import Scans
from vivavoce.grading.worker import LOCAL_QUEUE, ChunkRunner, RateLimit, chooser
from vivavoce.ports import Audit, Clock

T = TypeVar("T")


@cache
def _empty() -> bytes:
    """A database with nothing in its tables; making them takes longer than most tests."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('epoch', 'memory')")
    raw: Any = engine.raw_connection().driver_connection
    content: bytes = raw.serialize()
    return content


class MemoryDatabase:
    """What the SQL adapters need of a Database, done at once on one connection."""

    def __init__(self) -> None:
        self._engine = sa.create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False, "isolation_level": None}
        )
        self._connection = self._engine.connect()
        raw: Any = self._connection.connection.driver_connection
        self.raw: sqlite3.Connection = raw
        self.raw.deserialize(_empty())
        self.statements = 0
        self.raw.set_trace_callback(self._count)

    def _count(self, _statement: str) -> None:
        self.statements += 1

    def add_task(self, task: object) -> None:
        """Nothing is given back here."""

    async def read_raw(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        return work(self.raw.cursor())

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        return work(self._connection)

    def hand_in(self, writer: Any, request: Any) -> asyncio.Future[Any]:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        outcome = writer.run(self.raw.cursor(), [request])[0]
        if isinstance(outcome, Exception):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)
        return done


class HeldJobs:
    """Jobs that wait until `run` is called."""

    state = "ready"

    def __init__(self) -> None:
        self.waiting: dict[str, Job] = {}
        self.done: set[str] = set()

    async def enqueue(self, jobs: Sequence[Job]) -> None:
        self.waiting.update({job.job_id: job for job in jobs if job.job_id not in self.done})

    async def cancel_waiting(self, batch_id: str) -> None:
        self.waiting = {job_id: job for job_id, job in self.waiting.items() if job.batch_id != batch_id}

    async def take_over(self, worker_id: str) -> int:
        return 0

    async def run(self, chunk: Callable[[str, int, int, str], Awaitable[str]]) -> None:
        waiting, self.waiting = self.waiting, {}
        for job in waiting.values():
            self.done.add(job.job_id)
            await chunk(job.batch_id, job.round, job.chunk, job.queue)


async def _nothing_on_disk() -> None:
    pass


class GradingHouse:
    """`grade` does what the outbox and the workers would do. `graders` are asked in their order."""

    def __init__(self, clock: Clock, audit: Audit | None = None) -> None:
        self.graders: list[Grader] = [ExactGrader(), RubricGrader()]
        self.blobs = MemoryBlobStore()
        self.database = MemoryDatabase()
        database: Any = self.database
        log = SqlEventLog(database, STATEMENTS)
        exams = Exams(log, SqlExamStore(database), clock)
        self.jobs = HeldJobs()
        batches = Batches(exams, log, SqlBatchStore(database), self.jobs, clock, lambda state, question_id: LOCAL_QUEUE)
        marking_store = SqlMarkingStore(database)
        quality = QualityMonitor(exams, batches, marking_store, clock)
        exams.committed.append(quality.committed)
        self._runner = ChunkRunner(
            batches, lambda scheme, wish: chooser(self.graders)(scheme, wish), RateLimit(0), {LOCAL_QUEUE: 1}
        )
        roster = SqlRoster(database)
        scans = Scans(exams, marking_store, SqlScanStore(database), self.blobs, SheetReaderOnDemand(), clock)
        self.parts = GradingParts(
            exams=exams,
            batches=batches,
            marking=Marking(exams, marking_store, clock),
            appeals=Appeals(exams, clock),
            results=Results(exams),
            quality=quality,
            scans=scans,
            erasure=Erasure(
                exams, log, self.blobs, scans, roster, audit or MemoryAudit(MemoryStore()), clock, _nothing_on_disk
            ),
            roster=roster,
        )

    async def read_scans(self) -> None:
        """What the background would do."""
        await self.parts.scans.reading.work()

    async def grade(self, batch_id: str) -> None:
        batch = await self.parts.batches.existing(batch_id)
        await self.parts.batches.hand_out(f"{batch_id}:{batch.state.round}")
        await self.jobs.run(self._runner.run)

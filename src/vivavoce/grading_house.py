"""Puts grading together: stores, workers, jobs. Named here are the concrete adapters and engines of grading."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import uuid_utils

from vivavoce.adapters.dbos.jobs import DbosJobs, is_installed
from vivavoce.adapters.local_calls import CallClient, CallServer
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.exams import SqlExamStore
from vivavoce.adapters.sql.grading import SqlBatchStore, SqlMarkingStore, SqlRoster
from vivavoce.adapters.sql.scans import SqlScanStore
from vivavoce.domain.exam.exam import ExamState
from vivavoce.engines.grader.contract import Grader
from vivavoce.engines.grader.exact import ExactGrader
from vivavoce.engines.grader.rubric import RubricGrader
from vivavoce.engines.ocr.installed import SheetReaderOnDemand
from vivavoce.exam_ports import Roster
from vivavoce.grading.appeals import Appeals
from vivavoce.grading.batches import Batches, Watch
from vivavoce.grading.desk import RemoteDesk, desk_handlers
from vivavoce.grading.erasure import Erasure
from vivavoce.grading.exams import Exams
from vivavoce.grading.marking import Marking
from vivavoce.grading.parts import GradingParts
from vivavoce.grading.quality import QualityMonitor
from vivavoce.grading.results import Results
from vivavoce.grading.scans import Scans
from vivavoce.grading.work import Results as ChunkResults
from vivavoce.grading.work import Slice, scheme_of
from vivavoce.grading.worker import LOCAL_QUEUE, MODEL_QUEUE, ChunkRunner, Desk, RateLimit, chooser
from vivavoce.ports import Audit, BlobStore, Clock, EventLog
from vivavoce.settings import Settings, SettingsError

_LOG: Final = logging.getLogger(__name__)
_SERVER: Final = "server"
_BEAT_EVERY_S: Final = 3.0
#: All tries of asking a model about one answer take this many times as long as one may.
_TRIES_LAST: Final = 3
#: A Unix socket's path may not be longer.
_SOCKET_PATH_LIMIT: Final = 100


@dataclass(slots=True)
class Grading:
    """Everything of grading that the server runs."""

    exams: Exams
    batches: Batches
    marking: Marking
    appeals: Appeals
    results: Results
    quality: QualityMonitor
    scans: Scans
    erasure: Erasure
    reader: SheetReaderOnDemand
    roster: Roster
    jobs: DbosJobs
    watch: Watch
    desk: CallServer | None

    @property
    def parts(self) -> GradingParts:
        """What the doors and the HTTP API use."""
        return GradingParts(
            exams=self.exams,
            batches=self.batches,
            marking=self.marking,
            appeals=self.appeals,
            results=self.results,
            quality=self.quality,
            scans=self.scans,
            erasure=self.erasure,
            roster=self.roster,
        )

    async def start(self) -> None:
        """Take up batches that were running, and listen for workers."""
        if self.desk is not None:
            await self.desk.start()
        self.quality.start()
        self.watch.start()
        self.jobs.start()
        await self.scans.reading.start()
        if is_installed():
            await self.batches.take_up()

    async def stop(self) -> None:
        await self.watch.stop()
        await self.jobs.stop()
        await self.quality.stop()
        await self.scans.reading.stop()
        self.reader.close()
        if self.desk is not None:
            await self.desk.stop()


def graders_for(settings: Settings) -> Sequence[Grader]:
    """The graders of this machine, the one to be asked first in front. A model is asked only where an exam wishes it:
    it costs money, and answers leave the machine."""
    graders: list[Grader] = [ExactGrader()]
    if find_spec("sklearn") is not None:
        from vivavoce.engines.grader.learning.grader import LearningGrader

        graders.append(LearningGrader())
    graders.append(RubricGrader())
    if settings.llm_base_url:
        from vivavoce.engines.grader.llm import LlmGrader  # a second of imports
        from vivavoce.engines.structured_model import LlmOptions

        options = LlmOptions(
            base_url=settings.llm_base_url,
            model=settings.llm_model,
            api_key=settings.llm_api_key.get_secret_value(),
            timeout_s=settings.llm_timeout_s,
            total_timeout_s=_TRIES_LAST * settings.llm_timeout_s,
        )
        graders.append(LlmGrader(options, concurrent=settings.grading_model_workers))
    return graders


def build_grading(
    settings: Settings, database: Database, log: EventLog, blobs: BlobStore, audit: Audit, clock: Clock
) -> Grading:
    graders = graders_for(settings)
    choose = chooser(graders)
    store = SqlExamStore(database)
    exams = Exams(log, store, clock)

    def queue_of(state: ExamState, question_id: str) -> str:
        question = state.questions.get(question_id)
        if question is None or question.is_exact:
            return LOCAL_QUEUE
        grader = choose(scheme_of(state, question), state.head.settings.grader)
        return MODEL_QUEUE if grader is not None and grader.model else LOCAL_QUEUE

    desk = _MainLoopDesk()
    runner = ChunkRunner(desk, choose, RateLimit(settings.grading_model_rate), _queues(settings))
    jobs = DbosJobs(settings.jobs_path, runner.run, _queues(settings), executor_id=_SERVER)
    batches = Batches(exams, log, SqlBatchStore(database), jobs, clock, queue_of)
    desk.target = batches
    marking_store = SqlMarkingStore(database)
    quality = QualityMonitor(exams, batches, marking_store, clock)
    exams.committed.append(quality.committed)
    reader = SheetReaderOnDemand()
    roster = SqlRoster(database)
    scans = Scans(exams, marking_store, SqlScanStore(database), blobs, reader, clock)
    path = desk_path(settings)
    return Grading(
        exams=exams,
        batches=batches,
        marking=Marking(exams, marking_store, clock),
        appeals=Appeals(exams, clock),
        results=Results(exams),
        quality=quality,
        scans=scans,
        erasure=Erasure(exams, log, blobs, scans, roster, audit, clock, database.forget_pages),
        reader=reader,
        roster=roster,
        jobs=jobs,
        watch=Watch(batches, clock),
        desk=CallServer(path, desk_handlers(batches, clock)) if len(str(path)) <= _SOCKET_PATH_LIMIT else None,
    )


def desk_path(settings: Settings) -> Path:
    """Where worker processes reach the server of this data folder."""
    return (settings.data_dir / "desk.sock").absolute()


def _queues(settings: Settings) -> dict[str, int]:
    return {LOCAL_QUEUE: settings.grading_workers, MODEL_QUEUE: settings.grading_model_workers}


class _MainLoopDesk:
    """A desk on the process's main loop, for graders that run on a loop in another thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.target: Desk | None = None

    async def next_slice(self, batch_id: str, number: int, chunk: int, limit: int) -> Slice | None:
        assert self.target is not None
        work = self.target.next_slice(batch_id, number, chunk, limit)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def record(self, batch_id: str, chunk: int, results: ChunkResults) -> None:
        assert self.target is not None
        work = self.target.record(batch_id, chunk, results)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Grade until `stop` is set: chunks come from the folder's `jobs.db`, responses and results go through its server.

    Raises SettingsError where there can be no worker.
    """
    if not is_installed():
        raise SettingsError("a worker needs the extra `grading` (pip install 'vivavoce[grading]')")
    path = desk_path(settings)
    if len(str(path)) > _SOCKET_PATH_LIMIT:
        raise SettingsError(f"VIVAVOCE_DATA_DIR: the path of {path} is too long for a socket; name a shorter folder")
    client = CallClient(path)
    remote = RemoteDesk(client)
    desk = _MainLoopDesk()
    desk.target = remote
    runner = ChunkRunner(
        desk, chooser(graders_for(settings)), RateLimit(settings.grading_model_rate), _queues(settings)
    )
    worker_id = f"worker:{socket.gethostname()}:{os.getpid()}:{uuid_utils.uuid4().hex[:8]}"
    jobs = DbosJobs(settings.jobs_path, runner.run, _queues(settings), executor_id=worker_id)
    beating = asyncio.create_task(_beat(remote, worker_id))
    try:
        await jobs.launch()
        await stop.wait()
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
        await jobs.stop()
        await client.close()


async def _beat(remote: RemoteDesk, worker_id: str) -> None:
    while True:
        try:
            await remote.beat(worker_id)
        except ConnectionError as error:
            _LOG.info("the server is away: %s", error)
        await asyncio.sleep(_BEAT_EVERY_S)

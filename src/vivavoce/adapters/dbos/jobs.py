"""Chunks of batches as DBOS workflows, in a database of their own (`jobs.db`): ids go in, a word comes out.

DBOS is one to a process, and takes a second to import: it is loaded and launched when there is something to run.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

from vivavoce.exam_ports import Job

_LOG: Final = logging.getLogger(__name__)
_WORKFLOW: Final = "grade_chunk"
_APP: Final = "vivavoce"
#: Raised only with what workflows are made of: what waits in `jobs.db` is run by any release with the same number.
_APP_VERSION: Final = "1"
_POLL_S: Final = 0.2
_PAUSES_S: Final = (2, 5, 10, 20, 30, 60)
_TOGETHER: Final = 500
#: A queue is looked at once in a while only: so many times more chunks are taken out of it than are graded at once.
_AHEAD: Final = 8

Run = Callable[[str, int, int, str], Awaitable[str]]
State = Literal["ready", "starting", "off"]


def is_installed() -> bool:
    return importlib.util.find_spec("dbos") is not None


class _Json:
    """Arguments and results are readable in the database, and nothing but data comes out of it."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


class _Loop:
    """An event loop in a thread of its own, where graders run: they may take tens of milliseconds at a time."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="grading", daemon=True)
        self._thread.start()

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


#: What the process runs; the workflow function is registered once and finds it here.
_current: DbosJobs | None = None
_registered: Callable[..., Any] | None = None


class DbosJobs:
    """`run` grades a chunk (batch, round, chunk, queue) and says `done` or `later`; it is called on a loop in a thread
    of its own. `queues` are how many chunks of each queue this process grades at a time."""

    def __init__(self, path: Path, run: Run, queues: dict[str, int], *, executor_id: str) -> None:
        self._path = path
        self._run = run
        self._queues = queues
        self._executor_id = executor_id
        self._launching: asyncio.Task[None] | None = None
        self._graders: _Loop | None = None
        self._stopping = threading.Event()

    @property
    def state(self) -> str:
        if not is_installed():
            return "off"
        if self._launching is None:
            return "ready"  # it is launched when it is needed
        return "ready" if self._launching.done() and self._launching.exception() is None else "starting"

    def start(self) -> None:
        """Take up what an earlier process left, if there is anything."""
        if is_installed() and self._path.exists():
            self.launch()

    def launch(self) -> asyncio.Task[None]:
        if self._launching is None or (self._launching.done() and self._launching.exception() is not None):
            self._launching = asyncio.get_running_loop().create_task(asyncio.to_thread(self._launch))
        return self._launching

    async def stop(self) -> None:
        self._stopping.set()
        if self._launching is not None:
            with contextlib.suppress(Exception):
                await asyncio.shield(self._launching)
            await asyncio.to_thread(self._destroy)

    # --- Jobs ---------------------------------------------------------------------------------------------------

    async def enqueue(self, jobs: Sequence[Job]) -> None:
        await asyncio.shield(self.launch())
        await asyncio.to_thread(self._enqueue, jobs)

    async def cancel_waiting(self, batch_id: str) -> None:
        if self._launching is not None:
            await asyncio.shield(self._launching)
            await asyncio.to_thread(self._cancel_waiting, batch_id)

    async def take_over(self, worker_id: str) -> int:
        await asyncio.shield(self.launch())
        return await asyncio.to_thread(self._take_over, worker_id)

    # --- in threads ---------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        global _current, _registered  # noqa: PLW0603  (DBOS has one instance and one registry to a process)
        from dbos import DBOS

        if _current is not None:
            raise RuntimeError("this process runs the jobs of another folder already")
        logging.getLogger("dbos").setLevel(logging.WARNING)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if _registered is None:
            _registered = DBOS.workflow(name=_WORKFLOW)(_grade_chunk)
        _current = self
        self._graders = _Loop()
        DBOS(
            config={
                "name": _APP,
                "system_database_url": f"sqlite:///{self._path}",
                "system_database_engine": _engine(self._path),
                "application_version": _APP_VERSION,
                "executor_id": self._executor_id,
                "serializer": cast("Any", _Json()),
                "log_level": "WARNING",
                "run_migrations": True,
            }
        )
        DBOS.launch()
        for name, together in self._queues.items():
            DBOS.register_queue(
                name, worker_concurrency=together * _AHEAD, polling_interval_sec=_POLL_S, on_conflict="always_update"
            )

    def _destroy(self) -> None:
        global _current  # noqa: PLW0603
        from dbos import DBOS

        if _current is self:
            DBOS.destroy(workflow_completion_timeout_sec=2)
            _current = None
        if self._graders is not None:
            self._graders.stop()

    def _enqueue(self, jobs: Sequence[Job]) -> None:
        from dbos import DBOS, SetWorkflowID

        assert _registered is not None
        for job in jobs:
            if self._stopping.is_set():
                return
            with SetWorkflowID(job.job_id):
                DBOS.enqueue_workflow(job.queue, _registered, job.batch_id, job.round, job.chunk, job.queue)

    def _cancel_waiting(self, batch_id: str) -> None:
        from dbos import DBOS

        while True:
            waiting = DBOS.list_workflows(
                status="ENQUEUED",
                workflow_id_prefix=f"{batch_id}:",
                limit=_TOGETHER,
                load_input=False,
                load_output=False,
            )
            if not waiting:
                return
            DBOS.cancel_workflows([found.workflow_id for found in waiting])

    def _take_over(self, worker_id: str) -> int:
        from dbos import DBOS

        begun = DBOS.list_workflows(
            status="PENDING", executor_id=worker_id, name=_WORKFLOW, load_input=False, load_output=False
        )
        by_queue: dict[str, list[str]] = {}
        for found in begun:
            by_queue.setdefault(found.queue_name or next(iter(self._queues)), []).append(found.workflow_id)
        for queue, ids in by_queue.items():
            DBOS.resume_workflows(ids, queue_name=queue)
        return len(begun)

    def run_chunk(self, batch_id: str, number: int, chunk: int, queue: str) -> str:
        """Grade a chunk, from a workflow's thread."""
        graders = self._graders
        if graders is None or self._stopping.is_set():
            return "later"

        async def work() -> str:
            return await self._run(batch_id, number, chunk, queue)

        outcome: str = graders.wait_for(work())
        return outcome

    def wait(self, pause_s: float) -> None:
        """Pause in a workflow's thread; a process that stops does not wait for the pause to end."""
        if self._stopping.wait(pause_s):
            raise _Stopping


class _Stopping(BaseException):
    """The process stops. Not an error, which would be the workflow's outcome: it stays as begun, and is taken up."""


def _grade_chunk(batch_id: str, number: int, chunk: int, queue: str) -> str:
    """The workflow: until the chunk is done, with growing pauses while something is away."""
    attempt = 0
    while True:
        jobs = _current
        if jobs is None:
            raise _Stopping
        outcome = jobs.run_chunk(batch_id, number, chunk, queue)
        if outcome == "done":
            return outcome
        jobs.wait(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
        attempt += 1


def _engine(path: Path) -> Any:
    import sqlalchemy as sa

    engine = sa.create_engine(f"sqlite:///{path}", pool_size=8, max_overflow=8, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def tune(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")  # jobs lost with the power are put in again at the next start
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine

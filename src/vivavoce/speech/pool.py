"""Worker processes for recognition: a thread beside each hands it jobs, watches it and starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import selectors
import subprocess
import sys
import threading
import time
from typing import Final, Literal

import msgspec
import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, RecognitionRequest, Samples
from vivavoce.speech.jobs import JobQueue, Outcome, Priority, QueuedJob, settle
from vivavoce.speech.worker import Answer, Done, Failed, Job, Ping, Ready, Setup, read_message, write_message

WorkerState = Literal["starting", "idle", "busy", "restarting", "stopped", "failed"]
_TAKE_S: Final = 0.5
_PING_EVERY_S: Final = 15.0
_PING_TIMEOUT_S: Final = 5.0
_START_TIMEOUT_S: Final = 60.0
_LONGEST_PAUSE_S: Final = 4.0
_TRIES: Final = 2
# Engines are told their threads; what else uses threads gets one, waiting threads sleep instead of spinning, and
# glibc's arenas for many threads would only hold memory.
_ENVIRONMENT: Final = {
    "KMP_BLOCKTIME": "0",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`factory` and `settings` open the recogniser in each worker; the times are seconds."""

    factory: str
    settings: bytes
    workers: int = 2
    queue_limit: int = 64
    job_timeout_s: float = 20.0
    timeout_for_each_audio_s: float = 4.0
    niceness: int = 5


class WorkerHealth(msgspec.Struct, frozen=True):
    """One worker: its process, what it does, what it has done. `restarts` counts unexpected ends."""

    pid: int | None
    state: WorkerState
    engine: str
    jobs_done: int
    restarts: int
    rss_bytes: int


class PoolHealth(msgspec.Struct, frozen=True):
    """The pool: its workers, and the jobs that wait. `ready` when at least one worker can take a job."""

    ready: bool
    languages: tuple[str, ...]
    workers: tuple[WorkerHealth, ...]
    waiting: int
    problem: str = ""


class RecogniserPool:
    """Recognises audio in worker processes, never in this one.

    A job is given to one worker; when that dies or hangs, once more to another, before any other job. Jobs are taken
    by priority, then in the order they came. Results come in any order: who needs an order awaits in that order.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._queue = JobQueue(settings.queue_limit)
        self._numbers = itertools.count(1)
        self._workers: list[_Worker] = []

    async def start(self) -> None:
        """Starts the workers and returns when the first is ready.

        Raises `unavailable` when none can open its recogniser (models or packages are missing).
        """
        self._queue = JobQueue(self._settings.queue_limit)
        self._workers = [_Worker(self._settings, self._queue) for _ in range(self._settings.workers)]
        for worker in self._workers:
            worker.start()
        while not any(worker.state in {"idle", "busy"} for worker in self._workers):
            failures = [worker.failure for worker in self._workers if worker.failure is not None]
            if len(failures) == len(self._workers) and failures:
                await self.stop()
                raise failures[0]
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Ends the workers; jobs that wait fail with `unavailable`."""
        for job in self._queue.close():
            settle(job, error=_stopped())
        for worker in self._workers:
            worker.stop()
        await asyncio.gather(*(asyncio.to_thread(worker.join) for worker in self._workers))

    def submit(self, samples: Samples, request: RecognitionRequest, priority: Priority) -> Submission:
        """Queues up to 30 s of audio.

        Raises `unavailable` (with `retry_after`) when the queue is full or no worker is there to come.
        """
        if not self._workers or all(worker.state in {"stopped", "failed"} for worker in self._workers):
            raise VivavoceError("unavailable", "speech recognition is not running", reason="speech_missing")
        job = QueuedJob(next(self._numbers), samples, request, priority)
        if not self._queue.put(job):
            raise VivavoceError(
                "unavailable",
                "too much speech is waiting to be recognised",
                reason="speech_busy",
                info={"retry_after": 2},
            )
        return Submission(job, self._queue)

    def is_idle(self) -> bool:
        """Whether a worker is free and nothing waits: the moment for partials."""
        return len(self._queue) == 0 and any(worker.state == "idle" for worker in self._workers)

    def health(self) -> PoolHealth:
        """The pool's state, cheap enough for every health check."""
        ready = any(worker.state in {"idle", "busy"} for worker in self._workers)
        failures = [worker.failure for worker in self._workers if worker.failure is not None]
        languages = next((worker.languages for worker in self._workers if worker.languages), ())
        return PoolHealth(
            ready=ready,
            languages=languages,
            workers=tuple(worker.health() for worker in self._workers),
            waiting=len(self._queue),
            problem="" if ready or not failures else failures[0].details,
        )


class Submission:
    """A job on its way."""

    def __init__(self, job: QueuedJob, queue: JobQueue) -> None:
        self._job = job
        self._queue = queue

    def promote(self) -> None:
        """Somebody waits for it now: it goes before speculation, partials and recordings."""
        self._queue.promote(self._job, Priority.FINAL)

    def cancel(self) -> bool:
        """Gives the job up. False when a worker has it already."""
        return self._job.future.cancel()

    async def outcome(self) -> Outcome:
        """Waits for the result. Raises CancelledError for a job given up, else what `submit` may raise."""
        return await asyncio.shield(asyncio.wrap_future(self._job.future))


class _Died(Exception):
    """The worker process ended or hung."""


class _Worker(threading.Thread):
    """The thread beside one worker process."""

    def __init__(self, settings: PoolSettings, queue: JobQueue) -> None:
        super().__init__(name="speech-worker", daemon=True)
        self._settings = settings
        self._queue = queue
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._jobs_done = 0
        self._restarts = 0
        self._rss = 0
        self._engine = ""
        self.languages: tuple[str, ...] = ()
        self.state: WorkerState = "starting"
        self.failure: VivavoceError | None = None

    def stop(self) -> None:
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            # The thread sees the end of its pipe and closes it. Closed from here, it would wait out its time-out.
            process.kill()

    def health(self) -> WorkerHealth:
        process = self._process
        return WorkerHealth(
            process.pid if process else None, self.state, self._engine, self._jobs_done, self._restarts, self._rss
        )

    def run(self) -> None:
        pause_s = 0.0
        while not self._stopping.is_set():
            done_before = self._jobs_done
            try:
                self._open()
                self._serve()
            except _Died:
                if self._stopping.is_set():
                    break
                self._restarts += 1
                self.state = "restarting"
                # The first restart is at once; one that does not even do a job waits longer each time.
                pause_s = 0.0 if self._jobs_done > done_before else min(_LONGEST_PAUSE_S, pause_s * 2 or 0.25)
                self._stopping.wait(pause_s)
            except VivavoceError as error:
                self.failure = error
                self.state = "failed"
                break
        self._kill()
        if self.state != "failed":
            self.state = "stopped"

    def _open(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vivavoce.speech.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT},
        )
        if self._stopping.is_set():
            # The order to stop came while the process was being made, and did not see it.
            raise _Died
        setup = Setup(self._settings.factory, self._settings.settings, self._settings.niceness)
        self._send(setup)
        answer = self._receive(_START_TIMEOUT_S)
        if isinstance(answer, Failed):
            raise VivavoceError(answer.code, answer.details, reason=answer.reason)
        if isinstance(answer, Ready):
            self._engine, self.languages, self._rss = answer.engine, answer.languages, answer.rss_bytes
        self.failure = None
        self.state = "idle"

    def _serve(self) -> None:
        asked = time.monotonic()
        while not self._stopping.is_set():
            job = self._queue.take(_TAKE_S)
            if job is not None:
                self.state = "busy"
                self._do(job)
                self.state = "idle"
                asked = time.monotonic()
            elif time.monotonic() - asked > _PING_EVERY_S:
                self._send(Ping())
                answer = self._receive(_PING_TIMEOUT_S)
                self._rss = answer.rss_bytes if isinstance(answer, Ready) else self._rss
                asked = time.monotonic()

    def _do(self, job: QueuedJob) -> None:
        if not job.future.running() and not job.future.set_running_or_notify_cancel():
            return
        job.tries += 1
        request = job.request
        if request.quality == "final" and self._queue.urgent() >= self._settings.workers:
            # Others are waiting for their finals: a second opinion would come too late for them.
            request = msgspec.structs.replace(request, quality="quick")
        audio = (np.clip(job.samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        limit_s = self._settings.job_timeout_s
        limit_s += self._settings.timeout_for_each_audio_s * len(job.samples) / SAMPLE_RATE
        try:
            self._send(Job(job.number, request, len(audio)), audio)
            answer = self._receive(limit_s)
        except _Died:
            if self._stopping.is_set():
                settle(job, error=_stopped())
            elif job.tries < _TRIES:
                self._queue.put_back(job)
            else:
                settle(job, error=_failed("the recogniser ended twice on this audio"))
            raise
        self._jobs_done += 1
        if isinstance(answer, Done):
            self._rss = answer.rss_bytes
            settle(job, Outcome(answer.recognition, answer.cost_s))
        elif isinstance(answer, Failed):
            settle(job, error=VivavoceError(answer.code, answer.details, reason=answer.reason))
        else:
            settle(job, error=_failed("the recogniser answered out of turn"))
            self._kill()
            raise _Died

    def _send(self, message: msgspec.Struct, audio: bytes = b"") -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise _Died
        try:
            write_message(process.stdin, message, audio)  # type: ignore[arg-type]
        except (OSError, ValueError) as error:
            self._kill()
            raise _Died from error

    def _receive(self, timeout_s: float) -> Answer:
        process = self._process
        if process is None or process.stdout is None:
            raise _Died
        try:
            # One answer to one order: nothing is ever buffered behind it, so waiting for the pipe is enough.
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                answered = bool(selector.select(timeout_s))
            if not answered:
                self._kill()
                raise _Died
            body = read_message(process.stdout)  # type: ignore[arg-type]
        except (OSError, ValueError) as error:
            self._kill()
            raise _Died from error
        if body is None:
            self._kill()
            raise _Died
        answer: Answer = msgspec.msgpack.decode(body, type=Answer)
        return answer

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _stopped() -> VivavoceError:
    return VivavoceError("unavailable", "speech recognition was stopped", reason="speech_missing")


def _failed(details: str) -> VivavoceError:
    return VivavoceError("unavailable", details, reason="recogniser_failed")

"""The file and its threads: one writer that groups what everybody hands in into one commit, and a few readers.

A write is a unit of work; units of one event-loop tick (and those that arrive while a commit is under way) share a
transaction. Each unit runs in its own savepoint, so one that fails takes nothing with it. An answer is given after
the commit, never before: what is acknowledged is on disk (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from vivavoce.adapters.sql.checkpoints import Checkpoints
from vivavoce.ports import StoreUnavailableError

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

_LOG: Final = logging.getLogger(__name__)
_GROUP_LIMIT: Final = 4096
_WRITER_CACHE_KIB: Final = 8192
_READER_CACHE_KIB: Final = 2048
#: A connection looks which of its cursors are gone at every so many that it makes.
_CURSORS_LOOKED_AT: Final = 200
#: Ends a statement whose rows were not read to the end: a reader inside one would keep the log from being emptied.
_NOTHING: Final = "SELECT 1 WHERE 0"


class GroupTask(Protocol):
    """A kind of unit that is cheaper written together than one by one (the event log's appends)."""

    def run(self, cursor: sqlite3.Cursor, requests: list[Any]) -> list[Any]:
        """Write all requests in the open transaction; one result or exception each, in order."""
        ...

    def forget(self) -> None:
        """Drop anything remembered: the transaction was rolled back, or memory is wanted."""
        ...


class Database:
    """One SQLite file. `write` and `read` may be called from the event loop it was started on."""

    def __init__(self, path: Path, *, readers: int = 3) -> None:
        self.path = path
        self._incoming: list[tuple[Any, Any, asyncio.Future[Any]]] = []
        self._queue: queue.SimpleQueue[list[tuple[Any, Any, asyncio.Future[Any]]] | None] = queue.SimpleQueue()
        self._tasks: list[GroupTask] = []
        self._thread: threading.Thread | None = None
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader")
        self._local = threading.local()
        self._reading: list[tuple[sqlite3.Cursor, sa.Connection]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flush_planned = False
        self._checkpoints = Checkpoints(lambda: _connect(path))
        self.synchronous = ""

    def start(self) -> None:
        """Open the file and start the writer on the running loop. Raises StoreUnavailableError."""
        self._loop = asyncio.get_running_loop()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = _connect(self.path)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailableError(f"the database {self.path} cannot be opened: {error}") from error
        self.synchronous = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}[
            connection.execute("PRAGMA synchronous").fetchone()[0]
        ]
        self._thread = threading.Thread(target=self._write_loop, args=(connection,), name="writer", daemon=True)
        self._thread.start()
        self._checkpoints.start()

    async def stop(self) -> None:
        """Write what was handed in, then close."""
        self._flush()
        await asyncio.to_thread(self._checkpoints.stop)
        self._queue.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._readers.shutdown(wait=True)
        for _, wrapped in self._reading:
            _close(wrapped)

    def write(self, work: Work[T]) -> Awaitable[T]:
        """Run `work` in the writer's transaction; its result comes after the commit."""
        return cast("Awaitable[T]", self.hand_in(None, work))

    def hand_in(self, task: GroupTask | None, request: Any) -> asyncio.Future[Any]:
        """Queue one unit for the next group: a request of `task`, or (None) a callable on the connection."""
        assert self._loop is not None, "start() comes first"
        future: asyncio.Future[Any] = self._loop.create_future()
        self._incoming.append((task, request, future))
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)
        return future

    async def forget_pages(self) -> None:
        """Empty the write-ahead log into the file: with `secure_delete` (always on here) what was replaced is
        overwritten in the file, and afterwards stands in no log either."""
        await self.write(lambda _: None)
        await asyncio.to_thread(self._checkpoints.truncate)

    def add_task(self, task: GroupTask) -> None:
        """Let a kind of unit forget what it remembers when memory is given back."""
        self._tasks.append(task)

    def let_go(self) -> None:
        """Give back the memory of what is kept at hand (pages, what tasks remember); it is read again when wanted."""
        self.hand_in(None, self._let_go)
        for cursor, _ in self._reading:  # SQLite itself sees to it that another thread may be reading with it
            self._readers.submit(_shrink, cursor.connection)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a read-only connection in a reader thread."""
        return await self._in_reader(lambda: work(self._reader()[1]))

    async def read_raw(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        """As `read`, on the bare connection's one cursor: for the hot path."""
        return await self._in_reader(lambda: self._with_cursor(work))

    def _with_cursor(self, work: Callable[[sqlite3.Cursor], T]) -> T:
        cursor = self._reader()[0]
        try:
            return work(cursor)
        finally:
            cursor.execute(_NOTHING)

    async def _in_reader(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, work)
        except (sqlite3.OperationalError, sa.exc.OperationalError) as error:
            raise StoreUnavailableError(str(error)) from error

    def _reader(self) -> tuple[sqlite3.Cursor, sa.Connection]:
        pair = getattr(self._local, "pair", None)
        if pair is None:
            connection = _connect(self.path, read_only=True)
            pair = self._local.pair = (connection.cursor(), _wrap(connection))
            self._reading.append(pair)
        return cast("tuple[sqlite3.Cursor, sa.Connection]", pair)

    def _flush(self) -> None:
        self._flush_planned = False
        if self._incoming:
            self._queue.put(self._incoming)
            self._incoming = []

    def _let_go(self, wrapped: sa.Connection) -> None:
        for task in self._tasks:
            task.forget()
        raw = wrapped.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        _shrink(raw)

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        wrapped = _wrap(connection)
        cursor = connection.cursor()
        while self._write_next(cursor, wrapped):
            pass
        _close(wrapped)

    def _write_next(self, cursor: sqlite3.Cursor, wrapped: sa.Connection) -> bool:
        """Wait for the next group and write it; nothing of it is kept while the next is waited for. False: no more."""
        batch = self._queue.get()
        if batch is None:
            return False
        going = True
        while going and len(batch) < _GROUP_LIMIT:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                going = False
            else:
                batch.extend(more)
        outcomes = _run_group(cursor, wrapped, batch)
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(_resolve, batch, outcomes)
        except RuntimeError:  # the loop is gone: nobody waits for the answers any more
            _LOG.debug("answers of the last group were not delivered")
        self._checkpoints.committed(cursor)
        return going


def _run_group(
    cursor: sqlite3.Cursor, wrapped: sa.Connection, batch: list[tuple[Any, Any, asyncio.Future[Any]]]
) -> list[Any]:
    """Run a group in one transaction; one result or exception a unit, in order."""
    tasks: set[GroupTask] = {task for task, _, _ in batch if task is not None}
    try:
        cursor.execute("BEGIN IMMEDIATE")
        outcomes = _run_units(cursor, wrapped, batch)
        cursor.execute("COMMIT")
    except Exception as error:
        if cursor.connection.in_transaction:
            cursor.execute("ROLLBACK")
        for task in tasks:
            task.forget()
        _LOG.exception("a group of %d writes was rolled back", len(batch))
        return [StoreUnavailableError(str(error))] * len(batch)
    return outcomes


def _run_units(
    cursor: sqlite3.Cursor, wrapped: sa.Connection, batch: list[tuple[Any, Any, asyncio.Future[Any]]]
) -> list[Any]:
    outcomes: list[Any] = []
    index = 0
    while index < len(batch):
        task, request, _ = batch[index]
        if task is None:
            outcomes.append(_run_work(cursor, wrapped, request))
            index += 1
            continue
        end = index
        while end < len(batch) and batch[end][0] is task:
            end += 1
        outcomes.extend(task.run(cursor, [entry[1] for entry in batch[index:end]]))
        index = end
    return outcomes


def _run_work(cursor: sqlite3.Cursor, wrapped: sa.Connection, work: Work[Any]) -> Any:
    cursor.execute("SAVEPOINT unit")
    try:
        result = work(wrapped)
    except Exception as error:
        cursor.execute("ROLLBACK TO unit")
        cursor.execute("RELEASE unit")
        return error
    cursor.execute("RELEASE unit")
    return result


def _resolve(batch: list[tuple[Any, Any, asyncio.Future[Any]]], outcomes: list[Any]) -> None:
    for (_, _, future), outcome in zip(batch, outcomes, strict=True):
        if future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit (transactions are begun by hand)."""
    if read_only:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
    else:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA journal_size_limit=67108864")
        # In pages; long before so many it was written back elsewhere.
        connection.execute("PRAGMA wal_autocheckpoint=16000")
    connection.execute("PRAGMA busy_timeout=5000")
    # In KiB. What readers want again is in the system's memory too, and a copy for each of them is never given back.
    connection.execute(f"PRAGMA cache_size=-{_READER_CACHE_KIB if read_only else _WRITER_CACHE_KIB}")
    return connection


def _shrink(connection: sqlite3.Connection) -> None:
    """Let go of pages at hand, and of the references to cursors that are gone."""
    connection.execute("PRAGMA shrink_memory")
    for _ in range(_CURSORS_LOOKED_AT):
        connection.cursor()


def _wrap(connection: sqlite3.Connection) -> sa.Connection:
    """SQLAlchemy on a connection whose transactions are ours: it must neither begin nor commit."""
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _close(wrapped: sa.Connection) -> None:
    wrapped.close()
    wrapped.engine.dispose()

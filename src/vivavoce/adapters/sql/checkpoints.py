"""Writes the write-ahead log back into the file, beside the writer.

Left to itself SQLite does that inside a commit, and whoever waits for that commit waits for thousands of pages too.
Here a thread copies them while commits go on. What is committed meanwhile keeps the log from starting over, so when it
has become long the writer copies that little rest itself, between two commits.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Final

from vivavoce.ports import StoreUnavailableError

_LOG: Final = logging.getLogger(__name__)
#: A page that many commits touch (the end of a busy stream) is written back once for all that come in this time.
_EVERY_S: Final = 0.5
#: Pages in the log from which on it is to start over.
_LONG: Final = 4000
_PASSIVE: Final = "PRAGMA wal_checkpoint(PASSIVE)"
_TRUNCATE: Final = "PRAGMA wal_checkpoint(TRUNCATE)"


class Checkpoints:
    """One at a time: SQLite lets none wait for another."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens a connection that may write."""
        self._connect = connect
        self._one = threading.Lock()
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self.log_is_long = False
        """What could be written back is, and the next commit copies the rest."""
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when no more is written back; before `start` it does nothing."""
        self._stopped.set()
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()

    def committed(self, cursor: sqlite3.Cursor) -> None:
        """The writer has committed, with this cursor, and has not begun again."""
        self._wanted.set()
        if self.log_is_long and self._one.acquire(blocking=False):
            self.log_is_long = False
            try:
                cursor.execute(_PASSIVE).fetchone()
            finally:
                self._one.release()

    def truncate(self) -> None:
        """Empty the log into the file. Raises StoreUnavailableError where readers hold it."""
        with self._one, closing(self._connect()) as connection:
            busy = connection.execute(_TRUNCATE).fetchone()[0]
        if busy:
            raise StoreUnavailableError("readers hold the write-ahead log; erase again in a moment to empty it")

    def _run(self) -> None:
        with closing(self._connect()) as connection:
            while True:
                self._wanted.wait()
                if self._stopped.wait(_EVERY_S):
                    return
                self._wanted.clear()
                self._write_back(connection)

    def _write_back(self, connection: sqlite3.Connection) -> None:
        try:
            with self._one:
                _, pages, _ = connection.execute(_PASSIVE).fetchone()
        except sqlite3.Error as error:  # the log keeps what it has, and the next commit asks again
            _LOG.warning("the write-ahead log could not be written back: %s", error)
        else:
            self.log_is_long = pages >= _LONG

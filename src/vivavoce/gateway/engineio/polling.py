"""The polling transport of one connection, without I/O: what waits for the next poll, and the poll that waits.

Requests are `Exchange`s: something that can be answered once. A poll is answered when there is something to say; what
is sent within one tick of the loop goes out together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from vivavoce.gateway.engineio.packets import NOOP, SEPARATOR, Problem
from vivavoce.gateway.send_queue import SendQueue

_WRITABLE_BYTES: Final = 64 << 10
_IMMEDIATE_NOOPS: Final = 16


class Exchange(Protocol):
    """One HTTP request that has not been answered yet."""

    def answer(self, status: int, body: bytes) -> None:
        """Send the answer, once."""
        ...

    def refuse(self, problem: Problem) -> None:
        """Send a refusal in place of an answer."""
        ...


class Polling:
    """What a connection has while polling is its transport."""

    __slots__ = (
        "_noops",
        "_on_work",
        "_queue",
        "binary_free_at",
        "closing",
        "last_pong_at",
        "message_free_at",
        "posting",
        "probed",
        "waiting",
    )

    def __init__(self, now: float, on_work: Callable[[], None]) -> None:
        """`on_work` is called when a waiting poll can be answered: `flush` is then to be called before long."""
        self._on_work = on_work
        self._queue: SendQueue | None = None
        self._noops = 0
        self.waiting: Exchange | None = None
        """The poll that is held."""
        self.posting = False
        """Whether a request with packets is under way."""
        self.probed = False
        """Whether a WebSocket has shown that it works; the client is now waiting for its polls to end."""
        self.closing = False
        """Whether the connection is over and only its last packets are still to be fetched."""
        self.last_pong_at = now
        self.message_free_at = 0.0
        self.binary_free_at = 0.0

    @property
    def size(self) -> int:
        """Bytes that wait for the next poll."""
        return 0 if self._queue is None else self._queue.size

    @property
    def writable(self) -> bool:
        return self._queue is None or self._queue.size < _WRITABLE_BYTES

    def put(self, payload: bytes, ephemeral: bool, max_bytes: int, max_packets: int) -> bool:
        """Keep packets (one, or several with their separators) for the next poll; False where there is no room."""
        queue = self._queue
        if queue is None:
            queue = self._queue = SendQueue()
            if self.waiting is not None:
                self._on_work()
        return queue.put(payload, ephemeral, max_bytes, max_packets)

    def poll(self, exchange: Exchange) -> bool:
        """A poll has come: answer it if there is something to say, or hold it; whether the queue was emptied."""
        if self._queue is not None or self.closing:
            exchange.answer(200, self.take() or NOOP)
            return True
        if self.probed and self._noops < _IMMEDIATE_NOOPS:
            # A client that cannot see the probe's answer polls on: after some turns its polls are held again.
            self._noops += 1
            exchange.answer(200, NOOP)
        else:
            self.waiting = exchange
        return False

    def flush(self) -> bool:
        """Answer the waiting poll with what has come together; whether the queue was emptied."""
        if self.waiting is None or self._queue is None:
            return False
        self.release(self.take())
        return True

    def release(self, body: bytes) -> None:
        """Answer the waiting poll, if there is one."""
        exchange, self.waiting = self.waiting, None
        if exchange is not None:
            exchange.answer(200, body)

    def begin_probe(self) -> None:
        """The other transport works: let the waiting poll end, with what there is or with nothing to do."""
        self.probed = True
        self._noops = 0
        if not self.flush():
            self.release(NOOP)

    def end_probe(self) -> None:
        """The other transport did not take over."""
        self.probed = False

    def close(self) -> bool:
        """The connection is over: let the waiting poll end; False where the client has yet to come for what waits.

        Its next poll finds nothing and makes it connect again. A packet that says so would make some clients stay away.
        """
        self.closing = True
        if self.waiting is None:
            return self._queue is None
        self.release(self.take() or NOOP)
        return True

    def take(self) -> bytes:
        """All that waits, as one payload."""
        queue, self._queue = self._queue, None
        return b"" if queue is None else SEPARATOR.join([queue.pop() for _ in range(len(queue))])

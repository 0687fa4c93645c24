"""The desk over a private socket: how a worker process reaches the server that owns the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

import msgspec

from vivavoce.grading.batches import Batches
from vivavoce.grading.work import Results, Slice
from vivavoce.ports import Clock

_LOG: Final = logging.getLogger(__name__)
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0

Handler = Callable[[bytes], Awaitable[bytes]]


class _Next(msgspec.Struct, frozen=True):
    batch_id: str
    number: int
    chunk: int
    limit: int


class _Record(msgspec.Struct, frozen=True):
    batch_id: str
    chunk: int
    results: Results


class _Beat(msgspec.Struct, frozen=True):
    worker_id: str


_encode: Final = msgspec.msgpack.Encoder().encode
_decode_next: Final = msgspec.msgpack.Decoder(_Next).decode
_decode_record: Final = msgspec.msgpack.Decoder(_Record).decode
_decode_beat: Final = msgspec.msgpack.Decoder(_Beat).decode
_decode_slice: Final = msgspec.msgpack.Decoder(Slice | None).decode


class Caller(Protocol):
    """A connection to the server; raises ConnectionError while it is away."""

    async def call(self, name: str, payload: bytes) -> bytes: ...


def desk_handlers(batches: Batches, clock: Clock) -> Mapping[str, Handler]:
    """What the server answers to its workers."""

    async def next_slice(payload: bytes) -> bytes:
        asked = _decode_next(payload)
        return _encode(await batches.next_slice(asked.batch_id, asked.number, asked.chunk, asked.limit))

    async def record(payload: bytes) -> bytes:
        given = _decode_record(payload)
        await batches.record(given.batch_id, given.chunk, given.results)
        return b""

    async def beat(payload: bytes) -> bytes:
        await batches.store.beat(_decode_beat(payload).worker_id, clock.now_ms())
        return b""

    return {"next_slice": next_slice, "record": record, "beat": beat}


class RemoteDesk:
    """The desk as a worker process sees it. While the server is away it waits: results in hand are not lost."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def next_slice(self, batch_id: str, number: int, chunk: int, limit: int) -> Slice | None:
        answer = await self._call("next_slice", _encode(_Next(batch_id, number, chunk, limit)))
        found: Slice | None = _decode_slice(answer)
        return found

    async def record(self, batch_id: str, chunk: int, results: Results) -> None:
        await self._call("record", _encode(_Record(batch_id, chunk, results)))

    async def beat(self, worker_id: str) -> None:
        """Say once that this worker lives. Raises ConnectionError while the server is away."""
        await self._caller.call("beat", _encode(_Beat(worker_id)))

    async def _call(self, name: str, payload: bytes) -> bytes:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return await self._caller.call(name, payload)
            except ConnectionError as error:
                _LOG.info("the server is away (%s); trying again", error)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

"""Calls between processes of one machine, over a private Unix socket: a name, a payload, an answer.

A frame is a 4-byte length and that many bytes of msgpack. One connection carries one call at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

_LOG: Final = logging.getLogger(__name__)
_FRAME_LIMIT: Final = 64 * 1024 * 1024
_HEAD: Final = 4


class _Call(msgspec.Struct, frozen=True):
    name: str
    payload: bytes


class _Answer(msgspec.Struct, frozen=True):
    payload: bytes = b""
    error: str = ""


_encode: Final = msgspec.msgpack.Encoder().encode
_decode_call: Final = msgspec.msgpack.Decoder(_Call).decode
_decode_answer: Final = msgspec.msgpack.Decoder(_Answer).decode

Handler = Callable[[bytes], Awaitable[bytes]]


class CallServer:
    """Answers calls; only processes of the same user can connect."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError where the path is too long for a socket."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while True:
                call = _decode_call(await _read(reader))
                await _write(writer, _encode(await self._answer(call)))
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            pass  # the worker went; what it had is handed out again
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, call: _Call) -> _Answer:
        handler = self._handlers.get(call.name)
        if handler is None:
            return _Answer(error=f"no call {call.name!r}")
        try:
            return _Answer(await handler(call.payload))
        except Exception as error:
            _LOG.exception("the call %s failed", call.name)
            return _Answer(error=type(error).__name__)


class CallFailedError(Exception):
    """The server refused or could not do what was asked."""


class CallClient:
    """Calls to the process that listens at a path; each call has a connection to itself, kept for later ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def call(self, name: str, payload: bytes) -> bytes:
        """Raises ConnectionError when nobody listens or the answer breaks off, CallFailedError."""
        try:
            reader, writer = self._free.pop() if self._free else await asyncio.open_unix_connection(self._path)
        except OSError as error:
            raise ConnectionError(f"{type(error).__name__}") from error
        try:
            await _write(writer, _encode(_Call(name, payload)))
            answer = _decode_answer(await _read(reader))
        except (OSError, asyncio.IncompleteReadError) as error:
            writer.close()
            raise ConnectionError(f"{type(error).__name__}") from error
        self._free.append((reader, writer))
        if answer.error:
            raise CallFailedError(answer.error)
        return answer.payload

    async def close(self) -> None:
        for _, writer in self._free:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        self._free.clear()


async def _read(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(_HEAD), "big")
    if size > _FRAME_LIMIT:
        raise ConnectionError(f"a frame of {size} bytes")
    return await reader.readexactly(size)


async def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(len(data).to_bytes(_HEAD, "big") + data)
    await writer.drain()

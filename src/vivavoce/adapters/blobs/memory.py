"""Blobs in memory, for tests."""

from __future__ import annotations

import asyncio

from vivavoce.adapters.blobs.names import parts_of
from vivavoce.ports import BlobsFullError


class MemoryBlobStore:
    def __init__(self, limit: int = 1 << 40) -> None:
        self._limit = limit
        self._blobs: dict[str, bytes] = {}

    def write(self, name: str, offset: int, data: bytes) -> asyncio.Future[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            future.set_result(self._write(name, offset, data))
        except (ValueError, BlobsFullError) as error:
            future.set_exception(error)
        return future

    def _write(self, name: str, offset: int, data: bytes) -> int:
        parts_of(name)
        known = self._blobs.get(name, b"")
        if offset > len(known):
            raise ValueError(f"the blob ends at {len(known)}, before {offset}")
        others = sum(map(len, self._blobs.values())) - len(known)
        if others + offset + len(data) > self._limit:
            raise BlobsFullError(self._limit)
        self._blobs[name] = known[:offset] + data
        return len(self._blobs[name])

    async def read(self, name: str, start: int, end: int) -> bytes:
        return self._blobs.get(name, b"")[start:end]

    async def size(self, name: str) -> int:
        return len(self._blobs.get(name, b""))

    async def delete(self, name: str) -> None:
        self._blobs.pop(name, None)

    async def total(self) -> int:
        return sum(map(len, self._blobs.values()))

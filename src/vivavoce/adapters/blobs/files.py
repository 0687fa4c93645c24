"""Blobs as files under one folder. One thread writes, and flushes once for all that was handed in meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from vivavoce.adapters.blobs.names import parts_of
from vivavoce.ports import BlobsFullError, StoreUnavailableError

_TOGETHER: Final = 256


class _Write:
    """A write on its way; `data` None removes the blob."""

    __slots__ = ("data", "future", "name", "offset")

    def __init__(self, name: str, offset: int, data: bytes | None) -> None:
        self.name = name
        self.offset = offset
        self.data = data
        self.future: Future[int] = Future()


class FileBlobStore:
    """Start it before use, stop it after. Reads go past the writer; `limit` is what all blobs may take, in bytes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._total: int | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="blob-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was handed in."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(thread.join)

    def write(self, name: str, offset: int, data: bytes) -> asyncio.Future[int]:
        return asyncio.wrap_future(self._hand_in(_Write(name, offset, data)))

    async def delete(self, name: str) -> None:
        await asyncio.wrap_future(self._hand_in(_Write(name, 0, None)))

    async def read(self, name: str, start: int, end: int) -> bytes:
        return await asyncio.to_thread(self._read, name, start, end)

    async def size(self, name: str) -> int:
        return await asyncio.to_thread(self._size, name)

    async def total(self) -> int:
        return await asyncio.to_thread(self._measured)

    def _hand_in(self, write: _Write) -> Future[int]:
        if self._thread is None:
            write.future.set_exception(StoreUnavailableError("the store of recordings is not running"))
        else:
            self._queue.put(write)
        return write.future

    def _path(self, name: str) -> Path:
        # A colon is no character for a file's name everywhere, and no blob's name has an equals sign.
        return self._folder.joinpath(*(part.replace(":", "=") for part in parts_of(name)))

    def _read(self, name: str, start: int, end: int) -> bytes:
        try:
            with self._path(name).open("rb") as file:
                file.seek(start)
                return file.read(max(0, end - start))
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StoreUnavailableError(f"a recording could not be read: {error.strerror}") from error

    def _size(self, name: str) -> int:
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return 0

    # --- in the writer's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        stopping = False
        while not stopping:
            gathered = [self._queue.get()]
            while len(gathered) < _TOGETHER:
                try:
                    gathered.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            stopping = None in gathered
            self._work([write for write in gathered if write is not None])

    def _work(self, writes: list[_Write]) -> None:
        """Do them all, flush once, and only then say so."""
        opened: dict[Path, int] = {}
        done: list[tuple[_Write, int]] = []
        changed: set[Path] = set()
        try:
            for write in writes:
                try:
                    done.append((write, self._do(write, opened, changed)))
                except (ValueError, BlobsFullError, StoreUnavailableError) as error:
                    write.future.set_exception(error)
                except OSError as error:
                    write.future.set_exception(StoreUnavailableError(f"no recording was stored: {error.strerror}"))
            for descriptor in opened.values():
                os.fdatasync(descriptor)
            for folder in changed:
                _flush_folder(folder)
        except OSError as error:
            for write, _ in done:
                write.future.set_exception(StoreUnavailableError(f"no recording was stored: {error.strerror}"))
        else:
            for write, size in done:
                write.future.set_result(size)
        finally:
            for descriptor in opened.values():
                os.close(descriptor)

    def _do(self, write: _Write, opened: dict[Path, int], changed: set[Path]) -> int:
        path = self._path(write.name)
        if write.data is None:
            self._remove(path, opened, changed)
            return 0
        size = _size_of(opened, path)
        if write.offset > size:
            raise ValueError(f"the blob ends at {size}, before {write.offset}")
        end = write.offset + len(write.data)
        total = self._measured()
        if total - size + end > self._limit:
            raise BlobsFullError(self._limit)
        if path not in opened:
            if not path.exists():
                self._make_folder(path.parent, changed)
                changed.add(path.parent)
            opened[path] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        descriptor = opened[path]
        at = write.offset
        view = memoryview(write.data)
        while view:
            count = os.pwrite(descriptor, view, at)
            view, at = view[count:], at + count
        if end < size:
            os.ftruncate(descriptor, end)
        self._total = total - size + end
        return end

    def _make_folder(self, folder: Path, changed: set[Path]) -> None:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir(mode=0o700, exist_ok=True)
            changed.add(parent.parent)

    def _remove(self, path: Path, opened: dict[Path, int], changed: set[Path]) -> None:
        descriptor = opened.pop(path, None)
        if descriptor is not None:
            os.close(descriptor)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return
        if self._total is not None:
            self._total -= size
        changed.add(path.parent)

    def _measured(self) -> int:
        """Counted from the files once, kept up to date by the writer."""
        if self._total is None:
            found = (Path(folder) / name for folder, _, names in os.walk(self._folder) for name in names)
            total = 0
            for path in found:
                with contextlib.suppress(FileNotFoundError):
                    total += path.stat().st_size
            self._total = total
        return self._total


def _size_of(opened: dict[Path, int], path: Path) -> int:
    descriptor = opened.get(path)
    try:
        return os.fstat(descriptor).st_size if descriptor is not None else path.stat().st_size
    except FileNotFoundError:
        return 0


def _flush_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""SPEC 0.1: what a blob store promises, held by every one of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vivavoce.adapters.blobs.files import FileBlobStore
from vivavoce.adapters.blobs.memory import MemoryBlobStore
from vivavoce.ports import BlobsFullError, BlobStore, StoreUnavailableError

LIMIT = 1000
Open = Callable[[], "asynccontextmanager[BlobStore]"]


@asynccontextmanager
async def files(folder: Path, limit: int = LIMIT) -> AsyncIterator[FileBlobStore]:
    store = FileBlobStore(folder, limit)
    store.start()
    try:
        yield store
    finally:
        await store.stop()


@pytest.fixture(params=["memory", "files"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    if request.param == "memory":
        yield MemoryBlobStore(LIMIT)
    else:
        async with files(tmp_path / "blobs") as store:
            yield store


async def test_what_was_written_is_read_in_ranges(blobs: BlobStore) -> None:
    assert await blobs.write("session:1/recording", 0, b"hello ") == 6
    assert await blobs.write("session:1/recording", 6, b"world") == 11
    assert await blobs.size("session:1/recording") == 11
    assert await blobs.read("session:1/recording", 0, 100) == b"hello world"
    assert await blobs.read("session:1/recording", 4, 7) == b"o w"
    assert await blobs.read("session:1/recording", 20, 30) == b""


async def test_writes_handed_in_together_keep_their_order(blobs: BlobStore) -> None:
    writes = [blobs.write(f"s/{number % 3}", number // 3 * 2, f"{number:02}".encode()) for number in range(30)]
    sizes = await asyncio.gather(*writes)
    assert sizes == [(number // 3 + 1) * 2 for number in range(30)]
    assert await blobs.read("s/1", 0, 8) == b"01040710"


async def test_what_was_never_acknowledged_is_written_over(blobs: BlobStore) -> None:
    """The log says where a recording ends; bytes beyond that came without an event."""
    await blobs.write("s/r", 0, b"safe, and then some")
    assert await blobs.write("s/r", 4, b"ty") == 6
    assert await blobs.read("s/r", 0, 100) == b"safety"


async def test_a_hole_is_refused(blobs: BlobStore) -> None:
    await blobs.write("s/r", 0, b"12")
    with pytest.raises(ValueError, match="ends at 2"):
        await blobs.write("s/r", 3, b"4")
    assert await blobs.size("s/r") == 2


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "s/..", "s/.hidden", "s//r", "s/a=b", "s/" + "x" * 129])
async def test_a_name_that_is_none_is_refused(blobs: BlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        await blobs.write(name, 0, b"x")


async def test_over_the_limit_nothing_is_stored_and_deleting_makes_room(blobs: BlobStore) -> None:
    await blobs.write("s/a", 0, b"a" * 600)
    with pytest.raises(BlobsFullError) as full:
        await blobs.write("s/b", 0, b"b" * 500)
    assert full.value.limit == LIMIT
    assert await blobs.size("s/b") == 0
    assert await blobs.total() == 600
    await blobs.delete("s/a")
    await blobs.delete("s/a")
    assert await blobs.write("s/b", 0, b"b" * 500) == 500
    assert await blobs.total() == 500


async def test_names_that_differ_are_different_blobs(blobs: BlobStore) -> None:
    await blobs.write("a:b/r", 0, b"1")
    await blobs.write("a_b/r", 0, b"22")
    assert (await blobs.size("a:b/r"), await blobs.size("a_b/r")) == (1, 2)


async def test_files_are_there_after_a_restart_and_count_against_the_limit(tmp_path: Path) -> None:
    async with files(tmp_path) as store:
        await store.write("s/r", 0, b"x" * 900)
    async with files(tmp_path) as store:
        assert await store.read("s/r", 898, 1000) == b"xx"
        with pytest.raises(BlobsFullError):
            await store.write("s/q", 0, b"y" * 200)


async def test_recordings_are_for_the_owner_of_the_process_alone(tmp_path: Path) -> None:
    async with files(tmp_path / "blobs") as store:
        await store.write("s/r", 0, b"x")
    assert (tmp_path / "blobs" / "s" / "r").stat().st_mode & 0o077 == 0
    assert (tmp_path / "blobs").stat().st_mode & 0o077 == 0


async def test_a_disk_that_fails_is_told_and_the_store_lives(tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("")
    async with files(tmp_path) as store:
        with pytest.raises(StoreUnavailableError):
            await store.write("in_the_way/r", 0, b"x")
        assert await store.write("s/r", 0, b"x") == 1


async def test_after_stop_nothing_is_taken(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path, LIMIT)
    store.start()
    await store.stop()
    with pytest.raises(StoreUnavailableError):
        await store.write("s/r", 0, b"x")


KILLED = """
import asyncio, os, sys
from pathlib import Path
from vivavoce.adapters.blobs.files import FileBlobStore

async def main():
    store = FileBlobStore(Path(sys.argv[1]), 1 << 30)
    store.start()
    for number in range(50):
        await store.write("s/r", number * 1000, bytes([number]) * 1000)
        print(number, flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


async def test_spec_0_1_what_was_acknowledged_survives_kill_nine(tmp_path: Path) -> None:
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, env=os.environ
    )
    assert ended.stdout.split()[-1] == b"49"
    async with files(tmp_path, 1 << 30) as store:
        assert await store.read("s/r", 0, 1 << 20) == b"".join(bytes([number]) * 1000 for number in range(50))

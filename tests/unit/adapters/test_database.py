"""SPEC 0.1: the file's writer and readers go on as before after they let go of memory, and no reader holds the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vivavoce.adapters.sql import checkpoints
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.log import SqlEventLog
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.ports import Append, NewEvent, stored_events


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    migrate(tmp_path / "log.db")
    opened = Database(tmp_path / "log.db")
    opened.start()
    yield opened
    await opened.stop()


def said(number: int, expected: int) -> Append:
    event = NewEvent(f"id-{number}", "Said", 1000, b'{"type":"Said","text":"x"}')
    return Append(stream="s", expected=expected, actor="u", events=(event,), client_id=f"c{number}")


async def test_appends_and_reads_go_on_after_memory_was_let_go(database: Database) -> None:
    log = SqlEventLog(database)
    for number in range(3):
        await log.append(said(number, number))
    assert (await log.position("s")).head == 3
    database.let_go()
    assert (await log.append(said(3, 3))).last == 4
    assert (await log.append(said(1, 4))).duplicate, "what was sent before is still known"
    assert (await log.position("s")).head == 4
    assert len(stored_events(await log.read("s", 0, 10))) == 4


async def test_a_reader_that_stops_in_the_middle_does_not_hold_the_log(database: Database) -> None:
    log = SqlEventLog(database)
    for number in range(3):
        await log.append(said(number, number))
    assert await database.read_raw(lambda c: c.execute("SELECT seq FROM events ORDER BY seq").fetchone()) == (1,)
    await log.append(said(3, 3))
    await database.forget_pages()  # raises while a reader stands in what was written


async def test_what_is_written_back_beside_the_writer_lets_the_log_start_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_EVERY_S", 0.01)
    monkeypatch.setattr(checkpoints, "_LONG", 100)
    path = tmp_path / "log.db"
    migrate(path)
    database = Database(path)
    database.start()
    log = SqlEventLog(database)
    megabyte = NewEvent("id", "Said", 1000, b'{"type":"Said","text":"' + b"x" * (1 << 20) + b'"}')
    try:
        for number in range(10):
            before = path.stat().st_size
            await log.append(Append(stream="s", expected=number, actor="u", events=(megabyte,)))
            async with asyncio.timeout(20):
                # Written back, and known to be: the file grows before the thread that writes says so.
                while path.stat().st_size < before + (1 << 20) or not database._checkpoints.log_is_long:
                    await asyncio.sleep(0.01)
        assert path.with_name("log.db-wal").stat().st_size < 5 << 20, "ten megabytes went through it"
    finally:
        await database.stop()
    assert not path.with_name("log.db-wal").exists(), "whoever closes last leaves one file"

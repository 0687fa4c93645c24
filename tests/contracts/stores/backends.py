"""The stores under test, by backend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vivavoce.adapters.memory import stores as memory
from vivavoce.adapters.sql import stores as sql
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.log import SqlEventLog
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.ports import Audit, EventLog, Heartbeats, Leases, Outbox, Reports, SessionIndex


@dataclass
class Stores:
    log: EventLog
    index: SessionIndex
    reports: Reports
    outbox: Outbox
    leases: Leases
    heartbeats: Heartbeats
    audit: Audit


def memory_stores() -> Stores:
    store = memory.MemoryStore()
    return Stores(
        memory.MemoryEventLog(store),
        memory.MemorySessionIndex(store),
        memory.MemoryReports(store),
        memory.MemoryOutbox(store),
        memory.MemoryLeases(store),
        memory.MemoryHeartbeats(store),
        memory.MemoryAudit(store),
    )


@asynccontextmanager
async def sqlite_stores(path: Path) -> AsyncIterator[Stores]:
    migrate(path)
    database = Database(path)
    database.start()
    try:
        yield Stores(
            SqlEventLog(database),
            sql.SqlSessionIndex(database),
            sql.SqlReports(database),
            sql.SqlOutbox(database),
            sql.SqlLeases(database),
            sql.SqlHeartbeats(database),
            sql.SqlAudit(database),
        )
    finally:
        await database.stop()

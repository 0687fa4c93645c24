"""One suite, every store of identity: what memory promises, SQLite keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vivavoce.adapters.memory import identity as memory
from vivavoce.adapters.memory.api_keys import MemoryApiKeys
from vivavoce.adapters.sql import identity as sql
from vivavoce.adapters.sql.api_keys import SqlApiKeys
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.ports import (
    Accounts,
    ApiKeys,
    IdempotencyKeys,
    Invitations,
    RefreshTokens,
    SignInGuard,
    SignInLinks,
    Tickets,
)


@dataclass
class Stores:
    accounts: Accounts
    refresh_tokens: RefreshTokens
    guard: SignInGuard
    links: SignInLinks
    invitations: Invitations
    idempotency: IdempotencyKeys
    tickets: Tickets
    api_keys: ApiKeys


@pytest.fixture(params=["memory", "sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    tickets = memory.MemoryTickets()
    if request.param == "memory":
        yield Stores(
            memory.MemoryAccounts(),
            memory.MemoryRefreshTokens(),
            memory.MemorySignInGuard(),
            memory.MemorySignInLinks(),
            memory.MemoryInvitations(),
            memory.MemoryIdempotencyKeys(),
            tickets,
            MemoryApiKeys(),
        )
        return
    migrate(tmp_path / "store.db")
    database = Database(tmp_path / "store.db")
    database.start()
    yield Stores(
        sql.SqlAccounts(database),
        sql.SqlRefreshTokens(database),
        sql.SqlSignInGuard(database),
        sql.SqlSignInLinks(database),
        sql.SqlInvitations(database),
        sql.SqlIdempotencyKeys(database),
        tickets,
        SqlApiKeys(database),
    )
    await database.stop()

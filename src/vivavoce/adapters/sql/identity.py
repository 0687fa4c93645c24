"""The identity stores in SQL. What must happen once is decided in the one writer's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from vivavoce.adapters.sql import identity_tables as t
from vivavoce.adapters.sql.database import Database
from vivavoce.ports import Account, Invitation, RefreshOutcome, RefreshToken, StoredAnswer


class SqlAccounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account) -> bool:
        statement = insert(t.accounts).values(**msgspec.structs.asdict(account)).on_conflict_do_nothing()
        return await self._database.write(lambda c: c.execute(statement).rowcount == 1)

    async def by_id(self, user_id: str) -> Account | None:
        return await self._one(t.accounts.c.user_id == user_id)

    async def by_email(self, email: str) -> Account | None:
        return await self._one(t.accounts.c.email == email) if email else None

    async def change(self, user_id: str, **fields: Any) -> Account | None:
        statement = sa.update(t.accounts).where(t.accounts.c.user_id == user_id).values(**fields)

        def work(c: sa.Connection) -> Account | None:
            c.execute(statement)
            return _account(c.execute(sa.select(t.accounts).where(t.accounts.c.user_id == user_id)).one_or_none())

        return await self._database.write(work)

    async def page(self, before: tuple[int, str] | None, limit: int, query: str = "") -> list[Account]:
        a = t.accounts.c
        statement = sa.select(t.accounts).order_by(a.created_at.desc(), a.user_id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(sa.tuple_(a.created_at, a.user_id) < sa.tuple_(*before))
        if query:
            statement = statement.where(
                a.name.icontains(query, autoescape=True) | a.email.icontains(query, autoescape=True)
            )
        rows = await self._database.read(lambda c: c.execute(statement).all())
        return [account for row in rows if (account := _account(row)) is not None]

    async def _one(self, condition: sa.ColumnElement[bool]) -> Account | None:
        statement = sa.select(t.accounts).where(condition)
        return await self._database.read(lambda c: _account(c.execute(statement).one_or_none()))


class SqlRefreshTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: RefreshToken) -> None:
        await self._database.write(lambda c: _add_token(c, token))

    async def rotate(
        self, token_hash: str, successor_hash: str, expires_at: int, now: int
    ) -> tuple[RefreshOutcome, RefreshToken | None]:
        def work(c: sa.Connection) -> tuple[RefreshOutcome, RefreshToken | None]:
            row = c.execute(
                sa.select(t.refresh_tokens).where(t.refresh_tokens.c.token_hash == token_hash)
            ).one_or_none()
            if row is None:
                return "unknown", None
            token = _token(row)
            if row.revoked:
                return "revoked", token
            if row.used:
                c.execute(_revoke(t.refresh_tokens.c.family == token.family))
                return "reused", token
            if token.expires_at <= now:
                return "expired", token
            c.execute(sa.update(t.refresh_tokens).where(t.refresh_tokens.c.token_hash == token_hash).values(used=True))
            _add_token(c, msgspec.structs.replace(token, token_hash=successor_hash, expires_at=expires_at))
            return "rotated", token

        return await self._database.write(work)

    async def revoke_family(self, token_hash: str) -> RefreshToken | None:
        def work(c: sa.Connection) -> RefreshToken | None:
            row = c.execute(
                sa.select(t.refresh_tokens).where(t.refresh_tokens.c.token_hash == token_hash)
            ).one_or_none()
            if row is None:
                return None
            c.execute(_revoke(t.refresh_tokens.c.family == row.family))
            return _token(row)

        return await self._database.write(work)

    async def revoke_user(self, user_id: str) -> None:
        await self._database.write(lambda c: c.execute(_revoke(t.refresh_tokens.c.user_id == user_id)))

    async def purge(self, now: int) -> None:
        statement = sa.delete(t.refresh_tokens).where(t.refresh_tokens.c.expires_at <= now)
        await self._database.write(lambda c: c.execute(statement))


class SqlSignInGuard:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(self, limits: Mapping[str, int], now: int, window_ms: int) -> int:
        a = t.sign_in_attempts

        def work(c: sa.Connection) -> int:
            rows = c.execute(sa.select(a).where(a.c.key.in_(limits), a.c.began_at > now - window_ms)).all()
            current = {row.key: (row.attempts, row.began_at) for row in rows}
            closed = [began for key, (count, began) in current.items() if count >= limits[key]]
            if closed:
                return int(max(closed)) + window_ms
            for key in limits:
                count, began = current.get(key, (0, now))
                changed = {"attempts": count + 1, "began_at": began}
                c.execute(insert(a).values(key=key, **changed).on_conflict_do_update(["key"], set_=changed))
            return 0

        return await self._database.write(work)

    async def clear(self, key: str) -> None:
        a = t.sign_in_attempts
        await self._database.write(lambda c: c.execute(sa.delete(a).where(a.c.key == key)))

    async def refund(self, key: str) -> None:
        a = t.sign_in_attempts
        statement = sa.update(a).where(a.c.key == key, a.c.attempts > 0).values(attempts=a.c.attempts - 1)
        await self._database.write(lambda c: c.execute(statement))

    async def purge(self, now: int, window_ms: int) -> None:
        a = t.sign_in_attempts
        await self._database.write(lambda c: c.execute(sa.delete(a).where(a.c.began_at <= now - window_ms)))


class SqlSignInLinks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token_hash: str, user_id: str, expires_at: int) -> None:
        statement = sa.insert(t.sign_in_links).values(token_hash=token_hash, user_id=user_id, expires_at=expires_at)
        await self._database.write(lambda c: c.execute(statement))

    async def take(self, token_hash: str, now: int) -> str | None:
        s = t.sign_in_links

        def work(c: sa.Connection) -> str | None:
            row = c.execute(sa.select(s).where(s.c.token_hash == token_hash)).one_or_none()
            c.execute(sa.delete(s).where((s.c.token_hash == token_hash) | (s.c.expires_at <= now)))
            return str(row.user_id) if row is not None and row.expires_at > now else None

        return await self._database.write(work)


class SqlInvitations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, invitation: Invitation) -> None:
        statement = sa.insert(t.invitations).values(**msgspec.structs.asdict(invitation))
        await self._database.write(lambda c: c.execute(statement))

    async def erase_names(self, session_id: str) -> None:
        invited = sa.select(t.invitations.c.user_id).where(t.invitations.c.session_id == session_id)
        a = t.accounts

        def work(c: sa.Connection) -> None:
            c.execute(sa.update(a).where(a.c.user_id.in_(invited), a.c.email == "").values(name=""))
            c.execute(sa.update(t.invitations).where(t.invitations.c.session_id == session_id).values(name=""))

        await self._database.write(work)

    async def by_token(self, token_hash: str) -> Invitation | None:
        return await self._one(t.invitations.c.token_hash == token_hash)

    async def by_id(self, invitation_id: str) -> Invitation | None:
        return await self._one(t.invitations.c.invitation_id == invitation_id)

    async def of_session(self, session_id: str) -> list[Invitation]:
        i = t.invitations.c
        statement = sa.select(t.invitations).where(i.session_id == session_id)
        statement = statement.order_by(i.created_at.desc(), i.invitation_id.desc())
        return await self._database.read(lambda c: [Invitation(**row._mapping) for row in c.execute(statement).all()])

    async def accept(self, invitation_id: str, now: int) -> bool:
        i = t.invitations.c
        first = sa.case((i.accepted_at == 0, now), else_=i.accepted_at)
        statement = sa.update(t.invitations).where(i.invitation_id == invitation_id, i.revoked_at == 0)
        return await self._database.write(lambda c: c.execute(statement.values(accepted_at=first)).rowcount == 1)

    async def revoke(self, invitation_id: str, now: int) -> Invitation | None:
        i = t.invitations.c
        statement = sa.update(t.invitations).where(i.invitation_id == invitation_id, i.revoked_at == 0)

        def work(c: sa.Connection) -> Invitation | None:
            c.execute(statement.values(revoked_at=now))
            row = c.execute(sa.select(t.invitations).where(i.invitation_id == invitation_id)).one_or_none()
            return Invitation(**row._mapping) if row is not None else None

        return await self._database.write(work)

    async def _one(self, condition: sa.ColumnElement[bool]) -> Invitation | None:
        row = await self._database.read(lambda c: c.execute(sa.select(t.invitations).where(condition)).one_or_none())
        return Invitation(**row._mapping) if row is not None else None


class SqlIdempotencyKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, scope: str, key: str, fingerprint: str, now: int, abandoned_ms: int) -> StoredAnswer | None:
        k = t.idempotency_keys
        fresh = {"fingerprint": fingerprint, "status": 0, "body": b"", "at": now}

        def work(c: sa.Connection) -> StoredAnswer | None:
            row = c.execute(sa.select(k).where(k.c.scope == scope, k.c.key == key)).one_or_none()
            if row is not None and (row.status or row.at + abandoned_ms > now):
                return StoredAnswer(fingerprint=row.fingerprint, status=row.status, body=row.body, at=row.at)
            statement = insert(k).values(scope=scope, key=key, **fresh)
            c.execute(statement.on_conflict_do_update(["scope", "key"], set_=fresh))
            return None

        return await self._database.write(work)

    async def finish(self, scope: str, key: str, answer: StoredAnswer) -> None:
        k = t.idempotency_keys
        fields = msgspec.structs.asdict(answer)
        statement = insert(k).values(scope=scope, key=key, **fields)
        statement = statement.on_conflict_do_update(["scope", "key"], set_=fields)
        await self._database.write(lambda c: c.execute(statement))

    async def release(self, scope: str, key: str) -> None:
        k = t.idempotency_keys
        await self._database.write(lambda c: c.execute(sa.delete(k).where(k.c.scope == scope, k.c.key == key)))

    async def purge(self, before: int) -> None:
        k = t.idempotency_keys
        await self._database.write(lambda c: c.execute(sa.delete(k).where(k.c.at < before)))


def _account(row: Any) -> Account | None:
    return Account(**{**row._mapping, "disabled": bool(row.disabled)}) if row is not None else None


def _add_token(c: sa.Connection, token: RefreshToken) -> None:
    c.execute(sa.insert(t.refresh_tokens).values(**msgspec.structs.asdict(token), used=False, revoked=False))


def _token(row: Any) -> RefreshToken:
    return RefreshToken(**{name: row._mapping[name] for name in RefreshToken.__struct_fields__})


def _revoke(condition: sa.ColumnElement[bool]) -> sa.Update:
    return sa.update(t.refresh_tokens).where(condition).values(revoked=True)

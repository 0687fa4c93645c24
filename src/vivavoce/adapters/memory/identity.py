"""The identity stores in memory: for tests, and for tickets, which live half a minute in one process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from vivavoce.domain.access import Identity
from vivavoce.ports import Account, Invitation, RefreshOutcome, RefreshToken, StoredAnswer


class MemoryAccounts:
    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    async def add(self, account: Account) -> bool:
        if account.user_id in self._accounts or await self.by_email(account.email) is not None:
            return False
        self._accounts[account.user_id] = account
        return True

    async def by_id(self, user_id: str) -> Account | None:
        return self._accounts.get(user_id)

    async def by_email(self, email: str) -> Account | None:
        return next((entry for entry in self._accounts.values() if email and entry.email == email), None)

    async def change(self, user_id: str, **fields: Any) -> Account | None:
        known = self._accounts.get(user_id)
        if known is not None:
            self._accounts[user_id] = known = msgspec.structs.replace(known, **fields)
        return known

    async def page(self, before: tuple[int, str] | None, limit: int, query: str = "") -> list[Account]:
        fitting = [
            entry
            for entry in self._accounts.values()
            if query.lower() in f"{entry.name}\n{entry.email}".lower()
            and (before is None or (entry.created_at, entry.user_id) < before)
        ]
        return sorted(fitting, key=lambda entry: (entry.created_at, entry.user_id), reverse=True)[:limit]


class MemoryRefreshTokens:
    def __init__(self) -> None:
        self._tokens: dict[str, RefreshToken] = {}
        self._used: set[str] = set()
        self._revoked: set[str] = set()
        """Families."""

    async def add(self, token: RefreshToken) -> None:
        self._tokens[token.token_hash] = token

    async def rotate(
        self, token_hash: str, successor_hash: str, expires_at: int, now: int
    ) -> tuple[RefreshOutcome, RefreshToken | None]:
        token = self._tokens.get(token_hash)
        if token is None:
            return "unknown", None
        if token.family in self._revoked:
            return "revoked", token
        if token_hash in self._used:
            self._revoked.add(token.family)
            return "reused", token
        if token.expires_at <= now:
            return "expired", token
        self._used.add(token_hash)
        await self.add(msgspec.structs.replace(token, token_hash=successor_hash, expires_at=expires_at))
        return "rotated", token

    async def revoke_family(self, token_hash: str) -> RefreshToken | None:
        token = self._tokens.get(token_hash)
        if token is not None:
            self._revoked.add(token.family)
        return token

    async def revoke_user(self, user_id: str) -> None:
        self._revoked.update(token.family for token in self._tokens.values() if token.user_id == user_id)

    async def purge(self, now: int) -> None:
        self._tokens = {key: token for key, token in self._tokens.items() if token.expires_at > now}


class MemorySignInGuard:
    def __init__(self) -> None:
        self._attempts: dict[str, tuple[int, int]] = {}
        """Key → (attempts, beginning of the window in epoch ms)."""

    async def enter(self, limits: Mapping[str, int], now: int, window_ms: int) -> int:
        current = {key: self._current(key, now, window_ms) for key in limits}
        closed = [began for key, (count, began) in current.items() if count >= limits[key]]
        if closed:
            return max(closed) + window_ms
        self._attempts.update({key: (count + 1, began) for key, (count, began) in current.items()})
        return 0

    async def clear(self, key: str) -> None:
        self._attempts.pop(key, None)

    async def refund(self, key: str) -> None:
        count, began = self._attempts.get(key, (0, 0))
        if count:
            self._attempts[key] = (count - 1, began)

    async def purge(self, now: int, window_ms: int) -> None:
        self._attempts = {key: entry for key, entry in self._attempts.items() if entry[1] + window_ms > now}

    def _current(self, key: str, now: int, window_ms: int) -> tuple[int, int]:
        count, began = self._attempts.get(key, (0, now))
        return (0, now) if began + window_ms <= now else (count, began)


class MemorySignInLinks:
    def __init__(self) -> None:
        self._links: dict[str, tuple[str, int]] = {}

    async def add(self, token_hash: str, user_id: str, expires_at: int) -> None:
        self._links[token_hash] = (user_id, expires_at)

    async def take(self, token_hash: str, now: int) -> str | None:
        user_id, expires_at = self._links.pop(token_hash, ("", 0))
        return user_id if expires_at > now else None


class MemoryInvitations:
    def __init__(self) -> None:
        self._invitations: dict[str, Invitation] = {}

    async def add(self, invitation: Invitation) -> None:
        self._invitations[invitation.invitation_id] = invitation

    async def by_token(self, token_hash: str) -> Invitation | None:
        return next((entry for entry in self._invitations.values() if entry.token_hash == token_hash), None)

    async def by_id(self, invitation_id: str) -> Invitation | None:
        return self._invitations.get(invitation_id)

    async def of_session(self, session_id: str) -> list[Invitation]:
        found = [entry for entry in self._invitations.values() if entry.session_id == session_id]
        return sorted(found, key=lambda entry: (entry.created_at, entry.invitation_id), reverse=True)

    async def accept(self, invitation_id: str, now: int) -> bool:
        known = self._invitations.get(invitation_id)
        if known is None or known.revoked_at:
            return False
        self._invitations[invitation_id] = msgspec.structs.replace(known, accepted_at=known.accepted_at or now)
        return True

    async def revoke(self, invitation_id: str, now: int) -> Invitation | None:
        known = self._invitations.get(invitation_id)
        if known is None:
            return None
        self._invitations[invitation_id] = msgspec.structs.replace(known, revoked_at=known.revoked_at or now)
        return self._invitations[invitation_id]

    async def erase_names(self, session_id: str) -> None:
        for key, known in self._invitations.items():
            if known.session_id == session_id:
                self._invitations[key] = msgspec.structs.replace(known, name="")


class MemoryTickets:
    def __init__(self) -> None:
        self._tickets: dict[str, tuple[Identity, int]] = {}

    async def put(self, ticket_hash: str, identity: Identity, expires_at: int) -> None:
        self._tickets[ticket_hash] = (identity, expires_at)

    async def take(self, ticket_hash: str, now: int) -> Identity | None:
        self._forget_expired(now)
        entry = self._tickets.pop(ticket_hash, None)
        return entry[0] if entry is not None and entry[1] > now else None

    def _forget_expired(self, now: int) -> None:
        """Tickets are put in the order in which they expire."""
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest][1] > now:
                return
            del self._tickets[oldest]


class MemoryIdempotencyKeys:
    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], StoredAnswer] = {}

    async def begin(self, scope: str, key: str, fingerprint: str, now: int, abandoned_ms: int) -> StoredAnswer | None:
        known = self._answers.get((scope, key))
        if known is not None and (known.status or known.at + abandoned_ms > now):
            return known
        self._answers[scope, key] = StoredAnswer(fingerprint=fingerprint, at=now)
        return None

    async def finish(self, scope: str, key: str, answer: StoredAnswer) -> None:
        self._answers[scope, key] = answer

    async def release(self, scope: str, key: str) -> None:
        self._answers.pop((scope, key), None)

    async def purge(self, before: int) -> None:
        self._answers = {key: answer for key, answer in self._answers.items() if answer.at >= before}

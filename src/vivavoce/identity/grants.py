"""What somebody holds after proving who they are: a short access token and a refresh token that changes at each use."""

from __future__ import annotations

import uuid
from typing import Final

import msgspec

from vivavoce.domain.access import ROLES, Role
from vivavoce.domain.errors import VivavoceError
from vivavoce.identity.keyring import digest, random_token, refuse_overlong
from vivavoce.identity.tokens import Tokens
from vivavoce.ports import Account, Accounts, Clock, RefreshToken, RefreshTokens

ACCESS_TTL_S: Final = 15 * 60
REFRESH_TTL_S: Final = 30 * 24 * 3600


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    account: Account


class Grants:
    def __init__(
        self,
        tokens: Tokens,
        refresh_tokens: RefreshTokens,
        accounts: Accounts,
        clock: Clock,
        *,
        access_ttl_s: int = ACCESS_TTL_S,
        refresh_ttl_s: int = REFRESH_TTL_S,
    ) -> None:
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._accounts = accounts
        self._clock = clock
        self._access_ttl_s = access_ttl_s
        self._refresh_ttl_s = refresh_ttl_s

    async def grant(self, account: Account, *, session_id: str = "") -> Granted:
        """Begin a family of tokens for somebody who has just proved who they are; `session_id` binds them to one."""
        token = random_token()
        await self._refresh_tokens.add(
            RefreshToken(
                token_hash=digest(token),
                family=uuid.uuid4().hex,
                user_id=account.user_id,
                session_id=session_id,
                expires_at=self._clock.now_ms() + self._refresh_ttl_s * 1000,
            )
        )
        return self._granted(account, session_id, token)

    async def refresh(self, refresh_token: str) -> Granted:
        """New tokens for a refresh token, which is spent by it. Raises unauthorized: `refresh_reused` when it was
        spent before (somebody has a copy, so the whole family is revoked), else `refresh_invalid`."""
        refuse_overlong(refresh_token)
        successor = random_token()
        now = self._clock.now_ms()
        outcome, spent = await self._refresh_tokens.rotate(
            digest(refresh_token), digest(successor), now + self._refresh_ttl_s * 1000, now
        )
        if outcome == "reused":
            raise VivavoceError("unauthorized", "this refresh token was used before", reason="refresh_reused")
        account = await self._accounts.by_id(spent.user_id) if spent is not None and outcome == "rotated" else None
        if spent is None or account is None or account.disabled:
            raise VivavoceError("unauthorized", f"the refresh token is {outcome}", reason="refresh_invalid")
        return self._granted(account, spent.session_id, successor)

    async def end(self, refresh_token: str) -> str | None:
        """Revoke the token's family; whose it was, None for an unknown token."""
        refuse_overlong(refresh_token)
        known = await self._refresh_tokens.revoke_family(digest(refresh_token))
        return known.user_id if known is not None else None

    def _granted(self, account: Account, session_id: str, refresh_token: str) -> Granted:
        access_token = self._tokens.mint(
            account.user_id,
            role=role_of(account),
            name=account.name,
            sessions=(session_id,) if session_id else (),
            ttl_s=self._access_ttl_s,
            language=account.language,
        )
        return Granted(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in=self._access_ttl_s,
            account=account,
        )


def role_of(account: Account) -> Role:
    """The account's role; one that this version does not know has the least rights."""
    return next((role for role in ROLES if role == account.role), "candidate")

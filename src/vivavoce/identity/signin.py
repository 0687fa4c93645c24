"""Signing in: with a password, by a one-time link, with a refresh token; and out again."""

from __future__ import annotations

from typing import Final

import msgspec

from vivavoce.domain.errors import VivavoceError
from vivavoce.identity.accounts import normal_email
from vivavoce.identity.grants import Granted, Grants
from vivavoce.identity.keyring import Keyring, digest
from vivavoce.identity.passwords import MAX_LENGTH, Passwords
from vivavoce.ports import Accounts, Audit, Clock, SignInGuard, SignInLinks

LINK_TTL_S: Final = 15 * 60
_LINK: Final = "sign-in link"


class LockoutPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """After that many failed attempts within the window, an account or an address waits until the window ends."""

    per_account: int = 5
    per_address: int = 30
    window_ms: int = 15 * 60 * 1000


class SignIn:
    def __init__(
        self,
        *,
        accounts: Accounts,
        passwords: Passwords,
        grants: Grants,
        guard: SignInGuard,
        links: SignInLinks,
        keyring: Keyring,
        audit: Audit,
        clock: Clock,
        lockout: LockoutPolicy | None = None,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._grants = grants
        self._guard = guard
        self._links = links
        self._keyring = keyring
        self._audit = audit
        self._clock = clock
        self._lockout = lockout or LockoutPolicy()

    async def with_password(self, email: str, password: str, address: str) -> Granted:
        """Raises unauthorized `sign_in_failed` (the same, and as late, for people who do not exist), or rate_limited
        `sign_in_locked` with `info.retry_after` in seconds."""
        email = normal_email(email)
        by_account, by_address = f"account:{digest(email)}", f"address:{address}"
        limits = {by_account: self._lockout.per_account, by_address: self._lockout.per_address}
        await self._enter(limits, address)
        account = await self._accounts.by_email(email) if email else None
        stored = account.password_hash if account is not None and not account.disabled else ""
        right, better = await self._passwords.check(password[: MAX_LENGTH + 1], stored)
        if account is None or not right:
            await self._note(account.user_id if account else "unknown", "sign_in_failed", address)
            raise VivavoceError("unauthorized", "the e-mail address or the password is wrong", reason="sign_in_failed")
        if better is not None:
            await self._accounts.change(account.user_id, password_hash=better)
        await self._guard.clear(by_account)
        await self._guard.refund(by_address)
        await self._note(account.user_id, "signed_in", address)
        return await self._grants.grant(account)

    async def make_link(self, user_id: str, ttl_s: int = LINK_TTL_S) -> str:
        """The token of a link that signs `user_id` in, once."""
        token = self._keyring.signed(_LINK)
        await self._links.add(digest(token), user_id, self._clock.now_ms() + ttl_s * 1000)
        return token

    async def with_link(self, token: str, address: str) -> Granted:
        """Raises unauthorized `link_invalid`: forged, unknown, expired, or used before."""
        user_id = None
        if self._keyring.is_signed(_LINK, token):
            user_id = await self._links.take(digest(token), self._clock.now_ms())
        account = await self._accounts.by_id(user_id) if user_id is not None else None
        if account is None or account.disabled:
            raise VivavoceError("unauthorized", "the link is unknown, used or expired", reason="link_invalid")
        await self._note(account.user_id, "signed_in_by_link", address)
        return await self._grants.grant(account)

    async def refresh(self, refresh_token: str, address: str) -> Granted:
        """Raises unauthorized `refresh_invalid` or `refresh_reused`."""
        try:
            return await self._grants.refresh(refresh_token)
        except VivavoceError as error:
            if error.reason == "refresh_reused":
                await self._note("unknown", "refresh_reused", address)
            raise

    async def sign_out(self, refresh_token: str, address: str) -> None:
        """End what began with one sign-in. An unknown token is no error: whoever has it is signed out."""
        user_id = await self._grants.end(refresh_token)
        if user_id is not None:
            await self._note(user_id, "signed_out", address)

    async def _enter(self, limits: dict[str, int], address: str) -> None:
        now = self._clock.now_ms()
        opens_at = await self._guard.enter(limits, now, self._lockout.window_ms)
        if opens_at:
            await self._note("unknown", "sign_in_locked", address)
            raise VivavoceError(
                "rate_limited",
                "too many attempts to sign in",
                reason="sign_in_locked",
                info={"retry_after": max(1, -(-(opens_at - now) // 1000))},
            )

    async def _note(self, user_id: str, action: str, address: str) -> None:
        await self._audit.record(self._clock.now_ms(), user_id, action, f"user:{user_id}", {"address": address})

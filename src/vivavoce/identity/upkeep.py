"""Forgetting what is over: expired refresh tokens, old attempts to sign in, old answers to repeated requests."""

from __future__ import annotations

from typing import Final

from vivavoce.identity.signin import LockoutPolicy
from vivavoce.ports import Clock, IdempotencyKeys, RefreshTokens, SignInGuard

#: A spent refresh token is remembered until its own expiry, so that its reuse is noticed.
ANSWERS_KEPT_MS: Final = 24 * 3600 * 1000


class Upkeep:
    """Run `forget` now and then; nothing depends on when."""

    def __init__(
        self, refresh_tokens: RefreshTokens, guard: SignInGuard, idempotency: IdempotencyKeys, clock: Clock
    ) -> None:
        self._refresh_tokens = refresh_tokens
        self._guard = guard
        self._idempotency = idempotency
        self._clock = clock

    async def forget(self) -> None:
        now = self._clock.now_ms()
        await self._refresh_tokens.purge(now)
        await self._guard.purge(now, LockoutPolicy().window_ms)
        await self._idempotency.purge(now - ANSWERS_KEPT_MS)

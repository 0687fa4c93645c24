"""Passwords: Argon2 in a thread, a few at a time, and the same time for people who do not exist."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vivavoce.domain.errors import invalid

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 256
_AT_ONCE: Final = 2

P = ParamSpec("P")
R = TypeVar("R")


class Passwords:
    """Hashes and checks. Each hash takes 64 MiB for a moment, so only a few run at once."""

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        return await self._run(self._hash.hash, _normal(password))

    async def check(self, password: str, stored: str) -> tuple[bool, str | None]:
        """Whether it is right, and a new hash to store when the old one is out of date. An empty `stored` (nobody, or
        an account without a password) is never right and takes as long."""
        if self._nobody is None:
            self._nobody = await self.hash("nobody has this password")
        if not stored:
            await self._run(self._hash.verify_and_update, _normal(password), self._nobody)
            return False, None
        return await self._run(self._hash.verify_and_update, _normal(password), stored)

    async def _run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        async with self._gate:
            return await asyncio.to_thread(work, *args, **kwargs)


def check_password(password: str, *, email: str = "", name: str = "") -> None:
    """Raise invalid_payload for a password that is too short, too long, or the person's own name or address."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise invalid(
            f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters",
            field="password",
            reason="password_length",
            minimum=MIN_LENGTH,
            maximum=MAX_LENGTH,
        )
    known = {email.lower(), email.partition("@")[0].lower(), name.lower()} - {""}
    if password.lower() in known or len(set(password)) < 4:
        raise invalid("the password is too easy to guess", field="password", reason="password_weak")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)

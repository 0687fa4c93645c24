"""The people who can sign in: creating, listing, changing roles, shutting out."""

from __future__ import annotations

import re
from typing import Final

from uuid_utils import uuid7

from vivavoce.domain.access import Role
from vivavoce.domain.errors import conflict, invalid, not_found
from vivavoce.identity.passwords import Passwords, check_password
from vivavoce.ports import Account, Accounts, Audit, Clock, RefreshTokens

_EMAIL: Final = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@[^\s@<>(),;:\"\[\]\\]{1,190}")
_NAME_LIMIT: Final = 200


class Users:
    def __init__(
        self,
        accounts: Accounts,
        passwords: Passwords,
        refresh_tokens: RefreshTokens,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._refresh_tokens = refresh_tokens
        self._audit = audit
        self._clock = clock

    async def create(
        self, email: str, name: str, role: Role, *, password: str | None = None, language: str = "", by: str
    ) -> Account:
        """A new account; without a password its owner comes in by a one-time link. Raises invalid_payload, or
        conflict `email_taken`."""
        email = normal_email(email)
        if not _EMAIL.fullmatch(email):
            raise invalid("this is not an e-mail address", field="email", reason="email_invalid")
        if not 0 < len(name.strip()) <= _NAME_LIMIT:
            raise invalid(f"a name has 1 to {_NAME_LIMIT} characters", field="name")
        if password is not None:
            check_password(password, email=email, name=name)
        account = Account(
            user_id=f"user_{uuid7().hex}",
            email=email,
            name=name.strip(),
            role=role,
            language=language,
            password_hash=await self._passwords.hash(password) if password is not None else "",
            created_at=self._clock.now_ms(),
        )
        if not await self._accounts.add(account):
            raise conflict("an account with this e-mail address exists", reason="email_taken")
        await self._note(by, "user_created", account.user_id, role=role)
        return account

    async def ensure_admin(self, email: str, name: str) -> Account:
        """The admin with this address, created without a password if there is none (`make run`)."""
        known = await self._accounts.by_email(normal_email(email))
        return known if known is not None else await self.create(email, name, "admin", by="system")

    async def by_id(self, user_id: str) -> Account | None:
        return await self._accounts.by_id(user_id)

    async def page(self, before: tuple[int, str] | None, limit: int, query: str = "") -> list[Account]:
        return await self._accounts.page(before, limit, query)

    async def set_password(self, user_id: str, password: str, *, by: str) -> None:
        """Also ends everything the account had open. Raises invalid_payload, not_found."""
        account = await self._known(user_id)
        check_password(password, email=account.email, name=account.name)
        await self._accounts.change(user_id, password_hash=await self._passwords.hash(password))
        await self._end_all(user_id)
        await self._note(by, "password_set", user_id)

    async def set_role(self, user_id: str, role: Role, *, by: str) -> Account:
        """Tokens that say the old role stop working. Raises not_found."""
        account = await self._known(user_id)
        if account.role == role:
            return account
        await self._accounts.change(user_id, role=role)
        await self._end_all(user_id)
        await self._note(by, "role_set", user_id, role=role)
        return await self._known(user_id)

    async def disable(self, user_id: str, *, by: str) -> None:
        """Shut an account out, at once. Raises not_found."""
        await self._known(user_id)
        await self._accounts.change(user_id, disabled=True)
        await self._end_all(user_id)
        await self._note(by, "user_disabled", user_id)

    async def _end_all(self, user_id: str) -> None:
        await self._accounts.change(user_id, valid_from=self._clock.now_ms() // 1000)
        await self._refresh_tokens.revoke_user(user_id)

    async def _known(self, user_id: str) -> Account:
        account = await self._accounts.by_id(user_id)
        if account is None:
            raise not_found("there is no such user", reason="user_not_found")
        return account

    async def _note(self, by: str, action: str, user_id: str, **details: str) -> None:
        await self._audit.record(self._clock.now_ms(), by, action, f"user:{user_id}", dict(details))


def normal_email(email: str) -> str:
    """As it is stored and compared."""
    return email.strip().lower()

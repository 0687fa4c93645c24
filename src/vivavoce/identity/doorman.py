"""Who stands at the door. Every door asks here, HTTP and sockets alike (SPEC.md 0.5)."""

from __future__ import annotations

from typing import Final

import msgspec

from vivavoce.domain.access import GUEST_PREFIX, Identity
from vivavoce.domain.errors import VivavoceError, forbidden, invalid
from vivavoce.identity.api_keys import ApiKeyDesk, is_api_key
from vivavoce.identity.keyring import Mode, digest, refuse_overlong
from vivavoce.identity.tokens import Tokens, looks_like_jwt
from vivavoce.ports import Accounts, Clock, Tickets

#: A guest who has named nobody yet. It is one id for all of them: on a loopback address they are one person at one
#: machine, and what makes a command idempotent or a person present must survive a reconnect (SPEC.md 0.3).
UNNAMED_GUEST: Final = f"{GUEST_PREFIX}anonymous"
_NAMED_LIMIT: Final = 120


class Doorman:
    """Turns what a client shows into an identity, or refuses it."""

    def __init__(
        self,
        tokens: Tokens,
        tickets: Tickets,
        accounts: Accounts,
        clock: Clock,
        mode: Mode,
        api_keys: ApiKeyDesk | None = None,
    ) -> None:
        self._tokens = tokens
        self._tickets = tickets
        self._accounts = accounts
        self._clock = clock
        self._mode: Mode = mode
        self._api_keys = api_keys

    async def identify(
        self,
        *,
        token: str | None,
        ticket: str | None = None,
        is_local_request: bool,
        named: str | int | None = None,
    ) -> Identity:
        """Who this is: by a ticket, by an API key, by a token, or as a guest.

        `is_local_request` is the gateway's judgement of peer, host, origin and proxy headers; only such requests can
        be guests, and only in development. `named` is the user id that a guest gives. Raises unauthorized: a ticket
        or a key that is not good, a JWT that is malformed, forged or expired, or nothing to show where that is not
        enough.
        """
        if ticket:
            return await self._by_ticket(ticket, is_local_request)
        token = _bare(token)
        if self._api_keys is not None and is_api_key(token):
            return await self._api_keys.identify(token)
        if token and (looks_like_jwt(token) or not self._takes_guests(is_local_request)):
            return await self._by_token(token)
        if not self._takes_guests(is_local_request):
            raise VivavoceError("unauthorized", "no token was given", reason="token_missing")
        return as_named(_GUEST, named)

    def _takes_guests(self, is_local_request: bool) -> bool:
        return self._mode == "development" and is_local_request

    async def _by_ticket(self, ticket: str, is_local_request: bool) -> Identity:
        refuse_overlong(ticket)
        identity = await self._tickets.take(digest(ticket), self._clock.now_ms())
        if identity is None or (identity.guest and not self._takes_guests(is_local_request)):
            raise VivavoceError("unauthorized", "the ticket is unknown, spent or expired", reason="ticket_invalid")
        return identity

    async def _by_token(self, token: str) -> Identity:
        claims = await self._tokens.read(token)
        account = await self._accounts.by_id(claims.identity.user_id)
        if account is not None and (account.disabled or int(claims.issued_at) < account.valid_from):
            raise VivavoceError("unauthorized", "the token was revoked", reason="token_revoked")
        return claims.identity


_GUEST: Final = Identity(user_id=UNNAMED_GUEST, name="Guest", role="interviewer", guest=True)


def as_named(identity: Identity, named: object) -> Identity:
    """The identity after its client said `user_id: named` in a payload (None: it did not).

    A guest becomes the first user id it names and stays that; for everybody else a `user_id` only confirms who they
    are. Raises forbidden when it contradicts, invalid_payload when it is no id.
    """
    if named is None:
        return identity
    if isinstance(named, bool) or not isinstance(named, str | int):
        raise invalid("a user id is a string or a number", field="user_id")
    user_id = str(named).strip()
    if not identity.guest:
        if user_id != identity.user_id:
            raise forbidden("this user_id is not the one your token speaks for", reason="user_mismatch")
        return identity
    plain = user_id.removeprefix(GUEST_PREFIX)
    if not 0 < len(plain) <= _NAMED_LIMIT or not plain.isprintable():
        raise invalid(f"a user id is 1 to {_NAMED_LIMIT} printable characters", field="user_id")
    guest_id = GUEST_PREFIX + plain
    if identity.user_id == UNNAMED_GUEST:
        return msgspec.structs.replace(identity, user_id=guest_id, name=plain)
    if guest_id != identity.user_id:
        raise forbidden("this connection has named another user before", reason="user_mismatch")
    return identity


def _bare(token: str | None) -> str:
    text = (token or "").strip()
    return text[7:].strip() if text[:7].lower() == "bearer " else text

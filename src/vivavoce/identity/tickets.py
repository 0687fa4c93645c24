"""Tickets: our own web app opens its sockets with one, so that no token ever stands in an address."""

from __future__ import annotations

from typing import Final

from vivavoce.domain.access import Identity
from vivavoce.identity.keyring import digest, random_token
from vivavoce.ports import Clock, Tickets

TICKET_TTL_S: Final = 30


class TicketOffice:
    def __init__(self, tickets: Tickets, clock: Clock) -> None:
        self._tickets = tickets
        self._clock = clock

    async def issue(self, identity: Identity) -> str:
        """A ticket that stands for `identity` once, within 30 s. The doorman takes it."""
        ticket = random_token()
        await self._tickets.put(digest(ticket), identity, self._clock.now_ms() + TICKET_TTL_S * 1000)
        return ticket

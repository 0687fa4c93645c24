"""What every door on plain WebSocket does the same way: who is there, for how long, and what is told to whom."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable, Collection, Coroutine, Iterator
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from vivavoce.catalogue import negotiate
from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import Language
from vivavoce.gateway.doors.live import Visitor
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.socket import WebSocket
from vivavoce.ports import Clock
from vivavoce.session.running import RunningSession

_LOG: Final = logging.getLogger(__name__)
#: How often it is looked whose token expires, and how long before they are told.
EXPIRY_TICK_S: Final = 5.0
WARN_BEFORE_S: Final = 60.0
CLOSE_CODES: Final = {"unauthorized": 4401, "forbidden": 4403, "not_found": 4404, "rate_limited": 4429}
CLOSE_TRY_LATER: Final = 1013
CLOSE_EXPIRED: Final = 4001


class Doorman(Protocol):
    """Who is asking (SPEC.md 0.5). Raises VivavoceError unauthorized."""

    async def identify(
        self,
        *,
        token: str | None,
        ticket: str | None = None,
        is_local_request: bool,
        named: str | int | None = None,
    ) -> Identity: ...


class Sentences(Protocol):
    def __call__(self, language: str, key: str, /, **values: object) -> str: ...


class Client(Protocol):
    """One socket of a door, from its greeting on."""

    @property
    def identity(self) -> Identity: ...

    def received(self, data: str | bytes) -> None: ...

    def drained(self) -> None: ...

    def closed(self) -> None: ...

    def send_error(self, error: VivavoceError) -> None: ...

    def token_left_s(self) -> float | None: ...

    def warn_of_expiry(self, left_s: float) -> None: ...

    def expire(self, code: int) -> None: ...


class SessionClient(Client, Protocol):
    """One socket in a session."""

    @property
    def session(self) -> RunningSession: ...

    @property
    def viewer(self) -> Viewer: ...

    @property
    def opened_at(self) -> int: ...

    def notice(self, kind: str, message: str) -> None: ...


ClientT = TypeVar("ClientT", bound=Client)
SessionClientT = TypeVar("SessionClientT", bound=SessionClient)


class PlainDoor(Endpoint, Generic[ClientT]):
    """Everything the connections of a door share. `let_in` says who may come in, and how they are greeted."""

    name: ClassVar[str]

    def __init__(self, doorman: Doorman, sentences: Sentences, clock: Clock) -> None:
        self.doorman = doorman
        self.sentences = sentences
        self.clock = clock
        self.errors = 0
        """Messages and clients refused by this door."""
        self._connections: set[ClientT] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.Task[None] | None = None

    @abstractmethod
    async def let_in(self, ws: WebSocket) -> None:
        """Find out who is there; `admit` them, or `turn_away`. Nothing is read from the socket meanwhile."""

    @abstractmethod
    def encode_error(self, error: VivavoceError, sentence: str) -> str:
        """The first and only message to somebody who is turned away."""

    def start(self) -> None:
        self._ticker = asyncio.get_running_loop().create_task(self._watch_tokens())

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> Collection[ClientT]:
        """Everybody who has come in and not left."""
        return self._connections

    # --- calls of the gateway -----------------------------------------------------------------------------------

    def opened(self, ws: WebSocket) -> None:
        ws.pause_reading()
        self.spawn(self.let_in(ws))

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        connection: ClientT | None = ws.state
        if connection is not None:
            connection.received(data)

    def drained(self, ws: WebSocket) -> None:
        connection: ClientT | None = ws.state
        if connection is not None:
            connection.drained()

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        connection: ClientT | None = ws.state
        if connection is not None:
            self._connections.discard(connection)
            connection.closed()

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        connection: ClientT | None = ws.state
        if connection is not None:
            connection.send_error(error)
        else:
            ws.send(self._first_error(ws.handshake, error))

    # --- coming in ----------------------------------------------------------------------------------------------

    def admit(self, ws: WebSocket, connection: ClientT) -> None:
        ws.state = connection
        ws.authenticated = True
        self._connections.add(connection)

    def turn_away(self, ws: WebSocket, error: VivavoceError) -> None:
        if not ws.closed:
            ws.send(self._first_error(ws.handshake, error))
            ws.close(CLOSE_CODES.get(error.code, CLOSE_TRY_LATER), error.code)

    async def identify(self, handshake: Handshake) -> Identity:
        """Who the handshake says is there. Raises VivavoceError unauthorized."""
        bearer = handshake.headers.get("authorization", "")
        token = bearer[7:].strip() if bearer[:7].lower() == "bearer " else handshake.query.get("token")
        return await self.doorman.identify(
            token=token or None,
            ticket=handshake.query.get("ticket"),
            is_local_request=handshake.is_local,
            named=handshake.query.get("user_id"),
        )

    async def identify_again(self, token: str) -> Identity:
        return await self.doorman.identify(token=token, is_local_request=False)

    def language_of(self, handshake: Handshake) -> Language:
        """The language in which somebody is spoken to who is in no session yet."""
        return negotiate(handshake.headers.get("accept-language"))

    def sentence(self, language: str, error: VivavoceError) -> str:
        return self.sentences(language, f"errors.{error.reason}", **error.info)

    def _first_error(self, handshake: Handshake, error: VivavoceError) -> str:
        self.errors += 1
        return self.encode_error(error, self.sentence(self.language_of(handshake), error))

    # --- what goes on beside ------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None) -> asyncio.Task[None]:
        """Run something that waits; one task for what a connection does in order, never one for a plain message."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            if not done.cancelled() and done.exception() is not None:
                _LOG.error("a task of the %s door failed", self.name, exc_info=done.exception())
            if then is not None:
                then()

        task.add_done_callback(ended)
        return task

    async def _watch_tokens(self) -> None:
        """Tell a minute before a token expires; close when it did (SPEC.md 4)."""
        while True:
            await asyncio.sleep(EXPIRY_TICK_S)
            for connection in tuple(self._connections):
                left = connection.token_left_s()
                if left is None:
                    continue
                if left <= 0:
                    connection.expire(CLOSE_EXPIRED)
                elif left <= WARN_BEFORE_S:
                    connection.warn_of_expiry(left)


class SessionDoor(PlainDoor[SessionClientT]):
    """A door whose clients are each in a session."""

    def visitors(self) -> Iterator[Visitor]:
        """Everybody who has come in and not left."""
        for connection in self._connections:
            session_id, user_id = connection.session.session_id, connection.identity.user_id
            yield Visitor(session_id, user_id, connection.viewer.role, connection.opened_at)

    def notice(self, session_id: str | None, kind: str, message: str) -> int:
        """Give an administrator's message to everybody in a session, or to all; how many sockets got it."""
        told = [one for one in self._connections if session_id in (None, one.session.session_id)]
        for connection in told:
            connection.notice(kind, message)
        return len(told)


def whole_number(text: str | None) -> int | None:
    """A number of a query, None where it is none."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None

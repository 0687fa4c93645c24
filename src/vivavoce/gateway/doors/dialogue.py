"""The dialogue door (document C): `/api/v1/ws` and `/api/v1/ws/{session_id}`."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Collection, Coroutine, Iterator
from typing import Any, Final, Protocol

import uuid_utils

from vivavoce.catalogue import negotiate
from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError, forbidden
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Language
from vivavoce.gateway.doors.dialogue_connection import DialogueConnection
from vivavoce.gateway.doors.live import Visitor
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.socket import WebSocket
from vivavoce.ports import Clock
from vivavoce.protocols.dialogue.codec import AUDIO_BYTES, encode, error_message
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.voice.voice import Voice

_LOG: Final = logging.getLogger(__name__)
_PATH: Final = re.compile(r"/api/v1/ws(?:/([^/]+))?")
_EXPIRY_TICK_S: Final = 5.0
_WARN_BEFORE_S: Final = 60.0
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


class Planning(Protocol):
    def __call__(self, config: InterviewConfig) -> InterviewPlan: ...


class Sentences(Protocol):
    def __call__(self, language: str, key: str, /, **values: object) -> str: ...


class DialogueDoor(Endpoint):
    """Everything the connections of this door share."""

    max_message = AUDIO_BYTES * 4 // 3 + 64 * 1024
    counts_binary_by_bytes = True

    def __init__(
        self,
        sessions: Sessions,
        entry: Entry,
        doorman: Doorman,
        plan: Planning,
        voice: Voice,
        sentences: Sentences,
        clock: Clock,
        *,
        version: str,
    ) -> None:
        self.sessions = sessions
        self.entry = entry
        self.doorman = doorman
        self.plan = plan
        self.voice = voice
        self.sentences = sentences
        self.clock = clock
        self.version = version
        self.errors = 0
        """Messages and clients refused by this door."""
        self._connections: set[DialogueConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.Task[None] | None = None

    @staticmethod
    def serves(handshake: Handshake) -> bool:
        return _PATH.fullmatch(handshake.path) is not None

    def start(self) -> None:
        self._ticker = asyncio.get_running_loop().create_task(self._watch_tokens())

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> Collection[DialogueConnection]:
        """Everybody who has come in and not left."""
        return self._connections

    def visitors(self) -> Iterator[Visitor]:
        for connection in self._connections:
            session_id, user_id = connection.session.session_id, connection.identity.user_id
            yield Visitor(session_id, user_id, connection.viewer.role, connection.opened_at)

    def notice(self, session_id: str | None, kind: str, message: str) -> int:
        """A word from an administrator; how many got it."""
        told = [c for c in self._connections if session_id in (None, c.session.session_id)]
        for connection in told:
            connection.notice(kind, message)
        return len(told)

    # --- calls of the gateway -----------------------------------------------------------------------------------

    def opened(self, ws: WebSocket) -> None:
        ws.pause_reading()
        self.spawn(self._let_in(ws))

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        connection: DialogueConnection | None = ws.state
        if connection is not None:
            connection.received(data)

    def drained(self, ws: WebSocket) -> None:
        if ws.state is not None:
            ws.state.drained()

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        connection: DialogueConnection | None = ws.state
        if connection is not None:
            self._connections.discard(connection)
            connection.closed()

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        connection: DialogueConnection | None = ws.state
        if connection is not None:
            connection.send_error(error)
        else:
            ws.send(self._first_error(ws.handshake, error))

    # --- coming in ----------------------------------------------------------------------------------------------

    async def _let_in(self, ws: WebSocket) -> None:
        handshake = ws.handshake
        try:
            identity = await self._identify(handshake)
            match = _PATH.fullmatch(handshake.path)
            named = match.group(1) if match is not None else None
            session, viewer = await self.entry.enter_or_name(identity, named or _assigned(identity))
        except VivavoceError as error:
            if ws.closed:
                return
            ws.send(self._first_error(handshake, error))
            ws.close(CLOSE_CODES.get(error.code, CLOSE_TRY_LATER), error.code)
            return
        if ws.closed:
            return
        connection = DialogueConnection(self, ws, identity, session, viewer, accept_language(handshake))
        ws.state = connection
        ws.authenticated = True
        self._connections.add(connection)
        connection.greet(_whole(handshake.query.get("last_seq")), handshake.query.get("epoch"))
        ws.resume_reading()

    async def _identify(self, handshake: Handshake) -> Identity:
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

    def _first_error(self, handshake: Handshake, error: VivavoceError) -> str:
        self.errors += 1
        sentence = self.sentence(accept_language(handshake), error)
        return encode(error_message(error, sentence), "", self.clock.now_ms())

    def sentence(self, language: str, error: VivavoceError) -> str:
        return self.sentences(language, f"errors.{error.reason}", **error.info)

    def spawn(self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None) -> None:
        """Run something rare that waits (coming in, moving to another session); never for a plain message."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            if not done.cancelled() and done.exception() is not None:
                _LOG.error("a task of the dialogue door failed", exc_info=done.exception())
            if then is not None:
                then()

        task.add_done_callback(ended)

    async def _watch_tokens(self) -> None:
        """Tell a minute before a token expires; close when it did (SPEC.md 4)."""
        while True:
            await asyncio.sleep(_EXPIRY_TICK_S)
            for connection in tuple(self._connections):
                left = connection.token_left_s()
                if left is None:
                    continue
                if left <= 0:
                    connection.expire(CLOSE_EXPIRED)
                elif left <= _WARN_BEFORE_S:
                    connection.warn_of_expiry(left)


def accept_language(handshake: Handshake) -> Language:
    """The language that a client's `Accept-Language` likes best among ours."""
    return negotiate(handshake.headers.get("accept-language"))


def _assigned(identity: Identity) -> str:
    """The session of a client that names none: the one its token is for, otherwise a new one."""
    if identity.may_create:
        return str(uuid_utils.uuid7())
    if len(identity.sessions) == 1 and identity.sessions[0] != "*":
        return identity.sessions[0]
    raise forbidden("this token is not for exactly one session; name the session in the path")


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None

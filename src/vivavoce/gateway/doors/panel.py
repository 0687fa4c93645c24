"""The panel door (document B): `/api/v1/realtime-interview/ws/interview/{session_id}`."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final, Protocol
from urllib.parse import unquote

from vivavoce.catalogue import negotiate
from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import LANGUAGES, InterviewConfig, Language
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session import panel as p
from vivavoce.evaluation.panel import PanelEvaluations
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.gateway.doors.dialogue import CLOSE_CODES, CLOSE_EXPIRED, CLOSE_TRY_LATER, Doorman, Sentences
from vivavoce.gateway.doors.live import Visitor
from vivavoce.gateway.doors.panel_connection import PanelConnection
from vivavoce.gateway.doors.refusals import Refusals
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.socket import WebSocket
from vivavoce.ports import Audit, Clock
from vivavoce.protocols.panel import messages as m
from vivavoce.protocols.panel.codec import AUDIO_BYTES, encode, error_message
from vivavoce.protocols.times import iso
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.session.running import RunningSession
from vivavoce.voice.voice import Voice

_LOG: Final = logging.getLogger(__name__)
_PATH: Final = re.compile(r"/api/v1/realtime-interview/ws/interview/([^/]+)")
_EXPIRY_TICK_S: Final = 5.0
_WARN_BEFORE_S: Final = 60.0
#: Silence is looked for this many times in the time after which it is told.
_LOOKS: Final = 6


class OpenPanel(Protocol):
    """The rubric that a panel made at the door is judged by."""

    def __call__(self) -> RubricVersion: ...


class PanelDoor(Endpoint):
    """Everything the connections of this door share. `heartbeat_s` is the silence after which a `ping` is sent."""

    max_message = AUDIO_BYTES * 4 // 3 + 64 * 1024
    counts_binary_by_bytes = True

    def __init__(
        self,
        sessions: Sessions,
        entry: Entry,
        doorman: Doorman,
        voice: Voice,
        records: PrivateRecords,
        evaluations: PanelEvaluations,
        rubric: OpenPanel,
        sentences: Sentences,
        clock: Clock,
        audit: Audit,
        *,
        version: str,
        heartbeat_s: float = 30.0,
    ) -> None:
        self.sessions = sessions
        self.entry = entry
        self.doorman = doorman
        self.voice = voice
        self.records = records
        self.evaluations = evaluations
        self.sentences = sentences
        self.clock = clock
        self.version = version
        self.silence_s = heartbeat_s
        self.heartbeat_s = heartbeat_s / _LOOKS
        self.errors = 0
        """Messages and clients refused by this door."""
        self.refusals = Refusals(audit, clock)
        self._rubric = rubric
        self._connections: set[PanelConnection] = set()
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
        await self.refusals.stop()

    def visitors(self) -> Iterator[Visitor]:
        """Everybody who has come in and not left."""
        for connection in self._connections:
            yield Visitor(
                connection.session.session_id, connection.identity.user_id, connection.viewer.role, connection.opened_at
            )

    def notice(self, session_id: str | None, kind: str, message: str) -> int:
        """Give an administrator's message to everybody in a session, or to all; how many sockets got it."""
        told = [one for one in self._connections if session_id in (None, one.session.session_id)]
        for connection in told:
            connection.notice(kind, message)
        return len(told)

    # --- calls of the gateway -----------------------------------------------------------------------------------

    def opened(self, ws: WebSocket) -> None:
        ws.pause_reading()
        self.spawn(self._let_in(ws))

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        connection: PanelConnection | None = ws.state
        if connection is not None:
            connection.received(data)

    def drained(self, ws: WebSocket) -> None:
        if ws.state is not None:
            ws.state.drained()

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        connection: PanelConnection | None = ws.state
        if connection is not None:
            self._connections.discard(connection)
            connection.closed()

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        connection: PanelConnection | None = ws.state
        if connection is not None:
            connection.send_error(error)
        else:
            ws.send(self._first_error(ws.handshake, error))

    def heartbeat(self, ws: WebSocket) -> bool:
        """After the silence a `ping` of our own, and one of the protocol, whose pong keeps the connection alive."""
        connection: PanelConnection | None = ws.state
        if connection is None:
            return False
        if time.monotonic() - connection.heard_at < self.silence_s:
            return True
        connection.heard_at = time.monotonic()
        connection.send(m.Ping(timestamp=iso(self.clock.now_ms())))
        return False

    # --- coming in ----------------------------------------------------------------------------------------------

    async def _let_in(self, ws: WebSocket) -> None:
        handshake = ws.handshake
        match = _PATH.fullmatch(handshake.path)
        named = unquote(match.group(1)) if match is not None else ""
        user_id = ""
        try:
            identity = await self._identify(handshake)
            user_id = identity.user_id
            session, viewer = await self.entry.enter_or_name(identity, named)
            if not session.state.exists:
                viewer = await self._create(session, identity, viewer, handshake)
        except VivavoceError as error:
            self.refusals.note(user_id, "door_refused", f"session:{named[:128]}", error, door="panel")
            if not ws.closed:
                ws.send(self._first_error(handshake, error))
                ws.close(CLOSE_CODES.get(error.code, CLOSE_TRY_LATER), error.code)
            return
        if ws.closed:
            return
        features = frozenset(handshake.query.get("features", "").split(",")) & m.FEATURES
        connection = PanelConnection(self, ws, identity, session, viewer, _language(handshake), features)
        ws.state = connection
        ws.authenticated = True
        self._connections.add(connection)
        await connection.begin(
            _whole(handshake.query.get("last_seq")),
            handshake.query.get("epoch"),
            _whole(handshake.query.get("private_seq")),
        )
        ws.resume_reading()

    async def _create(
        self, session: RunningSession, identity: Identity, viewer: Viewer, handshake: Handshake
    ) -> Viewer:
        """The session that somebody who may create names first: document B's sessions begin when they are opened."""
        config = InterviewConfig(language=_language(handshake))
        try:
            await self.entry.create(session, identity, config, kind="panel", visibility="live", rubric=self._rubric())
            await session.submit(p.StartPanel(by=identity.user_id, role=viewer.role), identity.user_id)
        except VivavoceError as error:
            if error.reason != "session_exists":
                raise
            _, viewer = await self.entry.enter(identity, session.session_id)
        return viewer

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
        return encode(error_message(error, self.sentence(_language(handshake), error)))

    def sentence(self, language: str, error: VivavoceError) -> str:
        return self.sentences(language, f"errors.{error.reason}", **error.info)

    def spawn(self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None) -> asyncio.Task[None]:
        """Run something that waits; one task for what a connection does in order, never one for a plain message."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            if not done.cancelled() and done.exception() is not None:
                _LOG.error("a task of the panel door failed", exc_info=done.exception())
            if then is not None:
                then()

        task.add_done_callback(ended)
        return task

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


def _language(handshake: Handshake) -> Language:
    """What the client says in its query, else what its `Accept-Language` likes best among ours."""
    named = handshake.query.get("language")
    return next((one for one in LANGUAGES if one == named), None) or negotiate(handshake.headers.get("accept-language"))


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None

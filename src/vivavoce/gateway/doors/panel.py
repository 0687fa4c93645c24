"""The panel door (document B): `/api/v1/realtime-interview/ws/interview/{session_id}`."""

from __future__ import annotations

import re
import time
from typing import Final, Protocol
from urllib.parse import unquote

from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import LANGUAGES, InterviewConfig, Language
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session import panel as p
from vivavoce.evaluation.panel import PanelEvaluations
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.gateway.doors.panel_connection import PanelConnection
from vivavoce.gateway.doors.plain import Doorman, Sentences, SessionDoor, whole_number
from vivavoce.gateway.doors.refusals import Refusals
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

_PATH: Final = re.compile(r"/api/v1/realtime-interview/ws/interview/([^/]+)")
#: Silence is looked for this many times in the time after which it is told.
_LOOKS: Final = 6


class OpenPanel(Protocol):
    """The rubric that a panel made at the door is judged by."""

    def __call__(self) -> RubricVersion: ...


class PanelDoor(SessionDoor[PanelConnection]):
    """Everything the connections of this door share. `heartbeat_s` is the silence after which a `ping` is sent."""

    name = "panel"
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
        super().__init__(doorman, sentences, clock)
        self.sessions = sessions
        self.entry = entry
        self.voice = voice
        self.records = records
        self.evaluations = evaluations
        self.version = version
        self.silence_s = heartbeat_s
        self.heartbeat_s = heartbeat_s / _LOOKS
        self.refusals = Refusals(audit, clock)
        self._rubric = rubric

    @staticmethod
    def serves(handshake: Handshake) -> bool:
        return _PATH.fullmatch(handshake.path) is not None

    async def stop(self) -> None:
        await super().stop()
        await self.refusals.stop()

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

    async def let_in(self, ws: WebSocket) -> None:
        handshake = ws.handshake
        match = _PATH.fullmatch(handshake.path)
        named = unquote(match.group(1)) if match is not None else ""
        user_id = ""
        try:
            identity = await self.identify(handshake)
            user_id = identity.user_id
            session, viewer = await self.entry.enter_or_name(identity, named)
            if not session.state.exists:
                viewer = await self._create(session, identity, viewer, handshake)
        except VivavoceError as error:
            self.refusals.note(user_id, "door_refused", f"session:{named[:128]}", error, door="panel")
            self.turn_away(ws, error)
            return
        if ws.closed:
            return
        features = frozenset(handshake.query.get("features", "").split(",")) & m.FEATURES
        connection = PanelConnection(self, ws, identity, session, viewer, self.language_of(handshake), features)
        self.admit(ws, connection)
        await connection.begin(
            whole_number(handshake.query.get("last_seq")),
            handshake.query.get("epoch"),
            whole_number(handshake.query.get("private_seq")),
        )
        ws.resume_reading()

    async def _create(
        self, session: RunningSession, identity: Identity, viewer: Viewer, handshake: Handshake
    ) -> Viewer:
        """The session that somebody who may create names first: document B's sessions begin when they are opened."""
        config = InterviewConfig(language=self.language_of(handshake))
        try:
            await self.entry.create(session, identity, config, kind="panel", visibility="live", rubric=self._rubric())
            await session.submit(p.StartPanel(by=identity.user_id, role=viewer.role), identity.user_id)
        except VivavoceError as error:
            if error.reason != "session_exists":
                raise
            _, viewer = await self.entry.enter(identity, session.session_id)
        return viewer

    def language_of(self, handshake: Handshake) -> Language:
        """What the client says in its query, else what its `Accept-Language` likes best among ours."""
        return self.named_language(handshake) or super().language_of(handshake)

    @staticmethod
    def named_language(handshake: Handshake) -> Language | None:
        """`?language=`, where it is one of ours."""
        named = handshake.query.get("language")
        return next((one for one in LANGUAGES if one == named), None)

    def encode_error(self, error: VivavoceError, sentence: str) -> str:
        return encode(error_message(error, sentence))

"""The dialogue door (document C): `/api/v1/ws` and `/api/v1/ws/{session_id}`."""

from __future__ import annotations

import re
from typing import Final, Protocol

import uuid_utils

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError, forbidden
from vivavoce.domain.interview import InterviewConfig, InterviewPlan
from vivavoce.gateway.doors.dialogue_connection import DialogueConnection
from vivavoce.gateway.doors.plain import Doorman, Sentences, SessionDoor, whole_number
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.socket import WebSocket
from vivavoce.ports import Clock
from vivavoce.protocols.dialogue.codec import AUDIO_BYTES, encode, error_message
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.voice.voice import Voice

_PATH: Final = re.compile(r"/api/v1/ws(?:/([^/]+))?")


class Planning(Protocol):
    def __call__(self, config: InterviewConfig) -> InterviewPlan: ...


class DialogueDoor(SessionDoor[DialogueConnection]):
    """Everything the connections of this door share."""

    name = "dialogue"
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
        super().__init__(doorman, sentences, clock)
        self.sessions = sessions
        self.entry = entry
        self.plan = plan
        self.voice = voice
        self.version = version

    @staticmethod
    def serves(handshake: Handshake) -> bool:
        return _PATH.fullmatch(handshake.path) is not None

    async def let_in(self, ws: WebSocket) -> None:
        handshake = ws.handshake
        try:
            identity = await self.identify(handshake)
            match = _PATH.fullmatch(handshake.path)
            named = match.group(1) if match is not None else None
            session, viewer = await self.entry.enter_or_name(identity, named or _assigned(identity))
        except VivavoceError as error:
            self.turn_away(ws, error)
            return
        if ws.closed:
            return
        connection = DialogueConnection(self, ws, identity, session, viewer, self.language_of(handshake))
        self.admit(ws, connection)
        connection.greet(whole_number(handshake.query.get("last_seq")), handshake.query.get("epoch"))
        ws.resume_reading()

    def encode_error(self, error: VivavoceError, sentence: str) -> str:
        return encode(error_message(error, sentence), "", self.clock.now_ms())


def _assigned(identity: Identity) -> str:
    """The session of a client that names none: the one its token is for, otherwise a new one."""
    if identity.may_create:
        return str(uuid_utils.uuid7())
    if len(identity.sessions) == 1 and identity.sessions[0] != "*":
        return identity.sessions[0]
    raise forbidden("this token is not for exactly one session; name the session in the path")

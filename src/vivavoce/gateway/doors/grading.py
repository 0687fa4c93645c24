"""Document D's door: `/ws/progress/{batch_id}`, `/ws/quality/{exam_id}`, `/ws/grading/{exam_id}`, `/ws/system`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import uuid_utils

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError, forbidden, not_found
from vivavoce.gateway.doors.grading_connection import (
    GradingConnection,
    MarkingConnection,
    ProgressConnection,
    QualityConnection,
    SystemConnection,
)
from vivavoce.gateway.doors.live import Visitor
from vivavoce.gateway.doors.plain import Doorman, PlainDoor, Sentences, whole_number
from vivavoce.gateway.doors.refusals import Refusals
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.monitor import Monitor
from vivavoce.gateway.socket import WebSocket
from vivavoce.grading.exams import STAFF, RunningExam
from vivavoce.grading.parts import GradingParts
from vivavoce.grading.quality import Metrics
from vivavoce.ports import Audit, Clock
from vivavoce.protocols.grading.codec import TEXT_BYTES, encode, error_data, kind_of

_PATH: Final = re.compile(r"/ws/(?:(progress|quality|grading)/([^/]+)|(system))")
#: Figures that change all the time are told this often.
_TELL_EVERY_S: Final = 1.0
#: So many of those times make the time after which the machine's figures are told.
_SYSTEM_TURNS: Final = 5


class GradingDoor(PlainDoor[GradingConnection]):
    """Everything the connections of the four sockets share."""

    name = "grading"
    max_message = TEXT_BYTES * 2

    def __init__(
        self,
        grading: GradingParts,
        doorman: Doorman,
        sentences: Sentences,
        clock: Clock,
        audit: Audit,
        monitor: Monitor,
    ) -> None:
        super().__init__(doorman, sentences, clock)
        self.grading = grading
        self.monitor = monitor
        self._refusals = Refusals(audit, clock)
        self._teller: asyncio.Task[None] | None = None

    @staticmethod
    def serves(handshake: Handshake) -> bool:
        return _PATH.fullmatch(handshake.path) is not None

    def start(self) -> None:
        super().start()
        self.grading.quality.measured.append(self._measured)
        self._teller = asyncio.get_running_loop().create_task(self._tell())

    async def stop(self) -> None:
        if self._teller is not None:
            self._teller.cancel()
        await super().stop()
        await self._refusals.stop()

    def heartbeat(self, ws: WebSocket) -> bool:
        """A `HEARTBEAT`, and a ping of the protocol, whose pong keeps the connection alive."""
        connection: GradingConnection | None = ws.state
        if connection is not None:
            connection.beat()
        return False

    async def let_in(self, ws: WebSocket) -> None:
        handshake = ws.handshake
        user_id = ""
        try:
            identity = await self.identify(handshake)
            user_id = identity.user_id
            connection = await self._connection(ws, identity)
        except VivavoceError as error:
            self._refusals.note(user_id, "door_refused", f"path:{handshake.path[:128]}", error, door=self.name)
            self.turn_away(ws, error)
            return
        if ws.closed:
            return
        self.admit(ws, connection)
        connection.begin(whole_number(handshake.query.get("last_seq")), handshake.query.get("epoch"))
        ws.resume_reading()

    async def _connection(self, ws: WebSocket, identity: Identity) -> GradingConnection:
        """Raises not_found, forbidden."""
        match = _PATH.fullmatch(ws.handshake.path)
        assert match is not None
        language = self.language_of(ws.handshake)
        kind, named = match.group(1), unquote(match.group(2) or "")
        if kind is None:
            if not identity.is_admin:
                raise forbidden("only administrators may do this", reason="admin_only")
            return SystemConnection(self, ws, identity, language)
        exams = self.grading.exams
        if kind == "progress":
            batch = await self.grading.batches.existing(named)
            try:
                exam, _ = await exams.entered(identity, batch.state.exam_id, *STAFF)
            except VivavoceError as error:
                if error.code == "not_found":
                    raise not_found("there is no such batch", reason="batch_not_found") from None
                raise
            return ProgressConnection(self, ws, identity, language, exam, batch)
        if kind == "quality":
            exam, _ = await exams.entered(identity, named, "teacher", "reviewer")
            return QualityConnection(self, ws, identity, language, exam)
        exam, _ = await exams.entered(identity, named, *STAFF)
        return MarkingConnection(self, ws, identity, language, exam)

    def encode_error(self, error: VivavoceError, sentence: str) -> str:
        data = error_data(error, sentence)
        return encode(
            kind_of(data),
            data,
            connection_id="",
            message_id=str(uuid_utils.uuid7()),
            now_ms=self.clock.now_ms(),
        )

    def visitors(self) -> Iterator[Visitor]:
        """Nobody is in an interview here."""
        return iter(())

    def notice(self, session_id: str | None, kind: str, message: str) -> int:
        """Give an administrator's message to all; how many sockets got it."""
        if session_id is not None:
            return 0
        told = tuple(self._connections)
        for connection in told:
            connection.notify(kind, "info", message)
        return len(told)

    def of_exam(self, exam: RunningExam) -> Iterator[GradingConnection]:
        """Who watches this exam."""
        return (one for one in tuple(self._connections) if one.exam is exam)

    def _measured(self, exam: RunningExam, metrics: Metrics) -> None:
        for connection in self.of_exam(exam):
            if isinstance(connection, QualityConnection):
                connection.measured(metrics)

    async def _tell(self) -> None:
        """What changes all the time is told once a second at most, to those whose figures changed."""
        turn = 0
        while True:
            await asyncio.sleep(_TELL_EVERY_S)
            turn += 1
            for connection in tuple(self._connections):
                if isinstance(connection, MarkingConnection):
                    connection.tell_status()
                elif isinstance(connection, SystemConnection) and turn % _SYSTEM_TURNS == 0:
                    connection.tell()

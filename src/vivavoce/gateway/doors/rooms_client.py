"""One client of the rooms door: its events turned into commands, and what became of them told to it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError, conflict, forbidden, invalid
from vivavoce.domain.ids import check_client_id, check_session_id
from vivavoce.domain.interview import InterviewConfig, Language
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r
from vivavoce.domain.session import room_rules
from vivavoce.gateway.doors import rooms_voice
from vivavoce.gateway.doors.rooms_channel import Place
from vivavoce.gateway.doors.rooms_voice import RoomsVoice
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket
from vivavoce.identity.doorman import as_named
from vivavoce.protocols.rooms import messages as m
from vivavoce.protocols.rooms.codec import command, decode, error_of
from vivavoce.protocols.rooms.projector import snapshot, status
from vivavoce.rooms.plugins import checked_name
from vivavoce.session.running import Receipt, RunningSession

if TYPE_CHECKING:
    from vivavoce.gateway.doors.rooms import RoomsDoor

#: Events of one client that may wait for one before them (joining).
_WAITING: Final = 64
#: Rooms that one client may be in.
_PLACES: Final = 64
#: How long an end waits for what was said before it.
_LAST_WORDS_S: Final = 10.0

Waiting = tuple[str, list[Any], Acknowledge | None]


class RoomsClient:
    """The state of one socket. Its events are taken in their order: what comes while one has to wait, waits behind."""

    __slots__ = (
        "_busy",
        "_places",
        "_voice",
        "_waiting",
        "_warned",
        "door",
        "features",
        "identity",
        "language",
        "named_as",
        "opened_at",
        "socket",
    )

    def __init__(
        self, door: RoomsDoor, socket: SioSocket, identity: Identity, features: frozenset[str], language: Language
    ) -> None:
        self.door = door
        self.socket = socket
        self.identity = identity
        self.features = features
        self.language: Language = language
        self.named_as: r.Id | None = None
        """The client's id as it writes it itself, where that is not the identity's."""
        self.opened_at = door.clock.now_ms()
        self._places: dict[str, Place] = {}
        self._waiting: deque[Waiting] | None = None
        self._busy = False
        self._warned = False
        self._voice: RoomsVoice | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._places.values())

    # --- events in ----------------------------------------------------------------------------------------------

    def received(self, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        if not self._busy:
            self._take(name, args, ack)
            return
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= _WAITING:
            raise VivavoceError("rate_limited", "too many events are waiting", reason="too_many_waiting")
        self._waiting.append((name, args, ack))

    def _take(self, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        payload = m.CLIENT_EVENTS.get(name)
        if payload is None:
            self._take_custom(name, args, ack)
            return
        message: Any = decode(name, args, payload)
        handler = _HANDLERS.get(name)
        if handler is not None:
            handler(self, message, ack)
            return
        self._name_self(message.user_id)
        place = self._place(name, message, ack)
        if place is not None:
            self._submit(name, message, place, ack)

    def _take_custom(self, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        """An event that a plug-in knows."""
        kind = self.door.plugins.get(name)
        if kind is None:
            raise invalid(f"there is no event {name[:64]!r}", reason="unknown_event")
        message = decode(name, args, m.RoomEvent)
        self._name_self(message.user_id)
        place = self._place(name, message, ack)
        if place is not None:
            payload = decode(name, args, kind.payload)
            emitted = kind.command(payload, place.session.state, place.viewer)
            checked_name(emitted.name, m.SERVER_EVENTS)
            self._hand_in(name, message, emitted, place, ack)

    def wait_for(self, work: Coroutine[Any, Any, None], ack: Acknowledge | None, place: Place | None = None) -> None:
        """Do something that waits; the events that follow are taken afterwards."""
        self._busy = True
        self.door.spawn(self._waited(work, ack, place))

    async def _waited(self, work: Coroutine[Any, Any, None], ack: Acknowledge | None, place: Place | None) -> None:
        try:
            await work
        except VivavoceError as error:
            self.refuse(error, ack, place=place)
        finally:
            self._go_on()

    def _go_on(self) -> None:
        self._busy = False
        while self._waiting and not self._busy:
            name, args, ack = self._waiting.popleft()
            try:
                self._take(name, args, ack)
            except VivavoceError as error:
                self.refuse(error, ack, name=name, args=args)

    # --- who and where ------------------------------------------------------------------------------------------

    def _name_self(self, user_id: r.Id | None) -> None:
        """Who one is comes from the token; a payload may repeat it, not contradict it (SPEC.md 0.5)."""
        if user_id is None or user_id == self.identity.user_id:
            return
        named = as_named(self.identity, user_id)
        if self.named_as is None and not self._places:
            self.named_as = user_id
        if named is not self.identity:
            if self._places:
                raise forbidden("this connection has joined without this name", reason="user_mismatch")
            self.door.renamed(self, named)
            self.identity = named

    def _place(self, name: str, message: Any, ack: Acknowledge | None) -> Place | None:
        """The room a message is about; None where this client is not in it: that is told when it is known why."""
        session_id = r.key_of(message.interview_id)
        place = self._places.get(session_id)
        if place is None:
            self.wait_for(self._refuse_outsider(name, session_id, message.client_id, ack), None)
        return place

    async def _refuse_outsider(
        self, name: str, session_id: str, client_id: str | None, ack: Acknowledge | None
    ) -> None:
        try:
            await self.door.entry.enter(self.identity, session_id)
            raise conflict("join the interview first", reason="not_joined")
        except VivavoceError as error:
            self.refuse(error, ack, name=name, session_id=session_id, client_id=client_id)

    # --- commands -----------------------------------------------------------------------------------------------

    def _submit(self, name: str, message: Any, place: Place, ack: Acknowledge | None) -> None:
        asked = command(name, message, self.identity.user_id, place.viewer.role)
        assert asked is not None
        if isinstance(asked, r.EndRoom) and self.door.voice.busy(place.session.session_id):
            self.wait_for(self._end_when_heard(name, message, asked, place, ack), ack, place)
            return
        self._hand_in(name, message, asked, place, ack)

    async def _end_when_heard(
        self, name: str, message: Any, asked: r.AnyRoomCommand, place: Place, ack: Acknowledge | None
    ) -> None:
        """The last words before the end count too."""
        room_rules.require(place.session.state, place.viewer.role, "lead")
        await self.door.voice.settle(place.session.session_id, _LAST_WORDS_S)
        self._hand_in(name, message, asked, place, ack)

    def _hand_in(self, name: str, message: Any, asked: r.AnyRoomCommand, place: Place, ack: Acknowledge | None) -> None:
        client_id = check_client_id(message.client_id)
        future = place.session.submit(asked, self.identity.user_id, client_id)
        future.add_done_callback(partial(self._settled, name, client_id, place, ack))

    def _settled(
        self,
        name: str,
        client_id: str | None,
        place: Place,
        ack: Acknowledge | None,
        future: asyncio.Future[Receipt],
    ) -> None:
        error = future.exception()
        if error is not None:
            failure = error if isinstance(error, VivavoceError) else error_of(error)  # type: ignore[arg-type]
            self.refuse(failure, ack, name=name, client_id=client_id, place=place)
            return
        receipt = future.result()
        confirm = _CONFIRM.get(name)
        if confirm is not None:
            event, confirmation = confirm(self, receipt, client_id, place)
            self.socket.emit(event, confirmation)
            if ack is not None:
                ack(confirmation)
        elif ack is not None:
            event_id = receipt.events[-1].event_id if receipt.events else None
            ack(m.Acknowledged(seq=receipt.last_seq, event_id=event_id, client_id=client_id))

    def _confirm_answer(self, receipt: Receipt, client_id: str | None, place: Place) -> tuple[str, msgspec.Struct]:
        last = receipt.events[-1]
        data = last.data
        assert isinstance(data, r.AnswerSubmitted)
        return "answer_confirmed", m.AnswerConfirmed(
            question_id=data.question_id,
            response_time=data.response_time_s,
            message=self.door.say(place.session.state.config.language, "rooms.answer_confirmed"),
            version=data.version,
            seq=last.seq,
            event_id=last.event_id,
            client_id=client_id,
        )

    def _confirm_help(self, receipt: Receipt, client_id: str | None, place: Place) -> tuple[str, msgspec.Struct]:
        last = receipt.events[-1]
        data = last.data
        assert isinstance(data, r.HelpRequested)
        return "help_request_sent", m.HelpRequestSent(
            help_type=data.help_type,
            message=self.door.say(place.session.state.config.language, "rooms.help_sent"),
            help_id=last.event_id,
            seq=last.seq,
            event_id=last.event_id,
            client_id=client_id,
        )

    # --- joining and leaving ------------------------------------------------------------------------------------

    def _join(self, message: m.JoinInterview, ack: Acknowledge | None) -> None:
        self._name_self(message.user_id)
        session_id = check_session_id(r.key_of(message.interview_id))
        if session_id not in self._places and len(self._places) >= _PLACES:
            raise conflict(f"one connection is in at most {_PLACES} rooms", reason="too_many_rooms", limit=_PLACES)
        self.wait_for(self._join_in(message, session_id, ack), None)

    async def _join_in(self, message: m.JoinInterview, session_id: str, ack: Acknowledge | None) -> None:
        try:
            await self._enter(message, session_id, ack)
        except VivavoceError as error:
            client_id = message.client_id
            self.refuse(error, ack, name="join_interview", session_id=session_id, client_id=client_id)

    async def _enter(self, message: m.JoinInterview, session_id: str, ack: Acknowledge | None) -> None:
        door = self.door
        known = self._places.get(session_id)
        if known is None:
            session, viewer = await door.entry.enter_or_name(self.identity, session_id)
            if not session.state.exists:
                numbered = isinstance(message.interview_id, int)
                await door.entry.create(session, self.identity, InterviewConfig(), kind="room", numbered=numbered)
                session, viewer = await door.entry.enter(self.identity, session_id)
            if not self.socket.connected:
                return
            place = door.channel(session).enter(self, viewer)
            after = session.published
            self._places[session_id] = place
            await self._arrive(place)
        else:
            place, session, after = known, known.session, known.cursor
        resumable = _resumable(message, session)
        joined = m.JoinedInterview(
            interview_id=message.interview_id,
            participants_count=len(session.state.present),
            recovered=resumable,
            last_seq=session.published if message.last_seq is not None or known is not None else after,
            epoch=session.epoch,
        )
        if place.closed:
            return
        self.socket.emit("joined_interview", joined)
        if ack is not None:
            ack(joined)
        if known is not None:
            return
        if resumable and message.last_seq is not None:
            after = message.last_seq
        elif message.last_seq is not None or "snapshot" in self.features:
            after = session.published
            self._send_snapshot(place)
        place.follow(after)
        place.channel.present(place)

    async def _arrive(self, place: Place) -> None:
        presence, user_id = self.door.sessions.presence, self.identity.user_id
        shown_as = self.named_as if self.named_as != user_id else None
        noted = presence.arrived(place.session, user_id, place.viewer.role, shown_as)
        if noted is None:
            place.channel.presence_changed()
            return
        try:
            await asyncio.shield(noted)
        except VivavoceError:
            if self._places.pop(place.session.session_id, None) is not None:
                presence.left(place.session, user_id, for_good=True)
                place.close()
            raise

    def _send_snapshot(self, place: Place) -> None:
        session, presence = place.session, self.door.sessions.presence
        state = snapshot(
            session.state,
            place.viewer.user_id,
            place.audience,
            lambda user_id: presence.connected(session.session_id, user_id),
            self.door.clock.now_ms(),
        )
        self.socket.emit("snapshot", m.Snapshot(state=state, last_seq=session.published, epoch=session.epoch))

    def _leave_room(self, message: m.LeaveInterview, ack: Acknowledge | None) -> None:
        self._name_self(message.user_id)
        place = self._place("leave_interview", message, ack)
        if place is None:
            return
        noted = self.leave(place)
        left = m.LeftInterview(interview_id=message.interview_id)

        def said(_: asyncio.Future[Receipt] | None = None) -> None:
            self.socket.emit("left_interview", left)
            if ack is not None:
                ack(left)

        if noted is None:
            said()
        else:
            noted.add_done_callback(said)

    def leave(self, place: Place, *, for_good: bool = True) -> asyncio.Future[Receipt] | None:
        """Out of one room: at once, or, where the connection was lost, after the grace."""
        self._places.pop(place.session.session_id, None)
        if self._voice is not None:
            self._voice.left(place)
        place.close()
        noted = self.door.sessions.presence.left(place.session, place.viewer.user_id, for_good=for_good)
        place.channel.presence_changed()
        return noted

    def voice_heard(self, place: Place, recorded: e.Recorded, data: e.RecordingHeard) -> None:
        rooms_voice.heard(place, recorded, data)

    def voice_missed(self, place: Place, recorded: e.Recorded, data: e.SpeechMissed) -> None:
        rooms_voice.missed(place, recorded, data)

    def disconnected(self) -> None:
        self._waiting = None
        for place in self.places:
            self.leave(place, for_good=False)

    # --- the other events ---------------------------------------------------------------------------------------

    def _ping(self, message: m.Ping, ack: Acknowledge | None) -> None:
        pong = m.Pong(timestamp=message.timestamp, server_time=self.door.clock.now_ms() / 1000)
        self.socket.emit("pong", pong)
        if ack is not None:
            ack(pong)

    def _typing(self, message: m.TypingIndicator, ack: Acknowledge | None) -> None:
        self._name_self(message.user_id)
        place = self._place("typing_indicator", message, ack)
        if place is None:
            return
        state = place.session.state
        room_rules.require(state, place.viewer.role, "chat")
        if state.over:
            raise conflict("the interview is over", reason="session_over")
        user_id = place.viewer.user_id
        typing = m.UserTyping(
            user_id=state.room.shown(user_id), is_typing=message.is_typing, interview_id=state.shown_id
        )
        place.channel.send("user_typing", typing, but=user_id)
        if ack is not None:
            ack(m.Acknowledged(client_id=message.client_id))

    def _status(self, message: m.InterviewStatus, ack: Acknowledge | None) -> None:
        self._name_self(message.user_id)
        place = self._places.get(r.key_of(message.interview_id))
        if place is not None:
            self._tell_status(place.session, message, ack)
        else:
            self.wait_for(self._look_at(message, ack), None)

    async def _look_at(self, message: m.InterviewStatus, ack: Acknowledge | None) -> None:
        session_id = r.key_of(message.interview_id)
        try:
            session, _ = await self.door.entry.enter(self.identity, session_id)
        except VivavoceError as error:
            self.refuse(error, ack, name="interview_status", session_id=session_id, client_id=message.client_id)
            return
        self._tell_status(session, message, ack)

    def _tell_status(self, session: RunningSession, message: m.InterviewStatus, ack: Acknowledge | None) -> None:
        answer = status(session.state, message.interview_id, self.door.clock.now_ms())
        self.socket.emit("interview_status_response", answer)
        if ack is not None:
            ack(answer)

    def _analyze(self, message: m.AnalyzeAnswer, ack: Acknowledge | None) -> None:
        place = self._place("analyze_answer", message, ack)
        if place is not None:
            room_rules.require(place.session.state, place.viewer.role, "lead")
            self.wait_for(self._analyze_it(message, place, ack), ack, place)

    async def _analyze_it(self, message: m.AnalyzeAnswer, place: Place, ack: Acknowledge | None) -> None:
        analysis = await self.door.analyse(
            place.session.state, message.answer_text, message.question_id, message.user_id
        )
        self.socket.emit("answer_analysis", analysis)
        if ack is not None:
            ack(analysis)

    def _voice_data(self, message: m.VoiceData, ack: Acknowledge | None) -> None:
        self._name_self(message.user_id)
        place = self._place("voice_data", message, ack)
        if place is None:
            return
        if self._voice is None:
            self._voice = RoomsVoice(self)
        self._voice.take(message, place, ack)

    def _system_message(self, message: m.SystemMessage, ack: Acknowledge | None) -> None:
        if not self.identity.is_admin:
            raise forbidden("only administrators send system messages", reason="role_forbids")
        self._name_self(message.user_id)
        if message.interview_id is None:
            self.door.announce(message.message, message.level)
            if ack is not None:
                ack(m.Acknowledged(client_id=message.client_id))
        else:
            self.wait_for(self._announce(message, r.key_of(message.interview_id), ack), ack)

    async def _announce(self, message: m.SystemMessage, session_id: str, ack: Acknowledge | None) -> None:
        session, viewer = await self.door.entry.enter(self.identity, session_id)
        said = r.Announce(by=self.identity.user_id, role=viewer.role, message=message.message, level=message.level)
        receipt = await session.submit(said, self.identity.user_id, check_client_id(message.client_id))
        if ack is not None:
            event_id = receipt.events[-1].event_id if receipt.events else None
            ack(m.Acknowledged(seq=receipt.last_seq, event_id=event_id, client_id=message.client_id))

    def _token_refresh(self, message: m.TokenRefresh, ack: Acknowledge | None) -> None:
        self.wait_for(self._take_token(message.token, ack), ack)

    async def _take_token(self, token: str, ack: Acknowledge | None) -> None:
        identity = await self.door.identify_again(token)
        if identity.user_id != self.identity.user_id:
            raise forbidden("the new token is somebody else's", reason="user_mismatch")
        self.identity = identity
        self._warned = False
        left_s = self.token_left_s()
        refreshed = m.TokenRefreshed(expires_in=None if left_s is None else round(left_s, 1))
        self.socket.emit("token_refreshed", refreshed)
        if ack is not None:
            ack(refreshed)

    # --- refusals -----------------------------------------------------------------------------------------------

    def refuse(
        self,
        error: VivavoceError,
        ack: Acknowledge | None,
        *,
        name: str = "",
        args: list[Any] | None = None,
        session_id: str = "",
        client_id: str | None = None,
        place: Place | None = None,
    ) -> None:
        """Tell the sender by the event `error` and by the acknowledgement, in the language of the interview; `info`
        has the `client_id` of what was refused."""
        if args and isinstance(args[0], dict):
            client_id = client_id or _text(args[0].get("client_id"))
            session_id = session_id or _text(args[0].get("interview_id")) or ""
        if place is None:
            place = self._places.get(session_id)
        self.door.note_refusal(self, error, name, place.session.session_id if place is not None else session_id)
        shape = self._shape(error, client_id, place)
        self.socket.emit("error", shape)
        if ack is not None:
            ack(shape)

    def tell_error(self, error: VivavoceError, place: Place | None = None) -> None:
        """Something that nobody asked for just now."""
        self.socket.emit("error", self._shape(error, None, place))

    def _shape(self, error: VivavoceError, client_id: str | None, place: Place | None) -> m.Error:
        language = place.session.state.config.language if place is not None else self.language
        shape = error.shape(self.door.sentence(language, error))
        if client_id is not None:
            shape["info"]["client_id"] = client_id
        return m.Error(**shape)

    # --- the connection's time ----------------------------------------------------------------------------------

    def drained(self) -> None:
        for place in self._places.values():
            place.wake()

    def cut(self, code: int, reason: str) -> None:
        """End the connection with a code that says what to do."""
        self.socket.connection.close(reason, code)

    def token_left_s(self) -> float | None:
        expires_at = self.identity.expires_at
        return None if expires_at is None else expires_at - time.time()

    def warn_of_expiry(self, left_s: float) -> None:
        if not self._warned:
            self._warned = True
            self.socket.emit("token_expiring", m.TokenExpiring(expires_in=round(left_s, 1)))


def _resumable(message: m.JoinInterview, session: RunningSession) -> bool:
    last_seq = message.last_seq
    return last_seq is not None and 0 <= last_seq <= session.published and message.epoch in (None, "", session.epoch)


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


_HANDLERS: Final[dict[str, Callable[[RoomsClient, Any, Acknowledge | None], None]]] = {
    "ping": RoomsClient._ping,
    "join_interview": RoomsClient._join,
    "leave_interview": RoomsClient._leave_room,
    "analyze_answer": RoomsClient._analyze,
    "typing_indicator": RoomsClient._typing,
    "voice_data": RoomsClient._voice_data,
    "interview_status": RoomsClient._status,
    "system_message": RoomsClient._system_message,
    "token_refresh": RoomsClient._token_refresh,
}
_CONFIRM: Final[dict[str, Callable[[RoomsClient, Receipt, str | None, Place], tuple[str, msgspec.Struct]]]] = {
    "submit_answer": RoomsClient._confirm_answer,
    "request_help": RoomsClient._confirm_help,
}

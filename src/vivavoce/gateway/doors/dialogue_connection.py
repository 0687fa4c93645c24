"""One client of the dialogue door: what it sent turned into commands, what happened turned into messages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vivavoce.dialogue.responder import ReplyDelta, ReplyInterrupted, ReplyStarted
from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import VivavoceError, forbidden, invalid
from vivavoce.domain.ids import check_client_id
from vivavoce.domain.interview import InterviewConfig, checked_config
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.gateway.doors.dialogue_voice import DialogueVoice, ephemeral_of
from vivavoce.gateway.json import decode_json
from vivavoce.gateway.socket import WebSocket
from vivavoce.identity.doorman import as_named
from vivavoce.protocols.dialogue import messages as m
from vivavoce.protocols.dialogue.codec import decode, encode, encode_notice, error_message
from vivavoce.protocols.dialogue.projector import (
    changes_progress,
    messages,
    progress,
    project,
    report_url,
    session_view,
)
from vivavoce.protocols.dialogue.unheard import error_of
from vivavoce.protocols.times import iso
from vivavoce.session.running import Receipt, RunningSession
from vivavoce.session.subscription import Subscription

if TYPE_CHECKING:
    from vivavoce.gateway.doors.dialogue import DialogueDoor

_LOG: Final = logging.getLogger(__name__)
#: A replay goes on while less than this waits in the socket.
_REPLAY_BYTES: Final = 128 * 1024
_CLOSE_RESUME: Final = 4008
_CLOSE_FORBIDDEN: Final = 4403
_CLOSE_NORMAL: Final = 1000
#: How long an end waits for what was said before it.
_LAST_WORDS_S: Final = 10.0
_GUEST_FIELDS: Final = ("role", "job_description", "resume", "duration_minutes")


class DialogueConnection:
    """The state of one socket. Reads nothing but what it was given; all waiting is done by futures' callbacks."""

    __slots__ = (
        "_asked_to_end",
        "_language",
        "_present",
        "_subscription",
        "_voice",
        "_warned",
        "door",
        "features",
        "greeted",
        "identity",
        "opened_at",
        "session",
        "viewer",
        "ws",
    )

    def __init__(
        self,
        door: DialogueDoor,
        ws: WebSocket,
        identity: Identity,
        session: RunningSession,
        viewer: Viewer,
        language: str,
    ) -> None:
        self.door = door
        self.ws = ws
        self.identity = identity
        self.session = session
        self.viewer = viewer
        self._language = language
        self.features: frozenset[str] = frozenset()
        self.greeted = False
        self._present = False
        self._asked_to_end = False
        self._warned = False
        self._subscription: Subscription | None = None
        self._voice: DialogueVoice | None = None
        self.opened_at = door.clock.now_ms()

    # --- messages in --------------------------------------------------------------------------------------------

    def received(self, data: str | bytes) -> None:
        try:
            if isinstance(data, bytes):
                self._audio.frame(data)
                return
            message = decode(decode_json(data), len(data))
            self._check_user(message)
            if message.type != "connect":
                self._check_session(message)
                self._follow_from_now()
            _HANDLERS[message.type](self, message.data, message)
        except VivavoceError as error:
            self.send_error(error)

    def _check_user(self, message: m.ClientMessage) -> None:
        """Who one is comes from the token; a payload may repeat it, not contradict it (SPEC.md 0.5)."""
        named = as_named(self.identity, getattr(message.data, "user_id", None))
        if named is not self.identity:
            self.identity = named
            self.viewer = msgspec.structs.replace(self.viewer, user_id=named.user_id)

    def _check_session(self, message: m.ClientMessage) -> None:
        if message.session_id is not None and message.session_id != self.session.session_id:
            raise invalid("session_id is not the one of this connection; send connect to move", field="session_id")

    def _connect(self, data: m.ConnectData, message: m.ClientMessage) -> None:
        self.ws.pause_reading()
        self.door.spawn(self._connect_to(data, message.session_id), then=self.ws.resume_reading)

    async def _connect_to(self, data: m.ConnectData, session_id: str | None) -> None:
        try:
            if session_id is not None and session_id != self.session.session_id:
                session, viewer = await self.door.entry.enter_or_name(self.identity, session_id)
                self._leave()
                self.session, self.viewer = session, viewer
            self.features = frozenset(data.features) & m.FEATURES
            self.greeted = True
            self._configure(data)
            await self.session.settled()
            if not self.ws.closed:
                self.greet(data.last_seq, data.epoch)
                self._follow_from_now()
                self._open_interview()
        except VivavoceError as error:
            self.send_error(error)

    def _configure(self, data: m.ConnectData) -> None:
        """A `connect` may describe the interview it is about to begin: only for those who may create it."""
        config = _completed(self.session.state.config, data)
        if not self.session.state.exists:
            if config != InterviewConfig():
                self._hand_in(self.door.entry.create(self.session, self.identity, config))
        elif self.session.state.status == "scheduled" and self.viewer.is_staff:
            self._hand_in(self.session.submit(c.ConfigureSession(config=config), self.identity.user_id))

    def _text_input(self, data: m.TextInputData, _: m.ClientMessage) -> None:
        client_id = check_client_id(data.client_id)
        if data.language is not None and self.session.state.status == "scheduled":
            self._configure(m.ConnectData(language=data.language))  # the first words say in what language it will be
        state = self.session.state
        command = c.SubmitInput(
            user_id=self.identity.user_id,
            text=data.text,
            plan=state.plan or self.door.plan(state.config),
            context=_as_text(data.context),
            interrupts="deltas" in self.features,
        )
        self.ensure_created()
        future = self.session.submit(command, self.identity.user_id, client_id)
        future.add_done_callback(lambda done: self._input_settled(done, client_id))

    def _input_settled(self, future: asyncio.Future[Receipt], client_id: str | None) -> None:
        receipt = self._outcome(future, client_id)
        if receipt is None:
            return
        if self.greeted:
            self.send(self.status("processing", client_id=client_id, seq=receipt.last_seq))
        if receipt.duplicate:
            self._answer_again(receipt.last_seq)

    def _answer_again(self, input_seq: int) -> None:
        """The same input a second time gets the same answer (SPEC.md 0.3)."""
        entry = next((i for i in reversed(self.session.state.inputs) if i.seq == input_seq), None)
        if entry is not None and entry.answered_by:
            self.door.spawn(self.show_again(entry.answered_by))

    async def show_again(self, seq: int) -> None:
        for recorded in await self.door.sessions.history(self.session.session_id, seq - 1, 1):
            message = project(recorded, self.session.state)
            if message is not None:
                self.send(message)

    @property
    def _audio(self) -> DialogueVoice:
        if self._voice is None:
            self._voice = DialogueVoice(self)
        return self._voice

    def _audio_input(self, data: m.AudioInputData, _: m.ClientMessage) -> None:
        self._audio.audio_input(data)

    def _audio_start(self, data: m.AudioStartData, _: m.ClientMessage) -> None:
        self._audio.audio_start(data)

    def _audio_end(self, *_: Any) -> None:
        self._audio.audio_end()

    def _ping(self, *_: Any) -> None:
        self.send(m.Pong(timestamp=iso(self.door.clock.now_ms())))

    def _disconnect(self, *_: Any) -> None:
        self.ws.close(_CLOSE_NORMAL, "disconnect")

    def _think_time(self, data: m.ThinkTimeData, _: m.ClientMessage) -> None:
        client_id = check_client_id(data.client_id)
        command = c.RequestPatience(user_id=self.identity.user_id, seconds=data.seconds)
        self.ensure_created()
        future = self.session.submit(command, self.identity.user_id, client_id)

        def settled(done: asyncio.Future[Receipt]) -> None:
            receipt = self._outcome(done, client_id)
            if receipt is not None:
                self.door.voice.give_time(self.session.session_id, self.identity.user_id, data.seconds)
                self.send(self.status("waiting", client_id=client_id, seq=receipt.last_seq))

        future.add_done_callback(settled)

    def _end_session(self, data: m.EndSessionData, _: m.ClientMessage) -> None:
        self._asked_to_end = True
        if self.door.voice.busy(self.session.session_id):
            self.ws.pause_reading()
            self.door.spawn(self._end_when_heard(data), then=self.ws.resume_reading)
        else:
            self._end(data)

    async def _end_when_heard(self, data: m.EndSessionData) -> None:
        """The last words before the end count too."""
        await self.door.voice.settle(self.session.session_id, _LAST_WORDS_S)
        try:
            self._end(data)
        except VivavoceError as error:
            self.send_error(error)

    def _end(self, data: m.EndSessionData) -> None:
        command = c.EndSession(by=self.identity.user_id, role=self.viewer.role)
        over_already = self.session.state.over
        future = self.session.submit(command, self.identity.user_id, check_client_id(data.client_id))

        def settled(done: asyncio.Future[Receipt]) -> None:
            if self._outcome(done) is not None and over_already:
                self.door.spawn(self._say_ended())

        future.add_done_callback(settled)

    async def _say_ended(self) -> None:
        state = await self.session.settled()
        self.send(
            m.SessionEndedMessage(
                report_url=report_url(state.session_id), reason=state.end_reason or "", seq=state.head, event_id=""
            )
        )

    def _token_refresh(self, data: m.TokenRefreshData, _: m.ClientMessage) -> None:
        self.door.spawn(self._take_token(data.token))

    async def _take_token(self, token: str) -> None:
        try:
            identity = await self.door.identify_again(token)
            if identity.user_id != self.identity.user_id:
                raise forbidden("the new token is somebody else's", reason="user_mismatch")
        except VivavoceError as error:
            self.send_error(error)
            return
        self.identity = identity
        self._warned = False
        self.send(self.status("token_refreshed"))

    # --- following the session ----------------------------------------------------------------------------------

    def greet(self, last_seq: int | None, epoch: str | None) -> None:
        """Say `connected`; with `last_seq`, go on from there, or give a snapshot where that cannot be (SPEC.md 0.2)."""
        session = self.session
        resumable = last_seq is not None and last_seq <= session.published and epoch in (None, "", session.epoch)
        already = self._subscription is not None
        self.send(
            m.Connected(
                server_info=m.ServerInfo(self.door.version),
                recovered=resumable,
                last_seq=session.published,
                epoch=session.epoch,
            )
        )
        if last_seq is None or already:
            return
        if resumable:
            self._follow(last_seq)
            return
        state = session.state
        now = self.door.clock.now_ms()
        self.send(
            m.Snapshot(
                state={
                    "session": session_view(state, self.viewer, session.epoch, now) if state.exists else None,
                    "messages": messages(state, self.viewer),
                    "progress": msgspec.to_builtins(progress(state, now)),
                },
                last_seq=session.published,
                epoch=session.epoch,
            )
        )
        self._follow(session.published)

    def _follow_from_now(self) -> None:
        if self._subscription is None:
            self._follow(self.session.published)

    def _follow(self, after: int) -> None:
        self._subscription = Subscription(self.session, self.door.sessions, self, after)
        self.arrive()
        if "progress" in self.features and self.session.state.exists:
            self.send(progress(self.session.state, self.door.clock.now_ms()))

    def arrive(self) -> None:
        """Be counted as present, once the session exists."""
        if not self._present and self.session.state.exists:
            self._present = True
            self.door.sessions.presence.arrived(self.session, self.identity.user_id, self.viewer.role)

    def _leave(self) -> None:
        if self._voice is not None:
            self._voice.closed()
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        if self._present:
            self._present = False
            self.door.sessions.presence.left(self.session, self.identity.user_id)

    def ensure_created(self) -> None:
        if not self.session.state.exists:
            self._hand_in(self.door.entry.create(self.session, self.identity, self.session.state.config))
        self.arrive()

    def _open_interview(self) -> None:
        """The interviewer speaks first, for clients that asked for it, once the candidate is here and has agreed."""
        state = self.session.state
        if "opening" not in self.features or state.status != "scheduled":
            return
        if not state.exists:
            self.ensure_created()
        user_id, role = self.identity.user_id, self.viewer.role
        if not state.speaks(user_id, role):
            return
        if role == "candidate" and "interview" not in state.consents.get(user_id, ()):
            return
        self._hand_in(self.session.submit(c.BeginInterview(plan=self.door.plan(state.config)), user_id))

    def show(self, events: Sequence[e.Recorded]) -> None:
        state = self.session.state
        for recorded in events:
            data = recorded.data
            message = project(recorded, state)
            if message is not None and self._wants(message):
                self.send(message)
            if isinstance(data, e.MemberRemoved) and data.user_id == self.identity.user_id:
                self.send_error(forbidden("the membership was taken away", reason="membership_removed"))
                self.ws.close(_CLOSE_FORBIDDEN, "forbidden")
                return
            if isinstance(data, e.SpeechMissed) and data.user_id == self.identity.user_id:
                self.send_error(error_of(recorded, data, state))
            if isinstance(data, e.ConsentRecorded) and data.agreed:
                self._open_interview()
        if "progress" in self.features and any(changes_progress(recorded) for recorded in events):
            self.send(progress(state, self.door.clock.now_ms()))

    def _wants(self, message: m.ServerMessage) -> bool:
        """A bare client gets what the document shows: no end it did not ask for, and no transcription."""
        if isinstance(message, m.Transcription):
            return self.greeted
        return not isinstance(message, m.SessionEndedMessage) or self._asked_to_end or self.greeted

    def ephemeral(self, message: object) -> None:
        if isinstance(message, ReplyDelta):
            if "deltas" in self.features:
                delta = m.AiResponseDelta(text=message.text, turn_id=message.turn_id, restart=message.restart)
                self.send(delta, ephemeral=True)
        elif isinstance(message, ReplyStarted):
            if self.greeted:
                self.send(self.status("thinking", turn_id=message.turn_id), ephemeral=True)
        elif isinstance(message, ReplyInterrupted) and "deltas" in self.features:
            self.send(self.status("interrupted", turn_id=message.turn_id), ephemeral=True)
        else:
            told = ephemeral_of(message, self)
            if told is not None:
                self.send(told, ephemeral=True)

    def notice(self, kind: str, message: str) -> None:
        """A word from an administrator."""
        self.ws.send(encode_notice(kind, message, self.session.session_id, self.door.clock.now_ms()))

    def ready(self) -> bool:
        return self.ws.writable and self.ws.buffered < _REPLAY_BYTES

    def lost(self) -> None:
        self.ws.close(_CLOSE_RESUME, "resume")

    def drained(self) -> None:
        if self._subscription is not None:
            self._subscription.wake()

    def closed(self) -> None:
        self._leave()

    # --- messages out -------------------------------------------------------------------------------------------

    def send_error(self, error: VivavoceError) -> None:
        self.door.errors += 1
        language = self.session.state.config.language if self.session.state.exists else self._language
        self.send(error_message(error, self.door.sentence(language, error)))

    def status(
        self, stage: str, *, client_id: str | None = None, seq: int = 0, turn_id: str = "", recording_id: str = ""
    ) -> m.Status:
        language = self.session.state.config.language if self.session.state.exists else self._language
        sentence = self.door.sentences(language, f"dialogue.status_{stage}")
        return m.Status(
            status=stage, message=sentence, client_id=client_id, seq=seq, turn_id=turn_id, recording_id=recording_id
        )

    def send(self, message: m.ServerMessage, *, ephemeral: bool = False) -> None:
        text = encode(message, self.session.session_id, self.door.clock.now_ms())
        self.ws.send(text, ephemeral=ephemeral)

    def _hand_in(self, future: asyncio.Future[Receipt]) -> None:
        future.add_done_callback(self._outcome)

    def _outcome(self, future: asyncio.Future[Receipt], client_id: str | None = None) -> Receipt | None:
        """The receipt, or the error told to the client, who finds the `client_id` of what was refused in its `info`."""
        error = future.exception()
        if error is None:
            self.arrive()
            return future.result()
        if not isinstance(error, VivavoceError):
            _LOG.error("a command failed", exc_info=error)
            error = VivavoceError("internal", type(error).__name__)
        self.refuse(error, client_id)
        return None

    def refuse(self, error: VivavoceError, client_id: str | None) -> None:
        """Tell the client what was refused."""
        if not self.ws.closed:
            named = {} if client_id is None else {"client_id": client_id}
            self.send_error(VivavoceError(error.code, error.details, reason=error.reason, info={**error.info, **named}))

    # --- the token's time ---------------------------------------------------------------------------------------

    def token_left_s(self) -> float | None:
        expires_at = self.identity.expires_at
        return None if expires_at is None else expires_at - time.time()

    def warn_of_expiry(self, left_s: float) -> None:
        if self.greeted and not self._warned:
            self._warned = True
            self.send(m.TokenExpiring(expires_in=round(left_s, 1)))

    def expire(self, code: int) -> None:
        self.send_error(VivavoceError("unauthorized", "the token has expired", reason="token_expired"))
        self.ws.close(code, "token expired")


def _completed(config: InterviewConfig, data: m.ConnectData) -> InterviewConfig:
    """`config` with what a `connect` says. Raises VivavoceError invalid_payload."""
    given: dict[str, Any] = {name: value for name in _GUEST_FIELDS if (value := getattr(data, name)) not in (None, "")}
    if data.interview_style is not None:
        given["interview_style"] = data.interview_style
    if data.language not in (None, "auto"):
        given["language"] = data.language
    if data.competencies:
        given["competencies"] = data.competencies
    return checked_config(msgspec.structs.replace(config, **given))


def _as_text(context: Any) -> str:
    if context is None or isinstance(context, str):
        return context or ""
    return msgspec.json.encode(context).decode()


_HANDLERS: Final[dict[str, Callable[[DialogueConnection, Any, m.ClientMessage], None]]] = {
    "connect": DialogueConnection._connect,
    "text_input": DialogueConnection._text_input,
    "audio_input": DialogueConnection._audio_input,
    "audio_start": DialogueConnection._audio_start,
    "audio_end": DialogueConnection._audio_end,
    "ping": DialogueConnection._ping,
    "disconnect": DialogueConnection._disconnect,
    "think_time": DialogueConnection._think_time,
    "end_session": DialogueConnection._end_session,
    "token_refresh": DialogueConnection._token_refresh,
}

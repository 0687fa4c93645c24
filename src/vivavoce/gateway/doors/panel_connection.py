"""One client of the panel door: what it sent turned into commands, what happened turned into messages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
import uuid_utils

from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import VivavoceError, forbidden, not_found
from vivavoce.domain.ids import check_client_id
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.panel_rules import canonical_label
from vivavoce.domain.session.private import NoteTaken, PrivateRecorded, PrivateState, take_note
from vivavoce.evaluation.panel import session_time
from vivavoce.gateway.doors.in_order import InOrder
from vivavoce.gateway.doors.panel_audio import PanelAudio, decoded_audio
from vivavoce.gateway.json import decode_json
from vivavoce.gateway.socket import WebSocket
from vivavoce.identity.doorman import as_named
from vivavoce.protocols.panel import messages as m
from vivavoce.protocols.panel import projector
from vivavoce.protocols.panel.codec import decode, encode, error_message
from vivavoce.protocols.times import iso
from vivavoce.session.running import Receipt, RunningSession
from vivavoce.session.subscription import Subscription
from vivavoce.voice.speech import PartialSpeech

if TYPE_CHECKING:
    from vivavoce.gateway.doors.panel import PanelDoor

_LOG: Final = logging.getLogger(__name__)
#: A replay goes on while less than this waits in the socket.
_REPLAY_BYTES: Final = 128 * 1024
_CLOSE_RESUME: Final = 4008
_CLOSE_FORBIDDEN: Final = 4403
#: How long an end waits for what was said before it.
_LAST_WORDS_S: Final = 10.0
#: How long an end, or an answer to a request, waits for the last scores; what comes later is in the report.
_LAST_SCORES_S: Final = 20.0
_TRANSCRIPT: Final = (
    m.UtteranceMessage,
    m.UtterancesReassigned,
    m.UtteranceDivided,
    m.SpeakerUpdated,
    m.SpeakersMerged,
)


class PanelConnection:
    """The state of one socket. Messages that wait for something are worked off in order."""

    __slots__ = (
        "_audio",
        "_language",
        "_leave_private",
        "_present",
        "_private_seq",
        "_subscription",
        "_warned",
        "_wishes",
        "began_seq",
        "door",
        "features",
        "heard_at",
        "identity",
        "opened_at",
        "session",
        "spoken_language",
        "viewer",
        "ws",
    )

    def __init__(
        self,
        door: PanelDoor,
        ws: WebSocket,
        identity: Identity,
        session: RunningSession,
        viewer: Viewer,
        language: str,
        features: frozenset[str],
    ) -> None:
        self.door = door
        self.ws = ws
        self.identity = identity
        self.session = session
        self.viewer = viewer
        self.features = features
        self.heard_at = time.monotonic()
        self.opened_at = door.clock.now_ms()
        self._language = language
        self.spoken_language: str = door.named_language(ws.handshake) or ("auto" if session.state.by_guest else "")
        """The language to expect: what the client named, the session's where somebody chose it, else what is heard."""
        self._present = False
        self._warned = False
        self._subscription: Subscription | None = None
        self._private_seq = 0
        self.began_seq = session.published
        """The session's newest seq when this client came."""
        self._leave_private: Callable[[], None] | None = None
        self._audio = PanelAudio(self)
        self._wishes = InOrder[Any](door.spawn, ws, lambda error, message: self.refuse(error, message.client_id))

    # --- coming in ----------------------------------------------------------------------------------------------

    async def begin(self, last_seq: int | None, epoch: str | None, private_seq: int | None) -> None:
        """Go on from `last_seq`, or from now; say nothing to a client that asked for nothing (SPEC.md, quiet)."""
        session = self.session
        private = await self.door.records.state(session.session_id)
        resumable = last_seq is not None and last_seq <= session.published and epoch in (None, "", session.epoch)
        resumable = resumable and (private_seq is None or private_seq <= private.head)
        if "status" in self.features or last_seq is not None:
            self.send(
                m.Connected(
                    session_id=session.session_id,
                    recovered=resumable,
                    last_seq=session.published,
                    epoch=session.epoch,
                    private_seq=private.head if self.viewer.is_staff else 0,
                    version=self.door.version,
                )
            )
        if last_seq is not None and not resumable:
            self.send(
                m.Snapshot(
                    state=projector.snapshot(session.state, private, self.viewer, self.door.clock.now_ms()),
                    last_seq=session.published,
                    epoch=session.epoch,
                    private_seq=private.head if self.viewer.is_staff else 0,
                )
            )
        after = last_seq if resumable and last_seq is not None else session.published
        self._private_seq = private.head
        if resumable and self.viewer.is_staff:
            await self._catch_up(after, private_seq)
        self._leave_private = self.door.records.follow(session.session_id, self._show_private)
        self._subscription = Subscription(session, self.door.sessions, self, after)
        self._arrive()

    async def _catch_up(self, last_seq: int, private_seq: int | None) -> None:
        """The private messages since `private_seq`; without it, those since the session was at `last_seq`."""
        private = await self.door.records.state(self.session.session_id)
        cursor = private_seq or 0
        while cursor < self._private_seq:
            page = await self.door.records.events(self.session.session_id, cursor)
            cursor = page[-1].seq
            self._tell_private(
                [
                    one
                    for one in page
                    if one.seq <= self._private_seq
                    and (private_seq is not None or getattr(one.data, "after", 0) >= last_seq)
                ],
                private,
            )

    def _arrive(self) -> None:
        if not self._present:
            self._present = True
            self.door.sessions.presence.arrived(self.session, self.identity.user_id, self.viewer.role)

    # --- messages in --------------------------------------------------------------------------------------------

    def received(self, data: str | bytes) -> None:
        self.heard_at = time.monotonic()
        try:
            if isinstance(data, bytes):
                self._audio.frame(data)
                return
            message = decode(decode_json(data), len(data))
            self._check_user(message)
            check_client_id(message.client_id)
            now = _AT_ONCE.get(type(message))
            if now is not None:
                now(self, message)
            else:
                self.later(_IN_ORDER[type(message)].__get__(self), message)
        except VivavoceError as error:
            self.send_error(error)

    def _check_user(self, message: m.ClientMessage) -> None:
        """Who one is comes from the token; a payload may repeat it, not contradict it (SPEC.md 0.5)."""
        named = as_named(self.identity, message.user_id)
        if named is not self.identity:
            self.identity = named
            self.viewer = msgspec.structs.replace(self.viewer, user_id=named.user_id)

    def later(self, work: Callable[[Any], Any], message: Any) -> None:
        """Work that waits for a store or an engine: after what came before it, before what comes after."""
        self._wishes.add(work, message)

    @property
    def busy(self) -> bool:
        """Whether messages wait that came before."""
        return self._wishes.busy

    def _lead(self, what: str) -> None:
        if not self.viewer.is_staff:
            raise forbidden(f"the role {self.viewer.role} may not {what} here", reason="role_forbids")

    def _audio_chunk(self, message: m.AudioChunk) -> None:
        self._audio.chunk(message)

    async def _note(self, message: m.SpeakerNote) -> None:
        self._lead("take notes")
        state = self.session.state
        known = state.panel.find(message.speaker)
        note = NoteTaken(
            speaker=message.speaker,
            speaker_id=known.speaker_id if known is not None else "",
            note=message.note,
            author_id=self.identity.user_id,
            author_name=self._name(),
            at_s=round(session_time(state, self.door.clock.now_ms()), 3),
            timestamp=message.timestamp,
            after=self.session.published,
        )
        change = self.door.records.change
        told = self._private_seq
        stored = await change(
            self.session.session_id, self.identity.user_id, lambda _: take_note(note), client_id=message.client_id
        )
        # What is new was told to everybody who follows, its author too; what came before is answered again.
        for recorded in stored:
            if isinstance(recorded.data, NoteTaken) and recorded.seq <= told:
                self.send(projector.note(recorded, recorded.data, self.viewer))

    def _name(self) -> str:
        member = self.session.state.members.get(self.identity.user_id)
        return self.identity.name or (member.name if member is not None else "")

    async def _evaluation_request(self, message: m.EvaluationRequest) -> None:
        self._lead("ask for evaluations")
        await self._evaluate(final=False)
        state = await self.session.settled()
        private = await self.door.records.state(state.session_id)
        now = self.door.clock.now_ms()
        self.send(m.EvaluationSummary(summary=projector.summary(state, private, self.viewer, now)))

    async def _evaluate(self, *, final: bool) -> None:
        """Scores of what was said so far; while the engine is away, those there are."""
        try:
            async with asyncio.timeout(_LAST_SCORES_S):
                await self.door.evaluations.evaluate(self.session.session_id, final=final)
        except (TimeoutError, VivavoceError) as error:
            _LOG.warning("a panel could not be judged now: %s", type(error).__name__)

    async def _session_end(self, message: m.SessionEnd) -> None:
        self._lead("end the interview")
        session = self.session
        if session.state.over:
            await self._say_ended(session.state.head, "")
            return
        self._audio.finish()
        await self.door.voice.settle(session.session_id, _LAST_WORDS_S)
        await self._evaluate(final=True)
        command = c.EndSession(by=self.identity.user_id, role=self.viewer.role)
        receipt = await session.submit(command, self.identity.user_id, message.client_id)
        if receipt.duplicate or not receipt.events:
            await self._say_ended(receipt.last_seq, "")

    async def _say_ended(self, seq: int, event_id: str) -> None:
        state = await self.session.settled()
        private = await self.door.records.state(state.session_id)
        result = projector.final_result(state, private, self.viewer)
        self.send(m.SessionEnded(final_result=result, seq=seq, event_id=event_id))

    async def _audio_start(self, message: m.AudioStart) -> None:
        await self._audio.start(message)

    async def _audio_end(self, message: m.AudioEnd) -> None:
        await self._audio.end(message)

    async def _add_utterance(self, message: m.AddUtterance) -> None:
        command = p.AddUtterance(
            by=self.identity.user_id,
            role=self.viewer.role,
            utterance_id=str(uuid_utils.uuid7()),
            text=message.text,
            speaker=message.speaker,
        )
        await self._do(command, message)

    async def _assign(self, message: m.AssignUtterances) -> None:
        await self._correct(
            p.AssignUtterances(
                by=self.identity.user_id,
                role=self.viewer.role,
                utterance_ids=message.utterance_ids,
                speaker=message.speaker,
            ),
            message,
        )

    async def _update_speaker(self, message: m.UpdateSpeaker) -> None:
        command = p.ChangeSpeaker(
            by=self.identity.user_id,
            role=self.viewer.role,
            speaker=message.speaker,
            label=message.label,
            name=message.name,
            speaker_role=message.role,
            user_id=None if message.participant_id is None else str(message.participant_id),
        )
        await self._do(command, message)

    async def _merge(self, message: m.MergeSpeakers) -> None:
        panel = self.session.state.panel
        speaker, into = panel.find(message.speaker), panel.find(message.into)
        await self._correct(
            p.MergeSpeakers(
                by=self.identity.user_id,
                role=self.viewer.role,
                speaker=speaker.speaker_id if speaker is not None else message.speaker,
                into=into.speaker_id if into is not None else message.into,
            ),
            message,
        )

    async def _split(self, message: m.SplitSpeaker) -> None:
        number = 1 + sum(1 for speaker_id in self.session.state.panel.speakers if speaker_id.startswith("person_"))
        await self._correct(
            p.SplitSpeaker(
                by=self.identity.user_id,
                role=self.viewer.role,
                utterance_ids=message.utterance_ids,
                new_id=f"person_{number}",
            ),
            message,
        )

    async def _correct(self, command: p.AnyPanelCommand, message: m.ClientMessage) -> None:
        """A person's word about speakers: stored, and taken by the tracker for what is said from now on."""
        receipt = await self._do(command, message)
        if receipt.events and self.door.voice.speakers.known(self.session.session_id):
            speakers = await self.door.voice.speakers.of(self.session)
            await speakers.corrected(self.session, receipt.events)

    async def _do(self, command: p.AnyPanelCommand, message: m.ClientMessage) -> Receipt:
        receipt = await self.session.submit(command, self.identity.user_id, message.client_id)
        self.send(m.Saved(seq=receipt.last_seq, client_id=message.client_id))
        return receipt

    async def _enrol_voice(self, message: m.EnrolVoice) -> None:
        audio = await decoded_audio(message.audio_data)
        self.door.voice.require()
        identity, role = self.identity, self.viewer.role
        command = p.AddSpeaker(by=identity.user_id, role=role, speaker=message.speaker)
        await self.session.submit(command, identity.user_id, message.client_id)
        panel = self.session.state.panel
        own = role == "candidate" or not message.speaker.strip()
        speaker = panel.find(panel.own_id(identity.user_id) if own else canonical_label(message.speaker))
        if speaker is None:
            raise not_found("there is no such speaker", reason="speaker_not_found")
        voices = await self.door.voice.speakers.of(self.session)
        enrolment = await voices.enrol(speaker.speaker_id, audio, message.audio_format)
        self.send(
            m.VoiceEnrolled(
                speaker=speaker.shown,
                speaker_id=speaker.speaker_id,
                speech=round(enrolment.speech_s, 1),
                agreement=enrolment.agreement,
                client_id=message.client_id,
            )
        )

    async def _token_refresh(self, message: m.TokenRefresh) -> None:
        identity = await self.door.identify_again(message.token)
        if identity.user_id != self.identity.user_id:
            raise forbidden("the new token is somebody else's", reason="user_mismatch")
        self.identity = identity
        self._warned = False
        left_s = self.token_left_s()
        self.send(m.TokenRefreshed(expires_in=round(left_s, 1) if left_s is not None else None))

    def _ping(self, message: m.ClientPing) -> None:
        self.send(m.Pong(timestamp=iso(self.door.clock.now_ms())))

    def _pong(self, message: m.ClientPong) -> None:
        """It says that the client is there, and that is all."""

    # --- following the session ----------------------------------------------------------------------------------

    def show(self, events: Sequence[e.Recorded]) -> None:
        for recorded in events:
            data = recorded.data
            if isinstance(data, e.SessionEnded):
                self.door.spawn(self._say_ended(recorded.seq, recorded.event_id))
            elif isinstance(data, e.MemberRemoved) and data.user_id == self.identity.user_id:
                self.send_error(forbidden("the membership was taken away", reason="membership_removed"))
                self.ws.close(_CLOSE_FORBIDDEN, "forbidden")
                return
            elif "transcript" in self.features:
                message = projector.project(recorded, self.session.state, self.viewer)
                if isinstance(message, _TRANSCRIPT):
                    self.send(message)

    def _show_private(self, events: Sequence[PrivateRecorded], private: PrivateState) -> None:
        news = [one for one in events if one.seq > self._private_seq]
        if news:
            self._private_seq = news[-1].seq
            self._tell_private(news, private)

    def _tell_private(self, events: Sequence[PrivateRecorded], private: PrivateState) -> None:
        for recorded in events:
            message = projector.private(recorded, self.session.state, private, self.viewer)
            if message is not None and (isinstance(message, m.NoteSaved) or "evaluations" in self.features):
                self.send(message)

    def ephemeral(self, message: object) -> None:
        if isinstance(message, PartialSpeech) and "partials" in self.features:
            self.ws.send(encode(projector.partial(message, self.session.state)), ephemeral=True)

    def notice(self, kind: str, message: str) -> None:
        """A word from an administrator."""
        self.ws.send(msgspec.json.encode({"type": kind, "message": message}).decode())

    def ready(self) -> bool:
        return self.ws.writable and self.ws.buffered < _REPLAY_BYTES

    def lost(self) -> None:
        self.ws.close(_CLOSE_RESUME, "resume")

    def drained(self) -> None:
        if self._subscription is not None:
            self._subscription.wake()

    def closed(self) -> None:
        self._audio.closed()
        if self._leave_private is not None:
            self._leave_private()
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        if self._present:
            self._present = False
            self.door.sessions.presence.left(self.session, self.identity.user_id)

    # --- messages out -------------------------------------------------------------------------------------------

    def send(self, message: m.ServerMessage) -> None:
        self.ws.send(encode(message))

    def sentence(self, error: VivavoceError) -> str:
        """The error for a person, in the session's language."""
        language = self.session.state.config.language if self.session.state.exists else self._language
        return self.door.sentence(language, error)

    def send_error(self, error: VivavoceError) -> None:
        self.door.errors += 1
        self.send(error_message(error, self.sentence(error)))

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
        if "status" in self.features and not self._warned:
            self._warned = True
            self.send(m.TokenExpiring(expires_in=round(left_s, 1)))

    def expire(self, code: int) -> None:
        self.send_error(VivavoceError("unauthorized", "the token has expired", reason="token_expired"))
        self.ws.close(code, "token expired")


#: What is answered at once, and what waits its turn behind messages that came before.
_AT_ONCE: Final[dict[type[m.ClientMessage], Callable[[PanelConnection, Any], None]]] = {
    m.AudioChunk: PanelConnection._audio_chunk,
    m.ClientPing: PanelConnection._ping,
    m.ClientPong: PanelConnection._pong,
}
_IN_ORDER: Final[dict[type[m.ClientMessage], Any]] = {
    m.SpeakerNote: PanelConnection._note,
    m.EvaluationRequest: PanelConnection._evaluation_request,
    m.SessionEnd: PanelConnection._session_end,
    m.AudioStart: PanelConnection._audio_start,
    m.AudioEnd: PanelConnection._audio_end,
    m.AddUtterance: PanelConnection._add_utterance,
    m.AssignUtterances: PanelConnection._assign,
    m.UpdateSpeaker: PanelConnection._update_speaker,
    m.MergeSpeakers: PanelConnection._merge,
    m.SplitSpeaker: PanelConnection._split,
    m.EnrolVoice: PanelConnection._enrol_voice,
    m.TokenRefresh: PanelConnection._token_refresh,
}

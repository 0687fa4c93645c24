"""Voice in the sessions of this process: the one thing that doors, HTTP and the outbox ask."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

import uuid_utils

from vivavoce.domain.errors import VivavoceError, conflict, not_found
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.recordings import is_uncompressed
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.panel_rules import OWN_MICROPHONE
from vivavoce.domain.session.state import Recording, SessionState
from vivavoce.ports import BlobStore
from vivavoce.session.hub import Sessions
from vivavoce.session.running import RunningSession
from vivavoce.voice import playback
from vivavoce.voice.chunks import ChunkedRecording
from vivavoce.voice.hearing import language_for
from vivavoce.voice.live import LiveRecording, Sender
from vivavoce.voice.recordings import AudioOptions, Recordings, Stored, blob_name, opening, recording_of
from vivavoce.voice.speakers import SessionSpeakers, Speakers, Trackers
from vivavoce.voice.speech import Planning, Speech, VoiceState
from vivavoce.voice.transcribing import Transcriber

if TYPE_CHECKING:
    from vivavoce.speech.speakers import SpeakerTracker

_LOG: Final = logging.getLogger(__name__)
_FILED: Final = "flac"
#: No reply waits longer than this for somebody who speaks.
_LONGEST_HOLD_S: Final = 30.0


class Voice:
    """Register `committed` and `woken` with the sessions, `file` with the outbox; `stop` before the recognisers."""

    def __init__(
        self,
        speech: Speech,
        blobs: BlobStore,
        sessions: Sessions,
        plan: Planning,
        *,
        grace_s: float,
        trackers: Trackers | None = None,
    ) -> None:
        """`trackers` tell the speakers of panels apart; without them everything is one unknown speaker's."""
        self._speech = speech
        self._sessions = sessions
        self._plan = plan
        self.grace_s = grace_s
        self.recordings = Recordings(blobs, sessions)
        self.speakers = Speakers(blobs, trackers or _one_speaker, sessions.policy.text_limit)
        self._live: dict[str, LiveRecording] = {}
        self._stopping = False
        self._forgetting: set[asyncio.Task[None]] = set()
        self._transcriber = Transcriber(
            speech,
            self.recordings,
            sessions,
            plan,
            grace_s=grace_s,
            is_live=self._live.__contains__,
            speakers=self._speakers_of,
        )

    @property
    def state(self) -> VoiceState:
        return self._speech.state

    @property
    def fetched(self) -> float | None:
        """The share of the models that is there, while they are being fetched."""
        return self._speech.fetched

    @property
    def live(self) -> int:
        """Recordings that are coming in now."""
        return len(self._live)

    def require(self) -> None:
        """Raise unavailable unless speech can be heard now."""
        self._speech.pipeline()

    async def stop(self) -> None:
        """Leave everything as it is stored; it is taken up after the next start."""
        self._stopping = True
        await asyncio.gather(*(live.stop() for live in tuple(self._live.values())))
        await self._transcriber.stop()
        await self.speakers.stop()

    # --- audio that comes whole ---------------------------------------------------------------------------------

    async def upload(
        self,
        session: RunningSession,
        user_id: str,
        chunks: AsyncIterator[bytes],
        options: AudioOptions,
        *,
        client_id: str | None,
        limit: int,
    ) -> Stored:
        """Store a recording of at most `limit` bytes; it is heard soon. Raises VivavoceError."""
        self.require()
        return await self.recordings.store_whole(session, user_id, chunks, options, client_id, limit)

    # --- audio that comes while it is spoken --------------------------------------------------------------------

    async def open(
        self,
        session: RunningSession,
        user_id: str,
        options: AudioOptions,
        sender: Sender,
        *,
        client_id: str | None = None,
        recording_id: str = "",
        partials: bool = False,
        patience: str = "standard",
    ) -> tuple[LiveRecording, int]:
        """Begin a recording, or go on with one that broke off (by its id, or by the `client_id` it was begun with).

        What is stored of it is acknowledged at once; the sender goes on from there. Returns it and the seq of the
        event that says so. Raises VivavoceError.
        """
        self.require()
        seq = session.published
        if not recording_id:
            new = opening(str(uuid_utils.uuid7()), user_id, options, streamed=True)
            receipt = await session.submit(new, user_id, client_id)
            recording_id, seq = recording_of(receipt), receipt.last_seq
        live = self._live.get(recording_id)
        recording = session.state.recordings.get(recording_id)
        if recording is None or recording.user_id != user_id:
            raise not_found("there is no such recording", reason="recording_not_found")
        if live is None:
            live = await self._listen(session, recording, partials=partials, patience=patience)
        live.attach(sender)
        live.acknowledge(seq)
        return live, seq

    async def resume_chunks(self, session: RunningSession, user_id: str) -> ChunkedRecording | None:
        """The recording of this person that broke off, if it can be gone on with."""
        for recording_id in reversed(session.state.unheard):
            recording = session.state.recordings.get(recording_id)
            if recording is None or recording.user_id != user_id or not recording.streamed or recording.complete:
                continue
            live = self._live.get(recording_id)
            if isinstance(live, ChunkedRecording) and not live.ended:
                live.go_on()
                return live
            if live is None:
                try:
                    return await self.listen_to_chunks(session, recording_id)
                except VivavoceError as error:
                    if error.code != "conflict":
                        raise
        return None

    async def listen_to_chunks(self, session: RunningSession, recording_id: str) -> ChunkedRecording:
        """Hear a recording of which the first chunks are stored; what is stored of it is heard first. Raises conflict
        when it is heard as it stands by now, unavailable."""
        recording = session.state.recordings[recording_id]
        live = await self._listen(session, recording, partials=True, patience="standard", kind=ChunkedRecording)
        assert isinstance(live, ChunkedRecording)
        return live

    async def _speakers_of(self, session: RunningSession, recording: Recording) -> SessionSpeakers | None:
        """Who tells whose the words in a recording are, where that is not known by the microphone."""
        if session.state.kind != "panel" or recording.context == OWN_MICROPHONE:
            return None
        return await self.speakers.of(session)

    async def _listen(
        self,
        session: RunningSession,
        recording: Recording,
        *,
        partials: bool,
        patience: str,
        kind: type[LiveRecording] = LiveRecording,
    ) -> LiveRecording:
        from vivavoce.speech.stream import StreamOptions

        speakers = await self._speakers_of(session, recording)
        base_s = recording.at_s if speakers is not None else 0.0
        options = StreamOptions(
            audio_format=recording.audio_format,
            language=language_for(recording, session.state.config.language),
            patience=patience,  # type: ignore[arg-type]
            partials=partials,
            offset_s=base_s + recording.heard_s,
            skip_s=recording.heard_s,
        )
        known = self._live.get(recording.recording_id)
        if known is not None:
            return known
        if recording.complete or self._transcriber.hears(recording.recording_id):
            raise conflict(
                "this recording is complete",
                reason="recording_complete",
                recording_id=recording.recording_id,
                received_bytes=recording.size,
            )
        stream = self._speech.pipeline().open_stream(options, speakers.tap() if speakers is not None else None)
        live = kind(
            session,
            recording,
            self.recordings,
            stream,
            self._plan,
            self._sessions.policy.text_limit,
            self._sessions.clock.monotonic,
            self._ended,
            speakers,
        )
        self._live[recording.recording_id] = live
        return live

    def _ended(self, live: LiveRecording) -> None:
        self._live.pop(live.recording_id, None)
        if not self._stopping:
            self._look(live.session)

    def left(self, live: LiveRecording, sender: Sender) -> None:
        """The sender's connection is gone."""
        live.detach(sender, self.grace_s)

    def give_time(self, session_id: str, user_id: str, seconds: float) -> None:
        """Somebody asked for time: what they are saying does not end before."""
        for live in self._of(session_id):
            if live.user_id == user_id:
                live.give_time(seconds)

    async def floor(self, session_id: str) -> None:
        """Wait until nobody speaks in a session, so that a reply does not talk over somebody; not for ever."""
        speaking = [live for live in self._of(session_id) if not live.quiet.is_set()]
        if speaking:
            waiting = [asyncio.ensure_future(live.quiet.wait()) for live in speaking]
            await asyncio.wait(waiting, timeout=_LONGEST_HOLD_S)
            for waiter in waiting:
                waiter.cancel()

    async def settle(self, session_id: str, timeout_s: float) -> None:
        """Hear everything that has come in a session, before it ends: the last words count too."""
        endings = [live.done for live in self._of(session_id)]
        for live in self._of(session_id):
            live.finish()
        if endings:
            await asyncio.wait(endings, timeout=timeout_s)
        await self._transcriber.settled(session_id, timeout_s)

    def busy(self, session_id: str) -> bool:
        """Whether something that was said is still to be heard."""
        return bool(self._of(session_id)) or self._transcriber.works_on(session_id)

    def _of(self, session_id: str) -> list[LiveRecording]:
        return [live for live in self._live.values() if live.session.session_id == session_id]

    # --- calls of the sessions ----------------------------------------------------------------------------------

    def committed(self, session: RunningSession, events: Sequence[e.Recorded]) -> None:
        for recorded in events:
            if isinstance(recorded.data, e.SessionEnded):
                for live in self._of(session.session_id):
                    live.finish()
                if session.state.kind == "panel":
                    self._forget_voices(session.session_id)
            elif isinstance(recorded.data, e.AudioStored) and recorded.data.complete:
                self._look(session)

    def woken(self, session: RunningSession) -> None:
        self._look(session)

    def _forget_voices(self, session_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self.speakers.end(session_id))
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    def _look(self, session: RunningSession) -> None:
        if session.state.unheard and not self._stopping:
            self._transcriber.look(session.session_id, session.state)

    # --- recordings that are there ------------------------------------------------------------------------------

    async def clip(self, state: SessionState, recording_id: str, start_s: float, end_s: float) -> bytes:
        """Seconds [start, end) of a recording as WAV. Raises VivavoceError."""
        playback.check_range(start_s, end_s)
        recording = recording_in(state, recording_id)
        pieces = self.recordings.pieces(state.session_id, recording)
        return await playback.clip(pieces, recording.audio_format, start_s, end_s)

    def whole(self, state: SessionState, recording_id: str) -> tuple[str, AsyncIterator[bytes]]:
        """The media type and the bytes of a recording."""
        recording = recording_in(state, recording_id)
        pieces = self.recordings.pieces(state.session_id, recording)
        if recording.audio_format.startswith("pcm"):
            return "audio/wav", playback.with_header(pieces, recording.size, recording.audio_format)
        return playback.media_type(recording.audio_format), pieces

    async def file(self, subject: str) -> None:
        """Compress a finished recording; the handler of the outbox, `subject` is `<session>/<recording>`.
        Called again it ends with the same one recording."""
        session_id, _, recording_id = subject.partition("/")
        state = await self._sessions.state(session_id)
        recording = state.recordings.get(recording_id)
        if recording is None:
            return
        if not recording.filed:
            if not is_uncompressed(recording.audio_format):
                return
            pieces = self.recordings.pieces(session_id, recording)
            try:
                flac = playback.compressed(pieces, recording.audio_format)
                size = await self.recordings.replace(session_id, recording_id, _FILED, flac)
            except VivavoceError as error:
                if error.code == "unavailable":
                    raise
                _LOG.info("%s stays as it came: %s", blob_name(session_id, recording_id), error.code)
                return
            command = c.FileRecording(recording_id=recording_id, audio_format=_FILED, size=size)
            await self._sessions.submit(session_id, command, SYSTEM)
        await self.recordings.forget_raw(session_id, recording_id)


def recording_in(state: SessionState, recording_id: str) -> Recording:
    """Raises not_found."""
    recording = state.recordings.get(recording_id)
    if recording is None or not recording.size:
        raise not_found("there is no such recording", reason="recording_not_found")
    return recording


def _one_speaker(_: bytes) -> SpeakerTracker:
    from vivavoce.speech.speakers import OneSpeaker

    return OneSpeaker()

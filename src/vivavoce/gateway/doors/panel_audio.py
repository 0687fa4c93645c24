"""The audio of one client of the panel door: chunks that are each answered, and streams of binary frames."""

from __future__ import annotations

import asyncio
import base64
import binascii
import heapq
import itertools
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.domain.session.panel import PanelUtterance
from vivavoce.domain.session.panel_rules import OWN_MICROPHONE
from vivavoce.protocols.panel import messages as m
from vivavoce.protocols.panel import projector
from vivavoce.protocols.panel.codec import AUDIO_BYTES, seconds_of
from vivavoce.voice.chunks import ChunkedAudio
from vivavoce.voice.live import LiveRecording
from vivavoce.voice.recordings import AudioOptions, canonical_format

if TYPE_CHECKING:
    from vivavoce.gateway.doors.panel_connection import PanelConnection

_BASE64_LIMIT: Final = (AUDIO_BYTES + 2) // 3 * 4
#: Decoding more than this is not done on the event loop.
_SMALL: Final = 128 * 1024
_FIELD: Final = "audio_data"
#: Answers that are remembered for chunks that come again.
_ANSWERS: Final = 64
#: A chunk that begins this much (seconds) after the last one ended may have overtaken another, which gets a moment.
_GAP_S: Final = 0.5
_MOMENT_S: Final = 0.25


class PanelAudio:
    """Chunks are heard in the order of their timestamps, as far as they are there; one that came before is answered as
    it was then. It is the `Sender` of the client's stream of frames."""

    def __init__(self, client: PanelConnection) -> None:
        self._client = client
        self._chunks: ChunkedAudio | None = None
        self._options: AudioOptions | None = None
        self._waiting: list[tuple[float, int, m.AudioChunk]] = []
        self._count = itertools.count()
        self._answers: OrderedDict[str, m.AudioResult] = OrderedDict()
        self._last_s = 0.0
        """The timestamp of the chunk that was heard last."""
        self._usual_s = 0.0
        """Seconds between the last two chunks."""
        self._told: OrderedDict[str, None] = OrderedDict()
        """Utterances that stood in an answer."""
        self._live: LiveRecording | None = None
        self._no_stream_told = False

    # --- chunks -------------------------------------------------------------------------------------------------

    def chunk(self, message: m.AudioChunk) -> None:
        """Take a chunk; it is answered in its turn. Raises nothing: what is wrong with it stands in its answer."""
        try:
            at_s = seconds_of(message.timestamp)
        except VivavoceError:
            at_s = None
        if at_s is None:
            at_s = max([self._last_s, *(waiting[0] for waiting in self._waiting)])
        heapq.heappush(self._waiting, (at_s, next(self._count), message))
        if self._chunks is not None:
            self._chunks.more.set()
        self._client.later(self._next, message)

    async def _next(self, _arrived: m.AudioChunk) -> None:
        """Answer the earliest chunk that is there."""
        if len(self._waiting) == 1 and self._last_s and self._waiting[0][0] > self._last_s + self._usual_s + _GAP_S:
            await asyncio.sleep(_MOMENT_S)
        at_s, _number, message = heapq.heappop(self._waiting)
        result = await self._answered(message)
        if self._last_s and at_s > self._last_s:
            self._usual_s = at_s - self._last_s
        self._last_s = max(self._last_s, at_s)
        self._client.send(m.AudioProcessed(result=result))

    async def _answered(self, message: m.AudioChunk) -> m.AudioResult:
        """What came of a chunk, in any case."""
        key = message.client_id or (f"chunk:{message.timestamp}" if message.timestamp is not None else "")
        known = self._answers.get(key) if key else None
        if known is not None:
            return known
        try:
            result = await self._take(message, key[:64] or None)
        except VivavoceError as error:
            # Not remembered: the same chunk may be taken when it comes again.
            return projector.failed_result(message.timestamp, error, self._client.sentence(error), message.client_id)
        if key:
            self._answers[key] = result
            if len(self._answers) > _ANSWERS:
                self._answers.popitem(last=False)
        return result

    async def _take(self, message: m.AudioChunk, key: str | None) -> m.AudioResult:
        client = self._client
        seconds_of(message.timestamp)  # raises what is wrong with it
        audio = await decoded_audio(message.audio_data)
        options = AudioOptions(
            audio_format=message.audio_format,
            sample_rate=message.sample_rate or 0,
            language=message.language or client.spoken_language,
            context=OWN_MICROPHONE if message.own_microphone else "",
        )
        if self._chunks is None or options.context != (self._options or options).context:
            if self._chunks is not None:
                self._chunks.finish()
            self._chunks = ChunkedAudio(client.door.voice, client.session, client.identity.user_id, options)
            self._options = options
        if self._waiting:
            self._chunks.more.set()
        else:
            self._chunks.more.clear()
        receipt = await self._chunks.take(audio, message.audio_format, key)
        state = client.session.state
        private = await client.door.records.state(state.session_id)
        return projector.audio_result(
            state,
            private,
            client.viewer,
            timestamp=message.timestamp,
            heard=self._heard(self._chunks.recording_id),
            speaking=self._chunks.speaking,
            seq=receipt.last_seq,
            client_id=message.client_id,
        )

    def _heard(self, recording_id: str) -> list[PanelUtterance]:
        """What was heard of this sender's chunks since the last answer."""
        found: list[PanelUtterance] = []
        for utterance in reversed(self._client.session.state.panel.utterances):
            if utterance.user_id != self._client.identity.user_id or utterance.spoken is None or utterance.divided:
                continue
            if utterance.utterance_id in self._told or utterance.seq <= self._client.began_seq:
                break
            if utterance.spoken.recording_id == recording_id:
                found.append(utterance)
        for utterance in found:
            self._told[utterance.utterance_id] = None
            if len(self._told) > _ANSWERS:
                self._told.popitem(last=False)
        return found[::-1]

    # --- streams of frames --------------------------------------------------------------------------------------

    async def start(self, message: m.AudioStart) -> None:
        """Open a stream; one that is open ends with it."""
        client = self._client
        client.door.voice.require()
        self._finish_stream()
        options = AudioOptions(
            audio_format=canonical_format(message.audio_format, message.sample_rate, message.channels),
            sample_rate=message.sample_rate or 0,
            language=message.language or client.spoken_language,
            context=OWN_MICROPHONE if message.own_microphone else "",
        )
        live, _ = await client.door.voice.open(
            client.session,
            client.identity.user_id,
            options,
            self,
            client_id=message.client_id,
            recording_id=message.recording_id or "",
            partials=True,
        )
        self._live = live
        self._no_stream_told = False
        if client.ws.closed:
            self.closed()

    def frame(self, data: bytes) -> None:
        """A binary frame of the open stream; those that come while it opens wait with the other messages."""
        if len(data) > AUDIO_BYTES:
            raise too_large(f"a frame of audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES)
        if self._live is None and self._client.busy:
            self._client.later(self._late_frame, _Frame(data=data))
        else:
            self._feed(data)

    async def _late_frame(self, frame: _Frame) -> None:
        self._feed(frame.data)

    def _feed(self, data: bytes) -> None:
        if self._live is not None:
            if not self._live.feed(data):
                self._client.ws.pause_reading()
        elif not self._no_stream_told:
            self._no_stream_told = True
            raise invalid("no stream of audio is open; send audio_start first", reason="no_audio_stream")

    async def end(self, _: m.AudioEnd) -> None:
        """The stream of frames is over."""
        if self._live is None and not self._no_stream_told:
            raise invalid("no stream of audio is open; send audio_start first", reason="no_audio_stream")
        self._finish_stream()
        self._no_stream_told = False

    def finish(self) -> None:
        """No more audio comes: what is open is heard to its end."""
        self._finish_stream()
        if self._chunks is not None:
            self._chunks.finish()

    def _finish_stream(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.finish()

    def closed(self) -> None:
        """The connection is gone: the recordings end unless their sender comes back soon."""
        voice = self._client.door.voice
        live, self._live = self._live, None
        if live is not None:
            voice.left(live, self)
        if self._chunks is not None:
            self._chunks.left(voice.grace_s)

    # --- calls of the stream ------------------------------------------------------------------------------------

    def audio_stored(self, recording_id: str, received_ms: int, received_bytes: int, seq: int, *, last: bool) -> None:
        self._client.send(
            m.AudioAck(
                received_ms=received_ms, received_bytes=received_bytes, recording_id=recording_id, last=last, seq=seq
            )
        )

    def audio_refused(self, error: VivavoceError) -> None:
        self._live = None
        self._no_stream_told = True
        self.room_again()
        self._client.send_error(error)

    def room_again(self) -> None:
        self._client.ws.resume_reading()


class _Frame(msgspec.Struct, frozen=True):
    """A binary frame in the queue of messages."""

    data: bytes
    client_id: str | None = None


async def decoded_audio(text: str) -> bytes:
    """The bytes of base64. Raises invalid_payload, too_large."""
    if len(text) > _BASE64_LIMIT + 256:
        raise too_large(f"audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES, field=_FIELD)
    return await asyncio.to_thread(_decoded, text) if len(text) > _SMALL else _decoded(text)


def _decoded(text: str) -> bytes:
    """The bytes of base64, also of a `data:` URL. Raises invalid_payload, too_large."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        audio = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("audio_data is not base64", field=_FIELD, reason="bad_base64") from error
    if len(audio) > AUDIO_BYTES:
        raise too_large(f"audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES, field=_FIELD)
    if not audio:
        raise invalid("the audio is empty", field=_FIELD, reason="empty_audio")
    return audio

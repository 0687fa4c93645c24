"""What one participant says into a room: chunks put in order, stored, acknowledged, heard."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import deque
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.domain.recordings import joint_confidence
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r
from vivavoce.gateway.doors.rooms_channel import Place
from vivavoce.gateway.socketio.socket import Acknowledge
from vivavoce.protocols.dialogue.unheard import error_of
from vivavoce.protocols.rooms import messages as m
from vivavoce.protocols.rooms.codec import AUDIO_BYTES
from vivavoce.voice.live import LiveRecording
from vivavoce.voice.recordings import AudioOptions, canonical_format

if TYPE_CHECKING:
    from vivavoce.gateway.doors.rooms_client import RoomsClient

_BASE64_LIMIT: Final = (AUDIO_BYTES + 2) // 3 * 4
#: Decoding more than this is not done on the event loop.
_SMALL: Final = 128 * 1024
_FIELD: Final = "audio_data"
_HEAD: Final = 64
#: How long, and how many chunks, a missing one is waited for; then it goes on without it.
_WAIT_FOR_GAP_S: Final = 2.0
_WAIT_FOR_FIRST_S: Final = 1.0
_HELD: Final = 64


class Chunk(msgspec.Struct):
    """A chunk on its way to the disk; `number` is its `chunk_id` where that is a number."""

    message: m.VoiceData
    number: int | None
    data: bytes
    ack: Acknowledge | None


class VoiceStream:
    """One recording of one participant. It outlives a connection by the grace, so that its sender may go on with it.

    It is the `Sender` of its `LiveRecording`.
    """

    def __init__(self, client: RoomsClient, place: Place) -> None:
        self.client: RoomsClient | None = client
        self.place = place
        self.live: LiveRecording | None = None
        self.over = False
        self.recording_id = ""
        self.last: int | None = None
        """The number of the newest chunk that was put in its place."""
        self._ended_with = 0
        self._held: dict[int, Chunk] = {}
        self._unstored: deque[tuple[int, Chunk]] = deque()
        self._fed = 0
        self._full = False
        self._timer: asyncio.TimerHandle | None = None

    # --- chunks in their order ----------------------------------------------------------------------------------

    def take(self, chunk: Chunk) -> None:
        """Put a chunk in its place. Raises rate_limited where the recogniser and the disk do not keep up."""
        if self._full:
            raise VivavoceError("rate_limited", "the audio comes faster than it can be stored", reason="voice_behind")
        number = chunk.number
        if number is None:
            self._feed(chunk)
            return
        if self.last is not None and number <= self.last:
            self._acknowledge(chunk)  # it was sent again
            return
        self._held[number] = chunk
        self._go_on()

    def _go_on(self) -> None:
        if self.last is None and not self._may_begin():
            self._wait(_WAIT_FOR_FIRST_S)
            return
        self._drain()
        if self._held:
            if len(self._held) > _HELD:
                self._skip()
            else:
                self._wait(_WAIT_FOR_GAP_S)

    def _may_begin(self) -> bool:
        """Whether the chunk with the lowest number is known to be the first: it is 0, or the next one is here too."""
        first = min(self._held)
        return first == 0 or first + 1 in self._held or self._held[first].message.is_final

    def _drain(self) -> None:
        if self.last is None:
            self.last = min(self._held) - 1
        while (chunk := self._held.pop(self.last + 1, None)) is not None:
            self.last += 1
            self._feed(chunk)

    def _wait(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._skip)

    def _skip(self) -> None:
        """What is missing did not come in time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held:
            self.last = min(self._held) - 1
            self._drain()
            if self._held:
                self._wait(_WAIT_FOR_GAP_S)

    def _feed(self, chunk: Chunk) -> None:
        live = self.live
        if self.over or live is None:
            return
        self._fed += len(chunk.data)
        self._unstored.append((self._fed, chunk))
        self._full = not live.feed(chunk.data)
        if chunk.message.is_final:
            self._ended_with = hash(chunk.message.audio_data)
            self._finish()
            live.finish()

    def ended_with(self, number: int | None, data: object) -> bool:
        """Whether this is the chunk that ended the recording, sent again."""
        return (
            number is not None and number == self.last and isinstance(data, Hashable) and hash(data) == self._ended_with
        )

    def _finish(self) -> None:
        self.over = True
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- the sender's connection --------------------------------------------------------------------------------

    def adopt(self, client: RoomsClient, place: Place) -> None:
        """The participant is back, on another connection."""
        self.client, self.place = client, place
        if self.live is not None:
            self.live.attach(self)

    def detach(self) -> None:
        """The connection is gone; what was not acknowledged will be sent again."""
        voice = self.place.channel.door.voice
        self.client = None
        self._held.clear()
        self._unstored = deque((at, chunk) for at, chunk in self._unstored if chunk.message.is_final)
        if self.live is not None:
            voice.left(self.live, self)

    # --- calls of the recording ---------------------------------------------------------------------------------

    def audio_stored(self, recording_id: str, received_ms: int, received_bytes: int, seq: int, *, last: bool) -> None:
        while self._unstored and (last or self._unstored[0][0] <= received_bytes):
            self._acknowledge(self._unstored.popleft()[1], seq)

    def audio_refused(self, error: VivavoceError) -> None:
        self._finish()
        self._full = False
        while self._unstored:
            chunk = self._unstored.popleft()[1]
            if self.client is not None:
                self.client.refuse(error, chunk.ack, name="voice_data", place=self.place)

    def room_again(self) -> None:
        self._full = False

    def _acknowledge(self, chunk: Chunk, seq: int | None = None) -> None:
        client, message = self.client, chunk.message
        if client is None:
            return
        said = m.VoiceProcessing(
            interview_id=message.interview_id,
            chunk_id=message.chunk_id,
            status="processing",
            partial_text=self.place.channel.partials.get(self.recording_id, ""),
            seq=msgspec.UNSET if seq is None else seq,
            client_id=message.client_id,
        )
        client.socket.emit("voice_processing", said)
        if chunk.ack is not None:
            chunk.ack(said)


class RoomsVoice:
    """The voice of one client: a stream in each room it speaks in."""

    __slots__ = ("_client",)

    def __init__(self, client: RoomsClient) -> None:
        self._client = client

    def take(self, message: m.VoiceData, place: Place, ack: Acknowledge | None) -> None:
        """A chunk. What comes after it waits while a recording is opened, or much is decoded."""
        client = self._client
        client.door.voice.require()
        streams = client.door.streams
        key = (place.session.session_id, place.viewer.user_id)
        stream = streams.get(key)
        number = _number(message.chunk_id)
        if stream is not None and stream.over and not stream.ended_with(number, message.audio_data):
            stream = None  # a recording ended with the chunk before this one
        if stream is not None and stream.client is not client:
            if stream.client is None:
                stream.adopt(client, place)
            else:
                stream = None  # another tab of the same person: the newest one speaks
        text = message.audio_data
        if stream is None or (isinstance(text, str) and len(text) > _SMALL):
            client.wait_for(self._take_later(message, place, ack, stream), ack, place)
            return
        stream.take(Chunk(message, number, _decoded(text, message.is_final), ack))

    async def _take_later(
        self, message: m.VoiceData, place: Place, ack: Acknowledge | None, stream: VoiceStream | None
    ) -> None:
        data = message.audio_data
        audio = await asyncio.to_thread(_decoded, data, message.is_final) if _is_large(data) else _decoded(data, False)
        if stream is None:
            stream = await self._open(message, place, audio[:_HEAD])
        if self._client.socket.connected:
            stream.take(Chunk(message, _number(message.chunk_id), audio, ack))

    async def _open(self, message: m.VoiceData, place: Place, head: bytes) -> VoiceStream:
        client = self._client
        name = message.audio_format or ""
        options = AudioOptions(
            audio_format=canonical_format(name, message.sample_rate, None, head),
            sample_rate=message.sample_rate or 0,
            language=message.language or "",
        )
        stream = VoiceStream(client, place)
        stream.live, _ = await client.door.voice.open(
            place.session, place.viewer.user_id, options, stream, partials=True
        )
        stream.recording_id = stream.live.recording_id
        client.door.streams[place.session.session_id, place.viewer.user_id] = stream
        if not client.socket.connected:
            stream.detach()
        return stream

    def left(self, place: Place) -> None:
        """The client is not in this room any more."""
        stream = self._client.door.streams.get((place.session.session_id, place.viewer.user_id))
        if stream is not None and stream.client is self._client:
            stream.detach()


def heard(place: Place, recorded: e.Recorded, data: e.RecordingHeard) -> None:
    """A recording was heard to its end: its sender is told what was said, all of it."""
    state = place.session.state
    recording = state.recordings.get(data.recording_id)
    if recording is None or recording.user_id != place.viewer.user_id:
        return
    parts = [caption for caption in state.room.captions if caption.spoken.recording_id == data.recording_id]
    text = _joined([part.text for part in parts])
    place.client.socket.emit(
        "voice_transcribed",
        m.VoiceTranscribed(
            interview_id=state.shown_id,
            user_id=state.room.shown(recording.user_id),
            transcribed_text=text,
            confidence=joint_confidence([(part.text, part.spoken) for part in parts]),
            reason=msgspec.UNSET if text else (recording.missed or "no_speech"),
        ),
    )


def missed(place: Place, recorded: e.Recorded, data: e.SpeechMissed) -> None:
    """Audio that could not be heard is told to its sender; that there was silence is not."""
    if data.user_id == place.viewer.user_id and data.reason != "no_speech":
        place.client.tell_error(error_of(recorded, data, place.session.state), place)


def _joined(texts: list[str]) -> str:
    from vivavoce.speech.joining import join_text

    whole = ""
    for text in texts:
        whole = join_text(whole, text) if whole else text
    return whole


def _number(chunk_id: r.Id | None) -> int | None:
    if isinstance(chunk_id, str):
        return int(chunk_id) if chunk_id.isascii() and chunk_id.isdecimal() and len(chunk_id) < 16 else None
    return chunk_id


def _is_large(data: Any) -> bool:
    return isinstance(data, str) and len(data) > _SMALL


def _decoded(data: Any, may_be_empty: bool) -> bytes:
    """The bytes of a chunk. Raises invalid_payload, too_large."""
    if isinstance(data, bytes):
        audio = data
    elif isinstance(data, str):
        if len(data) > _BASE64_LIMIT + 256:
            raise too_large(f"audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES, field=_FIELD)
        try:
            audio = base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
        except (binascii.Error, ValueError):
            raise invalid("audio_data is not base64", field=_FIELD, reason="bad_base64") from None
    elif data is None:
        audio = b""
    else:
        raise invalid("audio_data is base64 or a binary attachment", field=_FIELD)
    if len(audio) > AUDIO_BYTES:
        raise too_large(f"audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES, field=_FIELD)
    if not audio and not may_be_empty:
        raise invalid("the audio is empty", field=_FIELD, reason="empty_audio")
    return audio

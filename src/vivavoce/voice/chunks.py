"""Audio that comes in chunks, each of which is answered: stored by itself, heard as one stream with the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session import commands as c
from vivavoce.session.running import Receipt, RunningSession
from vivavoce.voice.live import LiveRecording
from vivavoce.voice.recordings import AudioOptions, canonical_format, opening, plain_rate

if TYPE_CHECKING:
    from vivavoce.voice.voice import Voice

#: An answer waits so long for the recogniser; what is heard later comes with a later chunk.
PATIENCE_S: Final = 10.0
_HEAD: Final = 64
#: Who speaks now is who spoke most in so many of the last seconds.
_NOW_S: Final = 1.5


class ChunkedRecording(LiveRecording):
    """A recording whose bytes come in chunks, each stored when it comes."""

    holder: ChunkedAudio | None = None
    """Who sent the last chunk: only their leaving ends it."""

    async def take(self, data: bytes, client_id: str | None) -> Receipt:
        """Store a chunk and pass it on. Raises VivavoceError; then nothing of it is stored."""
        stored = c.StoreAudio(
            user_id=self.user_id,
            recording_id=self.recording_id,
            offset=self._stored,
            size=0,
            received_ms=self._received_until(len(data)),
            audio_format="",
        )
        receipt = await self._recordings.store(self.session, stored, data, client_id)
        if not receipt.duplicate:
            self._stored += len(data)
            self._received = self._stored
            self._stored_ms = self._received_ms = stored.received_ms
            await self._caught_up.wait()
            await self._stream.feed(data)
        return receipt

    async def heard(self, timeout_s: float, more: asyncio.Event) -> None:
        """Wait until what was said in the chunks so far is stored, at most this long and no longer than until there is
        `more` to hear. Raises what ended the stream."""
        await self._caught_up.wait()
        waiting = {asyncio.ensure_future(self._stream.digested()), asyncio.ensure_future(more.wait())}
        await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        if self._stream.error is not None:
            raise self._stream.error

    def speaking(self) -> str | None:
        """The id of who is speaking at the end of the audio so far: None in silence, empty while it is not known whose
        voice that is."""
        said_s = self._stream.said_s
        if said_s is None:
            return None
        if self._speakers is None:
            return self.session.state.panel.own_id(self.user_id)
        start_s, end_s = said_s
        return self._speakers.speaking(max(start_s, end_s - _NOW_S), end_s) or self._speakers.speaking(start_s, end_s)

    def _received_until(self, more: int) -> int:
        if self._bytes_per_s:
            return (self._stored + more) * 1000 // self._bytes_per_s
        return int((self._now() - self._began) * 1000)


class ChunkedAudio:
    """The chunks of one sender, one after the other (`take` is not called again before it has answered).

    `more` is set by whoever knows that the next chunk is there already: then no answer waits for the recogniser, or
    those who speak as fast as they are heard would be heard later and later.
    """

    def __init__(self, voice: Voice, session: RunningSession, user_id: str, options: AudioOptions) -> None:
        self._voice = voice
        self._session = session
        self._user_id = user_id
        self._options = options
        self._recording: ChunkedRecording | None = None
        self.more = asyncio.Event()

    @property
    def recording_id(self) -> str:
        """The recording that the last chunk went into; empty before the first."""
        return self._recording.recording_id if self._recording is not None else ""

    @property
    def speaking(self) -> str | None:
        """Who is speaking at the end of the last chunk (see `ChunkedRecording.speaking`)."""
        return self._recording.speaking() if self._recording is not None else None

    async def take(self, data: bytes, audio_format: str, client_id: str | None) -> Receipt:
        """Store a chunk; when this returns it is safe, and what ended in it was heard unless `more` came. A chunk that
        was sent before changes nothing. Raises VivavoceError: unsupported_media for bytes that are no audio,
        unavailable …"""
        self._voice.require()
        recording = self._recording
        if recording is None or recording.ended:
            recording = self._recording = await self._voice.resume_chunks(self._session, self._user_id)
        if recording is not None and not _goes_on(recording.audio_format, data):
            recording.finish()
            recording = self._recording = None
        if recording is None:
            receipt = await self._begin(data, audio_format, client_id)
        else:
            receipt = await recording.take(_continuation(recording.audio_format, data), client_id)
        if self._recording is not None:
            self._recording.holder = self
        if self._recording is not None and not receipt.duplicate:
            try:
                await self._recording.heard(PATIENCE_S, self.more)
            except VivavoceError:
                self._recording = None
                raise
        return receipt

    async def _begin(self, data: bytes, audio_format: str, client_id: str | None) -> Receipt:
        named = audio_format or self._options.audio_format
        known = canonical_format(named, self._options.sample_rate or None, None, data[:_HEAD])
        options = msgspec.structs.replace(self._options, audio_format=known)
        command = opening(str(uuid_utils.uuid7()), self._user_id, options, streamed=True)
        command = msgspec.structs.replace(command, received_ms=_length_ms(known, data))
        receipt = await self._voice.recordings.store(self._session, command, data, client_id)
        if not receipt.duplicate:
            self._recording = await self._voice.listen_to_chunks(self._session, command.recording_id)
        return receipt

    def finish(self) -> None:
        """No more chunks come: what is open is heard to its end."""
        if self._recording is not None:
            self._recording.finish()
            self._recording = None

    def left(self, grace_s: float) -> None:
        """The sender is gone; without a new chunk from them the recording ends after the grace."""
        recording, self._recording = self._recording, None
        if recording is not None and recording.holder is self:
            recording.end_after(grace_s)


def _goes_on(audio_format: str, chunk: bytes) -> bool:
    """Whether a chunk continues a recording: raw continuation, or samples with a WAV header of their own. A chunk with
    another header begins a recording of its own."""
    from vivavoce.speech.formats import sniffed_format

    sniffed = sniffed_format(chunk[:_HEAD])
    if audio_format.startswith("pcm"):
        return sniffed != "wav"
    if audio_format == "wav":
        return sniffed in (None, "wav", "mp3")  # samples may look like a frame of MPEG
    if sniffed is None or (audio_format == "mp3" and chunk[:3] != b"ID3"):
        return True
    return audio_format == "ogg" and sniffed == "ogg" and not (len(chunk) > 5 and chunk[5] & 0x02)


def _continuation(audio_format: str, chunk: bytes) -> bytes:
    """The chunk without a header of its own, so that the stored bytes are one file."""
    if audio_format != "wav" or chunk[:4] not in (b"RIFF", b"RF64"):
        return chunk
    from vivavoce.speech.wav import read_header

    header = read_header(chunk)
    return chunk if header is None else chunk[header.data_at :]


def _length_ms(audio_format: str, chunk: bytes) -> int:
    """How long plain samples last; 0 where their bytes do not tell."""
    if audio_format == "wav":
        return _wav_length_ms(chunk)
    rate = plain_rate(audio_format)
    return len(chunk) * 1000 // rate if rate else 0


def _wav_length_ms(chunk: bytes) -> int:
    from vivavoce.speech.wav import read_header

    try:
        header = read_header(chunk)
    except VivavoceError:
        return 0  # the recogniser says what is wrong with it
    return (len(chunk) - header.data_at) * 1000 // (header.rate * header.frame_bytes) if header is not None else 0

"""Storing audio: on disk first, then an event that says so (SPEC.md 0.1), then the acknowledgement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.domain.interview import InterviewPlan
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.decide import Context, decide
from vivavoce.domain.session.state import Recording
from vivavoce.ports import BlobsFullError, BlobStore, StoreUnavailableError
from vivavoce.session.hub import Sessions
from vivavoce.session.running import Receipt, RunningSession

#: A recording that comes whole is written in pieces of about this size, an event each.
PIECE: Final = 4 << 20
_HEAD: Final = 64
#: What is read from a stored recording at once.
_READ: Final = 256 << 10


class AudioOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender says about a recording. `in_one`: all of it is one input, however long the pauses."""

    audio_format: str
    sample_rate: int = 0
    channels: int = 0
    language: str = ""
    context: str = ""
    interrupts: bool = False
    in_one: bool = False


class Stored(msgspec.Struct, frozen=True):
    """A recording that is safe. `duplicate`: it was sent before, and this is the first one."""

    recording_id: str
    receipt: Receipt
    size: int


class Recordings:
    def __init__(self, blobs: BlobStore, sessions: Sessions) -> None:
        self._blobs = blobs
        self._sessions = sessions

    def check(self, session: RunningSession, user_id: str, options: AudioOptions) -> None:
        """Raise what storing would raise, before anything is captured."""
        command = opening("check", user_id, options)
        decide(session.state, command, Context(self._sessions.clock.now_ms(), self._sessions.policy, user_id))

    async def store(
        self, session: RunningSession, command: c.StoreAudio, data: bytes, client_id: str | None = None
    ) -> Receipt:
        """Write bytes of a recording and note them. Raises VivavoceError; then nothing is noted."""
        command = msgspec.structs.replace(command, size=len(data))
        if data:
            await self._write(blob_name(session.session_id, command.recording_id), command.offset, data)
        return await session.submit(command, command.user_id, client_id)

    async def store_whole(
        self,
        session: RunningSession,
        user_id: str,
        chunks: AsyncIterator[bytes],
        options: AudioOptions,
        client_id: str | None,
        limit: int,
    ) -> Stored:
        """Store a recording that comes whole, while it comes. It is one when its last byte is safe.

        Raises too_large above `limit` bytes, invalid_payload for nothing, unsupported_media by its first bytes.
        """
        known = await self._known(session, user_id, options, client_id)
        if known is not None:
            return known
        recording_id = str(uuid_utils.uuid7())
        command = opening(recording_id, user_id, options)
        waiting = bytearray()
        size = 0
        begun = False
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise too_large(f"a recording has at most {limit} bytes", limit, field="audio_data")
                waiting += chunk
                if len(waiting) >= PIECE:
                    if not begun:
                        command = _named(command, options, bytes(waiting[:_HEAD]))
                    begun = True
                    await self.store(session, command, bytes(waiting))
                    command = msgspec.structs.replace(command, offset=command.offset + len(waiting))
                    waiting.clear()
            if not begun:
                command = _named(command, options, bytes(waiting[:_HEAD]))
            command = msgspec.structs.replace(command, complete=True)
            receipt = await self.store(session, command, bytes(waiting), client_id)
        except BaseException:
            await self._discard(session, recording_id, user_id, begun=begun)
            raise
        if receipt.duplicate:
            await self._discard(session, recording_id, user_id, begun=begun)
        return Stored(recording_of(receipt), receipt, size)

    async def _known(
        self, session: RunningSession, user_id: str, options: AudioOptions, client_id: str | None
    ) -> Stored | None:
        """The recording, if it was sent before and would not fit any more. Raises why it does not fit."""
        try:
            self.check(session, user_id, options)
        except VivavoceError:
            if client_id is None:
                raise
            receipt = await session.submit(opening("again", user_id, options), user_id, client_id)
            return Stored(recording_of(receipt), receipt, 0)
        return None

    async def pieces(self, session_id: str, recording: Recording) -> AsyncIterator[bytes]:
        """The stored bytes of a recording, in order."""
        name = blob_name(session_id, recording.recording_id, recording.audio_format if recording.filed else "")
        at, size = 0, recording.size
        while at < size:
            piece = await self._blobs.read(name, at, min(size, at + _READ))
            if not piece:
                return
            at += len(piece)
            yield piece

    async def replace(self, session_id: str, recording_id: str, suffix: str, pieces: AsyncIterator[bytes]) -> int:
        """Store what a recording was turned into; its size in bytes."""
        name = blob_name(session_id, recording_id, suffix)
        size = 0
        async for piece in pieces:
            size = await self._write(name, size, piece)
        return size

    async def forget_raw(self, session_id: str, recording_id: str) -> None:
        """Remove the bytes as they came."""
        await self._blobs.delete(blob_name(session_id, recording_id))

    async def _discard(self, session: RunningSession, recording_id: str, user_id: str, *, begun: bool) -> None:
        """Of a recording that never became one nothing stays."""
        try:
            if begun:
                plan = session.state.plan or InterviewPlan(competencies=(), bank_version="")
                await session.submit(c.RecordSpeech(recording_id=recording_id, plan=plan, finished=True), user_id)
            await self._blobs.delete(blob_name(session.session_id, recording_id))
        except (VivavoceError, StoreUnavailableError):
            return

    async def _write(self, name: str, offset: int, data: bytes) -> int:
        try:
            return await self._blobs.write(name, offset, data)
        except BlobsFullError as error:
            raise VivavoceError(
                "unavailable", "the storage for recordings is full", reason="audio_storage_full"
            ) from error
        except StoreUnavailableError as error:
            raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error


def blob_name(session_id: str, recording_id: str, suffix: str = "") -> str:
    return f"{session_id}/{recording_id}" + (f".{suffix}" if suffix else "")


def recording_of(receipt: Receipt) -> str:
    """The recording that a StoreAudio was about."""
    stored = receipt.events[-1].data if receipt.events else None
    return stored.recording_id if isinstance(stored, e.AudioStored) else ""


def opening(recording_id: str, user_id: str, options: AudioOptions, *, streamed: bool = False) -> c.StoreAudio:
    """The first command of a recording, with nothing in it yet."""
    return c.StoreAudio(
        user_id=user_id,
        recording_id=recording_id,
        offset=0,
        size=0,
        received_ms=0,
        audio_format=options.audio_format,
        sample_rate=options.sample_rate,
        streamed=streamed,
        in_one=options.in_one,
        language=options.language,
        context=options.context,
        interrupts=options.interrupts,
    )


def plain_rate(audio_format: str) -> int:
    """Bytes a second of raw samples; 0 for formats of which bytes do not tell the time."""
    from vivavoce.speech.formats import pcm_layout

    if not audio_format.startswith("pcm"):
        return 0
    layout = pcm_layout(audio_format)
    return layout.rate * layout.channels * 2


def canonical_format(name: str, rate: int | None = None, channels: int | None = None, head: bytes = b"") -> str:
    """One name for each format: `webm` for `audio/webm;codecs=opus`, `pcm;rate=48000;channels=1` for raw samples. With
    `head`, the first bytes of the audio, what these show. Raises unsupported_media, invalid_payload without a name."""
    from vivavoce.speech.formats import chosen_format, named_format, pcm_layout

    known = chosen_format(name, head) if head else named_format(name)
    if known is None:
        raise invalid("name the format of the audio", field="data.audio_format")
    if known != "pcm":
        return known
    layout = pcm_layout(name)
    return f"pcm;rate={rate or layout.rate};channels={channels or layout.channels}"


def _named(command: c.StoreAudio, options: AudioOptions, head: bytes) -> c.StoreAudio:
    """With the format that the first bytes show. Raises invalid_payload for none, unsupported_media for no audio."""
    if not head:
        raise invalid("the audio is empty", field="audio_data", reason="empty_audio")
    name = canonical_format(options.audio_format, options.sample_rate, options.channels, head)
    return msgspec.structs.replace(command, audio_format=name)

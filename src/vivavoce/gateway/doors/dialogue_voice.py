"""The audio of one client of the dialogue door: whole recordings, and streams of binary frames."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.domain.ids import check_client_id
from vivavoce.domain.session import events as e
from vivavoce.protocols.dialogue import messages as m
from vivavoce.protocols.dialogue.codec import AUDIO_BYTES
from vivavoce.protocols.dialogue.unheard import error_of
from vivavoce.voice.live import LiveRecording
from vivavoce.voice.recordings import AudioOptions, canonical_format
from vivavoce.voice.speech import Activity, PartialSpeech

if TYPE_CHECKING:
    from vivavoce.gateway.doors.dialogue_connection import DialogueConnection

_BASE64_LIMIT: Final = (AUDIO_BYTES + 2) // 3 * 4
#: Decoding more than this is not done on the event loop.
_SMALL: Final = 128 * 1024
_FIELD: Final = "data.audio_data"


class DialogueVoice:
    """Made when a client sends its first audio. It is the `Sender` of its stream."""

    __slots__ = ("_client", "_live", "_told")

    def __init__(self, client: DialogueConnection) -> None:
        self._client = client
        self._live: LiveRecording | None = None
        self._told = False
        """The client knows that its frames are not taken."""

    # --- messages in --------------------------------------------------------------------------------------------

    def audio_input(self, data: m.AudioInputData) -> None:
        """A whole recording. Nothing else of this client is read before it is stored, so order is kept."""
        client = self._client
        client_id = check_client_id(data.client_id)
        client.door.voice.require()
        if len(data.audio_data) > _BASE64_LIMIT + 256:
            raise too_large(f"audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES, field=_FIELD)
        client.ensure_created()
        client.ws.pause_reading()
        client.door.spawn(self._store(data, client_id), then=client.ws.resume_reading)

    async def _store(self, data: m.AudioInputData, client_id: str | None) -> None:
        client = self._client
        try:
            text = data.audio_data
            audio = await asyncio.to_thread(_decoded, text) if len(text) > _SMALL else _decoded(text)
            stored = await client.door.voice.upload(
                client.session,
                client.identity.user_id,
                _one(audio),
                AudioOptions(
                    audio_format=data.audio_format,
                    sample_rate=data.sample_rate or 0,
                    channels=data.channels or 0,
                    language=data.language or "",
                    context=_as_text(data.context),
                    interrupts="deltas" in client.features,
                ),
                client_id=client_id,
                limit=AUDIO_BYTES,
            )
        except VivavoceError as error:
            client.refuse(error, client_id)
            return
        client.arrive()
        if client.greeted:
            seq, recording_id = stored.receipt.last_seq, stored.recording_id
            client.send(client.status("transcribing", client_id=client_id, seq=seq, recording_id=recording_id))
        if stored.receipt.duplicate:
            await self._answer_again(stored.recording_id)

    async def _answer_again(self, recording_id: str) -> None:
        """The same audio a second time gets the same answer (SPEC.md 0.3)."""
        client = self._client
        state = client.session.state
        answers = [
            entry.answered_by
            for entry in state.inputs
            if entry.spoken is not None and entry.spoken.recording_id == recording_id and entry.answered_by
        ]
        for seq in dict.fromkeys(answers):
            await client.show_again(seq)
        recording = state.recordings.get(recording_id)
        if recording is not None and recording.missed is not None and not answers:
            for recorded in await client.door.sessions.history(client.session.session_id, recording.seq, 500):
                if isinstance(recorded.data, e.SpeechMissed) and recorded.data.recording_id == recording_id:
                    client.send_error(error_of(recorded, recorded.data, state))

    def audio_start(self, data: m.AudioStartData) -> None:
        """Open a stream; one that is open ends with it."""
        client = self._client
        client_id = check_client_id(data.client_id)
        self._told = True
        client.door.voice.require()
        self._finish()
        client.ensure_created()
        client.ws.pause_reading()
        client.door.spawn(self._open(data, client_id), then=client.ws.resume_reading)

    async def _open(self, data: m.AudioStartData, client_id: str | None) -> None:
        client = self._client
        try:
            options = AudioOptions(
                audio_format=canonical_format(data.audio_format, data.sample_rate, data.channels),
                sample_rate=data.sample_rate or 0,
                language=data.language or "",
                context=_as_text(data.context),
                interrupts=True,
                in_one=not data.endpointing,
            )
            live, seq = await client.door.voice.open(
                client.session,
                client.identity.user_id,
                options,
                self,
                client_id=client_id,
                recording_id=data.recording_id or "",
                partials="partials" in client.features,
                patience=data.patience,
            )
        except VivavoceError as error:
            client.refuse(error, client_id)
            return
        self._live = live
        self._told = False
        client.arrive()
        if client.ws.closed:
            self.closed()
        elif client.greeted:
            client.send(client.status("listening", client_id=client_id, seq=seq, recording_id=live.recording_id))

    def frame(self, data: bytes) -> None:
        """A binary frame of the open stream."""
        if len(data) > AUDIO_BYTES:
            raise too_large(f"a frame of audio has at most {AUDIO_BYTES} bytes", AUDIO_BYTES)
        if self._live is not None:
            if not self._live.feed(data):
                self._client.ws.pause_reading()
        elif not self._told:
            self._client.door.voice.require()
            self._told = True
            raise _no_stream()

    def audio_end(self) -> None:
        if self._live is not None:
            self._finish()
        elif not self._told:
            raise _no_stream()
        self._told = False

    def _finish(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.finish()

    def closed(self) -> None:
        """The connection is gone, or moved to another session."""
        live, self._live = self._live, None
        if live is not None:
            self._client.door.voice.left(live, self)

    # --- calls of the recording ---------------------------------------------------------------------------------

    def audio_stored(self, recording_id: str, received_ms: int, received_bytes: int, seq: int, *, last: bool) -> None:
        self._client.send(
            m.AudioAck(
                received_ms=received_ms, received_bytes=received_bytes, recording_id=recording_id, last=last, seq=seq
            )
        )

    def audio_refused(self, error: VivavoceError) -> None:
        self._live = None
        self._told = True
        self.room_again()
        self._client.send_error(error)

    def room_again(self) -> None:
        self._client.ws.resume_reading()


def ephemeral_of(message: object, client: DialogueConnection) -> m.ServerMessage | None:
    """What a client that asked for `partials` is told while somebody speaks."""
    if "partials" not in client.features:
        return None
    if isinstance(message, PartialSpeech):
        return m.PartialTranscription(
            transcription=message.text,
            language=message.language,
            recording_id=message.recording_id,
            start_s=message.start_s,
            end_s=message.end_s,
            user_id=message.user_id,
        )
    if isinstance(message, Activity):
        return client.status(message.kind, recording_id=message.recording_id)
    return None


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


async def _one(audio: bytes) -> AsyncIterator[bytes]:
    yield audio


def _as_text(context: object) -> str:
    if context is None or isinstance(context, str):
        return context or ""
    return msgspec.json.encode(context).decode()


def _no_stream() -> VivavoceError:
    return invalid("no stream of audio is open; send audio_start first", reason="no_audio_stream")

"""The speech pipeline: one pool of recognisers, any number of streams, and whole recordings at once."""

from __future__ import annotations

from collections.abc import Callable

from vivavoce.domain.errors import VivavoceError, too_large
from vivavoce.domain.speech import Script, VoiceDetector
from vivavoce.speech.events import Closed, Transcript
from vivavoce.speech.events import Final as FinalEvent
from vivavoce.speech.joining import join_text
from vivavoce.speech.pool import PoolHealth, RecogniserPool
from vivavoce.speech.speakers import SoundTap
from vivavoce.speech.stream import SpeechLimits, SpeechStream, StreamOptions

OpenDetector = Callable[[], VoiceDetector]
"""Opens the voice detector of a new stream; raises `unavailable` when its model is missing."""

_FEED_BYTES = 1 << 18


class SpeechPipeline:
    """Everything between bytes of audio and transcripts.

    The pool is started and stopped by whoever made it; a stream or a recording that is asked for while it is not
    running is refused with `unavailable`.
    """

    def __init__(self, pool: RecogniserPool, open_detector: OpenDetector, limits: SpeechLimits | None = None) -> None:
        self._pool = pool
        self._open_detector = open_detector
        self._limits = limits or SpeechLimits()

    def health(self) -> PoolHealth:
        """The recognisers' state."""
        return self._pool.health()

    def open_stream(self, options: StreamOptions, tap: SoundTap | None = None) -> SpeechStream:
        """A stream to feed. Must be called on the event loop. `tap` hears the sound too, in the stream's thread.

        Raises `unsupported_media` for an unknown format's name and `unavailable` without models.
        """
        return SpeechStream(self._pool, self._open_detector(), options, self._limits, tap)

    async def transcribe(
        self,
        data: bytes,
        audio_format: str | None = None,
        language: str | None = None,
        *,
        script: Script = "simplified",
        prompt: str = "",
        header: bytes | None = None,
        live: bool = False,
    ) -> Transcript:
        """Transcribes a whole recording; `header` completes a WebM chunk that has none (see `SpeechStream.header`).

        `live` puts it before other recordings, for an answer somebody waits for. Raises `too_large`,
        `unsupported_media`, `invalid_payload` (no sound in it) or `unavailable`; silence is an empty text.
        """
        if len(data) > self._limits.recording_bytes:
            raise too_large("the recording is too large", self._limits.recording_bytes, field="audio_data")
        if not data:
            raise VivavoceError("invalid_payload", "the audio is empty", info={"field": "audio_data"})
        options = StreamOptions(
            audio_format=audio_format,
            language=language,
            script=script,
            prompt=prompt,
            partials=False,
            recording=True,
            urgent=live,
        )
        stream = self.open_stream(options)
        try:
            whole = (header or b"") + data
            for first in range(0, len(whole), _FEED_BYTES):
                await stream.feed(whole[first : first + _FEED_BYTES])
            await stream.finish()
            return await self._gathered(stream, language)
        finally:
            await stream.close()

    @staticmethod
    async def _gathered(stream: SpeechStream, language: str | None) -> Transcript:
        utterances: list[FinalEvent] = []
        closed = Closed(duration_s=0.0)
        async for event in stream:
            if isinstance(event, FinalEvent):
                utterances.append(event)
            elif isinstance(event, Closed):
                closed = event
        text = ""
        spoken: dict[str, float] = {}
        for utterance in utterances:
            text = join_text(text, utterance.text)
            spoken[utterance.language] = spoken.get(utterance.language, 0.0) + utterance.end_s - utterance.start_s
        known = [(item.confidence, len(item.text)) for item in utterances if item.confidence is not None]
        total = sum(weight for _, weight in known)
        return Transcript(
            text=text,
            language=max(spoken, key=lambda code: spoken[code]) if spoken else language or "und",
            confidence=round(sum(value * weight for value, weight in known) / total, 3) if total else None,
            duration_s=closed.duration_s,
            utterances=tuple(utterances),
            truncated=closed.truncated,
        )

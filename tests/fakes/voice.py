"""Voice without models: the whole way of audio with the recogniser that hears tones (see `tests.fakes.speech`)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from tests.fakes.speech import FACTORY, LoudnessDetector, ToneSettings
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import PoolSettings, RecogniserPool
from vivavoce.speech.speakers import OneSpeaker
from vivavoce.speech.stream import SpeechLimits
from vivavoce.voice.speech import VoiceState, voice_unavailable

ROOT = Path(__file__).resolve().parents[2]


class ToneSpeech:
    """Recognisers of tones in real worker processes. `opens` False: models that do not come before `open`."""

    def __init__(self, *, opens: bool = True, recording_s: float = 300.0, **tones: object) -> None:
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        settings = msgspec.msgpack.encode(ToneSettings(**tones))  # type: ignore[arg-type]
        self.pool = RecogniserPool(PoolSettings(factory=FACTORY, settings=settings, workers=1))
        self.limits = SpeechLimits(stream_s=600.0, recording_s=recording_s)
        self.state: VoiceState = "fetching"
        self.fetched: float | None = None
        self._opens = opens
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._opens:
            self.open()

    def open(self) -> None:
        """The models are there."""
        self._task = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        await self.pool.start()
        self.state = "ready"
        self._opened.set()

    async def stop(self) -> None:
        if self._task is not None:
            await self._task
            await self.pool.stop()

    def pipeline(self) -> SpeechPipeline:
        if not self._opened.is_set():
            raise voice_unavailable()
        return SpeechPipeline(self.pool, LoudnessDetector, self.limits)

    def open_tracker(self, memory: bytes) -> OneSpeaker:
        """Tones tell nobody apart."""
        return OneSpeaker()

    async def ready(self) -> SpeechPipeline:
        await self._opened.wait()
        return self.pipeline()

"""A speech pipeline whose recogniser hears tones, in real worker processes; and one with the real models."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from tests.fakes.speech import FACTORY, LoudnessDetector, ToneSettings
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import PoolSettings, RecogniserPool
from vivavoce.speech.stream import SpeechLimits

ROOT = Path(__file__).resolve().parents[3]
TESTDATA = ROOT.parent / "shared" / "testdata"

MakePool = Callable[..., RecogniserPool]


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    # The worker imports the tests' own recogniser.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
async def make_pool() -> AsyncIterator[MakePool]:
    pools: list[RecogniserPool] = []

    def make(
        workers: int = 1, *, queue_limit: int = 64, job_timeout_s: float = 20.0, **tones: object
    ) -> RecogniserPool:
        settings = PoolSettings(
            factory=FACTORY,
            settings=msgspec.msgpack.encode(ToneSettings(**tones)),  # type: ignore[arg-type]
            workers=workers,
            queue_limit=queue_limit,
            job_timeout_s=job_timeout_s,
            timeout_for_each_audio_s=0.0 if job_timeout_s < 20 else 4.0,
        )
        pools.append(RecogniserPool(settings))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.stop()


@pytest.fixture
async def pipeline(make_pool: MakePool) -> SpeechPipeline:
    pool = make_pool(2)
    await pool.start()
    return SpeechPipeline(pool, LoudnessDetector, SpeechLimits(stream_s=600.0, recording_s=300.0))

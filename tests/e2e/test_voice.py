"""An interview by voice in a real browser whose microphone is a file: from the device check to a report that plays
the quoted words."""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
from bench.speech.sounds import silence, speak

from tests.integration.server import ServerProcess
from tests.models import FETCH_TIMEOUT_S
from vivavoce.domain.interview import Language
from vivavoce.domain.speech import SAMPLE_RATE
from vivavoce.engines.asr.registry import FACTORY, RecogniserSpec
from vivavoce.engines.vad.silero import SileroModel
from vivavoce.speech.measures import word_errors
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import PoolSettings, RecogniserPool

WEB = Path(__file__).parent.parent.parent / "web"
SENTENCES: dict[Language, str] = {
    "en": "I led the migration of our payment system because the old one was slow. As a result, refunds took four"
    " seconds instead of ninety.",
    "ko": "저는 결제 시스템 이전을 직접 이끌었습니다. 그 결과 환불 시간이 줄었습니다.",
}
#: After each sentence the microphone hears nothing for so long: time enough to be sure that it has ended.
PAUSE_S = 4.0
#: A part of an answer is understood again without what stood before and after it.
MARGIN = 0.5
#: How alike the loudness of two recordings of the same words is, over time; of other words it is far below.
ALIKE = 0.75
_FRAME = SAMPLE_RATE // 50

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(FETCH_TIMEOUT_S),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed"),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
    pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="the web packages are not installed (`make setup`)"),
]


def microphone(path: Path, language: Language) -> float:
    """Write what the browser's microphone hears, over and over; the seconds until the speech in it is over."""
    said = speak(SENTENCES[language], language, 130)
    samples = np.concatenate([silence(0.5), said, silence(PAUSE_S)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32_000).astype("<i2").tobytes())
    return 0.5 + len(said) / SAMPLE_RATE


def loudness(path: Path) -> np.ndarray:
    """Of each fiftieth of a second of a file with one channel of 16 bits at 16 kHz."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def likeness(part: np.ndarray, whole: np.ndarray) -> float:
    """The best correlation of `part` with a stretch of `whole` that is repeated without end."""
    repeated = np.tile(whole, 2 + len(part) // len(whole))
    return max(float(np.corrcoef(part, repeated[start : start + len(part)])[0, 1]) for start in range(len(whole)))


def found(output: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*)$", output, re.MULTILINE)
    assert match is not None, output
    return match.group(1)


async def understood(models: Path, clip: Path, language: Language) -> str:
    spec = msgspec.msgpack.encode(RecogniserSpec(models_dir=str(models)))
    pool = RecogniserPool(PoolSettings(factory=FACTORY, settings=spec, workers=1, job_timeout_s=60.0))
    await pool.start()
    try:
        pipeline = SpeechPipeline(pool, SileroModel(models / "silero-vad-v6" / "silero_vad_v6.onnx").open)
        return (await pipeline.transcribe(clip.read_bytes(), "wav", language)).text
    finally:
        await pool.stop()


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_from_device_check_to_a_report_that_plays_the_quoted_words(
    tmp_path: Path, speech_models: Path, language: Language
) -> None:
    """A synthesiser's Korean is hard to understand: there the candidate says what was misheard, and is quoted so; what
    is played is then known by how loud it is when."""
    heard_by_browser, clip = tmp_path / "microphone.wav", tmp_path / "clip.wav"
    speech_s = microphone(heard_by_browser, language)
    server = ServerProcess(tmp_path / "data", {"VIVAVOCE_MODELS_DIR": str(speech_models)})
    server.start()
    command = ["node", "scripts/voice-journey.mjs", "--language", language]
    command += ["--link", f"{server.base}/sign-in?link={server.link}"]
    command += ["--microphone", str(heard_by_browser), "--seconds", str(round(speech_s))]
    command += ["--clip", str(clip), "--pictures", str(Path(__file__).parent / "screenshots" / f"voice-{language}")]
    if language == "ko":
        command += ["--correction", SENTENCES["ko"]]
    try:
        journey = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=480, check=False)
    finally:
        server.stop()
    assert journey.returncode == 0, f"{journey.stdout}\n{journey.stderr[-2000:]}\n{server.output()[-2000:]}"

    start_s, end_s = map(float, found(journey.stdout, "SECONDS").split("-"))
    with wave.open(str(clip)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(end_s - start_s, abs=0.05)
    assert likeness(loudness(clip), loudness(heard_by_browser)) >= ALIKE
    quoted = found(journey.stdout, "QUOTED")
    if language == "en":
        text = await understood(speech_models, clip, language)
        assert word_errors(quoted, text).rate <= MARGIN, text
    else:
        assert quoted in SENTENCES[language]

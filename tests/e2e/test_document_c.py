"""Document C's client in a real browser: the same words in every format, from files and from a MediaRecorder."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bench.speech.setup import clips, decoded
from bench.speech.sounds import silence, speak

from tests.integration.server import ServerProcess
from tests.integration.speech.test_streams import FORMATS, encoded
from tests.models import FETCH_TIMEOUT_S
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.asr.openai_compatible import wav_bytes
from vivavoce.speech.measures import word_errors

WEB = Path(__file__).parent.parent.parent / "web"
TEXT = "I worked on the payment system for three years, and we made it four times as fast as it was before."
RECORDED = ("recorder in pieces", "recorder as webm", "recorder as wav")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(FETCH_TIMEOUT_S),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed"),
    pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="the web packages are not installed (`make setup`)"),
]


def synthesised() -> Samples:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: nothing to say")
    return speak(TEXT, "en", 140)


def human() -> Samples:
    clip = next((clip for clip in clips() if clip.path.name == "jfk.flac"), None)
    if clip is None:
        pytest.skip("the recordings beside the checkout are absent")
    return decoded(clip.path)


@pytest.mark.parametrize("source", [synthesised, pytest.param(human, marks=pytest.mark.testdata)])
def test_the_same_words_in_every_format_within_two_percent(
    tmp_path: Path, speech_models: Path, source: Callable[[], Samples]
) -> None:
    samples = np.concatenate([silence(0.5), source(), silence(0.5)])
    files = tmp_path / "files"
    files.mkdir()
    (files / "words.wav").write_bytes(wav_bytes(samples))
    for name, (container, codec) in FORMATS.items():
        (files / f"words.{name}").write_bytes(encoded(samples, container, codec))
    # The browser plays its microphone again and again: after the words nobody says anything for long.
    microphone = tmp_path / "microphone.wav"
    microphone.write_bytes(wav_bytes(np.concatenate([samples, silence(60.0)])))
    server = ServerProcess(tmp_path / "data", {"VIVAVOCE_MODELS_DIR": str(speech_models)})
    server.start()
    command = ["node", "scripts/document-c.mjs", "--base", server.base, "--files", str(files)]
    command += ["--microphone", str(microphone), "--seconds", str(len(samples) / SAMPLE_RATE + 1.0)]
    try:
        run = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=200, check=False)
    finally:
        server.stop()
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr[-2000:]}\n{server.output()[-2000:]}"

    heard = dict(re.findall(r"^([^:\n]+): (.*)$", run.stdout, re.MULTILINE))
    assert set(heard) >= {"wav", *FORMATS, *RECORDED}
    assert len(heard["wav"].split()) >= 15
    assert int(heard["pieces"]) >= 2 * len(samples) / SAMPLE_RATE
    for name in (*FORMATS, *RECORDED):
        assert word_errors(heard["wav"], heard[name]).rate <= 0.02, f"{name}: {heard[name]}\nwav: {heard['wav']}"

"""The core imports and runs without the extra `speech`, and says in a sentence what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
for name in ("av", "soxr", "onnxruntime", "faster_whisper", "ctranslate2", "opencc", "sherpa_onnx"):
    sys.modules[name] = None
from pathlib import Path
from vivavoce.domain.errors import VivavoceError
import vivavoce.models_cli
import vivavoce.speech.pipeline
from vivavoce.engines.asr.contract import in_script
from vivavoce.engines.asr.moonshine import MoonshineRecogniser
from vivavoce.engines.asr.sherpa import SherpaRecogniser
from vivavoce.engines.asr.whisper import WhisperRecogniser
from vivavoce.engines.vad.silero import SileroModel
from vivavoce.speech.decoding import open_resampler

here = Path(".")
for missing in (
    lambda: MoonshineRecogniser(here),
    lambda: WhisperRecogniser(here),
    lambda: SherpaRecogniser(here, kind="sense_voice"),
    lambda: SileroModel(here),
    lambda: open_resampler(48000),
):
    try:
        missing()
    except VivavoceError as error:
        assert error.code == "unavailable", error
        assert error.reason == "speech_missing", error
        print(error.details)
    else:
        raise SystemExit("nothing was missing")
assert in_script("廣州", "simplified") == "廣州"
"""


@pytest.mark.slow
def test_without_the_extra_everything_imports_and_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    sentences = done.stdout.splitlines()
    assert len(sentences) == 5
    assert all("is not installed: install the extra" in sentence for sentence in sentences)

"""Six people talk into one real browser's microphone, and a report is made of what they said."""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from bench.speech.sounds import silence

from tests.integration.server import ServerProcess
from tests.models import FETCH_TIMEOUT_S
from tests.voices import said
from vivavoce.domain.speech import SAMPLE_RATE, Samples

WEB = Path(__file__).parent.parent.parent / "web"
#: Six that an embedding of voices takes for six (`tests.voices.said`): no two are more alike than 0.34.
VOICES = (
    ("croak", 30, 1.0), ("f5", 30, 1.3), ("f5", 80, 0.78), ("Andy", 80, 0.78), ("klatt2", 30, 1.3), ("f5", 80, 1.0),
)  # fmt: skip
#: Who (of VOICES) says what: two ask, four answer.
TALK = (
    (0, "Good morning everybody. Could you tell us about a project that you led?"),
    (2, "I led the migration of our payment system because the old one was slow. As a result, refunds took four seconds"
        " instead of ninety."),
    (1, "What did you learn when something went wrong?"),
    (3, "I wrote the tests myself, and I learned to measure before changing anything."),
    (0, "How do you work with other teams?"),
    (4, "I asked the people in support what they needed, and we planned the work together."),
    (1, "Why do you want to work with us?"),
    (5, "I want to build tools for teachers, because I taught for three years."),
    (0, "What would you do in your first month?"),
    (2, "I would talk to ten customers, and then I would write down what slows them down."),
    (3, "I would read the code and repair the slowest report first."),
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(FETCH_TIMEOUT_S),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's chromium is not installed"),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
    pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="the web packages are not installed (`make setup`)"),
]


def panel(path: Path) -> float:
    """Write what the browser's microphone hears; its seconds."""
    parts: list[Samples] = [silence(1.0)]
    for who, text in TALK:
        parts += [said(*VOICES[who], text), silence(0.9)]
    samples = np.concatenate(parts)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 30_000).astype("<i2").tobytes())
    return len(samples) / SAMPLE_RATE


def printed(output: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*)$", output, re.MULTILINE)
    assert match is not None, output
    return match.group(1)


def test_six_people_are_heard_by_a_browser_told_apart_and_reported(tmp_path: Path, speech_models: Path) -> None:
    microphone = tmp_path / "panel.wav"
    seconds = panel(microphone)
    server = ServerProcess(tmp_path / "data", {"VIVAVOCE_MODELS_DIR": str(speech_models)})
    server.start()
    command = ["node", "scripts/panel-journey.mjs", "--link", f"{server.base}/sign-in?link={server.link}"]
    command += ["--microphone", str(microphone), "--seconds", str(round(seconds))]
    command += ["--utterances", str(len(TALK) - 2)]
    command += ["--pictures", str(Path(__file__).parent / "screenshots" / "panel")]
    try:
        journey = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=600, check=False)
    finally:
        server.stop()
    assert journey.returncode == 0, f"{journey.stdout}\n{journey.stderr[-2000:]}\n{server.output()[-2000:]}"
    # One voice of six may be taken for another's: they are a machine's.
    assert 5 <= int(printed(journey.stdout, "VOICES")) <= 6
    assert int(printed(journey.stdout, "UTTERANCES")) >= len(TALK) - 2
    assert int(printed(journey.stdout, "CANDIDATES")) >= 4
    assert int(printed(journey.stdout, "QUOTED")) >= 1
    assert printed(journey.stdout, "FILES") == "pdf csv xlsx"

"""One contract for every recogniser (DESIGN 7). Engines whose models or packages are missing are skipped, saying so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from bench.speech.sounds import speak

from tests.fakes.speech import ToneRecogniser, ToneSettings, spoken, tone
from tests.fakes.transcription_server import TranscriptionServer
from tests.models import MODELS
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, Recogniser, RecognitionRequest, Samples
from vivavoce.engines.asr.openai_compatible import OpenAiCompatibleRecogniser
from vivavoce.engines.asr.registry import RecogniserSpec, open_recogniser

ENGINES = {
    "moonshine": RecogniserSpec(models_dir=str(MODELS), engine="moonshine"),
    "whisper-base": RecogniserSpec(models_dir=str(MODELS), engine="whisper", model="whisper-base-int8"),
    "whisper-small": RecogniserSpec(models_dir=str(MODELS), engine="whisper", model="whisper-small-int8"),
    "routed": RecogniserSpec(models_dir=str(MODELS), engine="auto"),
    "sherpa": RecogniserSpec(models_dir=str(MODELS), engine="sherpa", model="sherpa-sense-voice-int8"),
}
TONES = ("tones", "openai-compatible")


@pytest.fixture(scope="module", params=[*TONES, *(pytest.param(name, marks=pytest.mark.slow) for name in ENGINES)])
def engine(request: pytest.FixtureRequest) -> Iterator[tuple[str, Recogniser]]:
    if request.param == "tones":
        yield request.param, ToneRecogniser(ToneSettings())
        return
    if request.param == "openai-compatible":
        with TranscriptionServer() as server:
            yield request.param, OpenAiCompatibleRecogniser(server.url, "tones")
        return
    try:
        recogniser = open_recogniser(msgspec.msgpack.encode(ENGINES[request.param]))
    except VivavoceError as error:
        pytest.skip(f"{request.param}: {error.details}")
    yield request.param, recogniser
    recogniser.close()


@pytest.fixture(scope="module")
def say(engine: tuple[str, Recogniser]) -> Callable[[], tuple[Samples, set[str]]]:
    """English that the engine understands, with words that must be in its text."""

    def tones() -> tuple[Samples, set[str]]:
        return spoken(0.3, "one", 0.3, "two", 0.3), {"one", "two"}

    def speech() -> tuple[Samples, set[str]]:
        if shutil.which("espeak-ng") is None:
            pytest.skip("espeak-ng is not installed: nothing to say")
        return speak("The weather is very good today.", "en", 140), {"weather", "good", "today"}

    return tones if engine[0] in TONES else speech


ENGLISH = RecognitionRequest(language="en")


def test_it_has_a_name_and_languages(engine: tuple[str, Recogniser]) -> None:
    assert engine[1].name
    assert "en" in engine[1].languages()


def test_it_writes_down_what_was_said(
    engine: tuple[str, Recogniser], say: Callable[[], tuple[Samples, set[str]]]
) -> None:
    samples, words = say()
    heard = engine[1].recognise(samples, ENGLISH)
    assert heard.language == "en"
    found = {word.strip(".,!?").lower() for word in heard.text.split()}
    assert len(words & found) >= len(words) - 1
    assert heard.confidence is None or 0.0 <= heard.confidence <= 1.0
    assert heard.engine


def test_words_are_in_order_and_inside_the_audio(
    engine: tuple[str, Recogniser], say: Callable[[], tuple[Samples, set[str]]]
) -> None:
    samples, _ = say()
    heard = engine[1].recognise(samples, ENGLISH)
    assert heard.words
    times = [moment for word in heard.words for moment in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert times[0] >= 0.0
    assert times[-1] <= len(samples) / SAMPLE_RATE + 0.05
    assert "".join(word.text for word in heard.words).replace(" ", "") == heard.text.replace(" ", "")


@pytest.mark.parametrize("duration_s", [0.0, 0.01, 1.0, 30.0])
def test_silence_gives_no_text(engine: tuple[str, Recogniser], duration_s: float) -> None:
    heard = engine[1].recognise(np.zeros(int(duration_s * SAMPLE_RATE), np.float32), ENGLISH)
    assert heard.text == ""


def test_the_same_audio_gives_the_same_text(
    engine: tuple[str, Recogniser], say: Callable[[], tuple[Samples, set[str]]]
) -> None:
    samples, _ = say()
    first, second = (engine[1].recognise(samples, ENGLISH) for _ in range(2))
    assert first.text == second.text


def test_a_word_of_a_fifth_of_a_second_does_not_break_it(engine: tuple[str, Recogniser]) -> None:
    assert isinstance(engine[1].recognise(tone(400, 0.2), ENGLISH).text, str)


def test_samples_that_are_no_numbers_do_not_break_it(engine: tuple[str, Recogniser]) -> None:
    samples = np.full(8000, np.nan, np.float32)
    assert engine[1].recognise(samples, ENGLISH).text == ""


def test_every_quality_is_answered(engine: tuple[str, Recogniser], say: Callable[[], tuple[Samples, set[str]]]) -> None:
    samples, _ = say()
    for quality in ("live", "quick", "final", "best"):
        assert engine[1].recognise(samples, RecognitionRequest(language="en", quality=quality)).language == "en"

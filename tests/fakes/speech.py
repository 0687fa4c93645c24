"""Speech without models: words are tones, so that a test can say exactly what was "spoken" and when."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import numpy as np

from vivavoce.domain.speech import (
    SAMPLE_RATE,
    LanguageGuess,
    Recognition,
    RecognitionRequest,
    Samples,
    Word,
)

WORDS = {
    400: "one",
    600: "two",
    800: "three",
    1000: "four",
    1200: "five",
    1400: "six",
    1600: "seven",
    1800: "eight",
}
PITCHES = {word: pitch for pitch, word in WORDS.items()}
DEADLY, HANGING, REFUSED = 2200, 2600, 3000
FACTORY = "tests.fakes.speech:open_tone_recogniser"


class ToneSettings(msgspec.Struct):
    """`deaths`: a file whose bytes are counted; the deadly tone kills while there are fewer than `die_times`."""

    deaths: str = ""
    die_times: int = 1
    slow_s: float = 0.0
    fails_to_open: bool = False


def tone_word(word: str, duration_s: float = 0.3) -> Samples:
    return tone(PITCHES[word], duration_s)


def tone(pitch: int, duration_s: float = 0.3, level: float = 0.5) -> Samples:
    at = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    return (np.sin(2 * np.pi * pitch * at) * level).astype(np.float32)


def pause(duration_s: float) -> Samples:
    return np.zeros(int(duration_s * SAMPLE_RATE), np.float32)


def spoken(*parts: str | float) -> Samples:
    """Words and pauses in seconds: `spoken("one", 0.2, "two")`."""
    return np.concatenate([tone_word(part) if isinstance(part, str) else pause(part) for part in parts])


def pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


class LoudnessDetector:
    """A voice detector for tones: speech is what is loud."""

    frame_samples = 512

    def probabilities(self, frames: Samples) -> Samples:
        return np.where(np.abs(frames).max(axis=1) > 0.05, 0.95, 0.02).astype(np.float32)


class ToneRecogniser:
    """Writes down the tones it hears, in their order."""

    def __init__(self, settings: ToneSettings) -> None:
        self._settings = settings

    @property
    def name(self) -> str:
        return "tones"

    def languages(self) -> frozenset[str]:
        return frozenset({"en", "ko", "zh"})

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        return LanguageGuess("en", 1.0)

    def close(self) -> None:
        return None

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        time.sleep(self._settings.slow_s)
        words: list[Word] = []
        for start, end in bursts(samples):
            pitch = peak(samples[start:end])
            self._misbehave(pitch)
            if pitch in WORDS:
                words.append(Word(WORDS[pitch], start / SAMPLE_RATE, end / SAMPLE_RATE, 0.9))
        return Recognition(
            text=" ".join(word.text for word in words),
            language=request.language or "en",
            language_probability=0.99,
            confidence=0.9,
            words=tuple(words),
            word_times="measured",
            engine=self.name,
        )

    def _misbehave(self, pitch: int) -> None:
        if pitch == DEADLY:
            path = Path(self._settings.deaths)
            died = path.stat().st_size if path.exists() else 0
            if died < self._settings.die_times:
                with path.open("ab") as file:
                    file.write(b".")
                os._exit(9)
        if pitch == HANGING:
            time.sleep(3600)
        if pitch == REFUSED:
            raise RuntimeError("this tone is not liked")


def bursts(samples: Samples) -> list[tuple[int, int]]:
    """Stretches of one pitch, [start, end) in samples; shorter ones than 60 ms are noise."""
    step = 160
    usable = len(samples) // step * step
    loud = np.abs(samples[:usable]).reshape(-1, step).max(axis=1) > 0.05
    found: list[tuple[int, int]] = []
    start: int | None = None
    for index, is_loud in enumerate([*loud.tolist(), False]):
        if is_loud and start is None:
            start = index
        elif not is_loud and start is not None:
            if index - start >= 6:
                found.append((start * step, index * step))
            start = None
    return found


def peak(samples: Samples) -> int:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return round(float(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)[int(spectrum.argmax())]) / 100) * 100


def open_tone_recogniser(settings: bytes) -> ToneRecogniser:
    decoded = msgspec.msgpack.decode(settings, type=ToneSettings)
    if decoded.fails_to_open:
        raise RuntimeError("no such model")
    return ToneRecogniser(decoded)

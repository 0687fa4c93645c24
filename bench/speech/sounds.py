"""Sounds in which nobody speaks, and speech made by a synthesiser."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from vivavoce.domain.speech import SAMPLE_RATE, Samples

VOICES = {"en": "en-us", "ko": "ko", "zh": "cmn"}


def silence(duration_s: float) -> Samples:
    return np.zeros(int(duration_s * SAMPLE_RATE), np.float32)


def white_noise(duration_s: float, level: float = 0.05, seed: int = 1) -> Samples:
    random = np.random.default_rng(seed)
    return (random.standard_normal(int(duration_s * SAMPLE_RATE)) * level).astype(np.float32)


def pink_noise(duration_s: float, level: float = 0.08, seed: int = 2) -> Samples:
    count = int(duration_s * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum /= np.sqrt(np.maximum(frequencies, 20.0))
    signal = np.fft.irfft(spectrum, count)
    return (signal / np.abs(signal).max() * level * 4).astype(np.float32)


def tone(duration_s: float, frequency: float = 440.0, level: float = 0.3) -> Samples:
    at = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    return (np.sin(2 * np.pi * frequency * at) * level).astype(np.float32)


def music(duration_s: float, seed: int = 3) -> Samples:
    """Chords, a melody with vibrato, a bass and a drum at 100 beats a minute."""
    random = np.random.default_rng(seed)
    signal = np.zeros(int(duration_s * SAMPLE_RATE), np.float32)
    beat = int(0.6 * SAMPLE_RATE)
    chords = [(261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7)]
    scale = np.array([523.3, 587.3, 659.3, 698.5, 784.0, 880.0])
    at = np.arange(beat) / SAMPLE_RATE
    for index in range(len(signal) // beat):
        chord = chords[index // 4 % 4]
        note = np.zeros(beat)
        for pitch in (*chord, chord[0] / 2):
            for harmonic in range(1, 6):
                note += np.sin(2 * np.pi * pitch * harmonic * at) * np.exp(-2.5 * at) / harmonic**1.5 * 0.1
        melody = float(random.choice(scale))
        note += np.sin(2 * np.pi * melody * at + 0.4 * np.sin(2 * np.pi * 5.5 * at)) * np.exp(-1.5 * at) * 0.15
        note += random.standard_normal(beat) * np.exp(-40 * at) * (0.2 if index % 2 else 0.08)
        signal[index * beat : (index + 1) * beat] += note.astype(np.float32)
    return signal / np.float32(np.abs(signal).max()) * np.float32(0.4)


def quiet_sounds(duration_s: float = 60.0) -> dict[str, Samples]:
    """Everything that must give no text."""
    return {
        "silence": silence(duration_s),
        "white noise": white_noise(duration_s),
        "loud white noise": white_noise(duration_s, 0.3),
        "pink noise": pink_noise(duration_s),
        "music": music(duration_s),
        "pure tone": tone(duration_s),
        "low tone": tone(duration_s, 120.0),
    }


def can_speak() -> bool:
    """Whether the synthesiser is installed."""
    return shutil.which("espeak-ng") is not None


def speak(text: str, language: str = "en", speed: int = 150) -> Samples:
    """The text spoken by espeak-ng, 16 kHz."""
    import soxr

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "speech.wav")
        command = ["espeak-ng", "-v", VOICES[language], "-s", str(speed), "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True)
        data = path.read_bytes()
    samples = np.frombuffer(data[44:], "<i2").astype(np.float32) / 32768.0
    rate = int.from_bytes(data[24:28], "little")
    resampled: Samples = soxr.resample(samples, rate, SAMPLE_RATE).astype(np.float32)
    return resampled

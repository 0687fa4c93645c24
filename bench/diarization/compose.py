"""Builds conversations from recordings of single readers: who follows whom, how soon, how loud, through what line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from scipy.signal import butter, sosfilt

from bench.speech.setup import TESTDATA, decoded
from vivavoce.domain.speech import SAMPLE_RATE, Samples

Line = str
"""How the voices arrive: "clean", "telephone", or either with "+noise<dB>"."""

_FRAME: Final = 320


class Reference(msgspec.Struct, frozen=True):
    """One turn as it is: a stretch of one speaker's speech, in seconds."""

    speaker: str
    start_s: float
    end_s: float


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation to build: turns of `turn_s` seconds (between), gaps of `gap_s` (negative: they overlap)."""

    name: str
    speakers: int
    seed: int
    length_s: float = 100.0
    turn_s: tuple[float, float] = (1.5, 8.0)
    gap_s: tuple[float, float] = (0.1, 0.8)
    line: Line = "clean"
    gain_db: float = 0.0
    uneven: bool = False


class Conversation(msgspec.Struct, frozen=True):
    """Samples with who spoke when."""

    name: str
    samples: Samples
    turns: tuple[Reference, ...]


@cache
def readers() -> Mapping[str, tuple[Samples, ...]]:
    """Every reader of the test data with the utterances recorded of them, silence at the ends removed."""
    found: dict[str, tuple[Samples, ...]] = {}
    for folder in sorted((TESTDATA / "speaker").glob("*")):
        found[folder.name] = tuple(_trimmed(decoded(path)) for path in sorted(folder.glob("*.flac")))
    return {name: utterances for name, utterances in found.items() if utterances}


def compose(plan: Plan) -> Conversation:
    """The conversation of a plan; the same plan gives the same samples."""
    rng = np.random.default_rng(plan.seed)
    names = list(rng.permutation(sorted(readers()))[: plan.speakers])
    gains = {name: 10 ** (rng.uniform(-plan.gain_db, plan.gain_db) / 20) for name in names}
    supply = {name: list(rng.permutation(len(readers()[name]))) for name in names}
    offset = dict.fromkeys(names, 0)
    share = rng.dirichlet(np.full(len(names), 1.5)) if plan.uneven else np.full(len(names), 1 / len(names))
    order: list[str] = []
    placed: list[tuple[str, float, Samples]] = []
    at = 0.5
    while at < plan.length_s:
        waiting = [name for name in names if name not in order]
        choices = [name for name in waiting or names if not order or name != order[-1]] or names
        odds = np.array([share[names.index(name)] for name in choices])
        name = str(rng.choice(choices, p=odds / odds.sum()))
        order.append(name)
        piece = _next_piece(name, supply, offset, rng.uniform(*plan.turn_s), rng) * gains[name]
        placed.append((name, at, piece))
        at = max(0.0, at + len(piece) / SAMPLE_RATE + rng.uniform(*plan.gap_s))
    samples = np.zeros(int((max(start + len(piece) / SAMPLE_RATE for _, start, piece in placed) + 0.5) * SAMPLE_RATE))
    turns = []
    for name, start, piece in placed:
        first = int(start * SAMPLE_RATE)
        samples[first : first + len(piece)] += piece
        turns.append(Reference(name, first / SAMPLE_RATE, (first + len(piece)) / SAMPLE_RATE))
    return Conversation(plan.name, _through(plan.line, samples, rng), tuple(turns))


def _next_piece(
    name: str, supply: dict[str, list[int]], offset: dict[str, int], length_s: float, rng: np.random.Generator
) -> Samples:
    """The reader's next stretch of about this length, cut where it is quiet; after the last comes the first."""
    if not supply[name]:
        supply[name] = list(rng.permutation(len(readers()[name])))
    utterance = readers()[name][supply[name][0]][offset[name] :]
    wanted = int(length_s * SAMPLE_RATE)
    if len(utterance) < wanted + SAMPLE_RATE:
        supply[name].pop(0)
        offset[name] = 0
        return _trimmed(utterance)
    search = utterance[wanted - SAMPLE_RATE // 2 : wanted + SAMPLE_RATE // 2]
    levels = _levels(search)
    cut = wanted - SAMPLE_RATE // 2 + int(np.argmin(np.convolve(levels, np.ones(5) / 5, "same"))) * _FRAME
    offset[name] += cut
    return _trimmed(utterance[:cut])


def _levels(samples: Samples) -> Samples:
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.sqrt((frames**2).mean(axis=1))


def _trimmed(samples: Samples) -> Samples:
    """Without what comes before the first sound and after the last: the turns of a conversation are speech, not the
    noise of a reader's room. A sound is well above the recording's own floor."""
    levels = np.convolve(_levels(samples), np.ones(3) / 3, "same")
    floor, voice = np.quantile(levels, 0.05), np.quantile(levels, 0.95)
    loud = np.flatnonzero(levels > max(0.05 * voice, 2.0 * floor))
    return samples[loud[0] * _FRAME : (loud[-1] + 1) * _FRAME] if len(loud) else samples


def _through(line: Line, samples: Samples, rng: np.random.Generator) -> Samples:
    kind, _, noise = line.partition("+noise")
    if noise:
        level = np.sqrt((samples**2).mean() / 10 ** (float(noise) / 10))
        samples = samples + rng.standard_normal(len(samples)) * level
    if kind == "telephone":
        samples = sosfilt(butter(4, [300, 3400], "band", fs=SAMPLE_RATE, output="sos"), samples)
        samples = _companded(samples / np.abs(samples).max() * 0.5)
    peak = float(np.abs(samples).max())
    return (samples / peak * 0.7 if peak > 0.95 else samples).astype(np.float32)


def _companded(samples: Samples) -> Samples:
    """Through the 8-bit logarithmic scale of telephone lines."""
    packed = np.round(np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256) * 127) / 127
    return np.sign(packed) * (np.power(256, np.abs(packed)) - 1) / 255


def labelled_recordings() -> list[tuple[Path, tuple[Reference, ...]]]:
    """The recordings of the test data that say who spoke when."""
    found: list[tuple[Path, tuple[Reference, ...]]] = []
    root = TESTDATA / "diarization"
    for path in sorted(root.glob("*/*.rttm")):
        found.append((path.with_suffix(".flac"), read_rttm(path)))
    for path in sorted(root.glob("*/test_data.json")):
        document = msgspec.json.decode(path.read_bytes())
        for test in document["tests"]["diarization_tests"]:
            turns = [Reference(str(s["speaker_tag"]), s["start_sec"], s["end_sec"]) for s in test["segments"]]
            found.append((path.parent / test["audio_file"], tuple(turns)))
    return found


def read_rttm(path: Path) -> tuple[Reference, ...]:
    rows: Sequence[list[str]] = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
    return tuple(Reference(row[7], float(row[3]), float(row[3]) + float(row[4])) for row in rows)

"""What every recogniser shares: the contract's types, and the small rules an engine needs to keep it.

The Protocol itself is `vivavoce.domain.speech.Recogniser`, because the speech pipeline knows it too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import (
    SAMPLE_RATE,
    LanguageGuess,
    Quality,
    Recogniser,
    Recognition,
    RecognitionRequest,
    Samples,
    Script,
    Word,
)

__all__ = [
    "MAX_AUDIO_S",
    "LanguageGuess",
    "Quality",
    "Recogniser",
    "Recognition",
    "RecognitionRequest",
    "Samples",
    "Script",
    "Word",
    "checked",
    "confidence_of",
    "in_script",
    "looks_doubled",
    "looks_repeated",
    "missing_package",
    "padded",
    "spread_words",
]

MAX_AUDIO_S: Final = 30.0
_SHORTEST_S: Final = 1.0


def checked(samples: Samples) -> Samples:
    """The samples as float32 without NaN. Raises `too_large` over 30 s, `invalid_payload` for a wrong shape."""
    if samples.ndim != 1:
        raise VivavoceError("invalid_payload", "audio must be one channel of samples")
    if len(samples) > MAX_AUDIO_S * SAMPLE_RATE:
        raise VivavoceError("too_large", "a recogniser takes at most 30 s at once", info={"limit": MAX_AUDIO_S})
    return np.nan_to_num(samples.astype(np.float32, copy=False))


def padded(samples: Samples, shortest_s: float = _SHORTEST_S) -> Samples:
    """Very short audio with silence around it: recognisers drop words that touch the edge of what they are given."""
    lacking = int(shortest_s * SAMPLE_RATE) - len(samples)
    if lacking <= 0:
        return samples
    return np.pad(samples, (lacking // 3, lacking - lacking // 3))


def confidence_of(mean_log_probability: float) -> float:
    """A confidence 0–1 from the mean log probability of a token."""
    return round(min(1.0, max(0.0, math.exp(mean_log_probability))), 3)


def looks_repeated(text: str) -> bool:
    """Whether a text goes round in circles, as recognisers do on audio they do not understand.

    Some words (or characters, where words are not spaced) that fill at least half of a text of some length by coming
    three times or more in a row are no speech.
    """
    units: Sequence[str] = text.casefold().split()
    if len(units) < 4:
        units = [character for character in text.casefold() if character.isalnum()]
    if len(units) < 8:
        return False
    for size in range(1, len(units) // 3 + 1):
        run = longest = 0
        for index in range(size, len(units)):
            run = run + 1 if units[index] == units[index - size] else 0
            longest = max(longest, run)
        if longest >= max(size * 2, len(units) // 2 - size, 6):
            return True
    return False


def looks_doubled(text: str) -> bool:
    """Whether a text is the same stretch twice: rarely said so, often written so."""
    bare = "".join(character for character in text.casefold() if character.isalnum())
    return len(bare) >= 8 and len(bare) % 2 == 0 and bare[: len(bare) // 2] == bare[len(bare) // 2 :]


def spread_words(text: str, start_s: float, end_s: float, confidence: float | None) -> tuple[Word, ...]:
    """Words with estimated times: the span is shared out by the length of each word."""
    pieces = text.split()
    if len(pieces) == 1 and len(text) > 4 and not text.isascii():
        pieces = list(text.strip())
    total = sum(len(piece) + 1 for piece in pieces)
    if total == 0 or end_s <= start_s:
        return ()
    words: list[Word] = []
    at = start_s
    for piece in pieces:
        until = at + (end_s - start_s) * (len(piece) + 1) / total
        words.append(Word(piece, round(at, 3), round(until, 3), confidence))
        at = until
    return tuple(words)


def in_script(text: str, script: Script) -> str:
    """Chinese text in the script asked for. Unchanged when no converter is installed."""
    converter = _converter("t2s" if script == "simplified" else "s2t")
    return text if converter is None else str(converter.convert(text))


@lru_cache(maxsize=2)
def _converter(name: str) -> Any:
    try:
        import opencc
    except ImportError:
        return None
    return opencc.OpenCC(name)


def missing_package(package: str, extra: str = "speech") -> VivavoceError:
    """What to raise when an engine's package is not installed."""
    return VivavoceError(
        "unavailable",
        f"{package} is not installed: install the extra `{extra}`",
        reason="speech_missing",
        info={"package": package, "extra": extra},
    )

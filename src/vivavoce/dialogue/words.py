"""Splitting text into words and sentences, per language, and telling languages apart by their script."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from vivavoce.domain.interview import Language

_LATIN_WORD: Final = re.compile(r"[A-Za-zÀ-ɏ0-9][A-Za-zÀ-ɏ0-9'&+#./%-]*")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_LETTER: Final = re.compile(r"[A-Za-zÀ-ɏ]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。!?;！？；])|\n+")
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})

_ENGLISH_SMALL_WORDS: Final = frozenset(
    ["the", "and", "i", "is", "to", "a", "of", "in", "you", "it", "my", "we", "was", "that", "for", "not", "have", "be"]
)

#: Korean particles that hang on a noun, longest first.
_PARTICLES: Final = (
    "에서는", "에게서", "으로는", "으로도", "까지는", "부터는", "이라는", "에서도", "에서의",
    "에서", "에게", "한테", "으로", "까지", "부터", "보다", "처럼", "마다", "라는", "이나", "이랑", "에는", "에도",
    "로는", "과의", "와의", "만을", "만은",
    "은", "는", "이", "가", "을", "를", "의", "에", "로", "와", "과", "도", "만", "랑",
)  # fmt: skip


def normal(text: str) -> str:
    """Return the text with one kind of apostrophe and compatibility forms folded, for matching only."""
    return unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).strip()


@lru_cache(maxsize=2048)
def sentences(text: str) -> tuple[str, ...]:
    """Split into sentences, in order, without empty ones; the pieces stand in the text word for word."""
    return tuple([piece.strip() for piece in _SENTENCE_END.split(text) if piece and piece.strip()])


def without_particle(word: str) -> str:
    """Return a Korean word without the particle that hangs on it, where at least two syllables remain."""
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            return word[: -len(particle)]
    return word


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Fold the commonest English endings, enough to see that "deployed" and "deploys" are one word."""
    for ending in ("ations", "ation", "ments", "ment", "ings", "ing", "ied", "ies", "ed", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def word_count(text: str, language: Language) -> int:
    """Count words; a Chinese text counts its characters and Latin words."""
    if language == "zh":
        return len(_HAN.findall(text)) + len(_LATIN_WORD.findall(text))
    return len(text.split())


@lru_cache(maxsize=2048)
def content_terms(text: str, language: Language, stopwords: frozenset[str]) -> frozenset[str]:
    """Return the terms that carry a topic: English stems, Korean words without particles, Chinese character pairs."""
    folded = normal(text).lower()
    words_found = (word.rstrip(".'/&-") for word in _LATIN_WORD.findall(folded))
    latin = {stem(word) for word in words_found if word not in stopwords and len(word) > 2}
    if language == "ko":
        words = (without_particle(word.strip(".,!?…\"'()“”‘’~")) for word in folded.split())
        return frozenset(latin | {word for word in words if len(word) >= 2 and word not in stopwords})
    if language == "zh":
        pieces: set[str] = set()
        for run in re.findall(r"[\u3400-\u4dbf\u4e00-\u9fff]+", folded):
            pieces.update(run[index : index + 2] for index in range(len(run) - 1))
        return frozenset(latin | {piece for piece in pieces if piece not in stopwords})
    return frozenset(latin)


def has_cue(text: str, cue: str, language: Language) -> bool:
    """Say whether `text` (already `normal` and lower case) holds the cue; Latin cues only from the start of a word."""
    if cue not in text:
        return False
    return not (language == "en" or cue.isascii()) or _at_word_start(cue).search(text) is not None


@cache
def _at_word_start(cue: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(cue)}")


def script_language(text: str) -> Language | None:
    """Tell a text's language by its script, None where it is too short or mixed to say.

    A Hangul or Han character says about as much as two and a half Latin letters. Latin script alone may be a list of
    product names, so English needs some of its small words too.
    """
    hangul, han, latin = (len(pattern.findall(text)) for pattern in (_HANGUL, _HAN, _LATIN_LETTER))
    weight = (hangul + han) * 2.5 + latin
    if weight < 8:
        return None
    if hangul >= 3 and hangul * 2.5 >= weight * 0.5:
        return "ko"
    if han >= 3 and han * 2.5 >= weight * 0.5:
        return "zh"
    small_words = sum(word in _ENGLISH_SMALL_WORDS for word in text.lower().split())
    return "en" if latin >= weight * 0.9 and small_words >= 2 else None

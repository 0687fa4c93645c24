"""How much an answer gives: a quick, explainable reading of one answer, for choosing the next move.

This is no judgement of a person and never a score in a report. Text is only ever counted and matched: a sentence
that gives orders to a model is taken out before anything else is looked at, so it can only lower the figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from vivavoce.dialogue.lexicon import Lexicon, lexicon
from vivavoce.dialogue.words import content_terms, has_cue, normal, sentences, word_count
from vivavoce.domain.interview import Language
from vivavoce.domain.question_bank import Question

_NUMBER: Final = re.compile(
    r"\d+(?:[.,]\d+)?\s?%?|[一二三四五六七八九十百千两]+(?:个|名|位|次|倍|成|万|天|周|月|年|小时|分钟|percent)"
)
_ENGLISH_NUMBER: Final = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|eighty|ninety|hundred|"
    r"thousand|million|half|third|quarter|double|triple)s?\b",
)
_KOREAN_NUMBER: Final = re.compile(
    r"(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|절반|수십|수백)\s?(?:명|번|개|주|달|시간|배|차례|가지|곳|건|으로)"
)
_NAME: Final = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z0-9+#.]+|\b[A-Z]{2,}[A-Za-z0-9]*\b|\b[a-z]+[A-Z]\w+\b")
_LATIN_TERM: Final = re.compile(r"[A-Za-z][A-Za-z0-9+#.]{1,}")


class AnswerQuality(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer gives, each figure from 0 to 1; `words` is its length as counted in its language.

    `covered` are the ids of the question's expected points that it touches, `missing` the others, both in the
    question's order. `overall` sums it up: below 0.3 thin, from 0.6 rich.
    """

    words: int
    length: float
    specificity: float
    relevance: float
    evasiveness: float
    off_topic: float
    hostility: float
    overall: float
    covered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class _Reading(msgspec.Struct, frozen=True):
    """What one sentence holds. A longer answer repeats sentences that were read before."""

    counts: Mapping[str, int]
    numbers: int
    names: int
    orders: bool


@lru_cache(maxsize=8192)
def _read(sentence: str, language: Language) -> _Reading:
    lex = lexicon(language)
    numbers = len(_NUMBER.findall(sentence))
    if language == "en":
        numbers += len(_ENGLISH_NUMBER.findall(sentence.lower()))
        names = len(_NAME.findall(sentence))
    else:
        numbers += len(_KOREAN_NUMBER.findall(sentence)) if language == "ko" else 0
        names = len(_LATIN_TERM.findall(sentence))
    counts = lex.counts(sentence)
    return _Reading(counts, numbers, names, "injection" in counts)


@lru_cache(maxsize=1024)
def without_orders(text: str, language: Language) -> str:
    """Return the text without sentences that give orders to a model; the rest stays word for word."""
    return " ".join([sentence for sentence in sentences(text) if not _read(normal(sentence), language).orders])


@lru_cache(maxsize=4096)
def assess(text: str, language: Language, question: Question | None = None, question_text: str = "") -> AnswerQuality:
    """Read an answer to `question` (or to a question known only by its text). Pure; any text is safe to read."""
    lex = lexicon(language)
    kept = without_orders(text, language)
    folded = normal(kept)
    words = word_count(folded, language)
    gave_orders = len(kept) < len(text.strip()) * 0.75
    if words == 0:
        missing = tuple(point.point_id for point in question.expects) if question else ()
        return AnswerQuality(
            words=0, length=0.0, specificity=0.0, relevance=0.0, evasiveness=0.0, missing=missing,
            off_topic=1.0 if gave_orders else 0.0, hostility=0.0, overall=0.0,
        )  # fmt: skip
    length = min(1.0, words / lex.full_answer_words)
    said = sentences(folded)
    read = [_read(sentence, language) for sentence in said]
    counts: Counter[str] = Counter()
    for reading in read:
        counts.update(reading.counts)
    specificity = _specificity(read, counts)
    covered, missing = _points(folded.lower(), language, question)
    relevance = _relevance(said, language, lex, counts, question, question_text, len(covered))
    evasiveness = _evasiveness(lex, counts, words, specificity)
    off_topic = _off_topic(lex, counts, words, relevance, specificity)
    if gave_orders:
        off_topic = max(off_topic, 0.5)
    hostility = _hostility(lex, counts, words)
    base = 0.3 * length + 0.4 * specificity + 0.3 * relevance
    overall = base * (1 - 0.5 * evasiveness) * (1 - 0.7 * off_topic) * (1 - 0.8 * hostility)
    return AnswerQuality(
        words=words,
        length=round(length, 3),
        specificity=round(specificity, 3),
        relevance=round(relevance, 3),
        evasiveness=round(evasiveness, 3),
        off_topic=round(off_topic, 3),
        hostility=round(hostility, 3),
        overall=round(overall, 3),
        covered=covered,
        missing=missing,
    )


def _specificity(read: list[_Reading], counts: Counter[str]) -> float:
    """Figures, names, what the person did, when, and what came of it."""
    numbers = sum([reading.numbers for reading in read])
    names = sum([reading.names for reading in read])
    parts = (
        0.25 * min(1.0, numbers / 2),
        0.15 * min(1.0, names / 2),
        0.3 * min(1.0, counts["first_person"] / 3),
        0.15 * min(1.0, counts["time_marker"]),
        0.15 * min(1.0, counts["result"] / 2),
    )
    return min(1.0, sum(parts) * 1.1)


def _points(text: str, language: Language, question: Question | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if question is None:
        return (), ()
    covered = {
        point.point_id
        for point in question.expects
        if any(cue in text and has_cue(text, cue, language) for cue in map(str.lower, point.cues))
    }
    return (
        tuple(point.point_id for point in question.expects if point.point_id in covered),
        tuple(point.point_id for point in question.expects if point.point_id not in covered),
    )


def _relevance(
    said: tuple[str, ...],
    language: Language,
    lex: Lexicon,
    counts: Counter[str],
    question: Question | None,
    question_text: str,
    covered: int,
) -> float:
    """Expected points touched, and words shared with the question; without a question everything about work counts."""
    asked = question.text if question is not None else question_text
    work = min(1.0, counts["work"] / 3)
    if not asked:
        return work
    wanted = content_terms(asked, language, lex.stopwords)
    shared = {term for sentence in said for term in wanted & content_terms(sentence, language, lex.stopwords)}
    lexical = min(1.0, len(shared) / 3)
    if question is None:
        return min(1.0, 0.6 * lexical + 0.4 * work)
    touched = min(1.0, covered / max(1.0, len(question.expects) * 0.75))
    return min(1.0, 0.65 * touched + 0.2 * lexical + 0.25 * work)


def _evasiveness(lex: Lexicon, counts: Counter[str], words: int, specificity: float) -> float:
    """Hedges and generalities, weighed against what is concrete: one "usually" in a rich answer is no evasion."""
    hedges = counts["evasive"]
    if not hedges:
        return 0.0
    density = min(1.0, hedges / max(1.0, words / lex.full_answer_words * 5))
    return max(0.0, min(1.0, 0.35 + 0.65 * density) * (1 - min(1.0, specificity * 1.6)))


def _off_topic(lex: Lexicon, counts: Counter[str], words: int, relevance: float, specificity: float) -> float:
    """Talk of other things: small-talk words, no word of work, nothing that the question asked for."""
    small_talk = counts["small_talk"]
    work = counts["work"]
    if words < lex.full_answer_words * 0.07:
        return 0.0
    if small_talk > work:
        return min(1.0, 0.55 + 0.15 * (small_talk - work)) * (1 - 0.4 * relevance)
    if work == 0 and relevance < 0.15 and words >= lex.full_answer_words * 0.3:
        return max(0.0, 0.5 * (1 - 2.5 * specificity))
    return 0.0


def _hostility(lex: Lexicon, counts: Counter[str], words: int) -> float:
    """Contempt aimed at the interview; in a long account of somebody else's anger the same words weigh little."""
    hits = counts["hostile_directed"]
    if not hits:
        return 0.0
    dilution = max(1.0, words / (lex.full_answer_words * 0.4))
    return min(1.0, 0.8 * hits / dilution)

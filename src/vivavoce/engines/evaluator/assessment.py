"""From threads to a score: what an answer shows, measured along a few dimensions and held against the anchors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Final

import msgspec

from vivavoce.domain.scorecard import Criterion
from vivavoce.engines.evaluator.bearing import asks_about, keywords_in, topic_in
from vivavoce.engines.evaluator.lexicon import indicator_tag, profiles, question_tag
from vivavoce.engines.evaluator.reading import Sentence, indicators_of, topic_words
from vivavoce.engines.evaluator.threads import Spoken, Thread

DIMENSIONS: Final = ("situation", "action", "result", "detail", "reasoning", "reflection", "indicators", "structure")
#: How many different things make a dimension two thirds full (1 - 1/e): beyond that, more says little.
_FILL: Final = {
    "situation": 1.2,
    "action": 2.6,
    "result": 1.8,
    "detail": 2.4,
    "reasoning": 2.4,
    "reflection": 1.2,
    "indicators": 3.2,
    "structure": 2.0,
}
#: Of a criterion that somebody wrote no indicators are known: an account of it is judged by how it is told.
_OWN_WEIGHTS: Final = {**dict.fromkeys(DIMENSIONS, 1.0), "indicators": 0.0}
#: Quality (0 to 1) of the dimensions to the score scale, between which it runs straight.
_SCALE: Final = ((0.0, 1.6), (0.12, 2.0), (0.28, 2.7), (0.45, 3.5), (0.62, 4.3), (0.8, 5.0), (1.0, 5.0))
#: Only the best sentences of a thread are weighed: saying more of the same does not help, and an aside does not hurt.
SENTENCES_WEIGHED: Final = 12
_TELLING_FAULTS: Final = (("blame", 1), ("hostile", 1), ("evasion", 1), ("claim", 2), ("vague", 3))
LEAST_AMOUNT: Final = 4
#: What a "we" did, or somebody unnamed, counts beside what the speaker did.
_OTHERS_WEIGHT: Final = 0.55
_ON_TOPIC: Final = 1
_LEISURE_OUTWEIGHED: Final = 2
_UNTAGGED_RELEVANCE: Final = 4.5
_BORROWED_RELEVANCE: Final = 9.0


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What the subject's answers show for one criterion; `score` is None when nothing relevant was said."""

    score: float | None
    confidence: float = 0.0
    dimensions: dict[str, float] = {}
    faults: tuple[str, ...] = ()
    evidence: tuple[Spoken, ...] = ()
    keywords: tuple[str, ...] = ()


class _Judged(msgspec.Struct, frozen=True):
    thread: Thread
    weight: float
    score: float
    dimensions: dict[str, float]
    ranked: list[Spoken]
    faults: dict[str, float]


NOTHING: Final = Assessment(score=None)


def weights_of(criterion_id: str) -> Mapping[str, float]:
    """What each dimension is worth for a criterion."""
    return profiles().weights.get(criterion_id, _OWN_WEIGHTS)


def assess(
    criterion: Criterion, threads: Sequence[Thread], contradictions: Sequence[tuple[Spoken, Spoken]]
) -> Assessment:
    """Judge one criterion on the threads that bear on it."""
    tag = indicator_tag(criterion.criterion_id)
    relevant = _relevant(criterion, tag, threads)
    judged = [_judge(criterion, tag, thread, weight) for thread, weight in relevant]
    judged = [item for item in judged if item.ranked]
    if not judged:
        return NOTHING
    scores = [item.score for item in judged]
    weights = [item.weight for item in judged]
    mean = sum(score * weight for score, weight in zip(scores, weights, strict=True)) / sum(weights)
    score = 0.55 * max(scores) + 0.45 * mean
    used = {spoken for item in judged for spoken in map(_key, item.thread.usable)}
    contradicted = sum(1 for first, second in contradictions if _key(first) in used or _key(second) in used)
    score = max(1.0, min(5.0, score - 0.3 * min(contradicted, 3)))
    confidence = _confidence(judged, contradicted)
    best = max(judged, key=lambda item: item.score)
    return Assessment(
        score=round(score, 1),
        confidence=confidence,
        dimensions={name: max(item.dimensions[name] for item in judged) for name in DIMENSIONS},
        faults=_named_faults(judged, contradicted),
        evidence=_evidence(judged, best),
        keywords=_keywords(criterion, judged, tag),
    )


def _relevant(criterion: Criterion, tag: str, threads: Sequence[Thread]) -> list[tuple[Thread, float]]:
    related = profiles().related.get(criterion.criterion_id, (criterion.criterion_id,))
    direct: list[tuple[Thread, float]] = []
    borrowed: list[tuple[Thread, float]] = []
    for thread in threads:
        usable = thread.usable
        if sum(spoken.sentence.amount for spoken in usable) < LEAST_AMOUNT:
            continue
        if thread.competency:
            if thread.competency == criterion.criterion_id and _on_topic(tag, thread, usable):
                direct.append((thread, 1.0))
            elif thread.competency in related and _on_topic(tag, thread, usable):
                direct.append((thread, 0.7))
            elif _relevance(criterion, thread, usable) >= _BORROWED_RELEVANCE:
                borrowed.append((thread, 0.4))
        elif _relevance(criterion, thread, usable) >= _UNTAGGED_RELEVANCE and (
            _on_topic(tag, thread, usable) or _speaks_of(criterion, usable)
        ):
            direct.append((thread, 0.8))
    return direct or borrowed


def _on_topic(tag: str, thread: Thread, usable: Sequence[Spoken]) -> bool:
    """Whether an answer to a question about the criterion speaks of it, of what was asked, or at least of work."""
    work: set[str] = set()
    indicators: set[str] = set()
    conduct: set[str] = set()
    leisure: set[str] = set()
    words: set[str] = set()
    for spoken in usable:
        work |= spoken.sentence.work
        indicators.update(spoken.sentence.indicators.get(tag, ()))
        conduct |= spoken.sentence.faults.get("blame", frozenset())
        leisure |= spoken.sentence.leisure
        words |= spoken.sentence.words
    found = len(work) + len(indicators) + len(conduct) + min(2, len(words & topic_words(thread.question)))
    # One stray word of leisure is no matter; a story of it has to be outweighed.
    return found >= _ON_TOPIC and (len(leisure) < 2 or found >= _LEISURE_OUTWEIGHED * len(leisure))


def _speaks_of(criterion: Criterion, usable: Sequence[Spoken]) -> bool:
    return any(_keywords_of(criterion, spoken) or topic_in(criterion, spoken.sentence.words) for spoken in usable)


def _keywords_of(criterion: Criterion, spoken: Spoken) -> frozenset[str]:
    return keywords_in(criterion, spoken.utterance.text[spoken.sentence.start : spoken.sentence.end])


def _relevance(criterion: Criterion, thread: Thread, usable: Sequence[Spoken]) -> float:
    """How much a thread that nobody tagged bears on the criterion: by what was asked and by what the answer names."""
    criterion_id = criterion.criterion_id
    found: set[str] = set()
    keywords: set[str] = set()
    topic: set[str] = set()
    for spoken in usable:
        keywords |= _keywords_of(criterion, spoken)
        topic |= topic_in(criterion, spoken.sentence.words)
    for spoken in usable:
        found.update(spoken.sentence.indicators.get(indicator_tag(criterion_id), ()))
    asked = indicators_of(thread.question, usable[0].sentence.language) if thread.question else {}
    return (
        1.5 * len(found)
        + 1.5 * min(len(asked.get(indicator_tag(criterion_id), ())), 2)
        + 4.5 * (bool(asked.get(question_tag(criterion_id))) or asks_about(criterion, thread.question))
        + 1.5 * len(keywords)
        + 1.0 * min(len(topic), 3)
    )


def _judge(criterion: Criterion, tag: str, thread: Thread, weight: float) -> _Judged:
    usable = thread.usable
    ranked = sorted(usable, key=lambda spoken: -_strength(spoken.sentence, tag))[:SENTENCES_WEIGHED]
    amounts = _amounts([spoken.sentence for spoken in ranked], tag)
    dimensions = {name: 1.0 - math.exp(-amounts[name] / _FILL[name]) for name in DIMENSIONS}
    weights = weights_of(criterion.criterion_id)
    quality = sum(weights[name] * dimensions[name] for name in DIMENSIONS) / sum(weights.values())
    faults = _faults(thread)
    # An account needs somebody who does something and something that comes of it or bears it out.
    complete = min(1.0, 0.55 + 0.45 * max(dimensions["action"], 0.8 * dimensions["reasoning"]) / 0.6)
    score = _on_scale(quality * complete) - _penalty(faults, dimensions)
    return _Judged(thread, weight, max(1.0, min(5.0, score)), dimensions, ranked, faults)


def _strength(sentence: Sentence, tag: str) -> float:
    if _is_talk(sentence):
        return -0.1 * len(sentence.faults)
    return (
        1.2 * min(len(sentence.own), 2)
        + 0.5 * min(len(sentence.shared), 2)
        + 1.2 * min(len(sentence.kinds.get("result", ())), 2)
        + 1.0 * min(len(sentence.kinds.get("reasoning", ())), 2)
        + 0.8 * bool(sentence.kinds.get("reflection"))
        + 0.5 * bool(sentence.kinds.get("situation"))
        + 0.6 * min(len(sentence.numbers), 2)
        + 0.6 * len(sentence.tools)
        + 0.4 * len(sentence.indicators.get(tag, ()))
        - 0.5 * sum(len(found) for found in sentence.faults.values())
    )


def _is_talk(sentence: Sentence) -> bool:
    """A claim about oneself or a commonplace, with nothing in the sentence that bears it out."""
    if not (sentence.faults.get("claim") or sentence.faults.get("vague")):
        return False
    borne_out = bool(sentence.own) + bool(sentence.kinds.get("result")) + bool(sentence.numbers)
    return borne_out + bool(sentence.kinds.get("reasoning")) + bool(sentence.kinds.get("situation")) < 2


def _amounts(sentences: Sequence[Sentence], tag: str) -> dict[str, float]:
    """How many different things of each kind were said; a word counts once however often it comes."""
    kinds: dict[str, set[str]] = {
        kind: set() for kind in ("situation", "result", "reasoning", "reflection", "structure")
    }
    own: set[str] = set()
    shared: set[str] = set()
    imagined: set[str] = set()
    tools: set[str] = set()
    numbers: set[str] = set()
    indicators: set[str] = set()
    for sentence in sentences:
        if _is_talk(sentence):
            continue
        for kind, found in kinds.items():
            found.update(sentence.kinds.get(kind, ()))
        if sentence.hypothetical:
            imagined |= sentence.own | sentence.shared
        else:
            own |= sentence.own
            shared |= sentence.shared
        # A figure or a tool says something only in a sentence that says something else besides.
        if sentence.substance >= 2:
            numbers |= sentence.numbers
            tools.update(sentence.tools)
        if sentence.substance:
            indicators.update(sentence.indicators.get(tag, ()))
    return {
        "situation": float(len(kinds["situation"])),
        "action": len(own) + _OTHERS_WEIGHT * len(shared - own) + 0.35 * len(imagined - own),
        "result": len(kinds["result"]) + 0.4 * min(len(numbers), 2) * bool(kinds["result"]),
        "detail": 0.8 * min(len(numbers), 4) + 0.8 * min(len(tools), 5),
        "reasoning": float(len(kinds["reasoning"])),
        "reflection": float(len(kinds["reflection"])),
        "indicators": float(len(indicators)),
        "structure": float(len(kinds["structure"])),
    }


def _faults(thread: Thread) -> dict[str, float]:
    found: dict[str, set[str]] = {}
    for spoken in thread.spoken:
        for fault, cues in spoken.sentence.faults.items():
            # In the same breath as a deed and its result, a modest word is not a fault.
            if fault in ("vague", "claim") and spoken.sentence.substance >= 3:
                continue
            found.setdefault(fault, set()).update(cues)
    return {fault: float(len(cues)) for fault, cues in found.items()}


def _penalty(faults: dict[str, float], dimensions: dict[str, float]) -> float:
    evaded = 1.0 - math.exp(-faults.get("evasion", 0.0) / 2.0)
    vague = 1.0 - math.exp(-faults.get("vague", 0.0) / 3.0)
    claimed = 1.0 - math.exp(-faults.get("claim", 0.0) / 2.5)
    conduct = 1.0 - math.exp(-(faults.get("blame", 0.0) + faults.get("hostile", 0.0)) / 1.5)
    # What is borne out by deeds and their results weighs against loose talk, not against conduct.
    borne_out = 1.0 - 0.7 * min(
        1.0, dimensions["action"] * (0.4 + 0.6 * max(dimensions["result"], dimensions["reasoning"]))
    )
    return borne_out * (0.6 * evaded + 0.25 * vague + 0.2 * claimed) + conduct * (0.5 + 0.7 * borne_out)


def _on_scale(quality: float) -> float:
    for (low, low_score), (high, high_score) in pairwise(_SCALE):
        if quality <= high:
            return low_score + (high_score - low_score) * (quality - low) / (high - low)
    return _SCALE[-1][1]


def _confidence(judged: Sequence[_Judged], contradicted: int) -> float:
    """0.15 to 0.9: more and more different answers that agree make it surer; the recogniser's doubt travels with it."""
    telling = sum(1 for item in judged for spoken in item.ranked if spoken.sentence.substance >= 2)
    said = sum(spoken.sentence.amount for item in judged for spoken in item.ranked)
    amount = 0.5 * (1.0 - math.exp(-telling / 3.0)) + 0.5 * (1.0 - math.exp(-said / 80.0))
    scores = [item.score for item in judged]
    agreement = 1.0 - min(1.0, pstdev(scores) / 1.5) if len(scores) > 1 else 0.5
    answers = 1.0 - math.exp(-len(judged) / 2.5)
    asked = max(item.weight for item in judged)
    heard = fmean(item.thread.heard for item in judged)
    sure = (
        (0.15 + 0.38 * amount + 0.25 * answers + 0.12 * agreement)
        * (0.6 + 0.4 * asked)
        * heard
        * 0.7 ** min(contradicted, 3)
    )
    return round(max(0.15, min(0.9, sure)), 2)


def _named_faults(judged: Sequence[_Judged], contradicted: int) -> tuple[str, ...]:
    """The faults worth telling: found often enough, and in a good part of the answers."""
    named = ["contradiction"] if contradicted else []
    for name, least in _TELLING_FAULTS:
        counts = [item.faults.get(name, 0.0) for item in judged]
        if sum(counts) >= least and sum(1 for count in counts if count) >= 0.4 * len(counts):
            named.append(name)
    return tuple(named)


def _evidence(judged: Sequence[_Judged], best: _Judged) -> tuple[Spoken, ...]:
    """One to three sentences that carry the score: the strongest ones, from different answers where there are any."""
    chosen = list(best.ranked[: 1 if len(judged) > 1 else 3])
    for item in sorted(judged, key=lambda item: -item.score):
        if item is not best and item.ranked:
            chosen.append(item.ranked[0])
    chosen.extend(best.ranked[1:3])
    kept: list[Spoken] = []
    for spoken in chosen:
        if len(kept) == 3:
            break
        if _key(spoken) not in map(_key, kept) and (not kept or spoken.sentence.substance >= 1):
            kept.append(spoken)
    return tuple(sorted(kept, key=lambda spoken: (spoken.utterance.start, spoken.sentence.start)))


def _keywords(criterion: Criterion, judged: Sequence[_Judged], tag: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for item in judged:
        for spoken in item.ranked:
            own = sorted(_keywords_of(criterion, spoken))
            for word in (*own, *spoken.sentence.tools, *spoken.sentence.indicators.get(tag, ())):
                found[word] = None
    return tuple(found)[:8]


def _key(spoken: Spoken) -> tuple[str, int]:
    return spoken.utterance.utterance_id, spoken.sentence.start

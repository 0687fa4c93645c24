"""Evidence-locked scores (SPEC.md 6.1): a score stands only beside words that the candidate really said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from vivavoce.domain.scorecard import CriterionScore, Evidence, Scorecard, Utterance

LOWEST_SCORE = 1.0
HIGHEST_SCORE = 5.0


def verify(evidence: Evidence, utterances: Iterable[Utterance]) -> Evidence | None:
    """The evidence if its quote stands word for word in the utterance it names, otherwise None.

    Positions are code points. A quote that is not at its span, but occurs exactly once in that utterance, comes back
    with the span put right; one that occurs several times elsewhere is ambiguous and is dropped.
    """
    return _verify(evidence, {utterance.utterance_id: utterance.citable for utterance in utterances})


def locked(
    scorecard: Scorecard, utterances: Iterable[Utterance], *, weights: Mapping[str, float] | None = None
) -> Scorecard:
    """The scorecard with nothing in it that the transcript does not carry.

    Only utterances of `scorecard.subject` count as evidence, and of them nothing that was flagged as misheard.
    Evidence that does not verify is dropped; a score left without evidence, or outside 1.0 to 5.0, becomes
    `insufficient_evidence`; level and overall are computed again. `weights` are the rubric's, by criterion id (1.0
    for those it does not name). Sentences of strengths and gaps that name a criterion which lost its score go with
    it.
    """
    texts = {
        utterance.utterance_id: utterance.citable for utterance in utterances if utterance.speaker == scorecard.subject
    }
    criteria = tuple(_locked_criterion(criterion, texts) for criterion in scorecard.criteria)
    lost = {
        after.name
        for before, after in zip(scorecard.criteria, criteria, strict=True)
        if before.score is not None and after.score is None and after.name
    }
    return msgspec.structs.replace(
        scorecard,
        criteria=criteria,
        overall=overall_score(criteria, weights),
        strengths=_without(scorecard.strengths, lost),
        gaps=_without(scorecard.gaps, lost),
    )


def overall_score(criteria: Iterable[CriterionScore], weights: Mapping[str, float] | None = None) -> float | None:
    """Weighted mean of the scored criteria to two decimals; None when none is scored or all weights are zero."""
    weights = weights or {}
    total = 0.0
    weight_sum = 0.0
    for criterion in criteria:
        if criterion.score is None:
            continue
        weight = max(0.0, weights.get(criterion.criterion_id, 1.0))
        total += weight * criterion.score
        weight_sum += weight
    return round(total / weight_sum, 2) if weight_sum > 0 else None


def level_of(score: float) -> int:
    """The anchored level (1 to 5) that a score belongs to; halves go up."""
    return max(1, min(5, math.floor(score + 0.5)))


def _verify(evidence: Evidence, texts: Mapping[str, str]) -> Evidence | None:
    text = texts.get(evidence.utterance_id)
    quote = evidence.quote
    if text is None or not quote.strip():
        return None
    if evidence.start >= 0 and evidence.end == evidence.start + len(quote) and text[evidence.start :].startswith(quote):
        return evidence
    first = text.find(quote)
    if first < 0 or text.find(quote, first + 1) >= 0:
        return None
    return msgspec.structs.replace(evidence, start=first, end=first + len(quote))


def _locked_criterion(criterion: CriterionScore, texts: Mapping[str, str]) -> CriterionScore:
    kept: dict[Evidence, None] = {}
    for item in criterion.evidence:
        verified = _verify(item, texts)
        if verified is not None:
            kept[verified] = None
    evidence = tuple(kept)
    score = criterion.score
    if criterion.verdict == "scored" and evidence and score is not None and LOWEST_SCORE <= score <= HIGHEST_SCORE:
        return msgspec.structs.replace(criterion, evidence=evidence, level=level_of(score))
    unsupported = msgspec.structs.replace(
        criterion, verdict="insufficient_evidence", score=None, level=None, anchor="", confidence=0.0, evidence=evidence
    )
    if criterion.verdict == "insufficient_evidence":
        return unsupported
    # What was said about a score that did not hold does not hold either.
    return msgspec.structs.replace(unsupported, rationale="", feedback="", keywords=())


def _without(sentences: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if not any(name in sentence for name in names))

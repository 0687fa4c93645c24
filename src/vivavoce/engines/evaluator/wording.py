"""The sentences of a scorecard, from the catalogue, in the interview's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from vivavoce.domain.interview import Language
from vivavoce.domain.scorecard import CriterionScore
from vivavoce.engines.evaluator.assessment import DIMENSIONS, Assessment, weights_of
from vivavoce.locales import catalogue

STRENGTH_FROM: Final = 3.5
GAP_BELOW: Final = 2.5
_FOUND_FROM: Final = 0.5
_MISSING_BELOW: Final = 0.34


def rationale(criterion_id: str, assessment: Assessment, language: Language) -> str:
    """One or two sentences: what was found, what is missing, and what lowered the score."""
    texts = catalogue("report", language)
    found = [texts[f"dimension.{name}"] for name in _found(criterion_id, assessment)]
    missing = [texts[f"dimension.{name}"] for name in _missing(criterion_id, assessment)]
    if found and missing:
        first = texts["rationale.found_missing"].format(found=_joined(found, texts), missing=_joined(missing, texts))
    elif found:
        first = texts["rationale.found"].format(found=_joined(found, texts))
    else:
        first = texts["rationale.missing"].format(missing=_joined(missing, texts))
    faults = [texts[f"fault.{name}"] for name in assessment.faults[:2]]
    if not faults:
        return first
    return f"{first} {texts['rationale.faults'].format(faults=_joined(faults, texts))}"


def feedback(criterion_id: str, assessment: Assessment, language: Language) -> str:
    """One line: what would make the answer stronger."""
    texts = catalogue("report", language)
    missing = _missing(criterion_id, assessment)
    good = assessment.score is not None and assessment.score >= STRENGTH_FROM
    if assessment.faults and not good and assessment.faults[0] in ("contradiction", "blame", "hostile", "evasion"):
        return texts[f"feedback.{assessment.faults[0]}"]
    return texts[f"feedback.{missing[0]}"] if missing else texts["feedback.keep"]


def insufficient(language: Language) -> tuple[str, str]:
    """Rationale and feedback where nothing relevant was said."""
    texts = catalogue("report", language)
    return texts["rationale.insufficient"], texts["feedback.insufficient"]


def strengths_and_gaps(
    criteria: Iterable[CriterionScore], language: Language
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences that name the strongest and the weakest criteria; what was not shown is neither."""
    texts = catalogue("report", language)
    scored = [(criterion.score, criterion) for criterion in criteria if criterion.score is not None]
    high = sorted((pair for pair in scored if pair[0] >= STRENGTH_FROM), key=lambda pair: -pair[0])
    low = sorted((pair for pair in scored if pair[0] < GAP_BELOW), key=lambda pair: pair[0])
    return (
        tuple(texts["strength"].format(name=item.name, text=item.anchor) for _, item in high[:4]),
        tuple(texts["gap"].format(name=item.name, text=item.feedback or item.rationale) for _, item in low[:4]),
    )


def _found(criterion_id: str, assessment: Assessment) -> list[str]:
    strong = [name for name in _by_weight(criterion_id) if assessment.dimensions[name] >= _FOUND_FROM]
    return strong[:3]


def _missing(criterion_id: str, assessment: Assessment) -> list[str]:
    weak = [name for name in _by_weight(criterion_id) if assessment.dimensions[name] < _MISSING_BELOW]
    if weak or _found(criterion_id, assessment):
        return weak[:2]
    return sorted(_by_weight(criterion_id), key=lambda name: assessment.dimensions[name])[:2]


def _by_weight(criterion_id: str) -> Sequence[str]:
    weights = weights_of(criterion_id)
    return sorted((name for name in DIMENSIONS if weights[name]), key=lambda name: -weights[name])


def _joined(parts: Sequence[str], texts: Mapping[str, str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return texts["list.last"].format(first=texts["list.comma"].join(parts[:-1]), last=parts[-1])

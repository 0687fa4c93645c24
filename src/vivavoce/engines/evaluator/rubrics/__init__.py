"""The built-in rubrics: behaviourally anchored levels as data, one file a language."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from vivavoce.domain.errors import invalid
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.rubrics import PANEL_RUBRIC, Localised, RubricCriterion, RubricVersion
from vivavoce.domain.scorecard import Criterion, Level, Rubric

RUBRIC_ID: Final = "vivavoce-builtin"
#: The criteria of a panel's live evaluation.
PANEL_CRITERIA: Final[tuple[str, ...]] = ("technical", "experience", "character", "motivation")
_TITLES: Final = {PANEL_RUBRIC: "Panel interview", "competencies": "Competencies of the AI interview"}


class _CriterionText(msgspec.Struct, frozen=True):
    name: str
    description: str
    levels: tuple[str, str, str, str, str]


@cache
def _texts(language: Language) -> dict[str, _CriterionText]:
    data = (files(__package__) / f"{language}.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, _CriterionText])


def criterion_ids() -> tuple[str, ...]:
    """All criteria the built-in rubrics know: the competencies of interviews and those of the panel."""
    return tuple(_texts("en"))


def load_rubric(criterion_ids: Sequence[str], language: Language) -> Rubric:
    """The built-in rubric of these criteria, in this order, with equal weights.

    `version` is a hash of every word in it, so that a score can name exactly what it was judged by. Raises
    `invalid_payload` for an unknown criterion and for an empty list.
    """
    texts = _texts(language)
    chosen = tuple(dict.fromkeys(criterion_ids))
    if not chosen:
        raise invalid("a rubric needs at least one criterion", field="criteria")
    unknown = [criterion_id for criterion_id in chosen if criterion_id not in texts]
    if unknown:
        raise invalid(f"unknown criterion {unknown[0]!r}", field="criteria", known=sorted(texts))
    criteria = tuple(_criterion(criterion_id, texts[criterion_id]) for criterion_id in chosen)
    digest = hashlib.sha256(msgspec.json.encode([language, criteria])).hexdigest()
    return Rubric(rubric_id=RUBRIC_ID, version=digest[:12], language=language, criteria=criteria)


def _criterion(criterion_id: str, text: _CriterionText) -> Criterion:
    levels = tuple(Level(level=level, anchor=anchor) for level, anchor in enumerate(text.levels, start=1))
    return Criterion(criterion_id=criterion_id, name=text.name, description=text.description, levels=levels)


@cache
def built_in_rubrics() -> tuple[RubricVersion, ...]:
    """The built-in rubrics in all languages: that of panels (document B) and the competencies of AI interviews."""
    competencies = tuple(name for name in criterion_ids() if name not in PANEL_CRITERIA)
    return (_built_in(PANEL_RUBRIC, PANEL_CRITERIA), _built_in("competencies", competencies))


def _built_in(rubric_id: str, chosen: Sequence[str]) -> RubricVersion:
    criteria = tuple(_localised(criterion_id) for criterion_id in chosen)
    digest = hashlib.sha256(msgspec.json.encode(criteria)).hexdigest()
    return RubricVersion(
        rubric_id=rubric_id, version=digest[:12], title=_TITLES[rubric_id], criteria=criteria, built_in=True
    )


def _localised(criterion_id: str) -> RubricCriterion:
    texts = {language: _texts(language)[criterion_id] for language in LANGUAGES}
    return RubricCriterion(
        criterion_id=criterion_id,
        name=Localised(**{language: text.name for language, text in texts.items()}),
        description=Localised(**{language: text.description for language, text in texts.items()}),
        levels=tuple(
            Localised(**{language: text.levels[place] for language, text in texts.items()}) for place in range(5)
        ),
    )

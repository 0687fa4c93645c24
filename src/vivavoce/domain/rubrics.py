"""Rubrics as data: criteria with anchored levels in up to three languages, weighted; every change is a new version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from vivavoce.domain.errors import invalid, too_large
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import Criterion, Level, Rubric

#: The id of the built-in rubric of panels (document B's four criteria).
PANEL_RUBRIC: Final = "panel"
CRITERIA_LIMIT: Final = 12
NAME_LIMIT: Final = 100
TEXT_LIMIT: Final = 1_000
KEYWORDS_LIMIT: Final = 60
KEYWORD_LIMIT: Final = 60
LEVELS: Final = 5
_CRITERION_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Localised(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A text in the languages it was written in; empty where it was not."""

    en: str = ""
    ko: str = ""
    zh: str = ""

    def of(self, language: Language) -> str:
        """The text in `language` (possibly empty)."""
        return {"en": self.en, "ko": self.ko, "zh": self.zh}[language]

    def all(self) -> tuple[str, str, str]:
        return self.en, self.ko, self.zh


class RubricCriterion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One criterion. `levels` are the anchors of level 1 to 5; weights are relative to each other. `keywords` are words
    that answers bearing on it are likely to hold, in any language; an engine finds evidence by them, never a score."""

    criterion_id: str
    name: Localised
    description: Localised = Localised()
    levels: tuple[Localised, ...] = ()
    weight: float = 1.0
    keywords: tuple[str, ...] = ()

    def complete_in(self, language: Language) -> bool:
        """Whether name and all anchors are there in this language."""
        return bool(self.name.of(language)) and all(level.of(language) for level in self.levels)


class RubricVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of a rubric; versions are never changed. `version` is a number counted up, of built-in rubrics a
    digest of every word in them. Times are epoch ms (0 of built-in ones): of the first version, and of this one."""

    rubric_id: str
    version: str
    title: str
    criteria: tuple[RubricCriterion, ...]
    created_by: str = ""
    created_at: int = 0
    updated_by: str = ""
    updated_at: int = 0
    built_in: bool = False

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages in which every criterion is complete."""
        return tuple(one for one in LANGUAGES if all(criterion.complete_in(one) for criterion in self.criteria))

    def in_language(self, language: Language) -> Rubric:
        """What an evaluator judges by. A criterion that is not complete in `language` stands in one that it is."""
        return Rubric(
            rubric_id=self.rubric_id,
            version=self.version,
            language=language,
            criteria=tuple(_in_language(criterion, language) for criterion in self.criteria),
        )


def checked_criteria(criteria: Sequence[RubricCriterion]) -> tuple[RubricCriterion, ...]:
    """The criteria with their texts trimmed, or invalid_payload or too_large that names the field."""
    if not criteria:
        raise invalid("a rubric has at least one criterion", field="criteria")
    if len(criteria) > CRITERIA_LIMIT:
        raise too_large(f"a rubric has at most {CRITERIA_LIMIT} criteria", CRITERIA_LIMIT, field="criteria")
    ids = [criterion.criterion_id for criterion in criteria]
    if len(set(ids)) != len(ids):
        raise invalid("two criteria have the same id", field="criteria")
    checked = tuple(_checked(criterion, f"criteria.{place}") for place, criterion in enumerate(criteria))
    if not any(all(criterion.complete_in(one) for criterion in checked) for one in LANGUAGES):
        raise invalid("write names and anchors of all criteria in at least one language", field="criteria")
    return checked


def _checked(criterion: RubricCriterion, field: str) -> RubricCriterion:
    if not _CRITERION_ID.fullmatch(criterion.criterion_id):
        raise invalid("a criterion id is lower-case letters, digits and _", field=f"{field}.criterion_id")
    if len(criterion.levels) != LEVELS:
        raise invalid(f"a criterion has an anchor for each of {LEVELS} levels", field=f"{field}.levels")
    if not 0 < criterion.weight <= 100:
        raise invalid("a weight is more than 0 and at most 100", field=f"{field}.weight")
    if len(criterion.keywords) > KEYWORDS_LIMIT:
        raise too_large(f"at most {KEYWORDS_LIMIT} keywords", KEYWORDS_LIMIT, field=f"{field}.keywords")
    keywords = tuple(dict.fromkeys(word.strip() for word in criterion.keywords if word.strip()))
    for word in keywords:
        if len(word) > KEYWORD_LIMIT:
            raise too_large(
                f"a keyword has at most {KEYWORD_LIMIT} characters", KEYWORD_LIMIT, field=f"{field}.keywords"
            )
    return RubricCriterion(
        criterion_id=criterion.criterion_id,
        name=_trimmed(criterion.name, NAME_LIMIT, f"{field}.name"),
        description=_trimmed(criterion.description, TEXT_LIMIT, f"{field}.description"),
        levels=tuple(
            _trimmed(level, TEXT_LIMIT, f"{field}.levels.{place}") for place, level in enumerate(criterion.levels)
        ),
        weight=criterion.weight,
        keywords=keywords,
    )


def _trimmed(text: Localised, limit: int, field: str) -> Localised:
    for one in text.all():
        if len(one) > limit:
            raise too_large(f"this text has at most {limit} characters", limit, field=field)
    return Localised(en=text.en.strip(), ko=text.ko.strip(), zh=text.zh.strip())


def _in_language(criterion: RubricCriterion, language: Language) -> Criterion:
    written = next((one for one in (language, *LANGUAGES) if criterion.complete_in(one)), language)
    return Criterion(
        criterion_id=criterion.criterion_id,
        name=criterion.name.of(written),
        description=criterion.description.of(written),
        levels=tuple(Level(level=place, anchor=text.of(written)) for place, text in enumerate(criterion.levels, 1)),
        weight=criterion.weight,
        keywords=criterion.keywords,
    )

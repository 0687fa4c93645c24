"""The built-in question bank: our own questions by competency and role, in three languages, as data files.

`points.toml` names what good answers touch, `competencies.toml` the competencies, and one file a competency holds its
questions with the text and three follow-ups in each language. See README.md for the format.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from vivavoce.domain.interview import COMPETENCIES, Language
from vivavoce.domain.question_bank import (
    FOLLOW_UP_KINDS,
    CompetencyInfo,
    ExpectedPoint,
    FollowUp,
    Question,
    QuestionBank,
    RoleFamily,
)

BANK_VERSION: Final = "1"


class _Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and its follow-ups in one language."""

    text: str
    deep_dive: str
    clarify: str
    challenge: str


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    level: int
    expects: tuple[str, ...]
    en: _Wording
    ko: _Wording
    zh: _Wording
    roles: tuple[RoleFamily, ...] = ()


class _CompetencyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: tuple[_Entry, ...]


@cache
def load_bank(language: Language) -> QuestionBank:
    """Return the bank of a language, read once. Raises ValueError for a file that breaks the format."""
    here = resources.files(__name__)
    points = _points(here, language)
    competencies = _competencies(here, language)
    questions: list[Question] = []
    for info in competencies:
        raw = here.joinpath(f"{info.competency}.toml").read_bytes()
        file = msgspec.toml.decode(raw, type=_CompetencyFile)
        questions.extend(_question(entry, info.competency, language, points) for entry in file.question)
    return QuestionBank(version=BANK_VERSION, language=language, competencies=competencies, questions=tuple(questions))


def _question(entry: _Entry, competency: str, language: Language, points: dict[str, ExpectedPoint]) -> Question:
    unknown = [point for point in entry.expects if point not in points]
    if unknown:
        raise ValueError(f"{competency}.{entry.id}: unknown points {unknown}")
    wording: _Wording = getattr(entry, language)
    question_id = f"{competency}.{entry.id}"
    return Question(
        question_id=question_id,
        competency=competency,
        level=entry.level,
        roles=entry.roles,
        text=wording.text,
        expects=tuple(points[point] for point in entry.expects),
        follow_ups=tuple(
            FollowUp(follow_up_id=f"{question_id}.{kind}", kind=kind, text=getattr(wording, kind))
            for kind in FOLLOW_UP_KINDS
        ),
    )


def _points(here: Traversable, language: Language) -> dict[str, ExpectedPoint]:
    raw = msgspec.toml.decode(here.joinpath("points.toml").read_bytes(), type=dict[str, dict[str, str]])
    points: dict[str, ExpectedPoint] = {}
    for point_id, texts in raw.items():
        label, cues = _columns(texts[language], 2, f"points.{point_id}")
        points[point_id] = ExpectedPoint(point_id=point_id, label=label, cues=_listed(cues))
    return points


def _competencies(here: Traversable, language: Language) -> tuple[CompetencyInfo, ...]:
    raw = msgspec.toml.decode(here.joinpath("competencies.toml").read_bytes(), type=dict[str, dict[str, str]])
    infos: list[CompetencyInfo] = []
    for competency in COMPETENCIES:
        name, description, keywords = _columns(raw[competency][language], 3, f"competencies.{competency}")
        infos.append(
            CompetencyInfo(competency=competency, name=name, description=description, keywords=_listed(keywords))
        )
    return tuple(infos)


def _columns(line: str, count: int, where: str) -> list[str]:
    columns = [column.strip() for column in line.split(" | ")]
    if len(columns) != count or not all(columns):
        raise ValueError(f"{where}: expected {count} columns")
    return columns


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())

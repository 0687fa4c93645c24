"""The question bank as data: what an interviewer may ask, what a good answer touches, how to follow up.

One bank holds one language. Ids are the same in every language, so a plan made once can be read in any of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, Literal

import msgspec

from vivavoce.domain.interview import Language

RoleFamily = Literal[
    "engineering",
    "data",
    "product",
    "design",
    "sales",
    "support",
    "operations",
    "education",
    "management",
]
ROLE_FAMILIES: Final[tuple[RoleFamily, ...]] = (
    "engineering",
    "data",
    "product",
    "design",
    "sales",
    "support",
    "operations",
    "education",
    "management",
)
FollowUpKind = Literal["deep_dive", "clarify", "challenge"]
FOLLOW_UP_KINDS: Final[tuple[FollowUpKind, ...]] = ("deep_dive", "clarify", "challenge")


class ExpectedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Something a good answer says. `label` completes "could you say more about …"; `cues` are words that show it.

    English cues match from the start of a word ("deploy" finds "deployed"), Korean and Chinese cues anywhere.
    """

    point_id: str
    label: str
    cues: tuple[str, ...]


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    follow_up_id: str
    kind: FollowUpKind
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """`level` is 1 (a warm-up) to 3 (demanding); empty `roles` means that it suits everybody."""

    question_id: str
    competency: str
    level: int
    roles: tuple[RoleFamily, ...]
    text: str
    expects: tuple[ExpectedPoint, ...]
    follow_ups: tuple[FollowUp, ...]


class CompetencyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """`keywords` are words of job descriptions that call for this competency."""

    competency: str
    name: str
    description: str
    keywords: tuple[str, ...]


class QuestionBank(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All questions of one language, in a fixed order."""

    version: str
    language: Language
    competencies: tuple[CompetencyInfo, ...]
    questions: tuple[Question, ...]

    @cached_property
    def _questions_by_id(self) -> dict[str, Question]:
        return {question.question_id: question for question in self.questions}

    @cached_property
    def _competencies_by_id(self) -> dict[str, CompetencyInfo]:
        return {info.competency: info for info in self.competencies}

    def question(self, question_id: str | None) -> Question | None:
        return self._questions_by_id.get(question_id) if question_id else None

    def competency(self, competency: str) -> CompetencyInfo | None:
        return self._competencies_by_id.get(competency)

    def questions_of(self, competency: str) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.competency == competency)

    def follow_up(self, question_id: str | None, follow_up_id: str | None) -> str:
        """Return the text of a question's own follow-up, or an empty string."""
        question = self.question(question_id)
        if question is None or not follow_up_id:
            return ""
        for follow_up in question.follow_ups:
            if follow_up.follow_up_id == follow_up_id:
                return follow_up.text
        return ""

    def point(self, question_id: str | None, follow_up_id: str | None) -> ExpectedPoint | None:
        """Return the expected point that a follow-up `point.<id>` asks about."""
        question = self.question(question_id)
        if question is None or not follow_up_id:
            return None
        return next((point for point in question.expects if point_follow_up_id(point) == follow_up_id), None)


def point_follow_up_id(point: ExpectedPoint) -> str:
    """Name the follow-up that asks for an expected point which the answer has not touched."""
    return f"point.{point.point_id}"

"""Which families of roles a job title belongs to, how senior it is, and what such roles are usually asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from vivavoce.dialogue.lexicon import role_words
from vivavoce.domain.question_bank import ROLE_FAMILIES, RoleFamily

_DEFAULTS: Final[Mapping[RoleFamily, tuple[str, ...]]] = {
    "engineering": ("technical_depth", "problem_solving", "system_design", "quality", "teamwork", "communication"),
    "data": ("technical_depth", "problem_solving", "quality", "communication", "learning", "customer_focus"),
    "product": ("customer_focus", "planning", "communication", "problem_solving", "ownership", "conflict_resolution"),
    "design": ("customer_focus", "problem_solving", "communication", "quality", "teamwork", "learning"),
    "sales": ("customer_focus", "communication", "ownership", "adaptability", "motivation", "planning"),
    "support": ("customer_focus", "communication", "conflict_resolution", "problem_solving", "adaptability", "quality"),
    "operations": ("planning", "problem_solving", "quality", "ownership", "teamwork", "adaptability"),
    "education": ("communication", "planning", "adaptability", "teamwork", "learning", "motivation"),
    "management": ("leadership", "conflict_resolution", "planning", "communication", "ownership", "adaptability"),
}
_FOR_EVERYBODY: Final = ("problem_solving", "communication", "teamwork", "ownership", "adaptability", "motivation")

_SENIOR: Final = re.compile(
    r"senior|staff|principal|lead|head|director|expert|시니어|수석|책임|팀장|리드|경력|高级|资深|专家|总监|主管",
    re.IGNORECASE,
)
_JUNIOR: Final = re.compile(
    r"junior|intern|graduate|entry|trainee|apprentice|주니어|신입|인턴|初级|实习|应届|助理", re.IGNORECASE
)


def role_families(role: str) -> tuple[RoleFamily, ...]:
    """Return the families that a job title names, the most telling first; empty when none is recognised."""
    title = f" {role.lower()} "
    found: list[tuple[int, RoleFamily]] = []
    for family in ROLE_FAMILIES:
        longest = max((len(word) for word in role_words()[family] if _names(title, word)), default=0)
        if longest:
            found.append((longest, family))
    found.sort(key=lambda item: -item[0])
    return tuple(family for _, family in found)


def default_competencies(role: str) -> tuple[str, ...]:
    """Return the competencies that such a role is usually asked about, the most important first."""
    families = role_families(role)
    if not families:
        return _FOR_EVERYBODY
    chosen = list(_DEFAULTS[families[0]])
    if "management" in families[1:]:
        chosen.insert(0, "leadership")
    return tuple(chosen)


def seniority(role: str) -> int:
    """Return 1 for beginners, 3 for senior people, otherwise 2."""
    if _JUNIOR.search(role):
        return 1
    return 3 if _SENIOR.search(role) else 2


def _names(title: str, word: str) -> bool:
    if not word.isascii():
        return word in title
    short = len(word.strip()) <= 3
    return re.search(rf"(?<![a-z]){re.escape(word.strip())}{'(?![a-z])' if short else ''}", title) is not None

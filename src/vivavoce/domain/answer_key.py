"""What a question's answers are held against: the keys of exact questions, and the points expected of free text."""

from __future__ import annotations

import unicodedata
from typing import Final, Literal

import msgspec

ChoiceScoring = Literal["all_or_nothing", "per_option", "right_minus_wrong"]

_FILLERS: Final = frozenset("_-–—―.…·~/\\*#")


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a choice question, as it is printed; `option_id` is what a student ticks (`A`, `B`, …)."""

    option_id: str
    text: str = ""


class ChoiceKey(msgspec.Struct, frozen=True, kw_only=True, tag="choice"):
    """Single or multiple choice.

    `all_or_nothing`: exactly the correct options earn the points. `per_option`: every option that is rightly ticked or
    rightly left earns its share, when at least one is ticked. `right_minus_wrong`: each correct tick earns its share of
    the correct ones, each wrong tick takes one away, never below nothing.
    """

    options: tuple[Option, ...]
    correct: tuple[str, ...]
    scoring: ChoiceScoring = "all_or_nothing"


class TrueFalseKey(msgspec.Struct, frozen=True, kw_only=True, tag="true_false"):
    correct: bool


class NumericKey(msgspec.Struct, frozen=True, kw_only=True, tag="numeric"):
    """A number. The tolerances are allowed deviations, absolute in `unit` and relative to `value` (0.01: one per
    cent); the wider one counts. With a `unit` an answer may be in any unit of the same quantity; `unit_required` says
    whether an answer without one is wrong; a wrong unit always is. `without_unit_share` is what a right number without
    the required unit still earns (0 to 1)."""

    value: float
    tolerance: float = 0.0
    relative_tolerance: float = 0.0
    unit: str = ""
    unit_required: bool = False
    without_unit_share: float = 0.0


class Blank(msgspec.Struct, frozen=True, kw_only=True):
    """One gap of a fill-in question: the forms accepted in it, and its weight among the gaps.

    Forms are compared without regard to width, case, spaces and punctuation unless `exact` says otherwise.
    """

    accepted: tuple[str, ...]
    weight: float = 1.0
    exact: bool = False


class FillInKey(msgspec.Struct, frozen=True, kw_only=True, tag="fill_in"):
    """Gaps in their order. `any_order`: the answers may stand in any gap."""

    blanks: tuple[Blank, ...]
    any_order: bool = False


AnswerKey = ChoiceKey | TrueFalseKey | NumericKey | FillInKey


class ExpectedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Something a free-text answer is expected to say, what it is worth, and other ways of saying it."""

    point_id: str
    text: str
    points: float
    alternatives: tuple[str, ...] = ()


def is_blank(text: str) -> bool:
    """Whether nothing was answered: spaces, invisible characters and filling dashes or dots only."""
    return all(
        character in _FILLERS or character.isspace() or unicodedata.category(character).startswith("C")
        for character in text
    )

"""What an interview's turns amount to: what was asked, answered, taken up, and how fast it goes. Never stored."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean
from typing import Final

import msgspec

from vivavoce.dialogue.quality import AnswerQuality, assess
from vivavoce.domain.interview import Heard, InterviewPlan, Language, Turn
from vivavoce.domain.question_bank import Question, QuestionBank

_USUAL_PACE_S: Final = 75.0

#: Inputs of these kinds leave the question open that they were said to.
NOT_ANSWERS: Final[frozenset[Heard]] = frozenset(
    {"nothing", "greeting", "repeat", "unclear", "thinking", "question", "other_language", "stop", "after_closing"}
)


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know: `asked` are question ids in order, `pending` the one that is open, `follow_ups` those used
    for it, `heard_here` what the inputs since it was asked were taken for (without the input at hand), `heard` the same
    for the whole interview, `said` the answers by question, `points` all follow-ups used anywhere, `spent_s` the
    seconds by competency, `pace_s` the usual seconds of an exchange, `invited` how often the candidate was invited
    to ask.
    """

    asked: tuple[str, ...] = ()
    pending: str | None = None
    follow_ups: tuple[str, ...] = ()
    heard_here: tuple[Heard, ...] = ()
    heard: tuple[Heard, ...] = ()
    said: dict[str, tuple[str, ...]] = {}
    points: frozenset[str] = frozenset()
    quotes: frozenset[str] = frozenset()
    spent_s: dict[str, float] = {}
    pace_s: float = _USUAL_PACE_S
    invited: int = 0
    closed: bool = False


def remember(turns: tuple[Turn, ...]) -> Memory:
    """Fold the turns of an interview; pure, so every process comes to the same."""
    asked: list[str] = []
    follow_ups: list[str] = []
    said: dict[str, tuple[str, ...]] = {}
    heard_here: list[Heard] = []
    heard: list[Heard] = []
    points: set[str] = set()
    quotes: set[str] = set()
    spent: dict[str, float] = {}
    invited = 0
    pending: str | None = None
    asked_at, focus = 0.0, ""
    for turn in turns:
        move = turn.move
        if focus:
            spent[focus] = spent.get(focus, 0.0) + max(0.0, turn.input_at_s - asked_at)
        if pending is not None and move.heard not in NOT_ANSWERS:
            said[pending] = (*said.get(pending, ()), turn.input_text)
        heard.append(move.heard)
        heard_here.append(move.heard)
        if move.quote:
            quotes.add(move.quote.lower())
        if move.strategy == "wrap_up":
            invited += move.response_type == "question"
            pending = None
        elif move.question_id and move.question_id not in asked:
            asked.append(move.question_id)
            pending = move.question_id
            follow_ups, heard_here = [], []
        elif move.follow_up_id:
            follow_ups.append(move.follow_up_id)
            points.add(move.follow_up_id)
        asked_at, focus = turn.reply_at_s, move.focus_area or focus
    return Memory(
        asked=tuple(asked),
        pending=pending,
        follow_ups=tuple(follow_ups),
        heard_here=tuple(heard_here),
        heard=tuple(heard),
        said=said,
        points=frozenset(points),
        quotes=frozenset(quotes),
        spent_s=spent,
        pace_s=_pace(turns),
        invited=invited,
        closed=any(turn.move.closes for turn in turns),
    )


def answer_quality(answers: tuple[str, ...], language: Language, question: Question | None) -> AnswerQuality:
    """Read everything said to one question as one answer."""
    return assess("\n".join(answers), language, question)


def best_quality(competency: str, bank: QuestionBank, memory: Memory) -> float:
    """Return how much the best answer about a competency gave, 0 when nothing was said."""
    return max(
        (
            answer_quality(answers, bank.language, question).overall
            for question_id, answers in memory.said.items()
            if (question := bank.question(question_id)) is not None and question.competency == competency
        ),
        default=0.0,
    )


def uncovered(plan: InterviewPlan, bank: QuestionBank, memory: Memory) -> tuple[str, ...]:
    """Return the planned competencies of which nothing was asked yet, in the plan's order."""
    touched = {question.competency for asked in memory.asked if (question := bank.question(asked)) is not None}
    return tuple(planned.competency for planned in plan.competencies if planned.competency not in touched)


def _pace(turns: tuple[Turn, ...]) -> float:
    """Mean seconds of an exchange; the usual pace counts as seen twice, so that one long pause decides nothing."""
    gaps = [max(0.0, later.reply_at_s - earlier.reply_at_s) for earlier, later in pairwise(turns)]
    return fmean([*gaps[-8:], _USUAL_PACE_S, _USUAL_PACE_S])

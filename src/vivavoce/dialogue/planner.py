"""Deciding the interviewer's next move: competencies × coverage × what was said × time left. Pure and explainable."""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec

from vivavoce.dialogue.intent import has_nothing_to_ask, hear, is_greeting, is_question
from vivavoce.dialogue.memory import NOT_ANSWERS, Memory, answer_quality, best_quality, remember, uncovered
from vivavoce.dialogue.plan import closing_seconds
from vivavoce.dialogue.quality import AnswerQuality
from vivavoce.dialogue.salience import salient_quote
from vivavoce.domain.interview import Heard, InterviewConfig, InterviewPlan, Move, PlannedCompetency, Strategy, Turn
from vivavoce.domain.question_bank import FollowUpKind, Question, QuestionBank, point_follow_up_id
from vivavoce.locales import catalogue
from vivavoce.locales.particles import Noun

_MOST_FOLLOW_UPS: Final = 2
_MOST_QUESTIONS_PER_COMPETENCY: Final = 3
_QUESTIONS_IN_FIRST_ROUND: Final = 2
_RICH: Final = 0.55
_ENOUGH: Final = 0.75
#: Below this many seconds there is no time for another exchange: the interview closes at once.
_LAST_WORDS_S: Final = 15.0
_MOST_OWN_QUESTIONS: Final = 4


class _Scene(msgspec.Struct, frozen=True):
    """All that a decision looks at."""

    config: InterviewConfig
    plan: InterviewPlan
    bank: QuestionBank
    memory: Memory
    text: str
    heard: Heard
    quality: AnswerQuality
    pending: Question | None
    elapsed_s: float
    remaining_s: float
    closing_s: float


def next_move(
    config: InterviewConfig,
    plan: InterviewPlan,
    bank: QuestionBank,
    turns: tuple[Turn, ...],
    input_text: str,
    elapsed_s: float,
    remaining_s: float,
    thinking: bool = False,
) -> Move:
    """Decide what the interviewer does about an input (empty: the interviewer speaks first, or waits on).

    Times are seconds of session time; `thinking` says that the candidate asked for patience by other means than words.
    Never raises for any text. No question or follow-up is chosen twice, but the candidate may ask to hear one again.
    """
    scene = _look(config, plan, bank, turns, input_text, elapsed_s, remaining_s)
    if scene.memory.closed:
        return _say(scene, "wrap_up", "acknowledgement", "after_closing", heard="after_closing", closes=True)
    if scene.heard == "stop":
        return _say(scene, "wrap_up", "closing", "stop", closes=True)
    if thinking or (scene.heard == "thinking" and turns):
        return _say(scene, "encourage", "acknowledgement", "thinking", heard="thinking", focus=scene.pending)
    if not turns:
        return _open(scene)
    if scene.memory.invited:
        return _candidates_questions(scene)
    if scene.remaining_s <= _LAST_WORDS_S:
        return _say(scene, "wrap_up", "closing", "no_time", closes=True)
    if scene.pending is None:
        return _ask_next(scene, "pivot", "next")
    if scene.remaining_s <= scene.closing_s and scene.heard not in {"repeat", "unclear"}:
        return _invite(scene, "time")
    return _react(scene)


def _look(
    config: InterviewConfig,
    plan: InterviewPlan,
    bank: QuestionBank,
    turns: tuple[Turn, ...],
    text: str,
    elapsed_s: float,
    remaining_s: float,
) -> _Scene:
    memory = remember(turns)
    pending = bank.question(memory.pending)
    latest = answer_quality((text,), bank.language, pending)
    heard = hear(text, bank.language, latest)
    earlier = memory.said.get(memory.pending or "", ())
    # A follow-up's answer completes the first one; taken alone, a short good addition would look thin.
    quality = answer_quality((*earlier, text), bank.language, pending) if earlier and heard == "answer" else latest
    if heard == "thin" and earlier and latest.specificity >= 0.25:
        heard = "answer"
    elapsed = elapsed_s if math.isfinite(elapsed_s) else 0.0
    remaining = remaining_s if math.isfinite(remaining_s) else max(0.0, config.duration_minutes * 60.0 - elapsed)
    return _Scene(
        config=config,
        plan=plan,
        bank=bank,
        memory=memory,
        text=text,
        heard=heard,
        quality=quality,
        pending=pending,
        elapsed_s=elapsed,
        remaining_s=remaining,
        closing_s=closing_seconds(max(elapsed + remaining, config.duration_minutes * 60.0)),
    )


def _open(scene: _Scene) -> Move:
    """Greet and ask the first question; a first input with substance is taken up, a greeting is returned."""
    heard = scene.heard
    if heard not in {"nothing", "greeting", "question", "other_language", "hostile"}:
        heard = "greeting" if is_greeting(scene.text, scene.bank.language) else "answer"
    question = _opening_question(scene) if heard == "answer" else _next_question(scene)
    quote = salient_quote(scene.text, scene.bank.language, None) if heard == "answer" else ""
    return Move(
        strategy="opening",
        response_type="greeting",
        focus_area=question.competency if question else "",
        question_id=question.question_id if question else None,
        quote=quote,
        reason=_reason(scene, "opening_answer" if heard == "answer" else "opening", question),
        heard=heard,
    )


def _opening_question(scene: _Scene) -> Question | None:
    """Begin with the planned competency that the candidate's first words touch most, otherwise with the first."""
    first = _next_question(scene)
    best, best_relevance = first, 0.45
    for planned in scene.plan.competencies:
        question = _unasked(scene, planned)
        if question is not None:
            relevance = answer_quality((scene.text,), scene.bank.language, question).relevance
            if relevance > best_relevance + 0.1:
                best, best_relevance = question, relevance
    return best


def _react(scene: _Scene) -> Move:
    """Answer what was said to the pending question."""
    match scene.heard:
        case "repeat":
            return _repeat(scene)
        case "unclear":
            return _rephrase(scene)
        case "nothing" | "greeting":
            return _say(scene, "encourage", "acknowledgement", "waiting", heard=scene.heard, focus=scene.pending)
        case "question":
            return _say(scene, "clarify", "acknowledgement", "question", focus=scene.pending)
        case "other_language":
            return _other_language(scene)
        case "hostile":
            return _hostile(scene)
        case "unknown":
            return _stuck(scene, "encourage")
        case "evasive":
            return _stuck(scene, "clarify")
        case "off_topic":
            return _stuck(scene, "clarify")
        case "thin":
            return _stuck(scene, "encourage")
        case _:
            return _go_deeper(scene)


def _repeat(scene: _Scene) -> Move:
    """Say the question again, because the candidate asked; the second time say it in other words."""
    if "repeat" in scene.memory.heard_here:
        return _rephrase(scene)
    assert scene.pending is not None
    return Move(
        strategy="clarify",
        response_type="question",
        focus_area=scene.pending.competency,
        question_id=scene.pending.question_id,
        follow_up_id=scene.memory.follow_ups[-1] if scene.memory.follow_ups else None,
        reason=_reason(scene, "repeat", scene.pending),
        heard="repeat",
    )


def _rephrase(scene: _Scene) -> Move:
    """Put the question another way, with a follow-up that narrows it down."""
    return _follow_up(scene, "clarify", ("clarify",), "unclear", heard=scene.heard) or _ask_next(
        scene, "pivot", "unclear_pivot"
    )


def _other_language(scene: _Scene) -> Move:
    """Ask politely for the interview's language, once; after that go on rather than insist."""
    if "other_language" in scene.memory.heard:
        return _ask_next(scene, "pivot", "other_language_pivot")
    return _say(scene, "clarify", "notice", "other_language", focus=scene.pending)


def _hostile(scene: _Scene) -> Move:
    """Stay calm: an easier way into the question first, then something else."""
    if "hostile" not in scene.memory.heard_here:
        calmer = _follow_up(scene, "encourage", ("clarify",), "hostile")
        if calmer is not None:
            return calmer
    return _ask_next(scene, "pivot", "hostile_pivot")


def _stuck(scene: _Scene, strategy: Strategy) -> Move:
    """An answer that gives little: help with a narrower question, press once where it was evasive, then move on."""
    tries = sum(heard not in NOT_ANSWERS for heard in scene.memory.heard_here)
    heard = scene.heard
    if tries == 0 and _has_time_for_follow_up(scene):
        move = _follow_up(scene, strategy, ("clarify",), heard)
        if move is not None:
            return move
    if tries == 1 and heard == "evasive" and _has_time_for_follow_up(scene):
        move = _follow_up(scene, "challenge", ("challenge",), "evasive_challenge")
        if move is not None:
            return move
    return _ask_next(scene, "pivot", f"{heard}_pivot")


def _go_deeper(scene: _Scene) -> Move:
    """A real answer: go deeper where it is rich, ask for what is missing where it is not, move on when it is enough."""
    used = len(scene.memory.follow_ups)
    if used >= _MOST_FOLLOW_UPS or not _has_time_for_follow_up(scene):
        return _ask_next(scene, "pivot", _why_on(scene, used))
    move: Move | None = None
    if scene.quality.overall >= _RICH:
        strategy: Strategy = "deep_dive" if used == 0 else "challenge"
        kinds: tuple[FollowUpKind, ...] = ("deep_dive", "challenge") if used == 0 else ("challenge", "deep_dive")
        move = _follow_up(scene, strategy, kinds, strategy)
    elif used == 0:
        move = _ask_point(scene, "clarify", "missing") or _follow_up(
            scene, "clarify", ("clarify", "deep_dive"), "vague"
        )
    elif scene.quality.overall >= _RICH * _ENOUGH:
        move = _follow_up(scene, "deep_dive", ("deep_dive",), "round_off")
    return move or _ask_next(scene, "pivot", _why_on(scene, _MOST_FOLLOW_UPS))


def _why_on(scene: _Scene, used: int) -> str:
    if scene.quality.overall >= _RICH:
        return "enough"
    return "fair" if used >= _MOST_FOLLOW_UPS else "time_pivot"


def _follow_up(
    scene: _Scene, strategy: Strategy, kinds: tuple[FollowUpKind, ...], why: str, heard: Heard | None = None
) -> Move | None:
    """Choose an unused follow-up of the pending question, in the order of `kinds`."""
    assert scene.pending is not None
    for kind in kinds:
        for follow_up in scene.pending.follow_ups:
            if follow_up.kind == kind and follow_up.follow_up_id not in scene.memory.follow_ups:
                return _follow_up_move(scene, strategy, follow_up.follow_up_id, why, heard or scene.heard)
    return None


def _ask_point(scene: _Scene, strategy: Strategy, why: str) -> Move | None:
    """Ask for the first expected point that the answer has not touched; each kind of point once in an interview."""
    assert scene.pending is not None
    for point in scene.pending.expects:
        follow_up_id = point_follow_up_id(point)
        if point.point_id in scene.quality.missing and follow_up_id not in scene.memory.points:
            return _follow_up_move(scene, strategy, follow_up_id, why, scene.heard, label=point.label)
    return None


def _follow_up_move(
    scene: _Scene, strategy: Strategy, follow_up_id: str, why: str, heard: Heard, label: str = ""
) -> Move:
    assert scene.pending is not None
    return Move(
        strategy=strategy,
        response_type="follow_up",
        focus_area=scene.pending.competency,
        question_id=scene.pending.question_id,
        follow_up_id=follow_up_id,
        quote=_quote(scene),
        reason=_reason(scene, why, scene.pending, label=label),
        heard=heard,
    )


def _ask_next(scene: _Scene, strategy: Strategy, why: str) -> Move:
    """Go to the next question; with none left, or no time for one, invite the candidate's questions."""
    question = _next_question(scene)
    if question is None:
        return _invite(scene, "covered")
    if scene.remaining_s <= scene.closing_s:
        return _invite(scene, "time")
    return Move(
        strategy=strategy,
        response_type="question",
        focus_area=question.competency,
        question_id=question.question_id,
        quote=_quote(scene),
        reason=_reason(scene, why, question),
        heard=scene.heard,
    )


def _next_question(scene: _Scene) -> Question | None:
    """Stay with a competency while its share of time lasts, then cover the others, then return to the thinnest."""
    open_ones = uncovered(scene.plan, scene.bank, scene.memory)
    by_id = {planned.competency: planned for planned in scene.plan.competencies}
    current = scene.pending.competency if scene.pending else ""
    planned = by_id.get(current)
    if planned is not None and _may_stay(scene, planned, len(open_ones)):
        question = _unasked(scene, planned)
        if question is not None:
            return question
    for competency in open_ones:
        question = _unasked(scene, by_id[competency])
        if question is not None:
            return question
    again = [
        planned
        for planned in scene.plan.competencies
        if _times_asked(scene, planned.competency) < _MOST_QUESTIONS_PER_COMPETENCY and _unasked(scene, planned)
    ]
    # The thinnest evidence first; what was just talked about last, so that the talk moves.
    again.sort(
        key=lambda planned: (
            planned.competency == current,
            _times_asked(scene, planned.competency),
            best_quality(planned.competency, scene.bank, scene.memory),
        )
    )
    return _unasked(scene, again[0]) if again else None


def _may_stay(scene: _Scene, planned: PlannedCompetency, others_open: int) -> bool:
    spent = scene.memory.spent_s.get(planned.competency, 0.0)
    asked = _times_asked(scene, planned.competency)
    return (
        scene.heard == "answer"
        and asked < _QUESTIONS_IN_FIRST_ROUND
        and spent < planned.minutes * 60 * 0.6
        and _time_beyond(scene, others_open + 1) > 0
    )


def _unasked(scene: _Scene, planned: PlannedCompetency) -> Question | None:
    for question_id in planned.question_ids:
        if question_id not in scene.memory.asked and (question := scene.bank.question(question_id)) is not None:
            return question
    return None


def _times_asked(scene: _Scene, competency: str) -> int:
    questions = (scene.bank.question(asked) for asked in scene.memory.asked)
    return sum(question is not None and question.competency == competency for question in questions)


def _has_time_for_follow_up(scene: _Scene) -> bool:
    return _time_beyond(scene, len(uncovered(scene.plan, scene.bank, scene.memory)) + 1) > 0


def _time_beyond(scene: _Scene, exchanges: int) -> float:
    """Seconds left after `exchanges` more exchanges and the closing, with a little to spare."""
    return scene.remaining_s - scene.closing_s - exchanges * scene.memory.pace_s * 1.1


def _invite(scene: _Scene, why: str) -> Move:
    if scene.remaining_s <= _LAST_WORDS_S:
        return _say(scene, "wrap_up", "closing", "no_time", closes=True)
    return Move(
        strategy="wrap_up",
        response_type="question",
        quote=_quote(scene),
        reason=_reason(scene, f"invite_{why}", None),
        heard=scene.heard,
    )


def _candidates_questions(scene: _Scene) -> Move:
    """After the invitation: take the candidate's questions while there is time, then say goodbye."""
    asks = scene.heard in {"question", "unclear"} or is_question(scene.text, scene.bank.language)
    if scene.heard == "repeat" and scene.remaining_s > _LAST_WORDS_S and scene.memory.invited == 1:
        return _say(scene, "wrap_up", "question", "invite_repeat")
    declined = has_nothing_to_ask(scene.text, scene.bank.language)
    if asks and not declined and scene.remaining_s > _LAST_WORDS_S * 2 and scene.memory.invited < _MOST_OWN_QUESTIONS:
        return _say(scene, "wrap_up", "question", "own_question", heard="question")
    heard: Heard = "question" if asks and not declined else "answer"
    return _say(scene, "wrap_up", "closing", "closing", heard=heard, closes=True)


def _quote(scene: _Scene) -> str:
    """Take up something of the input, where there was something; never of a rude or beside-the-point one."""
    if scene.heard not in {"answer", "thin", "evasive"}:
        return ""
    return salient_quote(scene.text, scene.bank.language, scene.pending, scene.memory.quotes)


def _say(
    scene: _Scene,
    strategy: Strategy,
    response_type: Literal["acknowledgement", "closing", "question", "notice"],
    why: str,
    *,
    heard: Heard | None = None,
    focus: Question | None = None,
    closes: bool = False,
) -> Move:
    """A move that asks no question of the bank."""
    return Move(
        strategy=strategy,
        response_type=response_type,
        focus_area=focus.competency if focus else "",
        reason=_reason(scene, why, focus),
        closes=closes,
        heard=heard or scene.heard,
    )


def _reason(scene: _Scene, why: str, question: Question | None, label: str = "") -> str:
    """One sentence for a person who asks why, in the interview's language."""
    info = scene.bank.competency(question.competency) if question else None
    return catalogue("dialogue", scene.bank.language)[f"reason.{why}"].format(
        competency=Noun(info.name if info else ""),
        label=label,
        minutes=max(0, round(scene.remaining_s / 60)),
        words=scene.quality.words,
    )

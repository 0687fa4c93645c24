"""The grader of questions that have a key: choice, true/false, numeric, fill-in. Deterministic and fast."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from typing import Final

from vivavoce.domain.answer_key import Blank, ChoiceKey, FillInKey, NumericKey, TrueFalseKey, is_blank
from vivavoce.engines.grader import wording
from vivavoce.engines.grader.contract import Answer, AnswerSpan, Grade, GradeRequest, GraderStamp, MarkScheme
from vivavoce.engines.grader.grades import blank, nothing_answered, settled, to_person
from vivavoce.engines.grader.numbers import Found, numbers
from vivavoce.engines.grader.text import folded, plain
from vivavoce.engines.grader.units import Unit, parse_unit

NAME: Final = "exact"
VERSION: Final = "1.0.0"
#: So many answers are graded before others on the event loop get their turn.
_SLICE: Final = 500
_LONGEST: Final = 2_000

_TRUE: Final = frozenset(
    (
        *("true", "t", "yes", "y", "right", "correct", "o", "1", "√", "✓", "✔", "○", "◯"),
        *("对", "对的", "正确", "是", "真", "참", "맞다", "맞음", "예", "네", "옳다"),
    )
)
_FALSE: Final = frozenset(
    (
        *("false", "f", "no", "n", "wrong", "incorrect", "x", "0", "×", "✗", "✘"),
        *("错", "错误", "否", "不对", "不正确", "不是", "假", "거짓", "틀리다", "틀림", "아니오", "아니요", "그르다"),
    )
)
_CIRCLED: Final = {chr(0x2460 + index): str(index + 1) for index in range(20)}
_CLAUSE_END = re.compile(r"[,;，。；、=≈\n]|\.(?:\s|$)|\s[(（]")
_UNIT_WORDS: Final = 5
#: Short words that are also units; followed by others they are words.
_ALSO_WORDS: Final = frozenset(("in", "a", "at", "as", "an"))
_DEGREES: Final = {
    **dict.fromkeys(("°", "도", "度", "c", "degree", "degrees"), "°C"),
    "f": "°F",
}
_BETWEEN_CHOICES = re.compile(r"[\s,;/&+，、；。.)(（）]+|\band\b|그리고|和")
_SEPARATORS = re.compile(r"[;；|\n\t]|[,，、](?!\d{3}(?:\D|$))")


class ExactGrader:
    """Holds an answer against its key. It is as sure as the answer can be read: what is ambiguous goes to a person."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    @property
    def model(self) -> str:
        return ""

    def can_grade(self, scheme: MarkScheme) -> bool:
        return scheme.key is not None

    async def grade(self, request: GradeRequest) -> tuple[Grade, ...]:
        grades: list[Grade] = []
        for begin in range(0, len(request.answers), _SLICE):
            grades += self.judge(request, request.answers[begin : begin + _SLICE])
            await asyncio.sleep(0)
        return tuple(grades)

    def judge(self, request: GradeRequest, answers: tuple[Answer, ...] | None = None) -> list[Grade]:
        """The grades of `answers` (all of the request's), for callers that have no event loop."""
        stamp = GraderStamp(engine=NAME, version=VERSION, scheme_version=request.scheme.version)
        return [_graded(answer, request, stamp) for answer in (request.answers if answers is None else answers)]


def _graded(answer: Answer, request: GradeRequest, stamp: GraderStamp) -> Grade:
    if nothing_answered(answer):
        return blank(answer, request, stamp)
    match request.scheme.key:
        case ChoiceKey() as key:
            return _choice(answer, key, request, stamp)
        case TrueFalseKey() as key:
            return _true_false(answer, key, request, stamp)
        case NumericKey() as key:
            return _numeric(answer, key, request, stamp)
        case FillInKey() as key:
            return _fill_in(answer, key, request, stamp)
        case None:
            return to_person(answer, request, stamp, "no_key")


def _choice(answer: Answer, key: ChoiceKey, request: GradeRequest, stamp: GraderStamp) -> Grade:
    options = [option.option_id for option in key.options]
    chosen = _chosen(answer, key, options)
    if chosen is None:
        return to_person(answer, request, stamp, "unreadable")
    correct = set(key.correct)
    right, wrong = len(chosen & correct), len(chosen - correct)
    if key.scoring == "per_option":
        share = sum((option in chosen) == (option in correct) for option in options) / max(1, len(options))
    elif key.scoring == "right_minus_wrong":
        share = max(0.0, (right - wrong) / max(1, len(correct)))
    else:
        share = 1.0 if chosen == correct else 0.0
    language = request.scheme.language
    return settled(
        answer,
        request,
        stamp,
        points=share * request.scheme.max_points,
        confidence=1.0,
        evidence=_all_of(answer),
        rationale=wording.say(
            "read_choice",
            language,
            chosen=", ".join(option for option in options if option in chosen),
            key=", ".join(option for option in options if option in correct),
        ),
        feedback=_verdict(request, share, right, len(correct)),
    )


def _chosen(answer: Answer, key: ChoiceKey, options: list[str]) -> set[str] | None:
    """The options an answer names; None when it names something else."""
    by_name, by_text = _option_names(key)
    if answer.chosen:
        ticked = {by_name.get(folded(name), "") for name in answer.chosen}
        return None if "" in ticked else ticked
    text = "".join(_CIRCLED.get(character, character) for character in answer.text)
    whole = folded(text)
    if whole in by_name:
        return {by_name[whole]}
    if whole in by_text:
        return {by_text[whole]}
    named = {by_name.get(part) or by_text.get(part, "") for part in _parts(text)}
    if named and "" not in named:
        return named
    # `ABD`: letters one after the other.
    if all(len(option) == 1 for option in options) and whole and set(whole) <= by_name.keys():
        return {by_name[character] for character in whole}
    return None


def _parts(text: str) -> list[str]:
    return [part for part in (folded(part) for part in _BETWEEN_CHOICES.split(text)) if part]


@lru_cache(maxsize=512)
def _option_names(key: ChoiceKey) -> tuple[dict[str, str], dict[str, str]]:
    by_name = {folded(option.option_id): option.option_id for option in key.options}
    by_text = {folded(option.text): option.option_id for option in key.options if option.text}
    return by_name, by_text


def _true_false(answer: Answer, key: TrueFalseKey, request: GradeRequest, stamp: GraderStamp) -> Grade:
    said = plain(answer.chosen[0] if len(answer.chosen) == 1 else answer.text).strip(" .。!！()（）") or "?"
    if said not in _TRUE and said not in _FALSE:
        return to_person(answer, request, stamp, "unreadable")
    share = 1.0 if (said in _TRUE) == key.correct else 0.0
    return settled(
        answer,
        request,
        stamp,
        points=share * request.scheme.max_points,
        confidence=1.0,
        evidence=_all_of(answer),
        rationale=wording.say("read_choice", request.scheme.language, chosen=said in _TRUE, key=key.correct),
        feedback=_verdict(request, share, int(share), 1),
    )


def _numeric(answer: Answer, key: NumericKey, request: GradeRequest, stamp: GraderStamp) -> Grade:
    text = answer.text or " ".join(answer.filled)
    found = _meant(text[:_LONGEST])
    if found is None:
        if any(character.isdigit() for character in text):
            return to_person(answer, request, stamp, "unreadable")
        return _number_grade(answer, key, request, stamp, None, 0.0, wording.say("wrong", request.scheme.language))
    wanted = parse_unit(key.unit)
    given = _unit_after(found.rest, key.unit)
    language = request.scheme.language
    if given is None or wanted is None:
        # Per cent where no unit is asked for: `50 %` is 0.5.
        bare = given is None or wanted is not None or given.dimensions
        value = found.value if bare or given is None else found.value * given.factor
        share = _share_without_unit(key) if _within(value, key) else 0.0
        missing = share < 1.0 and _within(value, key)
        feedback = wording.say("no_unit", language) if missing else _verdict(request, share, int(share), 1)
        return _number_grade(answer, key, request, stamp, found, share, feedback)
    if given.dimensions != wanted.dimensions:
        if _is_unknown(given) and _within(found.value, key):
            return to_person(answer, request, stamp, "unreadable")
        feedback = wording.say("wrong_unit", language, unit=key.unit)
        return _number_grade(answer, key, request, stamp, found, 0.0, feedback)
    value = (found.value * given.factor + given.offset - wanted.offset) / wanted.factor
    share = 1.0 if _within(value, key) else 0.0
    return _number_grade(answer, key, request, stamp, found, share, _verdict(request, share, int(share), 1))


def _number_grade(
    answer: Answer,
    key: NumericKey,
    request: GradeRequest,
    stamp: GraderStamp,
    found: Found | None,
    share: float,
    feedback: str,
) -> Grade:
    language = request.scheme.language
    tolerance = max(key.tolerance, abs(key.value) * key.relative_tolerance)
    evidence: tuple[AnswerSpan, ...] = ()
    if found is not None and answer.text:
        evidence = (AnswerSpan(quote=answer.text[found.start : found.end], start=found.start, end=found.end),)
    return settled(
        answer,
        request,
        stamp,
        points=share * request.scheme.max_points,
        confidence=1.0,
        evidence=evidence,
        rationale=wording.say(
            "read_number",
            language,
            value="–" if found is None else f"{found.value:.10g}",
            key=f"{key.value:.10g} {key.unit}".strip(),
            tolerance=f"{tolerance:.6g}",
        ),
        feedback=feedback,
    )


def _meant(text: str) -> Found | None:
    """The one number an answer states: the only one, or what stands after the last `=` or `≈`. None for several."""
    found = numbers(text)
    if len(found) > 1:
        after = max(text.rfind(sign) for sign in "=≈＝")
        if after >= 0:
            found = [item for item in found if item.start > after]
    if len(found) > 1 and len({item.value for item in found}) == 1:
        found = found[:1]
    return found[0] if len(found) == 1 else None


def _unit_after(rest: str, wanted: str) -> Unit | None:
    """The unit that follows a number: the longest run of words that is one; else whatever word stands there; None
    where nothing does."""
    if not rest or rest.isspace():
        return None
    end = _CLAUSE_END.search(rest)
    return _unit_of_words(rest[: end.start() if end else len(rest)].strip(), wanted)


@lru_cache(maxsize=4096)
def _unit_of_words(rest: str, wanted: str) -> Unit | None:
    words = rest.split()[:_UNIT_WORDS]
    wanted_unit = parse_unit(wanted)
    is_temperature = wanted_unit is not None and bool(wanted_unit.offset)
    for count in range(len(words), 0, -1):
        written = " ".join(words[:count])
        if folded(written) == folded(wanted):
            return wanted_unit
        if is_temperature and written.casefold() in _DEGREES:
            return parse_unit(_DEGREES[written.casefold()])
        if count == 1 < len(words) and written.casefold() in _ALSO_WORDS:
            return None
        unit = parse_unit(written)
        if unit is not None and not _is_unknown(unit):
            return unit
    return parse_unit(words[0]) if words else None


def _is_unknown(unit: Unit) -> bool:
    return any(base.startswith("word:") for base, _ in unit.dimensions)


def _within(value: float, key: NumericKey) -> bool:
    allowed = max(key.tolerance, abs(key.value) * key.relative_tolerance)
    # Room for what binary fractions lose in converting units.
    return abs(value - key.value) <= allowed + 1e-9 * max(abs(key.value), abs(allowed), 1e-300)


def _share_without_unit(key: NumericKey) -> float:
    return key.without_unit_share if key.unit and key.unit_required else 1.0


def _fill_in(answer: Answer, key: FillInKey, request: GradeRequest, stamp: GraderStamp) -> Grade:
    given = list(answer.filled) or _gaps(answer.text, len(key.blanks))
    if given is None:
        return to_person(answer, request, stamp, "unreadable")
    given = (given + [""] * len(key.blanks))[: max(len(key.blanks), len(given))]
    earned, right = _filled_right(given, key)
    total = sum(blank.weight for blank in key.blanks)
    share = earned / total if total > 0 else 0.0
    language = request.scheme.language
    return settled(
        answer,
        request,
        stamp,
        points=share * request.scheme.max_points,
        confidence=1.0,
        evidence=_all_of(answer),
        rationale=wording.say("read_gaps", language, right=right, total=len(key.blanks)),
        feedback=_verdict(request, share, right, len(key.blanks)),
    )


def _gaps(text: str, count: int) -> list[str] | None:
    """The contents of the gaps in a text; None when it cannot be told which is which."""
    if count == 1:
        return [text]
    for parts in (_SEPARATORS.split(text), text.split()):
        kept = [part.strip() for part in parts]
        while kept and is_blank(kept[-1]):
            kept.pop()
        if len(kept) == count:
            return kept
    lines = [part.strip() for part in _SEPARATORS.split(text)]
    return lines if 1 < len(lines) < count else None


def _filled_right(given: list[str], key: FillInKey) -> tuple[float, int]:
    earned, right = 0.0, 0
    if not key.any_order:
        for text, gap in zip(given, key.blanks, strict=False):
            if _accepts(gap, text):
                earned += gap.weight
                right += 1
        return earned, right
    open_gaps = sorted(key.blanks, key=lambda gap: -gap.weight)
    for text in given:
        for index, gap in enumerate(open_gaps):
            if _accepts(gap, text):
                earned += gap.weight
                right += 1
                del open_gaps[index]
                break
    return earned, right


def _accepts(gap: Blank, text: str) -> bool:
    if gap.exact:
        return text.strip() in gap.accepted
    return folded(text) in _accepted_forms(gap)


@lru_cache(maxsize=2048)
def _accepted_forms(gap: Blank) -> frozenset[str]:
    return frozenset(folded(form) for form in gap.accepted) - {""}


def _all_of(answer: Answer) -> tuple[AnswerSpan, ...]:
    text = answer.text
    stripped = text.strip()
    if not stripped or len(text) > _LONGEST:
        return ()
    start = text.index(stripped)
    return (AnswerSpan(quote=stripped, start=start, end=start + len(stripped)),)


def _verdict(request: GradeRequest, share: float, right: int, total: int) -> str:
    language = request.scheme.language
    if share >= 1.0:
        return wording.say("right", language)
    if share <= 0.0:
        return wording.say("wrong", language)
    return wording.say("partly", language, right=right, total=total)

"""The guided engine: words replies from the question bank and the phrase catalogue. Needs no model and never fails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Final

from vivavoce.domain.interview import Heard, InterviewConfig, Language
from vivavoce.domain.question_bank import Question, QuestionBank
from vivavoce.engines.interviewer.bank import load_bank
from vivavoce.engines.interviewer.contract import ReplyRequest
from vivavoce.engines.interviewer.phrases import Phrases
from vivavoce.locales.particles import Noun

GUIDED_VERSION: Final = "1"
_DELTA: Final = re.compile(r".+?(?:[.!?](?=\s)\s*|[。！？]|$)", re.DOTALL)
_LONGEST_NAME: Final = 40

#: Which acknowledgement goes with what was heard, when a follow-up comes and when the interview moves on.
_STAY: Final[dict[Heard, str]] = {
    "thin": "ack.thin",
    "evasive": "ack.evasive",
    "off_topic": "ack.off_topic",
    "hostile": "ack.hostile",
    "unknown": "ack.unknown",
    "unclear": "ack.unclear",
    "repeat": "ack.unclear",
}
_MOVE_ON: Final[dict[Heard, str]] = {
    "thin": "ack.neutral",
    "evasive": "ack.neutral",
    "off_topic": "ack.off_topic_move",
    "hostile": "ack.hostile_move",
    "unknown": "ack.unknown_move",
    "unclear": "ack.unknown_move",
    "repeat": "ack.unknown_move",
    "other_language": "ack.other_language_move",
}


class GuidedInterviewer:
    """Words every move the planner can make. `banks` gives the question bank of a language."""

    name = "guided"
    version = GUIDED_VERSION
    model = ""

    def __init__(self, banks: Callable[[Language], QuestionBank] = load_bank) -> None:
        self._banks = banks

    async def reply(self, request: ReplyRequest) -> AsyncIterator[str]:
        """Yield the reply sentence by sentence; it is there at once, so nothing waits in between."""
        for delta in deltas(self.text(request)):
            yield delta

    def text(self, request: ReplyRequest) -> str:
        """Return the whole reply. The same request gives the same words."""
        wording = _Wording(request, self._banks(request.language))
        text = wording.compose()
        return (
            _casual(text, request) if request.language == "zh" and request.config.interview_style == "relaxed" else text
        )


def deltas(text: str) -> list[str]:
    """Cut a text into its sentences; joined they are the text again."""
    return _DELTA.findall(text)


class _Wording:
    """Composes one reply."""

    def __init__(self, request: ReplyRequest, bank: QuestionBank) -> None:
        self._request = request
        self._move = request.move
        self._bank = bank
        self._style = request.config.interview_style
        self._question: Question | None = bank.question(request.move.question_id)
        said = "\n".join(turn.reply_text for turn in request.turns)
        seed = f"{request.candidate_name}|{request.config.role}|{len(request.turns)}|{request.input_text[:40]}"
        self._phrases = Phrases(request.language, self._style, said, seed)

    def compose(self) -> str:
        move = self._move
        if move.heard == "after_closing":
            return self._phrases.pick("after")
        if move.strategy == "wrap_up":
            return self._closing() if move.closes else self._invitation()
        if move.strategy == "opening":
            return self._opening()
        if move.heard == "thinking":
            return self._phrases.pick("thinking")
        if move.response_type == "notice":
            return self._phrases.pick("other_language")
        if move.response_type == "acknowledgement":
            return self._phrases.pick("question" if move.heard == "question" else "waiting")
        if move.heard == "repeat" and move.response_type == "question" and move.question_id in self._asked():
            return _sentence(self._phrases.pick("repeat"), self._repeated())
        if move.follow_up_id:
            return self._follow_up()
        return self._next_question()

    def _opening(self) -> str:
        config, move = self._request.config, self._move
        name = _name(self._request.candidate_name or config.candidate_name)
        parts = [self._phrases.pick("hello", "" if name else "nameless", name=name)]
        parts.append(
            self._phrases.pick("intro", "role" if _role(config) else "", role=_role(config), minutes=self._minutes())
        )
        if move.heard == "question":
            parts.append(self._phrases.pick("opening.question"))
        elif move.heard in {"hostile", "other_language"}:
            parts.append(self._phrases.pick(f"opening.{move.heard}"))
        elif move.quote:
            parts.append(self._phrases.pick("opening.quote", quote=Noun(move.quote)))
        if self._question is not None:
            parts += [self._phrases.pick("first"), self._question.text]
        return _sentence(*parts)

    def _follow_up(self) -> str:
        """Acknowledge, then ask on within the same question."""
        move = self._move
        if move.heard == "evasive" and move.strategy == "challenge":
            acknowledgement = self._phrases.pick("ack.press")
        else:
            acknowledgement = self._acknowledgement(_STAY)
        point = self._bank.point(move.question_id, move.follow_up_id)
        asked = (
            self._phrases.pick("point", label=point.label)
            if point
            else self._bank.follow_up(move.question_id, move.follow_up_id)
        )
        return _sentence(acknowledgement, asked)

    def _next_question(self) -> str:
        """Acknowledge, lead over to the next topic, ask."""
        if self._question is None:
            return self._phrases.pick("waiting")
        asked_before = [question for asked in self._asked() if (question := self._bank.question(asked)) is not None]
        competencies = [question.competency for question in asked_before]
        if competencies and competencies[-1] == self._question.competency:
            bridge = self._phrases.pick("bridge.same")
        else:
            info = self._bank.competency(self._question.competency)
            name = _in_sentence(info.name, self._request.language) if info else ""
            key = "bridge.again" if self._question.competency in competencies else "bridge"
            bridge = self._phrases.pick(key, competency=Noun(name))
        return _sentence(self._acknowledgement(_MOVE_ON), bridge, self._question.text)

    def _acknowledgement(self, by_heard: dict[Heard, str]) -> str:
        move = self._move
        key = by_heard.get(move.heard)
        if key is not None:
            return self._phrases.pick(key)
        if move.quote:
            stays = move.response_type == "follow_up"
            return self._phrases.pick("ack.quote" if stays else "ack.noted", quote=Noun(move.quote))
        return self._phrases.pick("ack.plain")

    def _repeated(self) -> str:
        """The pending question or follow-up as it was put."""
        move = self._move
        point = self._bank.point(move.question_id, move.follow_up_id)
        if point is not None:
            return self._phrases.pick("point", label=point.label)
        return self._bank.follow_up(move.question_id, move.follow_up_id) or (
            self._question.text if self._question else ""
        )

    def _invitation(self) -> str:
        if self._move.heard == "repeat":
            return self._phrases.pick("invite_repeat")
        if any(turn.move.strategy == "wrap_up" for turn in self._request.turns):
            return self._phrases.pick("own_question")
        acknowledgement = self._acknowledgement({}) if self._move.heard == "answer" else ""
        return _sentence(acknowledgement, self._phrases.pick("invite"))

    def _closing(self) -> str:
        name = _name(self._request.candidate_name or self._request.config.candidate_name)
        values = {"vocative": _vocative(name, self._request.language)}
        if self._move.heard == "stop":
            return self._phrases.pick("closing.stop", **values)
        if not any(turn.move.strategy == "wrap_up" for turn in self._request.turns):
            return self._phrases.pick("closing.no_time", **values)
        goodbye = self._phrases.pick("closing", **values)
        return _sentence(self._phrases.pick("noted_last"), goodbye) if self._move.heard == "question" else goodbye

    def _asked(self) -> list[str]:
        return [turn.move.question_id for turn in self._request.turns if turn.move.question_id]

    def _minutes(self) -> str:
        return str(
            max(1, round(self._request.remaining_s / 60))
            if self._request.remaining_s < 1e6
            else self._request.config.duration_minutes
        )


def _name(name: str) -> str:
    """A candidate's name as it may be spoken: one line, no longer than a name."""
    return " ".join(name.split())[:_LONGEST_NAME].strip()


def _role(config: InterviewConfig) -> str:
    return " ".join(config.role.split())[:80].strip()


def _vocative(name: str, language: Language) -> str:
    if not name:
        return ""
    return {"en": f", {name}", "ko": f"{name} 님, ", "zh": f"{name}，"}[language]


def _in_sentence(name: str, language: Language) -> str:
    return name[:1].lower() + name[1:] if language == "en" else name


def _sentence(*parts: str) -> str:
    """Join sentences: with a space, or without one between full-width stops."""
    joined = ""
    for part in parts:
        if part:
            joined += ("" if not joined or joined[-1] in "。！？：；" else " ") + part
    return joined


def _casual(text: str, request: ReplyRequest) -> str:
    """Chinese small talk says 你, not 您; the candidate's own words stay as they were said."""
    quote = request.move.quote
    return quote.join(piece.replace("您", "你") for piece in text.split(quote)) if quote else text.replace("您", "你")

"""How an answer stands to what was asked: which criteria and expected points it covers, where, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from vivavoce.domain.errors import invalid, not_found
from vivavoce.domain.interview import COMPETENCIES, Language
from vivavoce.domain.question_sets import SetQuestion
from vivavoce.domain.scorecard import CriterionScore, Rubric, Utterance
from vivavoce.domain.session import room as r
from vivavoce.domain.session.state import SessionState
from vivavoce.engines.evaluator.contract import EvaluationRequest, Evaluator
from vivavoce.protocols.rooms import messages as m

_CANDIDATE: Final = "candidate"
_TEXT_LIMIT: Final = 10_000
_SUGGESTIONS: Final = 5
#: Of the words of an expected point, how many an answer has to have before a sentence of it is shown for it.
_SHOWN_FROM: Final = 0.5
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD: Final = re.compile(r"[^\W\d_\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{3,}|\d+")
_CJK_RUN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2,}")
#: Words that say nothing about what a point is about.
_EMPTY: Final = frozenset(
    {"the", "and", "for", "with", "that", "this", "from", "are", "was", "were", "has", "have", "had", "not", "but"}
    | {"you", "your", "his", "her", "its", "our", "their", "they", "how", "what", "when", "why", "who", "which", "all"}
)
_SENTENCE: Final = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")

RubricOf = Callable[[Sequence[str], Language], Rubric]
Sentences = Callable[..., str]


class AnswerAnalyst:
    """Judges one answer at a time with an evaluator, against the rubric of its question's competency."""

    def __init__(self, evaluator: Evaluator, rubric: RubricOf, sentences: Sentences) -> None:
        self._evaluator = evaluator
        self._rubric = rubric
        self._sentences = sentences

    async def of_room(
        self, state: SessionState, text: str | None, question_id: r.Id | None, user_id: r.Id | None
    ) -> m.AnswerAnalysis:
        """`text`, or the newest answer of that person to that question. Raises VivavoceError."""
        answer = text if text is not None else _newest(state, question_id, user_id)
        asked = state.room.asked_question(question_id) if question_id is not None else None
        planned = None
        if state.room.questions is not None and question_id is not None:
            planned = state.room.questions.question(r.key_of(question_id))
        competency = asked.competency if asked is not None else planned.competency if planned is not None else ""
        return await self.analyse(
            answer,
            question_id,
            user_id,
            language=state.config.language,
            question_text=asked.text if asked is not None else planned.text if planned is not None else "",
            competencies=(competency,) if competency else state.config.competencies,
            planned=planned,
        )

    async def analyse(
        self,
        text: str,
        question_id: r.Id | None,
        user_id: r.Id | None,
        *,
        language: Language | None = None,
        question_text: str = "",
        competencies: Sequence[str] = (),
        planned: SetQuestion | None = None,
    ) -> m.AnswerAnalysis:
        """Raises VivavoceError."""
        if not text.strip():
            raise invalid("the answer is empty", field="answer_text", reason="empty_text")
        if len(text) > _TEXT_LIMIT:
            raise invalid(f"an answer has at most {_TEXT_LIMIT} characters", field="answer_text")
        language = language or language_of(text)
        rubric = self._rubric(competencies or COMPETENCIES, language)
        utterance = Utterance(
            utterance_id="answer",
            speaker=_CANDIDATE,
            text=text,
            start=0.0,
            end=0.0,
            question_id=None if question_id is None else r.key_of(question_id),
            in_answer_to=question_text,
            competency=competencies[0] if len(competencies) == 1 else "",
        )
        scorecard = await self._evaluator.evaluate(
            EvaluationRequest(rubric=rubric, utterances=(utterance,), subject=_CANDIDATE, language=language)
        )
        points = planned.rubric.expected_points if planned is not None and planned.rubric is not None else ()
        shares = {point: _covered(point, text) for point in points}
        evidence = [_shown(point, text) for point, share in shares.items() if share >= _SHOWN_FROM]
        evidence += [
            m.Quotation(criterion=score.name, quote=quote.quote, start=quote.start, end=quote.end)
            for score in scorecard.criteria
            for quote in score.evidence
        ]
        missing = [
            self._sentences(language, "rooms.point_missing", point=point)
            for point, share in shares.items()
            if share < _SHOWN_FROM
        ]
        feedback = [score.feedback for score in scorecard.criteria if score.verdict == "scored" and score.feedback]
        return m.AnswerAnalysis(
            question_id=question_id,
            user_id=user_id,
            coverage={
                **shares,
                # Of a question that was not asked for something in particular, what it happens to show.
                **{score.name: _share(score) for score in scorecard.criteria if competencies or score.score},
            },
            evidence=tuple(evidence),
            suggestions=tuple(dict.fromkeys([*missing, *feedback, *scorecard.gaps]))[:_SUGGESTIONS],
        )


def language_of(text: str) -> Language:
    """The language a text is most likely written in, by its script."""
    if _HANGUL.search(text):
        return "ko"
    return "zh" if _HAN.search(text) else "en"


def _newest(state: SessionState, question_id: r.Id | None, user_id: r.Id | None) -> str:
    room = state.room
    for answer in reversed(room.answers):
        same_question = question_id is None or r.key_of(answer.question_id) == r.key_of(question_id)
        owners = (answer.user_id, r.key_of(room.shown(answer.user_id)))
        if same_question and (user_id is None or r.key_of(user_id) in owners):
            return answer.text
    raise not_found("there is no answer to this question yet", reason="answer_not_found")


def _share(score: CriterionScore) -> float | None:
    return None if score.score is None else round((score.score - 1) / 4, 3)


def _covered(point: str, text: str) -> float:
    """How many of the telling words of `point` stand in `text`."""
    wanted = _words(point)
    return round(len(wanted & _words(text)) / len(wanted), 3) if wanted else 0.0


def _shown(point: str, text: str) -> m.Quotation:
    """The sentence of `text` that has most of `point`."""
    wanted = _words(point)
    best = max(_SENTENCE.finditer(text), key=lambda found: len(wanted & _words(found.group())))
    quote = best.group().strip()
    start = text.index(quote, best.start())
    return m.Quotation(criterion=point, quote=quote, start=start, end=start + len(quote))


def _words(text: str) -> set[str]:
    """Words of scripts with spaces; of Korean and Chinese, pairs of characters."""
    lower = text.lower()
    pairs = {run[at : at + 2] for run in _CJK_RUN.findall(lower) for at in range(len(run) - 1)}
    return pairs | {_stem(word) for word in _LATIN_WORD.findall(lower) if word not in _EMPTY}


def _stem(word: str) -> str:
    """English endings that do not change what is meant."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word

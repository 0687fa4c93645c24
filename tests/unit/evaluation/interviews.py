"""A small finished interview to report on."""

from __future__ import annotations

from typing import Any

from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Language, Move, PlannedCompetency, Turn
from vivavoce.domain.scorecard import OwnMark, OwnScorecard, Scorecard, Utterance
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rubrics import load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator
from vivavoce.evaluation.report import Report, build_report
from vivavoce.evaluation.transcript import transcript_of

PLANNED = ("technical_depth", "teamwork", "planning")
TEXTS: dict[Language, tuple[str, str]] = {
    "en": (
        "I traced the slow checkout to a missing index, because each order scanned 2 million rows, "
        "and p95 fell to 180 ms.",
        "I paired with a colleague, asked what she needed, and changed my own plan. As a result we finished early.",
    ),
    "ko": (
        "제가 느린 결제의 원인이 인덱스라는 것을 찾아 추가했고, 응답 시간이 4초에서 0.2초로 줄었습니다.",
        "저는 동료에게 필요한 것을 물어보고 제 계획을 바꾸었습니다. 그 결과 하루 일찍 마쳤습니다.",
    ),
    "zh": (
        "我分析后发现结算慢的原因是缺少索引，加上索引以后延迟从四秒降到0.2秒。",
        "我问同事需要什么，并改了自己的计划，结果我们提前一天完成。",
    ),
}


def turns(language: Language = "en", texts: tuple[str, ...] | None = None) -> tuple[Turn, ...]:
    answers = TEXTS[language] if texts is None else texts
    asked = [
        Move(strategy="opening", response_type="question", focus_area=PLANNED[0], question_id="t1", reason="first")
    ]
    asked.append(Move(strategy="pivot", response_type="question", focus_area=PLANNED[1], question_id="w1"))
    asked.append(Move(strategy="wrap_up", response_type="closing", closes=True))
    told = ["Welcome. What did you improve?", "How do you work with others?", "Thank you."]
    return tuple(
        Turn(
            input_seq=10 * index,
            input_text=answers[index - 1] if index else "",
            input_at_s=60.0 * index,
            reply_seq=10 * index + 1,
            reply_text=told[index],
            reply_at_s=60.0 * index + 1,
            move=asked[index],
        )
        for index in range(len(answers) + 1)
    )


def spoken(language: Language = "en", texts: tuple[str, ...] | None = None) -> tuple[Utterance, ...]:
    return transcript_of(turns(language, texts), lambda seq: f"u{seq}")


def scored(language: Language = "en", texts: tuple[str, ...] | None = None) -> Scorecard:
    rubric = load_rubric(PLANNED, language)
    request = EvaluationRequest(rubric=rubric, utterances=spoken(language, texts), language=language)
    return RuleEvaluator().judge(request)


def report(language: Language = "en", texts: tuple[str, ...] | None = None, **changes: Any) -> Report:
    rubric = load_rubric(PLANNED, language)
    plan = InterviewPlan(
        competencies=tuple(
            PlannedCompetency(competency=item.criterion_id, name=item.name, minutes=5, question_ids=(), why="")
            for item in rubric.criteria
        ),
        bank_version="1",
    )
    given: dict[str, Any] = {
        "session_id": "s1",
        "generated_at": "2026-03-04T05:10:00.000Z",
        "config": InterviewConfig(language=language, role="Engineer", candidate_name="Alex"),
        "plan": plan,
        "turns": turns(language, texts),
        "utterances": spoken(language, texts),
        "scorecard": scored(language, texts),
        "rubric": rubric,
        "visibility": "sealed",
        "started_at": "2026-03-04T05:00:00.000Z",
        "ended_at": "2026-03-04T05:03:00.000Z",
        "end_reason": "completed",
        "duration_s": 121.0,
        "answer_quality": {10: 0.75, 20: 0.6},
    }
    return build_report(**{**given, **changes})


def own(*scores: float | None) -> OwnScorecard:
    return OwnScorecard(
        scorecard_id="own-1",
        author_id="u1",
        author_name="Dana",
        criteria=tuple(OwnMark(criterion_id=name, score=value) for name, value in zip(PLANNED, scores, strict=False)),
        recommendation="yes",
        comment="SECRET COMMENT",
        submitted_at="2026-03-04T06:00:00.000Z",
    )

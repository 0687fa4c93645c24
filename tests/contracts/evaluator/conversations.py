"""Short transcripts for evaluators of every kind."""

from __future__ import annotations

from vivavoce.domain.interview import Language
from vivavoce.domain.scorecard import Rubric, Utterance
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rubrics import load_rubric

CRITERIA = ("technical_depth", "teamwork", "planning")

ANSWERS: dict[Language, tuple[str, str]] = {
    "en": (
        "Last year our checkout took four seconds. I traced it to a missing index, because every order scanned two "
        "million rows. I added a composite index instead of a cache, and p95 fell from 4 s to 180 ms.",
        "In the move of our archive I paired with a colleague from the print shop. I asked her what she needed, "
        "changed my own plan because of it, and together we finished a day early.",
    ),
    "ko": (
        "작년에 결제가 4초 걸렸습니다. 제가 실행 계획을 분석해 인덱스가 없는 것이 원인임을 찾았습니다. "
        "캐시 대신 복합 인덱스를 추가했고 응답 시간이 4초에서 0.2초로 줄었습니다.",
        "자료실 이전 때 인쇄실 동료와 함께 일했습니다. 저는 동료에게 무엇이 필요한지 물었고, "
        "그 의견 때문에 제 계획을 바꾸었습니다. 결과적으로 하루 일찍 마쳤습니다.",
    ),
    "zh": (
        "去年我们的结算要四秒。我分析了执行计划，发现原因是缺少索引，每个订单都要扫描两百万行。"
        "我没有加缓存，而是加了联合索引，结果延迟从四秒降到0.2秒。",
        "搬档案室的时候我和印刷室的同事一起工作。我问她需要什么，因为她的意见我改了自己的计划，最后我们提前一天完成。",
    ),
}
QUESTIONS: dict[Language, tuple[str, str]] = {
    "en": ("Tell me about something technical you improved.", "Tell me about working with others."),
    "ko": ("기술적으로 개선한 일을 말씀해 주세요.", "함께 일한 경험을 말씀해 주세요."),
    "zh": ("请讲一个你做过的技术改进。", "请讲一次与人合作的经历。"),
}


def rubric(language: Language) -> Rubric:
    return load_rubric(CRITERIA, language)


def interview(language: Language, answers: tuple[str, str] | None = None) -> EvaluationRequest:
    """Two questions and answers, on technical depth and on teamwork; planning is never touched."""
    spoken = ANSWERS[language] if answers is None else answers
    utterances: list[Utterance] = []
    for index, (question, answer, competency) in enumerate(
        zip(QUESTIONS[language], spoken, ("technical_depth", "teamwork"), strict=True)
    ):
        at = 60.0 * index
        utterances.append(Utterance(utterance_id=f"q{index}", speaker="interviewer", text=question, start=at, end=at))
        utterances.append(
            Utterance(
                utterance_id=f"a{index}",
                speaker="candidate",
                text=answer,
                start=at + 30,
                end=at + 30,
                question_id=f"question-{index}",
                in_answer_to=question,
                competency=competency,
            )
        )
    return EvaluationRequest(rubric=rubric(language), utterances=tuple(utterances), language=language)

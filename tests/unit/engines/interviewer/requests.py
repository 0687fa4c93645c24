"""Requests for replies, as the tests of the interviewer engines need them."""

from __future__ import annotations

from vivavoce.dialogue.plan import make_plan
from vivavoce.dialogue.planner import next_move
from vivavoce.domain.interview import InterviewConfig, InterviewStyle, Language, Turn
from vivavoce.engines.interviewer.bank import load_bank
from vivavoce.engines.interviewer.contract import ReplyRequest
from vivavoce.engines.interviewer.guided import GuidedInterviewer

ANSWERS: dict[Language, str] = {
    "en": "Last year I rebuilt the payment reconciliation pipeline in three weeks because the nightly batch kept "
    "failing. I traced it with logs to a lock, and failures went from 14 a month to 1.",
    "ko": "작년에 제가 결제 정산 파이프라인을 3주 만에 다시 만들었습니다. 야간 배치가 계속 실패했기 때문입니다. "
    "로그로 원인을 추적해 락 문제를 찾았고, 장애가 월 14건에서 1건으로 줄었습니다.",
    "zh": "去年我负责重构支付对账流水线,用了三周,因为夜间批处理一直失败。"
    "我通过日志定位到锁的问题,故障从每月14次降到1次。",
}


class Talk:
    """An interview in the making: `say` adds an exchange with the guided engine and returns its request."""

    def __init__(self, language: Language = "en", style: InterviewStyle = "friendly", **config: object) -> None:
        self.bank = load_bank(language)
        self.config = InterviewConfig(language=language, interview_style=style, **config)  # type: ignore[arg-type]
        self.plan = make_plan(self.config, self.bank)
        self.turns: tuple[Turn, ...] = ()
        self.at_s = 0.0
        self.total_s = self.config.duration_minutes * 60.0

    def request(self, text: str, seconds: float = 60.0, *, thinking: bool = False) -> ReplyRequest:
        self.at_s += seconds
        left = self.total_s - self.at_s
        move = next_move(self.config, self.plan, self.bank, self.turns, text, self.at_s, left, thinking)
        return ReplyRequest(
            config=self.config,
            plan=self.plan,
            turns=self.turns,
            input_text=text,
            move=move,
            language=self.config.language,
            remaining_s=left,
            candidate_name=self.config.candidate_name,
        )

    def say(self, text: str, seconds: float = 60.0, *, thinking: bool = False) -> Turn:
        request = self.request(text, seconds, thinking=thinking)
        number = len(self.turns)
        turn = Turn(
            input_seq=2 * number + 1,
            input_text=text,
            input_at_s=self.at_s,
            reply_seq=2 * number + 2,
            reply_text=GuidedInterviewer().text(request),
            reply_at_s=self.at_s,
            move=request.move,
        )
        self.turns += (turn,)
        return turn

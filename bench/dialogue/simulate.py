"""Interviews between the planner with the guided engine and scripted candidates, on a virtual clock.

`python -m bench.dialogue.simulate` prints the tables; `run_interviews(language)` gives the transcripts to others
(scorecards must put the candidates in the right order).
"""

from __future__ import annotations

import argparse
import tomllib
import zlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from vivavoce.dialogue.plan import make_plan
from vivavoce.dialogue.planner import next_move
from vivavoce.domain.interview import (
    LANGUAGES,
    STYLES,
    InterviewConfig,
    InterviewPlan,
    InterviewStyle,
    Language,
    Move,
    Strategy,
    Turn,
)
from vivavoce.domain.question_bank import QuestionBank
from vivavoce.domain.scorecard import Utterance
from vivavoce.engines.interviewer.bank import load_bank
from vivavoce.engines.interviewer.contract import ReplyRequest
from vivavoce.engines.interviewer.guided import GuidedInterviewer

Kind = Literal["brilliant", "middling", "evasive", "terse", "off_topic", "hostile"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

#: Five settings a kind of candidate: a role and a length for each, and a style.
ROLES: Final[dict[Language, tuple[str, ...]]] = {
    "en": (
        "Senior Backend Engineer",
        "Data Analyst",
        "Account Manager",
        "Primary School Teacher",
        "Operations Team Lead",
    ),
    "ko": ("시니어 백엔드 개발자", "데이터 분석가", "영업 담당자", "초등학교 교사", "물류 운영 팀장"),
    "zh": ("高级后端工程师", "数据分析师", "销售代表", "小学教师", "物流运营主管"),
}
MINUTES: Final = (30, 20, 30, 45, 30)
NAMES: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Ana Silva", "", "Tom Becker", "Priya Nair", "Lee Wong"),
    "ko": ("김민수", "", "이서연", "박준호", "최유진"),
    "zh": ("王芳", "", "李强", "陈晨", "赵敏"),
}
_TYPING_S: Final[dict[Language, float]] = {"en": 0.25, "ko": 0.35, "zh": 0.22}
_MOST_TURNS: Final = 120

#: Which strategies fit a kind of candidate; at least this share of the moves on answers has to be among them.
FITTING: Final[dict[Kind, frozenset[Strategy]]] = {
    "brilliant": frozenset({"deep_dive", "challenge", "pivot"}),
    "middling": frozenset({"clarify", "deep_dive", "encourage", "pivot"}),
    "evasive": frozenset({"clarify", "challenge", "pivot"}),
    "terse": frozenset({"encourage", "clarify", "pivot"}),
    "off_topic": frozenset({"clarify", "pivot"}),
    "hostile": frozenset({"encourage", "pivot"}),
}
#: And these have to be the commonest besides moving on.
LEADING: Final[dict[Kind, frozenset[Strategy]]] = {
    "brilliant": frozenset({"deep_dive", "challenge"}),
    "middling": frozenset({"clarify", "deep_dive", "encourage"}),
    "evasive": frozenset({"clarify", "challenge"}),
    "terse": frozenset({"encourage", "clarify"}),
    "off_topic": frozenset({"clarify"}),
    "hostile": frozenset({"encourage"}),
}


class SimulatedInterview(msgspec.Struct, frozen=True, kw_only=True):
    """One finished interview. `utterances` alternate as they were said, the candidate's with what they answer."""

    kind: Kind
    seed: int
    config: InterviewConfig
    plan: InterviewPlan
    turns: tuple[Turn, ...]
    utterances: tuple[Utterance, ...]
    closed: bool


class Candidate:
    """Answers from the written texts: by the question's competency first, then from the pool, nothing twice running."""

    def __init__(self, kind: Kind, language: Language, seed: int) -> None:
        self._kind = kind
        self._texts = _texts(language)
        self._seed = seed
        self._given: Counter[str] = Counter()

    def greeting(self) -> str:
        greetings: list[str] = self._texts["greeting"]
        return greetings[self._seed % len(greetings)]

    def answer(self, move: Move, answered: int) -> str:
        """Answer what the interviewer said last."""
        if move.strategy == "wrap_up":
            polite = self._kind in {"brilliant", "middling"} and self._given[self._texts["own_question"]] == 0
            return self._give(self._texts["own_question"] if polite else self._texts["nothing_more"])
        part: dict[str, Any] = self._texts[self._kind]
        if "pool" in part:
            return self._pick(part["pool"], f"{answered}")
        choices: list[str] = part["answers"][move.focus_area] if not move.follow_up_id else part["follow_up"]
        if all(self._given[text] for text in choices):
            choices = part["follow_up"]
        return self._pick(choices, f"{move.question_id}{move.follow_up_id}")

    def _pick(self, choices: list[str], salt: str) -> str:
        fewest = min(self._given[text] for text in choices)
        fresh = [text for text in choices if self._given[text] == fewest]
        return self._give(fresh[zlib.crc32(f"{self._seed}{salt}".encode()) % len(fresh)])

    def _give(self, text: str) -> str:
        self._given[text] += 1
        return text


def run_interviews(language: Language) -> list[SimulatedInterview]:
    """Run thirty interviews: six kinds of candidates, five settings each. The same every time."""
    return [run_interview(language, kind, seed) for kind in KINDS for seed in range(len(MINUTES))]


def run_interview(language: Language, kind: Kind, seed: int) -> SimulatedInterview:
    """Run one interview on a virtual clock: reading and typing take time, nothing sleeps."""
    style: InterviewStyle = STYLES[seed % len(STYLES)]
    config = InterviewConfig(
        language=language,
        role=ROLES[language][seed],
        interview_style=style,
        duration_minutes=MINUTES[seed],
        candidate_name=NAMES[language][seed],
    )
    bank, engine = load_bank(language), GuidedInterviewer()
    plan = make_plan(config, bank)
    candidate = Candidate(kind, language, seed)
    turns: list[Turn] = []
    now = 5.0
    text = candidate.greeting() if seed % 2 else ""
    while len(turns) < _MOST_TURNS:
        turn = _exchange(config, plan, bank, engine, tuple(turns), text, now)
        turns.append(turn)
        if turn.move.closes:
            break
        text = candidate.answer(turn.move, len(turns))
        now += 4 + len(turn.reply_text) * 0.03 + len(text) * _TYPING_S[language]
    return SimulatedInterview(
        kind=kind,
        seed=seed,
        config=config,
        plan=plan,
        turns=tuple(turns),
        utterances=utterances(tuple(turns), bank),
        closed=bool(turns) and turns[-1].move.closes,
    )


def _exchange(
    config: InterviewConfig,
    plan: InterviewPlan,
    bank: QuestionBank,
    engine: GuidedInterviewer,
    turns: tuple[Turn, ...],
    text: str,
    now: float,
) -> Turn:
    remaining = config.duration_minutes * 60 - now
    move = next_move(config, plan, bank, turns, text, now, remaining)
    reply = engine.text(
        ReplyRequest(
            config=config,
            plan=plan,
            turns=turns,
            input_text=text,
            move=move,
            language=config.language,
            remaining_s=remaining,
            candidate_name=config.candidate_name,
        )
    )
    number = len(turns)
    return Turn(
        input_seq=2 * number + 1,
        input_text=text,
        input_at_s=now,
        reply_seq=2 * number + 2,
        reply_text=reply,
        reply_at_s=now + 0.02,
        move=move,
    )


def utterances(turns: tuple[Turn, ...], bank: QuestionBank) -> tuple[Utterance, ...]:
    """Turn exchanges into a transcript; an answer knows the question it was given to and its competency."""
    said: list[Utterance] = []
    asked = ""
    pending: str | None = None
    started = 0.0
    for number, turn in enumerate(turns):
        question = bank.question(pending)
        if turn.input_text:
            said.append(
                Utterance(
                    utterance_id=f"c{number}",
                    speaker="candidate",
                    text=turn.input_text,
                    start=started,
                    end=turn.input_at_s,
                    question_id=question.question_id if question else None,
                    in_answer_to=asked if question else "",
                    competency=question.competency if question else "",
                )
            )
        said.append(
            Utterance(
                utterance_id=f"i{number}",
                speaker="interviewer",
                text=turn.reply_text,
                start=turn.reply_at_s,
                end=turn.reply_at_s,
            )
        )
        pending = None if turn.move.strategy == "wrap_up" else turn.move.question_id or pending
        if turn.move.question_id and turn.move.heard != "repeat":
            following = turn.move.follow_up_id
            point = bank.point(turn.move.question_id, following)
            main = bank.question(turn.move.question_id)
            main_text = main.text if main else ""
            asked = point.label if point else bank.follow_up(turn.move.question_id, following) or main_text
        started = turn.reply_at_s
    return tuple(said)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of interviews shows. Shares are 0..1, `coverage` is the least of any interview."""

    interviews: int
    repeated_questions: int
    repeated_follow_ups: int
    repeated_replies: int
    coverage: float
    mean_coverage: float
    closed: int
    questions: float
    exchanges: float
    strategies: dict[str, int]
    fitting: float
    leading: str
    leads: bool


def measure(interviews: list[SimulatedInterview], kind: Kind) -> Figures:
    """Look at all interviews of one kind of candidate."""
    chosen = [interview for interview in interviews if interview.kind == kind]
    covered = [coverage(interview) for interview in chosen]
    reactions = Counter(
        turn.move.strategy
        for interview in chosen
        for turn in interview.turns
        if turn.move.strategy not in {"opening", "wrap_up"}
    )
    total = sum(reactions.values())
    besides = Counter({name: count for name, count in reactions.items() if name != "pivot"})
    leading = besides.most_common(1)[0][0] if besides else ""
    return Figures(
        interviews=len(chosen),
        repeated_questions=sum(repeated(_questions(interview)) for interview in chosen),
        repeated_follow_ups=sum(repeated(_follow_ups(interview)) for interview in chosen),
        repeated_replies=sum(repeated([turn.reply_text for turn in interview.turns]) for interview in chosen),
        coverage=min(covered),
        mean_coverage=sum(covered) / len(covered),
        closed=sum(interview.closed for interview in chosen),
        questions=sum(len(_questions(interview)) for interview in chosen) / len(chosen),
        exchanges=sum(len(interview.turns) for interview in chosen) / len(chosen),
        strategies=dict(reactions.most_common()),
        fitting=sum(count for name, count in reactions.items() if name in FITTING[kind]) / max(1, total),
        leading=leading,
        leads=leading in LEADING[kind],
    )


def coverage(interview: SimulatedInterview) -> float:
    """The share of planned competencies that were asked about."""
    asked = {turn.move.focus_area for turn in interview.turns if turn.move.question_id}
    planned = [planned.competency for planned in interview.plan.competencies]
    return sum(competency in asked for competency in planned) / len(planned)


def repeated(things: list[str]) -> int:
    return sum(count - 1 for count in Counter(things).values())


def _questions(interview: SimulatedInterview) -> list[str]:
    return [turn.move.question_id for turn in interview.turns if turn.move.question_id and not turn.move.follow_up_id]


def _follow_ups(interview: SimulatedInterview) -> list[str]:
    return [f"{turn.move.question_id}/{turn.move.follow_up_id}" for turn in interview.turns if turn.move.follow_up_id]


@cache
def _texts(language: Language) -> dict[str, Any]:
    path = Path(__file__).parent / "candidates" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def transcript(interview: SimulatedInterview, reasons: bool = False) -> str:
    """The interview to read."""
    lines = [f"== {interview.kind} {interview.seed} · {interview.config.role} · {interview.config.interview_style}"]
    for turn in interview.turns:
        if turn.input_text:
            lines.append(f"  C {turn.input_text}")
        lines.append(f"I [{turn.move.strategy}/{turn.move.heard}] {turn.reply_text}")
        if reasons:
            lines.append(f"      ({turn.move.reason})")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", help="print transcripts of this kind", choices=KINDS)
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    for language in LANGUAGES:
        if options.language not in {None, language}:
            continue
        interviews = run_interviews(language)
        print(f"\n{language}: {len(interviews)} interviews")
        print(
            "kind       repeated q/f/reply  coverage min/mean  closed  questions  turns  fitting  leading    strategies"
        )
        for kind in KINDS:
            figures = measure(interviews, kind)
            print(
                f"{kind:10} {figures.repeated_questions:5}/{figures.repeated_follow_ups}/{figures.repeated_replies:<10}"
                f"{figures.coverage:9.0%}/{figures.mean_coverage:<7.0%} {figures.closed}/{figures.interviews} "
                f"{figures.questions:9.1f} {figures.exchanges:7.1f} {figures.fitting:7.0%}  "
                f"{figures.leading + (' ok' if figures.leads else ' NO'):14} {figures.strategies}"
            )
        for interview in interviews:
            if options.show == interview.kind and options.seed in {None, interview.seed}:
                print(transcript(interview, reasons=True))


if __name__ == "__main__":
    main()

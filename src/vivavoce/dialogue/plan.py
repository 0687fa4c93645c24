"""Making the plan of an interview: which competencies, how long, which questions first, and why.

Pure and without chance: the same configuration and bank give the same plan, so a plan can be shown before the interview
and explained after it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vivavoce.dialogue.lexicon import lexicon
from vivavoce.dialogue.roles import default_competencies, role_families, seniority
from vivavoce.dialogue.words import content_terms, has_cue, normal
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, InterviewStyle, PlannedCompetency
from vivavoce.domain.question_bank import CompetencyInfo, Question, QuestionBank, RoleFamily
from vivavoce.locales import catalogue

#: A competency needs about this long for one question, an answer and a follow-up.
_LEAST_MINUTES: Final = 4.0
_MOST_BY_DEFAULT: Final = 6
_MATCHED_TEXT: Final = 20_000


class _Background(msgspec.Struct, frozen=True):
    """Job description and CV, prepared for matching."""

    job: str
    cv: str
    job_terms: frozenset[str]
    cv_terms: frozenset[str]


def make_plan(config: InterviewConfig, bank: QuestionBank) -> InterviewPlan:
    """Plan an interview: competencies in asking order, their minutes (they add up to the time without opening and
    closing), and their questions in order. Competencies that the bank does not know are left out."""
    background = _background(config, bank)
    chosen = _choose(config, bank, background)
    weights = {info.competency: 1.0 + 0.25 * min(2, len(_mentioned(info, background.job))) for info in chosen}
    usable = max(1.0, config.duration_minutes - closing_seconds(config.duration_minutes * 60.0) / 60 - 1.0)
    total = sum(weights.values())
    return InterviewPlan(
        bank_version=bank.version,
        competencies=tuple(
            PlannedCompetency(
                competency=info.competency,
                name=info.name,
                minutes=round(usable * weights[info.competency] / total, 1),
                question_ids=_questions(info.competency, config, bank, background, opens=position == 0),
                why=_why(info, config, bank, background),
            )
            for position, info in enumerate(chosen)
        ),
    )


def closing_seconds(duration_s: float) -> float:
    """Return how much of an interview is kept for the candidate's questions and the goodbye, in seconds."""
    return min(180.0, max(30.0, duration_s * 0.08), duration_s * 0.25)


def _background(config: InterviewConfig, bank: QuestionBank) -> _Background:
    stopwords = lexicon(bank.language).stopwords
    job = normal(config.job_description[:_MATCHED_TEXT]).lower()
    cv = normal(config.resume[:_MATCHED_TEXT]).lower()
    return _Background(
        job=job,
        cv=cv,
        job_terms=content_terms(job, bank.language, stopwords),
        cv_terms=content_terms(cv, bank.language, stopwords),
    )


def _choose(config: InterviewConfig, bank: QuestionBank, background: _Background) -> list[CompetencyInfo]:
    asked_for = [bank.competency(competency) for competency in dict.fromkeys(config.competencies)]
    known = [info for info in asked_for if info is not None and bank.questions_of(info.competency)]
    if known:
        return known
    usual = list(default_competencies(config.role))
    called_for = sorted(
        (
            info
            for info in bank.competencies
            if info.competency not in usual and len(_mentioned(info, background.job)) >= 3
        ),
        key=lambda info: -len(_mentioned(info, background.job)),
    )
    room = max(2, min(_MOST_BY_DEFAULT, int(config.duration_minutes / _LEAST_MINUTES)))
    # What the description calls for most takes the place of what is merely usual, but never more than two of them.
    extra = [info.competency for info in called_for[:2]]
    names = usual[: max(1, room - len(extra))] + extra
    found = [bank.competency(name) for name in names[:room]]
    return [info for info in found if info is not None and bank.questions_of(info.competency)]


def _mentioned(info: CompetencyInfo, text: str) -> list[str]:
    return [
        keyword
        for keyword in info.keywords
        if text and has_cue(text, keyword.lower(), "en" if keyword.isascii() else "ko")
    ]


def _questions(
    competency: str, config: InterviewConfig, bank: QuestionBank, background: _Background, *, opens: bool
) -> tuple[str, ...]:
    """Order a competency's questions; the interview opens with the best of the easiest ones."""
    families = role_families(config.role)
    fitting = [
        question
        for question in bank.questions_of(competency)
        if not question.roles or any(family in families for family in question.roles)
    ]
    fitting.sort(key=lambda question: -_fit(question, config, bank, families, background))
    if opens and fitting:
        easiest = min(question.level for question in fitting)
        warm_up = next(question for question in fitting if question.level == easiest)
        fitting.remove(warm_up)
        fitting.insert(0, warm_up)
    return tuple(question.question_id for question in fitting)


def _fit(
    question: Question,
    config: InterviewConfig,
    bank: QuestionBank,
    families: tuple[RoleFamily, ...],
    background: _Background,
) -> float:
    """How well a question suits this interview; sorting is stable, so equal ones keep the bank's order."""
    score = 1.0 if any(family in families[:1] for family in question.roles) else 0.0
    score -= 0.5 * abs(question.level - _wanted_level(config.role, config.interview_style))
    terms = content_terms(question.text, bank.language, lexicon(bank.language).stopwords)
    score += 0.5 * min(3, len(terms & background.job_terms))
    score += 0.35 * min(3, len(terms & background.cv_terms))
    return score


def _wanted_level(role: str, style: InterviewStyle) -> float:
    shift = {"technical": 0.5, "formal": 0.0, "friendly": -0.25, "relaxed": -0.5}[style]
    return min(3.0, max(1.0, seniority(role) + shift))


def _why(info: CompetencyInfo, config: InterviewConfig, bank: QuestionBank, background: _Background) -> str:
    texts = catalogue("dialogue", bank.language)
    in_job, in_cv = _mentioned(info, background.job), _mentioned(info, background.cv)
    reasons: list[str] = []
    if info.competency in config.competencies:
        reasons.append(texts["plan.why.chosen"])
    elif info.competency in default_competencies(config.role):
        key = "plan.why.role" if config.role.strip() else "plan.why.usual"
        reasons.append(texts[key].format(role=config.role.strip()))
    if in_job:
        reasons.append(texts["plan.why.job"].format(keywords=", ".join(in_job[:3])))
    if in_cv:
        reasons.append(texts["plan.why.cv"].format(keywords=", ".join(in_cv[:3])))
    return " ".join(reasons)

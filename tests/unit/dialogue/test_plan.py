"""SPEC 2: the plan comes from role, style, job description and CV, without chance, and says why."""

from __future__ import annotations

import pytest

from vivavoce.dialogue.plan import closing_seconds, make_plan
from vivavoce.dialogue.roles import default_competencies, role_families
from vivavoce.domain.interview import COMPETENCIES, LANGUAGES, STYLES, InterviewConfig, Language
from vivavoce.engines.interviewer.bank import load_bank


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_configuration_gives_the_same_plan(language: Language) -> None:
    config = InterviewConfig(language=language, role="Data Engineer", job_description="SQL, quality, stakeholders")
    assert make_plan(config, load_bank(language)) == make_plan(config, load_bank(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_chosen_competencies_are_kept_in_order(language: Language) -> None:
    config = InterviewConfig(language=language, competencies=("motivation", "quality", "no_such_thing", "motivation"))
    plan = make_plan(config, load_bank(language))
    assert [planned.competency for planned in plan.competencies] == ["motivation", "quality"]
    assert all(planned.why for planned in plan.competencies)


@pytest.mark.parametrize("minutes", [1, 5, 10, 30, 60, 120])
def test_minutes_fit_into_the_interview(minutes: int) -> None:
    plan = make_plan(InterviewConfig(role="Nurse", duration_minutes=minutes), load_bank("en"))
    assert plan.competencies
    assert sum(planned.minutes for planned in plan.competencies) <= max(1.0, minutes) + 0.5
    assert closing_seconds(minutes * 60.0) <= minutes * 15.0


def test_a_role_gets_its_own_competencies_and_questions() -> None:
    bank = load_bank("en")
    plan = make_plan(InterviewConfig(role="Primary School Teacher"), bank)
    assert [planned.competency for planned in plan.competencies] == list(default_competencies("Primary School Teacher"))
    families = role_families("Primary School Teacher")
    asked = [bank.question(question_id) for planned in plan.competencies for question_id in planned.question_ids]
    assert any("education" in question.roles for question in asked if question)
    assert all(not question.roles or set(question.roles) & set(families) for question in asked if question)


@pytest.mark.parametrize(
    ("role", "family"),
    [("Senior Backend Engineer", "engineering"), ("백엔드 개발자", "engineering"), ("数据分析师", "data"),
     ("UX Designer", "design"), ("영업 담당자", "sales"), ("客服专员", "support"),
     ("Head of Logistics", "operations"), ("初中老师", "education"),
     ("Product Manager", "product"), ("店长", "management")],
)  # fmt: skip
def test_role_families(role: str, family: str) -> None:
    assert family in role_families(role)


def test_an_unknown_role_is_asked_what_everybody_is_asked() -> None:
    assert role_families("Zookeeper") == ()
    assert make_plan(InterviewConfig(role="Zookeeper"), load_bank("en")).competencies


def test_a_job_description_brings_in_what_it_calls_for_and_says_so() -> None:
    config = InterviewConfig(
        role="Backend Engineer",
        job_description="You lead and mentor a small team, coach juniors, manage hiring and set the vision.",
        resume="I coached two interns.",
    )
    plan = make_plan(config, load_bank("en"))
    leadership = next(planned for planned in plan.competencies if planned.competency == "leadership")
    assert "lead" in leadership.why
    assert "coach" in leadership.why


def test_job_description_and_cv_decide_the_order() -> None:
    bank = load_bank("en")
    plain = make_plan(InterviewConfig(competencies=("quality", "planning")), bank)
    told = make_plan(
        InterviewConfig(
            competencies=("quality", "planning"),
            job_description="You estimate work that was never done before and have real estimation cases to show.",
        ),
        bank,
    )
    assert plain.competencies[1].question_ids[0] != told.competencies[1].question_ids[0]
    assert told.competencies[1].question_ids[0] == "planning.estimate"


def test_the_interview_opens_with_an_easy_question() -> None:
    for style in STYLES:
        for competency in COMPETENCIES:
            config = InterviewConfig(role="Senior Engineer", interview_style=style, competencies=(competency,))
            bank = load_bank("en")
            first = bank.question(make_plan(config, bank).competencies[0].question_ids[0])
            easiest = min(question.level for question in bank.questions_of(competency))
            assert first is not None
            assert first.level == easiest

"""Bodies of question sets."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from vivavoce.domain import question_sets as rules
from vivavoce.domain.interview import Language
from vivavoce.http.shapes.base import Body, Line, Shape

_QUESTION: JsonDict = {
    "question_id": "q1",
    "text": "Tell us about a system that you changed while it was in use.",
    "time_limit_s": 180,
    "competency": "technical_depth",
    "rubric": {
        "criteria": [{"name": "Depth", "description": "Explains causes, not only steps", "weight": 2.0}],
        "expected_points": ["how the change was rolled out", "how it could have been taken back"],
    },
}
_SET: JsonDict = {
    "question_set_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
    "version": 3,
    "title": "Backend engineer, first round",
    "language": "en",
    "question_count": 1,
    "time_s": 180,
    "created_by": "user_1",
    "created_at": "2026-01-31T08:15:00.123Z",
    "updated_by": "user_1",
    "updated_at": "2026-02-02T10:00:00.000Z",
    "archived": False,
}
_NEW: JsonDict = {"title": "Backend engineer, first round", "language": "en", "questions": [_QUESTION]}

_Text = Annotated[str, Field(min_length=1, max_length=rules.TEXT_LIMIT)]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]


class CriterionBody(Body):
    name: Annotated[Line, Field(min_length=1)]
    description: Annotated[str, Field(max_length=rules.TEXT_LIMIT)] = ""
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0


class QuestionRubricBody(Body):
    """How answers to this question are judged."""

    criteria: Annotated[list[CriterionBody], Field(max_length=rules.CRITERIA_LIMIT, default_factory=list)]
    expected_points: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=rules.POINT_LIMIT)]],
        Field(max_length=rules.POINTS_LIMIT, default_factory=list, description="What a good answer says"),
    ]


class QuestionBody(Body):
    question_id: _Id | None = Field(None, description="Unique in its set; `q1`, `q2`, … where none is given")
    text: _Text
    time_limit_s: Annotated[int, Field(ge=rules.TIME_LIMIT_S[0], le=rules.TIME_LIMIT_S[1])] | None = None
    competency: Annotated[str, Field(max_length=64, description="As `/competencies` lists them")] = ""
    rubric: QuestionRubricBody | None = None


Questions = Annotated[list[QuestionBody], Field(min_length=1, max_length=rules.QUESTIONS_LIMIT)]


class NewQuestionSetBody(Body):
    model_config = ConfigDict(strict=True, extra="ignore", json_schema_extra={"examples": [_NEW]})

    title: Annotated[Line, Field(min_length=1)]
    language: Language = "en"
    questions: Questions


class ChangeQuestionSetBody(Body):
    """What is left out stays; `questions` replaces all of them. `version` is the one that was changed: when somebody
    else was quicker, the answer is a conflict."""

    model_config = ConfigDict(
        strict=True, extra="ignore", json_schema_extra={"examples": [{"title": "Backend engineer", "version": 3}]}
    )

    title: Annotated[Line, Field(min_length=1)] | None = None
    language: Language | None = None
    questions: Questions | None = None
    version: Annotated[int, Field(ge=1)] | None = None


class QuestionCriterionShape(Shape):
    name: str
    description: str
    weight: float


class QuestionRubricShape(Shape):
    criteria: list[QuestionCriterionShape]
    expected_points: list[str]


class QuestionShape(Shape):
    question_id: str
    text: str
    time_limit_s: int | None
    competency: str
    rubric: QuestionRubricShape | None


class QuestionSetLineShape(Shape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_SET]})

    question_set_id: str
    version: int
    title: str
    language: Language
    question_count: int
    time_s: int = Field(description="The sum of the time limits, in seconds")
    created_by: str
    created_at: str
    updated_by: str
    updated_at: str
    archived: bool


class QuestionSetShape(QuestionSetLineShape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{**_SET, "questions": [_QUESTION]}]})

    questions: list[QuestionShape]


class QuestionSetsShape(Shape):
    items: list[QuestionSetLineShape]
    next_cursor: str | None

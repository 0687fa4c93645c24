"""Bodies of `/rubrics`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from vivavoce.http.shapes.base import Body, Line, Prose, Shape

_CRITERION: JsonDict = {
    "criterion_id": "patient_safety",
    "name": {"en": "Patient safety", "ko": "환자 안전"},
    "description": {"en": "Puts the safety of patients before speed.", "ko": "속도보다 환자의 안전을 앞세운다."},
    "levels": [
        {"en": "Describes skipping a check and defends it.", "ko": "점검을 건너뛴 일을 말하고 그것을 옹호한다."},
        {"en": "Says that safety matters, without an example.", "ko": "안전이 중요하다고 말하지만 사례가 없다."},
        {"en": "Describes a check that was carried out.", "ko": "실제로 수행한 점검을 설명한다."},
        {
            "en": "Describes a risk that was seen, stopped and reported.",
            "ko": "위험을 발견해 멈추고 보고한 일을 말한다.",
        },
        {"en": "Describes how a risk was removed for good.", "ko": "위험을 근본적으로 없앤 일을 말한다."},
    ],
    "weight": 2.0,
    "keywords": ["double check", "allergy", "이중 확인"],
}


class LocalisedBody(Body):
    en: Prose = ""
    ko: Prose = ""
    zh: Prose = ""


class CriterionBody(Body):
    criterion_id: Annotated[str, Field(max_length=64)]
    name: LocalisedBody
    description: Annotated[LocalisedBody, Field(default_factory=LocalisedBody)]
    levels: Annotated[list[LocalisedBody], Field(max_length=5, description="The anchors of level 1 to 5")]
    weight: float = 1.0
    keywords: Annotated[list[Line], Field(max_length=60, default_factory=list)]


class RubricBody(Body):
    """A rubric: texts in at least one of `en`, `ko`, `zh`."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={"examples": [{"title": "Ward nurses", "criteria": [_CRITERION]}]},
    )

    title: Annotated[Line, Field(min_length=1)]
    criteria: Annotated[list[CriterionBody], Field(max_length=12)]


class NewVersionBody(RubricBody):
    """The whole next version; `expected_version` is the one it was made from."""

    expected_version: Annotated[str, Field(max_length=16)] | None = None


class RubricShape(Shape):
    rubric_id: str
    version: str
    title: str
    languages: list[str]
    criteria: list[dict[str, Any]]
    built_in: bool
    created_by: str
    created_at: str | None
    updated_by: str
    updated_at: str | None


class RubricsShape(Shape):
    items: list[RubricShape]
    next_cursor: str | None

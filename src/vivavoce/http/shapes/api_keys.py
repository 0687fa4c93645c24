"""Bodies of API keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from vivavoce.domain.access import Role
from vivavoce.http.shapes.base import Body, Line, Shape
from vivavoce.http.shapes.rooms import Moment

_KEY: JsonDict = {
    "key_id": "0195f3c0a1b27c3d8e4f5a6b7c8d9e0f",
    "user_id": "key:0195f3c0a1b27c3d8e4f5a6b7c8d9e0f",
    "name": "Applicant tracking",
    "role": "recruiter",
    "sessions": [],
    "exams": [],
    "created_by": "user_1",
    "created_at": "2026-01-31T08:15:00.123Z",
    "expires_at": None,
    "used_at": None,
    "status": "active",
}
_Ids = Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=1000)]


class NewApiKeyBody(Body):
    """`sessions` and `exams` are what the key is for besides what it creates itself; `*` alone is all."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={"examples": [{"name": "Applicant tracking", "role": "recruiter"}]},
    )

    name: Annotated[Line, Field(min_length=1)]
    role: Literal["admin", "recruiter", "interviewer", "observer", "teacher", "grader", "reviewer"]
    sessions: _Ids = Field(default_factory=list)
    exams: _Ids = Field(default_factory=list)
    expires_at: Moment | None = Field(None, description="Null: when it is revoked")


class ApiKeyShape(Shape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_KEY]})

    key_id: str
    user_id: str = Field(description="Who the key is in sessions and in the audit record")
    name: str
    role: Role
    sessions: list[str]
    exams: list[str]
    created_by: str
    created_at: str
    expires_at: str | None
    used_at: str | None = Field(description="Noted every few minutes")
    status: Literal["active", "expired", "revoked"]


class NewApiKeyShape(ApiKeyShape):
    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{**_KEY, "secret": "vvk_k0Jq2gkY0Tt7m8Wb1vVqZ3yq4s5u6w7x8y9zAaBbCcD"}]},
    )

    secret: str = Field(description="For `Authorization: Bearer`; shown only in this answer")


class ApiKeysShape(Shape):
    items: list[ApiKeyShape]
    next_cursor: str | None

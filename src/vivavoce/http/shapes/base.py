"""What all bodies share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


def _no_control_characters(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError("control characters are not allowed")
    return value


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("NUL characters are not allowed")
    return value


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_no_control_characters)]
Prose = Annotated[str, StringConstraints(max_length=50_000), AfterValidator(_no_nul)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class Body(BaseModel):
    """Something sent to us: types are taken as they are, unknown fields are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")


class Shape(BaseModel):
    """Something we answer."""

    model_config = ConfigDict(extra="allow")


class ErrorShape(BaseModel):
    """What every refusal looks like."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": "not_found",
                    "message": "This interview does not exist, or you have no access to it.",
                    "details": "there is no such session",
                    "info": {"reason": "session_not_found"},
                }
            ]
        }
    )

    error: str = Field(description="A stable code")
    message: str = Field(description="A sentence for a person, in the language of Accept-Language")
    details: str = Field(description="The particulars, in English")
    info: dict[str, Any] = Field(description="Machine-readable particulars: field, limit, retry_after, reason")


class Empty(Body):
    """Nothing is needed."""


_MEANINGS: Final[Mapping[int, str]] = {
    401: "Nobody is signed in, or the token is not valid",
    403: "The caller has no right to this",
    404: "It does not exist, or the caller may not know that it does",
    409: "It does not fit the present state",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "Something in the request is not right; `info.field` names it",
    429: "Too many attempts; `info.retry_after` says for how many seconds to wait",
    503: "Not available right now; nothing was changed",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of these refusals."""
    return {status: {"model": ErrorShape, "description": _MEANINGS[status]} for status in statuses}

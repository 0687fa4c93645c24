"""Every refusal in the one error shape (SPEC.md 0.4), in the language of whoever asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from vivavoce.catalogue import as_language, negotiate, text
from vivavoce.domain.errors import ErrorCode, VivavoceError
from vivavoce.domain.interview import Language
from vivavoce.http.security import api_headers
from vivavoce.ports import StoreUnavailableError

_LOG: Final = logging.getLogger(__name__)
_JSON: Final = "application/json"
_CODES: Final[Mapping[int, ErrorCode]] = {
    400: "invalid_payload",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media",
    422: "invalid_payload",
    429: "rate_limited",
    503: "unavailable",
}
_REASONS: Final[Mapping[int, str]] = {404: "route_not_found", 405: "method_not_allowed", 400: "bad_request"}
_ERRORS_LISTED: Final = 20


class CarriedError(HTTPException):
    """A VivavoceError that has to pass through code which lets only HTTPExceptions through."""

    def __init__(self, error: VivavoceError) -> None:
        super().__init__(error.http_status)
        self.error = error


def language_of(request: HTTPConnection) -> Language:
    """The language to answer in: what the client asks for, else that of the person who is signed in."""
    identity = getattr(request.state, "identity", None)
    return negotiate(request.headers.get("accept-language"), as_language(getattr(identity, "language", "")))


def error_body(error: VivavoceError, language: str) -> dict[str, Any]:
    return error.shape(text(language, f"errors.{error.reason}", **error.info))


def error_response(request: HTTPConnection, error: VivavoceError, *, status: int | None = None) -> Response:
    headers = dict(api_headers())
    if "retry_after" in error.info:
        headers["Retry-After"] = str(int(error.info["retry_after"]))
    if error.code == "unauthorized":
        headers["WWW-Authenticate"] = "Bearer"
    body = msgspec.json.encode(error_body(error, language_of(request)), enc_hook=str)
    return Response(body, status_code=status or error.http_status, media_type=_JSON, headers=headers)


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(VivavoceError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StoreUnavailableError, _store_away)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, VivavoceError)
    return error_response(request, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, CarriedError):
        return error_response(request, error.error)
    code = _CODES.get(error.status_code, "internal")
    told = VivavoceError(code, str(error.detail), reason=_REASONS.get(error.status_code, code))
    response = error_response(request, told, status=error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(request, from_validation(error.errors()))


async def _store_away(request: Request, error: Exception) -> Response:
    _LOG.warning("the store is away: %s", error)
    return error_response(request, VivavoceError("unavailable", "the store is away", reason="store_unavailable"))


async def _unexpected(request: Request, error: Exception) -> Response:
    """What went wrong goes to the log, not to the client."""
    return error_response(request, VivavoceError("internal", "an unexpected error"))


def from_validation(errors: Sequence[Any]) -> VivavoceError:
    """The first thing that is wrong, by its field path; what was sent is not repeated."""
    listed = [
        {"field": _path(entry.get("loc", ())), "message": str(entry.get("msg", "")), "type": str(entry.get("type", ""))}
        for entry in errors[:_ERRORS_LISTED]
    ]
    first = listed[0] if listed else {"field": "", "message": "the request is not valid", "type": ""}
    reason = "field_missing" if first["type"] == "missing" and first["field"] else "invalid_payload"
    details = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    return VivavoceError("invalid_payload", details, reason=reason, info={"field": first["field"], "errors": listed})


def _path(location: Sequence[object]) -> str:
    """`("body", "criteria", 0, "score")` is `criteria.0.score`."""
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts and parts[0] in ("body", "query", "path", "header") else parts)

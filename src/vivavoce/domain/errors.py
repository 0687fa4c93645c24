"""The one error shape of the system (SPEC.md 0.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

ErrorCode = Literal[
    "invalid_payload",
    "unauthorized",
    "forbidden",
    "not_found",
    "conflict",
    "too_large",
    "rate_limited",
    "unsupported_media",
    "unavailable",
    "internal",
]

HTTP_STATUS: Final[Mapping[ErrorCode, int]] = {
    "invalid_payload": 422,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "unsupported_media": 415,
    "unavailable": 503,
    "internal": 500,
}

RETRYABLE: Final[frozenset[ErrorCode]] = frozenset({"rate_limited", "unavailable", "internal"})


class VivavoceError(Exception):
    """A refusal that its receiver can act on.

    `code` is stable and decides what a program does; `reason` names a sentence of the message catalogue
    (`errors.<reason>`), which the edge turns into the session's language; `details` says the particulars in
    plain English; `info` carries machine-readable particulars (field path, limit, `retry_after`).
    """

    def __init__(
        self,
        code: ErrorCode,
        details: str = "",
        *,
        reason: str | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {details}" if details else code)
        self.code: ErrorCode = code
        self.reason: str = reason or code
        self.details: str = details
        self.info: Mapping[str, Any] = dict(info or {})

    def shape(self, message: str) -> dict[str, Any]:
        """The one shape, around a sentence for a person; `info.reason` says which refusal this is."""
        return {
            "error": self.code,
            "message": message,
            "details": self.details,
            "info": {**self.info, "reason": self.reason},
        }

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without being changed."""
        return self.code in RETRYABLE

    @property
    def http_status(self) -> int:
        return HTTP_STATUS[self.code]


def invalid(details: str, *, field: str | None = None, reason: str | None = None, **info: Any) -> VivavoceError:
    if field is not None:
        info["field"] = field
    return VivavoceError("invalid_payload", details, reason=reason, info=info)


def conflict(details: str, *, reason: str | None = None, **info: Any) -> VivavoceError:
    return VivavoceError("conflict", details, reason=reason, info=info)


def forbidden(details: str, *, reason: str | None = None) -> VivavoceError:
    return VivavoceError("forbidden", details, reason=reason)


def not_found(details: str, *, reason: str | None = None) -> VivavoceError:
    return VivavoceError("not_found", details, reason=reason)


def too_large(details: str, limit: int, *, field: str | None = None) -> VivavoceError:
    info: dict[str, Any] = {"limit": limit}
    if field is not None:
        info["field"] = field
    return VivavoceError("too_large", details, info=info)

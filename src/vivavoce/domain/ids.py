"""Identifiers: what may name a session, a stream, a command."""

from __future__ import annotations

import re
from typing import Final

from vivavoce.domain.errors import invalid

CLIENT_ID_LIMIT: Final = 64
_SESSION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")

SYSTEM: Final = "system"
"""The actor of what nobody in particular did: timers, replies, reports."""


def check_session_id(value: str) -> str:
    """Return `value` if it may name a session (letters, digits, `. _ : -`; up to 128), else raise invalid_payload."""
    if not _SESSION_ID.fullmatch(value):
        raise invalid("a session id is 1 to 128 letters, digits and . _ : -", field="session_id")
    return value


def check_client_id(value: str | None) -> str | None:
    """Return `value` if it may make a command idempotent (1 to 64 characters), else raise invalid_payload."""
    if value is None:
        return None
    if not 0 < len(value) <= CLIENT_ID_LIMIT or not value.isprintable():
        raise invalid("client_id is 1 to 64 printable characters", field="client_id")
    return value


def session_stream(session_id: str) -> str:
    return f"session:{session_id}"


def private_stream(session_id: str) -> str:
    """The stream of what the session's other viewers must not even count (notes, sealed evaluations)."""
    return f"private:{session_id}"

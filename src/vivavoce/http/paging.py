"""Cursors: where a page ended, opaque to clients."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from vivavoce.domain.errors import VivavoceError, invalid

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
_CURSOR: Final = re.compile(r"(\d{1,15}) (.{0,200})", re.DOTALL)


def cursor_after(at: int, key: str) -> str:
    """The cursor of what comes after the item with this time (or number) and id."""
    return base64.urlsafe_b64encode(f"{at} {key}".encode()).rstrip(b"=").decode()


def place_of(cursor: str | None) -> tuple[int, str] | None:
    """Where a cursor points to. Raises invalid_payload `cursor_invalid`."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _foreign() from None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise _foreign()
    return int(match[1]), match[2]


def _foreign() -> VivavoceError:
    return invalid("this cursor is not one of ours", field="cursor", reason="cursor_invalid")

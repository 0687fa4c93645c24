"""Bodies of requests, taken in whole: under a limit and within a time."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Request

from vivavoce.domain.errors import invalid, too_large

_FILE_DEADLINE_S: Final = 60


async def whole_body(
    request: Request, limit: int, *, what: str = "file", deadline_s: float = _FILE_DEADLINE_S
) -> bytes:
    """`what` names the body in errors. Raises too_large, and invalid_payload for one that does not come in time."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large(f"a {what} has at most {limit} bytes", limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(deadline_s):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise too_large(f"a {what} has at most {limit} bytes", limit)
                parts.append(part)
        return b"".join(parts)
    except TimeoutError:
        raise invalid(f"the {what} did not come in time", reason="bad_request", limit=deadline_s) from None

"""Bodies that are files: taken in whole, under a limit and within a time."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Request

from vivavoce.domain.errors import invalid, too_large

_DEADLINE_S: Final = 60


async def whole_body(request: Request, limit: int) -> bytes:
    """Raises too_large, and invalid_payload for one that does not come in time."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large(f"a file has at most {limit} bytes", limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_DEADLINE_S):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise too_large(f"a file has at most {limit} bytes", limit)
                parts.append(part)
        return b"".join(parts)
    except TimeoutError:
        raise invalid("the file did not come in time", reason="bad_request", limit=_DEADLINE_S) from None

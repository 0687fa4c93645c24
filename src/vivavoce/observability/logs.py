"""Structured logs without personal data or tokens (SPEC.md 5).

What may say something about a person goes under a key that starts with `pii_`, and is left out unless an operator
turns it on for a debugging session; query strings never reach a log.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

_PII: Final = "pii_"
_QUIET: Final = ("uvicorn", "uvicorn.error", "asyncio", "alembic", "httpx", "httpcore", "openai")


def configure(level: str, *, as_json: bool) -> None:
    """Send all logging through one formatter: JSON for machines, short lines for a terminal."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_personal_data,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json  # tracebacks without the values of variables: those may be somebody's words or tokens
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_tracebacks(as_json), renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in [key for key in event if key.startswith(_PII)]:
        del event[key]
    return event


def _tracebacks(as_json: bool) -> list[Any]:
    return [structlog.processors.format_exc_info] if as_json else []

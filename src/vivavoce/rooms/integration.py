"""The two calls of integrators, for code that runs in the server's process (plug-ins, jobs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from vivavoce.rooms.facade import Rooms

_running: list[Rooms] = []


def bind(rooms: Rooms) -> None:
    """From now on these calls go to this server."""
    _running.append(rooms)


def unbind(rooms: Rooms) -> None:
    if rooms in _running:
        _running.remove(rooms)


async def emit_to_interview(
    interview_id: str | int, event: str, data: Mapping[str, Any], *, client_id: str | None = None
) -> dict[str, Any]:
    """Tell a room something under a name of one's own: `{status, seq, event_id, client_id}` when it is stored.

    It is an event of the interview: seen once by everybody in the room, and again by those who come back. Raises
    VivavoceError (not_found, conflict when the interview is over, invalid_payload), RuntimeError outside a server.
    """
    emitted = await _server().emit(interview_id, event, data, client_id=client_id)
    plain: dict[str, Any] = msgspec.to_builtins(emitted)
    return plain


async def analyze_answer_realtime(
    answer_text: str,
    question_id: str | int | None = None,
    user_id: str | int | None = None,
    *,
    interview_id: str | int | None = None,
) -> dict[str, Any]:
    """How an answer stands to its question: `{question_id, user_id, coverage, evidence, suggestions}`.

    Without `interview_id`, the question is looked for in the rooms that are running here. Raises VivavoceError,
    RuntimeError outside a server.
    """
    analysis = await _server().analyze(answer_text, question_id, user_id, interview_id=interview_id)
    plain: dict[str, Any] = msgspec.to_builtins(analysis)
    return plain


def _server() -> Rooms:
    if not _running:
        raise RuntimeError("no server is running in this process")
    return _running[-1]

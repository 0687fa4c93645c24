"""What every interviewer engine promises."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol

import msgspec

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Language, Move, Turn


class ReplyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an engine may know when it words one reply.

    `turns` are the exchanges before this one, oldest first; `input_text` is what the candidate said just now (empty in
    an opening where the interviewer speaks first); `move` is what the planner decided; `remaining_s` is session time.
    """

    config: InterviewConfig
    plan: InterviewPlan
    turns: tuple[Turn, ...]
    input_text: str
    move: Move
    language: Language
    remaining_s: float
    candidate_name: str = ""


class EngineUnavailable(VivavoceError):
    """The engine cannot word this reply. `reason` is one of a closed set (metrics use it as a label):

    `unreachable`, `timeout`, `refused`, `rejected`, `rate_limited`, `busy`, `broken_off`, `bad_output`, `circuit_open`,
    `failed`.
    """

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__("unavailable", details, reason=reason)


class Restart(str):
    """A delta that takes back everything streamed before it in this reply; the text starts again after it.

    It is an empty string, so whoever only joins deltas shows too much for a moment but never breaks; consumers that
    understand it clear what they show. The whole reply (`joined`) is what is stored and sent as `ai_response`.
    """

    __slots__ = ()

    def __new__(cls) -> Restart:
        return super().__new__(cls, "")


class Interviewer(Protocol):
    """An engine that words replies.

    `reply` yields text deltas; their concatenation after the last `Restart` is the reply, never empty. It raises
    `EngineUnavailable` when it cannot go on; what it had yielded by then is void. Closing the iterator early
    (interruption by the candidate) releases everything it holds.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def model(self) -> str: ...

    def reply(self, request: ReplyRequest) -> AsyncIterator[str]: ...


async def joined(deltas: AsyncIterable[str]) -> str:
    """Return the whole text of a reply, minding `Restart`."""
    parts: list[str] = []
    async for delta in deltas:
        if isinstance(delta, Restart):
            parts.clear()
        else:
            parts.append(delta)
    return "".join(parts)

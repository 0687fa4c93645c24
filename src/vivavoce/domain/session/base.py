"""What every kind of session builds its commands and events on, and what `decide` may know besides the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

if TYPE_CHECKING:
    from vivavoce.domain.session.state import Policy


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands."""


class SessionEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """Base of all session events. Trees of plain values, which the garbage collector need not walk."""

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    redacted: bool = False


class Context(msgspec.Struct, frozen=True):
    """What `decide` may know besides the state: the time (epoch ms), the limits, and who asks."""

    now: int
    policy: Policy
    actor: str

"""Rooms for integrators: emit events of their own, analyse answers, bring new event types (SPEC.md 1).

Inside the server's process: `await emit_to_interview("interview_1", "poll_opened", {"question": "Ready?"})`.
"""

from vivavoce.rooms.integration import analyze_answer_realtime, emit_to_interview
from vivavoce.rooms.plugins import Emission, RoomEventKind

__all__ = ["Emission", "RoomEventKind", "analyze_answer_realtime", "emit_to_interview"]

"""SPEC 1: new event types by plug-in, and the calls of integrators."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from vivavoce.domain.access import Viewer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session.state import SessionState
from vivavoce.rooms import Emission, RoomEventKind, emit_to_interview
from vivavoce.rooms.plugins import GROUP, checked_data, checked_name, installed


class RaiseHand(msgspec.Struct):
    reason: str = ""


def raised(payload: RaiseHand, state: SessionState, viewer: Viewer) -> Emission:
    return Emission(event="hand_raised", data={"user_id": viewer.user_id, "reason": payload.reason})


RAISE_HAND = RoomEventKind(
    name="raise_hand", payload=RaiseHand, handle=raised, roles=("candidate",), statuses=("waiting", "live")
)
TAKES_A_NAME = RoomEventKind(name="send_message", payload=RaiseHand, handle=raised)
NO_KIND = 5


def entry(name: str) -> EntryPoint:
    return EntryPoint(name=name.lower(), value=f"{__name__}:{name}", group=GROUP)


def state(status: Any) -> SessionState:
    return SessionState(kind="room", status=status)


def test_installed_plug_ins_are_found_and_broken_ones_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Mock()
    monkeypatch.setattr("vivavoce.rooms.plugins._LOG", log)
    found = installed({"send_message"}, [entry("RAISE_HAND"), entry("TAKES_A_NAME"), entry("NO_KIND"), entry("GONE")])
    assert dict(found) == {"raise_hand": RAISE_HAND}
    assert log.error.call_count == 3


def test_a_plug_in_says_who_may_send_its_event_and_when() -> None:
    candidate = Viewer(user_id="lee", role="candidate")
    command = RAISE_HAND.command(RaiseHand(reason="water"), state("live"), candidate)
    assert (command.by, command.name, command.data) == ("lee", "hand_raised", {"user_id": "lee", "reason": "water"})
    with pytest.raises(VivavoceError, match="forbidden"):
        RAISE_HAND.command(RaiseHand(), state("live"), Viewer(user_id="kim", role="interviewer"))
    with pytest.raises(VivavoceError, match="conflict"):
        RAISE_HAND.command(RaiseHand(), state("ended"), candidate)


@pytest.mark.parametrize("name", ["", "x" * 65, "connect", "error", "question_started", "line\nbreak"])
def test_names_of_the_rooms_themselves_are_reserved(name: str) -> None:
    with pytest.raises(VivavoceError):
        checked_name(name, {"question_started"})


@pytest.mark.parametrize("data", [[], {"x": object()}, {1: 2}, {"x": "y" * 70_000}])
def test_data_is_a_json_object_of_a_size(data: Any) -> None:
    with pytest.raises(VivavoceError):
        checked_data(data)


async def test_without_a_server_the_calls_say_so() -> None:
    with pytest.raises(RuntimeError):
        await emit_to_interview("x", "y", {})

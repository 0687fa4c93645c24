"""docs/reference/rooms.md names every event there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from vivavoce.protocols.rooms import messages as m

TEXT = (Path(__file__).parents[3] / "docs" / "reference" / "rooms.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted({*m.CLIENT_EVENTS, *m.SERVER_EVENTS}))
def test_every_event_of_a_room_is_described_with_its_name(name: str) -> None:
    assert f"`{name} {{" in TEXT or f"`{name}`" in TEXT or f'["{name}", {{' in TEXT

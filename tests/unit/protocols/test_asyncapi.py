"""The AsyncAPI document says everything that is sent and received, and says it rightly."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft7Validator

from tests.fakes.api import ApiHouse
from vivavoce.protocols.asyncapi.document import Door, asyncapi
from vivavoce.protocols.asyncapi.doors import DOORS
from vivavoce.protocols.asyncapi.envelopes import bare
from vivavoce.protocols.dialogue import codec
from vivavoce.protocols.dialogue import messages as m

DOCUMENT: dict[str, Any] = json.loads(
    msgspec.json.encode(asyncapi(DOORS, version="1.2.3", url="https://talk.example.com"))
)
MESSAGES = DOCUMENT["components"]["messages"]


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def problems(message: str, value: Any) -> list[str]:
    """What the schema of a message finds wrong with a value."""
    schema = {**MESSAGES[message]["payload"], "components": DOCUMENT["components"]}
    return [error.message for error in Draft7Validator(schema).iter_errors(value)]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_every_message_of_every_door_occurs(door: Door) -> None:
    expected = {f"client.{kind}" for kind in door.received} | {f"server.{kind}" for kind, _ in door.sent}
    assert expected
    channels = [entry for key, entry in DOCUMENT["channels"].items() if entry["address"] in door.addresses]
    assert len(channels) == len(door.addresses)
    for channel in channels:
        assert expected <= set(channel["messages"])
    received = {
        resolved(reference["$ref"])["$ref"]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == "receive"
        for reference in operation["messages"]
    }
    assert {f"#/components/messages/{door.name}.client.{kind}" for kind in door.received} <= received


def test_every_reference_leads_somewhere() -> None:
    references = re.findall(r'"\$ref":\s*"([^"]+)"', json.dumps(DOCUMENT))
    assert len(references) > 100
    for reference in references:
        assert resolved(reference) is not None


def test_answers_are_messages_of_the_same_door() -> None:
    for door in DOORS:
        for kind, answers in door.answers.items():
            assert kind in door.received
            assert set(answers) <= {name for name, _ in door.sent}


def test_names_are_those_that_asyncapi_allows() -> None:
    names = [name for part in ("schemas", "messages", "securitySchemes") for name in DOCUMENT["components"][part]]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9_.-]+", name)] == []


@pytest.mark.parametrize(
    "sent",
    [
        m.Connected(server_info=m.ServerInfo("1"), recovered=True, last_seq=3, epoch="e"),
        m.Status(status="processing", message="…", client_id="m-1", seq=4),
        m.Pong(timestamp="2026-01-01T00:00:00.000Z"),
        m.ErrorData(error="conflict", message="No.", details="over", info={"reason": "session_over"}),
    ],
    ids=lambda sent: type(sent).__name__,
)
def test_what_is_sent_fits_its_schema(sent: m.ServerMessage) -> None:
    kind = m.SERVER_MESSAGES[type(sent)]
    value = json.loads(codec.encode(sent, "s1", 1_700_000_000_000))
    assert problems(f"dialogue.server.{kind}", value) == []
    assert problems(f"dialogue.server.{kind}", {**value, "type": "another"}) != []
    assert problems(f"dialogue.server.{kind}", {**value, "data": {}}) != []


def test_of_what_is_received_only_what_is_needed_is_asked_for() -> None:
    assert problems("dialogue.client.ping", {"type": "ping"}) == []
    assert problems("dialogue.client.text_input", {"type": "text_input", "data": {"text": "Hello", "new": 1}}) == []
    assert problems("dialogue.client.text_input", {"type": "text_input", "data": {"text": 1}}) != []


def test_what_is_known_of_some_messages_only_may_be_left_out() -> None:
    joined = {"interview_id": 7, "user_id": "kim", "role": "candidate", "text": "Hello", "is_final": False}
    assert problems("rooms.server.live_transcription", {**joined, "timestamp": 1.5}) == []
    assert problems("rooms.server.live_transcription", joined) != []


def test_a_panels_messages_have_no_envelope() -> None:
    note = {"type": "speaker_note", "speaker": "지원자_1", "note": "Clear."}
    assert problems("panel.client.speaker_note", note) == []
    assert problems("panel.client.speaker_note", {**note, "type": "session_end"}) != []
    assert problems("panel.server.pong", {"type": "pong", "timestamp": "2026-01-01T00:00:00.000Z"}) == []
    assert problems("panel.server.pong", {"timestamp": "2026-01-01T00:00:00.000Z"}) != []


def test_a_room_says_what_its_acknowledgements_carry() -> None:
    operation = DOCUMENT["operations"]["rooms.receive.submit_answer"]
    assert [resolved(entry["$ref"])["$ref"] for entry in operation["reply"]["messages"]] == [
        "#/components/messages/rooms.server.answer_confirmed",
        "#/components/messages/rooms.server.error",
    ]
    plain = DOCUMENT["operations"]["rooms.receive.start_interview"]["reply"]["messages"]
    assert plain[0]["$ref"].endswith("server.acknowledgement")
    assert DOCUMENT["servers"]["rooms"] == {
        **DOCUMENT["servers"]["rooms"],
        "pathname": "/socket.io/",
        "protocol": "wss",
    }


class Spoken(msgspec.Struct, tag=True):
    at: tuple[int, float]


class Typed(msgspec.Struct, tag=True):
    text: str


class Said(msgspec.Struct, kw_only=True):
    """Something
    was said."""

    what: Spoken | Typed
    by: str = "nobody"


def test_types_with_tuples_and_unions_are_written_as_asyncapi_reads_them() -> None:
    door = Door(
        name="other",
        title="Other",
        description="Another door",
        addresses=("/",),
        received={"say": Said},
        sent=(("said", Said),),
        envelope=bare,
        transport="socket.io",
        answers={"say": ("said",)},
        binary="bytes",
    )
    document = asyncapi([door], version="1", url="http://127.0.0.1:8000")
    schemas = document["components"]["schemas"]
    assert schemas["other.Spoken"]["properties"]["at"]["items"] == [{"type": "integer"}, {"type": "number"}]
    assert schemas["other.Said"]["properties"]["what"]["discriminator"] == "type"
    assert schemas["other.Said"]["required"] == ["what", "by"]
    assert document["servers"]["rooms"]["pathname"] == "/socket.io/"
    assert document["components"]["messages"]["other.client.binary"]["contentType"] == "application/octet-stream"
    assert document["components"]["messages"]["other.server.said"]["description"] == "Something was said."
    assert "bindings" not in document["channels"]["other"]


async def test_the_document_is_served_for_the_address_it_is_asked_at(house: ApiHouse) -> None:
    async with house.client() as client:
        answer = await client.get("/asyncapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["servers"]["sockets"] == {
        **DOCUMENT["servers"]["sockets"],
        "host": "vivavoce.test",
        "protocol": "ws",
    }
    assert answer.json()["channels"] == DOCUMENT["channels"]


@pytest.fixture
def house() -> ApiHouse:
    return ApiHouse()

"""What people say about who spoke (SPEC.md 6.3) outlives `kill -9`: labels, corrections and scores, each made once."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from tests.integration.panelist import Panelist, killed_after
from tests.integration.server import ServerProcess

pytestmark = [pytest.mark.slow]
SESSION: Final = "corrected"
INDEX: Final = (
    "Last year our checkout took four seconds. I traced it to a missing index, because every order scanned two million "
    "rows, and after I added a composite index p95 fell from 4 s to 180 ms."
)
RELEASES: Final = (
    "Before that I kept the release train of six teams; I wrote the checklist and we went from two failures to none."
)
HARD_WORKER: Final = "I am a hard worker and I like computers, things like that, it always went well."
REASON: Final = "I am here because your payments team works on what I have done for three years."
#: Who is first taken to say what.
TALK: Final = (
    ("면접관_1", "Could you tell us about something technical you improved?"),
    ("지원자_1", INDEX),
    ("지원자_1", RELEASES),
    ("지원자_2", HARD_WORKER),
    ("지원자_3", REASON),
)


async def panel_of(server: ServerProcess) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as http:
        shown: dict[str, Any] = (await http.get(f"/api/v1/sessions/{SESSION}/panel")).json()
    return {name: shown[name] for name in ("speakers", "transcripts")}


def whose(panel: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["speaker"], item["text"]) for item in panel["transcripts"]]


async def test_spec_6_3_every_correction_survives_a_kill_and_is_made_once(server: ServerProcess) -> None:
    server.start()
    client = Panelist(server, SESSION)
    for number, (speaker, text) in enumerate(TALK):
        said = {"type": "add_utterance", "speaker": speaker, "text": text, "client_id": f"u{number}"}
        await client.ask(said, "saved")
    await client.ask({"type": "evaluation_request"}, "evaluation_summary")
    ids = [item["utterance_id"] for item in (await panel_of(server))["transcripts"]]
    # The second answer was somebody else's; the fourth, the first one's; the third's person has a name, and said it.
    corrections: tuple[dict[str, Any], ...] = (
        {"type": "split_speaker", "utterance_ids": [ids[2]]},
        {"type": "merge_speakers", "speaker": "지원자_3", "into": "지원자_1"},
        {"type": "update_speaker", "speaker": "지원자_2", "name": "Chloe Park"},
        {"type": "assign_utterances", "utterance_ids": [ids[2]], "speaker": "candidate 2"},
        {"type": "assign_utterances", "utterance_ids": [ids[4]], "speaker": "candidate 5"},
        {"type": "update_speaker", "speaker": "지원자_4", "role": "interviewer"},
    )
    for number, correction in enumerate(corrections):
        message = {**correction, "client_id": f"c{number}"}
        saved = await client.ask(message, "saved")
        before = await panel_of(server)
        await killed_after(server, 0)
        assert await panel_of(server) == before, correction
        assert await client.ask(message, "saved") == saved, "sent again it is answered alike"
        assert await panel_of(server) == before, "and changes nothing"
    expected = [
        TALK[0],
        ("지원자_1", INDEX),
        ("Chloe Park", RELEASES),
        ("Chloe Park", HARD_WORKER),
        ("지원자_5", REASON),
    ]
    assert whose(await panel_of(server)) == expected

    judged = (await client.ask({"type": "evaluation_request"}, "evaluation_summary"))["summary"]
    assert [item["speaker"] for item in judged["candidates"]] == ["지원자_1", "Chloe Park", "지원자_5"]
    after = await panel_of(server)
    await killed_after(server, 0)
    assert await panel_of(server) == after
    again = (await client.ask({"type": "evaluation_request"}, "evaluation_summary"))["summary"]
    assert again["candidates"] == judged["candidates"]
    assert again["total_evaluations"] == judged["total_evaluations"], "nothing new was said: nothing is judged again"

    result = (await client.ask({"type": "session_end"}, "session_ended"))["final_result"]
    await client.close()
    assert [(item["speaker"], item["text"]) for item in result["transcripts"]] == expected
    final = {item["speaker_id"]: item for item in result["evaluations"] if item["final"]}
    assert len(final) == 3
    owners = {item["utterance_id"]: item for item in result["transcripts"]}
    for speaker_id, evaluation in final.items():
        for evidence in (one for criterion in evaluation["criteria"] for one in criterion["evidence"]):
            said = owners[evidence["utterance_id"]]
            assert said["speaker_id"] == speaker_id, "nobody is scored by what somebody else said"
            assert said["text"][evidence["start"] : evidence["end"]] == evidence["quote"]
    quoted = {evidence["utterance_id"] for one in final.values() for c in one["criteria"] for evidence in c["evidence"]}
    assert ids[1] in quoted
    assert ids[2] in quoted

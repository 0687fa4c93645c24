"""SPEC 6.9: export, and erasure with a receipt: the text goes, from the disk too, and the sequence stays."""

from __future__ import annotations

from pathlib import Path

from tests.protocol.dialogue.test_main_job import invited, recruiter, report_of
from tests.protocol.house import Served, receive, send

SECRET_WORDS = ("zebrafinch", "Quetzalcoatl", "marzipanfactory")


async def test_an_erased_interview_keeps_its_sequence_and_loses_its_words(house: Served) -> None:
    staff = await recruiter(house)
    async with staff:
        session_id, token, _ = await invited(
            house, staff, candidate_name=SECRET_WORDS[0], resume=SECRET_WORDS[1], visibility="live"
        )
        async with house.socket(session_id, token) as ws:
            await receive(ws)
            await send(ws, "text_input", text=f"I led the move of the {SECRET_WORDS[2]} to twelve smaller ones.")
            await receive(ws, "ai_response")
            assert (await staff.post(f"/api/v1/sessions/{session_id}/erasures")).status_code == 409, "it is going on"
            await send(ws, "end_session")
            await receive(ws, "session_ended")
        await report_of(staff, session_id)
        exported = await staff.post(f"/api/v1/sessions/{session_id}/exports")
        assert all(word in exported.text for word in SECRET_WORDS)
        path = f"/api/v1/sessions/{session_id}/history?limit=500"
        before = (await staff.get(path)).json()["items"]

        receipt = (await staff.post(f"/api/v1/sessions/{session_id}/erasures")).json()
        assert receipt["events"] >= len(before) and len(receipt["digest"]) == 64

        after = (await staff.get(path)).json()["items"]
        assert [(e["seq"], e["event_id"], e["type"]) for e in after] == [
            (e["seq"], e["event_id"], e["type"]) for e in before
        ]
        assert all(event["data"]["redacted"] for event in after)
        listed = await staff.get("/api/v1/sessions")
        assert not any(word in listed.text for word in SECRET_WORDS)
        assert (await staff.get(f"/api/v1/sessions/{session_id}/report")).status_code != 200
        audit = (await staff.get("/api/v1/audit")).json()["items"]
        assert {"session_erased", "session_exported"} <= {entry["action"] for entry in audit}
    folder: Path = house.house.settings.data_dir
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        found = [word for word in SECRET_WORDS if word.encode() in content]
        assert not found, f"{found} still stands in {file.name}"


async def test_a_resumed_client_gets_a_redacted_message_in_its_place(house: Served) -> None:
    staff = await recruiter(house)
    async with staff:
        session_id, token, _ = await invited(house, staff)
        async with house.socket(session_id, token) as ws:
            await receive(ws)
            await send(ws, "text_input", text="hello")
            seq = (await receive(ws, "ai_response"))["data"]["seq"]
            await send(ws, "end_session")
            await receive(ws, "session_ended")
        await report_of(staff, session_id)
        await staff.post(f"/api/v1/sessions/{session_id}/erasures")
        async with house.socket(session_id, token, query="?last_seq=0") as ws:
            await receive(ws, "connected")
            data = (await receive(ws, "ai_response"))["data"]
            assert (data["seq"], data["ai_response"], data["user_input"], data["redacted"]) == (seq, "", "", True)


async def test_only_administrators_erase_and_export(house: Served) -> None:
    async with house.socket("theirs", house.token("ann", "recruiter")) as ws:
        await receive(ws)
        await send(ws, "text_input", text="hello")
        await receive(ws, "ai_response")
    async with house.http(house.token("ann", "recruiter")) as http:
        for what in ("erasures", "exports"):
            assert (await http.post(f"/api/v1/sessions/theirs/{what}")).status_code == 403

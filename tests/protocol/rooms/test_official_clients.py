"""SPEC 1: the official JavaScript clients, three versions on every transport, hold a whole interview."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.protocol.house import Served
from tests.protocol.rooms.clients import Rooms

CLIENTS = Path(__file__).parents[1] / "socketio" / "clients"
EVERY_TRANSPORT = ["polling", "websocket", "polling,websocket"]

pytestmark = pytest.mark.slow


@pytest.fixture
def node() -> str:
    """Node, with the official clients beside the script that uses them."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not here: the official clients of Socket.IO are left out")
    if not (CLIENTS / "node_modules" / "client-4.8").is_dir():
        pytest.skip("the official clients are not installed: `make test` installs them")
    return found


async def test_spec_1_the_official_clients_hold_a_whole_interview(house: Served, node: str) -> None:
    for version in ("4.8", "4.6", "4.0"):
        for transports in EVERY_TRANSPORT:
            room = f"interview_{version}_{transports.replace(',', '_')}"
            arguments = ["interview.js", version, transports, str(house.port), room]
            process = await asyncio.create_subprocess_exec(
                node, *arguments, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            said, complaint = await asyncio.wait_for(process.communicate(), 40)
            assert process.returncode == 0, complaint.decode()
            assert said.decode().strip() == f"ok {transports.rpartition(',')[2]}"


@pytest.mark.parametrize("transports", EVERY_TRANSPORT)
async def test_spec_1_the_python_client_holds_an_interview(rooms: Rooms, transports: str) -> None:
    chosen = transports.split(",")
    staff = await rooms.client("kim", "interviewer", transports=chosen)
    await staff.join("interview_1", user_id="kim")
    candidate = await rooms.client("lee", "candidate", "interview_1", transports=chosen)
    await candidate.join("interview_1", user_id="lee")
    await staff.send("start_question", interview_id="interview_1", question_id="q", question_text="Why?")
    assert (await candidate.get("question_started"))["question_text"] == "Why?"
    await candidate.send("submit_answer", interview_id="interview_1", question_id="q", answer_text="So.", user_id="lee")
    assert (await candidate.get("answer_confirmed"))["status"] == "confirmed"
    assert (await staff.get("answer_submitted"))["answer_text"] == "So."
    await staff.send("end_interview", interview_id="interview_1", user_id="kim")
    assert (await candidate.get("interview_ended"))["ended_by"] == "kim"
    assert staff.sio.transport() == chosen[-1]

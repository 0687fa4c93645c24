"""SPEC 6.10, DESIGN 4: an endpoint that refuses, hangs or talks nonsense does not stop an interview."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fakes.openai_server import openai_server
from tests.protocol.house import receive, send, served
from vivavoce.domain.session import events as e

pytestmark = pytest.mark.slow

GOOD = "That is a helpful start. What did you measure before you changed anything, and how did you decide?"


async def talk(folder: Path, base_url: str, turns: int = 3) -> tuple[list[str], list[e.EngineSwitched], list[str]]:
    """Hold a short interview on this endpoint: the replies, the switches in the log, the engines that worded them."""
    model = {"llm_base_url": base_url, "llm_model": "m", "llm_first_token_timeout_s": 0.4, "llm_timeout_s": 0.8}
    replies = []
    async with served(folder, **model) as house:
        async with house.socket("talk") as ws, house.socket("bystander") as other:
            await receive(ws)
            await receive(other)
            for number in range(turns):
                await send(ws, "text_input", text=f"I led the move of our billing service, part {number}.")
                await send(other, "ping")
                await receive(other, "pong", timeout_s=2)  # nobody else waits
                replies.append((await receive(ws, "ai_response", timeout_s=20))["data"]["ai_response"])
        history = [entry.data for entry in await house.house.sessions.history("talk", 0, 1000)]
    switches = [data for data in history if isinstance(data, e.EngineSwitched)]
    return replies, switches, [data.engine for data in history if isinstance(data, e.ReplyProduced)]


async def test_a_good_endpoint_words_the_questions(tmp_path: Path) -> None:
    async with openai_server(f"say:{GOOD}") as model:
        replies, switches, engines = await talk(tmp_path / "d", model.base_url, turns=1)
    assert replies == [GOOD]
    assert (switches, engines) == ([], ["llm"])


@pytest.mark.parametrize(
    "behaviour", ["hang", "status:500", "status:429", "garbage", "html", "break:Well, that", "slow:Well then and"]
)
async def test_a_bad_endpoint_gives_way_to_the_guided_interviewer_and_the_log_says_so(
    tmp_path: Path, behaviour: str
) -> None:
    async with openai_server(behaviour) as model:
        replies, switches, engines = await talk(tmp_path / "d", model.base_url)
        await model.close_connections()
    assert all(replies) and len(set(replies)) == len(replies)
    assert engines == ["guided"] * 3
    assert [(s.from_engine, s.to_engine) for s in switches] == [("llm", "guided")] * 3
    assert all(switch.reason for switch in switches)


async def test_an_endpoint_that_is_not_there(tmp_path: Path) -> None:
    replies, switches, _ = await talk(tmp_path / "d", "http://127.0.0.1:9/v1", turns=2)
    assert len(replies) == len(switches) == 2


async def test_it_goes_back_to_the_model_when_that_recovers(tmp_path: Path) -> None:
    async with openai_server("status:500", "status:500", "status:500", f"say:{GOOD}") as model:
        started = time.monotonic()
        _, switches, engines = await talk(tmp_path / "d", model.base_url, turns=2)
    assert engines == ["guided", "llm"], (switches, time.monotonic() - started)

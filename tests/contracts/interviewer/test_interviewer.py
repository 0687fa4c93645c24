"""What every interviewer engine promises (`engines/interviewer/contract.py`), held by each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.openai_server import openai_server
from tests.unit.engines.interviewer.requests import ANSWERS, Talk
from vivavoce.domain.interview import LANGUAGES, STYLES, InterviewStyle, Language
from vivavoce.engines.interviewer.contract import EngineUnavailable, Interviewer, joined
from vivavoce.engines.interviewer.fallback import FallbackInterviewer
from vivavoce.engines.interviewer.guided import GuidedInterviewer
from vivavoce.engines.interviewer.llm import LlmInterviewer, LlmOptions

_REPLIES: dict[Language, str] = {
    "en": "Thank you for that account of your work. Which part of it would you do differently today?",
    "ko": "말씀해 주신 이야기 잘 들었습니다. 지금 다시 한다면 어떤 부분을 다르게 하시겠어요?",
    "zh": "谢谢您讲了这段经历。如果今天重来,您会在哪一部分做得不一样?",
}


@pytest.fixture(params=["guided", "llm", "llm with fallback", "broken llm with fallback"])
async def engine(request: pytest.FixtureRequest, language: Language) -> AsyncIterator[Interviewer]:
    guided = GuidedInterviewer()
    if request.param == "guided":
        yield guided
        return
    behaviour = "status:500" if "broken" in request.param else f"say:{_REPLIES[language]}"
    async with openai_server(behaviour) as server:
        llm = LlmInterviewer(LlmOptions(base_url=server.base_url, model="m", backoff_s=0.001))
        yield FallbackInterviewer(llm, guided) if "fallback" in request.param else llm
        await llm.aclose()


def asked(language: Language, style: InterviewStyle = "friendly") -> Talk:
    talk = Talk(language, style, role="Engineer", candidate_name="Kim")
    talk.say("")
    return talk


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_deltas_make_up_a_reply(engine: Interviewer, language: Language) -> None:
    text = await joined(engine.reply(asked(language).request(ANSWERS[language])))
    assert text.strip()
    assert text[-1] in ".?!。？！"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_has_a_name_and_a_version(engine: Interviewer, language: Language) -> None:
    assert engine.name
    assert engine.version
    assert isinstance(engine.model, str)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_may_be_interrupted_at_any_delta(engine: Interviewer, language: Language) -> None:
    talk = asked(language)
    deltas = engine.reply(talk.request(ANSWERS[language]))
    assert await anext(deltas) is not None
    await deltas.aclose()  # type: ignore[attr-defined]
    assert await joined(engine.reply(talk.request(ANSWERS[language])))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_answers_several_at_once(engine: Interviewer, language: Language) -> None:
    first = engine.reply(asked(language).request(ANSWERS[language]))
    second = engine.reply(asked(language).request(ANSWERS[language]))
    assert await anext(first) is not None
    assert await anext(second) is not None
    assert await joined(first) is not None
    assert await joined(second) is not None


async def test_failure_is_always_the_same_kind() -> None:
    async with openai_server("status:500") as server:
        llm = LlmInterviewer(LlmOptions(base_url=server.base_url, model="m", tries=1))
        with pytest.raises(EngineUnavailable) as failure:
            await joined(llm.reply(asked("en").request(ANSWERS["en"])))
        assert failure.value.retryable
        await llm.aclose()


@pytest.mark.parametrize("style", STYLES)
async def test_style_is_one_of_the_contracts(style: InterviewStyle) -> None:
    assert await joined(GuidedInterviewer().reply(asked("en", style).request(ANSWERS["en"])))

"""The OpenAI-compatible recogniser against a local server."""

from __future__ import annotations

import pytest

from tests.fakes.speech import spoken
from tests.fakes.transcription_server import TranscriptionServer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import RecognitionRequest
from vivavoce.engines.asr.openai_compatible import OpenAiCompatibleRecogniser

pytestmark = pytest.mark.slow

ENGLISH = RecognitionRequest(language="en", prompt="kubernetes")


def recogniser(server: TranscriptionServer, **options: object) -> OpenAiCompatibleRecogniser:
    return OpenAiCompatibleRecogniser(server.url, "any-model", sleep=lambda _: None, **options)  # type: ignore[arg-type]


def test_it_sends_a_wav_with_model_language_and_prompt_and_reads_the_details() -> None:
    with TranscriptionServer() as server:
        heard = recogniser(server, api_key="secret").recognise(spoken("one", 0.2, "two", 0.5), ENGLISH)
        assert heard.text == "one two"
        assert heard.language == "en"
        assert heard.confidence == pytest.approx(0.905, abs=0.01)
        assert [word.text for word in heard.words] == ["one", "two"]
        assert heard.word_times == "measured"
        assert server.requests[0]["model"] == "any-model"
        assert server.requests[0]["language"] == "en"
        assert server.requests[0]["prompt"] == "kubernetes"
        assert server.headers[0]["authorization"] == "Bearer secret"


def test_a_server_that_knows_only_the_plain_answer_is_understood_too() -> None:
    with TranscriptionServer(plain=True) as server:
        engine = recogniser(server)
        assert engine.recognise(spoken("one", 1.0), ENGLISH).text == "one"
        assert engine.recognise(spoken("two", 1.0), ENGLISH).text == "two"
        assert len(server.requests) == 3


def test_a_busy_server_is_tried_three_times() -> None:
    with TranscriptionServer(fail_first=2) as server:
        assert recogniser(server).recognise(spoken("one", 1.0), ENGLISH).text == "one"
        assert len(server.requests) == 3


def test_a_server_that_stays_busy_is_unavailable() -> None:
    with TranscriptionServer(fail_first=9) as server:
        with pytest.raises(VivavoceError) as refusal:
            recogniser(server).recognise(spoken("one", 1.0), ENGLISH)
        assert refusal.value.code == "unavailable"
        assert len(server.requests) == 3


@pytest.mark.parametrize("answer", [b"not json", b"[]", b'{"text": 5}', b"{}"])
def test_nonsense_from_the_server_is_unavailable_and_never_a_text(answer: bytes) -> None:
    with TranscriptionServer(answer=answer) as server, pytest.raises(VivavoceError) as refusal:
        recogniser(server).recognise(spoken("one", 1.0), ENGLISH)
    assert refusal.value.code == "unavailable"


def test_silence_is_not_sent_at_all() -> None:
    with TranscriptionServer() as server:
        assert recogniser(server).recognise(spoken(2.0), ENGLISH).text == ""
        assert server.requests == []


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with TranscriptionServer() as server:
        address = server.url
    engine = OpenAiCompatibleRecogniser(address, "m", timeout_s=1.0, sleep=lambda _: None)
    with pytest.raises(VivavoceError) as refusal:
        engine.recognise(spoken("one", 1.0), ENGLISH)
    assert refusal.value.code == "unavailable"

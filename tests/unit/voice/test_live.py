"""What is shown of words before they are stored, and how long a chunk's answer waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from vivavoce.domain.session.state import Recording
from vivavoce.speech import events as s
from vivavoce.voice.chunks import ChunkedRecording
from vivavoce.voice.speech import PartialSpeech


class Stream:
    """Tells what it was given to tell; whoever waits for its recogniser waits for ever."""

    error = None

    def __init__(self, events: list[s.SpeechEvent]) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[s.SpeechEvent]:
        for event in self._events:
            yield event

    async def digested(self) -> None:
        await asyncio.Event().wait()

    async def finish(self) -> None: ...

    async def close(self) -> None: ...


class Speakers:
    """Says each time something else about whose voice it is."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)

    def speaking(self, start_s: float, end_s: float) -> str:
        return self._answers.pop(0)

    async def heard(self, *_: object) -> tuple[tuple[()], tuple[()]]:
        return (), ()

    async def look_again(self, _: object) -> None: ...


class Session:
    session_id = "s"

    def __init__(self) -> None:
        self.told: list[PartialSpeech] = []
        self.state = SimpleNamespace(plan="plan", recordings={})

    def tell(self, message: object) -> None:
        if isinstance(message, PartialSpeech):
            self.told.append(message)

    async def submit(self, *_: object) -> object:
        return SimpleNamespace(last_seq=1)


class Recordings:
    async def pieces(self, *_: object) -> AsyncIterator[bytes]:
        return
        yield b""

    async def store(self, *_: object) -> object:
        return SimpleNamespace(last_seq=1)


def recording(session: Session, stream: Stream, speakers: Speakers) -> ChunkedRecording:
    about = Recording("r", "kim", None, "pcm", 16_000, True, False, "en", "", False, 1, 0, 0.0)
    parts: list[Any] = [session, about, Recordings(), stream]
    rest: list[Any] = [lambda _: None, 1000, lambda: 0.0, lambda _: None, speakers]
    return ChunkedRecording(*parts, *rest)


def partial(utterance: int, text: str) -> s.Partial:
    return s.Partial(utterance=utterance, text=text, start_s=1.0, end_s=2.0, language="en")


LISTENED = s.Listened(until_s=3.0)


async def told(events: list[s.SpeechEvent], *answers: str) -> list[tuple[str, str]]:
    session = Session()
    live = recording(session, Stream([*events, s.Closed(duration_s=3.0)]), Speakers(*answers))
    await live.done
    return [(one.text, one.speaker_id) for one in session.told]


async def test_words_are_shown_again_once_it_is_known_whose_they_are() -> None:
    events = [partial(1, "last year"), LISTENED, LISTENED, LISTENED]
    expected = [("last year", ""), ("last year", "speaker_1"), ("last year", "speaker_2")]
    assert await told(events, "", "speaker_1", "speaker_1", "speaker_2") == expected


async def test_what_is_known_already_is_not_taken_back() -> None:
    assert await told([partial(1, "last year"), LISTENED], "speaker_1", "") == [("last year", "speaker_1")]


async def test_words_that_are_stored_or_were_none_are_not_shown_again() -> None:
    final = s.Final(utterance=1, text="last year", start_s=1.0, end_s=2.0, language="en")
    false_start = s.FalseStart(utterance=1, start_s=1.0, end_s=2.0)
    for end in (final, false_start):
        assert await told([partial(1, "last year"), end, LISTENED], "speaker_1") == [("last year", "speaker_1")]


async def test_no_chunk_waits_for_the_recogniser_when_the_next_is_there() -> None:
    live = recording(Session(), Stream([]), Speakers())
    more = asyncio.Event()
    answer = asyncio.create_task(live.heard(3600.0, more))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not answer.done()
    more.set()
    await asyncio.wait_for(answer, 5.0)

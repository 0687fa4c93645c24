"""An utterance that turns out to be two people's words (SPEC.md 3): told, seen by whoever comes back, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.voice import ToneSpeech
from tests.protocol.house import served
from tests.protocol.panel.conftest import hear, panel, say
from tests.protocol.panel.test_spoken_panel import WORDS, chunks, words_of
from vivavoce.domain.diarization import Attribution, Division
from vivavoce.speech.events import Final
from vivavoce.speech.speakers import OneSpeaker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


class SeesLater(OneSpeaker):
    """Takes everything for one voice, and with the second utterance sees that the first was two people's."""

    def __init__(self) -> None:
        self._heard: list[tuple[str, Final]] = []

    async def attribute(self, utterance: str, final: Final) -> tuple[Attribution, ...]:
        self._heard.append((utterance, final))
        return (
            Attribution(
                utterance=utterance,
                part=0,
                speaker="speaker_1",
                confidence=0.9,
                start_s=final.start_s,
                end_s=final.end_s,
                text=final.text,
                words=final.words,
            ),
        )

    def changes(self) -> tuple[Division, ...]:
        if len(self._heard) != 2:
            return ()
        utterance, final = self._heard[0]
        third = final.words[2]
        at = final.text.index(third.text)
        return (
            Division(
                utterance=utterance, part=0, rest=1, at=at, at_s=third.start_s, speaker="speaker_2", confidence=0.8
            ),
        )


class TwoVoices(ToneSpeech):
    def open_tracker(self, memory: bytes) -> OneSpeaker:
        return SeesLater()


def told(item: dict[str, Any]) -> tuple[str, str]:
    return item["speaker_id"], item["text"]


async def test_spec_3_two_peoples_words_become_two_utterances(tmp_path: Path) -> None:
    speech = TwoVoices()
    async with served(tmp_path, speech) as house:
        await speech.ready()
        async with panel(house, "room", "?features=status,transcript") as ws:
            connected = await hear(ws, "connected")
            answers: list[dict[str, Any]] = []
            said: list[dict[str, Any]] = []
            for chunk in chunks():
                await say(ws, "audio_chunk", **chunk)
                while (message := await hear(ws))["type"] != "audio_processed":
                    said.append(message)
                answers.append(message)
            divided = next(message for message in said if message["type"] == "utterance_divided")
            assert told(divided["utterance"]) == ("speaker_1", "one two")
            assert told(divided["rest"]) == ("speaker_2", "three four")
            assert divided["utterance"]["audio_end"] == divided["rest"]["audio_start"]
            # Words that were told are not told again as newly heard.
            assert words_of(answers) == WORDS
            # Whoever comes back gets the same, in order.
            query = f"?features=status,transcript&last_seq={connected['last_seq']}&epoch={connected['epoch']}"
            async with panel(house, "room", query) as back:
                assert (await hear(back, "connected"))["recovered"] is True
                again = [await hear(back, "utterance", "utterance_divided") for _ in range(3)]
                assert [one["type"] for one in again] == ["utterance", "utterance", "utterance_divided"]
                assert (again[2]["utterance"], again[2]["rest"]) == (divided["utterance"], divided["rest"])
            await say(ws, "session_end")
            result = (await hear(ws, "session_ended"))["final_result"]
            assert [told(item) for item in result["transcripts"]] == [
                ("speaker_1", "one two"),
                ("speaker_2", "three four"),
                ("speaker_1", "five six seven eight"),
            ]

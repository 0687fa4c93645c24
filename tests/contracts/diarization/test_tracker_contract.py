"""One contract for every speaker tracker: the one that is off, and the live one with networks that hear tones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from tests.fakes.speech import pause, tone
from vivavoce.domain.diarization import UNKNOWN_SPEAKER, AssignUtterance, Embedding, MergeSpeakers
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, Samples, Word
from vivavoce.speech.events import Final
from vivavoce.speech.speakers import OneSpeaker, SpeakerTracker
from vivavoce.speech.tracking import SpeakerThread

FRAME = 512
LOW, HIGH = 400, 1200


def pitch(samples: Samples) -> int:
    return LOW if np.abs(np.diff(np.sign(samples))).sum() / len(samples) < 0.2 else HIGH


class ToneEmbedder:
    name, size = "tones", 8

    def embed(self, windows: Sequence[Samples]) -> Embedding:
        vectors = np.zeros((len(windows), self.size), np.float32)
        for row, window in zip(vectors, windows, strict=True):
            row[0 if pitch(window) == LOW else 1] = 1.0
        return vectors


class ToneActivity:
    name, frame_s = "tones", 0.02

    def activity(self, samples: Samples) -> Embedding:
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        rows = np.zeros((len(frames), 3), np.float32)
        for row, frame in zip(rows, frames, strict=True):
            if np.abs(frame).max() > 0.05:
                row[0 if pitch(frame) == LOW else 1] = 1.0
        return rows


class BothActivity(ToneActivity):
    """Hears where both tones sound together, and takes them for one voice where they do not."""

    def activity(self, samples: Samples) -> Embedding:
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        at = np.arange(320) / SAMPLE_RATE
        waves = np.exp(2j * np.pi * np.array([[LOW], [HIGH]]) * at)
        sound = np.abs(frames @ waves.T) / 160 > 0.1
        none = np.zeros(len(frames), bool)
        return np.column_stack([sound.any(axis=1), sound.all(axis=1), none]).astype(np.float32)


class LateActivity(ToneActivity):
    """Like the real one, takes a new voice for nobody's until it has heard it for a while."""

    def activity(self, samples: Samples) -> Embedding:
        rows = super().activity(samples)
        if rows[:, 1].sum() * self.frame_s < 3.0:
            rows[:, 1] = 0.0
        return rows


@pytest.fixture(params=["off", "live"])
async def tracker(request: pytest.FixtureRequest) -> AsyncIterator[SpeakerTracker]:
    if request.param == "off":
        yield OneSpeaker()
        return
    thread = SpeakerThread(ToneEmbedder(), ToneActivity())
    live = thread.open()
    yield live
    await live.close()
    thread.close()


def hear(tracker: SpeakerTracker, samples: Samples) -> list[float]:
    """Lets a tracker hear sound in batches of a second; the changes of voice it told of."""
    tap = tracker.tap()
    if tap is None:
        return []
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    speech = (np.abs(frames).max(axis=1) > 0.05).astype(np.float32)
    changes: list[float] = []
    for first in range(0, len(frames), 31):
        changes += tap.heard(first * FRAME / SAMPLE_RATE, frames[first : first + 31], speech[first : first + 31])
    tap.ended()
    return changes


def said(text: str, start_s: float, end_s: float) -> Final:
    count = len(text.split())
    step = (end_s - start_s) / count
    words = tuple(Word(w, start_s + i * step, start_s + (i + 1) * step) for i, w in enumerate(text.split()))
    return Final(utterance=1, text=text, start_s=start_s, end_s=end_s, language="en", confidence=0.9, words=words)


#: One voice for 4 s, hardly a pause, another for 4 s, and the first again.
GAP = pause(0.2)
SOUND = np.concatenate([pause(0.5), tone(LOW, 4.0), GAP, tone(HIGH, 4.0), GAP, tone(LOW, 4.0), pause(2.0)])


async def test_the_parts_of_an_utterance_are_all_of_it_in_order(tracker: SpeakerTracker) -> None:
    hear(tracker, SOUND)
    text = "how long did that take you about three weeks in all"
    parts = await tracker.attribute("u1", said(text, 0.5, 8.7))
    assert "".join(part.text for part in parts) == text
    assert [part.part for part in parts] == list(range(len(parts)))
    assert (parts[0].start_s, parts[-1].end_s) == (0.5, 8.7)
    assert len(parts) == (1 if tracker.state == "off" else 2)


async def test_voices_are_told_apart_or_everything_is_nobodys(tracker: SpeakerTracker) -> None:
    changes = hear(tracker, SOUND)
    times = [(0.5, 4.5), (4.7, 8.7), (8.9, 12.9)]
    found = [(await tracker.attribute(f"u{i}", said("one two", *at)))[0] for i, at in enumerate(times)]
    if tracker.state == "off":
        assert {part.confidence for part in found} == {None}
        assert tracker.speakers() == ()
    else:
        assert [part.speaker for part in found] == ["speaker_1", "speaker_2", "speaker_1"]
        assert [round(at_s, 1) for at_s in changes] == [4.6, 8.8]
        assert tracker.speakers() == ("speaker_1", "speaker_2")


async def test_a_voice_that_the_network_notices_late_is_told_apart_from_its_beginning() -> None:
    thread = SpeakerThread(ToneEmbedder(), LateActivity())
    tracker = thread.open()
    changes = hear(tracker, SOUND[: round(7.0 * SAMPLE_RATE)])
    assert [round(at_s, 1) for at_s in changes] == [4.6]
    assert tracker.speaking(5.0, 6.5) == "speaker_2"
    (part,) = await tracker.attribute("u1", said("one two", 4.7, 6.5))
    assert part.speaker == "speaker_2"
    await tracker.close()
    thread.close()


async def test_where_two_speak_at_once_the_one_who_goes_on_takes_over() -> None:
    thread = SpeakerThread(ToneEmbedder(), BothActivity())
    tracker = thread.open()
    sound = np.concatenate([pause(0.5), tone(LOW, 4.0), tone(LOW, 1.0) + tone(HIGH, 1.0), tone(HIGH, 4.0), pause(2.0)])
    changes = hear(tracker, sound)
    assert [4.4 < at_s < 5.6 for at_s in changes] == [True]
    await tracker.close()
    thread.close()


async def test_who_speaks_is_guessed_before_an_utterance_is_attributed(tracker: SpeakerTracker) -> None:
    hear(tracker, SOUND)
    found = [tracker.speaking(*at) for at in [(4.7, 8.7), (8.9, 12.9), (60.0, 61.0)]]
    if tracker.state == "off":
        assert set(found) == {UNKNOWN_SPEAKER}
    else:
        assert found == ["speaker_2", "speaker_1", UNKNOWN_SPEAKER]


async def test_the_newest_second_is_guessed_too(tracker: SpeakerTracker) -> None:
    hear(tracker, SOUND[: round(6.0 * SAMPLE_RATE)])
    expected = UNKNOWN_SPEAKER if tracker.state == "off" else "speaker_2"
    assert tracker.speaking(5.0, 5.9) == expected


async def test_what_a_person_says_is_taken_or_refused_with_a_reason(tracker: SpeakerTracker) -> None:
    hear(tracker, SOUND)
    for index, at in enumerate([(0.5, 4.5), (4.7, 8.7)]):
        await tracker.attribute(f"u{index}", said("one two", *at))
    wanted = MergeSpeakers(speaker="speaker_2", into="speaker_1")
    if tracker.state == "off":
        for correction in (wanted, AssignUtterance(utterance="u1", speaker="speaker_1")):
            with pytest.raises(VivavoceError) as refused:
                await tracker.correct(correction)
            assert refused.value.code == "unavailable"
        return
    with pytest.raises(VivavoceError) as unknown:
        await tracker.correct(AssignUtterance(utterance="u9", speaker="speaker_1"))
    assert unknown.value.code == "not_found"
    changes = await tracker.correct(wanted)
    assert [(one.utterance, one.before, one.speaker) for one in changes] == [("u1", "speaker_2", "speaker_1")]
    assert tracker.speakers() == ("speaker_1",)


async def test_an_enrolled_voice_is_known_and_too_little_of_one_is_refused(tracker: SpeakerTracker) -> None:
    if tracker.state == "off":
        with pytest.raises(VivavoceError) as refused:
            await tracker.enrol("kim", tone(HIGH, 10.0))
        assert refused.value.code == "unavailable"
        return
    assert (await tracker.enrol("kim", tone(HIGH, 10.0))).agreement > 0.9
    with pytest.raises(VivavoceError) as little:
        await tracker.enrol("lee", tone(LOW, 1.0))
    assert little.value.code == "invalid_payload"
    hear(tracker, SOUND)
    (part,) = await tracker.attribute("u1", said("one two", 4.7, 8.7))
    assert part.speaker == "kim"


async def test_another_process_goes_on_with_the_same_voices(tracker: SpeakerTracker) -> None:
    hear(tracker, SOUND)
    memory = await tracker.snapshot()
    if tracker.state == "off":
        assert memory == b""
        return
    thread = SpeakerThread(ToneEmbedder(), ToneActivity())
    again = thread.open(memory)
    assert again.speakers() == ("speaker_1", "speaker_2")
    (part,) = await again.attribute("u1", said("one two", 4.7, 8.7))
    assert part.speaker == "speaker_2"
    await again.close()
    thread.close()

"""The listener keeps what is needed, loses nothing and does not grow with the session."""

from __future__ import annotations

import numpy as np

from tests.fakes.speech import LoudnessDetector, bursts, pause, spoken, tone
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.speech.endpointing import PROFILES, Ended, Endpointer, EndpointRules, Paused, SegmentClosed
from vivavoce.speech.listening import Heard, Listener


def listener(rules: EndpointRules | None = None) -> Listener:
    return Listener(LoudnessDetector(), Endpointer(PROFILES["standard"], rules or EndpointRules()))


def segments(heard: list[Heard]) -> list[Heard]:
    return [item for item in heard if isinstance(item.moment, SegmentClosed | Ended) and len(item.samples)]


def fed(samples: Samples, size: int) -> list[Heard]:
    subject = listener()
    heard: list[Heard] = []
    for first in range(0, len(samples), size):
        heard += subject.feed(samples[first : first + size])
    return heard + subject.finish()


def test_every_word_is_in_exactly_one_segment_whatever_the_chunks() -> None:
    samples = spoken(0.5, "one", 0.3, "two", 2.0, "three", 0.1, "four", 3.0, "five")
    for size in (160, 999, 16_000, len(samples)):
        found = segments(fed(samples, size))
        assert sum(len(bursts(item.samples)) for item in found) == 5
        assert len(found) == 3


def test_the_first_samples_of_a_word_are_in_its_segment() -> None:
    found = segments(fed(spoken(2.0, "one", 2.0), 1000))
    assert len(found) == 1
    start, end = bursts(found[0].samples)[0]
    assert (end - start) / SAMPLE_RATE > 0.29


def test_a_word_that_the_end_of_the_audio_cuts_is_heard() -> None:
    found = segments(fed(np.concatenate([pause(1.0), tone(400, 0.05)]), 800))
    assert len(found) == 1
    assert float(np.abs(found[0].samples[-700:]).max()) > 0.4


def test_memory_does_not_grow_with_silence_or_with_speech() -> None:
    subject = listener()
    held: list[int] = []
    for _ in range(60):
        subject.feed(spoken("one", 0.4, "two", 2.5))
        subject.feed(pause(20.0))
        held.append(len(subject._frames))
    assert max(held[30:]) <= max(held[:30])
    assert held[-1] * 0.032 < 2.0


def test_an_hour_of_unbroken_sound_is_held_in_segments_of_half_a_minute() -> None:
    subject = listener()
    longest = 0
    for _ in range(120):
        subject.feed(tone(400, 5.0))
        longest = max(longest, len(subject._frames))
    assert longest * 0.032 < 30.0


def test_times_are_seconds_of_the_stream() -> None:
    subject = listener()
    subject.feed(pause(3.0))
    assert subject.duration_s == 3.0
    assert abs(subject.seconds(31) - 31 * 0.032) < 1e-9


def test_a_pause_that_is_over_by_the_end_of_the_same_sound_is_not_told() -> None:
    subject = listener()
    heard = subject.feed(spoken("one", 0.4, "two", 0.05, "three"))
    assert not any(isinstance(item.moment, Paused) for item in heard)
    heard = subject.feed(pause(0.5))
    assert [len(bursts(item.samples)) for item in heard if isinstance(item.moment, Paused)] == [3]


def test_what_is_being_said_is_there_from_its_first_moments_on_and_once() -> None:
    subject = listener()
    subject.feed(tone(400, 0.3))
    assert subject.growing(0.6) is None
    subject.feed(tone(400, 0.5))
    growing = subject.growing(0.6)
    assert growing is not None
    assert len(growing.samples) / SAMPLE_RATE >= 0.6
    assert subject.growing(0.6) is None


class OtherVoiceAt:
    """A tap that tells of another voice at one time, as soon as it has heard a second more."""

    def __init__(self, at_s: float) -> None:
        self._at_s = at_s
        self._told = False

    def heard(self, start_s: float, frames: Samples, speech: Samples) -> tuple[float, ...]:
        now_s = start_s + frames.size / SAMPLE_RATE
        if self._told or now_s < self._at_s + 1.0:
            return ()
        self._told = True
        return (self._at_s,)

    def ended(self) -> None:
        return None


def test_two_voices_with_hardly_a_pause_between_are_two_utterances() -> None:
    tap = OtherVoiceAt(101.7)  # the stream begins at second 100 of the session
    subject = Listener(LoudnessDetector(), Endpointer(PROFILES["standard"], EndpointRules()), tap, offset_s=100.0)
    samples = spoken(0.5, "one", 0.2, "two", 0.3, 0.2, "three", 0.2, "four", 0.2, "five", 3.0)
    found: list[Heard] = []
    for first in range(0, len(samples), 1600):
        found += subject.feed(samples[first : first + 1600])
    assert [len(bursts(item.samples)) for item in segments(found + subject.finish())] == [2, 3]

"""When an utterance begins and ends (SPEC 6.4, DESIGN 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.speech.endpointing import (
    PROFILES,
    Began,
    Ended,
    Endpointer,
    EndpointRules,
    Moment,
    Patience,
    Paused,
    SegmentClosed,
)

RULES = EndpointRules()


def frames(seconds: float) -> int:
    return round(seconds / RULES.frame_s)


def run(
    parts: list[tuple[float, float]], patience: Patience = "standard", rules: EndpointRules = RULES
) -> list[Moment]:
    """Feeds (probability, seconds) parts and then finishes."""
    endpointer = Endpointer(PROFILES[patience], rules)
    moments: list[Moment] = []
    for probability, seconds in parts:
        for _ in range(frames(seconds)):
            moments += endpointer.advance(probability)
    return moments + endpointer.finish()


def test_silence_begins_nothing() -> None:
    assert run([(0.02, 30.0)]) == []


def test_a_click_shorter_than_three_frames_begins_nothing() -> None:
    assert run([(0.0, 1.0), (0.9, 0.064), (0.0, 2.0)]) == []


def test_an_utterance_begins_before_its_first_sound_and_ends_after_its_last() -> None:
    moments = run([(0.0, 1.0), (0.9, 1.0), (0.0, 3.0)])
    began, ended = moments[0], moments[-1]
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert began.start < frames(1.0)
    assert frames(2.0) < ended.end <= frames(2.0) + frames(RULES.tail_s) + 1


@pytest.mark.parametrize("patience", ["quick", "standard", "patient"])
def test_spec_6_4_a_pause_shorter_than_the_profile_does_not_end_the_answer(patience: Patience) -> None:
    profile = PROFILES[patience]
    short = run([(0.9, 1.0), (0.0, profile.pause_s - 0.1), (0.9, 1.0), (0.0, 5.0)], patience)
    long = run([(0.9, 1.0), (0.0, profile.pause_s + 0.2), (0.9, 1.0), (0.0, 5.0)], patience)
    assert len([moment for moment in short if isinstance(moment, Ended)]) == 1
    assert len([moment for moment in long if isinstance(moment, Ended)]) == 2


def test_spec_6_4_a_more_patient_profile_waits_longer_whatever_the_words() -> None:
    quick, standard, patient = PROFILES["quick"], PROFILES["standard"], PROFILES["patient"]
    for one, other in ((quick, standard), (standard, patient)):
        assert one.complete_s < other.complete_s
        assert one.pause_s < other.pause_s
        assert one.open_s < other.open_s


def waited(hint: str) -> int:
    endpointer = Endpointer(PROFILES["standard"], RULES)
    for _ in range(frames(1.0)):
        endpointer.advance(0.9)
    for _ in range(frames(6.0)):
        for moment in endpointer.advance(0.0):
            if isinstance(moment, Paused):
                endpointer.hint(moment, hint)  # type: ignore[arg-type]
            if isinstance(moment, Ended):
                return moment.waited
    raise AssertionError("it never ended")


def test_a_finished_sentence_ends_sooner_and_an_open_one_later() -> None:
    assert waited("complete") < waited("unknown") < waited("open")


def test_a_short_answer_does_not_wait_for_a_second_in_the_standard_profile() -> None:
    assert waited("complete") * RULES.frame_s < 1.0


def test_a_hint_about_an_older_pause_is_ignored() -> None:
    endpointer = Endpointer(PROFILES["standard"], RULES)
    moments = [moment for _ in range(frames(1.0)) for moment in endpointer.advance(0.9)]
    moments += [moment for _ in range(frames(0.4)) for moment in endpointer.advance(0.0)]
    paused = next(moment for moment in moments if isinstance(moment, Paused))
    for _ in range(frames(0.5)):
        endpointer.advance(0.9)
    endpointer.hint(paused, "complete")
    ended = [moment for _ in range(frames(4.0)) for moment in endpointer.advance(0.0) if isinstance(moment, Ended)]
    assert ended[0].waited >= frames(PROFILES["standard"].pause_s)


def test_spec_6_4_nothing_ends_while_the_speaker_was_given_time() -> None:
    endpointer = Endpointer(PROFILES["quick"], RULES)
    for _ in range(frames(1.0)):
        endpointer.advance(0.9)
    endpointer.wait_until(frames(9.0))
    silent = [moment for _ in range(frames(7.5)) for moment in endpointer.advance(0.0)]
    assert not any(isinstance(moment, Ended) for moment in silent)
    later = [moment for _ in range(frames(2.0)) for moment in endpointer.advance(0.0)]
    assert any(isinstance(moment, Ended) for moment in later)


def test_the_last_word_before_the_audio_stops_is_not_lost() -> None:
    moments = run([(0.0, 1.0), (0.9, 0.064)])
    assert isinstance(moments[0], Began)
    assert isinstance(moments[-1], Ended)
    assert moments[-1].end == frames(1.0) + 2


def test_a_long_answer_is_cut_into_segments_that_a_recogniser_takes() -> None:
    moments = run([(0.9, 70.0), (0.0, 3.0)])
    segments = [moment for moment in moments if isinstance(moment, SegmentClosed | Ended)]
    assert len(segments) >= 3
    assert all((segment.end - segment.start) * RULES.frame_s <= 30.0 for segment in segments)


def test_an_answer_without_end_is_cut_off_and_says_so() -> None:
    rules = EndpointRules(longest_utterance_s=40.0)
    ended = [moment for moment in run([(0.9, 45.0), (0.0, 3.0)], rules=rules) if isinstance(moment, Ended)]
    assert ended[0].cut_off
    assert not ended[-1].cut_off


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.95]), st.floats(0.03, 6.0)), min_size=1, max_size=20))
def test_no_speech_frame_is_lost_or_heard_twice(parts: list[tuple[float, float]]) -> None:
    probabilities = [probability for probability, seconds in parts for _ in range(frames(seconds))]
    covered: list[int] = []
    for moment in run(parts):
        if isinstance(moment, SegmentClosed | Ended):
            covered += range(moment.start, moment.end)
    assert len(covered) == len(set(covered))
    assert covered == sorted(covered)
    runs: list[list[int]] = [[]]
    for index, probability in enumerate(probabilities):
        if probability >= 0.5:
            runs[-1].append(index)
        elif runs[-1]:
            runs.append([])
    for spoken in runs:
        if len(spoken) >= RULES.begin_frames:
            assert set(spoken) <= set(covered)

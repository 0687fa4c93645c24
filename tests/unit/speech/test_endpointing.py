"""When an utterance begins and ends (SPEC 6.4, DESIGN 3)."""

from __future__ import annotations

from itertools import pairwise

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


def test_an_utterance_ends_where_another_voice_takes_over_however_short_the_pause() -> None:
    moments = gives_way([(0.0, 1.0), (0.9, 2.0), (0.0, 0.3), (0.9, 1.0)], at_s=3.15, told_s=4.0)
    kinds = [type(moment) for moment in moments if not isinstance(moment, Paused)]
    assert kinds == [Began, Ended, Began, Ended]
    first, second = (moment for moment in moments if isinstance(moment, Ended))
    assert frames(3.0) <= first.end <= frames(3.3)
    assert second.start == first.end
    assert not first.cut_off


def test_what_was_recognised_at_the_pause_is_all_of_what_the_first_voice_said() -> None:
    moments = gives_way([(0.9, 2.0), (0.0, 0.4), (0.9, 1.0)], at_s=2.1, told_s=3.0)
    paused = next(moment for moment in moments if isinstance(moment, Paused))
    ended = next(moment for moment in moments if isinstance(moment, Ended))
    assert (ended.start, ended.end) == (paused.start, paused.end)


@pytest.mark.parametrize("at_s", [0.2, 9.0], ids=["nothing was said before", "nothing was said after"])
def test_nothing_ends_where_only_one_voice_can_have_spoken(at_s: float) -> None:
    assert gives_way([(0.9, 3.0), (0.0, 0.3)], at_s=at_s, told_s=3.1) == run([(0.9, 3.0), (0.0, 0.3)])


@given(st.floats(0.0, 12.0), st.floats(0.0, 3.0))
def test_no_speech_frame_is_lost_where_voices_change(at_s: float, later_s: float) -> None:
    parts = [(0.9, 4.0), (0.0, 0.3), (0.9, 3.0), (0.0, 0.5), (0.9, 4.0), (0.0, 3.0)]
    rules = EndpointRules(segment_s=5.0)
    moments = gives_way(parts, at_s=at_s, told_s=at_s + later_s, rules=rules)
    spans = [(moment.start, moment.end) for moment in moments if isinstance(moment, SegmentClosed | Ended)]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    at = 0
    for probability, seconds in parts:
        for frame in range(at, at := at + frames(seconds)):
            assert probability < 0.5 or sum(start <= frame < end for start, end in spans) == 1


def test_the_silence_before_another_voice_belongs_to_neither() -> None:
    parts = [(0.9, 3.0), (0.0, 1.2), (0.9, 3.0)]
    moments = gives_way(parts, at_s=3.9, told_s=5.0)
    ended = next(moment for moment in moments if isinstance(moment, Ended))
    assert ended.end == frames(3.0) + frames(RULES.tail_s)
    assert [moment.start for moment in moments if isinstance(moment, Began)][1] == frames(3.9)


def gives_way(
    parts: list[tuple[float, float]], at_s: float, told_s: float, rules: EndpointRules = RULES
) -> list[Moment]:
    """`run`, with a change of voice at one time that is told at another."""
    endpointer = Endpointer(PROFILES["standard"], rules)
    moments: list[Moment] = []
    count = 0
    for probability, seconds in parts:
        for _ in range(frames(seconds)):
            if count == frames(told_s):
                moments += endpointer.give_way(frames(at_s))
            moments += endpointer.advance(probability)
            count += 1
    return moments + endpointer.finish()

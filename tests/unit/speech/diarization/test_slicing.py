"""Stretches of one voice, and of several at once."""

from __future__ import annotations

import numpy as np

from vivavoce.speech.diarization.slicing import UNNOTICED, Alone, Together, slice_activity, unnoticed, voice_changes

FRAME_S = 0.02


def activity(*runs: tuple[float, tuple[int, ...]]) -> np.ndarray:
    rows = [[[float(local in who) for local in range(3)]] * round(seconds / FRAME_S) for seconds, who in runs]
    return np.concatenate([np.array(row) for row in rows if row])


def rounded(item: Alone | Together) -> tuple[object, float, float]:
    who = item.local if isinstance(item, Alone) else item.locals
    return who, round(item.start_s, 2), round(item.end_s, 2)


def test_one_after_the_other_and_both_at_once() -> None:
    alone, together = slice_activity(activity((1, (0,)), (0.5, (0, 2)), (1, (2,)), (1, ())), FRAME_S, 10.0)
    assert [rounded(item) for item in alone] == [(0, 10.0, 11.0), (2, 11.5, 12.5)]
    assert [rounded(item) for item in together] == [((0, 2), 11.0, 11.5)]


def test_short_pauses_are_bridged_and_clicks_left_out() -> None:
    heard = activity((1, (0,)), (0.2, ()), (1, (0,)), (1, ()), (0.06, (1,)), (1, ()))
    alone, together = slice_activity(heard, FRAME_S, 0.0)
    assert [rounded(item) for item in alone] == [(0, 0.0, 2.2)]
    assert together == []


def test_speech_that_the_network_took_for_nobodys_is_noticed() -> None:
    speech = np.concatenate([np.full(50, p) for p in (0.9, 0.1, 0.9, 0.9)])
    noticed, both = [Alone(0, 10.0, 11.0)], [Together((0, 1), 12.0, 12.5)]
    found = unnoticed(noticed, both, speech, FRAME_S, 10.0)
    assert [rounded(item) for item in found] == [(UNNOTICED, 12.6, 14.0)]


def test_what_is_hardly_speech_or_hardly_long_is_nobodys() -> None:
    speech = np.concatenate([np.full(50, 0.4), np.full(20, 0.9), np.full(50, 0.1)])
    assert unnoticed([], [], speech, FRAME_S, 0.0) == []
    # A short pause within it is bridged.
    twice = np.concatenate([np.full(20, 0.9), np.full(10, 0.1), np.full(20, 0.9)])
    assert [rounded(item) for item in unnoticed([], [], twice, FRAME_S, 0.0)] == [(UNNOTICED, 0.0, 1.0)]


def test_a_voice_gives_way_between_its_last_sound_and_the_first_of_the_next() -> None:
    assert voice_changes([Alone(0, 0.0, 2.0), Alone(1, 2.4, 4.0), Alone(0, 4.0, 5.0)]) == [2.2, 4.0]


def test_after_a_long_pause_the_next_voice_begins_shortly_before_its_first_sound() -> None:
    assert voice_changes([Alone(0, 0.0, 2.0), Alone(1, 8.0, 9.0)]) == [7.65]


def test_who_only_agrees_in_a_word_takes_nothing_over() -> None:
    assert voice_changes([Alone(0, 0.0, 2.0), Alone(1, 2.1, 2.4), Alone(0, 2.5, 5.0)]) == []


def test_words_with_pauses_between_add_up_to_a_turn() -> None:
    assert voice_changes([Alone(0, 0.0, 2.0), Alone(1, 2.2, 2.5), Alone(1, 2.9, 3.2)]) == [2.1]

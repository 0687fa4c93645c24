"""Labels that stay, one person who stays one, six who are six, a person's word that is kept, memory that is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.speech.diarization.voices import Cast
from vivavoce.domain.errors import VivavoceError
from vivavoce.speech.diarization.diarizer import DiarizationRules, Diarizer
from vivavoce.speech.diarization.snapshot import read_memory, write_memory


def conversation(cast: Cast, order: list[int], seconds: float = 3.0, diarizer: Diarizer | None = None) -> Diarizer:
    diarizer = diarizer or Diarizer()
    for person in order:
        diarizer.take(cast.says(person, seconds))
    diarizer.settle()
    return diarizer


def labels(diarizer: Diarizer, order: list[int], seconds: float = 3.0, pause_s: float = 0.3) -> list[str]:
    """The label at the middle of each turn."""
    found = []
    for index in range(len(order)):
        middle_s = index * (seconds + pause_s) + seconds / 2
        found.append(next(turn.speaker for turn in diarizer.turns() if turn.start_s <= middle_s <= turn.end_s))
    return found


@pytest.mark.parametrize("shared", [0.1, 0.45])
@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_as_many_speakers_are_found_as_there_are(count: int, shared: float) -> None:
    order = [turn % count for turn in range(max(8, count * 4))]
    diarizer = conversation(Cast(count, shared=shared), order)
    assert len(diarizer.speakers()) == count
    named = labels(diarizer, order)
    assert len({(person, name) for person, name in zip(order, named, strict=True)}) == count


def test_an_id_stays_with_its_voice_as_others_join() -> None:
    cast = Cast(4)
    diarizer = conversation(cast, [0, 1, 0, 1])
    before = labels(diarizer, [0, 1, 0, 1])
    conversation(cast, [2, 0, 3, 1, 2, 3], diarizer=diarizer)
    assert labels(diarizer, [0, 1, 0, 1, 2, 0, 3, 1, 2, 3])[:4] == before


def test_a_guess_says_what_taking_would_and_keeps_nothing() -> None:
    cast = Cast(3)
    diarizer = conversation(cast, [0, 1, 0, 1])
    before = write_memory(diarizer.memory)
    for person in (1, 2):
        heard = cast.says(person, 3.0)
        guessed = diarizer.guess(heard, heard.alone[0].start_s)
        assert write_memory(diarizer.memory) == before
        diarizer.take(heard)
        assert guessed == diarizer.turns(heard.alone[0].start_s)
        before = write_memory(diarizer.memory)
    assert guessed[-1].speaker == "speaker_3"


def test_in_a_long_session_a_guess_is_one_of_the_known_voices() -> None:
    cast = Cast(2)
    diarizer = conversation(cast, [0, 1] * 6, diarizer=Diarizer(DiarizationRules(eager=8)))
    heard = cast.says(1, 2.0)
    assert diarizer.guess(heard, heard.alone[0].start_s)[-1].speaker == labels(diarizer, [0, 1])[1]


def test_short_turns_make_nobody_new() -> None:
    cast = Cast(2)
    diarizer = conversation(cast, [0, 1, 0, 1, 0, 1])
    for person in (0, 1, 0, 0, 1, 0):
        diarizer.take(cast.says(person, 0.7))
    diarizer.settle()
    assert len(diarizer.speakers()) == 2


def test_never_more_speakers_than_the_setting_allows() -> None:
    order = [turn % 5 for turn in range(20)]
    diarizer = conversation(Cast(5), order, diarizer=Diarizer(DiarizationRules(speakers=3)))
    assert len(diarizer.speakers()) == 3


def test_merged_speakers_stay_merged_whatever_comes() -> None:
    cast = Cast(3)
    diarizer = conversation(cast, [0, 1, 2, 0, 1, 2])
    first, second, third = labels(diarizer, [0, 1, 2])
    diarizer.rename(second, first)
    conversation(cast, [1, 0, 2, 1, 2], diarizer=diarizer)
    assert set(diarizer.speakers()) == {first, third}
    assert labels(diarizer, [0, 1, 2, 0, 1, 2, 1, 0, 2, 1, 2])[6:8] == [first, first]


def test_a_known_speaker_keeps_the_name_when_somebody_elses_turn_is_given_to_them() -> None:
    cast = Cast(2)
    diarizer = conversation(cast, [0, 1, 0, 1, 0, 1])
    first, second = labels(diarizer, [0, 1])
    diarizer.pin(0.0, 3.0, second)
    assert labels(diarizer, [0, 1, 0, 1, 0, 1]) == [second, second, first, second, first, second]


def test_a_voice_keeps_its_other_turns_when_one_is_given_to_another_known_speaker() -> None:
    cast = Cast(3)
    order = [0, 1, 0, 2, 1, 0, 2]
    diarizer = conversation(cast, order)
    before = labels(diarizer, order)
    at_s = 4 * 3.3
    diarizer.pin(at_s, at_s + 3.0, before[3], only=before[4])
    assert labels(diarizer, order) == [*before[:4], before[3], *before[5:]]


def test_a_pinned_turn_and_what_sounds_like_it_go_to_who_was_named() -> None:
    cast = Cast(2)
    diarizer = conversation(cast, [0, 1, 0, 1])
    diarizer.pin(0.0, 3.0, "candidate")
    assert labels(diarizer, [0, 1, 0, 1])[::2] == ["candidate", "candidate"]
    conversation(cast, [0], diarizer=diarizer)
    assert labels(diarizer, [0, 1, 0, 1, 0])[-1] == "candidate"


def test_an_enrolled_voice_has_its_name_from_its_first_turn_on() -> None:
    cast = Cast(2)
    diarizer = Diarizer()
    diarizer.enrol("kim", cast.windows(1, 20), 30.0)
    conversation(cast, [0, 1, 0, 1], diarizer=diarizer)
    named = labels(diarizer, [0, 1, 0, 1])
    assert named[1::2] == ["kim", "kim"]
    assert "kim" not in named[::2]


def test_a_restored_diarizer_goes_on_with_the_same_ids() -> None:
    cast = Cast(3)
    order = [0, 1, 2, 0, 1, 2]
    diarizer = conversation(cast, order)
    again = Diarizer(memory=read_memory(write_memory(diarizer.memory)))
    assert again.turns() == diarizer.turns()
    conversation(cast, [2, 0, 1], diarizer=again)
    named = labels(again, [*order, 2, 0, 1])
    assert named[6:] == [named[2], named[0], named[1]]
    with pytest.raises(VivavoceError):
        read_memory(b"something else")


def test_memory_and_speakers_stay_the_same_over_hours() -> None:
    rules = DiarizationRules(stretches=80, spans=200, eager=20, every=10)
    cast = Cast(3)
    diarizer = Diarizer(rules)
    rng = np.random.default_rng(3)
    for person in rng.integers(0, 3, 400).tolist():
        diarizer.take(cast.says(person, 2.0))
    diarizer.settle()
    assert len(diarizer.memory.stretches) <= 90
    assert len(diarizer.memory.spans) <= 200
    assert len(diarizer.memory.stands_for) <= 200
    assert len(diarizer.speakers()) == 3


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=14), st.lists(st.floats(0.2, 4.0), min_size=14, max_size=14))
def test_every_turn_has_a_speaker_and_a_probability(order: list[int], lengths: list[float]) -> None:
    cast = Cast(3)
    diarizer = Diarizer()
    for person, seconds in zip(order, lengths, strict=False):
        diarizer.take(cast.says(person, seconds))
    diarizer.settle()
    turns = diarizer.turns()
    assert turns
    assert all(turn.speaker and 0 <= turn.confidence <= 1 and turn.end_s > turn.start_s for turn in turns)
    assert len(diarizer.speakers()) <= 6

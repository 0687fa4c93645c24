"""Utterances are cut where one speaker follows another, and what is seen differently later is told once."""

from __future__ import annotations

from vivavoce.domain.diarization import UNKNOWN_SPEAKER, Division, Reassignment, SpeakerTurn
from vivavoce.domain.speech import Word
from vivavoce.speech.diarization.ledger import Ledger, attributed

TEXT = "How long did it take? About three weeks in all."
WORDS = tuple(Word(word, index * 0.4, index * 0.4 + 0.35) for index, word in enumerate(TEXT.split()))


def turn(speaker: str, start_s: float, end_s: float, *, overlapped: bool = False) -> SpeakerTurn:
    return SpeakerTurn(speaker=speaker, start_s=start_s, end_s=end_s, confidence=0.9, overlapped=overlapped)


def test_a_question_and_its_answer_become_two_parts_with_all_the_text() -> None:
    parts = attributed("u1", TEXT, WORDS, 0.0, 4.0, [turn("speaker_1", 0.0, 1.98), turn("speaker_2", 2.0, 4.0)])
    assert [(part.speaker, part.text) for part in parts] == [
        ("speaker_1", "How long did it take? "),
        ("speaker_2", "About three weeks in all."),
    ]
    assert [len(part.words) for part in parts] == [5, 5]


def test_parts_begin_when_their_turns_do_and_not_where_words_are_thought_to_be() -> None:
    turns = [turn("speaker_1", 0.0, 1.6), turn("speaker_2", 1.7, 4.0)]
    parts = attributed("u1", TEXT, WORDS, 0.0, 4.0, turns)
    assert [(part.start_s, part.end_s) for part in parts] == [(0.0, 1.7), (1.7, 4.0)]


def test_a_slip_of_one_word_cuts_nothing() -> None:
    turns = [turn("speaker_1", 0.0, 1.5), turn("speaker_2", 1.6, 1.95), turn("speaker_1", 2.0, 4.0)]
    assert [part.speaker for part in attributed("u1", TEXT, WORDS, 0.0, 4.0, turns)] == ["speaker_1"]


def test_who_spoke_at_the_same_time_is_named() -> None:
    turns = [turn("speaker_1", 0.0, 4.0, overlapped=True), turn("speaker_2", 1.0, 2.0, overlapped=True)]
    parts = attributed("u1", TEXT, WORDS, 0.0, 4.0, turns)
    assert [(part.speaker, part.others) for part in parts] == [("speaker_1", ("speaker_2",))]
    assert (parts[0].confidence or 0) < 0.9


def test_an_utterance_without_words_or_turns_is_one_part() -> None:
    (part,) = attributed("u1", "Yes.", (), 0.0, 0.4, [])
    assert (part.speaker, part.confidence, part.text) == (UNKNOWN_SPEAKER, 0.0, "Yes.")


def test_a_change_is_told_once() -> None:
    ledger = Ledger()
    ledger.record(attributed("u1", TEXT, WORDS, 0.0, 4.0, [turn("speaker_1", 0.0, 4.0)]))
    seen = [turn("speaker_2", 0.0, 4.0)]
    (change,) = ledger.changes(seen, 0.0)
    assert isinstance(change, Reassignment)
    assert (change.utterance, change.part, change.before, change.speaker) == ("u1", 0, "speaker_1", "speaker_2")
    assert ledger.changes(seen, 0.0) == []


def test_what_was_one_speakers_is_divided_when_the_end_turns_out_to_be_anothers() -> None:
    ledger = Ledger()
    ledger.record(attributed("u1", TEXT, WORDS, 0.0, 4.0, [turn("speaker_1", 0.0, 4.0)]))
    seen = [turn("speaker_1", 0.0, 1.9), turn("speaker_2", 2.1, 4.0)]
    (division,) = ledger.changes(seen, 0.0)
    assert isinstance(division, Division)
    assert (division.utterance, division.part, division.rest, division.speaker) == ("u1", 0, 1, "speaker_2")
    assert TEXT[division.at :] == "About three weeks in all."
    assert division.at_s == 2.1
    assert ledger.changes(seen, 0.0) == []
    # Each part can be somebody else's later, or be divided again.
    seen = [turn("speaker_1", 0.0, 1.9), turn("speaker_3", 2.1, 3.0), turn("speaker_2", 3.1, 4.0)]
    moved, again = sorted(ledger.changes(seen, 0.0), key=lambda one: isinstance(one, Division))
    assert isinstance(moved, Reassignment)
    assert (moved.part, moved.before, moved.speaker) == (1, "speaker_2", "speaker_3")
    assert isinstance(again, Division)
    assert (again.part, again.rest, again.speaker) == (1, 2, "speaker_2")


def test_three_voices_in_what_was_one_are_all_told() -> None:
    ledger = Ledger()
    ledger.record(attributed("u1", TEXT, WORDS, 0.0, 4.0, [turn("speaker_1", 0.0, 4.0)]))
    seen = [turn("speaker_1", 0.0, 1.1), turn("speaker_2", 1.2, 2.3), turn("speaker_3", 2.4, 4.0)]
    found = [one for one in ledger.changes(seen, 0.0) if isinstance(one, Division)]
    assert [(one.part, one.rest, one.speaker) for one in found] == [(0, 1, "speaker_2"), (1, 2, "speaker_3")]


def test_what_is_unsure_or_a_persons_word_or_read_back_is_not_divided() -> None:
    unsure = [
        SpeakerTurn(speaker=name, start_s=start_s, end_s=end_s, confidence=0.4)
        for name, start_s, end_s in [("speaker_1", 0.0, 1.9), ("speaker_2", 2.1, 4.0)]
    ]
    sure = [turn("speaker_1", 0.0, 1.9), turn("speaker_2", 2.1, 4.0)]
    whole = attributed("u1", TEXT, WORDS, 0.0, 4.0, [turn("speaker_1", 0.0, 4.0)])
    ledger = Ledger()
    ledger.record(whole)
    assert ledger.changes(unsure, 0.0) == []
    read_back = Ledger()
    read_back.entries = [*ledger.entries]
    assert read_back.changes(sure, 0.0) == []
    ledger.entries[0].pinned = True
    assert ledger.changes(sure, 0.0) == []


def test_it_does_not_grow_without_end() -> None:
    ledger = Ledger(limit=3)
    for number in range(10):
        ledger.record(attributed(f"u{number}", "Yes.", (), number, number + 1, []))
    assert [entry.utterance for entry in ledger.entries] == ["u7", "u8", "u9"]

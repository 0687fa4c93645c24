"""What a recogniser heard, as what a session stores."""

from __future__ import annotations

from typing import Any

import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session.state import Recording
from vivavoce.domain.speech import Word
from vivavoce.speech.events import Final
from vivavoce.voice.hearing import language_for, missed_for, missed_in, part_of, parts_of, word_times


def final(text: str, start_s: float, end_s: float, confidence: float | None = 0.9, **more: Any) -> Final:
    pieces = text.split()
    step = (end_s - start_s) / max(1, len(pieces))
    words = tuple(Word(word, start_s + i * step, start_s + (i + 1) * step) for i, word in enumerate(pieces))
    given = {"utterance": 1, "language": "en", "words": words, "engine": "e", **more}
    return Final(text=text, start_s=start_s, end_s=end_s, confidence=confidence, **given)


def test_spec_6_1_words_are_found_in_their_places_one_after_the_other() -> None:
    times = word_times("the dog and the cat", [final("the dog", 0.0, 1.0), final("and the cat", 2.0, 3.5)])
    assert [at for at, _, _ in times] == [0, 4, 8, 12, 16]
    assert times[3] == (12, 2.5, 3.0)


def test_words_that_are_not_in_the_text_are_left_out() -> None:
    heard = final("one", 0.0, 1.0, words=(Word("ein", 0.0, 0.5), Word("one", 0.5, 1.0)))
    assert word_times("one", [heard]) == ((0, 0.5, 1.0),)


def test_a_recording_heard_whole_is_one_input() -> None:
    finals = [
        final("first", 0.2, 1.0, 0.8),
        final("then more", 5.0, 6.0, 0.5),
        final("", 7.0, 7.5, notice="other_language"),
    ]
    (part,), missed = parts_of("r", finals, 1000, 0.25)
    assert (part.text, part.spoken.start_s, part.spoken.end_s) == ("first then more", 0.2, 6.0)
    assert part.spoken.confidence == round((0.8 * 5 + 0.5 * 9) / 14, 3)
    assert (part.spoken.processing_s, part.spoken.recording_id, missed) == (0.25, "r", ())


def test_spec_0_7_a_long_recording_becomes_several_inputs_none_longer_than_a_text_may_be() -> None:
    finals = [final(f"sentence number {n}", n, n + 0.9) for n in range(20)]
    parts, _ = parts_of("r", finals, 60, 0.0)
    assert all(len(part.text) <= 60 for part in parts)
    assert " ".join(part.text for part in parts) == " ".join(each.text for each in finals)
    assert [part.spoken.start_s for part in parts] == sorted(part.spoken.start_s for part in parts)


def test_a_recording_in_another_language_says_so_once() -> None:
    foreign = [final("", n, n + 1, notice="other_language", language="ko") for n in range(3)]
    parts, missed = parts_of("r", foreign, 1000, 0.0)
    assert parts == ()
    assert [(gap.reason, gap.language) for gap in missed] == [("other_language", "ko")]


def test_an_engine_without_a_confidence_has_none() -> None:
    assert part_of("r", [final("hello", 0, 1, None)], "hello", 0.0).spoken.confidence is None


def test_an_utterance_without_words_is_no_speech_unless_it_says_otherwise() -> None:
    assert missed_in(final("", 1.0, 2.0)).reason == "no_speech"
    assert missed_in(final("", 1.0, 2.0, notice="not_recognised")).reason == "not_recognised"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("unsupported_media", "unsupported_media"),
        ("invalid_payload", "invalid_payload"),
        ("too_large", "too_large"),
        ("internal", "not_recognised"),
    ],
)
def test_what_could_not_be_decoded_says_why(code: Any, reason: str) -> None:
    missed = missed_for(VivavoceError(code, "x" * 1000))
    assert (missed.reason, len(missed.details)) == (reason, 300)


@pytest.mark.parametrize(("said", "expected"), [("", "en"), ("ko", "ko"), ("auto", None)])
def test_the_language_expected_is_what_the_sender_said_or_the_interviews(said: str, expected: str | None) -> None:
    recording = Recording("r", "u", None, "wav", 0, False, False, said, "", False, 1, 0, 0.0)
    assert language_for(recording, "en") == expected

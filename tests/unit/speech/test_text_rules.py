"""Error rates, sentence ends, joining and the filter of invented texts."""

from __future__ import annotations

import pytest

from vivavoce.domain.speech import Recognition, Word
from vivavoce.speech.completeness import completeness
from vivavoce.speech.filtering import Sound, is_invented
from vivavoce.speech.joining import Piece, join_pieces, join_text
from vivavoce.speech.measures import ErrorCount, character_errors, english_words, word_errors

CLEAR = Sound(2.0, 0.95)


def heard(
    text: str, language: str = "en", confidence: float | None = 0.9, no_speech: float | None = None
) -> Recognition:
    words = (Word(text, 0.1, 0.4, confidence),) if text else ()
    return Recognition(text=text, language=language, confidence=confidence, no_speech=no_speech, words=words)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors", "length"),
    [
        ("Hello, World!", "hello world", 0, 2),
        ("one two three", "one three", 1, 3),
        ("one two", "one big two", 1, 2),
        ("nine oh two one oh", "90210", 0, 5),
        ("one zero zero", "1-0-0", 0, 3),
        ("twenty-one pilots", "21 pilots", 0, 3),
        ("Mister Quilter", "Mr. Quilter", 0, 2),
        ("oh I see", "Oh, I see.", 0, 3),
        ("", "", 0, 0),
    ],
)
def test_word_errors_fold_case_punctuation_and_numbers(
    reference: str, hypothesis: str, errors: int, length: int
) -> None:
    assert word_errors(reference, hypothesis) == ErrorCount(errors, length)


def test_character_errors_leave_out_spaces_and_punctuation() -> None:
    assert character_errors("그는 걸어갔다.", "그는걸어갔다") == ErrorCount(0, 6)
    assert character_errors("广州市房地产", "广州市佛地产。").errors == 1


def test_a_text_for_nothing_counts_as_wholly_wrong() -> None:
    assert word_errors("", "hello").rate == 1.0


def test_apostrophes_stay_inside_words() -> None:
    assert english_words("I don’t 'know'") == ["i", "don't", "know"]


@pytest.mark.parametrize(
    ("text", "language", "hint"),
    [
        ("Yes.", "en", "complete"),
        ("I reduced the latency by half.", "en", "complete"),
        ("I worked on it because", "en", "open"),
        ("Well, um.", "en", "open"),
        ("So first,", "en", "open"),
        ("the payment system", "en", "unknown"),
        ("", "en", "unknown"),
        ("네", "ko", "complete"),
        ("저는 결제 시스템을 만들었습니다", "ko", "complete"),
        ("저는 결제 시스템을 만들었는데", "ko", "open"),
        ("그리고", "ko", "open"),
        ("是的", "zh", "complete"),
        ("我负责支付系统。", "zh", "complete"),
        ("我负责支付系统,因为", "zh", "open"),
    ],
)
def test_completeness_of_what_was_said_so_far(text: str, language: str, hint: str) -> None:
    assert completeness(text, language) == hint


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching!",
        "Thanks for watching.",
        "시청해주셔서 감사합니다.",
        "请不吝点赞 订阅",
        "字幕",
        "...",
        "♪♪",
        "",
    ],
)
def test_subtitle_credits_and_empty_texts_are_not_believed_on_faint_sound(text: str) -> None:
    assert is_invented(heard(text, confidence=0.7), Sound(0.4, 0.5))


def test_a_credit_that_is_part_of_an_answer_is_believed() -> None:
    text = "My videos always end with thank you for watching and then the team's logo appears on the screen."
    assert not is_invented(heard(text), Sound(6.0, 0.9))


@pytest.mark.parametrize("text", ["Yes.", "No.", "네.", "好的。", "Thank you."])
def test_a_clear_short_answer_is_believed(text: str) -> None:
    assert not is_invented(heard(text, confidence=0.8), Sound(0.5, 0.9))


def test_more_words_than_a_mouth_can_say_are_not_believed() -> None:
    assert is_invented(heard(" ".join(["word"] * 60)), Sound(1.0, 0.9))


def test_an_engine_that_hears_nobody_and_is_unsure_is_believed_about_that() -> None:
    assert is_invented(heard("I'm sorry.", confidence=0.3, no_speech=0.9), CLEAR)


def test_joining_puts_spaces_between_words_but_not_in_chinese() -> None:
    assert join_text("hello", "world") == "hello world"
    assert join_text("你好。", "世界") == "你好。世界"
    assert join_text("React", "组件") == "React 组件"
    assert join_text("", "a") == "a"


def test_joined_words_are_in_stream_time_and_confidence_is_weighted() -> None:
    joined = join_pieces(
        [
            Piece(10.0, 12.0, heard("aaaa", confidence=1.0), CLEAR),
            Piece(12.0, 14.0, heard("bbbb", confidence=0.5), CLEAR),
        ],
        "en",
    )
    assert joined.text == "aaaa bbbb"
    assert joined.confidence == 0.75
    assert [(word.start_s, word.end_s) for word in joined.words] == [(10.1, 10.4), (12.1, 12.4)]


def test_speech_in_another_language_is_said_to_be_in_it_even_without_a_text() -> None:
    joined = join_pieces([Piece(0.0, 3.0, heard("", "fr"), CLEAR)], "en")
    assert (joined.text, joined.language) == ("", "fr")


def test_a_failed_piece_is_said_and_the_rest_is_kept() -> None:
    joined = join_pieces([Piece(0.0, 1.0, None, CLEAR), Piece(1.0, 2.0, heard("fine"), CLEAR)], "en")
    assert joined.failed
    assert joined.text == "fine"

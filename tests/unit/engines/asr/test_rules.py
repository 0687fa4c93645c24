"""The small rules that recognisers share, and the choice between them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import LanguageGuess, Recognition, RecognitionRequest, Samples, Word
from vivavoce.engines.asr.contract import (
    checked,
    confidence_of,
    in_script,
    looks_doubled,
    looks_repeated,
    padded,
    spread_words,
)
from vivavoce.engines.asr.moonshine import read_tokens
from vivavoce.engines.asr.routing import RoutedRecogniser
from vivavoce.engines.asr.sherpa import sherpa_files, token_words


@pytest.mark.parametrize(
    "text",
    [
        "The first is the first is the first is the first is the first is the first",
        "It is a very important thing to do. It is a very important thing to do. It is a very important thing to do.",
        "2021, 2022, " * 6,
        "做做做做做做做做做做",
        "하하하하하하하하하하하",
        "广州市伐地产中介协会分析" * 5,
    ],
)
def test_a_text_that_goes_round_in_circles_is_seen(text: str) -> None:
    assert looks_repeated(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes, yes.",
        "No no no no.",
        "Ask not what your country can do for you, ask what you can do for your country.",
        "one zero zero zero one nine oh two one oh zero one eight zero three",
        "네 네 네, 맞습니다.",
        "我觉得这个项目的难点在于数据的迁移和系统的稳定性。",
    ],
)
def test_a_text_with_some_repetition_is_left_alone(text: str) -> None:
    assert not looks_repeated(text)


def test_a_text_that_comes_twice_is_seen() -> None:
    assert looks_doubled("广州市房地产中介协会分析。广州市房地产中介协会分析")
    assert looks_doubled("I would use a queue. I would use a queue.")
    assert not looks_doubled("No, no.")
    assert not looks_doubled("I would use a queue.")


def test_audio_over_thirty_seconds_is_too_large() -> None:
    with pytest.raises(VivavoceError) as refusal:
        checked(np.zeros(16_000 * 31, np.float32))
    assert refusal.value.code == "too_large"


def test_audio_of_two_channels_is_invalid() -> None:
    with pytest.raises(VivavoceError):
        checked(np.zeros((2, 100), np.float32))


def test_samples_that_are_no_numbers_become_silence() -> None:
    assert checked(np.array([np.nan, 0.5], np.float32)).tolist() == [0.0, 0.5]


def test_short_audio_is_padded_on_both_sides_and_long_audio_is_not() -> None:
    short = padded(np.ones(4000, np.float32))
    assert len(short) == 16_000
    assert short[0] == short[-1] == 0.0
    assert len(padded(np.ones(20_000, np.float32))) == 20_000


def test_confidence_is_between_nothing_and_one() -> None:
    assert confidence_of(0.0) == 1.0
    assert 0.0 < confidence_of(-1.0) < 0.5
    assert confidence_of(1.0) == 1.0


def test_spread_words_fill_the_span_in_order() -> None:
    words = spread_words("a longer word", 1.0, 2.0, 0.5)
    assert [word.text for word in words] == ["a", "longer", "word"]
    assert words[0].start_s == 1.0
    assert words[-1].end_s == 2.0
    assert all(one.end_s == other.start_s for one, other in itertools.pairwise(words))
    assert words[1].end_s - words[1].start_s > words[0].end_s - words[0].start_s


def test_chinese_is_written_in_the_script_asked_for() -> None:
    pytest.importorskip("opencc", reason="the extra `speech` is not installed: no OpenCC")
    assert in_script("廣州市房地產", "simplified") == "广州市房地产"
    assert in_script("广州市房地产", "traditional") == "廣州市房地產"


def test_a_token_file_is_read_with_long_and_short_entries() -> None:
    long = b"x" * 200
    data = bytes([1]) + b"a" + bytes([200 % 128 + 128, 200 // 128]) + long + bytes([0]) + bytes([2]) + b"bc"
    assert read_tokens(data) == [b"a", long, b"", b"bc"]


def test_subword_tokens_become_words() -> None:
    words = token_words([" he", "llo", " world"], [0.0, 0.2, 0.5], 16_000)
    assert [(word.text, word.start_s, word.end_s) for word in words] == [("hello", 0.0, 0.5), ("world", 0.5, 1.0)]
    assert [word.text for word in token_words(["你", "好"], [0.0, 0.3], 16_000)] == ["你", "好"]
    assert token_words(["a"], [], 16_000) == ()


def test_a_sherpa_directory_without_its_files_is_said_to_be_incomplete(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(VivavoceError) as refusal:
        sherpa_files(tmp_path, "sense_voice")
    assert refusal.value.reason == "speech_model_missing"
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "model.int8.onnx").write_bytes(b"")
    with pytest.raises(VivavoceError):
        sherpa_files(tmp_path, "sense_voice")
    (tmp_path / "tokens.txt").write_text("a 1")
    assert sherpa_files(tmp_path, "sense_voice")["model"].endswith("model.int8.onnx")


class Fixed:
    """A recogniser that always answers the same, and counts."""

    def __init__(self, name: str, answer: Recognition, languages: frozenset[str]) -> None:
        self._name, self._answer, self._languages = name, answer, languages
        self.asked = 0

    @property
    def name(self) -> str:
        return self._name

    def languages(self) -> frozenset[str]:
        return self._languages

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        self.asked += 1
        return self._answer

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        return LanguageGuess("ko", 0.9)

    def close(self) -> None:
        self.asked = -1


def english(text: str, confidence: float) -> Fixed:
    answer = Recognition(text=text, language="en", confidence=confidence, words=(Word(text, 0, 1),), engine="quick")
    return Fixed("quick", answer, frozenset({"en"}))


def general(text: str, language: str = "en", confidence: float = 0.9) -> Fixed:
    answer = Recognition(text=text, language=language, confidence=confidence, engine="general")
    return Fixed("general", answer, frozenset({"en", "ko", "zh"}))


AUDIO = np.zeros(16_000, np.float32)


def ask(quick: Fixed | None, other: Fixed | None, language: str | None = "en", quality: str = "final") -> Recognition:
    request = RecognitionRequest(language=language, quality=quality)  # type: ignore[arg-type]
    return RoutedRecogniser(quick, other).recognise(AUDIO, request)


def test_sure_english_is_answered_by_the_quick_engine_alone() -> None:
    other = general("slow")
    assert ask(english("quick", 0.95), other).text == "quick"
    assert other.asked == 0


def test_unsure_english_gets_a_second_opinion() -> None:
    assert ask(english("quick", 0.7), general("better")).text == "better"


def test_a_busy_machine_gives_a_second_opinion_only_where_the_first_is_meaningless() -> None:
    assert ask(english("quick", 0.7), general("better"), quality="quick").text == "quick"
    assert ask(english("noise", 0.3), general("better"), quality="quick").text == "better"


def test_korean_in_an_english_interview_is_said_to_be_korean() -> None:
    answer = ask(english("Conan iridorepiamenso", 0.34), general("그는 이리저리", "ko"))
    assert (answer.text, answer.language) == ("그는 이리저리", "ko")


def test_without_a_general_engine_foreign_speech_is_unknown_and_not_english() -> None:
    answer = ask(english("Conan iridorepiamenso", 0.34), None)
    assert (answer.text, answer.language) == ("", "und")


def test_a_partial_of_foreign_speech_shows_nothing() -> None:
    other = general("그는", "ko")
    assert ask(english("Conan", 0.34), other, quality="live").text == ""
    assert other.asked == 0


def test_hard_english_is_shown_while_it_is_spoken_before_a_second_opinion_is_stored() -> None:
    other = general("better")
    assert ask(english("hard", 0.5), other, quality="live").text == "hard"
    assert other.asked == 0
    assert ask(english("hard", 0.5), other, quality="quick").text == "better"


def test_repeated_text_is_meaningless_however_sure_the_engine() -> None:
    assert ask(english("the first is " * 10, 0.9), general("right")).text == "right"


def test_other_languages_go_to_the_general_engine() -> None:
    quick = english("quick", 0.99)
    assert ask(quick, general("네", "ko"), language="ko").text == "네"
    assert ask(quick, general("네", "ko"), language=None).text == "네"
    assert quick.asked == 0


def test_a_language_that_nobody_knows_here_is_unavailable() -> None:
    with pytest.raises(VivavoceError) as refusal:
        ask(english("quick", 0.99), None, language="ko")
    assert refusal.value.reason == "speech_model_missing"


def test_no_engine_at_all_is_said_at_once() -> None:
    with pytest.raises(VivavoceError):
        RoutedRecogniser(None, None)

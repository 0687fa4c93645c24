"""Whisper on CTranslate2 (faster-whisper): many languages, word times by alignment.

The encoder is given only as much time as there is audio (two seconds more, eight at least), not the 30 s it was trained
with: on short utterances that is four times cheaper and changes no character of the benchmark's clips. With less, the
decoder sometimes says the same thing again and again; where it does all the same, the full 30 s are tried.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, LanguageGuess, Recognition, RecognitionRequest, Samples, Word
from vivavoce.engines.asr.contract import (
    checked,
    confidence_of,
    in_script,
    looks_doubled,
    looks_repeated,
    missing_package,
    padded,
)

_FRAMES_PER_S: Final = 100
_SHORTEST_FRAMES: Final = 800
_LONGEST_FRAMES: Final = 3000
_MARGIN_FRAMES: Final = 200
_TOKENS: Final = 448
_TOKENS_PER_S: Final = 14
_MARGIN_TOKENS: Final = 12
_FOREIGN_PROBABILITY: Final = 0.8
_EXPECTED_AT_MOST: Final = 0.1
_FOREIGN_SHORTEST_S: Final = 1.2
_SILENT: Final = 0.6
_UNSURE: Final = -1.0
TRANSCRIBED: Final = frozenset({"en", "ko", "zh"})


class _Heard(msgspec.Struct):
    tokens: list[int]
    score: float
    no_speech: float


class WhisperRecogniser:
    """Transcribes the system's languages and tells about a hundred apart.

    Speech in another language than the one asked for is transcribed in the language it is in (or, where that is none
    of the system's, answered with its name and an empty text), never translated or spelt out in the one asked for.
    """

    def __init__(self, directory: Path, *, name: str = "whisper", threads: int = 1, beam: int = 3) -> None:
        """Loads a CTranslate2 Whisper model directory with one worker and `threads` threads."""
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise missing_package("faster-whisper") from error
        if not (directory / "model.bin").is_file():
            raise VivavoceError("unavailable", f"no Whisper model in {directory.name}", reason="speech_model_missing")
        self._name = name
        self._beam = beam
        self._model: Any = WhisperModel(
            str(directory), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
        self._tokenizers: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self._name

    def languages(self) -> frozenset[str]:
        return TRANSCRIBED

    def close(self) -> None:
        self._model = None

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        audio = padded(checked(samples))
        guesses = self._guesses(self._encode(audio))
        language, probability = max(guesses.items(), key=lambda item: item[1])
        return LanguageGuess(language, round(probability, 3))

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        audio = padded(checked(samples))
        language = request.language or "en"
        if not np.any(np.abs(audio) > 1e-4):
            return Recognition(text="", language=language, no_speech=1.0, engine=self.name)
        encoded = self._encode(audio)
        guesses = self._guesses(encoded)
        heard = max(guesses, key=lambda code: guesses[code])
        if request.language is None or self._is_foreign(len(samples), request.language, heard, guesses):
            language = heard
        probability = round(guesses.get(language, 0.0), 3)
        if language not in TRANSCRIBED:
            return Recognition(text="", language=language, language_probability=probability, engine=self.name)
        seconds = len(audio) / SAMPLE_RATE
        result = self._generate(encoded, language, request, seconds)
        if self._goes_round(result, language):
            encoded = self._encode(audio, _LONGEST_FRAMES)
            result = self._generate(encoded, language, request, seconds)
        text = " ".join(self._tokenizer(language).decode(result.tokens).split())
        silent = result.no_speech > _SILENT and result.score < _UNSURE
        if silent or looks_repeated(text):
            text = ""
        confidence = confidence_of(result.score)
        words: tuple[Word, ...] = ()
        if text:
            aligned = self._aligned(encoded, language, result.tokens, len(audio))
            words = _words(aligned, len(samples), len(audio), request if language == "zh" else None)
        return Recognition(
            text=in_script(text, request.script) if language == "zh" else text,
            language=language,
            language_probability=probability,
            confidence=confidence,
            no_speech=round(result.no_speech, 3),
            words=words,
            word_times="measured",
            engine=self.name,
        )

    @staticmethod
    def _is_foreign(samples: int, asked: str, heard: str, guesses: dict[str, float]) -> bool:
        return (
            heard != asked
            and guesses[heard] >= _FOREIGN_PROBABILITY
            and guesses.get(asked, 0.0) <= _EXPECTED_AT_MOST
            and samples >= _FOREIGN_SHORTEST_S * SAMPLE_RATE
        )

    def _encode(self, audio: Samples, shortest: int = _SHORTEST_FRAMES) -> Any:
        spoken = len(audio) * _FRAMES_PER_S // SAMPLE_RATE
        frames = min(_LONGEST_FRAMES, max(shortest, spoken + _MARGIN_FRAMES))
        frames += frames % 2
        features = self._model.feature_extractor(audio)[:, : min(spoken, frames)]
        return self._model.encode(np.pad(features, ((0, 0), (0, frames - features.shape[1]))))

    def _guesses(self, encoded: Any) -> dict[str, float]:
        results = self._model.model.detect_language(encoded)[0]
        return {token.strip("<|>"): probability for token, probability in results}

    def _generate(self, encoded: Any, language: str, request: RecognitionRequest, seconds: float) -> _Heard:
        # A beam costs a fifth more time for one error less in a hundred characters: not while somebody waits.
        beam = self._beam if request.quality == "best" else 1
        # Nobody says more in the time: a decoder that goes round in circles is stopped early.
        tokens = min(_TOKENS // 2, int(seconds * _TOKENS_PER_S) + _MARGIN_TOKENS)
        return self._search(encoded, language, request.prompt, beam=beam, tokens=tokens)

    def _goes_round(self, heard: _Heard, language: str) -> bool:
        text = self._tokenizer(language).decode(heard.tokens)
        return looks_repeated(text) or looks_doubled(text)

    def _search(self, encoded: Any, language: str, prompt: str, *, beam: int, tokens: int) -> _Heard:
        tokenizer = self._tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        if prompt:
            hints = tokenizer.encode(" " + prompt.strip())[-_TOKENS // 2 + 1 :]
            start = [tokenizer.sot_prev, *hints, *start]
        (result,) = self._model.model.generate(
            encoded,
            [start],
            beam_size=beam,
            # The library halves this to get the number of tokens it may write.
            max_length=2 * tokens,
            return_scores=True,
            return_no_speech_prob=True,
        )
        return _Heard(list(result.sequences_ids[0]), float(result.scores[0]), float(result.no_speech_prob))

    def _aligned(self, encoded: Any, language: str, tokens: list[int], length: int) -> list[dict[str, Any]]:
        tokenizer = self._tokenizer(language)
        text_tokens = [token for token in tokens if token < tokenizer.eot]
        frames = length * _FRAMES_PER_S // SAMPLE_RATE
        return list(self._model.find_alignment(tokenizer, [text_tokens], encoded, frames)[0])

    def _tokenizer(self, language: str) -> Any:
        if language not in self._tokenizers:
            from faster_whisper.tokenizer import Tokenizer

            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer, multilingual=True, task="transcribe", language=language
            )
        return self._tokenizers[language]


def _words(
    aligned: list[dict[str, Any]], samples: int, length: int, chinese: RecognitionRequest | None
) -> tuple[Word, ...]:
    """Words with times in the audio as it was before padding; Chinese ones in the script asked for."""
    lead_s = max(0, (length - samples) // 3) / SAMPLE_RATE
    last_s = samples / SAMPLE_RATE
    words: list[Word] = []
    for item in aligned:
        spelt = str(item["word"]).strip()
        if not spelt:
            continue
        start_s = min(last_s, max(0.0, float(item["start"]) - lead_s))
        end_s = min(last_s, max(start_s, float(item["end"]) - lead_s))
        shown = in_script(spelt, chinese.script) if chinese else spelt
        if words and not any(map(str.isalnum, shown)):
            words[-1] = msgspec.structs.replace(words[-1], text=words[-1].text + shown)
            continue
        words.append(Word(shown, round(start_s, 3), round(end_s, 3), round(float(item["probability"]), 3)))
    return tuple(words)

"""Any server with OpenAI's `/audio/transcriptions`: cloud, vLLM, speaches, LocalAI, whisper.cpp's server."""

from __future__ import annotations

import io
import random
import time
import wave
from collections.abc import Callable
from typing import Any, Final

import httpx
import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, LanguageGuess, Recognition, RecognitionRequest, Samples, Word
from vivavoce.engines.asr.contract import checked, confidence_of, in_script, looks_repeated, padded, spread_words

_TRIES: Final = 3
_NAMES: Final = {"english": "en", "korean": "ko", "chinese": "zh", "mandarin": "zh", "japanese": "ja"}


class OpenAiCompatibleRecogniser:
    """Sends each piece of audio as a WAV file. Three tries with jitter; then `unavailable`."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        timeout_s: float = 30.0,
        languages: frozenset[str] = frozenset({"en", "ko", "zh"}),
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/", headers=headers, timeout=timeout_s, transport=transport
        )
        self._model = model
        self._languages = languages
        self._sleep = sleep
        self._verbose = True

    @property
    def name(self) -> str:
        return f"openai-compatible:{self._model}"

    def languages(self) -> frozenset[str]:
        return self._languages

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        return None

    def close(self) -> None:
        self._client.close()

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        audio = checked(samples)
        if not np.any(np.abs(audio) > 1e-4):
            return Recognition(text="", language=request.language or "und", no_speech=1.0, engine=self.name)
        answer = self._ask(wav_bytes(padded(audio)), request)
        return self._read(answer, len(audio) / SAMPLE_RATE, request)

    def _ask(self, wav: bytes, request: RecognitionRequest) -> dict[str, Any]:
        trouble = ""
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(random.uniform(0.2, 0.6) * 2**attempt)  # noqa: S311
            try:
                response = self._post(wav, request)
            except httpx.HTTPError as error:
                trouble = type(error).__name__
                continue
            if response.status_code in {400, 422} and self._verbose:
                # Not every server knows the detailed answer: the plain one is asked for from now on.
                self._verbose = False
                response = self._post(wav, request)
            if response.status_code < 400:
                return self._decoded(response)
            trouble = f"status {response.status_code}"
            if response.status_code not in {408, 409, 429} and response.status_code < 500:
                break
        raise VivavoceError("unavailable", f"the transcription server failed: {trouble}", reason="recogniser_failed")

    def _post(self, wav: bytes, request: RecognitionRequest) -> httpx.Response:
        data: dict[str, Any] = {"model": self._model, "temperature": "0"}
        if request.language:
            data["language"] = request.language
        if request.prompt:
            data["prompt"] = request.prompt
        if self._verbose:
            data["response_format"] = "verbose_json"
            data["timestamp_granularities[]"] = ["word", "segment"]
        else:
            data["response_format"] = "json"
        return self._client.post("audio/transcriptions", data=data, files={"file": ("audio.wav", wav, "audio/wav")})

    @staticmethod
    def _decoded(response: httpx.Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
            raise VivavoceError(
                "unavailable", "the transcription server's answer has no text", reason="recogniser_failed"
            )
        return answer

    def _read(self, answer: dict[str, Any], duration_s: float, request: RecognitionRequest) -> Recognition:
        text = " ".join(str(answer["text"]).split())
        named = str(answer.get("language") or request.language or "und").lower()
        language = _NAMES.get(named, named[:2] if len(named) == 2 else named)
        segments = [item for item in answer.get("segments") or () if isinstance(item, dict)]
        confidence = _mean([item.get("avg_logprob") for item in segments])
        no_speech = _mean([item.get("no_speech_prob") for item in segments])
        if looks_repeated(text) or (no_speech is not None and no_speech > 0.8 and (confidence or 0.0) < -1.0):
            text = ""
        if language == "zh":
            text = in_script(text, request.script)
        sure = None if confidence is None else confidence_of(confidence)
        measured = [word for word in map(_word, answer.get("words") or ()) if word is not None] if text else []
        if measured and language == "zh":
            measured = [Word(in_script(w.text, request.script), w.start_s, w.end_s, w.confidence) for w in measured]
        return Recognition(
            text=text,
            language=language,
            confidence=sure,
            no_speech=no_speech,
            words=tuple(measured) or spread_words(text, 0.0, duration_s, sure),
            word_times="measured" if measured else "estimated",
            engine=self.name,
        )


def wav_bytes(samples: Samples) -> bytes:
    """A 16-bit mono WAV file of 16 kHz samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def _mean(values: list[Any]) -> float | None:
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return sum(numbers) / len(numbers) if numbers else None


def _word(item: Any) -> Word | None:
    if not isinstance(item, dict):
        return None
    try:
        return Word(str(item["word"]).strip(), float(item["start"]), float(item["end"]))
    except (KeyError, TypeError, ValueError):
        return None

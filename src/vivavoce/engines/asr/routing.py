"""Chooses among installed recognisers: quick English first, and a second opinion where it is unsure."""

from __future__ import annotations

from typing import Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import LanguageGuess, Recogniser, Recognition, RecognitionRequest, Samples
from vivavoce.engines.asr.contract import looks_repeated

#: Below these confidences a quick answer is checked by the general recogniser. Foreign speech scores under 0.55 with
#: the English engine, hard English 0.55–0.85.
_SURE: Final = {"live": 0.0, "quick": 0.62, "final": 0.82, "best": 0.82}
_MEANINGLESS: Final = 0.55
#: What is only shown while somebody speaks may be less sure: hard English is read sooner, foreign speech stays below.
_MEANINGLESS_LIVE: Final = 0.45


class RoutedRecogniser:
    """`quick` answers English, `general` everything else and what `quick` was not sure of.

    Without a `general` recogniser, audio that `quick` does not understand gets an empty text in the language `und`.
    """

    def __init__(self, quick: Recogniser | None, general: Recogniser | None) -> None:
        """Raises `unavailable` when there is neither."""
        if quick is None and general is None:
            raise VivavoceError(
                "unavailable", "no recogniser is installed: run `vivavoce models pull`", reason="speech_model_missing"
            )
        self._quick = quick
        self._general = general

    @property
    def name(self) -> str:
        return "+".join(engine.name for engine in (self._quick, self._general) if engine is not None)

    def languages(self) -> frozenset[str]:
        return frozenset().union(*(engine.languages() for engine in (self._quick, self._general) if engine is not None))

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        return None if self._general is None else self._general.detect_language(samples)

    def close(self) -> None:
        for engine in (self._quick, self._general):
            if engine is not None:
                engine.close()

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        if self._quick is None or request.language not in self._quick.languages():
            return self._generally(samples, request)
        first = self._quick.recognise(samples, request)
        confidence = 1.0 if first.confidence is None else first.confidence
        least = _MEANINGLESS_LIVE if request.quality == "live" else _MEANINGLESS
        nonsense = confidence < least or looks_repeated(first.text)
        unknown = Recognition(
            text="", language="und" if nonsense else first.language, confidence=first.confidence, engine=first.engine
        )
        if request.quality == "live":
            return unknown if nonsense else first
        if confidence >= _SURE[request.quality] and not nonsense:
            return first
        if self._general is None:
            return unknown if nonsense else first
        second = self._general.recognise(samples, request)
        if second.text or second.language != request.language or nonsense:
            return second
        return first

    def _generally(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        engine = self._general or self._quick
        if engine is None or (self._general is None and request.language not in (None, *engine.languages())):
            raise VivavoceError(
                "unavailable",
                f"no recogniser for {request.language} is installed: run `vivavoce models pull`",
                reason="speech_model_missing",
                info={"language": request.language},
            )
        return engine.recognise(samples, request)

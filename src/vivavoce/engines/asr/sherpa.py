"""sherpa-onnx: SenseVoice (Chinese, English, Korean, Japanese, Cantonese), transducers and Paraformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, LanguageGuess, Recognition, RecognitionRequest, Samples, Word
from vivavoce.engines.asr.contract import checked, in_script, looks_repeated, missing_package, padded, spread_words

SherpaKind = Literal["sense_voice", "transducer", "paraformer"]
_SENSE_VOICE: Final = frozenset({"zh", "en", "ko", "ja", "yue"})


class SherpaRecogniser:
    """One model directory in sherpa-onnx's layout. It gives no confidence."""

    def __init__(
        self, directory: Path, *, kind: SherpaKind, languages: frozenset[str] | None = None, threads: int = 1
    ) -> None:
        """Loads the model. Raises `unavailable` when the package or a file is missing."""
        try:
            import sherpa_onnx
        except ImportError as error:
            raise missing_package("sherpa-onnx", "sherpa") from error
        self._kind = kind
        self._languages = languages or (_SENSE_VOICE if kind == "sense_voice" else frozenset({"zh", "en"}))
        self._name = f"sherpa-onnx:{directory.name}"
        files = sherpa_files(directory, kind)
        shared: dict[str, Any] = {"tokens": str(directory / "tokens.txt"), "num_threads": threads}
        factory = sherpa_onnx.OfflineRecognizer
        if kind == "sense_voice":
            self._recogniser: Any = factory.from_sense_voice(model=files["model"], use_itn=True, **shared)
        elif kind == "paraformer":
            self._recogniser = factory.from_paraformer(paraformer=files["model"], **shared)
        else:
            self._recogniser = factory.from_transducer(**files, **shared)

    @property
    def name(self) -> str:
        return self._name

    def languages(self) -> frozenset[str]:
        return self._languages

    def close(self) -> None:
        self._recogniser = None

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        if self._kind != "sense_voice":
            return None
        heard = self.recognise(samples, RecognitionRequest())
        return LanguageGuess(heard.language, 1.0) if heard.text else None

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        audio = checked(samples)
        language = request.language or "und"
        if not np.any(np.abs(audio) > 1e-4):
            return Recognition(text="", language=language, engine=self.name)
        stream = self._recogniser.create_stream()
        stream.accept_waveform(SAMPLE_RATE, padded(audio))
        self._recogniser.decode_stream(stream)
        result = stream.result
        text = " ".join(str(result.text).split())
        heard = str(getattr(result, "lang", "") or "").strip("<|>") or language
        if looks_repeated(text):
            text = ""
        if heard in {"zh", "yue"}:
            text = in_script(text, request.script)
        words = token_words(list(getattr(result, "tokens", [])), list(getattr(result, "timestamps", [])), len(audio))
        return Recognition(
            text=text,
            language=heard,
            words=words or spread_words(text, 0.0, len(audio) / SAMPLE_RATE, None),
            word_times="measured" if words else "estimated",
            engine=self.name,
        )


def sherpa_files(directory: Path, kind: SherpaKind) -> dict[str, str]:
    """The model files of a directory by role, preferring the int8 ones. Raises `unavailable` when one is missing."""
    roles = ("encoder", "decoder", "joiner") if kind == "transducer" else ("model",)
    files: dict[str, str] = {}
    for role in roles:
        found = sorted(directory.glob(f"{role}*.onnx"), key=lambda path: ("int8" not in path.name, path.name))
        if not found:
            raise VivavoceError("unavailable", f"no {role}*.onnx in {directory.name}", reason="speech_model_missing")
        files[role] = str(found[0])
    if not (directory / "tokens.txt").is_file():
        raise VivavoceError("unavailable", f"no tokens.txt in {directory.name}", reason="speech_model_missing")
    return files


def token_words(tokens: list[str], times: list[float], samples: int) -> tuple[Word, ...]:
    """Joins subword tokens to words: a token that starts with a space or a word mark begins one, so does a CJK one."""
    if not tokens or len(tokens) != len(times):
        return ()
    words: list[Word] = []
    ends = [*times[1:], samples / SAMPLE_RATE]
    for token, start_s, end_s in zip(tokens, times, ends, strict=True):
        text = token.replace("▁", " ")
        begins = not words or text.startswith(" ") or (len(text) == 1 and "\u3400" <= text <= "\u9fff")
        if begins and text.strip():
            words.append(Word(text.strip(), round(start_s, 3), round(end_s, 3)))
        elif text.strip():
            last = words[-1]
            words[-1] = Word(last.text + text.strip(), last.start_s, round(end_s, 3))
    return tuple(words)

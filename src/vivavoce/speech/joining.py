"""Makes one utterance of the recognitions of its segments."""

from __future__ import annotations

import msgspec

from vivavoce.domain.speech import Recognition, Word
from vivavoce.speech.filtering import Sound, is_invented


class Piece(msgspec.Struct, frozen=True):
    """A recognised segment: seconds of stream time, what was heard, and what the voice detector made of it.

    `recognition` is None when the recogniser failed on it.
    """

    start_s: float
    end_s: float
    recognition: Recognition | None
    sound: Sound


class Joined(msgspec.Struct, frozen=True):
    """The utterance's text, language, confidence (weighted by text) and words in stream time."""

    text: str
    language: str
    confidence: float | None
    words: tuple[Word, ...]
    measured: bool
    failed: bool
    engine: str


def join_pieces(pieces: list[Piece], expected: str | None) -> Joined:
    """Joins what is believable of the pieces, in their order. The language is the one spoken longest."""
    kept: list[tuple[Piece, Recognition]] = []
    spoken: dict[str, float] = {}
    failed = False
    for piece in pieces:
        recognition = piece.recognition
        if recognition is None:
            failed = True
            continue
        foreign = not recognition.text and recognition.language != (expected or recognition.language)
        if recognition.text and not is_invented(recognition, piece.sound):
            kept.append((piece, recognition))
        elif not foreign or piece.sound.probability < 0.6:
            continue
        spoken[recognition.language] = spoken.get(recognition.language, 0.0) + piece.sound.speech_s
    language = max(spoken, key=lambda code: spoken[code]) if spoken else expected or "und"
    text = ""
    for _, recognition in kept:
        text = join_text(text, recognition.text)
    weights = [(recognition.confidence, len(recognition.text)) for _, recognition in kept]
    known = [(confidence, weight) for confidence, weight in weights if confidence is not None]
    total = sum(weight for _, weight in known)
    return Joined(
        text=text,
        language=language,
        confidence=round(sum(value * weight for value, weight in known) / total, 3) if total else None,
        words=tuple(_moved(word, piece.start_s) for piece, recognition in kept for word in recognition.words),
        measured=bool(kept) and all(recognition.word_times == "measured" for _, recognition in kept),
        failed=failed,
        engine="+".join(dict.fromkeys(recognition.engine for _, recognition in kept)),
    )


def join_text(before: str, after: str) -> str:
    """Two stretches of text with a space between them, but for Chinese, which has none."""
    if not before or not after:
        return before or after
    tight = _is_chinese(before[-1]) and _is_chinese(after[0])
    return before + after if tight else f"{before} {after}"


def _moved(word: Word, by_s: float) -> Word:
    return Word(word.text, round(word.start_s + by_s, 3), round(word.end_s + by_s, 3), word.confidence)


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uffef"

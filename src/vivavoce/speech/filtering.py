"""Keeps out what recognisers say when nobody spoke."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from vivavoce.domain.speech import Recognition

_SHORT_S: Final = 0.35
_FAINT: Final = 0.6
_FASTEST_UNITS_PER_S: Final = 14.0

# What Whisper writes for silence, breath and music: the credits of the subtitles it was trained on.
_CREDITS: Final = re.compile(
    r"""
    thank(s|\ you)\ (so\ much\ |very\ much\ )?for\ (watching|listening|your\ attention)
    | (please\ )?(like\ and\ )?subscribe(\ to\ (my|the|our)\ channel)?
    | subtitles?\ (by|provided)|captions?\ by|transcri(bed|ption)\ by|amara\.org
    | see\ you\ (in\ the\ )?next\ (video|time)
    | 시청해\s*주셔서\s*감사합니다 | 구독과?\s*좋아요 | 다음\s*(영상|비디오)에서
    | 자막\s*(제공|by) | 한글자막 | [가-힣\s]*뉴스\s*[가-힣]{2,4}입니다
    | 字幕 | 订阅 | 訂閱 | 点赞 | 點贊 | 明镜 | 請不吝 | 请不吝 | 优优独播
    | (感谢|感謝)(您的)?(观看|收看|收听|觀看|收聽) | (谢谢|謝謝)(大家)?(观看|收看|收听|觀看|收聽)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_EMPTY_WORDS: Final = frozenset(
    {
        "you",
        "thank you",
        "thanks",
        "bye",
        "the",
        "so",
        "oh",
        "ah",
        "hmm",
        "mm",
        "i",
        "감사합니다",
        "고맙습니다",
        "谢谢",
        "謝謝",
        "谢谢大家",
        "嗯",
    }
)


class Sound(msgspec.Struct, frozen=True):
    """What the voice detector knows of a stretch: seconds of speech in it, and their mean probability."""

    speech_s: float
    probability: float


def is_invented(recognition: Recognition, sound: Sound) -> bool:
    """Whether a text should not be believed.

    A subtitle credit that fills the text, a stock phrase on faint or very short sound, more units than a mouth can
    say in the time, a text without a letter, or an engine that itself says nobody spoke and is unsure of the text.
    """
    text = recognition.text.strip()
    bare = "".join(character for character in text if character.isalnum() or character.isspace()).strip().casefold()
    if not bare:
        return True
    confidence = 1.0 if recognition.confidence is None else recognition.confidence
    faint = sound.probability < _FAINT or sound.speech_s < _SHORT_S
    if _fills(_CREDITS, text) and (confidence < 0.9 or faint):
        return True
    if bare in _EMPTY_WORDS and faint and confidence < 0.7:
        return True
    if recognition.no_speech is not None and recognition.no_speech > 0.6 and confidence < 0.45:
        return True
    if faint and confidence < 0.35:
        return True
    return _units(bare) > _FASTEST_UNITS_PER_S * max(sound.speech_s, 0.2) + 4


def _fills(pattern: re.Pattern[str], text: str) -> bool:
    """Whether what the pattern finds is about half of the text or more."""
    found = sum(match.end() - match.start() for match in pattern.finditer(text))
    return found > 0 and found >= 0.45 * len(text)


def _units(bare: str) -> int:
    """Syllable-like units: CJK characters and Hangul syllables one each, other words by their length."""
    dense = sum(1 for character in bare if character > "\u2e80")
    words = [word for word in bare.split() if word[:1] <= "\u2e80"]
    return dense + sum(1 + len(word) // 4 for word in words)

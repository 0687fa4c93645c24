"""What the candidate's input is: an answer, or one of the other things people say in an interview."""

from __future__ import annotations

import re
from typing import Final

from vivavoce.dialogue.lexicon import lexicon
from vivavoce.dialogue.quality import AnswerQuality
from vivavoce.dialogue.words import normal, script_language, word_count
from vivavoce.domain.interview import Heard, Language

#: Requests are short; the same words inside a long answer are part of a story.
_REQUEST_SHARE: Final = 0.3
#: Ending an interview by mistake cannot be undone, so a wish to stop has to be plainer still.
_STOP_SHARE: Final = 0.16
_POLITE_START: Final = re.compile(
    r"^(?:(?:well|so|oh|um|uh|ah|sorry|hm+|okay|ok|yes|yeah|please|actually|honestly|thanks|thank you|"
    r"죄송하지만|죄송합니다만|죄송합니다|"
    r"죄송한데|음|아|저기|네|어|그게|不好意思|抱歉|对不起|嗯|呃|那个|好的?|其实|说实话)[\s,.，。、!…]+)+",
    re.IGNORECASE,
)


def hear(text: str, language: Language, quality: AnswerQuality) -> Heard:
    """Say what an input is. The order matters: a request beats a reading of the answer's quality."""
    folded = normal(text)
    if not folded:
        return "nothing"
    request = _request(folded, language)
    if request is not None:
        return request
    if quality.hostility >= 0.4:
        return "hostile"
    other = script_language(folded)
    if other is not None and other != language:
        return "other_language"
    if quality.off_topic >= 0.4 and quality.off_topic > quality.evasiveness:
        return "off_topic"
    if quality.evasiveness >= 0.4:
        return "evasive"
    if quality.length < 0.13 and quality.overall < 0.45:
        return "thin"
    return "answer"


def is_question(text: str, language: Language) -> bool:
    """Say whether the candidate asks something (used where questions are invited)."""
    return lexicon(language).any("question", normal(text))


def has_nothing_to_ask(text: str, language: Language) -> bool:
    """Say whether the candidate declines to ask questions of their own."""
    folded = normal(text)
    lex = lexicon(language)
    return lex.any("nothing_to_ask", folded) or (not lex.any("question", folded) and lex.any("thanks", folded))


def is_greeting(text: str, language: Language) -> bool:
    """Say whether the input is a greeting or a readiness to begin, without substance."""
    folded = _bare(normal(text))
    lex = lexicon(language)
    short = word_count(folded, language) <= lex.full_answer_words * _REQUEST_SHARE
    return short and (lex.any("greeting", folded) or lex.any("ready", folded))


def _request(folded: str, language: Language) -> Heard | None:
    lex = lexicon(language)
    if word_count(folded, language) > lex.full_answer_words * _REQUEST_SHARE:
        return None
    spoken = _bare(folded)
    short = word_count(folded, language) <= lex.full_answer_words * _STOP_SHARE
    for kind, heard in _REQUESTS:
        if kind == "stop" and not short:
            continue
        if lex.any(kind, spoken) or lex.any(kind, folded.rstrip(" .!?。！？~…")):
            return heard
    if lex.any("question", folded) and not lex.any("hostile_directed", folded):
        return "question"
    return "greeting" if lex.any("greeting", spoken) else None


_REQUESTS: Final[tuple[tuple[str, Heard], ...]] = (
    ("stop", "stop"),
    ("thinking", "thinking"),
    ("repeat", "repeat"),
    ("unclear", "unclear"),
    ("unknown", "unknown"),
)


def _bare(folded: str) -> str:
    """Take politeness from the front and punctuation from the end, so that a pattern sees the request itself."""
    stripped = folded.strip(" .!?。！？~…\"'")
    return _POLITE_START.sub("", stripped) or stripped

"""Does a sentence look finished? A hint for the endpointer, from the words recognised so far."""

from __future__ import annotations

import re
from typing import Final

from vivavoce.speech.endpointing import Hint


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH_OPEN: Final = _words(
    """a an and or but so because since if when while where which who than then the my our your his her their its
    to of in on at by for with from into about as is are was were um uh er erm hmm well i we they he she basically"""
)
_KOREAN_OPEN: Final = re.compile(
    r"(그리고|그래서|그런데|하지만|그러나|왜냐하면|또|또는|근데|그|어|음|저|뭐|이제|약간|막|좀|은|는|을|를|의|에|에서|으로|로|와|과|랑|하고"
    r"|고|며|면서|지만|는데|은데|니까|어서|아서|려고|도록|면|때|것|수|같은|라는|다는|위해|통해|대한|대해)$"
)
_KOREAN_DONE: Final = re.compile(r"(다|요|까|죠|네|습니다|니다|예|아니오|아니요)$")
_CHINESE_OPEN: Final = re.compile(
    r"(和|与|或者|但是|可是|所以|因为|如果|然后|而且|就是|比如|的|在|是|把|被|对|从|向|给|跟|那个|这个|嗯|呃|啊|还有|并且|以及|虽然|当)$"
)
_SHORT_ANSWERS: Final = _words(
    """yes no yeah yep nope ok okay sure right correct exactly thanks hello hi
    네 예 아니요 아니오 맞습니다 좋습니다 是 是的 不是 对 好 好的 没有 可以 不 嗯"""
)


def completeness(text: str, language: str) -> Hint:
    """ "complete" for a finished sentence or a short answer, "open" where it must go on, "unknown" otherwise."""
    stripped = text.strip()
    bare = re.sub(r"[^\w\s']+", "", stripped).strip().casefold()
    if not bare:
        return "unknown"
    if bare in _SHORT_ANSWERS:
        return "complete"
    last = bare.split()[-1]
    if stripped.endswith((",", "，", "、", "-", "…", "...", ":", "：")):
        return "open"
    if _is_open(last, bare, language):
        return "open"
    if stripped.endswith((".", "?", "!", "。", "？", "！")):
        return "complete"
    if language == "ko" and _KOREAN_DONE.search(last):
        return "complete"
    return "unknown"


def _is_open(last: str, bare: str, language: str) -> bool:
    match language:
        case "ko":
            return _KOREAN_DONE.search(last) is None and _KOREAN_OPEN.search(last) is not None
        case "zh":
            return _CHINESE_OPEN.search(bare) is not None
        case _:
            return last in _ENGLISH_OPEN

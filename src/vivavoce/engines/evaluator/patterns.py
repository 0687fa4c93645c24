"""What no list of phrases can hold: deeds in the past tense, stretches of time, changes of figures."""

from __future__ import annotations

import re
from typing import Final

from vivavoce.domain.interview import Language

_MONTHS: Final = "january|february|march|april|may|june|july|august|september|october|november|december"
_COUNT: Final = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|a|an|half)"

#: A stretch or point of time makes a case concrete.
TIME: Final[dict[Language, re.Pattern[str]]] = {
    "en": re.compile(
        rf"\b(?:last|the previous|that|the next|one) (?:year|month|week|quarter|spring|summer|autumn|fall"
        rf"|winter|day|night"
        rf"|morning|evening|season|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\bin (?:{_MONTHS})\b"
        rf"|\b(?:for|after|within|during|over) (?:the )?(?:last |past )?{_COUNT} (?:years?|months?|weeks?"
        rf"|days?|shifts?|winters?|summers?)\b"
        rf"|\b{_COUNT} (?:years?|months?|weeks?|days?) (?:ago|later|before|after)\b|\bin my (?:first|second"
        rf"|third|last|final)\b"
        rf"|\bwhen (?:i|we|our|my|they|he|she)\b|\bwhile (?:i|we)\b|\bon day \w+\b|\bat (?:my|our|the) (?:last"
        rf"|old|previous|first)\b"
    ),
    "ko": re.compile(
        r"(?:\d+|[한두세네]|다섯|여섯|몇)\s?(?:년|개월|달|주|일|시간)\s?(?:반|동안|간|전|째|만에|차|뒤|후)"
        r"|\d+월|작년|재작년|지난"
        r"|[을ㄹ할울]\s때|었을 때|했을 때|학년"
    ),
    "zh": re.compile(
        r"[\d一二两三四五六七八九十半几]+(?:年|个月|周|星期|天)(?:前|后|里|间|来|半|多)?"
        r"|[\d一二三四五六七八九十]+月份?|去年|前年|上个?月|大[一二三四]|第[一二三四五]\S"
        r"|的时候|那(?:年|天|次|时|段)"
    ),
}

#: Figures before and after, and plain signs that something came of it.
CHANGE: Final[dict[Language, re.Pattern[str]]] = {
    "en": re.compile(
        r"\bfrom (?:about |around |over |nearly )?[\w.,]+(?: \w+){0,3} to (?:about |around |under |below )?[\w.,]+"
        r"|\b(?:stopped|stayed|finished|passed|voted|agreed|thanked|quit|ordered|opened|still exists?"
        r"|still runs?|now runs?"
        r"|has been running|works? now|nobody|no one|none) ?\b"
        r"|\bsince (?:then|that|january|february|march|april|may|june|july|august|september|october|november"
        r"|december)\b"
    ),
    "ko": re.compile(
        r"[\d.,]+\s?\S{0,4}에서\s?[\d.,]+|(?:으?로)\s(?:줄|늘|내려|올라|떨어|단축|감소|증가)|(?:배로|배가"
        r"|건으로|%로|퍼센트로)"
        r"|(?:마쳤|끝났|통과|유지되|이어지고|이어졌|받아들|처리했|한 건도|한 명도|되었습니다|됐습니다)"
    ),
    "zh": re.compile(
        r"从.{0,14}?(?:降|减|升|涨|增|变|缩短|提)|(?:降|减|升|涨|增|缩短|提高|控制)(?:到|至|了|为|成)|归零"
        r"|为零|通过了|还在|一直有|没有再|再没|不再"
    ),
}

_STATIVE: Final = (
    r"was|were|had|have|am|be|been|is|are|liked|wanted|needed|thought|felt|believed|hoped|knew|loved|enjoyed"
    r"|seemed|guess|mean"
    r"|would|could|should|might|did|do|does|can|will|may|must|never|not"
)
_PAST: Final = (
    r"\w{3,}ed|went|took|sent|made|told|gave|drew|ran|chose|kept|wrote|spent|sat|stood|spoke|held|put|set"
    r"|brought|left|rang|came"
    r"|saw|read|bought|taught|began|broke|built|cut|dealt|drove|fed|fought|found|got|grew|heard|hid|laid|led"
    r"|lent|met|paid|rewrote"
    r"|rode|sold|showed|shot|stuck|stopped|swept|threw|took|understood|won|withdrew|split|shut|caught|hung|lit"
    r"|rebuilt|sought|dug|flew"
)
_OWN_PAST: Final = re.compile(
    rf"\b(i|we)(?:'ve| have| had)?(?: (?:also|then|just|only|first|even|therefore|simply"
    rf"|\w+ly))?,? (?!(?:{_STATIVE})\b)({_PAST})\b"
)
_LINKED_PAST: Final = re.compile(
    rf"(?:,|\band|\bthen|\bbut)(?: (?:then|also|first|\w+ly))? (?!(?:{_STATIVE})\b)({_PAST})\b"
)

_KOREAN_PAST: Final = re.compile(
    r"([가-힣]{1,4}(?:했|었|았|였|렸|냈|꿨|췄|났|갔|왔|봤|졌|켰|쳤|겼|꼈|뒀|줬|썼|탔|샀|렀|뺐))"
    r"(?=습니다|고|는데|더니|어요|지만|으며|던|다|기 )"
)
_KOREAN_STATIVE: Final = re.compile(
    r"(?:이었|였|있었|없었|많았|좋았|같았|되었|됐|싶었|않았|괜찮았|컸|작았|힘들었|어려웠|쉬웠|달랐|나았|줄었"
    r"|늘었|떨어졌|올랐|사라졌|생겼|빨라졌|좋아졌|나빠졌|말았)$"
)
_CHINESE_DONE: Final = re.compile(r"([\u4e00-\u9fff]{1,2})[了过](?!解|程|去|渡|敏|期|于|分|后|头|度|多)")
_CHINESE_STATIVE: Final = frozenset("为除到多少大好太高低快慢坏变没有会成够极算")


def deeds(text: str, language: Language) -> tuple[set[str], set[str]]:
    """Verbs of things done in a normalised sentence: by the speaker, and by a "we" or nobody named."""
    if language == "en":
        return _english_deeds(text)
    if language == "ko":
        found = {match for match in _KOREAN_PAST.findall(text) if not _KOREAN_STATIVE.search(match)}
        return found, set()
    found = {match for match in _CHINESE_DONE.findall(text) if match[-1] not in _CHINESE_STATIVE}
    return (found, set()) if "我" in text else (set(), found)


def _english_deeds(text: str) -> tuple[set[str], set[str]]:
    own: set[str] = set()
    shared: set[str] = set()
    last = 0
    doer: set[str] | None = None
    for match in _OWN_PAST.finditer(text):
        if doer is not None:
            doer.update(_LINKED_PAST.findall(text, last, match.start()))
        doer = own if match.group(1) == "i" else shared
        doer.add(match.group(2))
        last = match.end()
    if doer is not None:
        doer.update(_LINKED_PAST.findall(text, last))
    return own, shared

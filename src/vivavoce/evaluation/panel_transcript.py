"""What was said in a panel, as evaluators and reports read it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from vivavoce.domain.interview import Language
from vivavoce.domain.recordings import spans_of
from vivavoce.domain.scorecard import Utterance
from vivavoce.domain.session.panel import PanelUtterance, Speaker
from vivavoce.domain.session.panel_rules import is_question
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.transcript import with_disputes

#: The speaker of words of which it is not sure enough whose they are: nobody's evidence.
UNSURE: Final = "unsure"
_QUESTION_LIMIT: Final = 600
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")


class SpeakerStats(msgspec.Struct, frozen=True, kw_only=True):
    """What a speaker did, in figures: seconds of speech and their share of all speech, utterances, words, questions
    asked, and how often they began before somebody else had finished (`interruptions`) or were cut short themselves."""

    utterances: int
    talk_time: float
    share: float
    words: int
    questions: int
    interruptions: int
    interrupted: int


def in_order(state: SessionState) -> list[PanelUtterance]:
    """The utterances by the time they began; of several microphones they come in another order."""
    return sorted(state.panel.utterances, key=lambda utterance: (utterance.start_s, utterance.seq))


def for_evaluation(state: SessionState) -> tuple[Utterance, ...]:
    """The transcript with speakers by id; each answer with the question before it. Words that are not surely a
    candidate's stand under nobody. No names: who somebody is must not matter. What its speaker flagged as misheard is
    corrected, and marked; `citable` takes out what was not corrected."""
    speakers = state.panel.speakers
    question: list[str] = []
    closed = False
    told: list[Utterance] = []
    for utterance in in_order(state):
        speaker = speakers.get(utterance.speaker_id)
        asks = speaker is not None and speaker.role == "interviewer"
        if asks:
            # Several stretches of interviewers are one question; an answer closes it.
            question = [utterance.text] if closed else [*question, utterance.text]
            closed = False
        else:
            closed = True
        said = Utterance(
            utterance_id=utterance.utterance_id,
            speaker=utterance.speaker_id if asks or utterance.sure else UNSURE,
            text=utterance.text,
            start=utterance.start_s,
            end=utterance.end_s,
            confidence=utterance.spoken.confidence if utterance.spoken is not None else None,
            in_answer_to="" if asks else " ".join(question)[-_QUESTION_LIMIT:],
            audio=spans_of([(utterance.text, utterance.spoken)]),
        )
        told.append(said if utterance.flag is None else with_disputes(said, [utterance]))
    return tuple(told)


def as_said(state: SessionState) -> tuple[Utterance, ...]:
    """The transcript with speakers by what people call them."""
    speakers = {one.utterance_id: one.speaker_id for one in state.panel.utterances}
    return tuple(
        msgspec.structs.replace(one, speaker=shown(state.panel.speakers.get(speaker_id), speaker_id))
        for one in for_evaluation(state)
        for speaker_id in [speakers[one.utterance_id]]
    )


def newest_of(state: SessionState, subject: str) -> int:
    """The seq at which something last changed in what may be scored of a candidate; 0 where there is nothing."""
    spoken = [one.seq for one in state.panel.utterances if one.speaker_id == subject and one.sure]
    return max([*spoken, state.panel.revised.get(subject, 0)], default=0)


def language_of(state: SessionState) -> Language:
    """The language of the interview: the one whose script prevails in what was said, else the configured one."""
    hangul = han = latin = 0
    for utterance in state.panel.utterances:
        hangul += len(_HANGUL.findall(utterance.text))
        han += len(_HAN.findall(utterance.text))
        latin += 2 * len(_LATIN.findall(utterance.text))
    if hangul == han == latin == 0:
        return state.config.language
    if hangul >= max(han, latin / 4):
        return "ko"
    return "zh" if han >= latin / 4 else "en"


def word_count(text: str) -> int:
    """Words; Chinese characters count one each, as no spaces part the words."""
    return len(_HAN.findall(text)) + len(re.findall(r"[^\W_\u4e00-\u9fff]+(?:['’][^\W_]+)?", text))


def statistics(state: SessionState) -> dict[str, SpeakerStats]:
    """Figures of each speaker by id, in the order they were found."""
    ordered = in_order(state)
    interruptions, interrupted = _interruptions(ordered)
    talk = {speaker.speaker_id: 0.0 for speaker in state.panel.present()}
    for utterance in ordered:
        talk[utterance.speaker_id] = talk.get(utterance.speaker_id, 0.0) + utterance.end_s - utterance.start_s
    total = sum(talk.values())
    return {
        speaker_id: SpeakerStats(
            utterances=len(own := [one for one in ordered if one.speaker_id == speaker_id]),
            talk_time=round(seconds, 2),
            share=round(seconds / total, 3) if total else 0.0,
            words=sum(word_count(one.text) for one in own),
            questions=sum(is_question(one.text) for one in own),
            interruptions=interruptions.get(speaker_id, 0),
            interrupted=interrupted.get(speaker_id, 0),
        )
        for speaker_id, seconds in talk.items()
    }


#: Somebody who begins this much before the other has finished interrupts; less is quick turn-taking.
_INTERRUPTS_S: Final = 0.3


def _interruptions(ordered: Sequence[PanelUtterance]) -> tuple[dict[str, int], dict[str, int]]:
    by: dict[str, int] = {}
    of: dict[str, int] = {}
    holder: PanelUtterance | None = None
    for utterance in ordered:
        if (
            holder is not None
            and holder.speaker_id != utterance.speaker_id
            and utterance.start_s < holder.end_s - _INTERRUPTS_S
        ):
            by[utterance.speaker_id] = by.get(utterance.speaker_id, 0) + 1
            of[holder.speaker_id] = of.get(holder.speaker_id, 0) + 1
        if holder is None or utterance.end_s >= holder.end_s:
            holder = utterance
    return by, of


def shown(speaker: Speaker | None, speaker_id: str) -> str:
    """What people call a speaker."""
    return speaker.shown if speaker is not None else speaker_id

"""The transcript of a dialogue: what was said, by whom, when, and in answer to what."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from vivavoce.domain.interview import Turn
from vivavoce.domain.recordings import Spoken, joint_confidence, spans_of
from vivavoce.domain.scorecard import Dispute, Utterance
from vivavoce.domain.session.confirmation import Flag
from vivavoce.domain.session.state import Input

CANDIDATE: Final = "candidate"
INTERVIEWER: Final = "interviewer"

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W_\u3400-\u4dbf\u4e00-\u9fff]+(?:['’][^\W_]+)?")


def transcript_of(
    turns: Sequence[Turn], utterance_id: Callable[[int], str], unanswered: Sequence[Input] = ()
) -> tuple[Utterance, ...]:
    """The utterances of a dialogue in order of time; `utterance_id` names the utterance of an event's `seq`.

    An answer belongs to the question of the turn before it. A typed message begins and ends when it was sent.
    `unanswered` is what was said at the end, with no reply to it any more.
    """
    utterances: list[Utterance] = []
    previous: Turn | None = None
    for turn in turns:
        if turn.input_text.strip():
            utterances.append(
                Utterance(
                    utterance_id=utterance_id(turn.input_seq),
                    speaker=CANDIDATE,
                    text=turn.input_text,
                    start=turn.input_at_s,
                    end=max(turn.input_at_s, turn.input_end_s),
                    confidence=turn.input_confidence,
                    audio=turn.input_audio,
                    question_id=previous.move.question_id if previous else None,
                    in_answer_to=previous.reply_text if previous else "",
                    competency=previous.move.focus_area if previous else "",
                )
            )
        if turn.reply_text.strip():
            utterances.append(
                Utterance(
                    utterance_id=utterance_id(turn.reply_seq),
                    speaker=INTERVIEWER,
                    text=turn.reply_text,
                    start=turn.reply_at_s,
                    end=turn.reply_at_s,
                    question_id=turn.move.question_id,
                    competency=turn.move.focus_area,
                )
            )
        previous = turn
    for entry in unanswered:
        aloud = [(entry.text, entry.spoken)]
        utterances.append(
            Utterance(
                utterance_id=utterance_id(entry.seq),
                speaker=CANDIDATE,
                text=entry.text,
                start=entry.at_s,
                end=max(entry.at_s, entry.end_s),
                confidence=joint_confidence(aloud),
                audio=spans_of(aloud),
                question_id=previous.move.question_id if previous else None,
                in_answer_to=previous.reply_text if previous else "",
                competency=previous.move.focus_area if previous else "",
            )
        )
    return tuple(utterances)


def disputed(utterances: Sequence[Utterance], inputs: Sequence[Input]) -> tuple[Utterance, ...]:
    """The utterances with what their speaker flagged: corrected where there is a correction, marked in any case.

    An utterance is made of the inputs that one reply answered, and named by the last of them.
    """
    groups: dict[int, list[Input]] = {}
    for entry in inputs:
        groups.setdefault(entry.answered_by or -entry.seq, []).append(entry)
    flagged = {group[-1].event_id: group for group in groups.values() if any(entry.flag is not None for entry in group)}
    if not flagged:
        return tuple(utterances)
    return tuple(
        with_disputes(utterance, flagged[utterance.utterance_id]) if utterance.utterance_id in flagged else utterance
        for utterance in utterances
    )


def citable(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """What may be judged: without the words that were flagged as misheard and not corrected."""
    judged: list[Utterance] = []
    for utterance in utterances:
        text = utterance.citable
        if text.strip():
            judged.append(utterance if text == utterance.text else msgspec.structs.replace(utterance, text=text))
    return tuple(judged)


class Said(Protocol):
    """A piece of an utterance, with what its speaker says about how it was heard."""

    @property
    def text(self) -> str: ...
    @property
    def spoken(self) -> Spoken | None: ...
    @property
    def flag(self) -> Flag | None: ...


def with_disputes(utterance: Utterance, group: Sequence[Said]) -> Utterance:
    """The utterance, made of these pieces, corrected and marked where they are flagged."""
    parts: list[tuple[str, Spoken | None]] = []
    disputes: list[Dispute] = []
    at = 0
    for entry in group:
        text, spoken, flag = entry.text, entry.spoken, entry.flag
        if flag is not None:
            disputes.append(Dispute(at=at, length=len(flag.correction or text), heard=text, correction=flag.correction))
            if flag.correction and spoken is not None:
                # The times are those of other words.
                text, spoken = flag.correction, msgspec.structs.replace(spoken, words=())
        parts.append((text, spoken))
        at += len(text) + 1
    text = "\n".join(text for text, _ in parts)
    return msgspec.structs.replace(utterance, text=text, audio=spans_of(parts), disputes=tuple(disputes))


def word_count(text: str) -> int:
    """Words; Chinese characters count one each, as no spaces part the words."""
    return len(_WORD.findall(text)) + len(_HAN.findall(text))

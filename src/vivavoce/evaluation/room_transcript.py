"""What was said in a room: the questions that were asked, the answers that were written, and what was heard. Pure."""

from __future__ import annotations

from typing import Final

from vivavoce.domain.access import Viewer
from vivavoce.domain.recordings import spans_of
from vivavoce.domain.scorecard import Utterance
from vivavoce.domain.session import room as r
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.transcript import CANDIDATE, INTERVIEWER

#: For those who see everything.
_EVERYBODY: Final = None


def room_transcript(state: SessionState, viewer: Viewer | None = _EVERYBODY) -> tuple[Utterance, ...]:
    """The utterances in order of time, of each answer the newest version. What is written to the interviewers is for
    them: of written answers, other viewers get their own alone."""
    room = state.room
    said = [(asked.at_s, asked.seq, _question(asked)) for asked in room.asked]
    said += [
        (answer.at_s, answer.seq, _answer(answer, room.asked_question(answer.question_id)))
        for answer in room.answers
        if room.versions[answer.user_id, r.key_of(answer.question_id)] == answer.version
        and (viewer is None or viewer.is_staff or viewer.user_id == answer.user_id)
    ]
    said += [(caption.at_s, caption.seq, _caption(caption, state)) for caption in room.captions]
    return tuple(utterance for _, _, utterance in sorted(said, key=lambda entry: entry[:2]))


def _question(asked: r.AskedQuestion) -> Utterance:
    return Utterance(
        utterance_id=asked.event_id,
        speaker=INTERVIEWER,
        text=asked.text,
        start=asked.at_s,
        end=asked.at_s,
        question_id=r.key_of(asked.question_id),
        competency=asked.competency,
    )


def _answer(answer: r.Answer, asked: r.AskedQuestion | None) -> Utterance:
    return Utterance(
        utterance_id=answer.event_id,
        speaker=CANDIDATE,
        text=answer.text,
        start=answer.at_s,
        end=answer.at_s,
        question_id=r.key_of(answer.question_id),
        in_answer_to=asked.text if asked is not None else "",
        competency=asked.competency if asked is not None else "",
    )


def _caption(caption: r.Caption, state: SessionState) -> Utterance:
    """What was heard while a question was open counts as an answer to it, if a candidate said it."""
    member = state.members.get(caption.user_id)
    answers = member is not None and member.role == "candidate"
    asked = state.room.asked_question(caption.question_id) if answers and caption.question_id is not None else None
    return Utterance(
        utterance_id=caption.event_id,
        speaker=CANDIDATE if answers else INTERVIEWER,
        text=caption.text,
        start=caption.at_s,
        end=max(caption.at_s, caption.end_s),
        confidence=caption.spoken.confidence,
        question_id=r.key_of(asked.question_id) if asked is not None else None,
        in_answer_to=asked.text if asked is not None else "",
        competency=asked.competency if asked is not None else "",
        audio=spans_of([(caption.text, caption.spoken)]),
    )

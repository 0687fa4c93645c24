"""The transcript is confirmed (SPEC.md 6.5): what a candidate says about how they were heard."""

from __future__ import annotations

import msgspec

from vivavoce.domain.session.base import Command, SessionEvent


class Flag(msgspec.Struct, frozen=True, gc=False):
    """ "That is not what I said": what was said instead, or an empty text."""

    correction: str = ""


class FlagUtterance(Command, frozen=True):
    """Say that an own spoken utterance (named by its event) was misheard; `flagged` False takes it back."""

    user_id: str
    utterance_id: str
    correction: str = ""
    flagged: bool = True


class ConfirmTranscript(Command, frozen=True):
    """Everything else that was heard of me is what I said."""

    user_id: str


class UtteranceFlagged(SessionEvent, frozen=True, tag=True):
    """The input (in a panel: the utterance) `input_seq` was misheard, its speaker says, and (where they do) what they
    said instead."""

    PERSONAL = ("correction",)

    user_id: str = ""
    input_seq: int = 0
    correction: str = ""
    flagged: bool = True


class TranscriptConfirmed(SessionEvent, frozen=True, tag=True):
    user_id: str = ""


class ConfirmationLapsed(SessionEvent, frozen=True, tag=True):
    """The time to confirm the transcript is over: it is scored as it stands."""


AnyConfirmationCommand = FlagUtterance | ConfirmTranscript
AnyConfirmationEvent = UtteranceFlagged | TranscriptConfirmed | ConfirmationLapsed

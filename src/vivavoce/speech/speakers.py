"""Who speaks in a session: the shape of a speaker tracker, and the one that tells nobody apart.

One tracker belongs to a session and outlives its streams. It hears through taps: `pipeline.open_stream(options,
tap=tracker.tap())` lets it hear what a stream hears. For each `Final` of the stream ask `attribute`, then take
`changes`: earlier attributions that are seen differently now. A stream from a microphone that belongs to one person
needs no tap and no attribution: whose speech it is, is known.

    async for event in stream:
        if isinstance(event, Final):
            parts = await tracker.attribute(utterance_id, event)
            changes = tracker.changes()

Speakers are `speaker_1`, `speaker_2` … in the order in which they were first told apart; an id is never given to
another voice, even after its speaker was merged into another.
"""

from __future__ import annotations

from typing import Protocol

from vivavoce.domain.diarization import (
    UNKNOWN_SPEAKER,
    Attribution,
    Correction,
    Enrolment,
    Revision,
    SpeakerTurn,
    TrackingState,
)
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import Samples
from vivavoce.speech.events import Final


class SoundTap(Protocol):
    """Hears what one stream hears. Called in the stream's thread, never on the event loop."""

    def heard(self, start_s: float, frames: Samples, speech: Samples) -> tuple[float, ...]:
        """Consecutive frames [count, samples] from `start_s` on, each with its speech probability.

        Returns the times, not told before, at which one voice has given way to another: an utterance ends there,
        however short the pause. Blocks for a moment until they are known, and for as long as the tracker is far
        behind: the stream then waits, and nothing piles up.
        """
        ...

    def ended(self) -> None:
        """The stream's sound is over."""
        ...


class SpeakerTracker(Protocol):
    """Tells the speakers of one session apart. Its methods are called on the event loop and do not block it."""

    @property
    def state(self) -> TrackingState: ...

    def tap(self) -> SoundTap | None:
        """What `open_stream` takes; None when the tracker is off."""
        ...

    async def attribute(self, utterance: str, final: Final) -> tuple[Attribution, ...]:
        """Whose this utterance is: at least one part, in order, their texts together the utterance's text.

        `utterance` is the caller's id of it, unique in the session. Asking again about an utterance attributes it anew.
        The first answer may be unsure; what becomes clearer comes by `changes`.
        """
        ...

    def changes(self) -> tuple[Revision, ...]:
        """What earlier attributions have become since the last call, in the order in which it is to be taken: parts
        that hold two speakers' words are divided, then each part is reassigned at most once."""
        ...

    def speakers(self) -> tuple[str, ...]:
        """The speakers told apart so far, in the order of their numbers."""
        ...

    def speaking(self, start_s: float, end_s: float) -> str:
        """Who speaks most between two times of which perhaps not all has been looked at yet: a first guess, to be shown
        before `attribute` can be asked. Unknown where nothing of it has been."""
        ...

    def turns(self) -> tuple[SpeakerTurn, ...]:
        """Who spoke when, as it is seen now, in order of time; of a long session the last hours."""
        ...

    async def enrol(self, speaker: str, samples: Samples) -> Enrolment:
        """Learns a voice from up to 60 s of 16 kHz speech; `speaker` may be an id of this tracker or a name.

        An enrolled voice takes precedence over voices found by clustering. Raises `invalid_payload` when there is too
        little speech in it, or when it does not sound like one person, and `unavailable` when the tracker is off.
        """
        ...

    async def correct(self, correction: Correction) -> tuple[Revision, ...]:
        """Takes a person's word for it, from now on and for what was said before; returns what that changes.

        Raises `not_found` for an unknown speaker or utterance and `unavailable` when the tracker is off.
        """
        ...

    async def snapshot(self) -> bytes:
        """What is needed to go on in another process: voices, turns, attributions. Voices are biometric data."""
        ...

    async def close(self) -> None:
        """Ends it; the tracker's voices are forgotten."""
        ...


class OneSpeaker:
    """The tracker where no model is installed: everything is one unknown speaker's."""

    state: TrackingState = "off"

    def tap(self) -> None:
        return None

    async def attribute(self, utterance: str, final: Final) -> tuple[Attribution, ...]:
        part = Attribution(
            utterance=utterance,
            part=0,
            speaker=UNKNOWN_SPEAKER,
            confidence=None,
            start_s=final.start_s,
            end_s=final.end_s,
            text=final.text,
            words=final.words,
        )
        return (part,)

    def changes(self) -> tuple[Revision, ...]:
        return ()

    def speakers(self) -> tuple[str, ...]:
        return ()

    def speaking(self, start_s: float, end_s: float) -> str:
        return UNKNOWN_SPEAKER

    def turns(self) -> tuple[SpeakerTurn, ...]:
        return ()

    async def enrol(self, speaker: str, samples: Samples) -> Enrolment:
        raise tracking_off()

    async def correct(self, correction: Correction) -> tuple[Revision, ...]:
        raise tracking_off()

    async def snapshot(self) -> bytes:
        return b""

    async def close(self) -> None:
        return None


def tracking_off() -> VivavoceError:
    """Why nothing can be done about speakers: the models for it are not installed."""
    return VivavoceError(
        "unavailable",
        "speakers are not told apart here: run `vivavoce models pull`",
        reason="speech_model_missing",
    )

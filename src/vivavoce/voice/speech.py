"""What voice needs of speech recognition, and what may be told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig, InterviewPlan

if TYPE_CHECKING:
    from vivavoce.speech.pipeline import SpeechPipeline
    from vivavoce.speech.speakers import SpeakerTracker

VoiceState = Literal["ready", "fetching", "off"]
Planning = Callable[[InterviewConfig], InterviewPlan]


class Speech(Protocol):
    """The recognisers of this process, which may still be on their way."""

    @property
    def state(self) -> VoiceState:
        """`fetching`: models are being downloaded or opened."""
        ...

    @property
    def fetched(self) -> float | None:
        """The share of the models that is there (0 to 1) while they are being fetched; otherwise None."""
        ...

    def pipeline(self) -> SpeechPipeline:
        """Raises VivavoceError unavailable while there is none."""
        ...

    async def ready(self) -> SpeechPipeline:
        """Wait until there is one."""
        ...

    def open_tracker(self, memory: bytes) -> SpeakerTracker:
        """A session's speaker tracker, going on from what an earlier one remembered; off where no model is for it."""
        ...


class NoSpeech:
    """A house without voice."""

    state: VoiceState = "off"
    fetched: float | None = None

    def pipeline(self) -> SpeechPipeline:
        raise voice_unavailable()

    async def ready(self) -> SpeechPipeline:
        never: asyncio.Future[SpeechPipeline] = asyncio.get_running_loop().create_future()
        return await never

    def open_tracker(self, memory: bytes) -> SpeakerTracker:
        from vivavoce.speech.speakers import OneSpeaker

        return OneSpeaker()


def voice_unavailable(reason: str = "voice_unavailable") -> VivavoceError:
    return VivavoceError("unavailable", "no speech engine is running", reason=reason)


class Activity(msgspec.Struct, frozen=True):
    """Not stored: somebody began to speak (`speech_started`), is taken to have finished (`speech_ended`), or what
    sounded like speech was none (`false_start`): whoever fell silent for it may go on."""

    kind: Literal["speech_started", "speech_ended", "false_start"]
    user_id: str
    recording_id: str


class PartialSpeech(msgspec.Struct, frozen=True):
    """Not stored: what has been understood so far of what somebody is saying. Each replaces the one before.

    `speaker_id`: whose voice it sounds like so far, where several people share a microphone; empty until that is known.
    """

    user_id: str
    recording_id: str
    text: str
    language: str
    start_s: float
    end_s: float
    speaker_id: str = ""

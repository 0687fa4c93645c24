"""Who speaks in the panels of this process: one tracker a session, whichever microphone it hears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
import uuid_utils

from vivavoce.domain.diarization import (
    UNKNOWN_SPEAKER,
    AssignUtterance,
    Attribution,
    Correction,
    Division,
    Enrolment,
    MergeSpeakers,
    Reassignment,
    Revision,
)
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.panel_rules import OWN_MICROPHONE
from vivavoce.ports import BlobStore, StoreUnavailableError
from vivavoce.session.running import RunningSession
from vivavoce.voice.hearing import missed_in, part_of

if TYPE_CHECKING:
    from vivavoce.domain.speech import Samples
    from vivavoce.speech.events import Final as FinalEvent
    from vivavoce.speech.speakers import SoundTap, SpeakerTracker

_LOG: Final = logging.getLogger(__name__)
#: A tracker's memory is stored again after so many utterances.
_KEEP_EVERY: Final = 8
_VOICES: Final = "voices"
_COUNTED: Final = "speaker_"

#: Opens a session's tracker, with what an earlier one remembered (empty: nothing).
Trackers = Callable[[bytes], "SpeakerTracker"]


class SessionSpeakers:
    """The tracker of one session, and the words of people about it.

    A tracker that could not be given its memory back begins to count anew: its speakers then have a generation in
    their ids, so that no id is given to another voice.
    """

    def __init__(
        self, tracker: SpeakerTracker, generation: int, text_limit: int, keep: Callable[[bytes], Awaitable[None]]
    ) -> None:
        self._tracker = tracker
        self._generation = generation
        self._text_limit = text_limit
        self._keep = keep
        self._since_kept = 0
        self._kept = set(tracker.speakers())
        """The tracker's speakers whose voices are stored."""
        self._closed = False

    def tap(self) -> SoundTap | None:
        return self._tracker.tap()

    async def heard(
        self, recording_id: str, base_s: float, final: FinalEvent, took_s: float
    ) -> tuple[tuple[c.SpokenPart, ...], tuple[c.Missed, ...]]:
        """An utterance with whose it is, in times of its recording (which began at `base_s` of session time)."""
        if not final.text:
            return (), (missed_in(_shifted(final, base_s)),)
        utterance_id = str(uuid_utils.uuid7())
        try:
            attributions = await self._tracker.attribute(utterance_id, final)
        except VivavoceError as error:
            _LOG.warning("speakers could not be told apart (%s)", error.code)
            attributions = ()
        if not attributions:
            attributions = (_nobody(utterance_id, final),)
        await self._keep_new(one.speaker for one in attributions)
        return tuple(self._part(recording_id, base_s, final, one, took_s) for one in attributions), ()

    def _part(
        self, recording_id: str, base_s: float, final: FinalEvent, one: Attribution, took_s: float
    ) -> c.SpokenPart:
        said = msgspec.structs.replace(final, text=one.text, start_s=one.start_s, end_s=one.end_s, words=one.words)
        part = part_of(recording_id, [_shifted(said, base_s)], one.text[: self._text_limit], took_s)
        return msgspec.structs.replace(
            part,
            utterance_id=_utterance_id(one.utterance, one.part),
            speaker=self._named(one.speaker),
            attribution=one.confidence,
            overlapped=one.overlapped,
        )

    def speaking(self, start_s: float, end_s: float) -> str:
        """The id of who speaks between two times of the session, as far as that is known already; else empty."""
        speaker = self._tracker.speaking(start_s, end_s)
        return "" if speaker == UNKNOWN_SPEAKER else self._named(speaker)

    async def look_again(self, session: RunningSession) -> None:
        """Store what earlier utterances are seen as now."""
        await self._see_anew(session, self._tracker.changes())
        self._since_kept += 1
        if self._since_kept >= _KEEP_EVERY:
            await self.remember()

    async def corrected(self, session: RunningSession, events: Sequence[e.Recorded]) -> None:
        """A person said something about speakers, as `events` tell: the tracker goes by it from now on."""
        for recorded in events:
            data = recorded.data
            if isinstance(data, p.SpeakersMerged):
                await self._correct(session, self._merged(data.speaker_id, data.into))
            elif isinstance(data, p.UtterancesReassigned):
                for one in data.changes:
                    await self._correct(session, self._assigned(one.utterance_id, one.speaker_id))

    async def catch_up(self, session: RunningSession) -> None:
        """Tell a tracker that was just opened what people have said: what it remembers may be older."""
        panel, recordings = session.state.panel, session.state.recordings
        known = set(self._tracker.speakers())
        for speaker in panel.speakers.values():
            if speaker.merged_into and self._bare(speaker.speaker_id) in known:
                await self._correct(session, self._merged(speaker.speaker_id, panel.final_id(speaker.speaker_id)))
        for utterance in tuple(panel.utterances):
            if not utterance.pinned or utterance.spoken is None:
                continue
            recording = recordings.get(utterance.spoken.recording_id)
            if recording is not None and recording.context != OWN_MICROPHONE:
                await self._correct(session, self._assigned(utterance.utterance_id, utterance.speaker_id))

    def _merged(self, speaker_id: str, into: str) -> MergeSpeakers:
        return MergeSpeakers(speaker=self._bare(speaker_id), into=self._bare(into))

    def _assigned(self, utterance_id: str, speaker_id: str) -> AssignUtterance:
        speaker = self._bare(speaker_id)
        return AssignUtterance(utterance=_whole(utterance_id), speaker=speaker, part=_place(utterance_id))

    async def _correct(self, session: RunningSession, correction: Correction) -> None:
        try:
            await self._see_anew(session, await self._tracker.correct(correction))
        except VivavoceError as error:
            # What the person said is stored; only later speech is told apart as before.
            _LOG.info("the tracker could not take a correction (%s)", error.code)

    async def _see_anew(self, session: RunningSession, seen: Sequence[Revision]) -> None:
        await self._keep_new(one.speaker for one in seen)
        for one in seen:
            if isinstance(one, Division):
                await session.submit(self._division(one), SYSTEM)
        changes = tuple(
            p.Attributed(_utterance_id(one.utterance, one.part), self._named(one.speaker), one.confidence)
            for one in seen
            if isinstance(one, Reassignment)
        )
        if changes:
            await session.submit(p.AttributeUtterances(changes=changes), SYSTEM)

    def _division(self, one: Division) -> p.DivideUtterance:
        return p.DivideUtterance(
            utterance_id=_utterance_id(one.utterance, one.part),
            rest_id=_utterance_id(one.utterance, one.rest),
            at=one.at,
            at_s=one.at_s,
            speaker_id=self._named(one.speaker),
            confidence=one.confidence,
        )

    async def enrol(self, speaker_id: str, audio: bytes, audio_format: str) -> Enrolment:
        """Learn the voice of a speaker from a recording of them alone; it is known before they say a word.

        Raises VivavoceError: unsupported_media, invalid_payload (too little speech, or more than one voice in it) and
        unavailable where voices are not told apart.
        """
        samples = await asyncio.to_thread(_decoded, audio, audio_format)
        enrolment = await self._tracker.enrol(self._bare(speaker_id), samples)
        await self.remember()
        return enrolment

    async def _keep_new(self, speakers: Iterable[str]) -> None:
        """A voice is stored before anything names its speaker: after a crash the id must not be another voice's."""
        new = {one for one in speakers if one.startswith(_COUNTED) and one != UNKNOWN_SPEAKER} - self._kept
        if new and not self._closed:
            await self.remember()
            self._kept |= new

    async def remember(self) -> None:
        """Have the tracker's memory stored; it is safe when this returns."""
        self._since_kept = 0
        memory = await self._tracker.snapshot()
        if memory and not self._closed:
            await self._keep(memory)

    async def close(self) -> None:
        self._closed = True
        await self._tracker.close()

    def _named(self, speaker: str) -> str:
        # Only the tracker's own numbers begin anew; a speaker that people made is the same in every generation.
        counted = speaker.startswith(_COUNTED) and speaker != UNKNOWN_SPEAKER
        return f"{speaker}.{self._generation}" if counted and self._generation else speaker

    def _bare(self, speaker_id: str) -> str:
        return speaker_id.removesuffix(f".{self._generation}") if self._generation else speaker_id


class Speakers:
    """The speakers of all panels that are heard now."""

    def __init__(self, blobs: BlobStore, trackers: Trackers, text_limit: int) -> None:
        self._blobs = blobs
        self._trackers = trackers
        self._text_limit = text_limit
        self._open: dict[str, asyncio.Task[SessionSpeakers]] = {}

    async def of(self, session: RunningSession) -> SessionSpeakers:
        """The session's, opened when it is first asked for."""
        task = self._open.get(session.session_id)
        if task is None:
            task = self._open[session.session_id] = asyncio.create_task(self._begin(session))
        return await asyncio.shield(task)

    def known(self, session_id: str) -> bool:
        return session_id in self._open

    async def _begin(self, session: RunningSession) -> SessionSpeakers:
        name = f"{session.session_id}/{_VOICES}"
        memory = b""
        try:
            memory = await self._blobs.read(name, 0, await self._blobs.size(name))
            tracker = self._trackers(memory)
        except (VivavoceError, StoreUnavailableError) as error:
            _LOG.warning("what was known of voices could not be read (%s)", type(error).__name__)
            memory, tracker = b"", self._trackers(b"")
        heard = [one for one in session.state.panel.speakers if one.startswith(_COUNTED) and one != UNKNOWN_SPEAKER]
        generations = [int(one.rpartition(".")[2]) if "." in one else 0 for one in heard]
        newest = max(generations, default=-1)
        generation = max(0, newest) if memory else newest + 1
        speakers = SessionSpeakers(tracker, generation, self._text_limit, lambda data: self._keep(name, data))
        await speakers.catch_up(session)
        return speakers

    async def _keep(self, name: str, data: bytes) -> None:
        try:
            await self._blobs.write(name, 0, data)
        except Exception as error:
            _LOG.warning("what is known of voices could not be stored (%s)", type(error).__name__)

    async def end(self, session_id: str) -> None:
        """The session is over: its voices are forgotten, here and on disk."""
        task = self._open.pop(session_id, None)
        if task is not None:
            await (await task).close()
        try:
            await self._blobs.delete(f"{session_id}/{_VOICES}")
        except StoreUnavailableError:
            _LOG.warning("the voices of a session that is over are still stored")

    async def stop(self) -> None:
        """Store what is known of voices, for the next start."""
        for task in tuple(self._open.values()):
            try:
                speakers = await task
                await speakers.remember()
                await speakers.close()
            except Exception as error:
                _LOG.warning("what is known of voices could not be kept (%s)", type(error).__name__)


def _decoded(audio: bytes, audio_format: str) -> Samples:
    import numpy as np

    from vivavoce.speech.decoding import ByteFeed, Decoder

    feed = ByteFeed()
    feed.put(audio)
    feed.close()
    return np.concatenate(list(Decoder(feed, audio_format or None).blocks()))


def _shifted(final: FinalEvent, base_s: float) -> FinalEvent:
    """In seconds of its recording."""
    words = tuple(
        msgspec.structs.replace(word, start_s=word.start_s - base_s, end_s=word.end_s - base_s) for word in final.words
    )
    return msgspec.structs.replace(
        final, start_s=max(0.0, final.start_s - base_s), end_s=max(0.0, final.end_s - base_s), words=words
    )


def _nobody(utterance_id: str, final: FinalEvent) -> Attribution:
    return Attribution(
        utterance=utterance_id,
        part=0,
        speaker=UNKNOWN_SPEAKER,
        confidence=None,
        start_s=final.start_s,
        end_s=final.end_s,
        text=final.text,
        words=final.words,
    )


def _utterance_id(utterance: str, part: int) -> str:
    return f"{utterance}.{part}" if part else utterance


def _whole(utterance_id: str) -> str:
    return utterance_id.partition(".")[0]


def _place(utterance_id: str) -> int | None:
    part = utterance_id.partition(".")[2]
    return int(part) if part.isdecimal() else None

"""Who speaks in the panels of this process: one tracker a session, whichever microphone it hears."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
import uuid_utils

from vivavoce.domain.diarization import (
    UNKNOWN_SPEAKER,
    AssignUtterance,
    Attribution,
    Correction,
    Enrolment,
    MergeSpeakers,
)
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import panel as p
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
        self, tracker: SpeakerTracker, generation: int, text_limit: int, keep: Callable[[bytes], None]
    ) -> None:
        self._tracker = tracker
        self._generation = generation
        self._text_limit = text_limit
        self._keep = keep
        self._since_kept = 0

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
        changes = tuple(
            p.Attributed(_utterance_id(one.utterance, one.part), self._named(one.speaker), one.confidence)
            for one in self._tracker.changes()
        )
        if changes:
            await session.submit(p.AttributeUtterances(changes=changes), SYSTEM)
        self._since_kept += 1
        if self._since_kept >= _KEEP_EVERY:
            self._since_kept = 0
            await self.remember()

    async def corrected(self, session: RunningSession, correction: p.AnyPanelCommand) -> None:
        """A person said something about speakers: the tracker goes by it from now on."""
        try:
            for one in self._corrections(session, correction):
                changes = tuple(
                    p.Attributed(_utterance_id(each.utterance, each.part), self._named(each.speaker), each.confidence)
                    for each in await self._tracker.correct(one)
                )
                if changes:
                    await session.submit(p.AttributeUtterances(changes=changes), SYSTEM)
        except VivavoceError as error:
            # What the person said is stored; only later speech is told apart as before.
            _LOG.info("the tracker could not take a correction (%s)", error.code)

    def _corrections(self, session: RunningSession, said: p.AnyPanelCommand) -> list[Correction]:
        panel = session.state.panel
        if isinstance(said, p.MergeSpeakers):
            return [MergeSpeakers(speaker=self._bare(said.speaker), into=self._bare(said.into))]
        if isinstance(said, p.SplitSpeaker):
            # The new speaker has its id already: the tracker learns whose these words are, and that they are a voice.
            return self._assigned(said.utterance_ids, said.new_id)
        if isinstance(said, p.AssignUtterances):
            known = panel.find(said.speaker)
            return self._assigned(said.utterance_ids, known.speaker_id) if known is not None else []
        return []

    def _assigned(self, utterance_ids: Sequence[str], speaker_id: str) -> list[Correction]:
        speaker = self._bare(speaker_id)
        return [AssignUtterance(utterance=_whole(one), speaker=speaker, part=_place(one)) for one in utterance_ids]

    async def enrol(self, speaker_id: str, audio: bytes, audio_format: str) -> Enrolment:
        """Learn the voice of a speaker from a recording of them alone; it is known before they say a word.

        Raises VivavoceError: unsupported_media, invalid_payload (too little speech, or more than one voice in it) and
        unavailable where voices are not told apart.
        """
        samples = await asyncio.to_thread(_decoded, audio, audio_format)
        enrolment = await self._tracker.enrol(self._bare(speaker_id), samples)
        await self.remember()
        return enrolment

    async def remember(self) -> None:
        """Hand the tracker's memory to whoever keeps it."""
        self._keep(await self._tracker.snapshot())

    async def close(self) -> None:
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
        self._keeping: set[asyncio.Task[None]] = set()

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
        return SessionSpeakers(tracker, generation, self._text_limit, lambda data: self._keep(name, data))

    def _keep(self, name: str, data: bytes) -> None:
        if data:
            task = asyncio.get_running_loop().create_task(self._write(name, data))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def _write(self, name: str, data: bytes) -> None:
        try:
            await self._blobs.write(name, 0, data)
        except Exception as error:
            _LOG.warning("what is known of voices could not be stored (%s)", type(error).__name__)

    async def end(self, session_id: str) -> None:
        """The session is over: its voices are forgotten, here and on disk."""
        task = self._open.pop(session_id, None)
        if task is not None:
            await (await task).close()
            await asyncio.gather(*self._keeping, return_exceptions=True)
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
        await asyncio.gather(*self._keeping, return_exceptions=True)


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

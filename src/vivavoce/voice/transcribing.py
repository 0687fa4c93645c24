"""Hearing recordings that are stored and that nobody listened to while they came: sent whole, or left by a crash.

What is owed is in the session's state (`unheard`), so a crash at any point is mended by looking at it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.state import Recording, SessionState
from vivavoce.session.hub import Sessions
from vivavoce.session.running import RunningSession
from vivavoce.voice.hearing import language_for, missed_for, missed_in, part_of, parts_of
from vivavoce.voice.recordings import Recordings
from vivavoce.voice.speakers import SessionSpeakers
from vivavoce.voice.speech import Planning, Speech

if TYPE_CHECKING:
    from vivavoce.speech.events import Final as FinalEvent
    from vivavoce.speech.stream import SpeechStream

_LOG: Final = logging.getLogger(__name__)
#: A recording up to this size is an answer somebody waits for.
_URGENT: Final = 5 << 20
_AT_ONCE: Final = 4
_PAUSE_S: Final = 2.0


class Transcriber:
    """One task a session works through its unheard recordings in the order they began.

    `is_live` says whether somebody is sending a recording now; a stream that broke off is heard `grace_s` later, so
    that its sender may come back and go on.
    """

    def __init__(
        self,
        speech: Speech,
        recordings: Recordings,
        sessions: Sessions,
        plan: Planning,
        *,
        grace_s: float,
        is_live: Callable[[str], bool],
        speakers: Callable[[RunningSession, Recording], Awaitable[SessionSpeakers | None]],
    ) -> None:
        self._speech = speech
        self._recordings = recordings
        self._sessions = sessions
        self._plan = plan
        self._grace_s = grace_s
        self._is_live = is_live
        self._speakers = speakers
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._since: dict[str, float] = {}
        """When a stream was first found broken off, by recording."""
        self._hearing: set[str] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def look(self, session_id: str, state: SessionState) -> None:
        """Take up what is owed, if nobody is at it."""
        if session_id not in self._tasks and self._next(state) is not None:
            task = self._tasks[session_id] = asyncio.get_running_loop().create_task(self._work(session_id))
            task.add_done_callback(lambda _: self._tasks.pop(session_id, None))

    def hears(self, recording_id: str) -> bool:
        """Whether a recording is being heard now: it is too late to go on with it."""
        return recording_id in self._hearing

    def works_on(self, session_id: str) -> bool:
        """Whether something of this session is being heard, or waits for it."""
        return session_id in self._tasks

    async def settled(self, session_id: str, timeout_s: float) -> None:
        """Wait until nothing is owed to this session, at most `timeout_s`."""
        task = self._tasks.get(session_id)
        if task is not None:
            await asyncio.wait({task}, timeout=timeout_s)

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _next(self, state: SessionState) -> Recording | None:
        waiting = (state.recordings[name] for name in state.unheard if name in state.recordings)
        return next((recording for recording in waiting if not self._is_live(recording.recording_id)), None)

    async def _work(self, session_id: str) -> None:
        while True:
            try:
                session = await self._sessions.open(session_id)
                state = await session.settled()
                recording = self._next(state)
                if recording is None:
                    return
                if recording.complete or not recording.streamed or state.over or self._left(recording):
                    await self._transcribe(session_id, recording)
                else:
                    await asyncio.sleep(min(1.0, self._grace_s))
            except VivavoceError as error:
                _LOG.warning("a recording was not heard (%s) and will be tried again", error.code)
                await asyncio.sleep(_PAUSE_S)
            except Exception:
                _LOG.exception("a recording was not heard and will be tried again")
                await asyncio.sleep(_PAUSE_S)

    def _left(self, recording: Recording) -> bool:
        """Whether the sender of a stream that broke off has not come back in time. Nobody can come back while there is
        no recogniser: the time runs from when there is one."""
        if self._speech.state != "ready":
            return False
        now = time.monotonic()
        return now - self._since.setdefault(recording.recording_id, now) >= self._grace_s

    async def _transcribe(self, session_id: str, recording: Recording) -> None:
        state = await self._sessions.state(session_id)
        if state.over or not recording.size or not (recording.complete or recording.streamed):
            await self._record(session_id, recording, finished=True)
            return
        from vivavoce.speech.stream import StreamOptions

        pipeline = await self._speech.ready()
        speakers = await self._speakers(await self._sessions.open(session_id), recording)
        if self._is_live(recording.recording_id):
            return  # its sender came back meanwhile; from here to `_hearing` nothing waits, so it is one or the other
        options = StreamOptions(
            audio_format=recording.audio_format,
            language=language_for(recording, state.config.language),
            partials=False,
            recording=True,
            urgent=recording.size <= _URGENT,
            offset_s=recording.heard_s + (recording.at_s if speakers is not None else 0.0),
            skip_s=recording.heard_s,
        )
        self._hearing.add(recording.recording_id)
        try:
            async with self._room:
                tap = speakers.tap() if speakers is not None else None
                await self._hear(session_id, recording, pipeline.open_stream(options, tap), speakers)
        except VivavoceError as error:
            if error.code == "unavailable":
                raise  # the recogniser or the store is away: later
            await self._record(session_id, recording, missed=(missed_for(error),), finished=True)
        finally:
            self._hearing.discard(recording.recording_id)
            self._since.pop(recording.recording_id, None)

    async def _hear(
        self, session_id: str, recording: Recording, stream: SpeechStream, speakers: SessionSpeakers | None
    ) -> None:
        from vivavoce.speech import events as s

        started = time.monotonic()
        heard_s = recording.heard_s
        finals: list[FinalEvent] = []
        duration_s = 0.0
        spoke = recording.spoken or recording.missed is not None
        feeder = asyncio.create_task(self._feed(session_id, recording, stream))
        try:
            async for event in stream:
                if isinstance(event, s.Final):
                    spoke = True
                    if speakers is not None:
                        took_s = time.monotonic() - started
                        parts, missed = await speakers.heard(recording.recording_id, recording.at_s, event, took_s)
                        await self._record(session_id, recording, parts, missed)
                        await speakers.look_again(await self._sessions.open(session_id))
                    elif recording.streamed and not recording.in_one:
                        await self._say(session_id, recording, event, time.monotonic() - started)
                    else:
                        finals.append(event)
                elif isinstance(event, s.Closed):
                    duration_s = round(heard_s + event.duration_s, 3)
            await feeder
        finally:
            feeder.cancel()
            with contextlib.suppress(asyncio.CancelledError, VivavoceError):
                await feeder
            await stream.close()
        limit = self._sessions.policy.text_limit
        parts, missed = parts_of(recording.recording_id, finals, limit, time.monotonic() - started)
        if not parts and not missed and not spoke:
            missed = (c.Missed("no_speech", 0.0, duration_s),)
        await self._record(session_id, recording, parts, missed, finished=True, duration_s=duration_s)

    async def _feed(self, session_id: str, recording: Recording, stream: SpeechStream) -> None:
        try:
            async for piece in self._recordings.pieces(session_id, recording):
                await stream.feed(piece)
        except VivavoceError as error:
            if error.code == "unavailable":
                raise
        finally:
            await stream.finish()

    async def _say(self, session_id: str, recording: Recording, final: FinalEvent, took_s: float) -> None:
        if final.text:
            text = final.text[: self._sessions.policy.text_limit]
            await self._record(session_id, recording, (part_of(recording.recording_id, [final], text, took_s),))
        else:
            await self._record(session_id, recording, missed=(missed_in(final),))

    async def _record(
        self,
        session_id: str,
        recording: Recording,
        parts: tuple[c.SpokenPart, ...] = (),
        missed: tuple[c.Missed, ...] = (),
        *,
        finished: bool = False,
        duration_s: float = 0.0,
    ) -> None:
        state = await self._sessions.state(session_id)
        command = c.RecordSpeech(
            recording_id=recording.recording_id,
            plan=state.plan or self._plan(state.config),
            parts=parts,
            missed=missed,
            finished=finished,
            duration_s=duration_s,
        )
        await self._sessions.submit(session_id, command, SYSTEM)

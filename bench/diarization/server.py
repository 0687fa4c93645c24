"""Who spoke when, as a client of a panel sees it: a real server, one microphone, chunks of 1 s.

`python -m bench.diarization.server [--fast] [--together] [NAME …]` plays each conversation (or those whose name holds
a NAME) into a panel's WebSocket and scores the utterances it is told. "live" is what each utterance was first said to
be, "final" what `session_ended` says. A turn's delay is the time from its last sample to the first message (a partial
or an utterance) that shows words of its end with a speaker; "right" is the share of turns whose first label is the
final one too. Chunks come as a microphone gives them, in real time; with `--fast` each comes as soon as the one before
is answered, and delays are not measured. With `--together` all are played at the same time, as panels of one house.
Writes bench/results/diarization-server.json. The scorer is pyannote.metrics (collar ±0.25 s, overlapped speech
counted).
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from rich.console import Console
from rich.table import Table
from tests.integration.server import ServerProcess
from websockets.asyncio.client import ClientConnection, connect

from bench.diarization.compose import Conversation, Plan, Reference, compose, labelled_recordings, readers
from bench.diarization.scoring import score
from bench.speech.setup import TESTDATA, decoded, models_dir, percentile, write_results
from vivavoce.domain.diarization import UNKNOWN_SPEAKER, SpeakerTurn
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.asr.openai_compatible import wav_bytes

READY_S: Final = 120.0
MOST_DELAY_S: Final = 2.0
ANSWER_S: Final = 120.0
#: Turns of one person with less between are one turn to whoever listens.
SAME_TURN_S: Final = 1.0
#: An utterance with less of a turn's end in it is not about that turn.
LEAST_SHARED_S: Final = 0.2


class Shown(msgspec.Struct, frozen=True):
    """An utterance as it was first shown, `at_s` after the playing began, when `sent_s` of the sound had been sent."""

    at_s: float
    sent_s: float
    turn: SpeakerTurn


class Heard(msgspec.Struct, frozen=True):
    """What a client was told while the sound was played and at its end; how many utterances were seen differently
    later, and how many of them divided."""

    live: list[Shown]
    partial: list[Shown]
    final: list[SpeakerTurn]
    changed: int
    divided: int
    took_s: float


async def play(
    server: ServerProcess,
    session_id: str,
    samples: Samples,
    *,
    fast: bool,
    watch: Callable[[float], None] = lambda sent_s: None,
) -> Heard:
    """Plays one conversation into a new panel and ends it; `watch` is told after each chunk how much was sent."""
    path = f"/api/v1/realtime-interview/ws/interview/{session_id}?features=transcript,partials&language=en"
    async with connect(f"{server.sockets}{path}", max_size=None) as ws:
        client = _Client(ws)
        listening = asyncio.create_task(client.listen())
        began = client.began = time.monotonic()
        for number, first in enumerate(range(0, len(samples), SAMPLE_RATE)):
            chunk = samples[first : first + SAMPLE_RATE]
            if not fast:
                await asyncio.sleep(max(0.0, began + (first + len(chunk)) / SAMPLE_RATE - time.monotonic()))
            audio = base64.b64encode(wav_bytes(chunk)).decode()
            client.sent_s = (first + len(chunk)) / SAMPLE_RATE
            await ws.send(json.dumps({"type": "audio_chunk", "audio_data": audio, "timestamp": 1.7e9 + number}))
            while fast and client.answered <= number:
                await client.news.wait()
                client.news.clear()
                if listening.done():
                    raise RuntimeError("the panel ended before its sound") from listening.exception()
            watch(client.sent_s)
        took_s = time.monotonic() - began
        await ws.send(json.dumps({"type": "session_end"}))
        result = await asyncio.wait_for(listening, ANSWER_S)
    final = [_turn(one) for one in result["transcripts"]]
    return Heard(client.live, client.partial, final, client.changed, client.divided, round(took_s, 1))


class _Client:
    """Follows what a panel says."""

    def __init__(self, ws: ClientConnection) -> None:
        self._ws = ws
        self.began = 0.0
        self.sent_s = 0.0
        self.answered = 0
        self.changed = 0
        self.divided = 0
        self.live: list[Shown] = []
        self.partial: list[Shown] = []
        self.news = asyncio.Event()

    async def listen(self) -> dict[str, Any]:
        """To the end of the session; its final result."""
        try:
            return await self._follow()
        finally:
            self.news.set()

    async def _follow(self) -> dict[str, Any]:
        async for text in self._ws:
            message = json.loads(text)
            match message["type"]:
                case "utterance":
                    self.live.append(Shown(time.monotonic() - self.began, self.sent_s, _turn(message)))
                case "partial" if message["speaker_id"] is not None:
                    said = SpeakerTurn(
                        speaker=message["speaker_id"],
                        start_s=message["audio_start"],
                        end_s=message["audio_end"],
                        confidence=0.0,
                    )
                    self.partial.append(Shown(time.monotonic() - self.began, self.sent_s, said))
                case "utterances_reassigned":
                    self.changed += len(message["changes"])
                case "utterance_divided":
                    self.divided += 1
                case "audio_processed":
                    self.answered += 1
                    self.news.set()
                case "session_ended":
                    result: dict[str, Any] = message["final_result"]
                    return result
                case "error":
                    raise RuntimeError(f"the server refused: {message}")
        raise RuntimeError("the server closed the connection")


def _turn(utterance: dict[str, Any]) -> SpeakerTurn:
    # In times of the recording: the session began a little before it.
    return SpeakerTurn(
        speaker=utterance["speaker_id"],
        start_s=utterance["audio_start"],
        end_s=utterance["audio_end"],
        confidence=utterance["attribution"] or 0.0,
        overlapped=utterance["overlapped"],
    )


def labels(turns: Sequence[Reference], shown: Sequence[Shown]) -> dict[int, tuple[float, str]]:
    """By a turn's place the seconds from its end to the first label of that end, and the label; turns of whose end
    nothing was shown are left out."""
    found: dict[int, tuple[float, str]] = {}
    for place, turn in enumerate(_whole_turns(turns)):
        from_s = max(turn.start_s, turn.end_s - 1.0)
        least_s = min(LEAST_SHARED_S, (turn.end_s - from_s) / 2)
        about = [
            (one.at_s, one.turn.speaker)
            for one in shown
            if min(one.turn.end_s, turn.end_s) - max(one.turn.start_s, from_s) >= least_s
        ]
        if about:
            at_s, speaker = min(about)
            found[place] = (max(0.0, at_s - turn.end_s), speaker)
    return found


def told_apart(turns: Sequence[SpeakerTurn]) -> int:
    """How many speakers there are; nobody known is none of them."""
    return len({turn.speaker for turn in turns} - {UNKNOWN_SPEAKER})


def _whole_turns(turns: Sequence[Reference]) -> list[Reference]:
    whole: list[Reference] = []
    for turn in sorted(turns, key=lambda turn: turn.start_s):
        last = whole[-1] if whole else None
        if last is not None and last.speaker == turn.speaker and turn.start_s - last.end_s < SAME_TURN_S:
            whole[-1] = Reference(turn.speaker, last.start_s, max(last.end_s, turn.end_s))
        else:
            whole.append(turn)
    return whole


def conversations() -> list[Conversation]:
    """The labelled recordings and two conversations of six: one polite, one in which they interrupt each other."""
    found = [Conversation(path.parent.name, decoded(path), turns) for path, turns in labelled_recordings()]
    plans = [
        Plan(name="six: clean", speakers=6, seed=6, length_s=150),
        Plan(name="six: overlap", speakers=6, seed=65, length_s=150, gap_s=(-1.0, 0.6)),
    ]
    return found + [compose(plan) for plan in plans]


async def measure(chosen: Sequence[Conversation], *, fast: bool, together: bool) -> list[dict[str, Any]]:
    """A row for each conversation; all of them at one server, one after the other or together."""
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data", {"VIVAVOCE_MODELS_DIR": str(models_dir())})
        try:
            server.start()
            await voice_ready(server)
            turn = asyncio.Semaphore(len(chosen) if together else 1)

            async def one(number: int, conversation: Conversation) -> dict[str, Any]:
                async with turn:
                    heard = await play(server, f"panel-{number}", conversation.samples, fast=fast)
                return row(conversation, heard, fast=fast)

            return await asyncio.gather(*(one(*each) for each in enumerate(chosen)))
        finally:
            server.stop()


async def voice_ready(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.base) as http, asyncio.timeout(READY_S):
        while (await http.get("/readyz")).json()["parts"]["voice"] != "ready":
            await asyncio.sleep(0.2)


def row(conversation: Conversation, heard: Heard, *, fast: bool) -> dict[str, Any]:
    shown = [one.turn for one in heard.live]
    final, live = score(conversation.turns, heard.final), score(conversation.turns, shown)
    first = labels(conversation.turns, [*heard.live, *heard.partial])
    last = labels(conversation.turns, [Shown(0.0, 0.0, turn) for turn in heard.final])
    right = [label == last[turn][1] for turn, (_, label) in first.items() if turn in last]
    late = [] if fast else [delay_s for delay_s, _ in first.values()]
    stored = [] if fast else [delay_s for delay_s, _ in labels(conversation.turns, heard.live).values()]
    return {
        "name": conversation.name,
        "seconds": round(len(conversation.samples) / SAMPLE_RATE, 1),
        "took_s": heard.took_s,
        "speakers": len({turn.speaker for turn in conversation.turns}),
        "found": told_apart(heard.final),
        "of_nobody_known": sum(turn.speaker == UNKNOWN_SPEAKER for turn in heard.final),
        "utterances": len(heard.live),
        **{name: round(value, 4) for name, value in final.items()},
        "live_der": round(live["der"], 4),
        "live_confusion": round(live["confusion"], 4),
        "changed": heard.changed,
        "divided": heard.divided,
        "turns": len(_whole_turns(conversation.turns)),
        "labelled": len(first),
        "first_label_right": round(sum(right) / len(right), 3),
        "delay_p50_s": round(percentile(late, 0.5), 2) if late else None,
        "delay_p90_s": round(percentile(late, 0.9), 2) if late else None,
        "delay_most_s": round(max(late), 2) if late else None,
        "within_2s": round(sum(one <= MOST_DELAY_S for one in late) / len(late), 3) if late else None,
        "utterance_p50_s": round(percentile(stored, 0.5), 2) if stored else None,
        "utterance_p90_s": round(percentile(stored, 0.9), 2) if stored else None,
    }


def main() -> None:
    console = Console(width=170)
    if not readers():
        console.print(f"No recordings at {TESTDATA.name}: nothing to play.")
        return
    fast = "--fast" in sys.argv
    names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    chosen = [one for one in conversations() if not names or any(name in one.name for name in names)]
    rows = asyncio.run(measure(chosen, fast=fast, together="--together" in sys.argv))
    shares = ("der", "missed", "false_alarm", "confusion", "live_der", "live_confusion")
    head = ("final DER", "missed", "false", "confusion", "live DER", "live conf.")
    table = Table(
        "through the server",
        "s",
        "took",
        "speakers",
        "found",
        *head,
        "changed",
        "divided",
        "label p50/p90/most",
        "≤ 2 s",
        "right",
        "utterance p50/p90",
    )
    for one in rows:
        late = [one[name] for name in ("delay_p50_s", "delay_p90_s", "delay_most_s")]
        utterance = [one[name] for name in ("utterance_p50_s", "utterance_p90_s")]
        table.add_row(
            one["name"],
            *(str(one[name]) for name in ("seconds", "took_s", "speakers", "found")),
            *(f"{one[name]:.1%}" for name in shares),
            str(one["changed"]),
            str(one["divided"]),
            " / ".join("–" if value is None else f"{value:.1f} s" for value in late),
            "–" if one["within_2s"] is None else f"{one['within_2s']:.0%}",
            f"{one['first_label_right']:.0%}",
            " / ".join("–" if value is None else f"{value:.1f} s" for value in utterance),
        )
    console.print(table)
    console.print("scored by pyannote.metrics: collar ±0.25 s, overlap counted; number of speakers not given")
    results = {"scorer": "pyannote.metrics", "real_time": not fast, "conversations": rows}
    console.print(f"written to {write_results('diarization-server', results)}")


if __name__ == "__main__":
    main()

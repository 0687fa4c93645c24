"""Somebody who speaks without end, several times faster than people do, so that a recognition worker stays busy.

usage: python -m bench.rooms.speaker PORT TOKEN WAV
Prints "ready" when the first words have been understood.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import wave
from base64 import b64encode
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

ROOM = "bench-voice"
#: 0.5 s of sound every 0.1 s.
CHUNK_S = 0.5
EVERY_S = 0.1
#: The recogniser is still being loaded, or has as much as it can take.
_NOT_YET = ("voice_unavailable", "voice_behind")


async def speak(port: int, token: str, wav: Path) -> None:
    with wave.open(str(wav)) as recording:
        rate, sound = recording.getframerate(), recording.readframes(recording.getnframes())
    step = int(rate * CHUNK_S) * 2
    chunks = [b64encode(sound[at : at + step]).decode() for at in range(0, len(sound), step)]
    async with connect(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", proxy=None) as ws:
        await ws.recv()
        await ws.send("40" + json.dumps({"token": token}))
        while not str(await ws.recv()).startswith('42["connected"'):
            pass
        await ws.send("42" + json.dumps(["join_interview", {"interview_id": ROOM}]))
        listener = asyncio.create_task(_listen(ws))
        for number, chunk in enumerate(itertools.cycle(chunks)):
            payload = {
                "interview_id": ROOM,
                "audio_data": chunk,
                "audio_format": "pcm",
                "sample_rate": rate,
                "language": "en",
                "chunk_id": number,
                "is_final": False,
            }
            await ws.send("42" + json.dumps(["voice_data", payload]))
            await asyncio.sleep(EVERY_S)
            if listener.done():
                listener.result()


async def _listen(ws: ClientConnection) -> None:
    told = False
    async for packet in ws:
        text = str(packet)
        if text == "2":
            await ws.send("3")
        elif text.startswith('42["live_transcription"') and not told:
            told = True
            sys.stdout.write("ready\n")
            sys.stdout.flush()
        elif text.startswith('42["error"') and not any(reason in text for reason in _NOT_YET):
            raise RuntimeError(text)


if __name__ == "__main__":
    asyncio.run(speak(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))

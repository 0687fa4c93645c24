"""A real local HTTP server that speaks enough of the OpenAI chat API to stream replies, and to misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class OpenAiServer:
    """Answers each request by the next behaviour of `script`, the last one for ever.

    A behaviour is `say:TEXT` (streamed word by word), `status:NNN`, `hang`, `garbage`, `html`, `break:TEXT` (streams
    the text, then drops the connection), `cut:TEXT` (ends the stream without saying so),
    `slow:TEXT` (stops after a word).
    """

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.requests: list[dict[str, object]] = []
        self.base_url = ""
        self._open: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            self.requests.append(json.loads(await reader.readexactly(length)))
            behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            await self._behave(behaviour, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._open.discard(task)

    async def _behave(self, behaviour: str, writer: asyncio.StreamWriter) -> None:
        kind, _, text = behaviour.partition(":")
        if kind == "hang":
            await asyncio.sleep(3600)
        elif kind == "status":
            body = b'{"error": {"message": "no", "type": "x"}}'
            writer.write(
                b"HTTP/1.1 %s No\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                % (text.encode(), len(body))
                + body
            )
        elif kind == "html":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<html>hi</html>")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            if kind == "garbage":
                _chunk(writer, "data: {not json at all\n\ndata: 42\n\n")
                writer.write(b"0\r\n\r\n")
            else:
                await self._stream(kind, text, writer)
        await writer.drain()

    async def _stream(self, kind: str, text: str, writer: asyncio.StreamWriter) -> None:
        words = text.split(" ")
        for index, word in enumerate(words):
            _event(writer, word if index == len(words) - 1 else word + " ")
            await writer.drain()
            await asyncio.sleep(30 if kind == "slow" and index == 1 else 0)
        if kind == "break":
            writer.transport.abort()
            return
        if kind != "cut":
            _event(writer, "", finish="stop")
            _chunk(writer, "data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")

    async def close_connections(self) -> None:
        for task in list(self._open):
            task.cancel()


def _event(writer: asyncio.StreamWriter, text: str, finish: str | None = None) -> None:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    event: dict[str, object] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }
    if finish:
        event["usage"] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    _chunk(writer, f"data: {json.dumps(event)}\n\n")


def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    data = text.encode()
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))


@asynccontextmanager
async def openai_server(*script: str) -> AsyncIterator[OpenAiServer]:
    """Serve `script` on a free port of this machine."""
    fake = OpenAiServer(*script)
    server = await asyncio.start_server(fake._serve, "127.0.0.1", 0)
    fake.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield fake
    finally:
        server.close()
        await fake.close_connections()

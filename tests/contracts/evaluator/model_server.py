"""A real local HTTP server that answers chat completions as a model would, or as one that is broken."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

Answer = Callable[[dict[str, Any]], str]


def judging(request: dict[str, Any]) -> str:
    """A plausible judgement of whatever the prompt holds: the longest line of the candidate is quoted."""
    prompt = prompt_of(request)
    criteria = re.findall(r"^- (\w+) \(", prompt, re.M)
    lines = re.findall(r"^\[(\S+)\] candidate: (.+)$", prompt, re.M)
    if not lines:
        return judgement([{"criterion_id": item, "score": None} for item in criteria])
    utterance_id, text = max(lines, key=lambda line: len(line[1]))
    quote = re.split(r"(?<=[.!?。])", text)[0]
    score = min(5.0, 1.0 + sum(len(line) for _, line in lines) / 120)
    return judgement([entry(item, round(score, 1), utterance_id, quote) for item in criteria])


def prompt_of(request: dict[str, Any]) -> str:
    return "\n".join(str(message["content"]) for message in request["messages"])


def entry(criterion_id: str, score: float | None, utterance_id: str, quote: str) -> dict[str, Any]:
    return {
        "criterion_id": criterion_id,
        "score": score,
        "confidence": 0.7,
        "rationale": "It was said.",
        "feedback": "Say more.",
        "keywords": ["index", "never said"],
        "evidence": [{"utterance_id": utterance_id, "quote": quote}],
    }


def judgement(criteria: list[dict[str, Any]]) -> str:
    return json.dumps({"criteria": criteria})


class ModelServer:
    """Answers each request by the next step of `script`, the last one for ever.

    A step is a function from the request to the model's text, or one of `hang`, `drop`, `html`, `status:NNN`.
    """

    def __init__(self, *script: Answer | str) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.base_url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head, re.I)
            assert found is not None
            request = json.loads(await reader.readexactly(int(found.group(1))))
            self.requests.append(request)
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            await self._answer(step, request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, step: Answer | str, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if step == "hang":
            await asyncio.sleep(3600)
        elif step == "drop":
            writer.transport.abort()
        elif step == "html":
            await _write(writer, "200 OK", "<html>hello</html>", "text/html")
        elif isinstance(step, str):
            await _write(writer, f"{step.partition(':')[2]} No", '{"error": {"message": "no"}}')
        else:
            await _write(writer, "200 OK", json.dumps(_completion(step(request))))


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


async def _write(writer: asyncio.StreamWriter, status: str, body: str, kind: str = "application/json") -> None:
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()


@asynccontextmanager
async def serving(*script: Answer | str) -> AsyncIterator[ModelServer]:
    server = ModelServer(*script)
    listener = await asyncio.start_server(server._serve, "127.0.0.1", 0)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()

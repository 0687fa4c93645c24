"""A local server with OpenAI's `/audio/transcriptions`, backed by the tone recogniser."""

from __future__ import annotations

import io
import json
import re
import threading
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from tests.fakes.speech import ToneRecogniser, ToneSettings
from vivavoce.domain.speech import RecognitionRequest


class TranscriptionServer:
    """Answers on a free port of the loopback address. `fail_first` requests get a 503; `plain` knows no details."""

    def __init__(self, *, fail_first: int = 0, plain: bool = False, answer: bytes | None = None) -> None:
        self.requests: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self._fail_first = fail_first
        self._plain = plain
        self._answer = answer
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.headers.append({key.lower(): value for key, value in self.headers.items()})
                status, answer = owner._respond(self.headers["Content-Type"], body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> TranscriptionServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _respond(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        boundary = content_type.partition("boundary=")[2].encode()
        fields: dict[str, str] = {}
        audio = b""
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]+)"', head)
            if name and b"filename" in head:
                audio = value
            elif name:
                fields[name[1].decode()] = value.decode()
        self.requests.append(fields)
        if self._fail_first > 0:
            self._fail_first -= 1
            return 503, b"busy"
        if self._answer is not None:
            return 200, self._answer
        if self._plain and fields.get("response_format") != "json":
            return 400, b'{"error": "response_format is not supported"}'
        return 200, json.dumps(self._transcribed(audio, fields)).encode()

    def _transcribed(self, audio: bytes, fields: dict[str, str]) -> dict[str, Any]:
        with wave.open(io.BytesIO(audio)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768.0
        heard = ToneRecogniser(ToneSettings()).recognise(samples, RecognitionRequest(language=fields.get("language")))
        if self._plain:
            return {"text": heard.text}
        return {
            "text": heard.text,
            "language": {"ko": "korean", "zh": "chinese"}.get(heard.language, "english"),
            "segments": [{"avg_logprob": -0.1, "no_speech_prob": 0.01}] if heard.text else [],
            "words": [{"word": word.text, "start": word.start_s, "end": word.end_s} for word in heard.words],
        }

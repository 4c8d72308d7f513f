"""A small stand-in for a GPT-SoVITS server, for tests: answers with tones instead of speech.

    python -m ai_video.audio.fake_tts --port 0

The first line printed is {"url": ...}. `GET /_fake/log` tells what was asked. A text that holds
`FAIL400` or `FAIL500` is answered with that status; `GARBAGE` with bytes that are no sound.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from ai_video.audio.estimated import estimated_duration_s
from ai_video.audio.wav import to_pcm16

_RATE: Final = 32_000
_REQUIRED: Final = ("text", "text_lang", "ref_audio_path", "prompt_lang")
_LANGS: Final = ("zh", "en", "auto", "all_zh", "ja", "ko", "yue")


def fake_speech(text: str, *, speed: float, seed: int) -> bytes:
    """A WAV as long as the text would be spoken; pitch by seed, silence around it."""
    duration = estimated_duration_s(text, speed=speed)
    time_s = np.arange(round(duration * _RATE)) / _RATE
    pitch = 110.0 * 2 ** ((seed % 12) / 12)
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4.5 * time_s)
    tone = 0.3 * syllables * sum(np.sin(2 * np.pi * pitch * n * time_s) / n for n in (1, 2, 3))
    quiet = np.zeros(_RATE // 5)
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(_RATE)
        target.writeframes(to_pcm16(np.concatenate([quiet, tone, quiet])))
    return out.getvalue()


class FakeServer(ThreadingHTTPServer):
    """Listens on loopback; `log` keeps the requests."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.log: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer  # pyright: ignore[reportIncompatibleVariableOverride]  made by FakeServer only

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: standard output belongs to the first line."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/_fake/log":
            self._answer(200, json.dumps({"items": self.server.log}).encode())
        elif parts.path == "/tts":
            self._speak(dict(parse_qsl(parts.query)))
        elif parts.path in ("/set_gpt_weights", "/set_sovits_weights", "/set_refer_audio"):
            self._note({})
            self._answer(200, b'{"message": "success"}')
        else:
            self._answer(404, b'{"detail": "Not Found"}')

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw)
        except ValueError:
            self._refuse("body is no JSON")
            return
        if urlsplit(self.path).path == "/tts" and isinstance(body, dict):
            self._speak(body)  # pyright: ignore[reportUnknownArgumentType]  read with .get below
        else:
            self._answer(404, b'{"detail": "Not Found"}')

    def _speak(self, body: dict[str, Any]) -> None:
        self._note(body)
        text = str(body.get("text", ""))
        missing = [name for name in _REQUIRED if not body.get(name)]
        if missing:
            self._refuse(f"{missing[0]} is required")
        elif body["text_lang"] not in _LANGS or body["prompt_lang"] not in _LANGS:
            self._refuse("text_lang or prompt_lang is not supported")
        elif "FAIL400" in text:
            self._refuse("tts failed")
        elif "FAIL500" in text:
            self._answer(500, b"Internal Server Error", "text/plain")
        elif "GARBAGE" in text:
            self._answer(200, b"no sound at all", "audio/wav")
        else:
            speed = float(body.get("speed_factor") or 1)
            seed = int(body.get("seed") or 0)
            self._answer(200, fake_speech(text, speed=speed, seed=seed), "audio/wav")

    def _note(self, body: dict[str, Any]) -> None:
        self.server.log.append(
            {"at": time.time(), "method": self.command, "path": self.path, "body": body}
        )

    def _refuse(self, reason: str) -> None:
        body = json.dumps({"message": "tts failed", "Exception": reason}).encode()
        self._answer(400, body)

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(words: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for a GPT-SoVITS server.")
    parser.add_argument("--port", type=int, default=0)
    server = FakeServer(parser.parse_args(words).port)
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

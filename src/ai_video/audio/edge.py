"""edge-tts: good voices from an unofficial network service; only for users who ask for it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

from ai_video.audio.estimated import estimated_marks, is_speakable
from ai_video.audio.levelling import finish_speech, short_silence, sounding_span
from ai_video.audio.respelling import respelled
from ai_video.audio.wav import as_mono, read_sound
from ai_video.domain.ports import Speech, SpeechMark, SpeechRequest, Voice
from ai_video.errors import ConfigurationFailure, NotAvailable, TransientFailure

_VOICES: Final = (
    ("zh-CN-XiaoxiaoNeural", "zh", "female"), ("zh-CN-XiaoyiNeural", "zh", "female"),
    ("zh-CN-YunxiNeural", "zh", "male"), ("zh-CN-YunjianNeural", "zh", "male"),
    ("zh-CN-YunyangNeural", "zh", "male"), ("zh-CN-YunxiaNeural", "zh", "male"),
    ("en-US-AriaNeural", "en", "female"), ("en-US-JennyNeural", "en", "female"),
    ("en-US-GuyNeural", "en", "male"), ("en-GB-SoniaNeural", "en", "female"),
    ("en-GB-RyanNeural", "en", "male"),
)  # fmt: skip
_TICKS_PER_S: Final = 10_000_000


class EdgeProvider:
    """Speaks by the service behind edge-tts; times come from the service.

    Raises:
        NotAvailable: edge-tts is not installed, or nothing outside may be reached.
    """

    name = "edge"
    version = "1"

    def __init__(self, *, offline: bool = False) -> None:
        if importlib.util.find_spec("edge_tts") is None:
            raise NotAvailable("edge-tts", "pip install edge-tts")
        if offline:
            raise NotAvailable("edge-tts", "AIVIDEO_OFFLINE=0")
        self._library: Any = importlib.import_module("edge_tts")

    def voices(self) -> Sequence[Voice]:
        return tuple(
            Voice(f"edge:{name}", lang, gender, name)  # pyright: ignore[reportArgumentType]  the table holds the literals
            for name, lang, gender in _VOICES
        )

    async def speak(self, request: SpeechRequest) -> Speech:
        """Speak one line over the network.

        Raises:
            ConfigurationFailure: `voice_unknown`.
            TransientFailure: `speech_service_unreachable`.
        """
        name = request.voice.removeprefix("edge:")
        if name not in {voice for voice, _, _ in _VOICES}:
            raise ConfigurationFailure("voice_unknown", provider=self.name, voice=request.voice)
        if not is_speakable(request.text):
            return short_silence("service")
        audio, words = await self._receive(request, name)
        return await asyncio.to_thread(_finish, audio, words, request.text)

    async def _receive(
        self, request: SpeechRequest, name: str
    ) -> tuple[bytes, list[tuple[str, float, float]]]:
        # Offline its answer is an aiohttp error, not one of its own.
        foreign: type[Exception] = importlib.import_module("aiohttp").ClientError
        own: type[Exception] = self._library.exceptions.EdgeTTSException
        audio, words = io.BytesIO(), list[tuple[str, float, float]]()
        text = respelled(request.text, request.pronunciation, provider=self.name)
        speaker = self._library.Communicate(
            text, name, rate=f"{round((request.speed - 1) * 100):+d}%",
            boundary="WordBoundary",
        )  # fmt: skip
        try:
            async for chunk in cast(AsyncIterator[dict[str, Any]], speaker.stream()):
                if chunk["type"] == "audio":
                    audio.write(chunk["data"])
                elif chunk["type"] == "WordBoundary":
                    start = chunk["offset"] / _TICKS_PER_S
                    words.append((chunk["text"], start, start + chunk["duration"] / _TICKS_PER_S))
        except (foreign, own, OSError) as exc:
            raise TransientFailure(
                "speech_service_unreachable", provider=self.name, url="edge-tts", reason=str(exc)
            ) from exc
        return audio.getvalue(), words


def _finish(audio: bytes, words: Sequence[tuple[str, float, float]], text: str) -> Speech:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.mp3"
        path.write_bytes(audio)
        samples, rate = read_sound(path)
    mono = as_mono(samples)
    first, last = sounding_span(mono, rate) or (0, len(mono))
    marks = marks_of_words(text, words)
    if marks:
        return finish_speech(mono, rate, marks, "service")
    return finish_speech(mono, rate, estimated_marks(text, first / rate, last / rate), "estimated")


def marks_of_words(text: str, words: Sequence[tuple[str, float, float]]) -> tuple[SpeechMark, ...]:
    """Marks whose texts make up `text`, from a service's (word, start, end) in order.

    Words that do not stand in the text are passed over; what lies between two words takes the time
    between them. () when no word was found.
    """
    marks: list[SpeechMark] = []
    at, now = 0, 0.0
    for word, start, end in words:
        found = text.find(word, at)
        if found < 0 or not word:
            continue
        start = max(start, now)
        if found > at:
            marks.append(SpeechMark(text[at:found], now if marks else start, start))
        marks.append(SpeechMark(word, start, max(start, end)))
        at, now = found + len(word), max(start, end)
    if marks and at < len(text):
        marks.append(SpeechMark(text[at:], now, now))
    return tuple(marks)

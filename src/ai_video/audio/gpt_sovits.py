"""GPT-SoVITS by its own server (api_v2): cloned voices, each from a reference recording.

A voice is `gpt-sovits:REFERENCE|LANG|PROMPT`: a recording's path on the server's machine, the
language spoken there and, if known, its words. Server and voices stand in a TOML file:

    url = "http://127.0.0.1:9880"

    [[voice]]
    path = "/recordings/lin.wav"
    lang = "zh"
    prompt = "what is said in the recording"
    gender = "female"
"""

from __future__ import annotations

import asyncio
import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai_video.audio.estimated import estimated_marks, is_speakable
from ai_video.audio.levelling import finish_speech, short_silence, sounding_span
from ai_video.audio.respelling import respelled
from ai_video.audio.wav import as_mono, parse_wav
from ai_video.domain.ports import Speech, SpeechRequest, Voice
from ai_video.errors import (
    ConfigurationFailure,
    InputRefused,
    NotAvailable,
    SystemFailure,
    TransientFailure,
)

DEFAULT_URL: Final = "http://127.0.0.1:9880"
_TIMEOUT: Final = httpx.Timeout(300.0, connect=10.0)


@dataclass(frozen=True, slots=True)
class ReferenceVoice:
    """A cloned voice: `path` is a recording of 3-10 s on the server's machine."""

    path: str
    lang: Literal["zh", "en"] = "zh"
    prompt: str = ""
    gender: Literal["male", "female"] | None = None

    @property
    def id(self) -> str:
        return f"gpt-sovits:{self.path}|{self.lang}|{self.prompt}"


def parse_voice(voice_id: str) -> ReferenceVoice:
    """The reference behind a voice id.

    Raises:
        ConfigurationFailure: `voice_unknown`.
    """
    path, _, rest = voice_id.removeprefix("gpt-sovits:").partition("|")
    lang, _, prompt = rest.partition("|")
    if not voice_id.startswith("gpt-sovits:") or not path:
        raise ConfigurationFailure("voice_unknown", provider="gpt-sovits", voice=voice_id)
    return ReferenceVoice(path, "en" if lang == "en" else "zh", prompt)


class _VoiceEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1, pattern=r"^[^|]+$")
    lang: Literal["zh", "en"] = "zh"
    prompt: str = ""
    gender: Literal["male", "female"] | None = None


class _ServerFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(default=DEFAULT_URL, pattern=r"^https?://")
    voice: list[_VoiceEntry] = Field(min_length=1)


def read_server(path: Path) -> GptSovitsProvider:
    """The provider that a TOML file describes.

    Raises:
        NotAvailable: there is no such file.
        InputRefused: `file_unreadable`, it is malformed.
    """
    if not path.is_file():
        raise NotAvailable("GPT-SoVITS", f"write {path} (url, [[voice]] path, lang, prompt)")
    try:
        said = _ServerFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as exc:
        raise InputRefused("file_unreadable", path=str(path), reason=str(exc)) from exc
    voices = [ReferenceVoice(v.path, v.lang, v.prompt, v.gender) for v in said.voice]
    return GptSovitsProvider(said.url, references=voices)


class GptSovitsProvider:
    """Speaks by a GPT-SoVITS server; times are estimates, since the server tells none."""

    name = "gpt-sovits"
    version = "v2"

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        references: Sequence[ReferenceVoice] = (),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._references = tuple(references)
        self._transport = transport

    def voices(self) -> Sequence[Voice]:
        return tuple(
            Voice(ref.id, "multi", ref.gender, ref.path.rsplit("/", 1)[-1])
            for ref in self._references
        )

    async def speak(self, request: SpeechRequest) -> Speech:
        """Speak one line; the request's seed makes the server's answer repeatable.

        Raises:
            TransientFailure: `speech_service_unreachable`.
            ConfigurationFailure: `voice_unknown`, `speech_service_refused`.
            SystemFailure: `speech_failed`, what came is no sound.
        """
        voice = parse_voice(request.voice)
        if not is_speakable(request.text):
            return short_silence("estimated")
        body: dict[str, object] = {
            "text": respelled(request.text, request.pronunciation, provider=self.name),
            "text_lang": request.lang,
            "ref_audio_path": voice.path,
            "prompt_lang": voice.lang,
            "prompt_text": voice.prompt,
            "speed_factor": request.speed,
            "seed": request.seed,
            "media_type": "wav",
            "streaming_mode": False,
        }
        raw = await self._post(body)
        return await asyncio.to_thread(_finish, raw, request.text)

    async def _post(self, body: dict[str, object]) -> bytes:
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT) as client:
                answer = await client.post(f"{self._url}/tts", json=body)
        except httpx.HTTPError as exc:
            reason = str(exc) or type(exc).__name__
            raise TransientFailure(
                "speech_service_unreachable", provider=self.name, url=self._url, reason=reason
            ) from exc
        if answer.is_server_error:
            raise TransientFailure(
                "speech_service_unreachable",
                provider=self.name,
                url=self._url,
                reason=f"HTTP {answer.status_code}",
            )
        if not answer.is_success:
            raise ConfigurationFailure(
                "speech_service_refused", provider=self.name, reason=answer.text[:300]
            )
        return answer.content


def _finish(raw: bytes, text: str) -> Speech:
    try:
        sound, rate = parse_wav(io.BytesIO(raw))
    except ValueError as exc:
        raise SystemFailure("speech_failed", provider="gpt-sovits", reason=str(exc)) from exc
    samples = as_mono(sound)
    first, last = sounding_span(samples, rate) or (0, len(samples))
    marks = estimated_marks(text, first / rate, last / rate)
    return finish_speech(samples, rate, marks, "estimated")

"""espeak-ng as a separate worker process (it is GPL): an emergency voice for both languages."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Sequence
from typing import Final

from ai_video.audio.estimated import estimated_marks, is_speakable
from ai_video.audio.levelling import finish_speech, short_silence, sounding_span
from ai_video.audio.respelling import respelled
from ai_video.audio.wav import as_mono, parse_wav
from ai_video.audio.worker import run_program
from ai_video.domain.ports import Speech, SpeechRequest, Voice
from ai_video.errors import ConfigurationFailure, NotAvailable, SystemFailure

_VOICES: Final = {
    "zh_female": ("cmn+f2", "zh", "female"), "zh_male": ("cmn+m3", "zh", "male"),
    "en_female": ("en-us+f2", "en", "female"), "en_male": ("en-us+m3", "en", "male"),
}  # fmt: skip
_WORDS_PER_MINUTE: Final = 165


class EspeakProvider:
    """Speaks by the program `espeak-ng` (or `program`); times are estimates.

    Raises:
        NotAvailable: there is no such program.
    """

    name = "espeak"
    version = "1"

    def __init__(self, program: str = "espeak-ng") -> None:
        found = shutil.which(program)
        if found is None:
            raise NotAvailable("espeak-ng", "apt install espeak-ng | brew install espeak-ng")
        self._program = found

    def voices(self) -> Sequence[Voice]:
        return tuple(
            Voice(f"espeak:{name}", lang, gender, f"espeak {name}")  # pyright: ignore[reportArgumentType]  the table holds the literals
            for name, (_, lang, gender) in _VOICES.items()
        )

    async def speak(self, request: SpeechRequest) -> Speech:
        """Speak one line in a worker process.

        Raises:
            ConfigurationFailure: `voice_unknown`.
            SystemFailure, TransientFailure: `speech_failed`.
        """
        voice = _VOICES.get(request.voice.removeprefix("espeak:"))
        if voice is None:
            raise ConfigurationFailure("voice_unknown", provider=self.name, voice=request.voice)
        if not is_speakable(request.text):
            return short_silence("estimated")
        rate = round(_WORDS_PER_MINUTE * request.speed)
        raw = await run_program(
            self._program,
            ["-v", voice[0], "-s", str(rate), "--stdin", "--stdout", "-b", "1"],
            given=respelled(request.text, request.pronunciation, provider=self.name).encode(),
            name=self.name,
            timeout_s=60,
        )
        return await asyncio.to_thread(_finish, raw, request)


def _finish(raw: bytes, request: SpeechRequest) -> Speech:
    try:
        sound, rate = parse_wav(io.BytesIO(raw))
    except ValueError as exc:
        raise SystemFailure("speech_failed", provider="espeak", reason=str(exc)) from exc
    samples = as_mono(sound)
    first, last = sounding_span(samples, rate) or (0, len(samples))
    marks = estimated_marks(request.text, first / rate, last / rate)
    return finish_speech(samples, rate, marks, "estimated")

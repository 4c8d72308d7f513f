"""Every speech provider that can speak here, behind the same suite."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ai_video.audio.espeak import EspeakProvider
from ai_video.audio.fake_tts import FakeServer
from ai_video.audio.gpt_sovits import GptSovitsProvider, ReferenceVoice
from ai_video.audio.kokoro import KokoroProvider
from ai_video.audio.silent import SilentProvider
from ai_video.audio.voice_files import COMMAND, find_voices
from ai_video.domain.ports import SpeechProvider


@dataclass(frozen=True)
class Speaker:
    """A provider with one voice for each language."""

    provider: SpeechProvider
    zh: str
    en: str
    is_heard: bool = True

    def voice(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


@pytest.fixture
def fake_tts() -> Iterator[FakeServer]:
    server = FakeServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["silent", "kokoro", "gpt-sovits", "espeak"])
def speaker(request: pytest.FixtureRequest) -> Speaker:
    if request.param == "silent":
        return Speaker(SilentProvider(), "silent:silent", "silent:silent", is_heard=False)
    if request.param == "kokoro":
        if find_voices() is None:
            pytest.skip(f"the voices are not there; run: {COMMAND}")
        return Speaker(KokoroProvider(), "kokoro:zf_xiaoxiao", "kokoro:af_heart")
    if request.param == "espeak":
        if shutil.which("espeak-ng") is None:
            pytest.skip("there is no program espeak-ng")
        return Speaker(EspeakProvider(), "espeak:zh_female", "espeak:en_male")
    server: FakeServer = request.getfixturevalue("fake_tts")
    voice = ReferenceVoice("/voices/a.wav", "zh", "你好")
    return Speaker(GptSovitsProvider(server.url, references=[voice]), voice.id, voice.id)

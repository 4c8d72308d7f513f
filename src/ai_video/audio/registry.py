"""The speech providers by name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ai_video.audio.casting import narrator_voice
from ai_video.audio.edge import EdgeProvider
from ai_video.audio.espeak import EspeakProvider
from ai_video.audio.gpt_sovits import read_server
from ai_video.audio.kokoro import KokoroProvider
from ai_video.audio.silent import SilentProvider
from ai_video.audio.voice_files import COMMAND, find_voices, is_offline
from ai_video.audio.voice_model import model_parts
from ai_video.domain.ports import SpeechProvider
from ai_video.errors import NotAvailable
from ai_video.settings import VoiceChoice

Lang = Literal["zh", "en"]


def build_provider(
    choice: VoiceChoice, *, offline: bool = False, gpt_sovits_file: Path | None = None
) -> SpeechProvider:
    """The provider behind a choice; `auto` is Kokoro. Never another one in its place.

    Args:
        gpt_sovits_file: TOML that names the server and its voices (`gpt_sovits.read_server`).

    Raises:
        NotAvailable: it cannot speak here; the hint says what changes that.
        InputRefused: `file_unreadable`, `gpt_sovits_file` is malformed.
    """
    if choice == "silent":
        return SilentProvider()
    if choice == "espeak":
        return EspeakProvider()
    if choice == "edge":
        return EdgeProvider(offline=offline or is_offline())
    if choice == "gpt-sovits":
        return read_server(gpt_sovits_file or Path("gpt-sovits.toml"))
    return _kokoro(offline=offline or is_offline())


def _kokoro(*, offline: bool) -> KokoroProvider:
    """Kokoro with its files, or one that fetches them when it first speaks."""
    folder = find_voices()
    if folder is None:
        if offline:
            raise NotAvailable("Kokoro", COMMAND)
        model_parts()
    return KokoroProvider(folder, offline=offline)


def default_voice(lang: Lang, gender: Literal["male", "female"] | None = None) -> str:
    """The id of the offline voice that speaks a language when nobody chose one."""
    voices = [
        voice
        for voice in KokoroProvider().voices()
        if voice.lang == lang and gender in (None, voice.gender)
    ]
    return narrator_voice(voices, lang=lang)

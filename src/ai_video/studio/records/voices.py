"""The voices there are, and a short sample of each."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ai_video.audio.wav import write_speech
from ai_video.domain.ports import SpeechProvider, SpeechRequest, Voice
from ai_video.errors import NotFound
from ai_video.studio.production.film_params import digest_of
from ai_video.studio.requests import Page
from ai_video.studio.studio import Studio

SAMPLE_TEXT = {"zh": "你好, 我来讲这个故事。", "en": "Hello, let me tell this story."}


async def list_voices(
    studio: Studio, *, lang: str | None = None, provider: str | None = None
) -> Page:
    """Every voice of the active provider (or a named one), those of one language first asked for.

    Raises:
        NotAvailable: that provider is not there.
    """
    speech = studio.speech.provider(provider or studio.settings.voice)
    return Page(
        items=[
            {
                "id": voice.id,
                "provider": speech.name,
                "lang": voice.lang,
                "gender": voice.gender,
                "label": voice.label,
            }
            for voice in speech.voices()
            if lang is None or voice.lang in (lang, "multi")
        ],
        next=None,
    )


async def sample_voice(studio: Studio, voice_id: str, *, text: str | None = None) -> Path:
    """A WAV of about two seconds; the same voice and text are spoken once.

    Raises:
        NotFound: no such voice.
    """
    speech, voice = _find(studio, voice_id)
    lang = "en" if voice.lang == "en" else "zh"
    said = text or SAMPLE_TEXT[lang]
    digest = digest_of([speech.name, speech.version, voice.id, said])
    target = studio.settings.home / "samples" / f"{digest[:32]}.wav"
    if not await asyncio.to_thread(target.is_file):
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        spoken = await speech.speak(SpeechRequest(text=said, voice=voice.id, lang=lang))
        await write_speech(spoken, target)
    return target


def _find(studio: Studio, voice_id: str) -> tuple[SpeechProvider, Voice]:
    name = voice_id.partition(":")[0]
    choices = [name] if name in ("kokoro", "espeak", "edge", "gpt-sovits", "silent") else []
    for choice in choices:
        provider = studio.speech.provider(choice)
        for voice in provider.voices():
            if voice.id == voice_id:
                return provider, voice
    raise NotFound("voice", voice_id)

"""Who makes a film's parts: the generator, the speech provider and a voice for every line."""

from __future__ import annotations

from uuid import UUID

from ai_video.audio.casting import CastMember, cast_voices
from ai_video.domain.entities import Character, Line, Project
from ai_video.domain.ports import SpeechProvider
from ai_video.storage.database import Unit
from ai_video.studio.comfyui.server_templates import comfy_drawing
from ai_video.studio.film.readings import stored_readings
from ai_video.studio.production.film_graphs import ComfyDrawing
from ai_video.studio.production.film_plan import FilmParts
from ai_video.studio.production.film_snapshot import EpisodeSnapshot
from ai_video.studio.requests import Degraded
from ai_video.studio.studio import Studio

GRAPH_VERSION = "1"
"""Raise it when the same graph would be sent differently."""


async def film_parts(
    studio: Studio, snapshot: EpisodeSnapshot
) -> tuple[FilmParts, tuple[Degraded, ...]]:
    """The parts in force for a project, and what falls short of the real thing.

    A first casting is stored on the characters, so that voices stay when others join.

    Raises:
        NotAvailable: the asked voice is not there; it is never swapped.
        InputRefused: `no_template_runs`. ServiceFailed: no known ComfyUI server answers.
    """
    settings = snapshot.project.settings
    drawing = await _drawing(studio, settings.generator)
    if drawing is None:
        said = _animatic_note(studio, settings.generator)
    else:
        said = () if drawing.makes("video") else _held_note(studio)
    provider = studio.speech.provider(settings.voice or studio.settings.voice)
    cards = studio.generators["animatic"]
    voices, speeds = await _cast(studio, snapshot, provider)
    parts = FilmParts(
        generator=cards.name if drawing is None else "comfyui",
        generator_version=cards.version if drawing is None else GRAPH_VERSION,
        provider=provider.name,
        provider_version=provider.version,
        voices=voices,
        speeds=speeds,
        cards_by=f"{cards.name} {cards.version}",
        drawing=drawing,
        readings={} if drawing is None else await stored_readings(studio, snapshot),
    )
    return parts, said


async def _drawing(studio: Studio, asked: str) -> ComfyDrawing | None:
    """How ComfyUI draws, where it is asked for or a server is known; it is never swapped."""
    if asked == "animatic" or (asked == "auto" and not await studio.servers.servers()):
        return None
    return await comfy_drawing(studio)


def _animatic_note(studio: Studio, asked: str) -> tuple[Degraded, ...]:
    if asked == "animatic":
        return ()
    message = {
        "zh": "没有连接 ComfyUI: 画面由内置的动态分镜绘制。",
        "en": "No ComfyUI server is connected: the pictures are drawn as an animatic.",
    }[studio.language]
    return (Degraded(code="generator_animatic", message=message),)


def _held_note(studio: Studio) -> tuple[Degraded, ...]:
    message = {
        "zh": "连接的 ComfyUI 没有可用的视频模型: 画面由关键帧加镜头运动而成。",
        "en": "The connected ComfyUI has no video model: shots are keyframes with a camera move.",
    }[studio.language]
    return (Degraded(code="clips_from_pictures", message=message),)


async def _cast(
    studio: Studio, snapshot: EpisodeSnapshot, provider: SpeechProvider
) -> tuple[dict[UUID, str], dict[UUID, float]]:
    """Voice ids by line, and speed factors by character."""
    known = {voice.id for voice in provider.voices()}
    lang = snapshot.project.settings.lang or "zh"
    members = [
        CastMember(
            id=str(character.id),
            name=character.name,
            gender=character.gender,
            age=character.age,
            voice=character.voice if character.voice in known else None,
        )
        for character in sorted(snapshot.characters.values(), key=lambda row: row.id)
    ]
    narrator = snapshot.project.settings.narrator_voice
    casting = cast_voices(
        members, provider.voices(), lang=lang, narrator=narrator if narrator in known else None
    )
    by_id = {UUID(member_id): voice for member_id, voice in casting.voices.items()}
    if provider.name != "silent":
        await _remember(studio, snapshot, by_id, casting.narrator)

    def voice_of(line: Line) -> str:
        if line.voice in known:
            return line.voice or casting.narrator
        if line.character_id is not None:
            return by_id.get(line.character_id, casting.narrator)
        return casting.narrator

    by_line = {
        line.id: voice_of(line) for shot in snapshot.shots for line in snapshot.lines_of(shot)
    }
    return by_line, {UUID(member_id): speed for member_id, speed in casting.speeds.items()}


async def _remember(
    studio: Studio, snapshot: EpisodeSnapshot, voices: dict[UUID, str], narrator: str
) -> None:
    """Store a first casting: only where nothing stands yet, a user's choice is never replaced."""
    new = [row.id for row in snapshot.characters.values() if row.voice is None and row.id in voices]
    if not new and snapshot.project.settings.narrator_voice is not None:
        return

    async def work(unit: Unit) -> None:
        for character_id in new:
            character = await unit.get(Character, character_id)
            if character.voice is None:
                await unit.change(character, voice=voices[character_id])
        project = await unit.get(Project, snapshot.project.id)
        if project.settings.narrator_voice is None:
            settings = project.settings.model_copy(update={"narrator_voice": narrator})
            await unit.change(project, settings=settings)

    await studio.database.write(work)

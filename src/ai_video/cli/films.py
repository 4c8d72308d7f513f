"""`make` and `render`: a text becomes a film; an edited film is brought up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import click

from ai_video.cli.caller import DoorCommand
from ai_video.cli.present import film_words
from ai_video.cli.running import Progress, answer, record_id
from ai_video.cli.values import request_of
from ai_video.domain.slots import Aspect
from ai_video.errors import UsageError
from ai_video.settings import LlmChoice, VoiceChoice
from ai_video.studio.comfyui.servers import remember_servers
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.planning.stories import read_story, story_of
from ai_video.studio.requests import MakeRequest, RenderRequest
from ai_video.studio.studio import Studio


def _choice(*values: str) -> click.Choice[str]:
    return click.Choice(values)


@click.command(cls=DoorCommand)
@click.argument("story", metavar="STORY|-")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILM.mp4")
@click.option("--project", metavar="NAME", help="Project to make it in (default: the file's name).")
@click.option("--episode", metavar="N|TITLE", help="Episode of the project.")
@click.option("--mode", type=_choice("auto", "drama", "news", "science", "narration"))
@click.option("--lang", type=_choice("auto", "zh", "en"), help="Language of the text.")
@click.option("--aspect", type=_choice(*get_args(Aspect)))
@click.option("--size", type=_choice("360p", "480p", "720p", "1080p"), help="The shorter side.")
@click.option("--fps", type=_choice("24", "25", "30"))
@click.option(
    "--length", type=click.FloatRange(min=0, min_open=True, max=4 * 3600), help="Seconds."
)
@click.option("--level", type=_choice("low", "medium", "high"), help="Consistency level.")
@click.option("--seed", type=click.IntRange(min=0, max=2**63 - 1))
@click.option("--generator", type=_choice("auto", "animatic", "comfyui"))
@click.option("--comfyui", multiple=True, metavar="URL", help="ComfyUI server; may be repeated.")
@click.option("--llm", type=_choice(*get_args(LlmChoice)), help="Who plans the shots.")
@click.option("--voice", type=_choice(*get_args(VoiceChoice)), help="Speech provider.")
@click.option(
    "--music", "music_file", type=click.Path(path_type=Path), metavar="FILE", help="Your own music."
)
@click.option("--no-music", is_flag=True)
@click.option("--until", type=_choice("script", "storyboards", "keyframes"), help="Stop there.")
@click.option("--dry-run", is_flag=True, help="Only say what would run.")
def make(
    story: str,
    output: Path | None,
    comfyui: tuple[str, ...],
    music_file: Path | None,
    no_music: bool,
    **said: Any,
) -> None:
    """Make a film of a text (.txt .md .fountain .docx, or - for standard input)."""
    if music_file is not None and no_music:
        raise UsageError("usage", reason="--music and --no-music exclude each other")
    given = {name: value for name, value in said.items() if value is not None}
    if "fps" in given:
        given["fps"] = int(given["fps"])
    told = read_story(Path(story)) if story != "-" else story_of(sys.stdin.buffer, name="")
    request = request_of(
        MakeRequest,
        **told,
        **given,
        output=_absolute(output),
        music="none" if no_music else None,
        music_file=_absolute(music_file),
    )
    progress = Progress()

    async def work(studio: Studio) -> object:
        # A later render draws on the same server without being told again.
        await remember_servers(studio, comfyui)
        return await make_film(studio, request, progress=progress)

    try:
        answer(
            work,
            film_words,
            comfyui_url=",".join(comfyui) or None,
        )
    finally:
        progress.end()


@click.command(cls=DoorCommand)
@click.argument("episode_id")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILM.mp4")
@click.option("--shots", metavar="3-7", help="Only these shots, by number.")
@click.option("--scene", type=click.IntRange(min=1), help="Only this scene, by number.")
@click.option("--until", type=_choice("keyframes"), help="Stop there.")
@click.option("--dry-run", is_flag=True, help="Only say what would run.")
def render(episode_id: str, output: Path | None, shots: str | None, **said: Any) -> None:
    """Bring an episode's film up to date: only what is not current runs."""
    request = request_of(
        RenderRequest,
        episode_id=record_id(episode_id, "episode"),
        output=_absolute(output),
        shots=shot_range(shots) if shots is not None else None,
        **said,
    )
    progress = Progress()
    try:
        answer(lambda studio: render_film(studio, request, progress=progress), film_words)
    finally:
        progress.end()


def shot_range(text: str) -> tuple[int, int]:
    """`3-7` is (3, 7), `3` is (3, 3).

    Raises:
        UsageError: no such range.
    """
    first, _, last = text.partition("-")
    try:
        found = int(first), int(last or first)
    except ValueError:
        raise UsageError("usage", reason=f"--shots {text}: write 3 or 3-7") from None
    if not 1 <= found[0] <= found[1]:
        raise UsageError("usage", reason=f"--shots {text}: write 3 or 3-7")
    return found


def _absolute(path: Path | None) -> str | None:
    return str(path.absolute()) if path is not None else None

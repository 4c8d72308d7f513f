"""`takes`, `voices` and `videos`: candidate results, who can speak, and finished films."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from ai_video.cli.caller import DoorGroup
from ai_video.cli.present import edit_words, list_words, record_words
from ai_video.cli.running import answer, record_id
from ai_video.domain.entities import Json
from ai_video.studio.film.export import write_json
from ai_video.studio.records.records import show_record
from ai_video.studio.records.videos import list_videos
from ai_video.studio.records.voices import list_voices, sample_voice
from ai_video.studio.runs import takes as verbs
from ai_video.studio.runs.candidates import MOST_CANDIDATES, CandidateKind, make_takes
from ai_video.studio.runs.likeness import likeness_of_take
from ai_video.studio.runs.take_comparison import compare_takes
from ai_video.studio.runs.take_graphs import take_nodes
from ai_video.studio.studio import Studio


@click.group(cls=DoorGroup)
def takes() -> None:
    """Candidate pictures, clips and voices: make several, compare, select, lock, add your own."""


@takes.command("list")
@click.option("--storyboard", metavar="ID", help="Of this shot.")
@click.option("--line", metavar="ID", help="Of this line.")
def list_takes(storyboard: str | None, line: str | None) -> None:
    """List takes of a shot or a line."""
    storyboard_id = record_id(storyboard, "storyboards") if storyboard else None
    line_id = record_id(line, "lines") if line else None
    answer(
        lambda studio: verbs.list_takes(studio, storyboard_id=storyboard_id, line_id=line_id),
        list_words("takes"),
    )


@takes.command()
@click.argument("id")
def show(id: str) -> None:
    """Show a take."""
    wanted = record_id(id, "takes")
    answer(lambda studio: show_record(studio, "takes", wanted), record_words)


@takes.command()
@click.argument("id")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.json")
def graph(id: str, output: Path | None) -> None:
    """Show (or write) the ComfyUI graph that a take was made with, as it was sent."""
    wanted = record_id(id, "takes")

    async def work(studio: Studio) -> Json:
        made = await verbs.take_graph(studio, wanted)
        if output is None:
            return made
        await write_json(made, output)
        return {"ok": True, "path": str(output)}

    answer(work, record_words)


@takes.command()
@click.argument("id")
def likeness(id: str) -> None:
    """Compare the faces of a picture or clip with its characters' reference pictures."""
    wanted = record_id(id, "takes")
    answer(lambda studio: likeness_of_take(studio, wanted), record_words)


@takes.command()
@click.argument("id")
def nodes(id: str) -> None:
    """Show the nodes of a take's graph, with roles and links by name, and what made the take."""
    wanted = record_id(id, "takes")
    answer(lambda studio: take_nodes(studio, wanted), record_words)


@takes.command()
@click.argument("id")
def select(id: str) -> None:
    """Use this take in the film."""
    wanted = record_id(id, "takes")
    answer(lambda studio: verbs.select_take(studio, wanted), edit_words)


@takes.command()
@click.argument("id")
def lock(id: str) -> None:
    """Use this take and keep it whatever changes."""
    wanted = record_id(id, "takes")
    answer(lambda studio: verbs.lock_take(studio, wanted), edit_words)


@takes.command()
@click.argument("id")
def unlock(id: str) -> None:
    """Let a locked take be replaced again."""
    wanted = record_id(id, "takes")
    answer(lambda studio: verbs.unlock_take(studio, wanted), edit_words)


@takes.command()
@click.argument("id", required=False)
@click.option("--storyboard", metavar="ID", help="For this shot: a picture or a clip.")
@click.option("--line", metavar="ID", help="For this line: a recorded voice.")
@click.option("--file", type=click.Path(path_type=Path), required=True, metavar="FILE")
def add(id: str | None, storyboard: str | None, line: str | None, file: Path) -> None:
    """Make your own picture, clip or recording a take (ID: a shot)."""
    shot = storyboard or (None if line else id)
    if not shot and not line:
        raise click.UsageError("name the shot (--storyboard ID) or the line (--line ID)")
    storyboard_id = record_id(shot, "storyboards") if shot else None
    line_id = record_id(line, "lines") if line else None
    answer(
        lambda studio: verbs.add_take(
            studio, storyboard_id=storyboard_id, line_id=line_id, file=file
        ),
        edit_words,
    )


@takes.command()
@click.option("--storyboard", required=True, metavar="ID", help="Of this shot.")
@click.option("--count", type=click.IntRange(1, MOST_CANDIDATES), default=3, show_default=True)
@click.option(
    "--kind",
    type=click.Choice(get_args(CandidateKind)),
    default="image",
    show_default=True,
    help="Pictures, or clips from the picture that the shot shows.",
)
def make(storyboard: str, count: int, kind: CandidateKind) -> None:
    """Draw several pictures or clips of a shot to choose from, each with another seed."""
    wanted = record_id(storyboard, "storyboards")
    answer(lambda studio: make_takes(studio, wanted, kind=kind, count=count), record_words)


@takes.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID ID...")
def compare(ids: tuple[str, ...]) -> None:
    """Show takes of one shot side by side: seeds, scores, and what differs in their graphs."""
    wanted = [record_id(id, "takes") for id in ids]
    answer(lambda studio: compare_takes(studio, wanted), record_words)


@click.group(cls=DoorGroup)
def voices() -> None:
    """Voices and samples of them."""


@voices.command("list")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Voices that speak it.")
def list_(language: str | None) -> None:
    """List voices."""
    answer(lambda studio: list_voices(studio, lang=language), list_words("voices"))


@voices.command()
@click.argument("voice")
@click.option("--text", help="What it says.")
def sample(voice: str, text: str | None) -> None:
    """Speak a short sample; prints the path of a WAV file."""

    async def spoken(studio: Studio) -> Json:
        return {"ok": True, "path": str(await sample_voice(studio, voice, text=text))}

    answer(spoken, record_words)


@click.group(cls=DoorGroup)
def videos() -> None:
    """Finished films, every version."""


@videos.command("list")
@click.option("--episode", required=True, metavar="ID")
def list_films(episode: str) -> None:
    """List an episode's films, newest first."""
    wanted = record_id(episode, "episodes")
    answer(lambda studio: list_videos(studio, wanted), list_words("videos"))

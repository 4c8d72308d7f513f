"""`episodes publish`: covers, description, film and subtitles in one folder."""

from __future__ import annotations

from pathlib import Path

import click

from ai_video.cli.caller import DoorCommand
from ai_video.cli.running import answer, record_id
from ai_video.domain.entities import Json
from ai_video.errors import Language
from ai_video.studio.film.publishing import publish_episode


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR",
    help="Folder for the files; made where it is missing.",
)  # fmt: skip
def publish(id: str, output: Path) -> None:
    """Write all that publishing needs: the film, subtitles, covers, a description."""
    wanted, folder = record_id(id, "episodes"), output.absolute()
    answer(lambda studio: publish_episode(studio, wanted, folder), publish_words)


def publish_words(document: Json, language: Language) -> str:
    """The files that were written, and a warning where the film is older than the last edit."""
    covers = document["covers"]
    assert isinstance(covers, list)
    film = document["film"]
    paths = [film["path"]] if isinstance(film, dict) else []
    paths += [row["path"] for row in covers if isinstance(row, dict)]
    lines = [str(path) for path in (*paths, document["description_path"])]
    if document["current"] is False:
        lines.append(
            {
                "zh": "成片早于最近的修改: 先 ai-video render, 再发布一次。",
                "en": "The film is older than the last edit: ai-video render, then publish again.",
            }[language]
        )
    return "\n".join(lines)

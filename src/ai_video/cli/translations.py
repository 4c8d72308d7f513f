"""`lines import-translation` and `translate`: a second language for an episode's subtitles."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from ai_video.cli.caller import DoorCommand
from ai_video.cli.running import answer, record_id
from ai_video.composition.second_language import MatchBy
from ai_video.domain.entities import Json, Lang
from ai_video.errors import InputRefused, Language
from ai_video.settings import LlmChoice
from ai_video.studio.planning.line_translation import translate_episode_lines
from ai_video.studio.records.translations import SUBTITLE_LIMIT, import_translation


@click.command("import-translation", cls=DoorCommand)
@click.argument("episode_id")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.srt")
@click.option(
    "--by", type=click.Choice(["auto", "time", "order"]), default="auto", show_default=True,
    help="Match cues to lines by their times, or one to one.",
)  # fmt: skip
def import_lines(episode_id: str, file: Path, by: MatchBy) -> None:
    """Take the subtitles' second language from a file (.srt .vtt .ass)."""
    wanted = record_id(episode_id, "episodes")
    data = _bytes_of(file)
    answer(
        lambda studio: import_translation(studio, wanted, data, name=file.name, by=by),
        translation_words,
    )


@click.command("translate", cls=DoorCommand)
@click.argument("episode_id")
@click.option("--to", type=click.Choice(get_args(Lang)), required=True, help="The second language.")
@click.option("--all", "everything", is_flag=True, help="Lines that have a translation as well.")
@click.option("--llm", type=click.Choice(get_args(LlmChoice)), help="Who translates.")
def translate(episode_id: str, to: Lang, everything: bool, llm: LlmChoice | None) -> None:
    """Let a language model write the subtitles' second language."""
    wanted = record_id(episode_id, "episodes")
    answer(
        lambda studio: translate_episode_lines(
            studio, wanted, to=to, everything=everything, llm=llm
        ),
        translated_words,
    )


def translated_words(document: Json, language: Language) -> str:
    """How many lines were translated, by whom, and why others were not."""
    lines, untranslated = document["lines"], document["untranslated"]
    assert isinstance(lines, list)
    assert isinstance(untranslated, list)
    said = {
        "zh": f"{document['llm']} 翻译了 {len(lines)} 句台词。",
        "en": f"{document['llm']} translated {len(lines)} lines.",
    }[language]
    if not untranslated:
        return said
    left = {"zh": f"{len(untranslated)} 句没有翻译", "en": f"{len(untranslated)} have none"}
    return f"{said}\n{left[language]}: {document['why']}"


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SUBTITLE_LIMIT + 1)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from exc


def translation_words(document: Json, language: Language) -> str:
    """How many lines have a second language now, and what fitted nowhere."""
    lines, untranslated = document["lines"], document["untranslated"]
    cues = document["unmatched_cues"]
    assert isinstance(lines, list)
    assert isinstance(untranslated, list)
    assert isinstance(cues, list)
    said = {
        "zh": f"{len(lines)} 句台词有了第二语言, {len(untranslated)} 句没有。",
        "en": f"{len(lines)} lines have a second language now, {len(untranslated)} have none.",
    }[language]
    if not cues:
        return said
    numbers = ", ".join(str(number) for number in cues[:20])
    more = {"zh": f"没有对上的字幕: {numbers}", "en": f"Cues that met no line: {numbers}"}[language]
    return f"{said}\n{more}"

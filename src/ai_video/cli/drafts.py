"""`write` and `drafts`: a story from an idea, accepted when the user likes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast, get_args

import click

from ai_video.cli.caller import DoorCommand
from ai_video.cli.present import film_words, record_words
from ai_video.cli.running import Progress, answer, record_id
from ai_video.cli.values import request_of
from ai_video.domain.entities import Json, Lang, Mode
from ai_video.errors import Language
from ai_video.settings import LlmChoice
from ai_video.studio.planning.draft_acceptance import accept_draft
from ai_video.studio.planning.drafts import WriteRequest, write_script, write_story
from ai_video.studio.planning.plan_script import plan_script
from ai_video.studio.planning.stories import read_story, story_of

LLM = click.Choice(get_args(LlmChoice))
KINDS: dict[Language, dict[str, str]] = {
    "zh": {"world": "世界观", "characters": "角色", "scenes": "场景"},
    "en": {"world": "world", "characters": "characters", "scenes": "scenes"},
}
_STORY_FILES = (".txt", ".md", ".fountain", ".docx")


@click.command(cls=DoorCommand)
@click.argument("idea", metavar="IDEA|FILE|-")
@click.option("--project", metavar="NAME", help="Project it is for (default: a new one).")
@click.option("--mode", type=click.Choice(get_args(Mode)), default="drama", show_default=True)
@click.option("--lang", type=click.Choice(get_args(Lang)), help="Language of the story.")
@click.option(
    "--length", type=click.FloatRange(min=0, min_open=True, max=4 * 3600), help="Seconds."
)
@click.option("--outline-only", is_flag=True, help="Stop after the outline.")
@click.option("--accept", is_flag=True, help="Take it into the project at once.")
@click.option("--again", "anew", is_flag=True, help="Another draft of the same idea.")
@click.option("--llm", type=LLM, help="Who writes.")
def write(
    idea: str,
    project: str | None,
    mode: Mode,
    lang: Lang | None,
    length: float | None,
    outline_only: bool,
    accept: bool,
    anew: bool,
    llm: LlmChoice | None,
) -> None:
    """Let a language model write a story: outline, world, characters, scenes, script."""
    request = request_of(
        WriteRequest,
        idea=_idea(idea),
        project=project,
        mode=mode,
        lang=lang,
        length=length,
        llm=llm,
        anew=anew,
    )
    progress = Progress()
    try:
        answer(
            lambda studio: write_story(
                studio, request, outline_only=outline_only, accept=accept, progress=progress
            ),
            accepted_words if accept else draft_words,
        )
    finally:
        progress.end()


def _idea(given: str) -> str:
    """The idea itself, or the text of the file that it names."""
    if given == "-":
        return story_of(sys.stdin.buffer, name="")["text"]
    path = Path(given)
    if given.endswith(_STORY_FILES) or (len(given) < 200 and "\n" not in given and path.is_file()):
        return read_story(path)["text"]
    return given


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option("--again", "anew", is_flag=True, help="Another script of the same outline.")
@click.option("--llm", type=LLM, help="Who writes.")
def script(id: str, anew: bool, llm: LlmChoice | None) -> None:
    """Write a draft's script from its outline, as it stands now."""
    wanted = record_id(id, "drafts")
    progress = Progress()
    try:
        answer(
            lambda studio: write_script(studio, wanted, llm=llm, anew=anew, progress=progress),
            draft_words,
        )
    finally:
        progress.end()


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option("--episode", metavar="ID", help="Take the script into this episode.")
def accept(id: str, episode: str | None) -> None:
    """Take a draft into its project; what the project has stays."""
    wanted = record_id(id, "drafts")
    episode_id = record_id(episode, "episodes") if episode else None
    answer(lambda studio: accept_draft(studio, wanted, episode_id=episode_id), accepted_words)


@click.command(cls=DoorCommand)
@click.argument("episode_id")
@click.option("--llm", type=LLM, help="Who plans; stored on the project.")
def plan(episode_id: str, llm: LlmChoice | None) -> None:
    """Plan the shots of an episode's newest script."""
    wanted = record_id(episode_id, "episodes")
    progress = Progress()
    try:
        answer(lambda studio: plan_script(studio, wanted, llm=llm, progress=progress), film_words)
    finally:
        progress.end()


def draft_words(document: Json, language: Language) -> str:
    """A draft to read: its outline or script, and what to do next."""
    if document["state"] == "accepted":
        return record_words(document, language)
    rows = [f"{document['title']} ({document['written_by']})"]
    rows += [str(document["logline"])] if document["logline"] else []
    people = cast("list[Json]", document["characters"])
    rows += [f"· {row['name']}: {row['description'] or row['appearance']}" for row in people]
    if document["script"]:
        rows += ["", str(document["script"]).rstrip()]
    else:
        parts = cast("list[Json]", document["outline"])
        rows += [
            f"{number}. {row['headline'] or row['scene']}: {row['happens']}"
            for number, row in enumerate(parts, start=1)
        ]
    left_out = cast("list[str]", document["left_out"])
    if left_out:
        said = {"zh": "材料里没有, 所以删去:", "en": "Left out, the material does not say it:"}
        rows += ["", said[language], *(f"  {sentence}" for sentence in left_out)]
    follow = "accept" if document["script"] else "script"
    label = {"zh": "接下来", "en": "Next"}[language]
    return "\n".join([*rows, "", f"{label}: ai-video drafts {follow} {document['id']}"])


def accepted_words(document: Json, language: Language) -> str:
    """What was added, what was there before, and what to do next."""
    titles = {"zh": ("新增", "保留原有", "接下来"), "en": ("Added", "Kept as it was", "Next")}
    added, kept, following = titles[language]
    rows: list[str] = []
    for label, key in ((added, "added"), (kept, "kept")):
        for kind, names in cast("dict[str, list[str]]", document[key]).items():
            rows.append(f"{label} {KINDS[language][kind]}: {', '.join(names)}")
    if document["episode_id"]:
        rows.append(f"{following}: ai-video storyboards plan {document['episode_id']}")
    return "\n".join(rows)

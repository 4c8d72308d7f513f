"""`translate`: a described shot becomes a ComfyUI graph; `consistency`: what is known of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast, get_args

import click
from pydantic import JsonValue

from ai_video.cli.caller import DoorCommand, caller_of
from ai_video.cli.present import table
from ai_video.cli.running import answer, print_text, until_done
from ai_video.comfyui.strict_json import parse_json, read_bytes
from ai_video.domain.entities import ConsistencyLevel, Json
from ai_video.domain.ids import read_id
from ai_video.errors import InputRefused, Language, UsageError
from ai_video.settings import LlmChoice
from ai_video.studio.comfyui.translate import (
    LINE_LIMIT,
    compact,
    translate_lines,
    translate_shot,
    with_said,
)
from ai_video.studio.comfyui.workflows import NodeSource
from ai_video.studio.production.consistency import consistency as tables
from ai_video.studio.studio import Studio

PATH = click.Path(path_type=Path)
_MOST_WORKFLOWS = 200


@click.command(cls=DoorCommand)
@click.argument("sentence", required=False)
@click.option(
    "--assets", type=PATH, metavar="FILE.json",
    help="character_assets, scene_assets, project, or a whole input object.",
)  # fmt: skip
@click.option("--output", type=click.Choice(["image", "video"]), help="A picture or a clip.")
@click.option("--level", type=click.Choice(get_args(ConsistencyLevel)), help="Consistency level.")
@click.option(
    "--workflows", type=PATH, multiple=True, metavar="FILE|DIR|ID",
    help="Use these workflows (files, or imported ones); else the shipped ones. May be repeated.",
)  # fmt: skip
@click.option("--nodes", type=PATH, metavar="FILE", help="Judged by a saved /object_info.")
@click.option("--server", metavar="URL", help="Judged by the nodes of this server.")
@click.option("--assume-models", is_flag=True, help="Take every model file to be there.")
@click.option("--llm", type=click.Choice(get_args(LlmChoice)), help="Who reads the sentence.")
@click.option(
    "--via", metavar="URL|COMMAND",
    help="Let another MCP server translate it: its address, or the command that starts it.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0, max=2**63 - 1))
@click.option(
    "--batch", type=click.Path(path_type=Path, allow_dash=True), metavar="IN.jsonl",
    help="An input object a line; an answer a line, in the same order.",
)  # fmt: skip
def translate(
    sentence: str | None,
    assets: Path | None,
    output: str | None,
    level: ConsistencyLevel | None,
    workflows: tuple[Path, ...],
    nodes: Path | None,
    server: str | None,
    assume_models: bool,
    llm: LlmChoice | None,
    via: str | None,
    seed: int | None,
    batch: Path | None,
) -> None:
    """Translate a described shot into a ComfyUI graph with its assets bound."""
    if (sentence is None) == (batch is None) and not (assets is not None and batch is None):
        raise UsageError("usage", reason="write a SENTENCE, or --batch FILE, not both")
    if nodes is not None and server is not None:
        raise UsageError("usage", reason="--nodes and --server exclude each other")
    if via is not None and (batch is not None or llm is not None):
        raise UsageError("usage", reason="--via is for one shot, and who reads it is said there")
    usual = _assets(assets) if assets is not None else {}
    said = _said(sentence, output, level, workflows)
    against = NodeSource(nodes, server)
    if batch is not None:
        _batch(batch, usual, said, against, assume_models=assume_models, llm=llm, seed=seed)
        return
    if via is not None:
        from ai_video.agent.other_translator import translate_via

        answer(
            lambda studio: translate_via(
                studio,
                with_said(usual, said),
                via,
                against=against,
                assume_models=assume_models,
                seed=seed,
            ),
            translation_words,
        )
        return
    answer(
        lambda studio: translate_shot(
            studio,
            with_said(usual, said),
            against=against,
            assume_models=assume_models,
            seed=seed,
            llm=llm,
        ),
        translation_words,
    )


def _batch(
    batch: Path,
    usual: Json,
    said: Json,
    against: NodeSource,
    *,
    assume_models: bool,
    llm: LlmChoice | None,
    seed: int | None,
) -> None:
    from ai_video.bootstrap import open_studio  # seconds of imports that --help does not need

    caller = caller_of(click.get_current_context())

    async def work(studio: Studio, lines: Iterable[bytes]) -> None:
        answers = translate_lines(
            studio,
            lines,
            usual=usual,
            said=said,
            against=against,
            assume_models=assume_models,
            seed=seed,
            llm=llm,
        )
        async for document in answers:
            print_text(compact(document) if caller.json else line_words(document, studio.language))

    async def opened() -> None:
        async with open_studio(caller.settings()) as studio:
            if str(batch) == "-":
                await work(studio, sys.stdin.buffer)
                return
            try:
                file = batch.open("rb")
            except OSError as error:
                reason = error.strerror or str(error)
                raise InputRefused("file_unreadable", path=str(batch), reason=reason) from error
            with file:
                await work(studio, file)

    until_done(opened())


def _said(
    sentence: str | None,
    output: str | None,
    level: ConsistencyLevel | None,
    workflows: tuple[Path, ...],
) -> Json:
    """What the command line says, as keys of the input object."""
    shot: Json = {}
    if sentence is not None:
        shot["description"] = sentence
    config: Json = {}
    if output is not None:
        config["output"] = output
    if level is not None:
        config["consistency_level"] = level
    if config:
        shot["generation_config"] = config
    said: Json = {"storyboard": shot} if shot else {}
    if workflows:
        said["available_workflows"] = [*_workflows(workflows)]
    return said


def _assets(path: Path) -> Json:
    raw = parse_json(read_bytes(path, limit=LINE_LIMIT), name=path.name, limit=LINE_LIMIT)
    if isinstance(raw, list):
        return {"character_assets": raw}
    if not isinstance(raw, dict):
        reason = "an object with character_assets, scene_assets, project, or a list of characters"
        raise InputRefused("translate_input_invalid", field=path.name, reason=reason)
    return raw


def _workflows(paths: tuple[Path, ...]) -> list[JsonValue]:
    """Files as workflows given with the call (of a folder every .json), ids as imported ones."""
    files: list[Path] = []
    found: list[JsonValue] = []
    for path in paths:
        if path.is_dir():
            files += sorted(path.glob("*.json"))
        elif path.exists() or read_id(str(path)) is None:
            files.append(path)
        else:
            found.append({"id": str(path)})
    if len(files) > _MOST_WORKFLOWS:
        raise UsageError("usage", reason=f"--workflows: more than {_MOST_WORKFLOWS} files")
    if not files and not found:
        raise InputRefused("file_unreadable", path=str(paths[0]), reason="no .json file in it")
    for file in files:
        document = parse_json(read_bytes(file, limit=LINE_LIMIT), name=file.name, limit=LINE_LIMIT)
        found.append(
            {"id": file.stem, "name": file.stem, "description": "", "workflow_json": document}
        )
    return found


def line_words(answered: Json, language: Language) -> str:
    """One answer of a batch in one line."""
    name = answered.get("id") or "-"
    if not answered["ok"]:
        error = cast("Json", answered["error"])
        return f"✗ {name}: {error['message']}"
    level = answered["level"] or "-"
    return f"✓ {name}: {answered['workflow_id']} · {level}"


def translation_words(answered: Json, language: Language) -> str:
    """Template, level, prompt, and all that is not as asked."""
    zh = language == "zh"
    prompt, size = cast("Json", answered["prompt"]), cast("Json", answered["parameters"])
    rows = [
        f"{'模板' if zh else 'Template'}: {answered['workflow_id']} ({answered['category']}, {answered['family']})",
        f"{'读取' if zh else 'Read by'}: {answered['translated_by']}",
        f"{'一致性' if zh else 'Consistency'}: {answered['level'] or '-'}",
        f"{'尺寸' if zh else 'Size'}: {size['width']} x {size['height']}"
        + (f", {size['length']} {'帧' if zh else 'frames'}" if size["length"] else ""),
        f"{'提示词' if zh else 'Prompt'}: {prompt['positive']}",
    ]
    if prompt["negative"]:
        rows.append(f"{'反向' if zh else 'Negative'}: {prompt['negative']}")
    for key in ("choice_reasons", "level_reasons"):
        rows += [f"· {row['message']}" for row in cast("list[Json]", answered[key])]
    for key in ("unmet", "warnings"):
        rows += [f"! {row['message']}" for row in cast("list[Json]", answered[key])]
    rows.append("--json " + ("给出完整的工作流。" if zh else "prints the graph."))
    return "\n".join(rows)


@click.command(cls=DoorCommand)
def consistency() -> None:
    """Levels of consistency, their methods and limits."""

    async def work(_: Studio) -> Json:
        return tables()

    answer(work, consistency_words)


def consistency_words(answered: Json, language: Language) -> str:
    """Three tables: levels, methods, limits."""
    heads = {
        "levels": ("name", "method", "use"),
        "methods": ("name", "for", "against", "use"),
        "limits": ("name", "detail"),
    }
    parts = [
        table(
            columns,
            [cast("Json", row[language]) for row in cast("list[Json]", answered[key])],
            language,
        )
        for key, columns in heads.items()
    ]
    return "\n\n".join(parts)

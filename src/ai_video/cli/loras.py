"""`loras`: the library of LoRA files."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from ai_video.cli.caller import DoorGroup
from ai_video.cli.present import edit_words, list_words, record_words
from ai_video.cli.records import file_chunks
from ai_video.cli.running import answer, record_id
from ai_video.cli.values import said_values
from ai_video.domain.entities import Json, LoraAsset
from ai_video.studio.film.export import copy_out
from ai_video.studio.records import loras as verbs
from ai_video.studio.records.lora_choice import select_lora_for_character
from ai_video.studio.records.loras import LoraFilter, LoraOrder, LoraStatus, LoraType
from ai_video.studio.records.records import edit_record, show_record
from ai_video.studio.studio import Studio

FILE = click.Path(path_type=Path)
TYPES = click.Choice(list(get_args(LoraType)))


@click.group(cls=DoorGroup)
def loras() -> None:
    """LoRA files: add, find, check, preview."""


@loras.command("list")
@click.option("--project", metavar="ID", help="That may be used in this project.")
@click.option("--type", "kind", type=TYPES)
@click.option("--status", type=click.Choice(list(get_args(LoraStatus))))
@click.option("--base-model", default="", help="For this family or model, such as SDXL.")
@click.option("--tag", "tags", multiple=True, help="With this tag; several: with all of them.")
@click.option("--text", default="", help="With this text in name, words, tags or description.")
@click.option("--archived", is_flag=True, help="Archived ones too.")
@click.option(
    "--order", type=click.Choice(list(get_args(LoraOrder))), default="created", show_default=True
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--cursor", help="`next` of the page before.")
def list_(
    project: str | None,
    kind: LoraType | None,
    status: LoraStatus | None,
    base_model: str,
    tags: tuple[str, ...],
    text: str,
    archived: bool,
    order: LoraOrder,
    limit: int,
    cursor: str | None,
) -> None:
    """List LoRAs."""
    wanted = LoraFilter(
        project_id=record_id(project, "projects") if project else None,
        type=kind,
        status=status,
        base_model=base_model,
        tags=tuple(tag for said in tags for tag in said.split(",")),
        text=text,
        archived=archived,
    )
    answer(
        lambda studio: verbs.list_loras(studio, wanted, order=order, limit=limit, cursor=cursor),
        list_words("loras"),
    )


@loras.command()
@click.argument("file", type=FILE)
@click.option("--project", metavar="ID", help="For this project (default: for all).")
@click.option("--name", help="Its name (default: the file's).")
@click.option("--type", "kind", type=TYPES, help="What it holds (default: character).")
@click.option("--base-model", help="What it was trained for (default: as the file shows).")
@click.option("--trigger", "triggers", multiple=True, help="A trigger word; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be repeated.")
@click.option("--weight", type=float, help="Recommended weight (default: 0.8).")
@click.option("--weight-range", nargs=2, type=float, metavar="MIN MAX", help="Default: 0.3 1.0.")
@click.option("--set", "said", multiple=True, metavar="KEY=VALUE", help="Any other value.")
def add(
    file: Path,
    project: str | None,
    name: str | None,
    kind: LoraType | None,
    base_model: str | None,
    triggers: tuple[str, ...],
    tags: tuple[str, ...],
    weight: float | None,
    weight_range: tuple[float, float] | None,
    said: tuple[str, ...],
) -> None:
    """Add a .safetensors LoRA; what is not said comes from the file."""
    given: Json = {
        "name": name,
        "type": kind,
        "base_model": base_model,
        "trigger_words": list(triggers) or None,
        "tags": list(tags) or None,
        "recommended_weight": weight,
    }
    values = {key: value for key, value in given.items() if value is not None}
    if weight_range is not None:
        values["weight_range"] = {"min": weight_range[0], "max": weight_range[1]}
    values |= said_values(LoraAsset, said)
    project_id = record_id(project, "projects") if project else None
    answer(
        lambda studio: verbs.add_lora(
            studio, file_chunks(file), file_name=file.name, project_id=project_id, values=values
        ),
        record_words,
    )


@loras.command()
@click.argument("id")
def show(id: str) -> None:
    """Show a LoRA: base model with evidence, trigger words, weights, who uses it."""
    wanted = record_id(id, "lora")
    answer(lambda studio: show_record(studio, "loras", wanted), record_words)


@loras.command()
@click.argument("id")
@click.option("--set", "said", required=True, multiple=True, metavar="KEY=VALUE", help="A value.")
def edit(id: str, said: tuple[str, ...]) -> None:
    """Edit a LoRA."""
    wanted, changes = record_id(id, "lora"), said_values(LoraAsset, said)
    answer(lambda studio: edit_record(studio, "loras", wanted, changes), edit_words)


@loras.command()
@click.argument("id")
@click.option("--force", is_flag=True, help="Also where characters use it.")
def delete(id: str, force: bool) -> None:
    """Delete a LoRA and its file."""
    wanted = record_id(id, "lora")
    answer(lambda studio: verbs.delete_lora(studio, wanted, force=force), edit_words)


@loras.command()
@click.argument("id")
def archive(id: str) -> None:
    """Hide a LoRA from lists and new use."""
    wanted = record_id(id, "lora")
    answer(lambda studio: verbs.archive_lora(studio, wanted), record_words)


@loras.command()
@click.argument("id")
def restore(id: str) -> None:
    """Bring an archived LoRA back."""
    wanted = record_id(id, "lora")
    answer(lambda studio: verbs.restore_lora(studio, wanted), record_words)


@loras.command()
@click.argument("id")
@click.argument("file", type=FILE)
def preview(id: str, file: Path) -> None:
    """Add a picture of what a LoRA does."""
    wanted = record_id(id, "lora")
    answer(
        lambda studio: verbs.add_preview(studio, wanted, file_chunks(file), name=file.name),
        record_words,
    )


@loras.command()
@click.argument("id")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE")
def save(id: str, output: Path) -> None:
    """Save a LoRA's file outside the data folder."""
    wanted, target = record_id(id, "lora"), output.absolute()

    async def saved(studio: Studio) -> Json:
        path, _, sha256 = await verbs.open_lora(studio, wanted)
        await copy_out(path, target)
        return {"ok": True, "path": str(target), "sha256": sha256}

    answer(saved, record_words)


@loras.command()
@click.argument("id")
def check(id: str) -> None:
    """Read a LoRA's file again and compare size, MD5 and sha256 (exit 6 when they differ)."""
    wanted = record_id(id, "lora")
    answer(lambda studio: verbs.check_lora(studio, wanted), record_words, not_ok=6)


@loras.command()
@click.argument("id")
@click.argument("base_model")
@click.option("--hash", "base_model_hash", default="", help="sha256 of that model file, if known.")
def fits(id: str, base_model: str, base_model_hash: str) -> None:
    """Does a LoRA fit BASE_MODEL (sdxl, "SD 1.5", wan22 …)? Exit 6 when it does not."""
    wanted = record_id(id, "lora")
    answer(
        lambda studio: verbs.lora_fits(
            studio, wanted, base_model=base_model, base_model_hash=base_model_hash
        ),
        record_words,
        not_ok=6,
    )


@loras.command()
@click.argument("character_id")
@click.option("--base-model", required=True, metavar="NAME", help='sdxl, "Wan 2.2 14B" …')
@click.option("--assign", is_flag=True, help="Make it the character's LoRA from now on.")
def select(character_id: str, base_model: str, assign: bool) -> None:
    """Pick the LoRA that is of a character and fits a base model, and say why."""
    wanted = record_id(character_id, "character")
    answer(
        lambda studio: select_lora_for_character(
            studio, wanted, base_model=base_model, assign=assign
        ),
        record_words,
    )

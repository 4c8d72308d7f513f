"""Templates of ComfyUI's official package: find one, and keep it as a template of one's own."""

from __future__ import annotations

import asyncio

from ai_video.comfyui.official_templates import official_templates, official_workflow
from ai_video.domain.entities import Json
from ai_video.studio.comfyui.workflows import Category, NodeSource, import_workflow
from ai_video.studio.studio import Studio


async def list_official(studio: Studio, *, words: str = "", paid: bool = False) -> Json:
    """The official templates whose name, title, description, tags or models hold all the words.

    Args:
        paid: also those with a node that asks a paid service.

    Raises:
        NotAvailable: the package is not installed.
    """
    found = await asyncio.to_thread(official_templates, studio.language)
    wanted = words.casefold().split()
    items: list[Json] = []
    for each in found:
        told = " ".join((each.name, each.title, each.description, *each.tags, *each.models))
        if (each.is_local or paid) and all(word in told.casefold() for word in wanted):
            items.append(each.model_dump(mode="json"))
    return {"items": [*items], "next": None}


async def import_official(
    studio: Studio,
    template: str,
    *,
    name: str | None = None,
    category: Category | None = None,
    against: NodeSource | None = None,
) -> Json:
    """Keep an official template, under its own name where no other is said.

    Raises:
        NotAvailable: the package is not installed.
        InputRefused: `official_template_unknown`; it cannot be converted with these nodes.
    """
    data = await asyncio.to_thread(official_workflow, template)
    return await import_workflow(
        studio,
        data,
        name=name or template,
        category=category,
        against=against or NodeSource(),
    )

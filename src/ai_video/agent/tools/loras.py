"""LoRAs: find them, and pick one for a character."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ai_video.agent.tool import Arguments, Desk, Words, tool
from ai_video.agent.tools.answers import PAGES, SHOWN, Paged
from ai_video.studio.records import loras
from ai_video.studio.records.lora_choice import LoraChoice
from ai_video.studio.records.lora_choice import select_lora_for_character as select
from ai_video.studio.records.loras import LoraFilter, LoraType
from ai_video.studio.records.records import show_record


class ListLoras(Paged):
    project_id: UUID | None = Field(default=None, description="its own and the global ones")
    type: LoraType | None = None
    base_model: str = Field(default="", max_length=200, description="family or name: SDXL, Wan 2.2")
    tags: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[], max_length=50, description="all of them"
    )
    text: str = Field(default="", max_length=200, description="in names, trigger words, tags")


@tool(
    ListLoras,
    PAGES["loras"],
    Words(
        "列出 LoRA",
        "List LoRAs",
        "列出可用的 LoRA 资产, 可按项目、类型、基础模型、标签筛选。",
        "List the LoRAs there are, by project, type, base model, tags or text.",
    ),
)
async def list_loras(desk: Desk, said: ListLoras) -> object:
    wanted = LoraFilter(
        project_id=said.project_id,
        type=said.type,
        base_model=said.base_model,
        tags=tuple(said.tags),
        text=said.text,
    )
    return await loras.list_loras(desk.studio, wanted, limit=said.limit, cursor=said.cursor)


class LoraId(Arguments):
    lora_id: UUID


@tool(
    LoraId,
    SHOWN["loras"],
    Words(
        "LoRA 详情",
        "Show a LoRA",
        "获取 LoRA 详细信息, 包括触发词和推荐权重。",
        "Everything about one LoRA, with its trigger words and recommended weight.",
    ),
)
async def get_lora_info(desk: Desk, said: LoraId) -> object:
    return await show_record(desk.studio, "loras", said.lora_id)


class SelectLora(Arguments):
    character_id: UUID
    base_model: str = Field(min_length=1, max_length=200, description="sdxl, flux, Wan 2.2 14B …")
    assign: bool = Field(default=False, description="make it the character's LoRA from now on")


@tool(
    SelectLora,
    LoraChoice,
    Words(
        "为角色选 LoRA",
        "Pick a LoRA for a character",
        "为角色自动选择合适的 LoRA: 只选属于这个角色的 (已指定, 或名称、触发词、标签、文件名里有角色的名字), 并且适合基础模型。",
        "Pick the LoRA that is of a character (assigned, or naming it in name, trigger words, tags or file name) "
        "and fits a base model. Nobody else's LoRA is picked.",
    ),
    effect="changes",
    rehearsable=True,
    reads_if=lambda arguments: arguments.get("assign") in (None, False),
)  # fmt: skip
async def select_lora_for_character(desk: Desk, said: SelectLora) -> object:
    return await select(
        desk.studio, said.character_id, base_model=said.base_model, assign=said.assign
    )

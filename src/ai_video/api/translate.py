"""A described shot becomes a graph; what is known of consistency."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response
from pydantic import JsonValue

from ai_video.api.answers import OpenDocument, answered, documented
from ai_video.api.live import StudioHere
from ai_video.domain.entities import Json
from ai_video.settings import LlmChoice
from ai_video.studio.comfyui.translate import translate_shot
from ai_video.studio.comfyui.workflows import NodeSource
from ai_video.studio.production.consistency import consistency
from ai_video.translator.answer import Answer

_EXAMPLE: Json = {
    "storyboard": {
        "description": "小明站在雨中，忧郁地看着远方，电影感",
        "characters": ["c1"],
        "generation_config": {"output": "image"},
    },
    "character_assets": [{"id": "c1", "name": "小明", "reference_images": ["a1"]}],
    "available_workflows": ["*"],
}


class ConsistencyTables(OpenDocument):
    ok: bool
    levels: list[Json]
    methods: list[Json]
    limits: list[Json]
    families: list[Json]


def translate_routes() -> APIRouter:
    router = APIRouter(tags=["translate"])

    @router.post("/translate", responses=documented(Answer, 502), operation_id="translate_shot")
    async def translate(
        studio: StudioHere,
        body: Annotated[
            dict[str, JsonValue],
            Body(
                description="The shot, the assets and workflows it may use: docs/reference/translate.md",
                examples=[_EXAMPLE],
            ),
        ],
        seed: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
        server: Annotated[
            str | None, Query(max_length=2000, description="judged by the nodes of this server")
        ] = None,
        assume_models: Annotated[
            bool, Query(description="take every model file to be there")
        ] = False,
        llm: Annotated[
            LlmChoice | None, Query(description="who reads it; else what settings say")
        ] = None,
    ) -> Response:
        return answered(
            await translate_shot(
                studio,
                body,
                against=NodeSource(server=server),
                assume_models=assume_models,
                seed=seed,
                llm=llm,
            )
        )

    @router.get("/consistency", responses=documented(ConsistencyTables), operation_id="consistency")
    async def tables() -> Response:
        return answered(consistency())

    return router

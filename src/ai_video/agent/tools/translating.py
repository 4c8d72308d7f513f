"""The plan's `translate_storyboard`, with a studio or without one."""

from __future__ import annotations

from pydantic import Field

from ai_video.agent.tool import Arguments, Call, Desk, Tool, Words, read
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused, Language
from ai_video.settings import LlmChoice, Settings
from ai_video.studio.comfyui.translate import translate_alone, translate_shot
from ai_video.translator.answer import Answer
from ai_video.translator.request import TranslateRequest
from ai_video.translator.translate import refusal


class Beside(Arguments):
    """What may be said beside the input object."""

    seed: int | None = Field(default=None, ge=0, le=2**63 - 1, description="else made of the words")
    assume_models: bool = Field(default=False, description="take every model file to be there")
    llm: LlmChoice | None = Field(default=None, description="who reads it; else what settings say")


class TranslateArguments(Beside, TranslateRequest):
    """The shot, and the assets and workflows it may use; unknown keys are told, not refused."""


async def _translate(desk: Desk, arguments: Json) -> Json:
    raw, beside = _apart(arguments)
    return await translate_shot(
        desk.studio,
        raw,
        assume_models=beside.assume_models,
        seed=beside.seed,
        llm=beside.llm,
    )


def translating_alone(settings: Settings) -> Call:
    """The same where no studio is open: no data folder is made, nothing is written."""

    async def call(arguments: Json) -> Json:
        raw, beside = _apart(arguments)
        return await translate_alone(
            raw,
            assume_models=beside.assume_models,
            seed=beside.seed,
            llm=beside.llm or settings.llm,
        )

    return call


def _apart(arguments: Json) -> tuple[Json, Beside]:
    said = {name: arguments[name] for name in Beside.model_fields if name in arguments}
    return {name: arguments[name] for name in arguments if name not in said}, read(Beside, said)


def _refused(arguments: Json, error: InputRefused, language: Language) -> Json:
    return refusal(arguments, error, language).model_dump(mode="json")


translate_storyboard = Tool(
    name="translate_storyboard",
    words=Words(
        title_zh="翻译分镜",
        title_en="Translate a shot",
        zh=(
            "将分镜描述翻译为 ComfyUI workflow_json: 选模板, 写提示词, 绑定角色的 LoRA、参考图、脸和场景的控制图, "
            "并按节点列表校验。available_workflows 写 [\"*\"] 表示全部内置模板, 也可以给 {category, family} 或 "
            "{id, name, description, workflow_json}。没能照办的写在 unmet 和 warnings 里, 要告诉用户。"
        ),
        en=(
            "Translate a described shot into a ComfyUI workflow_json: a template is chosen, prompts are written, "
            "the characters' LoRAs, reference images and faces and the scene's control images are bound, and the "
            "graph is validated against a node list. available_workflows: [\"*\"] for every shipped template, or "
            "{category, family}, or {id, name, description, workflow_json}. What was asked for and could not be "
            "done stands in unmet and warnings: tell the person."
        ),
    ),
    takes=TranslateArguments,
    gives=Answer,
    run=_translate,
    core=True,
    large=True,
    refusal=_refused,
)  # fmt: skip

"""ComfyUI workflows: find, read, check and import them; which servers there are."""

from __future__ import annotations

import json
from uuid import UUID

from pydantic import Field, JsonValue

from ai_video.agent.tool import Arguments, Desk, Words, tool
from ai_video.agent.tools.answers import Id, Rows
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused
from ai_video.studio.comfyui import servers, workflows
from ai_video.studio.comfyui.workflows import Category
from ai_video.studio.records.document_models import OpenDocument


class ListWorkflows(Arguments):
    category: Category | None = None
    purpose: str | None = Field(default=None, max_length=200)
    family: str | None = Field(default=None, max_length=200)
    tag: str | None = Field(default=None, max_length=200)


@tool(
    ListWorkflows,
    Rows,
    Words(
        "列出工作流",
        "List workflows",
        "列出导入的工作流模板。",
        "List the workflow templates that were imported.",
    ),
)
async def list_workflows(desk: Desk, said: ListWorkflows) -> object:
    return await workflows.list_workflows(
        desk.studio,
        category=said.category,
        purpose=said.purpose,
        family=said.family,
        tag=said.tag,
    )


class WorkflowDocument(OpenDocument):
    ok: bool
    id: UUID | None
    name: str
    category: str
    purpose: str
    family: str | None
    input_schema: list[Json]
    required_nodes: list[Json]
    required_models: list[Json]
    unresolved: list[Json]
    workflow_json: Json


@tool(
    Id,
    WorkflowDocument,
    Words(
        "查看工作流",
        "Show a workflow",
        "一个工作流: 参数, 需要的节点和模型, workflow_json。",
        "A workflow: its parameters, the nodes and models it needs, and its workflow_json.",
    ),
    large=True,
)
async def get_workflow(desk: Desk, said: Id) -> object:
    return await workflows.workflow_roles(desk.studio, said.id)


class ImportWorkflow(Arguments):
    name: str = Field(min_length=1, max_length=200)
    workflow_json: Json = Field(description="in API format or as ComfyUI's editor saves it")
    category: Category | None = None


@tool(
    ImportWorkflow,
    WorkflowDocument,
    Words(
        "导入工作流",
        "Import a workflow",
        "把 ComfyUI 工作流存为模板; 同名同图是同一个。",
        "Keep a ComfyUI workflow as a template; the same graph under the same name is the same one.",
    ),
    effect="adds",
    large=True,
)
async def import_workflow(desk: Desk, said: ImportWorkflow) -> object:
    return await workflows.import_workflow(
        desk.studio, _bytes(said.workflow_json), name=said.name, category=said.category
    )


class CheckWorkflow(Arguments):
    """`id` of a template, or a `workflow_json`."""

    id: UUID | None = None
    workflow_json: Json | None = None
    assume_models: bool = Field(default=False, description="take every model file to be there")


class WorkflowCheck(OpenDocument):
    ok: bool
    valid: bool
    errors: list[Json]
    missing_nodes: list[Json]
    missing_models: list[Json]


@tool(
    CheckWorkflow,
    WorkflowCheck,
    Words(
        "检查工作流",
        "Check a workflow",
        "ComfyUI 会不会接受, 缺哪些节点和模型; 每个错误带修改办法。",
        "Would ComfyUI take it, and which nodes and models are missing? Every error says how to mend it.",
    ),
)
async def check_workflow(desk: Desk, said: CheckWorkflow) -> object:
    if (said.id is None) == (said.workflow_json is None):
        reason = "give an id or a workflow_json, one of the two"
        raise InputRefused("invalid_value", field="id", reason=reason)
    source = said.id or _bytes(said.workflow_json)
    return await workflows.check_workflow(desk.studio, source, assume_models=said.assume_models)


def _bytes(document: JsonValue) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


@tool(
    Arguments,
    Rows,
    Words(
        "列出 ComfyUI 服务器",
        "List ComfyUI servers",
        "列出已知的 ComfyUI 服务器和上次检查的结果。",
        "List the known ComfyUI servers with what their last check found.",
    ),
)
async def list_servers(desk: Desk, said: Arguments) -> object:
    return await servers.list_servers(desk.studio)

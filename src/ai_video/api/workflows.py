"""ComfyUI workflows and servers."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ai_video.api.answers import Done, OpenDocument, answered, documented, shown
from ai_video.api.live import StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.api.records import deleting, editing
from ai_video.domain.entities import ComfyServer, Json
from ai_video.settings import LlmChoice
from ai_video.studio.comfyui import official_workflows, servers, workflows
from ai_video.studio.comfyui.server_templates import preflight_server
from ai_video.studio.comfyui.servers import ServerKind
from ai_video.studio.comfyui.workflows import Category, NodeSource
from ai_video.studio.runs import workflow_runs

Word = Annotated[str | None, Query(max_length=200)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WorkflowBody(Body):
    """A workflow as a file holds it, in API format or as ComfyUI's editor saves it."""

    workflow: JsonValue
    name: str | None = Field(default=None, max_length=200)
    category: Category | None = None
    server: str | None = Field(default=None, description="judged by the nodes of this server")

    @property
    def data(self) -> bytes:
        return json.dumps(self.workflow, ensure_ascii=False).encode("utf-8", "surrogatepass")


class OfficialBody(Body):
    """A template of ComfyUI's official package, by its name."""

    template: str = Field(min_length=1, max_length=200)
    name: str | None = Field(default=None, max_length=200)
    category: Category | None = None
    server: str | None = Field(default=None, description="judged by the nodes of this server")


class CheckBody(Body):
    """`id` of a template, or a `workflow` as a file holds it."""

    id: UUID | None = None
    workflow: JsonValue = None
    server: str | None = None
    assume_models: bool = False


class BindBody(Body):
    role: str
    place: str = Field(description="NODE.INPUT")


class ProposeBody(Body):
    """Who is asked about roles that rules cannot tell."""

    llm: LlmChoice = "auto"


class RunBody(Body):
    """`values` by the names of the input schema; a file's value is the id of an asset."""

    values: dict[str, JsonValue] = {}
    preset: str | None = None
    server: str | None = None
    wait: bool = False


class Workflow(OpenDocument):
    ok: bool
    id: UUID | None
    name: str
    category: str
    purpose: str
    family: str | None
    source_format: str
    input_schema: list[Json]
    outputs: list[Json]
    required_nodes: list[Json]
    required_models: list[Json]
    unresolved: list[Json]
    workflow_json: Json
    proposals: list[Json] = Field(default_factory=list[Json])


class WorkflowSummary(OpenDocument):
    id: UUID
    name: str
    category: str
    purpose: str
    family: str | None


class WorkflowList(OpenDocument):
    items: list[WorkflowSummary]
    next: None


class OfficialTemplate(OpenDocument):
    name: str
    title: str
    description: str
    tags: list[str]
    models: list[str]
    size_bytes: int
    is_local: bool = Field(description="no node of it asks a paid service")


class OfficialTemplates(OpenDocument):
    items: list[OfficialTemplate]
    next: None


class WorkflowCheck(OpenDocument):
    ok: bool
    valid: bool
    errors: list[Json]
    missing_nodes: list[Json]
    missing_models: list[Json]


class WorkflowRun(OpenDocument):
    ok: bool
    dag_id: UUID
    task_id: UUID
    status: str


class RunPage(OpenDocument):
    items: list[Json]
    next: str | None


class ServerBody(Body):
    """A server; its restart command is set on the command line only, for it runs here."""

    url: str = Field(max_length=2000)
    kind: ServerKind | None = None
    headers: dict[str, str] = {}
    verify_tls: bool = True
    cost_per_hour: float | None = Field(default=None, ge=0)
    currency: str = "CNY"
    unchecked: bool = False


class ServerAddressBody(Body):
    url: str = Field(max_length=2000)


class ServerReport(OpenDocument):
    ok: bool
    url: str
    version: str | None
    reachable: bool
    missing_nodes: list[Json]
    vram_free_mb: int | None


ServerDocument = shown(ComfyServer)


class ServerList(OpenDocument):
    items: list[ServerDocument]  # pyright: ignore[reportInvalidTypeForm]  made from the entity
    next: None


def workflow_routes() -> APIRouter:
    router = APIRouter(prefix="/workflows", tags=["workflows"])

    @router.get("", responses=documented(WorkflowList), operation_id="list_workflows")
    async def list_(
        studio: StudioHere,
        category: Category | None = None,
        purpose: Word = None,
        family: Word = None,
        tag: Word = None,
    ) -> Response:
        return answered(
            await workflows.list_workflows(
                studio, category=category, purpose=purpose, family=family, tag=tag
            )
        )

    @router.post(
        "/import",
        status_code=201,
        responses=documented(Workflow, 409, 502, status=201, description="Created"),
        operation_id="import_workflow",
    )
    async def import_(studio: StudioHere, body: WorkflowBody) -> Response:
        made = await workflows.import_workflow(
            studio,
            body.data,
            name=body.name or "workflow",
            category=body.category,
            against=NodeSource(server=body.server),
        )
        return answered(made, 201)

    @router.get(
        "/official", responses=documented(OfficialTemplates), operation_id="list_official_templates"
    )
    async def official(studio: StudioHere, words: Word = None, paid: bool = False) -> Response:
        return answered(
            await official_workflows.list_official(studio, words=words or "", paid=paid)
        )

    @router.post(
        "/official",
        status_code=201,
        responses=documented(Workflow, 404, 409, 502, status=201, description="Created"),
        operation_id="import_official_template",
    )
    async def import_official(studio: StudioHere, body: OfficialBody) -> Response:
        made = await official_workflows.import_official(
            studio,
            body.template,
            name=body.name,
            category=body.category,
            against=NodeSource(server=body.server),
        )
        return answered(made, 201)

    @router.post("/roles", responses=documented(Workflow, 502), operation_id="workflow_roles")
    async def roles(studio: StudioHere, body: WorkflowBody) -> Response:
        return answered(
            await workflows.workflow_roles(
                studio,
                body.data,
                name=body.name,
                category=body.category,
                against=NodeSource(server=body.server),
            )
        )

    @router.post("/check", responses=documented(WorkflowCheck, 502), operation_id="check_workflow")
    async def check(studio: StudioHere, body: CheckBody) -> Response:
        data = json.dumps(body.workflow, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return answered(
            await workflows.check_workflow(
                studio,
                body.id or data,
                against=NodeSource(server=body.server),
                assume_models=body.assume_models,
            )
        )

    @router.get("/{id}", responses=documented(Workflow), operation_id="show_workflow")
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await workflows.workflow_roles(studio, id))

    @router.post(
        "/{id}/roles",
        responses=documented(Workflow, 402, 502, 503, 504),
        operation_id="propose_roles",
    )
    async def propose(studio: StudioHere, id: UUID, body: ProposeBody) -> Response:
        return answered(await workflows.workflow_roles(studio, id, llm=body.llm))

    @router.post("/{id}/bind", responses=documented(Workflow, 409), operation_id="bind_role")
    async def bind(studio: StudioHere, id: UUID, body: BindBody) -> Response:
        return answered(await workflows.bind_role(studio, id, body.role, body.place))

    @router.get("/{id}/runs", responses=documented(RunPage), operation_id="workflow_runs")
    async def runs(
        studio: StudioHere, id: UUID, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return answered(await workflow_runs.workflow_runs(studio, id, limit=limit, cursor=cursor))

    @router.post(
        "/{id}/test-run", responses=documented(WorkflowRun, 409), operation_id="run_workflow"
    )
    async def test_run(studio: StudioHere, id: UUID, body: RunBody) -> Response:
        return answered(
            await workflow_runs.run_workflow(
                studio,
                id,
                values=body.values,
                preset=body.preset,
                server=body.server,
                wait=body.wait,
            )
        )

    router.include_router(editing("workflows", prefix=""))
    router.include_router(deleting("workflows", prefix=""))
    return router


def server_routes() -> APIRouter:
    router = APIRouter(prefix="/servers", tags=["servers"])

    @router.get("", responses=documented(ServerList), operation_id="list_servers")
    async def list_(studio: StudioHere) -> Response:
        return answered(await servers.list_servers(studio))

    @router.get(
        "/preflight", responses=documented(OpenDocument, 502), operation_id="preflight_server"
    )
    async def preflight(
        studio: StudioHere, url: Annotated[str, Query(max_length=2000)]
    ) -> Response:
        return answered(await preflight_server(studio, url))

    @router.post(
        "",
        status_code=201,
        responses=documented(ServerReport, 409, 502, status=201, description="Created"),
        operation_id="add_server",
    )
    async def add(studio: StudioHere, body: ServerBody) -> Response:
        added = await servers.add_server(
            studio,
            body.url,
            kind=body.kind,
            headers=body.headers,
            verify_tls=body.verify_tls,
            cost_per_hour=body.cost_per_hour,
            currency=body.currency,
            unchecked=body.unchecked,
        )
        return answered(added, 201)

    @router.post("/check", responses=documented(ServerReport), operation_id="check_server")
    async def check(studio: StudioHere, body: ServerAddressBody) -> Response:
        return answered(await servers.check_server(studio, body.url))

    @router.delete("/{id}", responses=documented(Done, 409), operation_id="remove_server")
    async def remove(studio: StudioHere, id: UUID) -> Response:
        return answered(await servers.remove_server(studio, str(id)))

    return router

"""ComfyUI servers: add, list, check and remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from pydantic import JsonValue

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.packs import pack_of
from ai_video.domain.entities import ComfyServer, ComfyWorkflow, Json
from ai_video.domain.ids import read_id
from ai_video.errors import AiVideoError, InputRefused, Language, NotFound, ServiceFailed
from ai_video.storage.database import Unit, now
from ai_video.studio.production.server_pool import place_of, unknown_server
from ai_video.studio.record_kinds import STAMPS
from ai_video.studio.studio import Studio

ServerKind = Literal["local", "lan", "rented"]
SECRET = "•••"
MB = 2**20


async def add_server(
    studio: Studio,
    url: str,
    *,
    kind: ServerKind | None = None,
    headers: Mapping[str, str] | None = None,
    verify_tls: bool = True,
    restart_command: Sequence[str] | None = None,
    cost_per_hour: float | None = None,
    currency: str = "CNY",
    unchecked: bool = False,
) -> Json:
    """Remember a server after it has answered; the same address again changes what is said of it.

    Raises:
        InputRefused: `invalid_value`, it is no address; `server_not_local`.
        ServiceFailed: `server_no_answer`; with `unchecked` it is added all the same.
    """
    base = ServerAddress(url).base
    wanted = ComfyServer.fresh(
        url=base,
        kind=kind or cast("ServerKind", place_of(base)),
        headers=dict(headers or {}),
        verify_tls=verify_tls,
        restart_command=tuple(restart_command or ()),
        cost_per_hour=cost_per_hour,
        currency=currency,
    )
    report = await _report(studio, wanted)
    if not report["reachable"] and not unchecked:
        raise ServiceFailed("server_no_answer", url=base, reason=str(report["error"]))

    async def work(unit: Unit) -> ComfyServer:
        same: list[ComfyServer] = await unit.find(ComfyServer, url=base, limit=1)
        known = {"capabilities": report["capabilities"], "health": report["health"]}
        if not same:
            return await unit.add(wanted.model_copy(update=known))
        unsaid = {"restart_command"} if restart_command is None else set[str]()
        unsaid |= {"headers"} if headers is None else set[str]()
        changes = wanted.model_dump(exclude={*STAMPS, "url", *unsaid}) | known
        return await unit.change(same[0], **changes)

    stored = await studio.database.write(work)
    return {"ok": True, "item": server_document(stored), **_shown(report)}


async def remember_servers(studio: Studio, urls: Sequence[str]) -> None:
    """Keep servers that a command named, as options of a film are kept; unchecked.

    Raises:
        InputRefused: `invalid_value`, one is no address.
    """
    bases = [ServerAddress(url).base for url in urls]

    async def work(unit: Unit) -> None:
        for base in bases:
            if not await unit.find(ComfyServer, url=base, limit=1):
                await unit.add(unknown_server(base))

    if bases:
        await studio.database.write(work)


async def list_servers(studio: Studio) -> Json:
    """Every known server with what its last check found."""
    items: list[JsonValue] = [server_document(server) for server in await studio.servers.servers()]
    return {"items": items, "next": None}


async def check_server(studio: Studio, url: str) -> Json:
    """Ask a server now; `ok` is false when it does not answer.

    Raises:
        InputRefused: it is no address, or not local.
    """
    server = await studio.servers.named(url)
    report = await _report(studio, server)
    await _remember(studio, server, report)
    return {"ok": report["reachable"], **_shown(report)}


async def check_servers(studio: Studio) -> list[Json]:
    """A check of every known server, for `doctor`."""
    return [_shown(await _report(studio, server)) for server in await studio.servers.servers()]


async def remove_server(studio: Studio, url: str) -> Json:
    """Forget a server; what it made stays.

    Raises:
        NotFound: no such server. InputRefused: `server_from_settings`.
    """
    id = read_id(url)
    base = ServerAddress(url).base if id is None else None
    named = {server.url for server in await studio.servers.servers()}

    async def work(unit: Unit) -> None:
        found: list[ComfyServer] = (
            await unit.find(ComfyServer, id=id, limit=1)
            if id is not None
            else await unit.find(ComfyServer, url=base, limit=1)
        )
        if found:
            await unit.remove(ComfyServer, found[0].id)
        elif base in named:
            raise InputRefused("server_from_settings", url=str(base))
        else:
            raise NotFound("server", url)

    await studio.database.write(work)
    return {"ok": True}


def server_document(server: ComfyServer) -> Json:
    """A server as it is shown: names of headers, not what they say."""
    shown = server.model_dump(mode="json")
    shown["headers"] = dict.fromkeys(server.headers, SECRET)
    return shown


async def server_nodes(studio: Studio, url: str) -> NodeList:
    """The node list of a server, read anew.

    Raises:
        ServiceFailed: `server_no_answer`. InputRefused: no address.
    """
    server = await studio.servers.named(url)
    try:
        return await studio.servers.client(server).node_list(refresh=True)
    except InputRefused:
        raise
    except AiVideoError as failure:
        raise no_answer(server.url, failure, studio.language) from failure


def no_answer(url: str, failure: AiVideoError, language: Language) -> ServiceFailed:
    """The error that says: a ComfyUI server cannot be reached or used, and why."""
    return ServiceFailed("server_no_answer", url=url, reason=failure.message(language))


async def _report(studio: Studio, server: ComfyServer) -> Json:
    client = studio.servers.client(server)
    try:
        stats = await client.system_stats()
        nodes = await client.node_list(refresh=True)
    except InputRefused:
        raise
    except AiVideoError as failure:
        return _unreachable(server, failure, studio.language)
    device = max(stats.devices, key=lambda device: device.vram_total, default=None)
    total = device.vram_total // MB if device else None
    capabilities: Json = {
        "version": stats.version,
        "packs": [*sorted({node.pack for node in nodes.nodes.values()})],
        "vram_total_mb": total,
    }
    return {
        "url": server.url,
        "version": stats.version,
        "reachable": True,
        "missing_nodes": await _missing_nodes(studio, nodes),
        "vram_free_mb": device.vram_free // MB if device else None,
        "vram_total_mb": total,
        "devices": [device.name for device in stats.devices],
        "nodes": len(nodes.nodes),
        "error": None,
        "hint": None,
        "capabilities": capabilities,
        "health": _health(reachable=True),
    }


def _unreachable(server: ComfyServer, failure: AiVideoError, language: Language) -> Json:
    error = failure.message(language)
    return {
        "url": server.url,
        "version": None,
        "reachable": False,
        "missing_nodes": [],
        "vram_free_mb": None,
        "error": error,
        "hint": failure.hint(language),
        "capabilities": server.capabilities,
        "health": _health(reachable=False, error=error),
    }


def _health(*, reachable: bool, error: str | None = None) -> Json:
    return {"reachable": reachable, "error": error, "checked_at": now().isoformat()}


def _shown(report: Json) -> Json:
    return {name: value for name, value in report.items() if name not in ("capabilities", "health")}


async def _missing_nodes(studio: Studio, nodes: NodeList) -> list[JsonValue]:
    """Node classes that imported workflows need and the server lacks."""

    async def work(unit: Unit) -> list[ComfyWorkflow]:
        return await unit.find(ComfyWorkflow)

    missing: dict[str, Json] = {}
    for workflow in await studio.database.read(work):
        for row in workflow.required_nodes:
            class_type = str(row["class_type"])
            if class_type not in nodes.nodes:
                pack = pack_of(class_type)
                missing[class_type] = {
                    "class_type": class_type,
                    "pack": pack.name if pack else row.get("pack"),
                    "url": pack.url if pack else None,
                }
    return list(missing.values())


async def _remember(studio: Studio, server: ComfyServer, report: Json) -> None:
    """Keep what was found where the server was added; one of the settings has no row."""

    async def work(unit: Unit) -> None:
        found: list[ComfyServer] = await unit.find(ComfyServer, url=server.url, limit=1)
        for stored in found:
            await unit.change(stored, capabilities=report["capabilities"], health=report["health"])

    await studio.database.write(work)

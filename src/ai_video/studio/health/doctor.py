"""Is everything here that a film needs, and does what is stored hold together?"""

from __future__ import annotations

import asyncio
import hashlib
import platform
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, cast

from ai_video import __version__
from ai_video.assets.ffmpeg import ffmpeg_path
from ai_video.composition.fonts import DEFAULT_FAMILY, font_for
from ai_video.composition.qc import inspect_film
from ai_video.domain.entities import Asset, Json, LoraAsset
from ai_video.errors import AiVideoError, InputRefused
from ai_video.storage.database import Unit
from ai_video.storage.invariants import check_invariants
from ai_video.studio.comfyui.servers import check_servers
from ai_video.studio.health.doctor_models import active_model_name, model_checks
from ai_video.studio.health.doctor_queue import executor_name, queue_checks
from ai_video.studio.studio import Studio

State = Literal["ok", "warn", "fail"]
LEAST_FREE_MB = 500
HASH_STEP = 1 << 20


async def doctor(studio: Studio, *, deep: bool = False, film: Path | None = None) -> Json:
    """The report; `ok` is false when a check fails or an invariant is violated.

    `deep` reads every stored file again and compares its digest; `film` is a file to inspect.
    """
    checks = [
        await _data_folder(studio),
        _free_space(studio),
        await _try("ffmpeg", _ffmpeg),
        await _try("fonts", _fonts),
        await _try("voice", lambda: _voice(studio)),
        await _try("database", lambda: _database(studio)),
        await _try("blobs", lambda: _blobs(studio, deep=deep)),
    ]
    checks += await model_checks(studio)
    checks += await queue_checks(studio)
    if film is not None:
        checks += await _film(film)
    servers = await check_servers(studio)
    checks += [_server(report) for report in servers]
    invariants = await check_invariants(studio.store)
    healthy = all(check["state"] != "fail" for check in checks)
    return {
        "ok": healthy and not any(row.violations for row in invariants),
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{sys.platform} {platform.machine()}",
        "active": await _active(studio, drawn_by="comfyui" if servers else "animatic"),
        "checks": list(checks),
        "invariants": [
            {
                "number": row.number,
                "name": row.name,
                "violations": row.violations,
                "examples": list(row.examples),
            }
            for row in invariants
        ],
        "servers": [*servers],
    }


async def _active(studio: Studio, *, drawn_by: str) -> Json:
    settings = studio.settings
    try:
        voice = studio.speech.provider(settings.voice).name
    except AiVideoError:
        voice = "none"
    return {
        "generator": drawn_by,
        "llm": await active_model_name(studio),
        "voice": voice,
        "database": settings.database.split(":", 1)[0].split("+", 1)[0],
        "blobs": settings.blobs.split(":", 1)[0] if settings.blobs else "local",
        "executor": executor_name(studio),
    }


def _server(report: Json) -> Json:
    """A configured server that does not answer is a failure: films are never made elsewhere."""
    url = str(report["url"])
    if not report["reachable"]:
        return _check(f"server.{url}", "fail", str(report["error"]), str(report["hint"]))
    lacking = [str(row["class_type"]) for row in cast("list[Json]", report["missing_nodes"])]
    if lacking:
        message = f"ComfyUI {report['version']} lacks {', '.join(lacking[:10])}"
        return _check(f"server.{url}", "warn", message, f"ai-video servers check {url}")
    return _check(f"server.{url}", "ok", f"ComfyUI {report['version']}")


def _check(identity: str, state: State, message: str, fix: str = "") -> Json:
    return {"id": identity, "state": state, "message": message, "fix": fix}


async def _try(identity: str, check: Callable[[], Awaitable[str]]) -> Json:
    """A check that answers with what it found, or fails with an error's message and hint."""
    try:
        return _check(identity, "ok", await check())
    except AiVideoError as exc:
        return _check(identity, "fail", exc.message(), exc.hint())
    except OSError as exc:
        return _check(identity, "fail", str(exc), "Check the path and its permissions.")


async def _data_folder(studio: Studio) -> Json:
    def write() -> None:
        probe = studio.settings.home / ".doctor"
        probe.write_bytes(b"ok")
        probe.unlink()

    try:
        await asyncio.to_thread(write)
    except OSError as exc:
        return _check(
            "data_folder",
            "fail",
            f"{studio.settings.home}: {exc}",
            "Choose another with --data DIR.",
        )
    return _check("data_folder", "ok", str(studio.settings.home))


def _free_space(studio: Studio) -> Json:
    free = shutil.disk_usage(studio.settings.home).free // 2**20
    state: State = "ok" if free >= LEAST_FREE_MB else "warn"
    return _check(
        "free_space",
        state,
        f"{free} MB free",
        "" if state == "ok" else "Free some space; rendering stops when the disk is full.",
    )


async def _ffmpeg() -> str:
    return str(await asyncio.to_thread(ffmpeg_path))


async def _fonts() -> str:
    return (await asyncio.to_thread(font_for, DEFAULT_FAMILY)).family


async def _voice(studio: Studio) -> str:
    provider = studio.speech.provider(studio.settings.voice)
    return f"{provider.name} {provider.version}: {len(provider.voices())} voices"


async def _database(studio: Studio) -> str:
    async def work(unit: Unit) -> int:
        return len(await unit.find(Asset, limit=1))

    await studio.database.read(work)
    return studio.settings.database.split("@")[-1]


async def _blobs(studio: Studio, *, deep: bool) -> str:
    async def work(unit: Unit) -> set[str]:
        loras = {lora.metadata.sha256 for lora in await unit.find(LoraAsset) if lora.file_path}
        return loras | {asset.sha256 for asset in await unit.find(Asset)}

    digests = sorted(await studio.database.read(work))
    for digest in digests:
        if not await studio.blobs.has(digest):
            raise InputRefused("blob_missing", sha256=digest)
        if deep and await _digest(studio, digest) != digest:
            raise InputRefused("blob_damaged", sha256=digest)
    return f"{len(digests)} files{', every digest read again' if deep else ''}"


async def _digest(studio: Studio, sha256: str) -> str:
    hasher = hashlib.sha256()
    async for chunk in studio.blobs.open_range(sha256):
        hasher.update(chunk)
    return hasher.hexdigest()


async def _film(path: Path) -> list[Json]:
    report = await inspect_film(path)
    return [_check(f"film.{row.name}", row.state, row.message, row.fix) for row in report.findings]

"""The routes of a ComfyUI server, each with and without the prefix /api."""

from __future__ import annotations

import asyncio
import io
import json
import mimetypes
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from PIL import Image
from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ai_video.comfyui.fake_server.folders import Folders, NodeCatalogue
from ai_video.comfyui.fake_server.hub import Hub
from ai_video.comfyui.fake_server.multipart import parse_form
from ai_video.comfyui.fake_server.options import FakeOptions, Races
from ai_video.comfyui.fake_server.prompt_queue import SECRETS, Item, PromptQueue
from ai_video.comfyui.fake_server.request_log import Entry, RequestLog
from ai_video.comfyui.validate import validate
from ai_video.errors import InputRefused

UPLOAD_LIMIT: Final = 100 * 1024 * 1024
_VRAM: Final = 24 * 1024**3
_BAD_TYPES: Final = frozenset(
    {
        "text/html",
        "text/html-sandboxed",
        "application/xhtml+xml",
        "text/javascript",
        "image/svg+xml",
    }
)
_ID_IN_PATH: Final = re.compile(r"/(?:history|jobs)/([^/]+)")
_TROUBLE: Final = "500 Internal Server Error\n\nServer got itself in trouble"
Handler = Callable[[Request], Awaitable[Response]]


class Routes:
    """Answers requests from the queue, the folders and the node list."""

    def __init__(
        self,
        options: FakeOptions,
        *,
        queue: PromptQueue,
        hub: Hub,
        folders: Folders,
        catalogue: NodeCatalogue,
        races: Races,
        log: RequestLog,
        restart: Callable[[], None],
    ) -> None:
        self._options = options
        self._queue = queue
        self._hub = hub
        self._folders = folders
        self._catalogue = catalogue
        self._races = races
        self._log = log
        self._restart = restart
        self._flags: dict[str, JsonValue] = {
            "supports_preview_metadata": True,
            "max_upload_size": UPLOAD_LIMIT,
        }

    def all(self) -> list[BaseRoute]:
        plain: list[tuple[str, Handler, str]] = [
            ("/prompt", self._get_prompt, "GET"),
            ("/prompt", self._post_prompt, "POST"),
            ("/queue", self._get_queue, "GET"),
            ("/queue", self._post_queue, "POST"),
            ("/interrupt", self._post_interrupt, "POST"),
            ("/history", self._get_history, "GET"),
            ("/history", self._post_history, "POST"),
            ("/history/{prompt_id}", self._get_one_history, "GET"),
            ("/view", self._view, "GET"),
            ("/upload/image", self._upload_image, "POST"),
            ("/upload/mask", self._upload_mask, "POST"),
            ("/object_info", self._object_info, "GET"),
            ("/object_info/{class_type:path}", self._one_object_info, "GET"),
            ("/models", self._models, "GET"),
            ("/models/{folder}", self._models_in, "GET"),
            ("/embeddings", self._embeddings, "GET"),
            ("/extensions", self._nothing, "GET"),
            ("/system_stats", self._system_stats, "GET"),
            ("/features", self._features, "GET"),
            ("/free", self._free, "POST"),
            ("/view_metadata/{folder}", self._view_metadata, "GET"),
        ]
        routes: list[BaseRoute] = [
            Route("/_fake/log", self._fake_log, methods=["GET"]),
            Route("/_fake/races", self._fake_races, methods=["GET"]),
            Route("/_fake/races", self._switch_races, methods=["POST"]),
            Route("/_fake/restart", self._fake_restart, methods=["POST"]),
            WebSocketRoute("/ws", self._socket),
            WebSocketRoute("/api/ws", self._socket),
        ]
        for path, handler, method in plain:
            routes += [Route(prefix + path, handler, methods=[method]) for prefix in ("", "/api")]
        if self._options.has_jobs:
            routes += [
                Route("/api/jobs", self._jobs, methods=["GET"]),
                Route("/api/jobs/{prompt_id}", self._one_job, methods=["GET"]),
            ]
        if self._options.cancels_jobs:
            routes += [
                Route("/api/jobs/cancel", self._cancel_jobs, methods=["POST"]),
                Route("/api/jobs/{prompt_id}/cancel", self._cancel_job, methods=["POST"]),
            ]
        return routes

    # Prompts

    async def _get_prompt(self, request: Request) -> Response:
        return JSONResponse({"exec_info": {"queue_remaining": self._queue.remaining}})

    async def _post_prompt(self, request: Request) -> Response:
        body = await _body(request)
        entry = _entry(request)
        entry["body"] = body
        given = body.get("prompt_id")
        entry["prompt_id"] = given if isinstance(given, str) else None
        if self._races.happens("request_lost"):
            entry["valid"] = False
            self._log.write(entry)
            return await _never(request)
        prompt = body.get("prompt")
        if prompt is None:
            return _refusal("no_prompt", "No prompt provided", "No prompt provided")
        prompt_id = str(uuid4()) if given is None else str(given)
        if self._options.cancels_jobs and not _is_canonical(prompt_id):
            entry["valid"] = False
            return _refusal("invalid_prompt_id", "prompt_id must be a canonical UUID", prompt_id)
        if not isinstance(prompt, dict):
            entry["valid"] = False
            return PlainTextResponse(_TROUBLE, 500)
        self._catalogue.learn(prompt)
        targets = body.get("partial_execution_targets")
        try:
            verdict = await asyncio.to_thread(
                validate,
                prompt,
                self._catalogue.current(),
                targets=[str(each) for each in targets] if isinstance(targets, list) else None,
            )
        except InputRefused:
            entry["valid"] = False
            return PlainTextResponse(_TROUBLE, 500)
        entry["valid"] = verdict.error is None and not verdict.node_errors
        if verdict.error is not None:
            error = self._as_this_version(verdict.error)
            return JSONResponse({"error": error, "node_errors": verdict.node_errors}, 400)
        number = self._enqueue(body, prompt_id, prompt, list(verdict.outputs))
        if self._races.happens("answer_lost"):
            self._log.write(entry)
            return await _never(request)
        answer = {"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors}
        return JSONResponse(answer)

    def _enqueue(
        self,
        body: Mapping[str, JsonValue],
        prompt_id: str,
        prompt: dict[str, JsonValue],
        outputs: list[str],
    ) -> float:
        number: float = self._queue.counter
        said = body.get("number")
        if isinstance(said, int | float):
            number = float(said)
        else:
            number = -number if body.get("front") else number
            self._queue.counter += 1
        extra = body.get("extra_data")
        extra_data = dict(extra) if isinstance(extra, dict) else {}
        for secret in SECRETS:
            extra_data.pop(secret, None)
        if "client_id" in body:
            extra_data["client_id"] = body["client_id"]
        self._queue.put(Item(number, prompt_id, prompt, extra_data, outputs))
        return number

    def _as_this_version(self, error: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        if self._options.cancels_jobs or error.get("type") != "missing_node_type":
            return error
        extra = error.get("extra_info")
        info = extra if isinstance(extra, dict) else {}
        return {
            "type": "invalid_prompt",
            "message": f"Cannot execute because node {info.get('class_type')} does not exist.",
            "details": f"Node ID '#{info.get('node_id')}'",
            "extra_info": {},
        }

    async def _get_queue(self, request: Request) -> Response:
        running = self._queue.running
        return JSONResponse(
            {
                "queue_running": [running.as_json()] if running else [],
                "queue_pending": [item.as_json() for item in self._queue.pending],
            }
        )

    async def _post_queue(self, request: Request) -> Response:
        body = await _body(request)
        _entry(request)["body"] = body
        if body.get("clear"):
            self._queue.clear()
        self._queue.delete(_words(body.get("delete")))
        return Response()

    async def _post_interrupt(self, request: Request) -> Response:
        body = await _body(request, empty_is_fine=True)
        _entry(request)["body"] = body
        wanted = body.get("prompt_id")
        _entry(request)["prompt_id"] = wanted if isinstance(wanted, str) else None
        self._queue.interrupt(str(wanted) if wanted else None)
        return Response()

    async def _get_history(self, request: Request) -> Response:
        entries = list(self._queue.history.items())
        offset = _whole(request.query_params.get("offset"), -1)
        most = _whole(request.query_params.get("max_items"), len(entries))
        start = offset if offset >= 0 else max(0, len(entries) - most)
        chosen = entries[start : start + most]
        return JSONResponse({prompt_id: entry.as_json() for prompt_id, entry in chosen})

    async def _get_one_history(self, request: Request) -> Response:
        prompt_id = request.path_params["prompt_id"]
        entry = self._queue.history.get(prompt_id)
        return JSONResponse({prompt_id: entry.as_json()} if entry else {})

    async def _post_history(self, request: Request) -> Response:
        body = await _body(request)
        _entry(request)["body"] = body
        if body.get("clear"):
            self._queue.history.clear()
        for prompt_id in _words(body.get("delete")):
            self._queue.history.pop(prompt_id, None)
        return Response()

    # Jobs

    async def _jobs(self, request: Request) -> Response:
        asked = request.query_params
        jobs = [self._job_as_this_version(job) for job in self._queue.jobs()]
        if statuses := [part for part in asked.get("status", "").split(",") if part]:
            jobs = [job for job in jobs if job["status"] in statuses]
        if workflow := asked.get("workflow_id"):
            jobs = [job for job in jobs if job["workflow_id"] == workflow]
        jobs.sort(
            key=_duration if asked.get("sort_by") == "execution_duration" else _created,
            reverse=asked.get("sort_order", "desc") != "asc",
        )
        total, offset = len(jobs), max(0, _whole(asked.get("offset"), 0))
        limit = _whole(asked.get("limit"), total) or total
        page = jobs[offset : offset + limit]
        pagination = {
            "offset": offset,
            "limit": limit,
            "total": total,
            "has_more": offset + len(page) < total,
        }
        return JSONResponse({"jobs": page, "pagination": pagination})

    async def _one_job(self, request: Request) -> Response:
        job = self._queue.job(request.path_params["prompt_id"])
        if job is None:
            return JSONResponse({"error": "Job not found"}, 404)
        return JSONResponse(self._job_as_this_version(job))

    def _job_as_this_version(self, job: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Where no job is `cancelled`, one that was interrupted is a failed one without an error."""
        if job["status"] != "cancelled" or self._options.cancels_jobs:
            return job
        return {**job, "status": "failed"}

    async def _cancel_job(self, request: Request) -> Response:
        prompt_id = request.path_params["prompt_id"]
        if not _is_canonical(prompt_id):
            return JSONResponse({"error": "job_id must be a UUID"}, 400)
        return JSONResponse({"cancelled": self._queue.cancel(prompt_id)})

    async def _cancel_jobs(self, request: Request) -> Response:
        body = await _body(request)
        _entry(request)["body"] = body
        wanted = _words(body.get("job_ids"))
        if not all(_is_canonical(prompt_id) for prompt_id in wanted):
            return JSONResponse({"error": "job_ids must be UUIDs"}, 400)
        stopped = sum(self._queue.cancel(each) for each in wanted)
        return JSONResponse({"cancelled": stopped > 0})

    # Files

    async def _view(self, request: Request) -> Response:
        asked = request.query_params
        name, subfolder = asked.get("filename", ""), asked.get("subfolder", "")
        kind = asked.get("type", "output")
        for each in ("output", "input", "temp"):
            if name.endswith(f" [{each}]"):
                name, kind = name.removesuffix(f" [{each}]"), each
        if not name:
            return Response(status_code=404)
        if name.startswith("/") or ".." in name or kind not in ("output", "input", "temp"):
            return Response(status_code=400)
        if self._folders.place(kind, subfolder, "x") is None:
            return Response(status_code=403)
        path = self._folders.place(kind, subfolder, Path(name).name)
        if path is None or not path.is_file():
            return Response(status_code=404)
        if "preview" in asked or asked.get("channel") in ("rgb", "a"):
            converted = await asyncio.to_thread(
                _converted, path, asked.get("preview"), asked.get("channel")
            )
            if converted is not None:
                return converted
        return self._file(path)

    def _file(self, path: Path) -> Response:
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        attached = media_type in _BAD_TYPES
        if attached:
            media_type = "application/octet-stream"
        disposition = ("attachment; " if attached else "") + f'filename="{_latin(path.name)}"'
        headers = {"Content-Disposition": disposition}
        if self._races.happens("truncated_download"):
            return _Half(path.read_bytes(), headers=headers, media_type=media_type)
        return FileResponse(path, media_type=media_type, headers=headers)

    async def _upload_image(self, request: Request) -> Response:
        return await self._upload(request, None)

    async def _upload_mask(self, request: Request) -> Response:
        return await self._upload(request, _masked)

    async def _upload(
        self, request: Request, change: Callable[[bytes, Path], bytes] | None
    ) -> Response:
        form = parse_form(await request.body(), request.headers.get("Content-Type", ""))
        image = form.files.get("image")
        kind = form.fields.get("type", "input")
        subfolder = form.fields.get("subfolder", "")
        said: dict[str, JsonValue] = {**form.fields, "filename": image.name if image else None}
        _entry(request)["body"] = said
        if image is None or not image.name:
            return Response(status_code=400)
        if kind not in ("input", "output", "temp"):
            return PlainTextResponse(_TROUBLE, 500)
        path = self._folders.place(kind, subfolder, image.name)
        if path is None or ".." in image.name:
            return Response(status_code=400)
        data = image.data
        if change is not None:
            original = self._original(form.fields.get("original_ref", ""))
            if original is None:
                return Response(status_code=400)
            data = await asyncio.to_thread(change, data, original)
        path.parent.mkdir(parents=True, exist_ok=True)
        if form.fields.get("overwrite") not in ("true", "1"):
            path = _free_name(path, data)
        await asyncio.to_thread(path.write_bytes, data)
        return JSONResponse({"name": path.name, "subfolder": subfolder, "type": kind})

    def _original(self, reference: str) -> Path | None:
        try:
            said = json.loads(reference)
        except ValueError:
            return None
        if not isinstance(said, dict):
            return None
        words = {str(key): str(value) for key, value in cast("dict[str, object]", said).items()}
        kind = words.get("type", "input")
        path = self._folders.place(kind, words.get("subfolder", ""), words.get("filename", ""))
        return path if path and path.is_file() else None

    # What the server is and has

    async def _object_info(self, request: Request) -> Response:
        return JSONResponse(self._catalogue.current().as_object_info())

    async def _one_object_info(self, request: Request) -> Response:
        wanted = request.path_params["class_type"]
        entry = self._catalogue.current().as_object_info().get(wanted)
        return JSONResponse({wanted: entry} if entry else {})

    async def _models(self, request: Request) -> Response:
        return JSONResponse(self._folders.model_folders())

    async def _models_in(self, request: Request) -> Response:
        folder = request.path_params["folder"]
        if folder not in self._folders.model_folders():
            return Response(status_code=404)
        return JSONResponse(self._folders.models(folder))

    async def _embeddings(self, request: Request) -> Response:
        return JSONResponse([Path(name).stem for name in self._folders.models("embeddings")])

    async def _nothing(self, request: Request) -> Response:
        return JSONResponse([])

    async def _features(self, request: Request) -> Response:
        return JSONResponse(self._flags)

    async def _system_stats(self, request: Request) -> Response:
        system = {
            "os": "posix",
            "ram_total": 64 * 1024**3,
            "ram_free": 48 * 1024**3,
            "comfyui_version": self._options.version,
            "required_frontend_version": "1.0.0",
            "python_version": "3.11.0 (fake server)",
            "pytorch_version": "2.8.0",
            "embedded_python": False,
            "argv": ["main.py"],
        }
        device = {
            "name": "cuda:0 drawn by ai-video",
            "type": "cuda",
            "index": 0,
            "vram_total": _VRAM,
            "vram_free": _VRAM - 1024**3,
            "torch_vram_total": 1024**3,
            "torch_vram_free": 0,
        }
        return JSONResponse({"system": system, "devices": [device]})

    async def _free(self, request: Request) -> Response:
        _entry(request)["body"] = await _body(request)
        return Response()

    async def _view_metadata(self, request: Request) -> Response:
        name = request.query_params.get("filename", "")
        path = self._folders.place("output", request.path_params["folder"], name)
        if not name.endswith(".safetensors") or path is None or not path.is_file():
            return Response(status_code=404)
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        try:
            head = json.loads(data[8 : 8 + length])
        except ValueError:
            return PlainTextResponse(_TROUBLE, 500)
        meta = head.get("__metadata__")
        return JSONResponse(meta) if meta else Response(status_code=404)

    async def _socket(self, websocket: WebSocket) -> None:
        await self._hub.serve(websocket, self._flags)

    # For those who test

    async def _fake_log(self, request: Request) -> Response:
        return JSONResponse({"items": self._log.items})

    async def _fake_races(self, request: Request) -> Response:
        return JSONResponse(self._races.as_json())

    async def _switch_races(self, request: Request) -> Response:
        """`{"NAME": TIMES or null}`: null always, 0 off."""
        try:
            for name, times in (await _body(request)).items():
                self._races.switch(name, times if isinstance(times, int) else None)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(self._races.as_json())

    async def _fake_restart(self, request: Request) -> Response:
        """Lose queue and history and close every connection, as a killed process does."""
        self._restart()
        return Response()


class Doorway:
    """Logs each request, and turns away those that the server itself never sees.

    `cut` ends the connection of a request without a word.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        options: FakeOptions,
        log: RequestLog,
        races: Races,
        is_down: Callable[[], bool],
        cut: Callable[[Scope], None],
    ) -> None:
        self._app = app
        self._prefix = options.prefix
        self._required = options.required_header
        self._log = log
        self._races = races
        self._is_down = is_down
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if self._prefix and not path.startswith("/_fake/"):
            # A path that is not below the prefix leads to nothing the server has.
            path = path.removeprefix(self._prefix) if path.startswith(self._prefix) else "/nowhere"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        if path.startswith("/_fake/"):
            await self._app(scope, receive, send)
            return
        found = _ID_IN_PATH.search(path)
        entry = self._log.begin(scope.get("method", "GET"), path, found[1] if found else None)
        state: dict[str, object] = {"entry": entry, "cut": self._cut}
        scope["state"] = state
        try:
            if self._is_down():
                self._cut(scope)
            elif refusal := self._turned_away(scope):
                await self._refuse(refusal, scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            if not state.get("written"):
                self._log.write(entry)

    async def _refuse(self, refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def _turned_away(self, scope: Scope) -> Response | None:
        if scope["type"] == "http" and self._races.happens("unavailable"):
            return PlainTextResponse("503 Service Unavailable", 503)
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if self._required and headers.get(self._required[0].lower()) != self._required[1]:
            return PlainTextResponse("401 Unauthorized", 401)
        origin, host = headers.get("origin"), headers.get("host", "")
        if origin and _is_loopback(host) and urlsplit(origin).netloc != host:
            return Response(status_code=403)
        if int(headers.get("content-length") or 0) > UPLOAD_LIMIT:
            return PlainTextResponse("Maximum request body size exceeded", 413)
        return None


class _Half(Response):
    """Half of a file, and then the connection is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["state"]["cut"](scope)


async def _never(request: Request) -> Response:
    """Wait until the client gives up; what it asked is in the log already."""
    request.scope["state"]["written"] = True
    while (await request.receive())["type"] != "http.disconnect":
        continue
    return Response(status_code=499)


def _entry(request: Request) -> Entry:
    return request.scope["state"]["entry"]


async def _body(request: Request, *, empty_is_fine: bool = False) -> dict[str, JsonValue]:
    """The JSON object in a request; anything else ends as in the real server, with a 500."""
    raw = await request.body()
    if not raw.strip() and empty_is_fine:
        return {}
    try:
        said = json.loads(raw)
    except ValueError as error:
        raise HTTPException(500, _TROUBLE) from error
    if not isinstance(said, dict):
        raise HTTPException(500, _TROUBLE)
    return cast("dict[str, JsonValue]", said)


def _refusal(kind: str, message: str, details: str) -> Response:
    error: dict[str, JsonValue] = {
        "type": kind,
        "message": message,
        "details": details,
        "extra_info": {},
    }
    return JSONResponse({"error": error, "node_errors": {}}, 400)


def _words(value: JsonValue) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _whole(word: str | None, default: int) -> int:
    try:
        return int(word) if word is not None else default
    except ValueError:
        return default


def _created(job: Mapping[str, JsonValue]) -> float:
    return float(str(job["create_time"]))


def _duration(job: Mapping[str, JsonValue]) -> float:
    start, end = job["execution_start_time"], job["execution_end_time"]
    return float(str(end)) - float(str(start)) if start is not None and end is not None else 0.0


def _is_canonical(word: str) -> bool:
    try:
        return str(UUID(word)) == word
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return name in ("localhost", "::1") or name.startswith("127.")


def _latin(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace('"', "'")


def _free_name(path: Path, data: bytes) -> Path:
    """The name, or the next `NAME (1)`; a file of the same bytes is taken as it is."""
    number, wanted = 0, path
    while path.exists() and path.read_bytes() != data:
        number += 1
        path = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
    return path


def _masked(data: bytes, original: Path) -> bytes:
    """The original with the alpha of the mask laid in."""
    with Image.open(io.BytesIO(data)) as mask, Image.open(original) as picture:
        alpha = mask.convert("RGBA").getchannel("A").resize(picture.size)
        whole = picture.convert("RGBA")
    whole.putalpha(alpha)
    out = io.BytesIO()
    whole.save(out, "PNG", compress_level=4)
    return out.getvalue()


def _converted(path: Path, preview: str | None, channel: str | None) -> Response | None:
    """A smaller form of a picture, or one of its channels; None where the file is none."""
    try:
        with Image.open(path) as picture:
            picture.load()
            whole = picture.copy()
    except OSError:
        return None
    out = io.BytesIO()
    if preview is not None:
        kind, _, quality = preview.partition(";")
        kind = kind if kind in ("webp", "jpeg") else "webp"
        whole = whole.convert("RGB") if kind == "jpeg" or channel == "rgb" else whole
        whole.save(out, kind.upper(), quality=int(quality) if quality.isdigit() else 90)
        return Response(out.getvalue(), media_type=f"image/{kind}")
    if channel == "rgb":
        whole.convert("RGB").save(out, "PNG")
    else:
        alpha = whole.convert("RGBA").getchannel("A")
        Image.merge("RGBA", (alpha, alpha, alpha, alpha)).save(out, "PNG")
    return Response(out.getvalue(), media_type="image/png")


async def answer_trouble(request: Request, error: Exception) -> Response:
    """What a server in trouble answers, in plain text."""
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return PlainTextResponse("404: Not Found", 404)
        return PlainTextResponse(str(error.detail), error.status_code)
    return PlainTextResponse(_TROUBLE, 500)

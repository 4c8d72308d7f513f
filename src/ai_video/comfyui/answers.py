"""The server's plain answers as values."""

from __future__ import annotations

from typing import TypeVar, cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from ai_video.comfyui.connection import Answer, Connection
from ai_video.comfyui.outputs import FileType


class AnswerModel(BaseModel):
    """An answer; what newer servers add to it is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Device(AnswerModel):
    name: str = ""
    type: str = ""
    vram_total: int = 0
    vram_free: int = 0


class _System(AnswerModel):
    comfyui_version: str
    python_version: str = ""
    pytorch_version: str = ""
    argv: tuple[str, ...] = ()


class SystemStats(AnswerModel):
    """Versions and graphics devices of a server; memory in bytes."""

    system: _System
    devices: tuple[Device, ...] = ()

    @property
    def version(self) -> str:
        return self.system.comfyui_version


class Features(AnswerModel):
    supports_preview_metadata: bool = False
    max_upload_size: int | None = None


class Uploaded(AnswerModel):
    """Where the server put a file: often, but not always, where it was asked to."""

    name: str
    subfolder: str = ""
    type: FileType = "input"

    @property
    def value(self) -> str:
        """What an input such as LoadImage's `image` takes."""
        return "/".join(part for part in (self.subfolder, self.name) if part)


M = TypeVar("M", bound=AnswerModel)


def read_answer(kind: type[M], raw: JsonValue, *, path: str, connection: Connection) -> M:
    """The value in an answer.

    Raises:
        SystemFailure: `comfyui_strange_answer`.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise connection.strange(path, reason_of(error)) from error


async def ask_features(connection: Connection) -> Features:
    """What a server can do; one too old to say so can do none of it."""
    answer = await connection.ask("GET", "/features")
    if answer.status == 404:
        return Features()
    raw = connection.read_json(answer)
    return read_answer(Features, raw, path="/features", connection=connection)


async def ask_names(connection: Connection, path: str) -> tuple[str, ...]:
    """The list of names at a path; nothing there: none."""
    answer = await connection.ask("GET", path)
    if answer.status == 404:
        return ()
    raw = connection.read_json(answer)
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise connection.strange(path, "no list of names")
    return tuple(cast("list[str]", raw))


def expect_ok(answer: Answer, connection: Connection) -> None:
    """Refuse an answer that is none of success.

    Raises:
        SystemFailure: `comfyui_strange_answer`.
    """
    if answer.status != 200:
        raise connection.strange(answer.path, f"HTTP {answer.status} {answer.text}")


def reason_of(error: ValueError) -> str:
    """What does not fit, in one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)

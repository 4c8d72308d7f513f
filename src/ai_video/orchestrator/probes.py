"""Task kinds that test an installation: `probe.sleep`, `.fail`, `.crash` and `.note`.

Registered only with AIVIDEO_PROBES=1: one of them kills its own worker, one appends to any file.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai_video.domain.task import TaskOutput
from ai_video.errors import (
    ConfigurationFailure,
    ErrorClass,
    ResourceFailure,
    SystemFailure,
    TaskFailed,
    TransientFailure,
)
from ai_video.orchestrator.handlers import (
    Facts,
    InProcessHandler,
    TaskContext,
    TaskHandler,
    TaskView,
)

FAILURES: dict[ErrorClass, type[TaskFailed]] = {
    "transient": TransientFailure,
    "resource": ResourceFailure,
    "configuration": ConfigurationFailure,
    "system": SystemFailure,
}


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SleepParams(Params):
    """Both in milliseconds."""

    sleep_ms: float = Field(default=0, ge=0)
    cpu_ms: float = Field(default=0, ge=0)


class FailParams(Params):
    times: int = Field(default=1, ge=0)
    error_class: ErrorClass = "transient"


class CrashParams(Params):
    times: int = Field(default=1, ge=0)


class NoteParams(Params):
    path: str
    sleep_ms: float = Field(default=0, ge=0)


P = TypeVar("P", bound=Params)


class Probe(InProcessHandler):
    """Every probe task has a fingerprint of its own: none stands for another."""

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        return hashlib.sha256(f"{self.kind}:{task.id}".encode()).hexdigest()


class SleepProbe(Probe):
    """Takes time, and processor time outside the event loop."""

    kind = "probe.sleep"

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = _params(SleepParams, task)
        if params.cpu_ms:
            await asyncio.to_thread(_burn, params.cpu_ms / 1000)
        await asyncio.sleep(params.sleep_ms / 1000)
        return TaskOutput(facts={"key": task.key})


class FailProbe(Probe):
    """Fails its first `times` attempts with a class of error."""

    kind = "probe.fail"

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = _params(FailParams, task)
        context.log(f"attempt {context.number} of {params.times} that fail")
        if context.number <= params.times:
            raise FAILURES[params.error_class]("probe_failed", error_class=params.error_class)
        return TaskOutput(facts={"key": task.key})


class CrashProbe(Probe):
    """Kills the process it runs in during its first `times` attempts."""

    kind = "probe.crash"

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        if context.number <= _params(CrashParams, task).times:
            if sys.platform == "win32":
                os._exit(137)
            os.kill(os.getpid(), signal.SIGKILL)
        return TaskOutput(facts={"key": task.key})


class NoteProbe(Probe):
    """Writes a line when it begins and one when it ends: a witness outside the database."""

    kind = "probe.note"

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = _params(NoteParams, task)
        await asyncio.to_thread(_note, params.path, task.key, context.number, "begin")
        await asyncio.sleep(params.sleep_ms / 1000)
        await asyncio.to_thread(_note, params.path, task.key, context.number, "end")
        return TaskOutput(facts={"key": task.key})


def probe_handlers() -> list[TaskHandler]:
    """One handler of each probe kind."""
    return [SleepProbe(), FailProbe(), CrashProbe(), NoteProbe()]


def _params(model: type[P], task: TaskView) -> P:
    try:
        return model.model_validate(dict(task.params))
    except ValidationError as exc:
        first = exc.errors()[0]
        reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise ConfigurationFailure("probe_params", reason=reason) from exc


def _burn(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def _note(path: str, key: str, attempt: int, phase: str) -> None:
    """Append one line in one write, so that processes do not mix theirs."""
    row = {"key": key, "attempt": attempt, "phase": phase, "at": datetime.now(UTC).isoformat()}
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, (json.dumps(row, ensure_ascii=False) + "\n").encode())
        finally:
            os.close(file)
    except OSError as exc:
        raise ConfigurationFailure("probe_params", reason=f"path: {exc.strerror}") from exc

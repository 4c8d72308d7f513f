"""Another server's `translate_storyboard`: asked as an MCP client, its answer checked as a stranger's."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from pydantic import JsonValue, ValidationError

from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.strict_json import plain
from ai_video.comfyui.validate import validate
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused, ServiceFailed
from ai_video.llm.address import is_loopback
from ai_video.studio.comfyui.translate import with_own_workflows
from ai_video.studio.comfyui.workflows import NodeSource, node_list_of
from ai_video.studio.studio import Studio
from ai_video.translator.answer import Answer, ValidationResult

if TYPE_CHECKING:
    from mcp_types import CallToolResult

TOOL: Final = "translate_storyboard"
_TIMEOUT_S: Final = 120.0
_LONGEST_REASON: Final = 500
_LONGEST_SHOWN: Final = 120


async def translate_via(
    studio: Studio,
    raw: Json,
    via: str,
    *,
    against: NodeSource | None = None,
    assume_models: bool = False,
    seed: int | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Json:
    """The answer of another translator; its graph is validated here, for our node list.

    `translated_by` names the server and who read the shot there.

    Args:
        via: the address of an MCP server over HTTP, or the command that starts one.
        timeout_s: for starting, asking and answering together.

    Raises:
        InputRefused: `translator_address`; `translator_refused`, the other server's own words.
        ServiceFailed: `translator_no_answer`, `translator_answer_invalid`.
        NotFound: no such imported workflow.
    """
    server = _server(via, offline=studio.settings.offline)
    nodes = await node_list_of(studio, against or NodeSource())
    asked: Json = {**cast("Json", await with_own_workflows(studio, raw))}
    asked["assume_models"] = assume_models
    if seed is not None:
        asked["seed"] = seed
    name, result = await _called(server, via, asked, timeout_s)
    answer = _answer(result, via)
    answer = await asyncio.to_thread(
        _checked, answer, nodes, assume_models=assume_models or not nodes.names_files
    )
    by = f"{name[:60]} ({answer.translated_by[:60]})"
    return answer.model_copy(update={"translated_by": by}).model_dump(mode="json")


def _server(via: str, *, offline: bool) -> str | list[str]:
    """An address, or a command with its arguments."""
    if "://" in via:
        parts = urlsplit(via)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise InputRefused("translator_address", via=_shown(via), reason="http://HOST/mcp")
        if offline and not is_loopback(via):
            raise InputRefused("translator_address", via=_shown(via), reason="AIVIDEO_OFFLINE")
        return via
    try:
        command = shlex.split(via)
    except ValueError as error:
        raise InputRefused("translator_address", via=via, reason=str(error)) from error
    if not command:
        raise InputRefused("translator_address", via=via, reason="http://HOST/mcp, COMMAND ARGS")
    return command


async def _called(
    server: str | list[str], via: str, asked: Json, timeout_s: float
) -> tuple[str, CallToolResult]:
    """(name of the server, its result)."""
    # The SDK takes a second to import, and only this call needs its client.
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters

    target = (
        server
        if isinstance(server, str)
        else StdioServerParameters(command=server[0], args=server[1:])
    )
    try:
        async with asyncio.timeout(timeout_s), Client(target) as client:
            result = await client.call_tool(TOOL, cast("dict[str, Any]", asked))
            return client.server_info.name if client.server_info else "mcp", result
    except TimeoutError as failure:
        reason = f"> {timeout_s:g} s"
        raise ServiceFailed("translator_no_answer", via=_shown(via), reason=reason) from failure
    except Exception as failure:  # groups, protocol and socket errors alike come out of the SDK
        reason = _innermost(failure)
        raise ServiceFailed("translator_no_answer", via=_shown(via), reason=reason) from failure


def _answer(result: CallToolResult, via: str) -> Answer:
    """Raises: InputRefused, ServiceFailed."""
    try:
        answer = Answer.model_validate(result.structured_content)
    except ValidationError as error:
        if result.is_error:
            said = " ".join(str(getattr(part, "text", "")) for part in result.content)
            raise _refused(via, said) from error
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:_LONGEST_REASON]
        raise ServiceFailed("translator_answer_invalid", via=_shown(via), reason=reason) from error
    if not answer.ok:
        raise _refused(via, answer.error.message if answer.error is not None else "")
    return answer


def _refused(via: str, said: str) -> InputRefused:
    return InputRefused("translator_refused", via=_shown(via), reason=said[:_LONGEST_REASON])


def _checked(answer: Answer, nodes: NodeList, *, assume_models: bool) -> Answer:
    """The answer with our own verdict on its graph."""
    present = frozenset(_names(answer))
    verdict = validate(answer.workflow_json, nodes, assume_models=assume_models, present=present)
    errors: tuple[JsonValue, ...] = tuple(plain(error) for error in verdict.errors)
    judged = ValidationResult(valid=verdict.valid, against=verdict.against, errors=errors)
    return answer.model_copy(update={"validation": judged})


def _names(answer: Answer) -> Iterable[str]:
    """Files that will be on the server once they are sent, as the validator names them."""
    for row in answer.uploads:
        where = "input" if row.folder == "input" else f"models/{row.folder}"
        yield f"{where}/{row.name}"


def _innermost(failure: BaseException) -> str:
    """What really failed, where the SDK wraps it in groups."""
    while isinstance(failure, BaseExceptionGroup):
        failure = cast("BaseExceptionGroup[BaseException]", failure).exceptions[0]
    return f"{type(failure).__name__}: {failure}"[:_LONGEST_REASON]


def _shown(via: str) -> str:
    """Without a name and password before the host, and without what a query may hide; not long."""
    if "://" not in via:
        return via[:_LONGEST_SHOWN]
    _, at, host = via.partition("@")
    shown = f"…@{host}" if at else via
    return shown.partition("?")[0][:_LONGEST_SHOWN]

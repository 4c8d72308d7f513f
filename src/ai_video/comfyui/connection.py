"""HTTP with one ComfyUI server: requests, and what can go wrong with them as failures."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NoReturn, cast

import httpx
from pydantic import JsonValue

from ai_video.comfyui.address import ServerAddress
from ai_video.errors import ConfigurationFailure, SystemFailure, TransientFailure

# A node list with hundreds of packs has some 10 MB.
ANSWER_LIMIT: Final = 128 * 1024 * 1024
_SHOWN: Final = 200
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
# Raised before a byte of the request was sent.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class NotSent(TransientFailure):
    """There was no connection: the server has certainly not seen the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered: a status and a body, read whole."""

    path: str
    status: int
    body: bytes

    @property
    def is_json_object(self) -> bool:
        return self.body.lstrip()[:1] == b"{"

    @property
    def text(self) -> str:
        return self.body[:_SHOWN].decode("utf-8", "replace").strip()


class Connection:
    """Requests to one server. Each method raises, besides what it names:

    TransientFailure `comfyui_unreachable`, `comfyui_server_error`; ConfigurationFailure
    `comfyui_denied`, `comfyui_tls`; SystemFailure `comfyui_strange_answer`.
    """

    def __init__(
        self, address: ServerAddress, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url: Final = address.base
        self._client = httpx.AsyncClient(
            headers=dict(address.headers),
            verify=address.tls() or True,
            proxy=address.proxy,
            timeout=_TIMEOUT,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, *, params: Mapping[str, str] | None = None) -> JsonValue:
        """The JSON at a path that is always there."""
        return self.read_json(await self.ask("GET", path, params=params))

    async def post(
        self, path: str, body: Mapping[str, JsonValue], *, timeout_s: float | None = None
    ) -> Answer:
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        return await self.ask("POST", path, content=content, timeout_s=timeout_s)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, object, str]] | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """The answer of any status but those that say the server cannot be used (see class)."""
        headers = {"Content-Type": "application/json"} if content is not None else None
        request = self._client.build_request(
            method,
            self.url + path,
            params=params,
            content=content,
            data=data,
            files=cast("dict[str, tuple[str, bytes, str]] | None", files),
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=10.0)
            if timeout_s
            else httpx.USE_CLIENT_DEFAULT,
        )
        async with self._sent(request) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    raise self.strange(path, f"more than {ANSWER_LIMIT // 2**20} MB")
        answer = Answer(path, response.status_code, bytes(body))
        self._check(answer)
        return answer

    @asynccontextmanager
    async def download(
        self, path: str, params: Mapping[str, str]
    ) -> AsyncGenerator[httpx.Response]:
        """The answer to a GET whose body is still to be read."""
        request = self._client.build_request("GET", self.url + path, params=params)
        async with self._sent(request) as response:
            if not response.is_success:
                body = await response.aread()
                self._check(Answer(path, response.status_code, body))
            yield response

    def read_json(self, answer: Answer) -> JsonValue:
        """The JSON of a good answer."""
        if answer.status != 200:
            raise self.strange(answer.path, f"HTTP {answer.status} {answer.text}")
        try:
            return cast("JsonValue", json.loads(answer.body))
        except (ValueError, RecursionError) as error:
            raise self.strange(answer.path, answer.text or "an empty answer") from error

    def strange(self, path: str, reason: str) -> SystemFailure:
        """The failure that says: whatever answers there is no ComfyUI."""
        return SystemFailure("comfyui_strange_answer", url=self.url, path=path, reason=reason)

    def _check(self, answer: Answer) -> None:
        if answer.status in (401, 403, 407):
            raise ConfigurationFailure(
                "comfyui_denied", url=self.url, path=answer.path, status=answer.status
            )
        if 300 <= answer.status < 400:
            raise self.strange(answer.path, f"HTTP {answer.status} to another address")
        if answer.status >= 500:
            raise TransientFailure(
                "comfyui_server_error",
                url=self.url,
                path=answer.path,
                status=answer.status,
                reason=answer.text,
            )

    @asynccontextmanager
    async def _sent(self, request: httpx.Request) -> AsyncGenerator[httpx.Response]:
        try:
            response = await self._client.send(request, stream=True)
            try:
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            self._translate(error)

    def _translate(self, error: httpx.HTTPError) -> NoReturn:
        reason = str(error) or type(error).__name__
        if _is_tls(error):
            raise ConfigurationFailure("comfyui_tls", url=self.url, reason=reason) from error
        kind = NotSent if isinstance(error, _NOT_SENT) else TransientFailure
        raise kind("comfyui_unreachable", url=self.url, reason=reason) from error


def _is_tls(error: BaseException | None) -> bool:
    """A certificate or protocol that is not trusted stands behind the error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False

"""One web application: API, tools and page behind one guard (hosts, origins, token, headers).

The guard is plain ASGI, so that streams pass through untouched. On loopback no token is needed;
elsewhere it comes as `Authorization: Bearer`, as the cookie that /login sets, or, for files, as a
signed URL, because <video> and EventSource cannot send a header.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import mimetypes
import re
import socket
import time
from dataclasses import replace
from importlib import resources
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ai_video.agent.chat import chat_tools
from ai_video.agent.http import ToolsDoor
from ai_video.agent.tool import Desk
from ai_video.api.application import create_api
from ai_video.api.files import FILE_PATH
from ai_video.api.live import Live
from ai_video.api.problems import BODY_LIMIT_MB, language_of, problem_response
from ai_video.errors import AiVideoError, InputRefused, Language
from ai_video.studio.doors import AGENT, HTTP
from ai_video.studio.studio import Studio

COOKIE = "ai_video_session"
SIGNED_FOR_S = 12 * 3600
UPLOAD = re.compile(
    r"^/api/(assets|stories|(storyboards|lines)/[^/]+/takes|loras(/[^/]+/preview)?)$"
)
FILE = re.compile(FILE_PATH)
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DATA_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; sandbox"
)
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def create_app(studio: Studio, *, token: str | None = None, host: str = "127.0.0.1") -> StudioApp:
    """The whole web application of a studio.

    Args:
        token: what callers must show; None only on loopback.
        host: the address it listens on; requests for foreign names are refused.
    """
    if token is None and not is_loopback(host):
        raise ValueError("off loopback a token is required")
    api = create_api(replace(studio, door=HTTP))
    api.add_route("/", page, methods=["GET", "HEAD"], include_in_schema=False)
    api.add_route("/page/{name}", page, methods=["GET", "HEAD"], include_in_schema=False)
    live: Live = api.state.live
    live.chats.tools = chat_tools(live.films)
    desk = Desk(replace(studio, door=AGENT), live.films.at(AGENT))
    tools = ToolsDoor(desk)
    api.router.routes.append(Route("/mcp", tools, methods=["POST"], include_in_schema=False))
    live.closing.append(tools.stop)
    guard = Guard(token=token, host=host)
    live.sign = guard.signed
    return StudioApp(api, live, guard, studio.language)


def is_loopback(host: str) -> bool:
    """Does this address only reach this machine?"""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


async def page(request: Request) -> Response:
    """The page's files; the browser asks again each time and gets 304 while they are the same."""
    name = request.path_params.get("name", "index.html")
    file = resources.files("ai_video") / "asgi_page" / name
    if name.startswith(".") or "/" in name or "\\" in name or not file.is_file():
        raise HTTPException(404)
    content = file.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(content, media_type=media_type, headers=headers)


class Guard:
    """Who may ask: known hosts, own origin, and off loopback only with the token."""

    def __init__(self, *, token: str | None, host: str) -> None:
        self.token = token
        self.host = host.strip("[]").lower()
        self.anywhere = self.host in ("0.0.0.0", "::", "")
        self.names = {"localhost", self.host, socket.gethostname().lower()}

    def knows(self, host: str) -> bool:
        """Is this the authority of a URL that leads here? (A rebound DNS name is not.)"""
        name = (urlsplit(f"//{host}").hostname or "").lower()
        if name in self.names or is_loopback(name):
            return True
        return self.anywhere and (_is_address(name) or name.removesuffix(".local") in self.names)

    def refuses(self, request: HTTPConnection) -> AiVideoError | None:
        """Why this request is refused, if it is."""
        host = request.headers.get("host", "")
        if not self.knows(host):
            return InputRefused("host_refused", host=host[:200])
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return InputRefused("origin_refused", origin=origin[:200])
        site = request.headers.get("sec-fetch-site")
        if site == "cross-site" and request.headers.get("sec-fetch-mode") != "navigate":
            return InputRefused("origin_refused", origin="another site")
        if self.token is not None and not self.trusts(request):
            return InputRefused("token_needed")
        return None

    def trusts(self, request: HTTPConnection) -> bool:
        """Does the request show the token: as a header, as the cookie, or signed into the URL?"""
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self.is_token(shown.strip()):
            return True
        if _same(request.cookies.get(COOKIE, ""), self.session()):
            return True
        signature = request.query_params.get("signature", "")
        expires = request.query_params.get("expires", "")
        path = request.scope["path"]
        return (
            FILE.match(path) is not None
            and expires.isascii()
            and expires.isdecimal()
            and int(expires[:12]) > time.time()
            and _same(signature, self.signature(path, expires))
        )

    def is_token(self, shown: str) -> bool:
        return self.token is not None and _same(shown, self.token)

    def session(self) -> str:
        """The cookie's value: shows that its holder had the token, without being it."""
        return self._digest("session")

    def signature(self, path: str, expires: str) -> str:
        return self._digest(f"file\n{path}\n{expires}")

    def signed(self, path: str) -> str:
        """The URL of a file that needs no header for the next hours."""
        if self.token is None:
            return path
        expires = str(int(time.time()) + SIGNED_FOR_S)
        return f"{path}?expires={expires}&signature={self.signature(path, expires)}"

    def _digest(self, text: str) -> str:
        return hmac.new((self.token or "").encode(), text.encode(), hashlib.sha256).hexdigest()


def _same(shown: str, wanted: str) -> bool:
    return hmac.compare_digest(shown.encode(), wanted.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class StudioApp:
    """The guarded application; call `stop` to end its streams before the server stops."""

    def __init__(self, inner: ASGIApp, live: Live, guard: Guard, language: Language) -> None:
        self.inner = inner
        self.live = live
        self.guard = guard
        self.language: Language = language

    def stop(self) -> None:
        """End event streams now, so that a server waiting for them can stop."""
        self.live.stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = HTTPConnection(scope)
        send = _with_security_headers(scope["path"], send)
        response = self._before(request)
        if response is not None:
            await response(scope, receive, send)
            return
        await self.inner(scope, self._limited(scope, receive), send)

    def _before(self, request: HTTPConnection) -> Response | None:
        """An answer that needs no application: a log-in, or a refusal."""
        path = request.scope["path"]
        refusal = self.guard.refuses(request)
        if path == "/login" and (refusal is None or refusal.code == "token_needed"):
            return self._login(request)
        if refusal is None and not _too_long(request):
            return None
        if refusal is not None and refusal.code == "token_needed" and path == "/":
            return RedirectResponse("/login", status_code=303)
        language = language_of(request.headers.get("accept-language"), self.language)
        error = refusal or InputRefused("body_too_large", limit_mb=BODY_LIMIT_MB)
        response = problem_response(error, path=path, language=language)
        if error.code == "token_needed":
            response.headers["www-authenticate"] = "Bearer"
        return response

    def _login(self, request: HTTPConnection) -> Response:
        shown = request.query_params.get("token")
        if self.guard.token is None or (shown is not None and self.guard.is_token(shown)):
            response: Response = RedirectResponse("/", status_code=303)
            if self.guard.token is not None:
                response.set_cookie(
                    COOKIE,
                    self.guard.session(),
                    max_age=30 * 86_400,
                    httponly=True,
                    samesite="strict",
                    secure=request.url.scheme == "https",
                )
            return response
        form = resources.files("ai_video") / "asgi_page" / "login.html"
        status = 200 if shown is None else 401
        return Response(form.read_bytes(), status_code=status, media_type="text/html")

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that stops a JSON body of more than BODY_LIMIT_MB; uploads count themselves."""
        if UPLOAD.match(scope["path"]):
            return receive
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > BODY_LIMIT_MB << 20:
                raise HTTPException(413)
            return message

        return counted


def _too_long(request: HTTPConnection) -> bool:
    said = request.headers.get("content-length", "")
    too_long = said.isdecimal() and int(said) > BODY_LIMIT_MB << 20
    return too_long and not UPLOAD.match(request.scope["path"])


def _with_security_headers(path: str, send: Send) -> Send:
    policy = DATA_POLICY if path.startswith("/api/") else PAGE_POLICY

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("content-security-policy", policy)
        await send(message)

    return sending

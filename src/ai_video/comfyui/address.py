"""Where a ComfyUI server is and how to talk to it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ai_video.domain.entities import ComfyServer
from ai_video.errors import ConfigurationFailure, InputRefused


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A server's base address (`https://host:8443/comfy` behind a proxy) and the way to it.

    `headers` go with every request and with the socket. `ca_file` names the certificates to trust
    instead of the system's; `verify_tls` false trusts any. `proxy` is used as given: proxies of
    the environment are left alone, since these servers stand in the own network as a rule.
    `models_folder` is the server's `models` folder where this machine can write it too.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    verify_tls: bool = True
    ca_file: Path | None = None
    proxy: str | None = None
    restart_command: tuple[str, ...] = ()
    models_folder: Path | None = None

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            reason = "an address looks like http://127.0.0.1:8188"
            raise InputRefused("invalid_value", field="url", reason=reason)

    @property
    def base(self) -> str:
        """The address without what stands after the path, and without a slash at its end."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))

    @property
    def socket_url(self) -> str:
        return "ws" + self.base.removeprefix("http") + "/ws"

    def tls(self) -> ssl.SSLContext | None:
        """What the connections trust; None where no TLS is spoken.

        Raises:
            ConfigurationFailure: `comfyui_tls`, the file of certificates cannot be read.
        """
        if not self.base.startswith("https:"):
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationFailure(
                "comfyui_tls", url=self.base, reason=f"{self.ca_file}: {error}"
            ) from error
        if not self.verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def address_of(server: ComfyServer) -> ServerAddress:
    """The address that a stored server has."""
    return ServerAddress(
        url=server.url,
        headers=server.headers,
        verify_tls=server.verify_tls,
        restart_command=server.restart_command,
    )


def _split(url: str):
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it is what checks it
    except ValueError:
        return None
    return parts

"""The ComfyUI servers that this process talks to: those of the settings and those that were added."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from typing import Final, Literal
from urllib.parse import urlsplit

from ai_video.comfyui.address import ServerAddress, address_of
from ai_video.comfyui.client import ComfyClient
from ai_video.comfyui.object_info import NodeList
from ai_video.domain.entities import ComfyServer
from ai_video.errors import AiVideoError, InputRefused
from ai_video.storage.database import Database, Unit
from ai_video.studio.language.spending import Price
from ai_video.studio.production.film_graphs import ComfyDrawing
from ai_video.studio.production.previews import Previews

log = logging.getLogger(__name__)

WATCH_S: Final = 30.0


class ServerPool:
    """One client per address, opened when it is first needed; `close` ends them all.

    `count` is how many servers there were when they were last listed; before, those of the settings.
    `prices` are those of the paid ones among them, by address.
    `drawings` remembers what was worked out from `lists`, the node lists of the servers. `previews` are
    pictures of what they draw just now.
    """

    def __init__(self, database: Database, urls: str = "", *, offline: bool = False) -> None:
        self._database: Final = database
        self._urls: Final = tuple(url.strip() for url in urls.split(",") if url.strip())
        self._offline: Final = offline
        self._clients: list[ComfyClient] = []
        self._by_url: dict[str, ComfyClient] = {}
        self.count = len(self._urls)
        self.prices: dict[str, Price] = {}
        self.drawings: dict[tuple[object, ...], ComfyDrawing] = {}
        self.lists: list[NodeList] = []
        self.previews: Final = Previews()

    async def servers(self) -> list[ComfyServer]:
        """Every known server: those of the settings first, then the added ones, each address once."""

        async def work(unit: Unit) -> list[ComfyServer]:
            return await unit.find(ComfyServer, order_by=("created_at",))

        added = {server.url: server for server in await self._database.read(work)}
        found: dict[str, ComfyServer] = {}
        for url in self._urls:
            base = ServerAddress(url).base
            found[base] = added.get(base) or unknown_server(base)
        known = list((found | added).values())
        self.count = len(known)
        self.prices = {
            server.url: Price(server.cost_per_hour, server.currency)
            for server in known
            if server.cost_per_hour
        }
        return known

    async def named(self, url: str) -> ComfyServer:
        """The server of an address, as it is known or as one that nothing is known of.

        Raises:
            InputRefused: `invalid_value`, it is no address.
        """
        base = ServerAddress(url).base
        known = {server.url: server for server in await self.servers()}
        return known.get(base) or unknown_server(base)

    async def watch(self, *, every_s: float = WATCH_S) -> None:
        """Keep `count` true where the graphs are sent by other processes; until cancelled."""
        while True:
            try:
                await self.servers()
            except AiVideoError as exc:
                log.warning("the servers cannot be listed: %s", exc)
            await asyncio.sleep(every_s)

    def client(self, server: ComfyServer) -> ComfyClient:
        """The client of a server.

        Raises:
            InputRefused: `server_not_local`: only loopback may be reached.
        """
        address = address_of(server)
        if self._offline and place_of(address.base) != "local":
            raise InputRefused("server_not_local", url=address.base)
        known = self._by_url.get(address.base)
        if known is None or known.address != address:
            # Headers or the restart command were edited: prompts that wait keep their old client.
            known = self._by_url[address.base] = ComfyClient(address)
            self._clients.append(known)
        return known

    async def clients(self) -> list[ComfyClient]:
        return [self.client(server) for server in await self.servers()]

    async def close(self) -> None:
        clients = [*self._clients]
        self._clients.clear()
        self._by_url.clear()
        await asyncio.gather(*(client.close() for client in clients))


def unknown_server(base: str) -> ComfyServer:
    """A server of which only its base address was said."""
    return ComfyServer.fresh(url=base, kind=place_of(base))


def place_of(url: str) -> Literal["local", "lan"]:
    """`local` for this machine, else `lan`; a rented one is said by the user."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return "local"
    try:
        return "local" if ipaddress.ip_address(host).is_loopback else "lan"
    except ValueError:
        return "lan"

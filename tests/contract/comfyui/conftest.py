"""One suite over the fake server, older fake ones, and the real one that COMFY_TEST_URL names."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.client import ComfyClient, Finished, Outcome, Timing
from ai_video.comfyui.events import Event
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.comfyui.object_info import NodeList, parse_object_info
from ai_video.comfyui.outputs import Outputs

FAKES = {"fake": "0.33.0", "fake-0.8.0": "0.8.0", "fake-0.3.75": "0.3.75"}
# The real server is a part of the suite where there is one, not a test left out where there is none.
REAL_URL = os.environ.get("COMFY_TEST_URL")
TARGETS = [*FAKES, *(["real"] if REAL_URL else [])]
QUICK = Timing(poll_s=0.1, absence_s=0.15, post_s=20.0, socket_s=3.0)

Graph = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A server under test. `long_steps`: so many steps last for seconds."""

    kind: str
    url: str
    long_steps: int


@pytest.fixture(scope="session", params=TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    kind: str = request.param
    if kind == "real":
        assert REAL_URL
        yield Target(kind, REAL_URL, long_steps=300)
        return
    with serving(FakeOptions(version=FAKES[kind], seconds_per_job=0.05)) as fake:
        yield Target(kind, fake.url, long_steps=300)


@pytest.fixture
async def client(target: Target) -> AsyncIterator[ComfyClient]:
    async with ComfyClient(ServerAddress(target.url), timing=QUICK) as made:
        yield made


@pytest.fixture
async def http(target: Target) -> AsyncIterator[httpx.AsyncClient]:
    """Plain requests, to see what the server itself says."""
    async with httpx.AsyncClient(base_url=target.url, timeout=60) as made:
        yield made


@pytest.fixture
def unique() -> str:
    """A word that no other test has used: seeds, names and prefixes come from it."""
    return uuid4().hex[:12]


class Bench:
    """A server's nodes and files, to build graphs for whatever is there."""

    def __init__(self, target: Target, client: ComfyClient, nodes: NodeList) -> None:
        self.target = target
        self.client = client
        self.nodes = nodes

    def needs(self, *classes: str) -> None:
        """Only a real server may lack a node; the fakes have them all."""
        missing = [name for name in classes if name not in self.nodes.nodes]
        if missing and self.target.kind == "real":
            pytest.skip(f"this server does not have {', '.join(missing)}")
        assert not missing

    async def model(self, folder: str, *, like: str, fake: str) -> str:
        """A model file: on a real server the first whose name holds `like`."""
        if self.target.kind != "real":
            return fake
        for name in await self.client.files.models(folder):
            if like in name:
                return name
        pytest.skip(f"this server has no file like {like} in models/{folder}")

    async def checkpoint(self) -> str:
        return await self.model(
            "checkpoints", like="sd15", fake="v1-5-pruned-emaonly-fp16.safetensors"
        )

    def out(self, class_type: str, name: str) -> int:
        """The slot of an output by its name; it differs between versions."""
        slot = self.nodes.nodes[class_type].output_slot(name)
        assert slot is not None
        return slot

    async def run(
        self, graph: Graph, *, heard: list[Event] | None = None, previews: bool = False
    ) -> Outputs:
        """Send a graph and wait for its end, which must be a good one."""
        _, outcome = await self.outcome(graph, heard=heard, previews=previews)
        assert isinstance(outcome, Finished), outcome
        return outcome.outputs

    async def outcome(
        self, graph: Graph, *, heard: list[Event] | None = None, previews: bool = False
    ) -> tuple[UUID, Outcome]:
        prompt_id = uuid4()
        await self.client.submit(prompt_id, graph, previews=previews)
        hear = heard.append if heard is not None else None
        return prompt_id, await self.client.wait(prompt_id, hear=hear)


@pytest.fixture(scope="session")
def nodes(target: Target) -> NodeList:
    version = httpx.get(f"{target.url}/system_stats").json()["system"]["comfyui_version"]
    return parse_object_info(httpx.get(f"{target.url}/object_info").json(), version=version)


@pytest.fixture
def bench(target: Target, client: ComfyClient, nodes: NodeList) -> Bench:
    return Bench(target, client, nodes)


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def plain_picture(unique: str, *, count: int = 1, side: int = 64) -> Graph:
    """One colour, saved: what every ComfyUI can do without a model."""
    colour = int(unique[:6], 16)
    return {
        "1": node("EmptyImage", width=side, height=side, batch_size=count, color=colour),
        "9": node("SaveImage", images=["1", 0], filename_prefix=f"contract/{unique}"),
    }


def text_to_image(unique: str, checkpoint: str, *, steps: int = 2, side: int = 128) -> Graph:
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name=checkpoint),
        "2": node("CLIPTextEncode", text="a woman on a rainy street at night", clip=["1", 1]),
        "3": node("CLIPTextEncode", text="blurry", clip=["1", 1]),
        "4": node("EmptyLatentImage", width=side, height=side, batch_size=1),
        "5": node(
            "KSampler", model=["1", 0], positive=["2", 0], negative=["3", 0],
            latent_image=["4", 0], seed=int(unique[:8], 16), steps=steps, cfg=2.0,
            sampler_name="euler", scheduler="normal", denoise=1.0,
        ),
        "8": node("VAEDecode", samples=["5", 0], vae=["1", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix=f"contract/{unique}"),
    }  # fmt: skip


@pytest.fixture
def drawn(tmp_path: Path, unique: str) -> Path:
    """A picture that no server has yet: 96 x 64, with something on it."""
    picture = Image.new("RGB", (96, 64), f"#{unique[:6]}")
    picture.paste((255, 255, 255), (20, 10, 60, 50))
    path = tmp_path / f"{unique}.png"
    picture.save(path)
    return path


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions(seconds_per_job=0.15)) as fake:
        yield fake


@pytest.fixture
def fake(shared_fake: FakeComfy) -> Iterator[FakeComfy]:
    """The fake server with all races off, and off again afterwards."""
    yield shared_fake
    for name in shared_fake.races.as_json()["names"]:  # type: ignore[union-attr]
        shared_fake.races.switch(str(name), 0)


@pytest.fixture
async def fake_client(fake: FakeComfy) -> AsyncIterator[ComfyClient]:
    async with ComfyClient(ServerAddress(fake.url), timing=QUICK) as made:
        yield made

"""Processes die: ours while it sends and waits, the server while it works."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.client import ComfyClient, Finished, Lost
from ai_video.comfyui.fake_server import FakeOptions, serving
from ai_video.errors import SystemFailure

from . import film_client
from .conftest import QUICK, plain_picture, text_to_image

FAKE = (sys.executable, "-m", "ai_video.comfyui.fake_server")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def film_clients(url: str, store: Path, jobs: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, film_client.__file__, url, str(store), str(jobs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def start_one(clients: subprocess.Popen[str]) -> int:
    assert clients.stdin is not None
    assert clients.stdout is not None
    clients.stdin.write("go\n")
    clients.stdin.flush()
    return int(clients.stdout.readline())


@pytest.mark.parametrize(
    "kills", [pytest.param(10, id="10"), pytest.param(50, id="50", marks=pytest.mark.soak)]
)
def test_killed_client_sends_no_prompt_twice_and_loses_none(tmp_path: Path, kills: int) -> None:
    store, jobs, moment = tmp_path / "store.jsonl", kills, random.Random(kills)
    options = FakeOptions(seconds_per_job=0.1, state=tmp_path / "server")
    with serving(options) as fake, film_clients(fake.url, store, jobs) as clients:
        for _ in range(kills):
            pid = start_one(clients)
            time.sleep(moment.uniform(0.02, 0.35))
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
            while is_alive(pid):
                time.sleep(0.005)
        last = start_one(clients)
        deadline = time.monotonic() + 120
        while is_alive(last) and time.monotonic() < deadline:
            time.sleep(0.02)
    posts = Counter(prompt_id for prompt_id in fake.posted() if prompt_id != "None")
    assert {prompt_id: times for prompt_id, times in posts.items() if times > 1} == {}
    assert len(posts) == jobs
    assert [state for state, _ in film_client.recall(store).values()] == ["done"] * jobs
    made = Counter(path.name[:5] for path in (tmp_path / "server/output/kills").iterdir())
    assert made == {f"job{job:02}": 1 for job in range(jobs)}


@contextmanager
def fake_process(
    state: Path, *more: str, port: int = 0
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A fake server in a process of its own, and its address."""
    words = [*FAKE, "--port", str(port), "--state", str(state), *more]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


async def test_killed_server_forgets_its_queue_and_keeps_its_files(
    tmp_path: Path, unique: str
) -> None:
    done, running, waiting = uuid4(), uuid4(), uuid4()
    lasting = text_to_image(unique, "v1-5-pruned-emaonly-fp16.safetensors")
    with fake_process(tmp_path, "--seconds-per-job", "0.2") as (first, url):
        async with ComfyClient(ServerAddress(url), timing=QUICK) as client:
            await client.submit(done, plain_picture(unique))
            outcome = await client.wait(done)
            assert isinstance(outcome, Finished)
            async with httpx.AsyncClient(base_url=url) as http:
                await http.post("/_fake/races", json={"slow": 1})
            await client.submit(running, lasting)
            await client.submit(waiting, plain_picture(unique))
            waits = [asyncio.create_task(client.wait(each)) for each in (running, waiting)]
            await asyncio.sleep(0.2)
            first.kill()
            first.wait()
            await asyncio.sleep(0.3)
            assert not any(wait.done() for wait in waits)
            with fake_process(tmp_path, port=int(url.rpartition(":")[2])) as (_, again):
                assert again == url
                assert await asyncio.gather(*waits) == [Lost(running), Lost(waiting)]
                assert await client.wait(done) == Lost(done)
                [file] = outcome.outputs.files
                assert (await client.files.download(file, tmp_path / "x.png")).size > 0
                async with httpx.AsyncClient(base_url=url) as http:
                    log = (await http.get("/_fake/log")).json()["items"]
    posted = [entry["prompt_id"] for entry in log if entry["path"] == "/prompt"]
    assert posted == [str(done), str(running), str(waiting)]


async def test_dead_server_is_restarted_once(tmp_path: Path, unique: str) -> None:
    state, count = tmp_path / "state", tmp_path / "count"
    shell = shutil.which("sh")
    assert shell
    with fake_process(state) as (first, url):
        port = url.rpartition(":")[2]
        start = " ".join([*FAKE, "--port", port, "--state", str(state)])
        script = f"echo started >> {count}; {start} >/dev/null & echo $! > {tmp_path}/pid"
        address = ServerAddress(url, restart_command=(shell, "-c", script))
        prompt_id = uuid4()
        first.kill()
        first.wait()
        async with ComfyClient(address, timing=QUICK) as client:
            assert await client.wait(prompt_id) == Lost(prompt_id)
            assert client.health.is_well
            await client.submit(prompt_id, plain_picture(unique))
            assert isinstance(await client.wait(prompt_id), Finished)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert count.read_text() == "started\n"


async def test_restart_that_fails_is_said_with_its_words() -> None:
    shell = shutil.which("sh")
    assert shell
    command = (shell, "-c", "echo no such unit >&2; exit 3")
    address = ServerAddress("http://127.0.0.1:9", restart_command=command)
    async with ComfyClient(address, timing=QUICK) as client:
        with pytest.raises(SystemFailure, match="no such unit") as failed:
            await client.wait(uuid4())
        assert failed.value.code == "comfyui_restart_failed"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.wait(uuid4()), 0.6)

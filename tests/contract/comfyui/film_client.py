"""A process that makes pictures on a server and may be killed at any moment.

    python film_client.py URL STORE JOBS

Every line on standard input starts such a process (a fork of this one, so that it is there at once)
and prints its id. STORE holds a line for each thing that must not be forgotten.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from uuid import UUID, uuid4

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.client import ComfyClient, Finished, Timing

TIMING = Timing(poll_s=0.05, absence_s=0.3, post_s=5.0, socket_s=1.0)


def remember(store: Path, job: int, state: str, prompt_id: UUID) -> None:
    with store.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"job": job, "state": state, "prompt_id": str(prompt_id)}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def recall(store: Path) -> dict[int, tuple[str, UUID]]:
    """The last state of each job."""
    lines = store.read_text(encoding="utf-8").splitlines() if store.exists() else []
    told = [json.loads(line) for line in lines if line.endswith("}")]
    return {entry["job"]: (entry["state"], UUID(entry["prompt_id"])) for entry in told}


def graph(job: int) -> dict[str, object]:
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": job},
        },
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": f"kills/job{job:02}"},
        },
    }


async def make(url: str, store: Path, jobs: int) -> None:
    async with ComfyClient(ServerAddress(url), timing=TIMING) as client:
        for job in range(jobs):
            await make_one(client, store, job)


async def make_one(client: ComfyClient, store: Path, job: int) -> None:
    state, prompt_id = recall(store).get(job, ("new", uuid4()))
    while state != "done":
        if state == "new":
            remember(store, job, "sent", prompt_id)
            await client.submit(prompt_id, graph(job))  # type: ignore[arg-type]
        outcome = await client.wait(prompt_id)
        if isinstance(outcome, Finished):
            state = "done"
            remember(store, job, state, prompt_id)
        else:
            state, prompt_id = "new", uuid4()


def main() -> None:
    url, store, jobs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(make(url, store, jobs))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

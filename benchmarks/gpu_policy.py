"""What a graphics card should load next: policies over the same simulated film, in virtual time.

`python -m benchmarks.gpu_policy --gpus 1,2,4 --json`. The film: 200 shots of three steps in a row (8-20,
40-120 and 8-30 s), three model sets of which each step uses its own in 85 of 100 shots, 20 s to load
another; one shot in ten is urgent. The bound is what no policy can beat: all work and one load per
set, evenly on all cards, or the longest shot. Decisions know estimates only, which are wrong by a
spread of a half. Medians of `--repeat` films.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ai_video.orchestrator.policy import (
    QUANTUM_S,
    Device,
    DevicePolicy,
    ModelAffinity,
    Waiting,
    begin,
)

SHOTS = 200
SWITCH_S = 20.0
STEPS = ((8.0, 20.0), (40.0, 120.0), (8.0, 30.0))
MODELS = ("image", "video", "repair")
OWN_MODEL = 0.85
URGENT = 0.1
SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    shot: int
    step: int
    model: str
    seconds: float
    estimate: float
    urgent: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A task whose parents are done, since when."""

    task: Task
    since: float
    number: int


class Heads:
    """Decides among the first task of each model set: what the scheduler's ready index does."""

    def __init__(self, policy: DevicePolicy, *, quantum_s: float) -> None:
        self.quantum_s = quantum_s
        self._policy = policy

    def __call__(
        self, device: Device, others: Sequence[Device], ready: Sequence[Ready], now: float
    ) -> Ready:
        heads: dict[str, Ready] = {}
        work: dict[str, float] = {}
        for each in ready:
            model = each.task.model
            work[model] = work.get(model, 0.0) + each.task.estimate
            if model not in heads or depth_first(each) < depth_first(heads[model]):
                heads[model] = each
        waiting = [
            Waiting(model, depth_first(head), head.task.urgent, work[model])
            for model, head in heads.items()
        ]
        choice = self._policy.choose(device, others, waiting, now)
        if choice is None:
            raise ValueError("a device without a limit of memory fits everything")
        return heads[waiting[choice].model]


Choose = Callable[[Device, Sequence[Device], Sequence[Ready], float], Ready]


def depth_first(each: Ready) -> tuple[int, ...]:
    """As `orchestrator.graph.Node.order`: urgent ones, then shot by shot, the latest step first."""
    return (0 if each.task.urgent else 1, each.task.shot, -each.task.step)


def first_come(
    device: Device, others: Sequence[Device], ready: Sequence[Ready], now: float
) -> Ready:
    return min(ready, key=lambda each: (each.since, each.number))


def shortest_first(
    device: Device, others: Sequence[Device], ready: Sequence[Ready], now: float
) -> Ready:
    return min(ready, key=lambda each: (each.task.estimate, each.number))


def depth_first_only(
    device: Device, others: Sequence[Device], ready: Sequence[Ready], now: float
) -> Ready:
    return min(ready, key=depth_first)


POLICIES: dict[str, Choose] = {
    "fifo": first_come,
    "shortest_first": shortest_first,
    "depth_first": depth_first_only,
    "affinity_unbounded": Heads(ModelAffinity(quantum_s=float("inf")), quantum_s=float("inf")),
    "affinity": Heads(ModelAffinity(), quantum_s=QUANTUM_S),
}
"""`affinity` is what the scheduler does."""


def film(seed: int) -> list[list[Task]]:
    """Shots, each a row of steps."""
    dice = random.Random(seed)
    shots: list[list[Task]] = []
    for shot in range(SHOTS):
        urgent = dice.random() < URGENT
        steps: list[Task] = []
        for step, (least, most) in enumerate(STEPS):
            others = [model for model in MODELS if model != MODELS[step]]
            model = MODELS[step] if dice.random() < OWN_MODEL else dice.choice(others)
            seconds = dice.uniform(least, most)
            estimate = seconds * dice.lognormvariate(0.0, SPREAD)
            steps.append(Task(shot, step, model, seconds, estimate, urgent))
        shots.append(steps)
    return shots


def bound_s(shots: Sequence[Sequence[Task]], gpus: int) -> float:
    """No order of work takes less."""
    work = sum(task.seconds for shot in shots for task in shot)
    loads = len({task.model for shot in shots for task in shot}) * SWITCH_S
    longest = max(
        sum(task.seconds for task in shot) + len({task.model for task in shot}) * SWITCH_S
        for shot in shots
    )
    return max((work + loads) / gpus, longest)


def simulate(shots: Sequence[Sequence[Task]], gpus: int, choose: Choose) -> dict[str, float]:
    """Run all of a film; every card takes one task at a time."""
    quantum_s = choose.quantum_s if isinstance(choose, Heads) else QUANTUM_S
    devices = [Device() for _ in range(gpus)]
    ready = [Ready(steps[0], 0.0, number) for number, steps in enumerate(shots)]
    running: list[tuple[float, int, int, Task]] = []
    number, switches, now = len(ready), 0, 0.0
    finished: dict[int, float] = {}
    while ready or running:
        for place, device in enumerate(devices):
            if device.running or not ready:
                continue
            others = [each for each in devices if each is not device]
            chosen = choose(device, others, ready, now)
            ready.remove(chosen)
            switched = begin(device, chosen.task.model, now, quantum_s=quantum_s)
            switches += switched
            end = now + chosen.task.seconds + (SWITCH_S if switched else 0.0)
            heapq.heappush(running, (end, number, place, chosen.task))
            number += 1
        now, _, place, task = heapq.heappop(running)
        devices[place].running -= 1
        if task.step + 1 < len(STEPS):
            ready.append(Ready(shots[task.shot][task.step + 1], now, number))
            number += 1
        else:
            finished[task.shot] = now
    urgent = [finished[steps[0].shot] for steps in shots if steps[0].urgent]
    return {
        "makespan_over_bound": now / bound_s(shots, gpus),
        "first_finished_shot_s": min(finished.values()),
        "switches": switches,
        "mean_shot_over_bound": statistics.fmean(finished.values()) / bound_s(shots, gpus),
        "urgent_shot_over_bound": statistics.fmean(urgent) / bound_s(shots, gpus)
        if urgent
        else 0.0,
    }


def measure(policy: str, gpus: int, repeat: int) -> dict[str, Any]:
    """Medians over `repeat` films."""
    runs = [simulate(film(seed), gpus, POLICIES[policy]) for seed in range(repeat)]
    found = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return {
        "policy": policy,
        "gpus": gpus,
        **{name: round(value, 3) for name, value in found.items()},
        "switches": round(found["switches"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpus", default="1,2,4", help="numbers of cards, separated by commas")
    parser.add_argument("--policy", choices=[*POLICIES, "all"], default="all")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    counts = [int(count) for count in said.gpus.split(",")]
    names = list(POLICIES) if said.policy == "all" else [said.policy]
    rows = [measure(name, gpus, said.repeat) for gpus in counts for name in names]
    if said.json:
        print(json.dumps({"rows": rows}))
        return
    for row in rows:
        print("  ".join(f"{name}={value}" for name, value in row.items()))


if __name__ == "__main__":
    main()

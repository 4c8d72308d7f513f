"""Milliseconds per shot from a read shot to a validated graph.

    python -m benchmarks.compile [--shots 1000] [--repeat 3] [--json]

Shots of every kind (pictures and clips, no to three characters by LoRA and by references, control
pictures, all aspects) over the whole library. Rows: choosing the template, binding, writing the API
document, validating it against the shipped node list, and all of it; `fps` is shots a second,
`ratio_to.goal` the share of the goal of 30 ms a shot.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast, get_args

from pydantic import JsonValue

from ai_video.comfyui.graph import write_api
from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.validate import validate
from ai_video.domain.slots import Aspect, Slots
from ai_video.translator.answer import Prompt
from ai_video.translator.binder import bind
from ai_video.translator.choice import choose
from ai_video.translator.request import Output, TranslateRequest, parse_request
from ai_video.translator.shot import AspectRead, CharacterFound, SceneFound, ShotReading

GOAL_MS = 30.0
PROMPT = Prompt(positive="a woman walks along a quiet street", negative="blurry", language="en")
MODELS = ("SDXL 1.0", "SD 1.5", "FLUX.1 dev", "Wan 2.2 14B", "Qwen-Image")
STAGES = ("choose", "bind", "write", "validate")


def request_of(number: int) -> TranslateRequest:
    """The nth of an endless row of unlike shots."""
    people: list[JsonValue] = []
    for at in range(number % 4):
        asset: dict[str, JsonValue] = {
            "id": f"c{at}",
            "reference_images": [f"img-{at}-1", f"img-{at}-2"],
        }
        if (number + at) % 2:
            model = MODELS[number % len(MODELS)]
            asset["lora"] = {"name": f"c{at}.safetensors", "base_model": model}
            asset["face_image"] = f"face-{at}"
        people.append(asset)
    controls: dict[str, JsonValue] = {"pose": "img-pose", "depth": "img-depth"}
    raw: JsonValue = {
        "id": f"shot-{number}",
        "storyboard": {"description": "x", "duration": 2 + number % 7},
        "character_assets": people,
        "scene_assets": [
            {
                "id": "s",
                "reference_images": ["img-s"],
                "control_images": controls if number % 3 else {},
            }
        ],
        "available_workflows": ["*"],
    }
    return parse_request(raw).request


def reading_of(request: TranslateRequest, number: int) -> ShotReading:
    aspects = get_args(Aspect)
    aspect = cast("Aspect", aspects[number % len(aspects)])
    ids = tuple(each.id for each in request.character_assets)
    outputs: tuple[Output, ...] = ("image", "video")
    return ShotReading(
        slots=Slots(characters=ids, scene="s", aspect=aspect),
        exclude=(),
        aspect=AspectRead(aspect, "project"),
        characters=tuple(CharacterFound(id, "id") for id in ids),
        scene=SceneFound("s", "id"),
        level_asked=None,
        output=outputs[number // 2 % 2],
        asks_animation=number % 11 == 0,
        pieces=(),
        colours=(),
        from_project=(),
        warnings=(),
        language="en",
    )


@dataclass(slots=True)
class Clock:
    """CPU and wall seconds by stage."""

    cpu: dict[str, float] = field(default_factory=dict[str, float])
    wall: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu[stage] = self.cpu.get(stage, 0.0) + time.process_time() - cpu
        self.wall[stage] = self.wall.get(stage, 0.0) + time.perf_counter() - wall


def one_round(shots: int) -> Clock:
    nodes, templates = shipped_node_list(), library()
    clock = Clock()
    for number in range(shots):
        request = request_of(number)
        reading = reading_of(request, number)
        with clock.timed("choose"):
            choice = choose(reading, request, nodes=nodes, library=templates)
        with clock.timed("bind"):
            bound = bind(choice, PROMPT, reading=reading, request=request, nodes=nodes)
        with clock.timed("write"):
            document = write_api(bound.workflow, nodes)
        with clock.timed("validate"):
            verdict = validate(document, nodes)
        if not verdict.valid:
            raise SystemExit(f"{choice.template.id}: {verdict.errors[0].message}")
    return clock


def row(name: str, cpu_s: float, wall_s: float, shots: int) -> Mapping[str, object]:
    ms = cpu_s / shots * 1000
    return {
        "name": name,
        "cpu_s": round(cpu_s, 4),
        "wall_s": round(wall_s, 4),
        "fps": round(shots / max(wall_s, 1e-9), 1),
        "ms_per_shot": round(ms, 3),
        "ratio_to": {"goal": round(ms / GOAL_MS, 4)},
    }


def rows(shots: int, repeat: int) -> list[Mapping[str, object]]:
    one_round(2)  # node list and templates are read once, whatever the number of shots
    clocks = [one_round(shots) for _ in range(repeat)]
    found: list[Mapping[str, object]] = []
    for name in (*STAGES, "compile"):
        parts = STAGES if name == "compile" else (name,)
        cpu = statistics.median(sum(clock.cpu[part] for part in parts) for clock in clocks)
        wall = statistics.median(sum(clock.wall[part] for part in parts) for clock in clocks)
        found.append(row(name, cpu, wall, shots))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    table = rows(given.shots, given.repeat)
    if given.json:
        print(json.dumps({"rows": table, "shots": given.shots}))
        return
    for line in table:
        print(f"{line['name']:<10} {line['ms_per_shot']:>8} ms a shot  {line['fps']:>8} shots/s")


if __name__ == "__main__":
    main()

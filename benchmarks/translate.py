"""Milliseconds per shot from a sentence to a validated graph, and what a language model is asked.

    python -m benchmarks.translate [--shots 500] [--repeat 3] [--film 80] [--json]

The sentences of tests/data/translation (Simplified and Traditional Chinese, English, mixed), again
and again until there are enough. Rows: reading alone, and the whole answer; by language too. `fps`
is shots a second, `ratio_to.goal` the share of the goal of 50 ms a shot.

Rows `model_*`: the sentences of the plan's kind as a film of scenes, read by a scripted model: the
first time, again unchanged, and after one shot was edited. Requests and tokens are per shot of the
film; tokens are estimated from the texts (a Chinese character, or four others, are one), and
`cacheable` are those of texts that a provider has seen in the request before.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from ai_video.comfyui.object_info import shipped_node_list
from ai_video.domain.entities import Json
from ai_video.domain.language_models import ModelRequest
from ai_video.errors import InputRefused
from ai_video.llm.schema import answer_schema
from ai_video.llm.scripted import ScriptedLLM
from ai_video.translator.model_shots import ModelShot, model_shot
from ai_video.translator.model_translator import ModelTranslator
from ai_video.translator.reading import read_shot
from ai_video.translator.request import parse_request
from ai_video.translator.translate import translate_document

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "translation"
GOAL_MS = 50.0
Inputs = list[dict[str, JsonValue]]


def sentences(shots: int) -> Inputs:
    """That many inputs, in the order of the files."""
    known: Inputs = [
        json.loads(line)["input"]
        for file in sorted(DATA.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return list(itertools.islice(itertools.cycle(known), shots))


def read(raw: dict[str, JsonValue]) -> None:
    with suppress(InputRefused):  # some sentences are there to be refused
        read_shot(parse_request(raw).request)


def answer(raw: dict[str, JsonValue]) -> None:
    translate_document(raw, nodes=shipped_node_list())


def measured(
    work: Callable[[dict[str, JsonValue]], None], inputs: Iterable[dict[str, JsonValue]]
) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    for raw in inputs:
        work(raw)
    return time.process_time() - cpu, time.perf_counter() - wall


def tokens(text: str) -> int:
    """About as many as a model counts."""
    wide = sum(ord(letter) > 0x2E7F for letter in text)
    return wide + (len(text) - wide) // 4


class Memory:
    """What was chosen, by digest; a studio keeps it in its database."""

    def __init__(self) -> None:
        self.rows: dict[str, Json] = {}

    async def recall(self, digests: Sequence[str]) -> Mapping[str, Json]:
        return {each: self.rows[each] for each in digests if each in self.rows}

    async def keep(self, choices: Mapping[str, Json], *, provider: str, model: str) -> None:
        self.rows |= choices


def film(shots: int, *, edited: int | None = None) -> list[ModelShot]:
    """Shots with a character, eight to a scene, as a film asks about them."""
    made: list[ModelShot] = []
    for number in range(shots):
        described = f"小明走过第{number}条街，雨下得很大，他忧郁地看着远方，近景，电影感"
        storyboard: Json = {
            "description": described if number != edited else "小明在屋顶上唱歌",
            "scene_id": f"p{number // 8}",
            "characters": ["c1"],
        }
        raw: Json = {
            "storyboard": storyboard,
            "character_assets": [
                {"id": "c1", "name": "小明", "appearance": "短发的年轻男人，灰色风衣"}
            ],
            "scene_assets": [{"id": f"p{number // 8}", "name": "街道"}],
            "available_workflows": ["*"],
        }
        made.append(model_shot(parse_request(raw).request))
    return made


def asked(request: ModelRequest[Any]) -> JsonValue:
    """A model's answer, as long as a real one."""
    shots = json.loads(str(request.parts[0]).split("\n", 1)[1])["shots"]
    return {
        "choices": [
            {
                "shot_id": shot["shot_id"], "shot_size": "medium_close_up", "weather": ["rain"],
                "mood": ["melancholy"], "style": ["cinematic"], "characters": ["c1"], "why": "",
                "picture": "{c1} walks down the street, gazing sadly into the distance",
                "place": "a street",
            }
            for shot in shots
        ]
    }  # fmt: skip


def model_row(name: str, shots: Sequence[ModelShot], memory: Memory) -> Mapping[str, object]:
    """One reading of a film by a scripted model."""
    llm = ScriptedLLM(asked)
    started = time.perf_counter()
    read = asyncio.run(ModelTranslator(llm, memory).read(shots))
    wall = time.perf_counter() - started
    assert all(each.choice is not None for each in read)
    stable = [tokens(each.system) for each in llm.requests]
    forms = [tokens(json.dumps(answer_schema(each.schema))) for each in llm.requests]
    data = [sum(tokens(str(part)) for part in each.parts) for each in llm.requests]
    out = [tokens(json.dumps(asked(each), ensure_ascii=False)) for each in llm.requests]
    count = len(shots)
    return {
        "name": name,
        "wall_s": round(wall, 4),
        "requests_per_shot": round(len(llm.requests) / count, 4),
        "input_tokens_per_shot": round((sum(stable) + sum(forms) + sum(data)) / count, 1),
        "cacheable_tokens_per_shot": round(sum(stable[1:]) / count, 1),
        "output_tokens_per_shot": round(sum(out) / count, 1),
    }


def model_rows(shots: int) -> list[Mapping[str, object]]:
    memory = Memory()
    return [
        model_row("model_first", film(shots), memory),
        model_row("model_again", film(shots), memory),
        model_row("model_one_edited", film(shots, edited=shots // 2), memory),
    ]


def row(name: str, runs: list[tuple[float, float]], shots: int) -> Mapping[str, object]:
    cpu, wall = (statistics.median(run[at] for run in runs) for at in (0, 1))
    ms = cpu / shots * 1000
    return {
        "name": name,
        "cpu_s": round(cpu, 4),
        "wall_s": round(wall, 4),
        "fps": round(shots / max(wall, 1e-9), 1),
        "ms_per_shot": round(ms, 3),
        "ratio_to": {"goal": round(ms / GOAL_MS, 4)},
    }


def rows(shots: int, repeat: int) -> list[Mapping[str, object]]:
    inputs = sentences(shots)
    answer(inputs[0])  # lexicon, templates and node list are read once
    groups: dict[str, tuple[Callable[[dict[str, JsonValue]], None], Inputs]] = {
        "rules_read": (read, inputs),
        "rules_translate": (answer, inputs),
    }
    for lang in ("zh-Hans", "zh-Hant", "en", "mixed"):
        groups[f"rules_translate_{lang}"] = (
            answer,
            [raw for raw in inputs if raw.get("lang") == lang],
        )
    return [
        row(name, [measured(work, own) for _ in range(repeat)], len(own))
        for name, (work, own) in groups.items()
        if own
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--film", type=int, default=80, help="shots of the film that a model reads")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    table = rows(given.shots, given.repeat)
    asks = model_rows(given.film)
    if given.json:
        print(json.dumps({"rows": [*table, *asks], "shots": given.shots, "film": given.film}))
        return
    for line in table:
        print(f"{line['name']:<26} {line['ms_per_shot']:>8} ms a shot  {line['fps']:>8} shots/s")
    for line in asks:
        print(
            f"{line['name']:<26} {line['requests_per_shot']:>8} requests a shot  "
            f"{line['input_tokens_per_shot']:>8} tokens in "
            f"({line['cacheable_tokens_per_shot']} seen before), "
            f"{line['output_tokens_per_shot']} out"
        )


if __name__ == "__main__":
    main()

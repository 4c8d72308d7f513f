"""Milliseconds per shot from a sentence to a validated graph, read by rules.

    python -m benchmarks.translate [--shots 500] [--repeat 3] [--json]

The sentences of tests/data/translation (Simplified and Traditional Chinese, English, mixed), again
and again until there are enough. Rows: reading alone, and the whole answer; by language too. `fps`
is shots a second, `ratio_to.goal` the share of the goal of 50 ms a shot.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue

from ai_video.comfyui.object_info import shipped_node_list
from ai_video.errors import InputRefused
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
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    table = rows(given.shots, given.repeat)
    if given.json:
        print(json.dumps({"rows": table, "shots": given.shots}))
        return
    for line in table:
        print(f"{line['name']:<26} {line['ms_per_shot']:>8} ms a shot  {line['fps']:>8} shots/s")


if __name__ == "__main__":
    main()

"""Writes docs/concepts/consistency.md: levels, methods, limits, families, and pictures of real graphs.

.venv/bin/python scripts/consistency_page.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from ai_video.comfyui.library import library, methods_of
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.translator.answer import Answer
from ai_video.translator.consistency import consistency_tables, family_rows, limits
from ai_video.translator.translate import translate_input

TARGET = Path(__file__).resolve().parent.parent / "docs" / "concepts" / "consistency.md"
Json = dict[str, JsonValue]

INTRODUCTION = """\
# Consistency · 角色一致性

Made by `scripts/consistency_page.py` from `translator/consistency.toml` and `comfyui/library/methods.toml`; the
graphs below are what `ai-video translate` gives. 本页由程序生成。

A character looks the same from shot to shot when its graph holds it by something: a LoRA trained on it, reference
pictures, the first frame of the clip. Three levels say how much of that is used. Nothing asked for: the highest that
the character's assets allow. The level is worked out for each character, never above the asked one, and what is
missing is said (`unmet`, `warnings`, `level_reasons`).
三个等级决定用哪些方法; 不指定时取资产能支持的最高等级。等级按角色计算, 缺少的部分都会说明。

"""

FAMILIES = """
## What each family can do · 各模型系列的方法

`low` holds by reference pictures, `medium` adds control pictures, `high` binds the LoRA and swaps the face afterwards.
A clip from its keyframe holds everybody by its first frame: levels and methods are the keyframe's.
图生视频由关键帧保持角色, 等级和方法以关键帧为准。

"""

CHOICE = """
## Which template is taken · 选择模板

The order is written at the top of `src/ai_video/translator/choice.py`, and each answer tells its reasons in
`choice_reasons`: a LoRA that the asked level uses pulls the picture to its family; of two families the one that holds
more characters, then the first named; then references, control pictures, the scene's picture; then SDXL, Qwen-Image,
Flux, Z-Image, SD 1.5. AnimateDiff is taken where the text asks for it or nothing else makes a clip.
会用到的 LoRA 决定系列; 两个系列时取能保持更多角色的, 再取先出现的。

## Did it work · 看结果像不像

`ai-video takes likeness ID` finds the faces in a take (of a clip: in five of its frames) and compares them with the
reference pictures of the shot's characters. Below a distance of 0.6 it says `same`, above it `different`. Where nothing can
be said, it says `unknown` and why: no reference picture, no face in it, no face in the take, fewer faces than characters,
or the extra `vision` is not installed. Drawn faces are mostly not found: look yourself.
逐个角色比较结果中的人脸与参考图; 说不准的就写“未知”和原因, 绝不算作合格。

## Pictures of graphs · 工作流图

One shot, two characters: Ned has reference pictures, Ada a LoRA and a face; the scene has a depth map.
Boxes with a thick frame were put in by patches; the rest is the template `{template}`.
粗框节点由补丁加入, 其余来自模板。
"""
PATCHED = "classDef added stroke-width:3px;"

NED: Json = {
    "id": "ned",
    "name": "Ned",
    "appearance": "old sailor, yellow oilskin",
    "reference_images": ["ned"],
}
ADA: Json = {
    "id": "ada", "name": "Ada", "appearance": "girl with a red scarf", "face_image": "ada-face",
    "reference_images": ["ada"],
    "lora": {"name": "ada_xl.safetensors", "base_model": "SDXL 1.0", "trigger_words": ["adagirl"]},
}  # fmt: skip
SCENE: Json = {"id": "pier", "name": "Pier", "control_images": {"depth": "pier-depth"}}


def translated(*people: Json, level: str, output: str = "image") -> Answer:
    raw: Json = {
        "storyboard": {
            "description": "Ned and Ada stand on a pier."
            if len(people) > 1
            else "Ned stands on a pier.",
            "scene_id": "pier",
            "characters": [person["id"] for person in people],
            "generation_config": {"output": output, "consistency_level": level},
        },
        "character_assets": [*people],
        "scene_assets": [SCENE],
        "available_workflows": ["*"],
    }
    return translate_input(raw, nodes=shipped_node_list())


def drawing(answer: Answer) -> str:
    """A graph as Mermaid: what feeds what; model, text and picture loaders on the left."""
    own = set(library()[answer.workflow_id or ""].workflow.nodes)
    graph = cast("Mapping[str, Json]", answer.workflow_json)
    names = {key: f"n{at}" for at, key in enumerate(graph)}
    lines = ["```mermaid", "flowchart LR", f"    {PATCHED}"]
    for key, node in graph.items():
        title = str(cast("Json", node["_meta"])["title"])
        mark = "" if key in own else ":::added"
        lines.append(f'    {names[key]}["{title}<br/><small>{node["class_type"]}</small>"]{mark}')
    for key, node in graph.items():
        for value in cast("Json", node["inputs"]).values():
            if isinstance(value, list) and len(value) == 2 and value[0] in names:
                line = f"    {names[str(value[0])]} --> {names[key]}"
                if line not in lines:
                    lines.append(line)
    return "\n".join([*lines, "```", ""])


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def both(row: JsonValue, key: str) -> str:
    words = cast("dict[str, dict[str, str]]", row)
    zh, en = words["zh"].get(key, ""), words["en"].get(key, "")
    return en if zh == en else f"{en} · {zh}"


def told() -> str:
    """Levels, methods and limits."""
    tables = cast("dict[str, list[Json]]", consistency_tables())
    parts = [
        "## Levels · 等级\n",
        table(
            ("level", "method · 技术方案", "for · 适用场景"),
            [(both(row, "name"), both(row, "method"), both(row, "use")) for row in tables["levels"]],
        ),
        "## Methods compared · 方案对比\n",
        table(
            ("method · 方案", "for · 优点", "against · 缺点", "use · 适用场景"),
            [
                tuple(both(row, key) for key in ("name", "for", "against", "use"))
                for row in tables["methods"]
            ],
        ),
        "## Limits · 局限性\n",
        "A limit with a condition is a warning of every shot that meets it and holds a character.\n"
        "有条件的局限会作为警告出现在符合条件的分镜里。\n",
        table(
            ("limit · 局限性", "what it looks like · 具体表现", "severity · 影响", "warns when · 条件"),
            [
                (
                    both(dict(limit.words), "name"), both(dict(limit.words), "detail"), limit.severity,
                    f"`{limit.warns[0]} {limit.warns[1]} {limit.warns[2]:g}`" if limit.warns else "",
                )
                for limit in limits()
            ],
        ),
    ]  # fmt: skip
    return "\n".join(parts)


def families() -> str:
    rows: list[tuple[object, ...]] = []
    for row in family_rows():
        can = methods_of(cast("str", row["family"]))
        models = sorted({model.file for model in (can.control_models or {}).values()})
        files = [name for name in (can.adapter, can.vision, *models) if name]
        rows.append(
            (
                row["category"],
                f"`{row['family']}`",
                row["low"] or "none",
                " + ".join(cast("list[str]", row["medium"])) or "none",
                " + ".join(cast("list[str]", row["high"])),
                ", ".join(cast("list[str]", row["control_images"])) or "none",
                "<br/>".join(f"`{name}`" for name in files) or "none of their own",
            )
        )
    heads = ("makes", "family", "low", "medium", "high", "control images", "files of the methods")
    return table(heads, rows)


def graphs() -> str:
    shown = (
        ("Low: reference pictures only · 低", translated(NED, level="low")),
        ("Medium: references and a depth map · 中", translated(NED, level="medium")),
        ("High: LoRA, depth map, face swap; Ned by his pictures in the left half · 高", translated(NED, ADA, level="high")),
        ("The clip of the same shot, carried by its keyframe · 由关键帧生成的片段", translated(NED, ADA, level="high", output="video")),
    )  # fmt: skip
    parts: list[str] = []
    for title, answer in shown:
        parts.append(f"### {title}\n\n`{answer.workflow_id}`, level `{answer.level}`\n")
        parts.append(drawing(answer))
    return "\n".join(parts)


def page() -> str:
    choice = CHOICE.format(template="sdxl_text_to_image")
    return f"{INTRODUCTION}{told()}{FAMILIES}{families()}{choice}\n{graphs()}"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

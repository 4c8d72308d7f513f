"""Writes docs/reference/roles.md: roles, purposes, families, and what was found in every test graph.

.venv/bin/python scripts/roles_reference.py
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from ai_video.comfyui.convert import from_ui
from ai_video.comfyui.families import families
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.purposes import PURPOSES, Purpose
from ai_video.comfyui.roles import ROLES, RoleName, WorkflowRoles, find_roles

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference" / "roles.md"
DATA = ROOT / "tests" / "data"

INTRODUCTION = """\
# Roles of a workflow's inputs · 工作流输入的角色

Made by `scripts/roles_reference.py`. Importing a workflow reads what each input means by walking the links
of the graph, from samplers and outputs backwards and from loaded files forwards. Nothing is written by
hand for a workflow, and names of nodes and inputs only speak where types and links are silent.
导入工作流时, 程序沿着连线读出每个输入的含义: 从采样器和输出向后, 从载入的文件向前。不为任何工作流手写映射。

How certain · 把握:

| | |
|---|---|
| `sure` | by types and links alone · 仅凭类型和连线 |
| `likely` | a name spoke too, an unknown node stands between, the value is worked out, or a switch is off · 参考了名称, 或中间有未知节点, 或数值由计算得出, 或开关关闭 |
| `asked` | a guess: you should confirm it, other candidates stand in `unresolved` · 猜测, 请确认 |

A role that stands on several inputs has one row each, in the order in which they run. An input that is
worked out by other nodes is itself the row: setting it cuts that link. What you correct with
`ai-video workflows bind` is saved and counts as the truth.

`category` is `video` where a clip comes out, `animation` where motion modules make an image model draw
the frames (AnimateDiff), else `image`, also for sound and LoRA training: `purpose` tells those.
"""

ROLE_TEXTS: Mapping[RoleName, tuple[str, str]] = {
    "positive_prompt": ("what is to be seen or heard; several texts, several rows", "正向提示词"),
    "negative_prompt": ("what is not to be there; none where it is zeroed out", "反向提示词"),
    "seed": ("noise seed of a sampler", "随机种子"),
    "width": ("width in pixels", "宽度 (像素)"),
    "height": ("height in pixels", "高度 (像素)"),
    "length": ("number of frames", "帧数"),
    "fps": ("frames per second of the clip, and what a model is told of it", "帧率"),
    "steps": ("sampling steps", "采样步数"),
    "cfg": ("classifier-free guidance", "提示词引导强度"),
    "sampler": ("sampling method", "采样方法"),
    "scheduler": ("noise schedule", "噪声调度"),
    "denoise": ("share of the picture that is drawn anew", "重绘幅度"),
    "checkpoint": ("whole model (model, text encoder, VAE)", "整体模型"),
    "diffusion_model": ("diffusion model alone", "扩散模型"),
    "vae": ("VAE file", "VAE"),
    "clip": ("text encoder file", "文本编码器"),
    "lora": ("LoRA file", "LoRA"),
    "reference_image": ("picture to start from, to edit or to look like", "参考图"),
    "scene_reference": (
        "picture of the place; only ever given by you",
        "场景参考图 (仅由用户指定)",
    ),
    "control_image": (
        "pose, depth, edges or a clip that steers",
        "控制图 (姿势、深度、边缘或视频)",
    ),
    "face_image": ("face to put in", "人脸图"),
    "first_frame": ("first frame of the clip", "首帧"),
    "last_frame": ("last frame of the clip", "尾帧"),
    "mask": ("where to draw", "蒙版"),
    "audio": ("sound that is used", "音频"),
    "output_image": ("name under which pictures are saved", "输出图片的文件名"),
    "output_video": ("name under which clips are saved", "输出视频的文件名"),
    "output_audio": ("name under which sound is saved", "输出音频的文件名"),
}
PURPOSE_TEXTS: Mapping[Purpose, tuple[str, str]] = {
    "text_to_image": ("a picture from words", "文生图"),
    "image_to_image": ("a picture drawn over another", "图生图"),
    "image_edit": ("a picture changed as words say", "图像编辑"),
    "inpaint": ("a part of a picture drawn anew, or beyond its edge", "局部重绘、扩图"),
    "controlnet": ("a picture that follows a pose, depth or edges", "控制生图"),
    "reference_to_image": ("a picture that looks like others", "参考生图"),
    "upscale": ("larger", "放大"),
    "face_swap": ("a face put in", "换脸"),
    "text_to_video": ("a clip from words", "文生视频"),
    "image_to_video": ("a clip from its first frame", "图生视频"),
    "first_last_frame": ("a clip between two frames", "首尾帧视频"),
    "reference_to_video": ("a clip with what pictures show", "参考生视频"),
    "control_to_video": ("a clip that follows poses, depths or another clip", "控制生视频"),
    "video_to_video": ("a clip changed", "视频转视频"),
    "audio_to_video": ("a clip that follows sound", "音频驱动视频"),
    "audio": ("sound or music", "音频、音乐"),
    "three_d": ("a model in three dimensions", "三维模型"),
    "train_lora": ("a LoRA trained", "训练 LoRA"),
    "text": ("text written by a language model", "文本"),
    "processing": ("no model draws: files are changed", "处理文件"),
}


def graphs() -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """Every graph of the tests in API form, by name."""
    for file in sorted((DATA / "workflows").glob("*.json")):
        yield file.stem, json.loads(file.read_text("utf-8"))
    for file in sorted((DATA / "templates").glob("*.json.gz")):
        document = json.loads(gzip.decompress(file.read_bytes()))
        name = file.name.removesuffix(".json.gz")
        yield name, from_ui(document, shipped_node_list()).document


def counted(roles: WorkflowRoles, certainty: str) -> str:
    """Roles with this certainty: `seed`, `cfg ×2`."""
    parts: list[str] = []
    for role in ROLES:
        rows = [row for row in roles.of(role) if row.certainty == certainty]
        if rows:
            parts.append(role if len(rows) == 1 else f"{role} ×{len(rows)}")
    return ", ".join(parts)


def line(name: str, document: dict[str, JsonValue]) -> str:
    roles = find_roles(document, shipped_node_list())
    cells = [
        name,
        str(len(document)),
        roles.purpose,
        roles.family or "–",
        counted(roles, "sure"),
        counted(roles, "likely"),
        counted(roles, "asked"),
        ", ".join(entry.role for entry in roles.unresolved),
    ]
    return "| " + " | ".join(cells) + " |"


def table(texts: Mapping[str, tuple[str, str]], names: tuple[str, ...]) -> str:
    rows = [f"| `{name}` | {texts[name][0]} | {texts[name][1]} |" for name in names]
    return "\n".join(["| | | |", "|---|---|---|", *rows])


def family_rows() -> str:
    rows = [
        f"| `{family.name}` | {family.title} |"
        for family in families()
        if not family.guess and not family.part_of_others
    ]
    return "\n".join(["| | |", "|---|---|", *sorted(rows)])


def page() -> str:
    """The whole page."""
    lines = [line(name, document) for name, document in graphs()]
    head = "| graph | nodes | purpose | family | sure | likely | to be asked | open |"
    found = "\n".join([head, "|---|---|---|---|---|---|---|---|", *lines])
    return f"""{INTRODUCTION}
## Roles · 角色

{table(ROLE_TEXTS, ROLES)}

## Purposes · 用途

{table(PURPOSE_TEXTS, PURPOSES)}

## Families · 模型家族

By the model's file first, then by the type of its text encoder loader and its latent nodes; null where
nothing tells. 先看模型文件名, 再看文本编码器类型和潜空间节点; 无法判断时为 null。

{family_rows()}

## What was found · 识别结果

The graphs that the tests check, row by row against a table that was checked by hand (`tests/data/roles.json`): {len(lines)}
graphs, of which 74 are official templates. "Open": the role is in the graph, and no input could be
named for it, mostly a size that follows the loaded picture; `unresolved` holds the candidates.

{found}
"""


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

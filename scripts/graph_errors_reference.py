"""Writes docs/reference/graph_errors.md from the kinds of errors in a workflow and their words.

.venv/bin/python scripts/graph_errors_reference.py
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from ai_video.comfyui.graph_findings import GraphErrorType
from ai_video.comfyui.graph_words import graph_texts

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "graph_errors.md"
WARNINGS = ("unlinked_input", "unknown_choice")
INTRODUCTION = """\
# Errors in a workflow · 工作流里的错误

Made by `scripts/graph_errors_reference.py`. `ai-video workflows check` (and every graph before it is sent)
says what a ComfyUI server would say, by the server's own names. Each error is
`{"type","node","class_type","input","received","message","suggestions":[],"fix"}`.
检查工作流时用的是 ComfyUI 服务器自己的错误名; 每个错误都说明怎么改。

- An unknown class ends the check, also where no output needs the node. Everything else is looked at only
  where an output needs it. 没有的节点类型会使整个工作流被拒绝; 其余只检查输出用得到的节点。
- Values are read as the server reads them: `"16"` and `true` are whole numbers, `8.9` becomes 8, any
  value is a text. Inputs that a class does not have are ignored. 值按服务器的方式转换, 多余的输入被忽略。
- The server runs the outputs that are right and drops the others; here one error makes the workflow
  invalid. 服务器会丢掉出错的输出、运行其余输出; 这里有一个错误就算不合格。
- Without `--nodes` or `--server` nobody knows which files a server has: model and input files are taken to be
  there and are listed as `missing_models`; a name that can be no model file is still an error.
  没有指定服务器时, 模型和输入文件视为存在, 并列在 `missing_models` 里。
"""
WARNED = """\
# Warnings · 警告

The server accepts these and fails when the job runs. 服务器会接受, 运行时才出错。
"""


def cell(text: str) -> str:
    for gone in ("{default_en}", "{default_zh}", "{url_en}", "{url_zh}"):
        text = text.replace(gone, "")
    text = text.replace("{kind_en}", "{wanted}").replace("{kind_zh}", "{wanted}")
    return text.replace("{{", "{").replace("}}", "}").replace("\n", " ")


def section(kind: str) -> str:
    """A kind of error with the words of its variants."""
    texts = [text for name, text in graph_texts().items() if name.partition(".")[0] == kind]
    lines = [
        f"- {cell(text.en)} {cell(text.fix_en)}\n- {cell(text.zh)} {cell(text.fix_zh)}"
        for text in texts
    ]
    if not lines:
        lines = ["- As above, where the node is itself an output. 同上, 出错的节点本身是输出节点。"]
    return f"## {kind}\n\n" + "\n".join(lines) + "\n"


def page() -> str:
    """The whole page: one section a kind, in the order they are looked for."""
    kinds = [kind for kind in get_args(GraphErrorType) if kind not in WARNINGS]
    return "\n".join([INTRODUCTION, *map(section, kinds), WARNED, *map(section, WARNINGS)])


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

"""Writes docs/reference/tools.md from the tools themselves.

.venv/bin/python scripts/tools_reference.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ai_video.agent.registry import TOOLS
from ai_video.agent.schemas import schema_of
from ai_video.agent.tool import Tool

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "tools.md"
INTRODUCTION = """\
# Tools · 工具

Made by `scripts/tools_reference.py`. `ai-video mcp` serves these tools on standard input and output, the studio serves
them at `/mcp` (Model Context Protocol, streamable HTTP); `ai-video mcp --only translator` serves `translate_storyboard`
alone. How to connect: [use from Claude](../howto/use-from-claude.md). Every tool answers structured content, the same
document as the command and the route of that verb. Arguments that a tool does not know are refused; only
`translate_storyboard` takes them with a warning. No tool takes a file's path or an address, and none deletes.
以下工具由 `ai-video mcp` (标准输入输出) 和工作室的 `/mcp` 提供; 接法见 [从 Claude 使用](../howto/use-from-claude.zh-CN.md)。
工具不接受文件路径和网址, 也没有删除类工具。

An error is a result with `isError` and the text
`{"ok":false,"error":{"code","message","hint","fields","fixable"}}`, with a code of [errors](errors.md). `fixable` true:
other arguments can help; false: a person has to do something, the message and the hint say what. A refused
`translate_storyboard` also has structured content, its usual [answer](translate.md) with `"ok":false`.
出错时结果带 `isError`; `fixable` 为真表示改参数可以解决, 为假要由人处理。
"""
EFFECTS = {
    "reads": "reads only · 只读",
    "adds": "adds something · 新增",
    "changes": "changes what is there · 修改",
}


def kind_of(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A property's type in a few characters."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        target = definitions[name]
        return kind_of(target, definitions) if "enum" in target else f"object {name}"
    if "anyOf" in schema:
        parts = [kind_of(part, definitions) for part in schema["anyOf"]]
        return " or ".join(part for part in dict.fromkeys(parts) if part != "null")
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"list of {kind_of(schema['items'], definitions)}"
    kind = schema.get("type", "any")
    return schema["format"] if kind == "string" and "format" in schema else str(kind)


def row(name: str, schema: dict[str, Any], definitions: dict[str, Any], *, required: bool) -> str:
    says = schema.get("description", "")
    default = "" if required else "optional"
    if schema.get("default") not in (None, "", [], {}) and not isinstance(schema["default"], dict):
        default = f"`{str(schema['default']).lower()}`"
    told = "required" if required else default
    return f"| `{name}` | {kind_of(schema, definitions)} | {told} | {says} |"


def section(tool: Tool) -> str:
    """One tool: what it is for, what it takes, what it answers."""
    schema: dict[str, Any] = schema_of(tool.takes, "validation")
    answer: dict[str, Any] = schema_of(tool.gives, "serialization")
    required = schema.get("required", [])
    rows = [
        row(name, entry, schema.get("$defs", {}), required=name in required)
        for name, entry in schema.get("properties", {}).items()
    ]
    words = tool.words
    text = f"## {tool.name}\n\n{words.title_en} · {words.title_zh} ({EFFECTS[tool.effect]})\n\n"
    text += f"{words.en}\n\n{words.zh}\n"
    if rows:
        text += "\n| argument | type | | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    fields = ", ".join(f"`{name}`" for name in answer.get("properties", {}))
    return f"{text}\nAnswers {fields}.\n"


def page() -> str:
    return "\n".join([INTRODUCTION, *(section(tool) for tool in TOOLS)])


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

"""Writes docs/reference/errors.md from the catalogue of error codes.

.venv/bin/python scripts/errors_reference.py
"""

from __future__ import annotations

from pathlib import Path

from ai_video.errors import catalogue

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "errors.md"
INTRODUCTION = """\
# Errors · 错误

Made by `scripts/errors_reference.py`. Every refusal has one code, the same in
`{"ok":false,"error":{"code","message","hint","fields"}}` on the command line and in problem+json over HTTP.
每个错误有一个代码, 命令行和 HTTP 中相同。

| exit | meaning | 含义 |
|---|---|---|
| 0 | done | 完成 |
| 1 | our bug | 程序错误 |
| 2 | usage | 用法不对 |
| 3 | input refused; unknown id; a named file cannot be read or written | 输入被拒绝; 未知 id; 文件不能读写 |
| 4 | unfinished, a person is needed | 未完成, 需要人处理 |
| 5 | an outside service failed | 外部服务失败 |
| 6 | a check said no | 检查未通过 |
| 130 | interrupted | 已中断 |
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def page() -> str:
    """The whole page: one section a code, in alphabetical order."""
    parts = [INTRODUCTION]
    for code, text in sorted(catalogue().items()):
        parts.append(
            f"## {code}\n\nHTTP {text.http}\n\n"
            f"- {cell(text.en)} {cell(text.hint_en)}\n- {cell(text.zh)} {cell(text.hint_zh)}\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

"""Writes docs/reference/http.md from the OpenAPI document of the application.

.venv/bin/python scripts/http_reference.py
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from ai_video.api.application import create_api
from ai_video.studio.studio import Studio

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "http.md"
INTRODUCTION = """\
# HTTP · 接口

Made by `scripts/http_reference.py`; the full document is served at `/api/openapi.json`. On loopback no token is
needed; elsewhere send `Authorization: Bearer TOKEN`. Errors are problem+json with a `code` of [errors](errors.md).
Lists answer `{"items":[…],"next":null}` and take `limit` and `cursor`. PUT and PATCH accept partial bodies.
本机访问不需要令牌; 其他地址要带 `Authorization: Bearer TOKEN`。错误用 problem+json, `code` 与命令行相同。
"""


def schema_name(content: dict[str, Any]) -> str:
    """The type of a body, short: a name, a list of names, or the media type."""
    for media, value in sorted(content.items(), key=lambda pair: pair[0] == "application/json"):
        schema = value.get("schema", {})
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
        return reference.rsplit("/", 1)[-1] or schema.get("title") or media
    return ""


def answers(operation: dict[str, Any]) -> str:
    """Status codes of success and what they carry."""
    return ", ".join(
        f"{status} {schema_name(answer.get('content', {}))}".strip()
        for status, answer in operation["responses"].items()
        if status < "400"
    )


def row(method: str, path: str, operation: dict[str, Any]) -> str:
    query = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    takes = ", ".join(f"`{name}`" for name in query)
    body = schema_name(operation.get("requestBody", {}).get("content", {}))
    both = "; ".join(part for part in (takes, body) if part)
    says = operation.get("description") or operation.get("summary", "")
    first = says.strip().split("\n")[0]
    return f"| {method.upper()} | `{path}` | {first} | {both} | {answers(operation)} |"


def page() -> str:
    """One table a group of routes, in the order of the application."""
    studio = cast("Studio", SimpleNamespace(language="en"))
    document = create_api(studio).openapi()
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "head":
                tag = operation.get("tags", ["other"])[0]
                groups.setdefault(tag, []).append(row(method, path, operation))
    parts = [INTRODUCTION]
    for tag, rows in groups.items():
        head = "| | route | what | takes | answers |\n|---|---|---|---|---|\n"
        parts.append(f"## {tag}\n\n{head}" + "\n".join(rows) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

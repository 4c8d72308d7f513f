"""Where every entity field is read and written in `src`, found by the type checker's language server.

    .venv/bin/python scripts/field_uses.py            prints one line per field

Names alone would not do: `description` is a field of nine entities. The server resolves types, so
`shot.description` counts for Storyboard only. Reads are attribute loads, and filters and orders of
`find(Entity, field=...)`; writes are keyword arguments of constructors and of `change(value, ...)`.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "ai_video"
DEFINITIONS = (
    SOURCE / "domain" / "entities.py",
    SOURCE / "domain" / "task.py",
    SOURCE / "orchestrator" / "records.py",
)
STORING = frozenset({"storage.task_sql"})
"""Modules that copy every column to and from the database: no readers."""


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of an entity and where its name stands (line and column from 0)."""

    entity: str
    name: str
    path: Path
    line: int
    column: int


@dataclass(slots=True)
class Uses:
    """Modules, by dotted name below `ai_video`, that read or write a field."""

    readers: set[str] = field(default_factory=set[str])
    writers: set[str] = field(default_factory=set[str])


class LanguageServer:
    """basedpyright over standard input and output, as far as `references` needs it."""

    def __init__(self) -> None:
        program = Path(sys.executable).with_name("basedpyright-langserver")
        self.process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        self.number = 0
        folder = {"uri": ROOT.as_uri(), "name": "ai-video"}
        self.ask(
            "initialize",
            processId=None,
            rootUri=ROOT.as_uri(),
            workspaceFolders=[folder],
            capabilities={"workspace": {"configuration": True, "workspaceFolders": True}},
        )
        self.tell("initialized")

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self.process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self.process.stdout
        assert stream is not None
        length = 0
        while (line := stream.readline().strip()) or not length:
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            elif not line and self.process.poll() is not None:
                raise RuntimeError("the language server ended")
        return json.loads(stream.read(length))

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and wait for its answer; the server's own questions get empty answers."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items", [])
                self._send({"id": message["id"], "result": [None for _ in items]})
            elif message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message["result"]

    def type_at(self, path: Path, line: int, column: int) -> str:
        """What the type checker says about the expression there, as text."""
        found = self.ask(
            "textDocument/hover",
            textDocument={"uri": path.as_uri()},
            position={"line": line, "character": column},
        )
        contents = found["contents"] if found else ""
        return contents["value"] if isinstance(contents, dict) else str(contents)

    def open(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)

    def references(self, wanted: FieldDefinition) -> list[tuple[Path, int, int]]:
        """(file, line, column) of every use of the field but its definition."""
        found = self.ask(
            "textDocument/references",
            textDocument={"uri": wanted.path.as_uri()},
            position={"line": wanted.line, "character": wanted.column},
            context={"includeDeclaration": False},
        )
        return [
            (
                Path(place["uri"].removeprefix("file://")),
                place["range"]["start"]["line"],
                place["range"]["start"]["character"],
            )
            for place in found or []
        ]


def field_definitions() -> Iterator[FieldDefinition]:
    """Every annotated field of every class in the files that define entities."""
    for path in DEFINITIONS:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    target = statement.target
                    yield FieldDefinition(
                        node.name, target.id, path, target.lineno - 1, target.col_offset
                    )


@cache
def attribute_places(path: Path) -> dict[tuple[int, int], ast.expr_context]:
    """Position of each attribute's own name (from 0) → load or store."""
    places: dict[tuple[int, int], ast.expr_context] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.end_lineno and node.end_col_offset:
            places[node.end_lineno - 1, node.end_col_offset - len(node.attr.encode())] = node.ctx
    return places


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def calls(path: Path, method: str) -> Iterator[ast.Call]:
    """Calls `x.method(first, ...)` of a file that have keyword arguments."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == method
            and node.args
            and node.keywords
        ):
            yield node


def filtered_fields(call: ast.Call) -> tuple[str, set[str]]:
    """Entity and fields that a `find(Entity, ...)` filters or orders by."""
    entity = call.args[0].id if isinstance(call.args[0], ast.Name) else ""
    names = {keyword.arg for keyword in call.keywords if keyword.arg}
    orders = [keyword.value for keyword in call.keywords if keyword.arg == "order_by"]
    names |= {
        part.value.lstrip("-")
        for order in orders
        for part in ast.walk(order)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    return entity, names


def add_verbs(server: LanguageServer, uses: dict[tuple[str, str], Uses]) -> None:
    """Add what `find` and `change` of the storage unit read and write by keyword."""
    entities = {entity for entity, _ in uses}
    for path in sorted(SOURCE.rglob("*.py")):
        for call in calls(path, "find"):
            entity, names = filtered_fields(call)
            for name in names:
                if (entity, name) in uses:
                    uses[entity, name].readers.add(module_of(path))
        changes = list(calls(path, "change"))
        if changes:
            server.open(path)
        for call in changes:
            subject = call.args[0]
            told = server.type_at(path, subject.lineno - 1, (subject.end_col_offset or 1) - 1)
            for entity in entities & set(re.findall(r"\w+", told)):
                for keyword in call.keywords:
                    if keyword.arg and (entity, keyword.arg) in uses:
                        uses[entity, keyword.arg].writers.add(module_of(path))


def field_uses() -> dict[tuple[str, str], Uses]:
    """(entity, field) → the modules of `src` that use it."""
    uses: dict[tuple[str, str], Uses] = {}
    with LanguageServer() as server:
        for path in DEFINITIONS:
            server.open(path)
        for wanted in field_definitions():
            seen = uses.setdefault((wanted.entity, wanted.name), Uses())
            for path, line, column in server.references(wanted):
                if not path.is_relative_to(SOURCE):
                    continue
                module = module_of(path)
                context = attribute_places(path).get((line, column))
                if module in STORING and isinstance(context, ast.Load):
                    continue
                target = seen.readers if isinstance(context, ast.Load) else seen.writers
                target.add(module)
        add_verbs(server, uses)
    return uses


def main() -> None:
    for (entity, name), seen in field_uses().items():
        print(f"{entity}.{name}: read by {sorted(seen.readers)}; written by {sorted(seen.writers)}")


if __name__ == "__main__":
    main()

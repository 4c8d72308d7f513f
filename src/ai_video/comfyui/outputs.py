"""What a finished prompt left: files under whatever key its nodes use, and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

FileType = Literal["output", "input", "temp"]
_TYPES: Mapping[JsonValue, FileType] = {"output": "output", "input": "input", "temp": "temp"}


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file in one of the server's folders, as `/view` wants it.

    `key` is the word its node put it under (`images`, `gifs`, `audio`, `files` …). Files of type
    `temp` are wiped when the server starts.
    """

    filename: str
    subfolder: str = ""
    type: FileType = "output"
    node: str | None = None
    key: str = "files"

    @property
    def place(self) -> str:
        """The file as a person finds it in the server's folder."""
        return "/".join(part for part in (self.type, self.subfolder, self.filename) if part)

    @property
    def query(self) -> dict[str, str]:
        return {"filename": self.filename, "subfolder": self.subfolder, "type": self.type}


@dataclass(frozen=True, slots=True)
class OutputText:
    """Words that a node shows."""

    text: str
    node: str


@dataclass(frozen=True, slots=True)
class Outputs:
    files: tuple[OutputFile, ...] = ()
    texts: tuple[OutputText, ...] = ()

    @property
    def kept(self) -> tuple[OutputFile, ...]:
        """The files that were saved, not only shown."""
        return tuple(file for file in self.files if file.type == "output")


NO_OUTPUTS: Final = Outputs()


def read_outputs(raw: JsonValue) -> Outputs:
    """The files and texts in a history entry's or a job's `outputs`."""
    by_node = raw if isinstance(raw, dict) else {}
    files: list[OutputFile] = []
    texts: list[OutputText] = []
    for node, shown in by_node.items():
        if not isinstance(shown, dict):
            continue
        for key, entries in shown.items():
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict):
                    files.extend(_file(entry, node=node, key=key))
                elif isinstance(entry, str) and key == "text":
                    texts.append(OutputText(entry, node))
    return Outputs(tuple(files), tuple(texts))


def _file(entry: Mapping[str, JsonValue], *, node: str, key: str) -> Iterator[OutputFile]:
    name, subfolder = entry.get("filename"), entry.get("subfolder") or ""
    kind = _TYPES.get(str(entry.get("type") or "output"))
    if isinstance(name, str) and name and isinstance(subfolder, str) and kind:
        yield OutputFile(name, subfolder, kind, node, key)

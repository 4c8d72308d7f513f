"""Nodes that check their inputs themselves, and what their checks say (`node_lists/checks.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class CustomCheck:
    """How one class checks its own inputs.

    `inputs`, `everything`: what the server then does not check against range and list.
    `needed`: the input without which the check itself breaks. `file`: the input that must name a
    file of the server. `failure`: what the check says, `{}` is the value. `any_link`: links are not
    compared by type. `one_of`: inputs of which one must be there. `modern`: the check is a method
    of the newer kind, which its messages name differently.
    """

    inputs: frozenset[str] = frozenset()
    everything: bool = False
    needed: str | None = None
    file: str | None = None
    failure: str = ""
    any_link: bool = False
    one_of: tuple[str, ...] = ()
    modern: bool = False

    def covers(self, name: str) -> bool:
        return self.everything or name in self.inputs

    def method(self, class_type: str) -> str:
        return f"{class_type}.{'validate_inputs' if self.modern else 'VALIDATE_INPUTS'}()"


NO_CHECK = CustomCheck()


@cache
def custom_checks() -> Mapping[str, CustomCheck]:
    """The check of each class that has one."""
    file = resources.files("ai_video.comfyui") / "node_lists" / "checks.toml"
    return {
        class_type: CustomCheck(
            inputs=frozenset(entry.get("inputs", ())),
            everything=entry.get("everything", False),
            needed=entry.get("needed"),
            file=entry.get("file"),
            failure=entry.get("failure", ""),
            any_link=entry.get("any_link", False),
            one_of=tuple(entry.get("one_of", ())),
            modern=entry.get("modern", False),
        )
        for class_type, entry in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }

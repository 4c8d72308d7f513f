"""ComfyUI's official workflow templates: files of a package that the extra `templates` brings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ai_video.comfyui.graph_words import close_matches
from ai_video.errors import InputRefused, Language, NotAvailable

EXTRA: Final = "pip install 'ai-video[templates]'"
_PACKAGE: Final = "comfyui_workflow_templates_json"


class OfficialTemplate(BaseModel):
    """A template as the package's index tells of it.

    Attributes:
        size_bytes: of the model files that it loads; 0 where they are not told.
        is_local: False where a node of it asks a paid service.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    size_bytes: int = Field(default=0, alias="size")
    is_local: bool = Field(default=True, alias="openSource")


class _Group(BaseModel):
    model_config = ConfigDict(extra="ignore")
    templates: list[OfficialTemplate]


def official_templates(language: Language = "en") -> tuple[OfficialTemplate, ...]:
    """Every template of the package, in its order, with titles in the language where it has them.

    Raises:
        NotAvailable: the package is not installed.
    """
    folder = _folder()
    index = folder / "index.zh.json" if language == "zh" else folder / "index.json"
    raw: Any = json.loads(index.read_text("utf-8"))
    groups = TypeAdapter(list[_Group]).validate_python(raw)
    return tuple(each for group in groups for each in group.templates)


def official_workflow(name: str) -> bytes:
    """The workflow file of a template, as ComfyUI's editor saves it.

    Raises:
        NotAvailable: the package is not installed.
        InputRefused: `official_template_unknown`, with the names most like it.
    """
    folder = _folder()
    known = sorted(_names(folder))
    if name not in known:
        near = ", ".join(close_matches(name, known)) or "-"
        raise InputRefused("official_template_unknown", name=name[:200], near=near)
    return (folder / f"{name}.json").read_bytes()


def _folder() -> Traversable:
    try:
        return resources.files(_PACKAGE) / "templates"
    except ModuleNotFoundError as missing:
        raise NotAvailable(_PACKAGE.replace("_", "-"), EXTRA) from missing


def _names(folder: Traversable) -> Iterator[str]:
    for file in folder.iterdir():
        if file.name.endswith(".json") and not file.name.startswith("index"):
            yield file.name.removesuffix(".json")

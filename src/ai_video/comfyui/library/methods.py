"""How each family holds a character and takes control pictures (`methods.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

from ai_video.comfyui.rewrite.conditioning import ControlKind

Reference = Literal["ip_adapter", "reference_latent", "first_frame"]


@dataclass(frozen=True, slots=True)
class ControlModel:
    """A control model's file; a `union` model is told which kind of picture it gets."""

    file: str
    union: bool = False


@dataclass(frozen=True, slots=True)
class FamilyMethods:
    """What a family can do. None or empty: there is no such method, and `unmet` says so.

    `reference_latent` needs a template that looks at a picture already; `first_frame` holds a
    character by the keyframe it starts from.
    """

    lora: Literal["model_and_clip", "model"] | None = None
    reference: Reference | None = None
    reference_weight: float = 0.0
    adapter: str = ""
    vision: str = ""
    control: Literal["controlnet", "control_patch"] | None = None
    control_strength: float = 0.0
    control_models: Mapping[ControlKind, ControlModel] | None = None


@cache
def _table() -> Mapping[str, FamilyMethods]:
    text = (resources.files("ai_video.comfyui.library") / "methods.toml").read_text("utf-8")
    found: dict[str, FamilyMethods] = {}
    for family, raw in cast("dict[str, dict[str, object]]", tomllib.loads(text)).items():
        models = cast("dict[ControlKind, dict[str, object]]", raw.pop("control_models", {}))
        found[family] = FamilyMethods(
            **raw,  # pyright: ignore[reportArgumentType]  a test reads every row of the table
            control_models={
                kind: ControlModel(cast("str", row["file"]), bool(row.get("union")))
                for kind, row in models.items()
            },
        )
    return found


def methods_of(family: str | None) -> FamilyMethods:
    """What a family can do; nothing for one that the table does not have."""
    return _table().get(family or "", FamilyMethods())

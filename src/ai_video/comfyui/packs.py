"""Where a class of node comes from: its node pack and the repository of that."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from ai_video.comfyui.object_info import CORE_PACK, shipped_node_list

CORE_URL = "https://github.com/comfyanonymous/ComfyUI"


@dataclass(frozen=True, slots=True)
class Pack:
    """A node pack: the folder under `custom_nodes` and the address to get it from, where known."""

    name: str
    url: str | None


CORE = Pack(CORE_PACK, CORE_URL)


@dataclass(frozen=True, slots=True)
class _Rules:
    url: str
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    classes: frozenset[str]

    def claim(self, class_type: str) -> bool:
        return (
            class_type in self.classes
            or class_type.startswith(self.starts)
            or class_type.endswith(self.ends)
        )


@cache
def _packs() -> Mapping[str, _Rules]:
    file = resources.files("ai_video.comfyui") / "packs.toml"
    return {
        name: _Rules(
            url=entry["url"],
            starts=tuple(entry.get("starts", ())),
            ends=tuple(entry.get("ends", ())),
            classes=frozenset(entry.get("classes", ())),
        )
        for name, entry in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


@cache
def _all_rules() -> _Rules:
    """What any pack claims: most unknown classes are settled by this one look."""
    packs = _packs().values()
    return _Rules(
        url="",
        starts=tuple(start for each in packs for start in each.starts),
        ends=tuple(end for each in packs for end in each.ends),
        classes=frozenset(name for each in packs for name in each.classes),
    )


def pack_named(name: str) -> Pack:
    """The pack of a folder name, with its repository when that is known."""
    if name == CORE_PACK:
        return CORE
    rules = _packs().get(name)
    return Pack(name, rules.url if rules else None)


@lru_cache(maxsize=4096)
def pack_of(class_type: str) -> Pack | None:
    """The pack that a class comes from, or None when nobody here has heard of it.

    The shipped list knows for sure; otherwise names tell, as packs mark theirs ("... (rgthree)").
    """
    shipped = shipped_node_list().nodes
    if class_type in shipped:
        return pack_named(shipped[class_type].pack)
    if not _all_rules().claim(class_type):
        return None
    return next(Pack(name, each.url) for name, each in _packs().items() if each.claim(class_type))

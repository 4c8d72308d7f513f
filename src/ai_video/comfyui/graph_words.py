"""What is said about an error in a workflow, in both languages (`graph_errors.toml`)."""

from __future__ import annotations

import difflib
import json
import reprlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import JsonValue

from ai_video.errors import Language

_SHOWN = 80
_KEPT = 500


def _brief(elements: int, text: int) -> reprlib.Repr:
    brief = reprlib.Repr()
    brief.maxlevel = 4
    brief.maxdict = brief.maxlist = elements
    brief.maxstring = brief.maxother = brief.maxlong = text
    return brief


_BRIEF, _LONG = _brief(6, 60), _brief(50, 300)


@dataclass(frozen=True, slots=True)
class GraphText:
    """The words for one kind of error."""

    zh: str
    en: str
    fix_zh: str
    fix_en: str

    def message(self, language: Language, words: Mapping[str, str]) -> str:
        return (self.zh if language == "zh" else self.en).format_map(words)

    def fix(
        self, language: Language, words: Mapping[str, str], suggestions: tuple[str, ...]
    ) -> str:
        text = (self.fix_zh if language == "zh" else self.fix_en).format_map(words)
        if not suggestions:
            return text
        *others, last = suggestions
        if language == "zh":
            meant = f"{'、'.join(others)} 或 {last}" if others else last
            return f"是不是 {meant}? 否则: {text}"
        meant = f"{', '.join(others)} or {last}" if others else last
        return f"Did you mean {meant}? Otherwise: {text[:1].lower()}{text[1:]}"


@cache
def graph_texts() -> Mapping[str, GraphText]:
    """Words by kind ("value_not_in_list") and variant ("value_not_in_list.model")."""
    file = resources.files("ai_video.comfyui") / "graph_errors.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return {kind: GraphText(**entry) for kind, entry in table.items()}


def shown(value: JsonValue, most: int = _SHOWN) -> str:
    """A value as a message shows it: JSON, cut off when long; a name in backticks."""
    if isinstance(value, str):
        return f"`{value}`" if len(value) <= most else f"`{value[: most - 1]}…`"
    if isinstance(value, list | dict):
        return _BRIEF.repr(value)
    return json.dumps(value)


def clipped(value: JsonValue) -> str:
    """A value as Python writes it, at most 500 characters; quick for any size."""
    if isinstance(value, str):
        return value[:500]
    return _LONG.repr(value)[:500]


def small(value: JsonValue) -> JsonValue:
    """The value itself, or a short text in its place when it is long."""
    if isinstance(value, str):
        return value if len(value) <= _KEPT else value[:_KEPT] + "…"
    if isinstance(value, list | dict):
        text = _LONG.repr(value)
        return value if "..." not in text and len(text) <= _KEPT else text[:_KEPT]
    return value


def listing(values: Iterable[JsonValue], most: int = 12) -> str:
    """Choices in one line, the first dozen of them."""
    found = [str(value) for value in values]
    more = f" … ({len(found)})" if len(found) > most else ""
    return ", ".join(found[:most]) + more if found else "-"


def close_matches(given: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The names most like what was given: the same file elsewhere first, then by spelling."""
    known = list(names)
    base = _base(given)
    same = [name for name in known if _base(name) == base and name != given]
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(given[:200].casefold(), folded, n=most, cutoff=0.6)
    return tuple(dict.fromkeys([*same, *(folded[name] for name in near)]))[:most]


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].casefold()

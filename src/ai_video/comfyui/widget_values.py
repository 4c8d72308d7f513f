"""The values of a node's widgets by name, from the bare list that the editor saves.

The list follows the node's inputs, with what a chosen option adds after it, a word after each seed
(what becomes of it after a run) and one after each upload (its button). A list that does not read
so against the node list comes from another age of the node; `convert` then lines it up by types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from ai_video.comfyui.object_info import COMBO, DYNAMIC_COMBO, InputSpec, NodeClass

CONTROL = frozenset({"fixed", "randomize", "increment", "decrement", "increment-wrap"})
"""The word after a seed. The server takes none."""
BUTTONS = frozenset({"", "image", "video", "audio"})
"""What is saved for an upload button; no input either."""


def read_in_order(known: NodeClass, values: Sequence[JsonValue]) -> dict[str, JsonValue] | None:
    """The values by input name; None when the list does not fit the node as it is now."""
    reader = _Reader(values)
    for spec in known.inputs.values():
        if not reader.take(spec, spec.name):
            return None
    return reader.read if reader.at == len(values) else None


def fill_in(known: NodeClass, read: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The same with a default for every widget that has no value, as the editor starts with."""
    filled: dict[str, JsonValue] = {
        name: value for name, value in read.items() if value is not None
    }
    chosen: dict[str, JsonValue] = {
        spec.name: _default(spec) for spec in known.inputs.values() if spec.type == DYNAMIC_COMBO
    }
    for spec in known.live_inputs({**chosen, **filled}).values():
        if spec.name in filled or not (spec.is_widget or spec.socketless):
            continue
        default = _default(spec)
        if default is not None or spec.socketless:
            filled[spec.name] = default
    return filled


def _default(spec: InputSpec) -> JsonValue:
    if spec.default is None and spec.choices and not spec.open_choices:
        return spec.choices[0]
    return spec.default


class _Reader:
    def __init__(self, values: Sequence[JsonValue]) -> None:
        self.values = values
        self.at = 0
        self.read: dict[str, JsonValue] = {}

    def take(self, spec: InputSpec, path: str) -> bool:
        """Read one widget and what hangs on it; False when the value at hand is not of its kind."""
        if self.at >= len(self.values) or not (spec.is_widget or spec.socketless):
            return True
        value = self.values[self.at]
        if not _is_of(spec, value):
            return False
        self.read[path] = value
        self.at += 1
        if spec.type == "INT":
            self._skip(CONTROL)
        if spec.upload is not None:
            self._skip(BUTTONS)
        if spec.type != DYNAMIC_COMBO:
            return True
        inside = (spec.options or {}).get(str(value), ())
        return all(self.take(inner, f"{path}.{inner.name}") for inner in inside)

    def _skip(self, words: frozenset[str]) -> None:
        if self.at < len(self.values):
            value = self.values[self.at]
            if isinstance(value, str) and value in words:
                self.at += 1


def _is_of(spec: InputSpec, value: JsonValue) -> bool:
    if spec.type == DYNAMIC_COMBO:
        return value in (spec.options or {})
    if spec.type == COMBO and not spec.multiselect:
        known = spec.choices is None or value in spec.choices
        return known or ((spec.open_choices or spec.upload is not None) and isinstance(value, str))
    kinds = spec.type.split(",")
    if len(kinds) > 1:
        return True
    match kinds[0]:
        case "INT":
            return _is_number(value) and not (isinstance(value, float) and value % 1)
        case "FLOAT":
            return _is_number(value)
        case "BOOLEAN":
            return isinstance(value, bool)
        case "STRING":
            return isinstance(value, str)
        case _:
            return True


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""An error in a workflow: how it is found, how the server words it, and how people are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from ai_video.comfyui.graph_words import close_matches, graph_texts, shown, small
from ai_video.comfyui.object_info import InputSpec
from ai_video.errors import Language

JsonObject = Mapping[str, JsonValue]

GraphErrorType = Literal[
    "missing_node_type",
    "prompt_no_outputs",
    "required_input_missing",
    "bad_linked_input",
    "return_type_mismatch",
    "invalid_input_type",
    "value_smaller_than_min",
    "value_bigger_than_max",
    "value_not_in_list",
    "custom_validation_failed",
    "dependency_cycle",
    "exception_during_inner_validation",
    "exception_during_validation",
    "unlinked_input",
    "unknown_choice",
]


@dataclass(frozen=True, slots=True)
class GraphError:
    """One error. `type` is ComfyUI's own name; `message` and `fix` are for people."""

    type: GraphErrorType
    node: str | None
    class_type: str | None
    input: str | None
    received: JsonValue
    message: str
    suggestions: tuple[str, ...]
    fix: str


@dataclass(slots=True)
class Finding:
    """An error as it is found. `server`: how the server words it; None where it says nothing."""

    type: GraphErrorType
    node: str | None = None
    class_type: str | None = None
    input: str | None = None
    received: JsonValue = None
    variant: str | None = None
    words: dict[str, str] = field(default_factory=dict[str, str])
    suggest: tuple[str, ...] = ()
    server: JsonObject | None = None


class Breaks(Exception):
    """The server's own check raises: what it says, and what is to blame for it."""

    def __init__(
        self,
        kind: str,
        text: str,
        variant: str | None,
        words: Mapping[str, str],
        received: JsonValue,
    ) -> None:
        super().__init__(text)
        self.kind, self.text, self.variant = kind, text[:500], variant
        self.words, self.received = words, received


_KINDS_ZH = {"INT": "整数 (INT)", "FLOAT": "数字 (FLOAT)", "FLOAT,INT": "数字 (FLOAT, INT)"}
_KINDS_EN = {
    "INT": "a whole number (INT)",
    "FLOAT": "a number (FLOAT)",
    "FLOAT,INT": "a number (FLOAT, INT)",
}


@dataclass(frozen=True, slots=True)
class About:
    """An input under check."""

    node: str
    class_type: str
    name: str
    spec: InputSpec
    value: JsonValue

    def finding(
        self,
        kind: GraphErrorType,
        *,
        server: JsonObject | None,
        variant: str | None = None,
        received: JsonValue = None,
        words: Mapping[str, str] | None = None,
        suggest: tuple[str, ...] = (),
    ) -> Finding:
        got = self.value if received is None else received
        return Finding(
            kind,
            node=self.node,
            class_type=self.class_type,
            input=self.name,
            received=got,
            variant=variant,
            words={**self._words(got), **(words or {})},
            suggest=suggest,
            server=server,
        )

    def breaks(self, kind: str, text: str, variant: str, **words: str) -> Breaks:
        about = {**self._words(self.value), "at": self.name, **words}
        return Breaks(kind, text, variant, about, self.value)

    def _words(self, received: JsonValue) -> dict[str, str]:
        default = self.spec.default
        known = default is not None and not isinstance(default, list | dict)
        return {
            "received": shown(received),
            "wanted": self.spec.type,
            "kind_zh": _KINDS_ZH.get(self.spec.type, self.spec.type),
            "kind_en": _KINDS_EN.get(self.spec.type, self.spec.type),
            "default_zh": f" (默认 {shown(default, 40)})" if known else "",
            "default_en": f" (its default is {shown(default, 40)})" if known else "",
        }

    def extra(self, received: JsonValue) -> JsonObject:
        return {
            "input_name": self.name,
            "input_config": input_config(self.spec),
            "received_value": received,
        }


def server_reason(kind: str, message: str, details: str, extra: JsonObject) -> JsonObject:
    return {"type": kind, "message": message, "details": details, "extra_info": dict(extra)}


def input_config(spec: InputSpec) -> list[JsonValue]:
    kind: JsonValue = spec.raw[0] if spec.raw else spec.type
    return [kind, spec.raw[1] if len(spec.raw) > 1 else {}]


def told(finding: Finding, language: Language, *, suggest: bool) -> GraphError:
    words = {
        "node": finding.node or "-",
        "class_type": finding.class_type or "-",
        "input": finding.input or "-",
        **finding.words,
    }
    kind = finding.type
    if kind == "exception_during_validation":
        kind = "exception_during_inner_validation"
    texts = graph_texts()
    text = texts[f"{kind}.{finding.variant}" if finding.variant else kind]
    suggestions: tuple[str, ...] = ()
    if suggest and finding.suggest and isinstance(finding.received, str):
        suggestions = close_matches(finding.received, finding.suggest)
    return GraphError(
        type=finding.type,
        node=finding.node,
        class_type=finding.class_type,
        input=finding.input,
        received=small(finding.received),
        message=text.message(language, words),
        suggestions=suggestions,
        fix=text.fix(language, words, suggestions),
    )

"""The rules for one input of a node, as a ComfyUI server applies them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from pydantic import JsonValue

from ai_video.comfyui.custom_checks import CustomCheck
from ai_video.comfyui.graph_findings import About, Breaks, Finding, input_config, server_reason
from ai_video.comfyui.graph_words import clipped, listing, shown
from ai_video.comfyui.known_models import FileHints, model_url
from ai_video.comfyui.object_info import (
    ANY_TYPE,
    COMBO,
    DYNAMIC_COMBO,
    MATCH_TYPE,
    InputSpec,
    NodeClass,
    NodeList,
    OutputSpec,
)

JsonObject = Mapping[str, JsonValue]

_MODEL_ENDINGS = (
    ".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".pkl", ".onnx", ".gguf",
    ".engine", ".task", ".torchscript", ".yaml",
)  # fmt: skip
_FREE_MODEL_FOLDERS = frozenset({"models/diffusers", "models/reactor"})
# "name [output]": a file input may name the folder it reads from.
_OTHER_FOLDER = ("[input]", "[output]", "[temp]")
_LINK_ONLY = frozenset(
    {
        "MODEL", "CLIP", "VAE", "CONDITIONING", "LATENT", "IMAGE", "MASK", "AUDIO", "VIDEO",
        "CONTROL_NET", "CLIP_VISION", "CLIP_VISION_OUTPUT", "STYLE_MODEL", "UPSCALE_MODEL", "NOISE",
        "SAMPLER", "SIGMAS", "GUIDER", "GLIGEN", "LORA_MODEL", "MODEL_PATCH", "IPADAPTER",
        "MOTION_MODEL_ADE", "M_MODELS",
    }
)  # fmt: skip
# These versions compare a value only with choices that stand where others have the type.
_UNCHECKED = "0.3."
# Longer lists are not repeated in the server's answer.
_MOST_LISTED = 20


@dataclass(slots=True)
class InputRules:
    """What may stand in an input of a workflow on one server.

    `present`: files that will be there by then ("models/loras/x.safetensors"). `assume_models`: take
    every model and input file to be there. `warned`: what the server lets pass and then fails at.
    """

    document: JsonObject
    nodes: NodeList
    present: frozenset[str]
    assume_models: bool
    hints: FileHints
    warned: list[Finding] = field(default_factory=list[Finding])

    def class_of(self, key: str) -> NodeClass:
        """The class of a node whose class the server has."""
        node = cast("JsonObject", self.document[key])
        return self.nodes.nodes[cast("str", node["class_type"])]

    def check(self, about: About, check: CustomCheck) -> Finding | None:
        """What is wrong with what stands in an input; it raises where the server does."""
        if not isinstance(about.value, list):
            return self._value(about, check)
        if len(about.value) != 2:
            return _bad_link(about)
        return self._link(about, about.value, check)

    def _link(self, about: About, link: list[JsonValue], check: CustomCheck) -> Finding | None:
        """What is wrong with a link; it raises where the server does."""
        source, slot = link
        if isinstance(source, list | dict):
            kind = "list" if isinstance(source, list) else "dict"
            raise about.breaks(
                "TypeError", f"unhashable type: '{kind}'", "node", target=shown(source)
            )
        if not isinstance(source, str) or source not in self.document:
            text = repr(source)
            raise about.breaks("KeyError", text, "node", target=shown(source, 40).strip("`"))
        outputs = self.class_of(source).outputs
        label = f"{source} ({self.class_of(source).class_type})"
        words = {
            "source": label,
            "slot": shown(slot, 40),
            "listing": listing(f"{at} {output.name}" for at, output in enumerate(outputs)),
        }
        if not isinstance(slot, int):
            text = f"tuple indices must be integers or slices, not {python_type(slot)}"
            raise about.breaks("TypeError", text, "slot", **words)
        if not -len(outputs) <= slot < len(outputs):
            raise about.breaks("IndexError", "tuple index out of range", "slot", **words)
        output = outputs[slot]
        if check.any_link or fits(output, about.spec):
            return None
        return _mismatch(about, output, label, outputs)

    def _value(self, about: About, check: CustomCheck) -> Finding | None:
        """What is wrong with a value; it raises where the server does."""
        spec, value = about.spec, about.value
        if isinstance(value, dict) and "__value__" in value:
            value = value["__value__"]
        elif spec.type in _LINK_ONLY and value is not None:
            self.warned.append(about.finding("unlinked_input", server=None))
        try:
            value = _converted(spec.type, value)
        except (ValueError, TypeError, OverflowError) as error:
            return _unconverted(about, value, str(error)[:500])
        if check.covers(about.name):
            return None
        outside = _outside(about, value)
        if outside is not None:
            return outside
        if spec.type == COMBO:
            return self._choice(about, value)
        return None

    def _choice(self, about: About, value: JsonValue) -> Finding | None:
        spec = about.spec
        choices = spec.choices or ()
        asked = value if spec.multiselect and isinstance(value, list) else [value]
        wrong = [each for each in asked if each not in choices and not self._is_there(spec, each)]
        if not wrong:
            return None
        if not spec.listed_type and self.nodes.version.startswith(_UNCHECKED):
            words = {"listing": listing(choices)}
            self.warned.append(about.finding("unknown_choice", words=words, server=None))
            return None
        known = _listing_of_server(choices)
        extra: JsonObject = {
            "input_name": about.name,
            "input_config": None if len(choices) > _MOST_LISTED else input_config(spec),
            "received_value": value,
        }
        details = f"{about.name}: {', '.join(repr(each) for each in wrong)} not in {known}"
        first = wrong[0]
        variant, words = self._about_choice(spec, first)
        return about.finding(
            "value_not_in_list",
            variant=variant,
            received=first if len(wrong) == 1 else value,
            words={"listing": listing(choices), **words},
            suggest=_names(spec) if isinstance(first, str) else (),
            server=server_reason("value_not_in_list", "Value not in list", details, extra),
        )

    def _is_there(self, spec: InputSpec, value: JsonValue) -> bool:
        """A choice that no list names, yet the server has it, or is taken to have it."""
        if not isinstance(value, str) or not value:
            return False
        if spec.folder is None:
            return spec.open_choices
        if f"{spec.folder}/{value}" in self.present:
            return True
        return (spec.open_choices or self.assume_models) and _may_lie_in(spec.folder, value)

    def _about_choice(self, spec: InputSpec, value: JsonValue) -> tuple[str | None, dict[str, str]]:
        if spec.folder is None or not isinstance(value, str):
            return None, {}
        if spec.model_folder is None:
            return "input", {"folder": spec.folder}
        if not _may_lie_in(spec.folder, value):
            return "no_model", {"folder": spec.folder}
        url = model_url(spec.model_folder, value, self.hints)
        return "model", {
            "folder": spec.folder,
            "url_zh": f", 下载: {url}" if url else "",
            "url_en": f"; from {url}" if url else "",
        }

    def own_check(
        self, key: str, node_class: NodeClass, inputs: JsonObject, check: CustomCheck
    ) -> Finding | None:
        """What the check says that the class itself has; it raises where the server does."""
        if check.one_of and not any(name in inputs for name in check.one_of):
            return self._own_failure(key, node_class, "switch", inputs.get("switch"), check)
        name = check.needed
        if name is None:
            return None
        if name not in inputs:
            text = f"{check.method(node_class.class_type)} missing 1 required positional argument: '{name}'"
            raise Breaks("TypeError", text, "needed", {"at": name}, None)
        value = inputs[name]
        if isinstance(value, dict) and "__value__" in value:
            value = value["__value__"]
        if check.file != name:
            return None
        if not isinstance(value, str):
            kind = "NoneType" if isinstance(inputs[name], list) else python_type(value)
            text = f"'{kind}' object has no attribute 'endswith'"
            raise Breaks("AttributeError", text, None, {"at": name}, value)
        spec = node_class.inputs.get(name)
        if spec is None or spec.open_choices or self.assume_models or value in (spec.choices or ()):
            return None
        # The list names only what lies at the top of the folder; anything below may be there.
        if (
            not value
            or "/" in value
            or value.endswith(_OTHER_FOLDER)
            or f"{spec.folder}/{value}" in self.present
        ):
            return None
        return self._own_failure(key, node_class, name, value, check)

    def _own_failure(
        self, key: str, node_class: NodeClass, name: str, value: JsonValue, check: CustomCheck
    ) -> Finding:
        reason = check.failure.format(value)
        spec = node_class.inputs.get(name)
        folder = spec.folder if spec and check.file == name else None
        return Finding(
            "custom_validation_failed",
            node=key,
            class_type=node_class.class_type,
            input=name,
            received=value,
            variant="input" if folder else None,
            words={"reason": reason, "received": shown(value), "folder": folder or ""},
            suggest=_names(spec) if folder else (),
            server=server_reason(
                "custom_validation_failed",
                "Custom validation failed for node",
                f"{name} - {reason}",
                {"input_name": name},
            ),
        )

    def warn_of_choices(self, key: str, node_class: NodeClass, inputs: JsonObject) -> None:
        """Dynamic combos without a known choice: the server skips them, and the node then fails."""
        if not node_class.is_dynamic:
            return
        waiting = [(spec.name, spec) for spec in node_class.inputs.values()]
        while waiting:
            path, spec = waiting.pop()
            if spec.type != DYNAMIC_COMBO:
                continue
            options, given = spec.options or {}, inputs.get(path)
            if isinstance(given, str) and given in options:
                waiting.extend((f"{path}.{inner.name}", inner) for inner in options[given])
            elif path in inputs or (spec.required and path == spec.name):
                self.warned.append(
                    Finding(
                        "unknown_choice",
                        node=key,
                        class_type=node_class.class_type,
                        input=path,
                        received=given,
                        variant=None if path in inputs else "missing",
                        words={"received": shown(given), "listing": listing(options)},
                    )
                )


def fits(output: OutputSpec, spec: InputSpec) -> bool:
    """The server accepts a link from this output to this input."""
    given, wanted = output.type, spec.type
    if ANY_TYPE in (given, wanted) or MATCH_TYPE in (given, wanted):
        return True
    if output.choices is not None and spec.listed_type:
        return spec.open_choices or output.choices == spec.choices
    if output.choices is not None:
        return wanted == COMBO
    if spec.listed_type:
        return False
    givens = {part.strip() for part in given.split(",")}
    wanteds = {part.strip() for part in wanted.split(",")}
    return ANY_TYPE in givens | wanteds or bool(givens & wanteds)


def _listing_of_server(choices: tuple[JsonValue, ...]) -> str:
    """Choices as the server lists them: none beyond twenty."""
    if len(choices) > _MOST_LISTED:
        return f"(list of length {len(choices)})"
    return str(list(choices))


def _may_lie_in(folder: str, name: str) -> bool:
    """The server could list a file of this name: model folders only list files of models."""
    if not folder.startswith("models/") or folder in _FREE_MODEL_FOLDERS:
        return True
    return name.casefold().endswith(_MODEL_ENDINGS)


def _converted(kind: str, value: JsonValue) -> JsonValue:
    """The value as the server reads it for an input of this type."""
    match kind:
        case "INT":
            return int(cast("str", value))
        case "FLOAT":
            return float(cast("str", value))
        case "STRING":
            return str(value)
        case "BOOLEAN":
            return bool(value)
        case _:
            return value


def _outside(about: About, value: JsonValue) -> Finding | None:
    low, high = about.spec.minimum, about.spec.maximum
    if low is None and high is None:
        return None
    if not isinstance(value, int | float):
        sign, limit = ("<", low) if low is not None else (">", high)
        text = (
            f"'{sign}' not supported between instances of "
            f"'{python_type(value)}' and '{python_type(limit)}'"
        )
        raise about.breaks("TypeError", text, "compare")
    if low is not None and value < low:
        text = f"Value {value} smaller than min of {low}"
        server = server_reason("value_smaller_than_min", text, about.name, about.extra(value))
        return about.finding("value_smaller_than_min", words={"limit": str(low)}, server=server)
    if high is not None and value > high:
        text = f"Value {value} bigger than max of {high}"
        server = server_reason("value_bigger_than_max", text, about.name, about.extra(value))
        return about.finding("value_bigger_than_max", words={"limit": str(high)}, server=server)
    return None


def _unconverted(about: About, value: JsonValue, reason: str) -> Finding:
    text = f"Failed to convert an input value to a {about.spec.type} value"
    extra = {**about.extra(value), "exception_message": reason}
    details = f"{about.name}, {clipped(value)}, {reason}"
    return about.finding(
        "invalid_input_type", server=server_reason("invalid_input_type", text, details, extra)
    )


def _bad_link(about: About) -> Finding:
    text = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
    server = server_reason("bad_linked_input", text, about.name, about.extra(about.value))
    return about.finding("bad_linked_input", server=server)


def _mismatch(
    about: About, output: OutputSpec, source: str, outputs: tuple[OutputSpec, ...]
) -> Finding:
    given: JsonValue = output.type if output.choices is None else list(output.choices)
    config = input_config(about.spec)
    details = f"{about.name}, received_type({given}) mismatch input_type({config[0]})"
    extra: JsonObject = {
        "input_name": about.name,
        "input_config": config,
        "received_type": given,
        "linked_node": about.value,
    }
    text = "Return type mismatch between linked nodes"
    other = next((at for at, each in enumerate(outputs) if _same_type(each, about.spec)), None)
    words = {"source": f"{source}.{output.name}", "received": output.type}
    if other is not None:
        words |= {"slot": str(other), "slot_name": outputs[other].name}
    return about.finding(
        "return_type_mismatch",
        variant=None if other is None else "slot",
        words=words,
        server=server_reason("return_type_mismatch", text, details, extra),
    )


def _names(spec: InputSpec | None) -> tuple[str, ...]:
    choices = (spec.choices if spec else None) or ()
    return tuple(choice for choice in choices if isinstance(choice, str))


def _same_type(output: OutputSpec, spec: InputSpec) -> bool:
    return output.type not in (ANY_TYPE, MATCH_TYPE) and fits(output, spec)


def lacking(
    key: str, node_class: NodeClass, name: str, spec: InputSpec, *, dynamic: bool
) -> Finding:
    details = name.rpartition(".")[2] if dynamic else name
    about = About(key, node_class.class_type, name, spec, None)
    return about.finding(
        "required_input_missing",
        variant="value" if spec.is_widget else None,
        server=server_reason(
            "required_input_missing", "Required input is missing", details, {"input_name": name}
        ),
    )


def python_type(value: JsonValue) -> str:
    return type(value).__name__

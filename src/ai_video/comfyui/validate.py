"""What a ComfyUI server says of a workflow, without the server: the same errors by the same names.

The rules are those of POST /prompt, as seen on version 0.33.0: unknown classes end the check; then
only what an output needs is looked at; values are converted as the server converts them ("16" is
a whole number, 8.9 becomes 8); inputs that a class does not have are ignored. Where the server only
breaks when the job runs, `warnings` say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from ai_video.comfyui.custom_checks import NO_CHECK, CustomCheck, custom_checks
from ai_video.comfyui.graph_words import clipped, close_matches, graph_texts, listing, shown, small
from ai_video.comfyui.known_models import NO_HINTS, FileHints, model_url
from ai_video.comfyui.object_info import (
    ANY_TYPE,
    COMBO,
    CORE_PACK,
    DYNAMIC_COMBO,
    MATCH_TYPE,
    SHIPPED,
    InputSpec,
    NodeClass,
    NodeList,
    OutputSpec,
)
from ai_video.comfyui.packs import pack_of
from ai_video.errors import InputRefused, Language

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

# Looking for similar names costs milliseconds each; a file full of errors needs no more hints.
_MOST_SUGGESTED = 10
# Of a longer circle the server's answer names only so many nodes.
_MOST_IN_CIRCLE = 200
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


@dataclass(frozen=True, slots=True)
class Validation:
    """The verdict on a workflow.

    `errors`: all that is wrong; `valid`: nothing is. `warnings`: what the server lets pass and then
    fails at. `outputs`: the output nodes that would run; the server takes a workflow when there is
    one, and drops the others. `error`, `node_errors`: the answer of POST /prompt.
    """

    valid: bool
    against: str
    errors: tuple[GraphError, ...]
    warnings: tuple[GraphError, ...]
    outputs: tuple[str, ...]
    error: JsonObject | None
    node_errors: JsonObject


def validate(
    document: JsonObject,
    nodes: NodeList,
    *,
    assume_models: bool = False,
    present: Collection[str] = (),
    targets: Collection[str] | None = None,
    hints: FileHints = NO_HINTS,
    language: Language = "en",
) -> Validation:
    """What a server with these nodes says of an API document.

    Args:
        document: node id → {class_type, inputs}.
        nodes: of the server, or a shipped list; that one names no files, so every model and input
            file is taken to be there.
        assume_models: take every model file and input file to be there.
        present: files that will be there by then: "models/loras/x.safetensors", "input/a.png".
        targets: check only these outputs (`partial_execution_targets`).
        hints: what the workflow's file says about addresses of models and packs.

    Raises:
        InputRefused: `workflow_invalid`: the document or an entry of it is no object, which the
            server answers with 500.
    """
    _refuse_what_is_no_graph(document)
    check = _Check(document, nodes, frozenset(present), assume_models, hints)
    return check.run(targets, language)


def _refuse_what_is_no_graph(document: object) -> None:
    if not isinstance(document, Mapping):
        raise InputRefused("workflow_invalid", name="workflow", reason="it is no object")
    for key, node in cast("JsonObject", document).items():
        inputs = node.get("inputs", {}) if isinstance(node, dict) else None
        if not isinstance(inputs, dict):
            reason = f"node {key[:40]} is no object with inputs"
            raise InputRefused("workflow_invalid", name="workflow", reason=reason)


@dataclass(slots=True)
class _Finding:
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


class _Breaks(Exception):
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


@dataclass(slots=True)
class _Descend:
    """A link that the server follows next."""

    target: str
    input: str
    spec: InputSpec
    value: JsonValue


@dataclass(slots=True)
class _Frame:
    """A node under check. `via`: the link it was reached by."""

    node: str
    via: _Descend | None
    steps: Iterator[_Descend]
    found: list[_Finding]
    valid: bool = True


@dataclass(slots=True)
class _Result:
    valid: bool
    reasons: list[JsonObject]


class _Check:
    def __init__(
        self,
        document: JsonObject,
        nodes: NodeList,
        present: frozenset[str],
        assume_models: bool,
        hints: FileHints,
    ) -> None:
        self.document = document
        self.nodes = nodes
        self.present = present
        self.assume_models = assume_models
        self.hints = hints
        self.found: list[_Finding] = []
        self.warned: list[_Finding] = []
        self.results: dict[str, _Result] = {}
        self.bad: dict[str, None] = {}
        self.open: set[str] = set()
        self.checks = custom_checks()
        self.class_names = tuple(nodes.nodes)

    def run(self, targets: Collection[str] | None, language: Language) -> Validation:
        missing = [
            finding for key in self.document if (finding := self._missing_class(key)) is not None
        ]
        if missing:
            self.found = missing
            return self._verdict(language, (), missing[0].server, {})
        outputs = [
            key
            for key in self.document
            if self._class(key).is_output and (targets is None or key in targets)
        ]
        if not outputs:
            server = _server("prompt_no_outputs", "Prompt has no outputs", "", {})
            self.found = [_Finding("prompt_no_outputs", server=server)]
            return self._verdict(language, (), server, {})
        good: list[str] = []
        node_errors: dict[str, JsonValue] = {}
        failed: list[JsonObject] = []
        for output in outputs:
            self._visit(output)
            result = self.results[output]
            if result.valid:
                good.append(output)
            else:
                failed.extend(result.reasons)
                self._note_errors(output, node_errors)
        error = None if good else _no_output_left(failed)
        return self._verdict(language, tuple(good), error, node_errors)

    def _note_errors(self, output: str, node_errors: dict[str, JsonValue]) -> None:
        """Every bad node seen so far counts for this output, as the server has it."""
        for key in self.bad:
            result = self.results[key]
            entry = node_errors.setdefault(
                key,
                {
                    "errors": [dict(reason) for reason in result.reasons],
                    "dependent_outputs": [],
                    "class_type": self._class(key).class_type,
                },
            )
            cast("dict[str, list[JsonValue]]", entry)["dependent_outputs"].append(output)

    def _verdict(
        self,
        language: Language,
        outputs: tuple[str, ...],
        error: JsonObject | None,
        node_errors: JsonObject,
    ) -> Validation:
        places = {key: at for at, key in enumerate(self.document)}
        self.found.sort(key=lambda finding: places.get(finding.node or "", -1))
        suggested = 0
        errors: list[GraphError] = []
        for finding in self.found:
            errors.append(_told(finding, language, suggest=suggested < _MOST_SUGGESTED))
            suggested += bool(finding.suggest)
        warnings = tuple(_told(finding, language, suggest=False) for finding in self.warned)
        return Validation(
            not errors, self.nodes.version, tuple(errors), warnings, outputs, error, node_errors
        )

    def _node(self, key: str) -> JsonObject:
        return cast("JsonObject", self.document[key])

    def _class(self, key: str) -> NodeClass:
        return self.nodes.nodes[cast("str", self._node(key)["class_type"])]

    def _missing_class(self, key: str) -> _Finding | None:
        node = self._node(key)
        meta = node.get("_meta")
        title = meta.get("title") if isinstance(meta, dict) else None
        if "class_type" not in node:
            name = title or f"ID #{key}"
            return _Finding(
                "missing_node_type",
                node=key,
                variant="unnamed",
                server=_server(
                    "missing_node_type",
                    f"Node '{name}' has no class_type. "
                    "The workflow may be corrupted or a custom node is missing.",
                    f"Node ID '#{key}'",
                    {"node_id": key, "class_type": None, "node_title": title},
                ),
            )
        class_type = node["class_type"]
        if class_type in self.nodes.nodes:
            return None
        named = str(class_type)[:200]
        variant, words = self._origin(named)
        return _Finding(
            "missing_node_type",
            node=key,
            class_type=named,
            received=class_type,
            variant=variant,
            words=words,
            suggest=() if variant else self.class_names,
            server=_server(
                "missing_node_type",
                f"Node '{title or named}' not found. The custom node may not be installed.",
                f"Node ID '#{key}'",
                {"node_id": key, "class_type": class_type, "node_title": title or class_type},
            ),
        )

    def _origin(self, class_type: str) -> tuple[str | None, dict[str, str]]:
        """Which variant of the words says where this class comes from."""
        pack = pack_of(class_type)
        if pack is not None and pack.name == CORE_PACK:
            return "core", {"version": SHIPPED}
        if pack is not None and pack.url is not None:
            return "pack", {"pack": pack.name, "url": pack.url}
        named = self.hints.packs.get(class_type)
        if named is not None:
            return "pack", {"pack": named, "url": f"https://registry.comfy.org/nodes/{named}"}
        return None, {}

    def _visit(self, output: str) -> None:
        """Checks an output and, depth first, all that feeds it.

        A loop and not a recursion: a file may chain thousands of nodes.
        """
        if output in self.results:
            return
        stack = [self._open(output, None)]
        while stack:
            frame = stack[-1]
            try:
                step = next(frame.steps, None)
            except _Breaks as broken:
                stack.pop()
                self._break(frame, broken)
                if stack:
                    stack[-1].valid = False
                continue
            if step is None:
                stack.pop()
                valid = self._close(frame)
                if stack and not valid:
                    stack[-1].valid = False
            elif step.target in self.results:
                frame.valid = frame.valid and self.results[step.target].valid
            elif step.target in self.open:
                self._close_circle([each.node for each in stack], step.target)
                frame.valid = False
            else:
                stack.append(self._open(step.target, step))

    def _open(self, key: str, via: _Descend | None) -> _Frame:
        found: list[_Finding] = []
        self.open.add(key)
        return _Frame(key, via, self._steps(key, found), found)

    def _close(self, frame: _Frame) -> bool:
        self.open.discard(frame.node)
        self.found.extend(frame.found)
        earlier = self.results.get(frame.node)
        reasons = list(earlier.reasons) if earlier else []
        for finding in frame.found:
            if finding.server is not None and finding.server not in reasons:
                reasons.append(finding.server)
        valid = frame.valid and not reasons
        self._settle(frame.node, _Result(valid, reasons))
        return valid

    def _settle(self, key: str, result: _Result) -> None:
        self.results[key] = result
        if result.reasons:
            self.bad[key] = None

    def _break(self, frame: _Frame, broken: _Breaks) -> None:
        """The node's check raises: the server says only that, and the errors found stay true."""
        self.open.discard(frame.node)
        self.found.extend(frame.found)
        kind: GraphErrorType = "exception_during_validation"
        message, extra = "Exception when validating node", {"exception_type": broken.kind}
        if frame.via is not None:
            kind = "exception_during_inner_validation"
            message = "Exception when validating inner node"
            extra = {
                "input_name": frame.via.input,
                "input_config": _config(frame.via.spec),
                "exception_message": broken.text,
                "exception_type": broken.kind,
                "linked_node": frame.via.value,
            }
        server = _server(kind, message, broken.text, {**extra, "traceback": []})
        self.found.append(
            _Finding(
                kind,
                node=frame.node,
                class_type=self._class(frame.node).class_type,
                input=broken.words.get("at"),
                received=broken.received,
                variant=broken.variant,
                words={"reason": broken.text, **broken.words},
                server=server,
            )
        )
        self._settle(frame.node, _Result(False, [server]))

    def _close_circle(self, path: list[str], target: str) -> None:
        circle = path[path.index(target) :]
        told = circle if len(circle) <= _MOST_IN_CIRCLE else circle[:_MOST_IN_CIRCLE]
        names = [f"{key} ({self._class(key).class_type})" for key in (*told, target)]
        details = " -> ".join(names)
        words = names if len(names) <= 8 else [*names[:4], "…", *names[-3:]]
        for key in circle:
            extra: JsonObject = {"node_id": key, "cycle_nodes": list[JsonValue](told)}
            server = _server("dependency_cycle", "Dependency cycle detected", details, extra)
            if key not in self.results:
                self.found.append(
                    _Finding(
                        "dependency_cycle",
                        node=key,
                        class_type=self._class(key).class_type,
                        words={"names": " → ".join(words)},
                        server=server,
                    )
                )
            self._settle(key, _Result(False, [server]))

    def _steps(self, key: str, found: list[_Finding]) -> Iterator[_Descend]:
        """Checks the inputs of a node; yields every link that the server follows from it."""
        node_class = self._class(key)
        inputs = self._node(key).get("inputs")
        if not isinstance(inputs, dict):
            raise _Breaks("KeyError", "'inputs'", "inputs", {}, None)
        live = node_class.live_inputs(inputs)
        check = self.checks.get(node_class.class_type, NO_CHECK)
        self._warn_of_choices(key, node_class, inputs)
        # The server stops where it breaks, in no fixed order; what else is wrong is wrong all the same.
        broken: _Breaks | None = None
        for name, spec in live.items():
            if name not in inputs:
                if spec.required:
                    found.append(
                        _lacking(key, node_class, name, spec, dynamic=live is not node_class.inputs)
                    )
                continue
            about = _About(key, node_class.class_type, name, spec, inputs[name])
            try:
                finding = self._input(about, check)
            except _Breaks as broke:
                broken = broken or broke
                continue
            if finding is not None:
                found.append(finding)
            elif isinstance(about.value, list):
                yield _Descend(cast("str", about.value[0]), name, spec, about.value)
        if broken is not None:
            raise broken
        own = self._own_check(key, node_class, inputs, check)
        if own is not None:
            found.append(own)

    def _input(self, about: _About, check: CustomCheck) -> _Finding | None:
        if not isinstance(about.value, list):
            return self._value(about, check)
        if len(about.value) != 2:
            return _bad_link(about)
        return self._link(about, about.value, check)

    def _link(self, about: _About, link: list[JsonValue], check: CustomCheck) -> _Finding | None:
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
        outputs = self._class(source).outputs
        label = f"{source} ({self._class(source).class_type})"
        words = {
            "source": label,
            "slot": shown(slot, 40),
            "listing": listing(f"{at} {output.name}" for at, output in enumerate(outputs)),
        }
        if not isinstance(slot, int):
            text = f"tuple indices must be integers or slices, not {_python_type(slot)}"
            raise about.breaks("TypeError", text, "slot", **words)
        if not -len(outputs) <= slot < len(outputs):
            raise about.breaks("IndexError", "tuple index out of range", "slot", **words)
        output = outputs[slot]
        if check.any_link or fits(output, about.spec):
            return None
        return _mismatch(about, output, label, outputs)

    def _value(self, about: _About, check: CustomCheck) -> _Finding | None:
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

    def _choice(self, about: _About, value: JsonValue) -> _Finding | None:
        spec = about.spec
        choices = spec.choices or ()
        asked = value if spec.multiselect and isinstance(value, list) else [value]
        wrong = [each for each in asked if each not in choices and not self._is_there(spec, each)]
        if not wrong:
            return None
        known = listing_of_server(choices)
        extra: JsonObject = {
            "input_name": about.name,
            "input_config": None if len(choices) > _MOST_LISTED else _config(spec),
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
            server=_server("value_not_in_list", "Value not in list", details, extra),
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

    def _own_check(
        self, key: str, node_class: NodeClass, inputs: JsonObject, check: CustomCheck
    ) -> _Finding | None:
        """What the check says that the class itself has; it raises where the server does."""
        if check.one_of and not any(name in inputs for name in check.one_of):
            return self._own_failure(key, node_class, "switch", inputs.get("switch"), check)
        name = check.needed
        if name is None:
            return None
        if name not in inputs:
            text = f"{check.method(node_class.class_type)} missing 1 required positional argument: '{name}'"
            raise _Breaks("TypeError", text, "needed", {"at": name}, None)
        value = inputs[name]
        if isinstance(value, dict) and "__value__" in value:
            value = value["__value__"]
        if check.file != name:
            return None
        if not isinstance(value, str):
            kind = "NoneType" if isinstance(inputs[name], list) else _python_type(value)
            text = f"'{kind}' object has no attribute 'endswith'"
            raise _Breaks("AttributeError", text, None, {"at": name}, value)
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
    ) -> _Finding:
        reason = check.failure.format(value)
        spec = node_class.inputs.get(name)
        folder = spec.folder if spec and check.file == name else None
        return _Finding(
            "custom_validation_failed",
            node=key,
            class_type=node_class.class_type,
            input=name,
            received=value,
            variant="input" if folder else None,
            words={"reason": reason, "received": shown(value), "folder": folder or ""},
            suggest=_names(spec) if folder else (),
            server=_server(
                "custom_validation_failed",
                "Custom validation failed for node",
                f"{name} - {reason}",
                {"input_name": name},
            ),
        )

    def _warn_of_choices(self, key: str, node_class: NodeClass, inputs: JsonObject) -> None:
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
                    _Finding(
                        "unknown_choice",
                        node=key,
                        class_type=node_class.class_type,
                        input=path,
                        received=given,
                        variant=None if path in inputs else "missing",
                        words={"received": shown(given), "listing": listing(options)},
                    )
                )


@dataclass(frozen=True, slots=True)
class _About:
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
    ) -> _Finding:
        got = self.value if received is None else received
        return _Finding(
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

    def breaks(self, kind: str, text: str, variant: str, **words: str) -> _Breaks:
        about = {**self._words(self.value), "at": self.name, **words}
        return _Breaks(kind, text, variant, about, self.value)

    def _words(self, received: JsonValue) -> dict[str, str]:
        default = self.spec.default
        known = default is not None and not isinstance(default, list | dict)
        return {
            "received": shown(received),
            "wanted": self.spec.type,
            "default_zh": f" (默认 {shown(default, 40)})" if known else "",
            "default_en": f" (its default is {shown(default, 40)})" if known else "",
        }

    def extra(self, received: JsonValue) -> JsonObject:
        return {
            "input_name": self.name,
            "input_config": _config(self.spec),
            "received_value": received,
        }


_MOST_LISTED = 20


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


def listing_of_server(choices: tuple[JsonValue, ...]) -> str:
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


def _outside(about: _About, value: JsonValue) -> _Finding | None:
    low, high = about.spec.minimum, about.spec.maximum
    if low is None and high is None:
        return None
    if not isinstance(value, int | float):
        sign, limit = ("<", low) if low is not None else (">", high)
        text = (
            f"'{sign}' not supported between instances of "
            f"'{_python_type(value)}' and '{_python_type(limit)}'"
        )
        raise about.breaks("TypeError", text, "compare")
    if low is not None and value < low:
        text = f"Value {value} smaller than min of {low}"
        server = _server("value_smaller_than_min", text, about.name, about.extra(value))
        return about.finding("value_smaller_than_min", words={"limit": str(low)}, server=server)
    if high is not None and value > high:
        text = f"Value {value} bigger than max of {high}"
        server = _server("value_bigger_than_max", text, about.name, about.extra(value))
        return about.finding("value_bigger_than_max", words={"limit": str(high)}, server=server)
    return None


def _unconverted(about: _About, value: JsonValue, reason: str) -> _Finding:
    text = f"Failed to convert an input value to a {about.spec.type} value"
    extra = {**about.extra(value), "exception_message": reason}
    details = f"{about.name}, {clipped(value)}, {reason}"
    return about.finding(
        "invalid_input_type", server=_server("invalid_input_type", text, details, extra)
    )


def _bad_link(about: _About) -> _Finding:
    text = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
    server = _server("bad_linked_input", text, about.name, about.extra(about.value))
    return about.finding("bad_linked_input", server=server)


def _mismatch(
    about: _About, output: OutputSpec, source: str, outputs: tuple[OutputSpec, ...]
) -> _Finding:
    given: JsonValue = output.type if output.choices is None else list(output.choices)
    config = _config(about.spec)
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
        server=_server("return_type_mismatch", text, details, extra),
    )


def _names(spec: InputSpec | None) -> tuple[str, ...]:
    choices = (spec.choices if spec else None) or ()
    return tuple(choice for choice in choices if isinstance(choice, str))


def _same_type(output: OutputSpec, spec: InputSpec) -> bool:
    return output.type not in (ANY_TYPE, MATCH_TYPE) and fits(output, spec)


def _lacking(
    key: str, node_class: NodeClass, name: str, spec: InputSpec, *, dynamic: bool
) -> _Finding:
    details = name.rpartition(".")[2] if dynamic else name
    about = _About(key, node_class.class_type, name, spec, None)
    return about.finding(
        "required_input_missing",
        variant="value" if spec.is_widget else None,
        server=_server(
            "required_input_missing", "Required input is missing", details, {"input_name": name}
        ),
    )


def _no_output_left(reasons: list[JsonObject]) -> JsonObject:
    details = "\n".join(f"{reason['message']}: {reason['details']}" for reason in reasons)
    kind, message = "prompt_outputs_failed_validation", "Prompt outputs failed validation"
    return _server(kind, message, details, {})


def _server(kind: str, message: str, details: str, extra: JsonObject) -> JsonObject:
    return {"type": kind, "message": message, "details": details, "extra_info": dict(extra)}


def _config(spec: InputSpec) -> list[JsonValue]:
    kind: JsonValue = spec.raw[0] if spec.raw else spec.type
    return [kind, spec.raw[1] if len(spec.raw) > 1 else {}]


def _python_type(value: JsonValue) -> str:
    return type(value).__name__


def _told(finding: _Finding, language: Language, *, suggest: bool) -> GraphError:
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

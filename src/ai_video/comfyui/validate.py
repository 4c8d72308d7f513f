"""What a ComfyUI server says of a workflow, without the server: the same errors by the same names.

The rules are those of POST /prompt, as seen on version 0.33.0: unknown classes end the check; then
only what an output needs is looked at; values are converted as the server converts them ("16" is
a whole number, 8.9 becomes 8); inputs that a class does not have are ignored. Where the server only
breaks when the job runs, `warnings` say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue

from ai_video.comfyui.custom_checks import NO_CHECK, custom_checks
from ai_video.comfyui.graph_findings import (
    About,
    Breaks,
    Finding,
    GraphError,
    GraphErrorType,
    input_config,
    server_reason,
    told,
)
from ai_video.comfyui.input_rules import InputRules, fits, lacking
from ai_video.comfyui.known_models import NO_HINTS, FileHints
from ai_video.comfyui.object_info import CORE_PACK, SHIPPED, InputSpec, NodeList
from ai_video.comfyui.packs import pack_of
from ai_video.errors import InputRefused, Language

__all__ = ["GraphError", "GraphErrorType", "Validation", "fits", "validate"]

JsonObject = Mapping[str, JsonValue]

# Looking for similar names costs milliseconds each; a file full of errors needs no more hints.
_MOST_SUGGESTED = 10
# Of a longer circle the server's answer names only so many nodes.
_MOST_IN_CIRCLE = 200


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
    check = _Check(InputRules(document, nodes, frozenset(present), assume_models, hints))
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
    found: list[Finding]
    valid: bool = True


@dataclass(slots=True)
class _Result:
    valid: bool
    reasons: list[JsonObject]


class _Check:
    def __init__(self, rules: InputRules) -> None:
        self.rules = rules
        self.document = rules.document
        self.nodes = rules.nodes
        self.found: list[Finding] = []
        self.results: dict[str, _Result] = {}
        self.bad: dict[str, None] = {}
        self.open: set[str] = set()
        self.checks = custom_checks()
        self.class_names = tuple(self.nodes.nodes)

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
            if self.rules.class_of(key).is_output and (targets is None or key in targets)
        ]
        if not outputs:
            server = server_reason("prompt_no_outputs", "Prompt has no outputs", "", {})
            self.found = [Finding("prompt_no_outputs", server=server)]
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
                    "class_type": self.rules.class_of(key).class_type,
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
            errors.append(told(finding, language, suggest=suggested < _MOST_SUGGESTED))
            suggested += bool(finding.suggest)
        warnings = tuple(told(finding, language, suggest=False) for finding in self.rules.warned)
        return Validation(
            not errors, self.nodes.version, tuple(errors), warnings, outputs, error, node_errors
        )

    def _node(self, key: str) -> JsonObject:
        return cast("JsonObject", self.document[key])

    def _missing_class(self, key: str) -> Finding | None:
        node = self._node(key)
        meta = node.get("_meta")
        title = meta.get("title") if isinstance(meta, dict) else None
        if "class_type" not in node:
            name = title or f"ID #{key}"
            return Finding(
                "missing_node_type",
                node=key,
                variant="unnamed",
                server=server_reason(
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
        return Finding(
            "missing_node_type",
            node=key,
            class_type=named,
            received=class_type,
            variant=variant,
            words=words,
            suggest=() if variant else self.class_names,
            server=server_reason(
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
        named = self.rules.hints.packs.get(class_type)
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
            except Breaks as broken:
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
        found: list[Finding] = []
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

    def _break(self, frame: _Frame, broken: Breaks) -> None:
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
                "input_config": input_config(frame.via.spec),
                "exception_message": broken.text,
                "exception_type": broken.kind,
                "linked_node": frame.via.value,
            }
        server = server_reason(kind, message, broken.text, {**extra, "traceback": []})
        self.found.append(
            Finding(
                kind,
                node=frame.node,
                class_type=self.rules.class_of(frame.node).class_type,
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
        names = [f"{key} ({self.rules.class_of(key).class_type})" for key in (*told, target)]
        details = " -> ".join(names)
        words = names if len(names) <= 8 else [*names[:4], "…", *names[-3:]]
        for key in circle:
            extra: JsonObject = {"node_id": key, "cycle_nodes": list[JsonValue](told)}
            server = server_reason("dependency_cycle", "Dependency cycle detected", details, extra)
            if key not in self.results:
                self.found.append(
                    Finding(
                        "dependency_cycle",
                        node=key,
                        class_type=self.rules.class_of(key).class_type,
                        words={"names": " → ".join(words)},
                        server=server,
                    )
                )
            self._settle(key, _Result(False, [server]))

    def _steps(self, key: str, found: list[Finding]) -> Iterator[_Descend]:
        """Checks the inputs of a node; yields every link that the server follows from it."""
        node_class = self.rules.class_of(key)
        inputs = self._node(key).get("inputs")
        if not isinstance(inputs, dict):
            raise Breaks("KeyError", "'inputs'", "inputs", {}, None)
        live = node_class.live_inputs(inputs)
        check = self.checks.get(node_class.class_type, NO_CHECK)
        self.rules.warn_of_choices(key, node_class, inputs)
        # The server stops where it breaks, in no fixed order; what else is wrong is wrong all the same.
        broken: Breaks | None = None
        for name, spec in live.items():
            if name not in inputs:
                if spec.required:
                    found.append(
                        lacking(key, node_class, name, spec, dynamic=live is not node_class.inputs)
                    )
                continue
            about = About(key, node_class.class_type, name, spec, inputs[name])
            try:
                finding = self.rules.check(about, check)
            except Breaks as broke:
                broken = broken or broke
                continue
            if finding is not None:
                found.append(finding)
            elif isinstance(about.value, list):
                yield _Descend(cast("str", about.value[0]), name, spec, about.value)
        if broken is not None:
            raise broken
        own = self.rules.own_check(key, node_class, inputs, check)
        if own is not None:
            found.append(own)


def _no_output_left(reasons: list[JsonObject]) -> JsonObject:
    details = "\n".join(f"{reason['message']}: {reason['details']}" for reason in reasons)
    kind, message = "prompt_outputs_failed_validation", "Prompt outputs failed validation"
    return server_reason(kind, message, details, {})

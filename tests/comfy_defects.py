"""Seeded defects: each breaks a valid graph in one way and says what must be reported."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ai_video.comfyui.input_rules import fits
from ai_video.comfyui.object_info import ANY_TYPE, COMBO, MATCH_TYPE, InputSpec, NodeClass, NodeList
from tests.comfy_graphs import graph

Document = dict[str, Any]
# Kind of error, and the nodes that it is reported at ("-": none).
Expected = tuple[str, set[str]]
ANYTHING = (ANY_TYPE, MATCH_TYPE)
OWN_CHECKS = {"LoadImage", "LoadImageMask", "LoadAudio", "LoadVideo"}
# Any name may be one of a file in these, once files are taken to be there.
OPEN_FOLDERS = ("input", "output")


@dataclass
class Place:
    """An input that is filled in and that the server checks by the common rules."""

    node: str
    name: str
    spec: InputSpec
    value: Any

    @property
    def linked(self) -> bool:
        return isinstance(self.value, list)


@dataclass
class Patient:
    """A graph to be broken, with the nodes it is judged by."""

    document: Document
    nodes: NodeList
    rng: random.Random

    def class_of(self, key: str) -> NodeClass:
        return self.nodes.nodes[self.document[key]["class_type"]]

    def reached(self) -> list[str]:
        """What the outputs need: the server looks at nothing else."""
        found: dict[str, None] = {}
        waiting = [key for key in self.document if self.class_of(key).is_output]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found[key] = None
                values = self.document[key]["inputs"].values()
                waiting += [value[0] for value in values if isinstance(value, list)]
        return list(found)

    def places(self) -> Iterator[Place]:
        for key in self.reached():
            if self.class_of(key).class_type in OWN_CHECKS:
                continue
            given = self.document[key]["inputs"]
            live = self.class_of(key).live_inputs(given)
            for name, value in given.items():
                if name in live:
                    yield Place(key, name, live[name], value)

    def some(self, wanted: Callable[[Place], bool]) -> Place | None:
        fitting = [place for place in self.places() if wanted(place)]
        return self.rng.choice(fitting) if fitting else None

    def put(self, place: Place, value: Any) -> None:
        self.document[place.node]["inputs"][place.name] = value

    def breaks(self, key: str) -> Expected:
        """The server reports at the link it came by; at an output it comes by none."""
        inner = "" if self.class_of(key).is_output else "inner_"
        return f"exception_during_{inner}validation", {key}


def unknown_class(patient: Patient) -> Expected:
    key = patient.rng.choice(list(patient.document))
    patient.document[key]["class_type"] += "Gone"
    return "missing_node_type", {key}


def no_output(patient: Patient) -> Expected:
    for key in list(patient.document):
        if patient.class_of(key).is_output:
            del patient.document[key]
    return "prompt_no_outputs", {"-"}


def missing_input(patient: Patient) -> Expected | None:
    # Without its choice a dynamic combo is skipped, and nothing is missing then.
    place = patient.some(lambda each: each.spec.required and each.spec.options is None)
    if place is None:
        return None
    del patient.document[place.node]["inputs"][place.name]
    return "required_input_missing", {place.node}


def wrong_type(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.linked and each.spec.type not in ANYTHING)
    if place is None:
        return None
    others = [
        [key, slot]
        for key in patient.document
        for slot, output in enumerate(patient.class_of(key).outputs)
        if not fits(output, place.spec)
    ]
    if not others:
        inputs = {"clip_name": "a.pt", "type": "wan"}
        patient.document["new"] = {"class_type": "CLIPLoader", "inputs": inputs}
        others = [["new", 0]]
    patient.put(place, patient.rng.choice(others))
    return "return_type_mismatch", {place.node}


def no_number(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.spec.type in ("INT", "FLOAT") and not each.linked)
    if place is None:
        return None
    patient.put(place, patient.rng.choice(["abc", None, {}, "1,5"]))
    return "invalid_input_type", {place.node}


def too_small(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.spec.minimum is not None and not each.linked)
    if place is None or place.spec.minimum is None:
        return None
    patient.put(place, place.spec.minimum - 1)
    return "value_smaller_than_min", {place.node}


def too_big(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.spec.maximum is not None and not each.linked)
    if place is None or place.spec.maximum is None:
        return None
    patient.put(place, place.spec.maximum * 2 + 1)
    return "value_bigger_than_max", {place.node}


def bad_combo(patient: Patient) -> Expected | None:
    place = patient.some(
        lambda each: (
            each.spec.type == COMBO and each.spec.folder not in OPEN_FOLDERS and not each.linked
        )
    )
    if place is None:
        return None
    patient.put(place, "no such choice")
    return "value_not_in_list", {place.node}


def no_such_node(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.linked)
    if place is None:
        return None
    patient.put(place, ["77", 0])
    return patient.breaks(place.node)


def wrong_slot(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.linked)
    if place is None:
        return None
    patient.put(place, [place.value[0], 99])
    return patient.breaks(place.node)


def no_link(patient: Patient) -> Expected | None:
    place = patient.some(lambda each: each.linked)
    if place is None:
        return None
    patient.put(place, patient.rng.choice([[], ["1"], ["1", 0, 0]]))
    return "bad_linked_input", {place.node}


PASSING = {
    "IMAGE": ("ImageInvert", "image"),
    "AUDIO": ("TrimAudioDuration", "audio"),
    "STRING": ("StringTrim", "string"),
}


def circle(patient: Patient) -> Expected | None:
    """Two nodes that pass on what they get, feeding each other, in front of an input."""

    def kind(place: Place) -> str:
        source, slot = place.value
        return patient.class_of(source).outputs[slot].type

    place = patient.some(lambda each: each.linked and kind(each) in PASSING)
    if place is None:
        return None
    class_type, takes = PASSING[kind(place)]
    spare = {
        name: spec.default if spec.choices is None else spec.choices[0]
        for name, spec in patient.nodes.nodes[class_type].inputs.items()
        if spec.required and name != takes
    }
    for one, two in (("c1", "c2"), ("c2", "c1")):
        patient.document[one] = {"class_type": class_type, "inputs": {**spare, takes: [two, 0]}}
    patient.put(place, ["c1", 0])
    return "dependency_cycle", {"c1", "c2"}


DEFECTS: tuple[Callable[[Patient], Expected | None], ...] = (
    unknown_class, no_output, missing_input, wrong_type, no_number, too_small, too_big, bad_combo,
    no_such_node, wrong_slot, no_link, circle,
)  # fmt: skip


def seeded(name: str, nodes: NodeList) -> Iterator[tuple[str, Document, Expected]]:
    """Every defect that one of the graphs can have: its name, the broken graph, what to expect."""
    for at, defect in enumerate(DEFECTS):
        patient = Patient(graph(name), nodes, random.Random(f"{name} {at}"))
        expected = defect(patient)
        if expected is not None:
            yield defect.__name__, patient.document, expected

"""Every drawing template with every level, people, LoRAs and aspects gives a graph that a server takes.

Pairwise here (in each template each two values of two dimensions meet), all under `soak`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.translating import BASE_MODELS, PROMPT, asked, character, lora, read

from ai_video.comfyui.graph import write_api
from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.validate import validate
from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Aspect
from ai_video.translator.binder import Bound, bind
from ai_video.translator.choice import choose
from ai_video.translator.offers import DRAWN
from ai_video.translator.request import TranslateRequest

NODES = shipped_node_list()
TEMPLATES = [key for key, each in library().items() if each.manifest.purpose in DRAWN]
LEVELS: tuple[ConsistencyLevel | None, ...] = (None, "low", "medium", "high")
SHOWN, BY_LORA, CONTROLS, OWN_FAMILY = (0, 1, 2), (0, 1, 3), (0, 1, 3), (True, False)
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
DIMENSIONS: tuple[Sequence[object], ...] = (
    TEMPLATES, LEVELS, SHOWN, BY_LORA, ASPECTS, CONTROLS, OWN_FAMILY,
)  # fmt: skip
Case = tuple[str, ConsistencyLevel | None, int, int, Aspect, int, bool]


def pairwise(dimensions: Sequence[Sequence[object]]) -> Iterator[tuple[object, ...]]:
    """Rows in which each two values of two dimensions meet; greedy, the same on every run."""
    chance = random.Random(7)
    left = {
        (a, x, b, y)
        for a, b in itertools.combinations(range(len(dimensions)), 2)
        for x, y in itertools.product(range(len(dimensions[a])), range(len(dimensions[b])))
    }

    def met(row: Sequence[int]) -> set[tuple[int, int, int, int]]:
        return {
            (a, row[a], b, row[b]) for a, b in itertools.combinations(range(len(row)), 2)
        } & left

    while left:
        a, x, b, y = min(left)
        best: list[int] = []
        for _ in range(200):
            row = [chance.randrange(len(values)) for values in dimensions]
            row[a], row[b] = x, y
            if not best or len(met(row)) > len(met(best)):
                best = row
        left -= met(best)
        yield tuple(values[at] for values, at in zip(dimensions, best, strict=True))


OTHERS = list(pairwise(DIMENSIONS[1:]))
PAIRS = cast("list[Case]", [(name, *row) for name in TEMPLATES for row in OTHERS])


def request_of(case: Case) -> TranslateRequest:
    template, _, shown, by_lora, _, controls, own_family = case
    manifest = library()[template].manifest
    family = manifest.family if own_family else ("sd15" if manifest.family != "sd15" else "flux")
    people = [
        character(f"r{at}", reference_images=[f"img-r{at}-{n}" for n in range(at + 1)])
        for at in range(shown)
    ]
    people += [
        character(
            f"l{at}",
            lora=lora(f"l{at}", BASE_MODELS[family or ""]),
            face_image=f"img-l{at}-face" if at % 2 else None,
            reference_images=["img-extra"] if at == 2 else [],
        )
        for at in range(by_lora)
    ]
    kinds = ("pose", "depth", "canny")[:controls]
    scene: dict[str, JsonValue] = {
        "id": "s",
        "name": "Shore",
        "reference_images": ["img-shore"] if controls != 1 else [],
        "control_images": {kind: f"img-{kind}" for kind in kinds},
    }
    workflows = [{"category": manifest.category, "family": manifest.family}]
    return asked(people, workflows=workflows, scene=scene, duration=4.0)


def bound_of(case: Case) -> tuple[TranslateRequest, Bound]:
    template, level, _, _, aspect, *_ = case
    found = library()[template]
    request = request_of(case)
    reading = read(request, output=found.manifest.output, level=level, aspect=aspect)
    keyframe = library()["sdxl_text_to_image"]
    choice = choose(reading, request, nodes=NODES, library={template: found, keyframe.id: keyframe})
    assert choice.template.id == template
    return request, bind(choice, PROMPT, reading=reading, request=request, nodes=NODES)


def check(case: Case) -> None:
    request, made = bound_of(case)
    document = write_api(made.workflow, NODES)
    assert validate(document, NODES).errors == ()
    made.workflow.order()  # no circle, also where no output looks
    _nothing_but_the_input(request, made)
    _everything_is_bound_or_said(case, request, made)
    for row in (
        *made.bindings.lora, *made.bindings.ip_adapter, *made.bindings.controlnet, *made.bindings.face_swap,
    ):  # fmt: skip
        assert row.nodes
        assert set(row.nodes) <= set(document)


def _assets(request: TranslateRequest) -> set[str]:
    given = {"keyframe"}
    for each in request.character_assets:
        given |= {*each.reference_images, each.face_image or "keyframe"}
        given |= {each.lora.name} if each.lora else set()
    for scene in request.scene_assets:
        given |= {*scene.reference_images, *scene.control_images.values()}
    return given


def _nothing_but_the_input(request: TranslateRequest, made: Bound) -> None:
    assert {each.asset_id for each in made.uploads} <= _assets(request)


def _everything_is_bound_or_said(case: Case, request: TranslateRequest, made: Bound) -> None:
    """Each control picture and each picture of a place is in the graph, carried, or in unmet."""
    uploaded = {each.asset_id for each in made.uploads}
    words = " ".join(f"{said.code} {asked} {dict(said.values)}" for said, asked in made.unmet)
    words += " ".join(f"{said.code} {dict(said.values)}" for said in made.warnings)
    (scene,) = request.scene_assets
    for asset in scene.reference_images:
        assert asset in uploaded or asset in words, asset
    if case[1] != "low":
        for asset in scene.control_images.values():
            assert asset in uploaded or asset in words, asset


def test_the_pairs_are_few_and_complete() -> None:
    assert len(PAIRS) <= 500
    seen = {(at, value) for row in PAIRS for at, value in enumerate(row)}
    assert len(seen) == sum(len(values) for values in DIMENSIONS)
    assert len(OTHERS) >= 28  # levels x aspects


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_compiles_with_everything_that_a_shot_may_bring(template: str) -> None:
    for case in PAIRS:
        if case[0] == template:
            check(case)


@pytest.mark.soak
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_compiles_in_every_combination(template: str) -> None:
    for case in itertools.product([template], *DIMENSIONS[1:]):
        check(cast("Case", case))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(PAIRS))
def test_the_same_input_and_seed_give_the_same_bytes(case: Case) -> None:
    (_, first), (_, second) = bound_of(case), bound_of(case)
    assert first == second
    written = [repr(write_api(each.workflow, NODES)) for each in (first, second)]
    assert written[0] == written[1]

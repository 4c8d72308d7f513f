"""Every shipped template is valid, knows its inputs, and draws in sizes that its model knows."""

from __future__ import annotations

from typing import get_args

import pytest

from ai_video.comfyui.graph import Link, write_api
from ai_video.comfyui.library import (
    SIZED_FAMILIES,
    ClipGrid,
    Template,
    clip_frames,
    generation_size,
    grid_of,
    library,
    methods_of,
)
from ai_video.comfyui.library.sizes import RATIOS
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.preflight import required_models
from ai_video.comfyui.rewrite import stages
from ai_video.comfyui.validate import validate
from ai_video.domain.slots import Aspect

NODES = shipped_node_list()
TEMPLATES = list(library().values())
DRAWING = [t for t in TEMPLATES if t.manifest.purpose not in ("upscale", "train_lora")]
named = pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)
drawing = pytest.mark.parametrize("template", DRAWING, ids=lambda t: t.id)


@named
def test_a_template_is_a_valid_graph_of_readable_nodes(template: Template) -> None:
    document = write_api(template.workflow, NODES)
    assert validate(document, NODES, assume_models=True).errors == ()
    for key, node in template.workflow.nodes.items():
        assert key.replace("_", "").isalnum()
        assert node.title
    # Nothing is in it that no output needs.
    ends = [
        key
        for key, node in template.workflow.nodes.items()
        if NODES.nodes[node.class_type].is_output
    ]
    assert template.workflow.ancestors(ends) == frozenset(template.workflow.nodes)


@named
def test_what_the_graph_shows_agrees_with_the_manifest(template: Template) -> None:
    assert template.manifest.purpose == template.roles.purpose
    assert template.manifest.family == template.roles.family
    assert template.manifest.category == template.roles.category
    assert template.manifest.name_zh
    assert template.manifest.licence == "MIT"


@drawing
def test_a_drawing_template_takes_prompt_seed_and_size(template: Template) -> None:
    for role in ("positive_prompt", "seed", "width", "height", "steps", "cfg"):
        assert template.places(role), role
    assert template.takes("negative_prompt") == template.manifest.negative
    assert template.manifest.sizes in SIZED_FAMILIES
    assert stages(template.workflow, NODES)
    if template.manifest.output == "video":
        assert template.manifest.clip is not None
        assert template.takes("length")
        assert template.takes("fps")
        assert template.takes("output_video")
    else:
        assert template.takes("output_image")


@drawing
def test_default_size_and_length_are_what_the_tables_say(template: Template) -> None:
    width, height = template.places("width")[0].default, template.places("height")[0].default
    sizes = {generation_size(str(template.manifest.sizes), each) for each in get_args(Aspect)}
    assert (width, height) in sizes
    grid = template.manifest.clip
    for place in template.places("length") if grid else ():
        assert isinstance(place.default, int)
        assert grid is not None
        assert (place.default - grid.offset) % grid.step == 0
        assert place.default <= grid.longest


@named
def test_the_address_of_every_model_is_known(template: Template) -> None:
    document = write_api(template.workflow, NODES)
    for model in required_models(document, NODES):
        assert model.url, f"{model.folder}/{model.name}"


@pytest.mark.parametrize("family", SIZED_FAMILIES)
@pytest.mark.parametrize("aspect", get_args(Aspect))
def test_sizes_lie_on_the_grid_and_near_their_ratio(family: str, aspect: Aspect) -> None:
    for scale in (1.0, 0.75, 0.5):
        width, height = generation_size(family, aspect, scale=scale)
        assert width % grid_of(family) == height % grid_of(family) == 0
        # The film's own conforming crops at most a tenth of a picture.
        assert abs(width / height / RATIOS[aspect] - 1) <= 0.1
    whole, half = generation_size(family, aspect), generation_size(family, aspect, scale=0.5)
    assert half[0] * half[1] < 0.65 * whole[0] * whole[1]


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.1, 5), (1.0, 17), (5.0, 81), (5.0625, 81), (60.0, 81)]
)
def test_a_length_is_the_shortest_on_the_grid_that_lasts(seconds: float, frames: int) -> None:
    assert clip_frames(ClipGrid(step=4, offset=1, longest=81, fps=16.0), seconds) == frames


def test_every_family_of_the_library_has_its_row_of_methods() -> None:
    for template in DRAWING:
        methods = methods_of(template.manifest.family)
        assert methods.lora, template.id
        if methods.reference == "ip_adapter":
            assert methods.adapter
            assert methods.vision
        if methods.control:
            assert set(methods.control_models or {}) == {"pose", "depth", "canny"}
    assert methods_of("nobody") == methods_of(None)


def test_links_of_a_template_name_their_outputs() -> None:
    for template in TEMPLATES:
        for node in template.workflow.nodes.values():
            for _, link in node.links():
                assert isinstance(link, Link)
                assert not link.output.startswith("#")

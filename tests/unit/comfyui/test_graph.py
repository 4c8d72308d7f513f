"""The typed workflow: links by name, walking, and writing for another node list."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.comfy_graphs import NAMES, graph

from ai_video.comfyui.graph import Link, Node, Workflow, read_api, write_api
from ai_video.comfyui.object_info import parse_object_info, shipped_node_list
from ai_video.errors import InputRefused

NODES = shipped_node_list()


@pytest.mark.parametrize("name", NAMES)
def test_every_graph_comes_back_as_it_was(name: str):
    document = graph(name)
    assert write_api(read_api(document, NODES), NODES) == document


def test_links_hold_the_name_of_the_output():
    workflow = read_api(graph("a_txt2img_sd15"), NODES)
    sampler = workflow.nodes[workflow.of_class("KSampler")[0]]
    loader = workflow.of_class("CheckpointLoaderSimple")[0]
    assert sampler.inputs["model"] == Link(loader, "MODEL")


def test_a_link_is_written_to_the_slot_of_the_list_it_is_written_for():
    """TrainLoraNode gave (model, lora, loss_map, steps) in 0.3.75 and (lora, loss_map, steps) later."""
    older = copy.deepcopy(dict(NODES.as_object_info()))
    train: Any = older["TrainLoraNode"]
    train["output"] = ["MODEL", *train["output"]]
    train["output_name"] = ["model_with_lora", *train["output_name"]]
    workflow = read_api(graph("k_train_lora"), NODES)
    save = workflow.of_class("SaveLoRA")[0]
    assert write_api(workflow, NODES)[save]["inputs"]["lora"][1] == 0
    written = write_api(workflow, parse_object_info(older, version="0.3.75"))
    assert written[save]["inputs"]["lora"][1] == 1


def test_an_output_that_the_list_does_not_have_is_refused():
    workflow = Workflow(
        {
            "1": Node("LoadImage", {"image": "a.png"}),
            "2": Node("SaveImage", {"images": Link("1", "DEPTH")}),
        }
    )
    with pytest.raises(InputRefused) as refused:
        write_api(workflow, NODES)
    assert refused.value.code == "graph_link_lost"
    assert refused.value.fields["output"] == "DEPTH"


def test_links_from_unknown_classes_keep_their_slots():
    document = {
        "1": {"class_type": "Unheard Of", "inputs": {}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 5]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["gone", 1]}},
    }
    assert write_api(read_api(document, NODES), NODES) == document


def test_walking_upwards_downwards_and_in_order():
    workflow = read_api(graph("f_lora_chain"), NODES)
    save = workflow.of_class("SaveImage")[0]
    loader = workflow.of_class("CheckpointLoaderSimple")[0]
    assert workflow.ancestors([save]) == frozenset(workflow.nodes)
    assert save in workflow.descendants([loader])
    order = workflow.order()
    assert order.index(loader) < order.index(save)
    assert len(order) == len(workflow.nodes)
    feeds = {(each.input, each.output) for each in workflow.consumers(loader)}
    assert ("vae", "VAE") in feeds
    assert [each.input for each in workflow.consumers(loader, "VAE")] == ["vae"]


def test_a_circle_has_no_order():
    link = {"images": Link("2", "IMAGE")}
    workflow = Workflow({"1": Node("A", link), "2": Node("B", {"x": Link("1", "IMAGE")})})
    with pytest.raises(InputRefused) as refused:
        workflow.order()
    assert refused.value.code == "graph_cycle"
    assert workflow.ancestors(["1"]) == {"1", "2"}


def test_changes_leave_the_workflow_as_it_was():
    workflow = read_api(graph("a_txt2img_sd15"), NODES)
    sampler = workflow.of_class("KSampler")[0]
    changed = workflow.with_input(sampler, "steps", 7)
    assert changed.nodes[sampler].inputs["steps"] == 7
    assert workflow.nodes[sampler].inputs["steps"] != 7
    fresh = workflow.fresh_id()
    assert fresh not in workflow.nodes
    assert fresh in workflow.with_node(fresh, Node("LoraLoader", {})).nodes
    without = workflow.without([sampler])
    decode = workflow.of_class("VAEDecode")[0]
    assert "samples" not in without.nodes[decode].inputs
    assert "vae" in without.nodes[decode].inputs


_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
_ids = st.text(min_size=1, max_size=4)
_classes = st.sampled_from(["KSampler", "LoadImage", "SaveImage", "TrainLoraNode", "Nobody's"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    ids = draw(st.lists(_ids, min_size=1, max_size=6, unique=True))
    link = st.tuples(st.sampled_from([*ids, "gone"]), st.integers(0, 6)).map(list)
    document: dict[str, Any] = {}
    for key in ids:
        inputs = draw(st.dictionaries(st.text(max_size=6), _values | link, max_size=5))
        document[key] = {"inputs": inputs, "class_type": draw(_classes)}
        title = draw(st.none() | st.text(max_size=6))
        if title is not None:
            document[key]["_meta"] = {"title": title}
    return document


@given(documents())
@settings(max_examples=100, deadline=None)
def test_any_document_comes_back_as_it_was(document: dict[str, Any]):
    assert write_api(read_api(document, NODES), NODES) == document


@given(documents())
@settings(max_examples=40, deadline=None)
def test_everything_that_feeds_a_node_is_fed_by_it_the_other_way_round(document: dict[str, Any]):
    workflow = read_api(document, NODES)
    for node in workflow.nodes:
        for ancestor in workflow.ancestors([node]):
            assert node in workflow.descendants([ancestor])

"""The graph of a further try: another seed, less memory, other numbers."""

from __future__ import annotations

from typing import Any

from ai_video.comfyui.object_info import shipped_node_list
from ai_video.studio.production.graph_params import GraphLength, ShotGraph
from ai_video.studio.production.redrawing import Redraw, can_tile, ladder, next_seed

GRAPH: dict[str, Any] = {
    "latent": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": 680, "height": 384, "batch_size": 4},
    },
    "sampler": {
        "class_type": "KSampler",
        "inputs": {"seed": 5, "steps": 20, "latent_image": ["latent", 0]},
    },
    "decode": {"class_type": "VAEDecode", "inputs": {"samples": ["sampler", 0]}},
}


def shot(**more: Any) -> ShotGraph:
    values: dict[str, Any] = {
        "template": "x",
        "template_digest": "x",
        "level": None,
        "workflow_json": GRAPH,
        "places": {
            "seed": [("sampler", "seed")],
            "steps": [("sampler", "steps")],
            "width": [("latent", "width")],
            "height": [("latent", "height")],
        },
        "grid": 8,
        "tiles": True,
    }
    return ShotGraph.model_validate(values | more)


def inputs(graph: Any, node: str) -> dict[str, Any]:
    return graph[node]["inputs"]


def test_the_first_try_is_the_graph_as_it_was_planned() -> None:
    assert next_seed(5, 0) == 5
    assert Redraw(seed=5).graph(shot()) == GRAPH


def test_seeds_of_further_tries_are_others_and_always_the_same() -> None:
    seeds = [next_seed(5, number) for number in range(6)]
    assert len(set(seeds)) == 6
    assert seeds == [next_seed(5, number) for number in range(6)]
    assert all(0 <= seed < 2**53 for seed in seeds)
    assert inputs(Redraw(seed=seeds[1]).graph(shot()), "sampler")["seed"] == seeds[1]


def test_every_rung_needs_less_than_the_one_before() -> None:
    rungs = ladder(shot())
    assert rungs == ("batch", "tiled", "smaller", "smallest")
    graphs = [Redraw(seed=5, rungs=rungs[:taken]).graph(shot()) for taken in range(5)]
    assert [inputs(graph, "latent")["batch_size"] for graph in graphs] == [4, 1, 1, 1, 1]
    classes = [graph["decode"]["class_type"] for graph in graphs]
    assert classes == ["VAEDecode", "VAEDecode", *["VAEDecodeTiled"] * 3]
    sides = [(inputs(g, "latent")["width"], inputs(g, "latent")["height"]) for g in graphs]
    assert sides == [(680, 384)] * 3 + [(512, 288), (336, 192)]
    assert all(width % 8 == height % 8 == 0 for width, height in sides)
    assert inputs(graphs[4], "decode")["samples"] == ["sampler", 0]
    nodes = shipped_node_list().nodes["VAEDecodeTiled"]
    assert set(inputs(graphs[4], "decode")) <= {"samples", "vae", *nodes.inputs}


def test_a_rung_that_changes_nothing_is_left_out() -> None:
    length = GraphLength(places=(("latent", "batch_size"),), step=1, offset=0, longest=16, fps=8)
    assert ladder(shot(length=length)) == ("tiled", "smaller", "smallest")
    assert ladder(shot(length=length, tiles=False, places={})) == ()


def test_tiles_only_where_the_servers_have_them() -> None:
    assert can_tile(GRAPH, shipped_node_list())
    assert not can_tile({"latent": GRAPH["latent"]}, shipped_node_list())


def test_numbers_are_changed_by_role() -> None:
    graph = Redraw(seed=1, changes={"steps": 30, "cfg": 2.0}).graph(shot())
    assert inputs(graph, "sampler")["steps"] == 30
    assert "cfg" not in inputs(graph, "sampler")

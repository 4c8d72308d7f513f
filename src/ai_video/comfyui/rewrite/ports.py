"""Where a graph can be patched: sampling stages, model and text encoder roots, picture ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ai_video.comfyui.graph import Consumer, Link, Node, Workflow
from ai_video.comfyui.object_info import NodeList
from ai_video.errors import InputRefused

# What inputs of these names take, in classes that no node list knows.
_BY_NAME = {
    "model": "MODEL", "clip": "CLIP", "vae": "VAE", "positive": "CONDITIONING",
    "negative": "CONDITIONING", "conditioning": "CONDITIONING", "image": "IMAGE",
    "images": "IMAGE", "pixels": "IMAGE", "samples": "LATENT", "latent_image": "LATENT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """A sampler or guider: the node, and its inputs for model and conditioning."""

    node: str
    model: str
    positive: str
    negative: str | None


def input_type(node: Node, name: str, nodes: NodeList) -> str:
    """ComfyUI's type name of an input; by the input's name where the class is unknown."""
    known = nodes.nodes.get(node.class_type)
    if known is None:
        return _BY_NAME.get(name, "")
    spec = known.inputs.get(name)
    return spec.type if spec is not None else ""


def output_type(link: Link, workflow: Workflow, nodes: NodeList) -> str:
    """The type of what a link carries; "" where the source is unknown."""
    source = workflow.nodes.get(link.node)
    known = nodes.nodes.get(source.class_type) if source is not None else None
    for output in known.outputs if known is not None else ():
        if output.name == link.output:
            return output.type
    return ""


def links_of(node: Node, kind: str, nodes: NodeList) -> list[tuple[str, Link]]:
    """Linked inputs of one type, in the order of the node list."""
    found = [(name, link) for name, link in node.links() if input_type(node, name, nodes) == kind]
    known = nodes.nodes.get(node.class_type)
    if known is not None:
        order = {name: at for at, name in enumerate(known.inputs)}
        found.sort(key=lambda row: order[row[0]])
    return found


def stages(workflow: Workflow, nodes: NodeList) -> tuple[Stage, ...]:
    """Every place where a model meets its conditioning, in the order of execution."""
    found: list[Stage] = []
    for key in workflow.order():
        node = workflow.nodes[key]
        conditioning = [name for name, _ in links_of(node, "CONDITIONING", nodes)]
        if not conditioning or not _samples(node, nodes):
            continue
        positive = "positive" if "positive" in conditioning else conditioning[0]
        negative = "negative" if "negative" in conditioning else None
        for model, _ in links_of(node, "MODEL", nodes):
            found.append(Stage(key, model, positive, negative))
    return tuple(found)


def _samples(node: Node, nodes: NodeList) -> bool:
    known = nodes.nodes.get(node.class_type)
    if known is None:
        return "positive" in node.inputs
    return any(output.type in ("LATENT", "GUIDER") for output in known.outputs)


def needed_stages(workflow: Workflow, nodes: NodeList, *, patch: str) -> tuple[Stage, ...]:
    """The stages of a graph that must have one.

    Raises:
        InputRefused: `graph_no_place`.
    """
    found = stages(workflow, nodes)
    if not found:
        raise no_place(patch, "a sampler with a model and conditioning")
    return found


def no_place(patch: str, wanted: str) -> InputRefused:
    return InputRefused("graph_no_place", patch=patch, wanted=wanted)


def link_at(workflow: Workflow, node: str, name: str) -> Link:
    """The link in an input that is known to hold one."""
    value = workflow.nodes[node].inputs[name]
    if not isinstance(value, Link):
        raise no_place("link", f"a link at {node}.{name}")
    return value


def climb(workflow: Workflow, nodes: NodeList, start: Link, kind: str) -> Iterator[Link]:
    """`start`, then what feeds its node with the same type, up to the node that nothing feeds."""
    seen: set[str] = set()
    link = start
    while link.node not in seen:
        yield link
        seen.add(link.node)
        node = workflow.nodes.get(link.node)
        upwards = links_of(node, kind, nodes) if node is not None else []
        if not upwards:
            return
        link = upwards[0][1]


def model_roots(workflow: Workflow, nodes: NodeList) -> tuple[Link, ...]:
    """The outputs of the loaders whose models are sampled, each once, in the order of use."""
    return _roots(workflow, nodes, "MODEL")


def clip_roots(workflow: Workflow, nodes: NodeList) -> tuple[Link, ...]:
    """The outputs of the loaders whose text encoders are used, each once."""
    found: dict[Link, None] = {}
    for key in workflow.order():
        for _, link in links_of(workflow.nodes[key], "CLIP", nodes):
            found[_last(climb(workflow, nodes, link, "CLIP"))] = None
    return tuple(found)


def _roots(workflow: Workflow, nodes: NodeList, kind: str) -> tuple[Link, ...]:
    found: dict[Link, None] = {}
    for stage in stages(workflow, nodes):
        start = link_at(workflow, stage.node, stage.model)
        found[_last(climb(workflow, nodes, start, kind))] = None
    return tuple(found)


def _last(links: Iterator[Link]) -> Link:
    *_, last = links
    return last


def after_loras(workflow: Workflow, nodes: NodeList) -> tuple[Link, ...]:
    """The sampled models as they come out of their last LoRA, each once."""
    found: dict[Link, None] = {}
    for stage in stages(workflow, nodes):
        start = link_at(workflow, stage.node, stage.model)
        downwards = list(climb(workflow, nodes, start, "MODEL"))[::-1]
        end = downwards[0]
        for link in downwards[1:]:
            if not is_lora_loader(workflow.nodes[link.node]):
                break
            end = link
        found[end] = None
    return tuple(found)


def behind_adapters(workflow: Workflow, point: Link) -> Link:
    """What comes out of the IP-Adapters that hang on this output; the output where none does."""
    while True:
        following = [
            use.node
            for use in workflow.consumers(point.node, point.output)
            if workflow.nodes[use.node].class_type == "IPAdapterAdvanced"
        ]
        if len(following) != 1:
            return point
        point = Link(following[0], "MODEL")


def is_lora_loader(node: Node) -> bool:
    return "lora_name" in node.inputs or "lora" in node.inputs


def vae_of(workflow: Workflow, nodes: NodeList) -> Link | None:
    """The VAE that the graph uses first."""
    for key in workflow.order():
        for _, link in links_of(workflow.nodes[key], "VAE", nodes):
            return link
    return None


def decoded_pictures(workflow: Workflow, nodes: NodeList) -> tuple[Link, ...]:
    """Pictures that come out of a latent and reach an output, each once."""
    shown = workflow.ancestors(
        key for key, node in workflow.nodes.items() if _is_output(node, nodes)
    )
    found: dict[Link, None] = {}
    for key in workflow.order():
        node = workflow.nodes[key]
        if key not in shown or not links_of(node, "LATENT", nodes):
            continue
        for use in workflow.consumers(key):
            link = Link(key, use.output)
            if use.node in shown and output_type(link, workflow, nodes) == "IMAGE":
                found[link] = None
    return tuple(found)


def picture_ends(workflow: Workflow, nodes: NodeList) -> tuple[Consumer, ...]:
    """Inputs that take the finished pictures: of an output node, or of the node that makes a video."""
    found: list[Consumer] = []
    for key, node in workflow.nodes.items():
        if not _is_output(node, nodes) and not _makes_video(node, nodes):
            continue
        for name, link in links_of(node, "IMAGE", nodes):
            found.append(Consumer(key, name, link.output))
    return tuple(found)


def _is_output(node: Node, nodes: NodeList) -> bool:
    known = nodes.nodes.get(node.class_type)
    return known is not None and known.is_output


def _makes_video(node: Node, nodes: NodeList) -> bool:
    known = nodes.nodes.get(node.class_type)
    return known is not None and any(output.type == "VIDEO" for output in known.outputs)

"""What the pictures, clips and sounds that a workflow loads are for.

From every loader the walk goes forward along IMAGE, MASK, VIDEO, AUDIO and LATENT links, through
nodes that only work on a picture, to the first input that says what the picture does there.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ai_video.comfyui.flow import Flow, FlowNode, Use
from ai_video.comfyui.literals import Certainty, weaker
from ai_video.comfyui.sampling import Sampling, is_sampler

PictureRole = Literal[
    "reference_image",
    "control_image",
    "face_image",
    "first_frame",
    "last_frame",
    "mask",
    "audio",
]
Means = Literal["init", "edit", "style", "video", "process"]
"""How a reference is used: start of the sampling, edited, only looked at, a clip, no sampling."""

_LAST = re.compile(r"(^|_)(end|last)(_|$)", re.IGNORECASE)
_FIRST = re.compile(r"(^|_)(start|first|init)(_|$)", re.IGNORECASE)
_CONTROL = re.compile(
    r"control|(^|_)(pose|depth|canny|hint|guide|tracks)(_|$)|face_video|background_video",
    re.IGNORECASE,
)
_FACE_NODE = re.compile(r"instantid|pulid|face.?id|reactor|face.?swap|faceswap", re.IGNORECASE)
_FACE = re.compile(r"(^|_)face(_|$)|source_image|^image$|^face", re.IGNORECASE)
_REFERENCE = re.compile(r"ref|style|subject|identity|character|source", re.IGNORECASE)
_ADAPTER = re.compile(r"ip.?adapter|style|redux|unclip|photomaker", re.IGNORECASE)
_CONTROL_NODE = re.compile(r"control|lllite|t2i.?adapter|diffsynth", re.IGNORECASE)
_IMAGE_FILE = re.compile(r"\.(png|jpe?g|webp|gif|bmp|tiff?)$", re.IGNORECASE)
_MEDIA = frozenset({"IMAGE", "MASK", "VIDEO", "AUDIO", "LATENT"})
_FLOWS: dict[str, frozenset[str]] = {
    "IMAGE": frozenset({"IMAGE", "LATENT", "CLIP_VISION_OUTPUT", "VIDEO"}),
    "MASK": frozenset({"MASK"}),
    "VIDEO": frozenset({"IMAGE", "VIDEO"}),
    "LATENT": frozenset({"LATENT", "IMAGE"}),
    "AUDIO": frozenset({"AUDIO", "AUDIO_ENCODER_OUTPUT"}),
    "CLIP_VISION_OUTPUT": frozenset[str](),
    "AUDIO_ENCODER_OUTPUT": frozenset[str](),
}
_NO_PICTURE = frozenset(
    {
        "MODEL", "CLIP", "VAE", "CONDITIONING", "CONTROL_NET", "NOISE", "GUIDER", "SAMPLER", "SIGMAS",
        "INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "MODEL_PATCH", "AUDIO", "MASK", "DICT", "ARRAY",
    }
)  # fmt: skip
"""Types that carry nothing of a picture onwards; what is neither known nor here is a finding in it
(a pose, a depth, a geometry) and becomes a picture again."""
_PAINTED = "PAINTED"
"""A mask on its way as a picture."""
_CONTROL_MAKER = re.compile(
    r"canny|depth|line.?art|pose|\bhed\b|scribble|pre.?processor|normal|soft.?edge|mlsd|sketch|sobel"
    r"|segm|moge|tile",
    re.IGNORECASE,
)
_LATENT_NAMES = frozenset({"latent_image", "samples", "latent"})
_FROM_PICTURE = ("edit", "init", "video", "style")
_MOST_STEPS = 4000


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one loaded file does at one input."""

    role: PictureRole
    certainty: Certainty
    means: Means | None
    at: Use
    place: tuple[int, int]
    """Order: of the node in the run, of the input on the node."""
    weak: bool = False
    """Only counted where nothing else says what the file is for."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file that a user gives, and what for."""

    at: Use
    kind: Literal["IMAGE", "VIDEO", "AUDIO"]
    role: PictureRole
    certainty: Certainty
    means: Means | None
    evidence: str
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Step:
    """A picture on its way: the input it comes to, as what, and how that is known."""

    use: Use
    kind: str
    hinted: bool
    """A node on the way made of it what steers (edges, a depth, a pose)."""
    certainty: Certainty


class _Walk:
    """Forward from one output of a loader to every input that says what the file is for."""

    def __init__(self, pictures: Pictures, *, clip: bool) -> None:
        self.pictures = pictures
        self.clip = clip
        self.seen: set[_Step] = set()
        self.waiting: deque[_Step] = deque()
        self.found: list[Purpose] = []

    def from_output(self, node: FlowNode, slot: int, kind: str, certainty: Certainty) -> None:
        """Find all that hangs on this output."""
        self._leave(node, slot, kind, hinted=False, certainty=certainty)
        while self.waiting:
            self._arrive(self.waiting.popleft())

    def _leave(
        self, node: FlowNode, slot: int, kind: str, *, hinted: bool, certainty: Certainty
    ) -> None:
        for used_slot, use in self.pictures.flow.uses[node.id]:
            step = _Step(use, kind, hinted, certainty)
            if used_slot == slot and step not in self.seen and len(self.seen) < _MOST_STEPS:
                self.seen.add(step)
                self.waiting.append(step)

    def _arrive(self, step: _Step) -> None:
        flow = self.pictures.flow
        if step.use.node not in flow.live:
            return
        node = flow[step.use.node]
        decided = self.pictures.decide(node, step.use, step.kind, clip=self.clip)
        if decided is None:
            self._onwards(node, step)
            return
        role, certainty, means = decided.role, decided.certainty, decided.means
        if step.hinted and means in _FROM_PICTURE and not decided.weak:
            role, certainty, means = "control_image", weaker(certainty, "likely"), None
        self.found.append(
            Purpose(
                role,
                weaker(step.certainty, certainty),
                means,
                step.use,
                self.pictures.place(step.use),
                decided.weak,
            )
        )

    def _onwards(self, node: FlowNode, step: _Step) -> None:
        """Through a node that only works on the picture."""
        kind, certainty = step.kind, step.certainty
        if node.known is None:
            certainty = weaker(certainty, "likely")
            for slot in sorted({slot for slot, _ in self.pictures.flow.uses[node.id]}):
                self._leave(node, slot, kind, hinted=step.hinted, certainty=certainty)
            return
        hinted = step.hinted or self.pictures.makes_control(node)
        if len(node.names_of("IMAGE")) > 1:
            certainty = weaker(certainty, "likely")
        for slot, kind_out in enumerate(node.output_types):
            onwards = _onward_kind(node, kind, kind_out)
            if onwards is not None:
                self._leave(node, slot, onwards, hinted=hinted, certainty=certainty)


def _onward_kind(node: FlowNode, kind: str, kind_out: str) -> str | None:
    """As what a file goes on through an output; None when the output carries nothing of it."""
    if not kind_out:
        return kind
    if kind_out == "MASK":
        only_masks = set(node.output_types) == {"MASK"}
        return "MASK" if only_masks and kind in ("IMAGE", "MASK", _PAINTED) else None
    if kind_out == "IMAGE" and kind in ("MASK", _PAINTED):
        return None if kind == "MASK" and node.names_of("IMAGE") else _PAINTED
    if kind == _PAINTED:
        return None
    if kind_out in _FLOWS.get(kind, frozenset[str]()):
        return kind_out
    finding = kind_out not in _NO_PICTURE and kind_out not in _FLOWS
    if kind == "IMAGE":
        return kind_out if finding else None
    return kind_out if kind not in _FLOWS and (finding or kind_out == "IMAGE") else None


@dataclass(frozen=True, slots=True)
class _Decision:
    role: PictureRole
    certainty: Certainty
    means: Means | None = None
    weak: bool = False


@dataclass(frozen=True)
class Pictures:
    """The files that a workflow loads, and what each is for."""

    flow: Flow
    sampling: Sampling

    def makes_control(self, node: FlowNode) -> bool:
        """Whether a node turns a picture into one that steers: by what it is called."""
        if node.id in self.sampling.auxiliary:
            return True
        works = "IMAGE" in node.output_types or set(node.output_types) - _NO_PICTURE - set(_FLOWS)
        return bool(works) and bool(_CONTROL_MAKER.search(node.class_type))

    def place(self, use: Use) -> tuple[int, int]:
        node = self.flow[use.node]
        names = [*node.specs, *(name for name in node.links if name not in node.specs)]
        return self.flow.place(use.node), names.index(use.input) if use.input in names else 99

    def loaded(self) -> Iterator[Loaded]:
        """Every role of every file, in the order of the inputs that they end in."""
        rows: list[Loaded] = []
        for node in self.flow:
            if node.id not in self.flow.live:
                continue
            for name, kind in _file_inputs(node):
                rows += self._of(node, name, kind)
        yield from sorted(rows, key=lambda row: (row.place, self.flow.place(row.at.node)))

    def _of(
        self, node: FlowNode, name: str, kind: Literal["IMAGE", "VIDEO", "AUDIO"]
    ) -> list[Loaded]:
        doubt: Certainty = "sure" if node.known is not None else "likely"
        if node.id not in self.sampling.literals.certain:
            doubt = "likely"
        if node.id not in self.sampling.literals.active:
            doubt = "asked"
        purposes = self._purposes(node, name, doubt)
        if not purposes and name != "mask":
            return [self._unread(node, name, kind)]
        best: dict[PictureRole, Purpose] = {}
        strong = [purpose for purpose in purposes if not purpose.weak] or purposes
        for purpose in sorted(strong, key=lambda row: (_worth(row.certainty), row.place)):
            best.setdefault(purpose.role, purpose)
        return [
            Loaded(
                Use(node.id, name),
                kind,
                purpose.role,
                purpose.certainty,
                purpose.means,
                f"{node.class_type} → {self.flow[purpose.at.node].class_type}.{purpose.at.input}",
                purpose.place,
            )
            for purpose in best.values()
        ]

    def _unread(
        self, node: FlowNode, name: str, kind: Literal["IMAGE", "VIDEO", "AUDIO"]
    ) -> Loaded:
        at = Use(node.id, name)
        role: PictureRole = "audio" if kind == "AUDIO" else "reference_image"
        evidence = f"{node.class_type} loads it; what for cannot be read from the graph"
        return Loaded(at, kind, role, "asked", None, evidence, self.place(at))

    def _purposes(self, node: FlowNode, name: str, doubt: Certainty) -> list[Purpose]:
        found: list[Purpose] = []
        if node.known is None:
            outputs = [(slot, "IMAGE") for slot in sorted({s for s, _ in self.flow.uses[node.id]})]
        elif name == "mask" or node.names_of("IMAGE"):
            outputs = [pair for pair in enumerate(node.output_types) if pair[1] == "MASK"]
        else:
            outputs = [pair for pair in enumerate(node.output_types) if pair[1] in _MEDIA]
        for slot, kind in outputs:
            walk = _Walk(self, clip=kind == "VIDEO")
            walk.from_output(node, slot, kind, doubt)
            found += walk.found
        return found

    def decide(self, node: FlowNode, use: Use, kind: str, *, clip: bool) -> _Decision | None:
        """What a picture does at an input; None where the node only passes it on or leaves it."""
        known: Certainty = "sure" if node.known is not None else "likely"
        if kind in ("AUDIO", "AUDIO_ENCODER_OUTPUT"):
            return self._sound(node, known)
        if kind == "MASK":
            return self._mask(node, known)
        if kind == "CLIP_VISION_OUTPUT":
            return self._seen_by_vision(node, use, known)
        if kind == "LATENT" or (node.known is None and use.input in _LATENT_NAMES):
            return self._latent(node, use, known, clip=clip)
        if kind == "VIDEO" and "IMAGE" in node.output_types:
            return None
        if kind not in _MEDIA:
            return None
        return self._picture(node, use, known, clip=clip)

    def _sound(self, node: FlowNode, known: Certainty) -> _Decision | None:
        if set(node.output_types) & {"AUDIO", "AUDIO_ENCODER_OUTPUT"} and not self._ends(node):
            return None
        return _Decision("audio", known)

    def _mask(self, node: FlowNode, known: Certainty) -> _Decision | None:
        if set(node.output_types) & {"LATENT", "CONDITIONING", "MODEL"}:
            return _Decision("mask", known)
        painted = "IMAGE" in node.output_types and not node.names_of("IMAGE")
        if "MASK" in node.output_types or painted or node.known is None:
            return None
        return _Decision("mask", "asked", weak=True)

    def _seen_by_vision(self, node: FlowNode, use: Use, known: Certainty) -> _Decision | None:
        if _LAST.search(use.input):
            return _Decision("last_frame", weaker(known, "likely"), weak=True)
        if _FIRST.search(use.input):
            return _Decision("first_frame", weaker(known, "likely"), weak=True)
        if "length" in node.specs:
            return _Decision("first_frame", "asked", weak=True)
        return _Decision("reference_image", known, "style")

    def _latent(
        self, node: FlowNode, use: Use, known: Certainty, *, clip: bool
    ) -> _Decision | None:
        if node.id in self.sampling.auxiliary:
            return None
        if is_sampler(node):
            means: Means = "video" if clip else "init"
            if self.sampling.starts_from_noise(node):
                return _Decision("reference_image", "asked", means, weak=True)
            return _Decision("reference_image", "likely" if clip else known, means)
        if "CONDITIONING" in node.output_types and "LATENT" not in node.output_types:
            return _Decision("reference_image", known, "edit")
        return None

    def _ends(self, node: FlowNode) -> bool:
        return node.known is not None and node.known.is_output

    def _picture(
        self, node: FlowNode, use: Use, known: Certainty, *, clip: bool
    ) -> _Decision | None:
        name = use.input.rpartition(".")[2] if "." in use.input else use.input
        whole = use.input
        if _FACE_NODE.search(node.class_type):
            return _Decision("face_image", known) if _FACE.search(name) else None
        if "mask" in name:
            return _Decision("mask", "asked", weak=True)
        framed = self._frame(node, whole, known, clip=clip)
        if framed is not None:
            return framed
        if self._is_control(node, whole):
            return _Decision("control_image", weaker(known, "likely") if clip else known)
        if self._ends(node) and not self.flow.uses[node.id]:
            return self._saved(node, clip=clip)
        conditions = "CONDITIONING" in node.output_types
        adapts = "IPADAPTER" in {node.input_type(key) for key in node.specs}
        if adapts or _ADAPTER.search(node.class_type):
            passes = "IMAGE" in node.output_types and "MODEL" not in node.output_types
            return None if passes else _Decision("reference_image", known, "style")
        if "STRING" in node.output_types and node.names_of("CLIP"):
            return _Decision("reference_image", weaker(known, "likely"), None, weak=True)
        if conditions and "length" in node.specs and not clip:
            certainty: Certainty = known if _REFERENCE.search(whole) else "asked"
            return _Decision("reference_image", certainty, "style")
        if conditions:
            certainty = "asked" if clip else known
            return _Decision("reference_image", certainty, "video" if clip else "edit")
        if "MODEL" in node.output_types:
            return _Decision("reference_image", weaker(known, "likely"), "edit")
        if set(node.output_types) & {"MESH", "VOXEL", "SPLAT"}:
            return _Decision("reference_image", known, "process")
        return None

    def _saved(self, node: FlowNode, *, clip: bool) -> _Decision | None:
        if "filename_prefix" not in node.specs:
            return _Decision("reference_image", "asked", "process", weak=True)
        certainty: Certainty = "asked" if clip else "likely"
        return _Decision("reference_image", certainty, "process", weak=True)

    def _frame(
        self, node: FlowNode, name: str, known: Certainty, *, clip: bool
    ) -> _Decision | None:
        """First or last frame of a clip to be made."""
        types = set(node.output_types)
        makes = bool(types & {"LATENT", "CONDITIONING"}) or node.known is None
        if not makes or clip:
            return None
        index = node.values.get("frame_idx")
        if isinstance(index, int) and not isinstance(index, bool):
            if index in (0, -1):
                return _Decision("first_frame" if index == 0 else "last_frame", known)
            return _Decision("reference_image", "asked", "style")
        if _LAST.search(name):
            return _Decision("last_frame", known)
        if _FIRST.search(name):
            return _Decision("first_frame", known)
        images = [key for key in node.specs if node.input_type(key) == "IMAGE"]
        into_latent = (
            "LATENT" in types
            and images == [name]
            and "VAE" in {node.input_type(key) for key in node.specs}
        )
        moves = "length" in node.specs or bool(re.search(r"vid", node.class_type, re.IGNORECASE))
        if into_latent and moves and not _REFERENCE.search(name) and not _CONTROL.search(name):
            return _Decision("first_frame", known)
        return None

    def _is_control(self, node: FlowNode, name: str) -> bool:
        types = {node.input_type(key) for key in node.specs}
        if "CONTROL_NET" in types or ("control_net" in node.links and node.known is None):
            return not _FIRST.search(name) and not node.names_of("MASK")
        steers = bool(set(node.output_types) & {"CONDITIONING", "MODEL", "LATENT"})
        if not steers and node.known is not None:
            return False
        if _CONTROL.search(name):
            return True
        patched = "MODEL" in node.output_types and "MODEL" in types and not node.names_of("MASK")
        return patched and bool(_CONTROL_NODE.search(node.class_type)) and "inpaint" not in name


def _worth(certainty: Certainty) -> int:
    return ("sure", "likely", "asked").index(certainty)


def _file_inputs(node: FlowNode) -> Iterator[tuple[str, Literal["IMAGE", "VIDEO", "AUDIO"]]]:
    """Inputs of a node that name a file which the user uploads."""
    if node.known is None:
        for name, value in node.values.items():
            if isinstance(value, str) and _IMAGE_FILE.search(value) and not node.links:
                yield name, "IMAGE"
        return
    kinds: dict[str, Literal["IMAGE", "VIDEO", "AUDIO"]] = {
        "image": "IMAGE",
        "video": "VIDEO",
        "audio": "AUDIO",
    }
    for name, spec in node.specs.items():
        if spec.upload in kinds and name in node.values:
            yield name, kinds[spec.upload or ""]

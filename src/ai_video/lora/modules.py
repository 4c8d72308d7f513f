"""The layers that a LoRA changes, read from the names and shapes of its tensors."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ai_video.errors import InputRefused
from ai_video.lora.safetensors_header import Header, Tensor

Role = Literal[
    "down", "up", "mid", "alpha", "dora", "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b",
    "lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "tucker", "oft", "ia3",
    "glora", "full", "bias",
]  # fmt: skip
Naming = Literal["kohya", "diffusers", "peft", "lycoris"]

_ENDINGS: tuple[tuple[str, Role, Naming], ...] = (
    (r"\.lora_down\.weight", "down", "kohya"),
    (r"\.lora_up\.weight", "up", "kohya"),
    (r"\.lora_mid\.weight", "mid", "kohya"),
    (r"\.lora_A(\.\w+)?(\.weight)?", "down", "peft"),
    (r"\.lora_B(\.\w+)?(\.weight)?", "up", "peft"),
    (r"[._]lora\d?(\.|_linear_layer\.)down\.weight", "down", "diffusers"),
    (r"[._]lora\d?(\.|_linear_layer\.)up\.weight", "up", "diffusers"),
    (r"\.(dora_scale|lora_magnitude_vector(\.\w+)?(\.weight)?)", "dora", "kohya"),
    (r"\.hada_w1_a", "hada_w1_a", "lycoris"),
    (r"\.hada_w1_b", "hada_w1_b", "lycoris"),
    (r"\.hada_w2_a", "hada_w2_a", "lycoris"),
    (r"\.hada_w2_b", "hada_w2_b", "lycoris"),
    (r"\.lokr_w1", "lokr_w1", "lycoris"),
    (r"\.lokr_w1_a", "lokr_w1_a", "lycoris"),
    (r"\.lokr_w1_b", "lokr_w1_b", "lycoris"),
    (r"\.lokr_w2", "lokr_w2", "lycoris"),
    (r"\.lokr_w2_a", "lokr_w2_a", "lycoris"),
    (r"\.lokr_w2_b", "lokr_w2_b", "lycoris"),
    (r"\.(hada_t1|hada_t2|lokr_t2)", "tucker", "lycoris"),
    (r"\.(oft_blocks|oft_diag|oft_R)(\.weight)?", "oft", "lycoris"),
    (r"\.on_input", "ia3", "lycoris"),
    (r"\.(a1|a2|b1|b2)\.weight", "glora", "lycoris"),
    (r"\.(diff|set_weight)", "full", "lycoris"),
    (r"\.(diff_b|diff_bias|reshape_weight|lora_B\.bias|bias)", "bias", "kohya"),
    (r"\.(alpha|lora_alpha|scale)", "alpha", "kohya"),
)
_ENDING = re.compile(
    "(?:" + "|".join(f"(?P<e{n}>{row[0]})" for n, row in enumerate(_ENDINGS)) + r")\Z"
)
_LONGEST_ENDING = 48
_LONGEST_NAME = 512
_TEXT = re.compile(
    r"(lora_te\d?_|lycoris_text_|text_encoders?[._]?\d?\.|clip_[lgh]\.|t5xxl\.|te\d?\.)"
)
_PREFIX = re.compile(
    r"(base_model\.model\.|lora_unet_|lora_transformer_|lora_prior_unet_|lycoris_|diffusion_model[._]"
    r"|model\.diffusion_model\.|transformer\.|unet\.|model\.|pipe\.dit\.|dit\.)+"
)
FLOATS = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"})


@dataclass(slots=True)
class Module:
    """One changed layer; the name has `_` for every separator and no prefix."""

    name: str
    text_encoder: bool
    parts: dict[Role, Tensor] = field(default_factory=dict[Role, Tensor])

    @property
    def rank(self) -> int | None:
        """The inner width; None where there is none (a full matrix)."""
        for role in ("down", "hada_w1_b", "lokr_w2_b", "lokr_w1_b"):
            tensor = self.parts.get(role)
            if tensor is not None and tensor.shape:
                return tensor.shape[0]
        return None

    @property
    def width(self) -> int | None:
        """How wide the layer's input is."""
        for role in ("down", "hada_w1_b", "full"):
            tensor = self.parts.get(role)
            if tensor is not None and len(tensor.shape) > 1:
                return tensor.shape[1]
        return self._product("_b", 1)

    @property
    def output(self) -> int | None:
        """How wide the layer's output is."""
        for role in ("up", "hada_w1_a", "full"):
            tensor = self.parts.get(role)
            if tensor is not None and tensor.shape:
                return tensor.shape[0]
        return self._product("_a", 0)

    def _product(self, half: Literal["_a", "_b"], side: int) -> int | None:
        """A side of a Kronecker product: that of both factors, each of them whole or in halves."""
        total = 1
        for factor in ("lokr_w1", "lokr_w2"):
            tensor = self.parts.get(factor) or self.parts.get(f"{factor}{half}")  # pyright: ignore[reportArgumentType]  both are roles
            if tensor is None or len(tensor.shape) <= side:
                return None
            total *= tensor.shape[side]
        return total


@dataclass(frozen=True, slots=True)
class Network:
    """All changed layers of a file, and how their tensors are named."""

    modules: tuple[Module, ...]
    naming: Naming

    def __bool__(self) -> bool:
        return bool(self.modules)

    def roles(self) -> set[Role]:
        return {role for module in self.modules for role in module.parts}


def read_network(header: Header, *, name: str) -> Network:
    """The layers that this file changes; none when it is no LoRA.

    Raises:
        InputRefused: `lora_layer_incomplete`: one half of a pair is missing or does not fit the
            other; `lora_dtype_wrong`: weights that are no floating-point numbers.
    """
    modules: dict[str, Module] = {}
    namings: Counter[Naming] = Counter()
    for tensor in header.tensors.values():
        match = _ENDING.search(tensor.name[-_LONGEST_ENDING:])
        if match is None or match.lastgroup is None or len(tensor.name) > _LONGEST_NAME:
            continue
        _, role, naming = _ENDINGS[int(match.lastgroup[1:])]
        path = tensor.name[: len(tensor.name) - len(match[0])]
        module = modules.setdefault(path, _module(path))
        module.parts[role] = tensor
        if role not in ("alpha", "dora", "bias"):
            namings[naming] += 1
            if tensor.dtype not in FLOATS:
                raise InputRefused(
                    "lora_dtype_wrong", name=name, tensor=tensor.name[:80], dtype=tensor.dtype
                )
    changed = tuple(module for module in modules.values() if set(module.parts) - {"alpha", "bias"})
    for module in changed:
        _check_whole(module, name=name)
    real = tuple(module for module in changed if set(module.parts) - {"alpha", "bias", "dora"})
    return Network(modules=real, naming=namings.most_common(1)[0][0] if namings else "kohya")


def _module(path: str) -> Module:
    text = _TEXT.match(path)
    prefix = _PREFIX.match(path)
    rest = path[text.end() :] if text else path[prefix.end() :] if prefix else path
    return Module(name=re.sub(r"[.]", "_", rest), text_encoder=text is not None)


_PAIRS: tuple[tuple[Role, Role], ...] = (
    ("down", "up"),
    ("hada_w1_a", "hada_w1_b"),
    ("hada_w2_a", "hada_w2_b"),
    ("lokr_w1_a", "lokr_w1_b"),
    ("lokr_w2_a", "lokr_w2_b"),
)


def _check_whole(module: Module, *, name: str) -> None:
    parts = module.parts
    for first, second in _PAIRS:
        if (first in parts) != (second in parts):
            raise InputRefused("lora_layer_incomplete", name=name, layer=module.name[:80])
    down, up = parts.get("down"), parts.get("up")
    if down is None or up is None:
        return
    if not down.shape or len(up.shape) < 2 or down.shape[0] != up.shape[1]:
        raise InputRefused("lora_layer_incomplete", name=name, layer=module.name[:80])


def text_encoders(header: Header) -> tuple[str, ...]:
    """Which text encoders are changed, by the names that files give them."""
    found = {match[1] for key in header.tensors if (match := _TEXT.match(key))}
    return tuple(sorted(text.strip("._").removeprefix("lora_") for text in found))


def widths(modules: Iterable[Module]) -> Mapping[int, int]:
    """Input width → how many layers have it."""
    counted: defaultdict[int, int] = defaultdict(int)
    for module in modules:
        if module.width is not None:
            counted[module.width] += 1
    return counted

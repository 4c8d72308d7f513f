"""All that is known of a LoRA from its header: network, base model, trigger words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from ai_video.domain.entities import LoraMetadata
from ai_video.errors import InputRefused
from ai_video.lora.families import BASE_MODELS, AskedModel, label_of, read_base_model
from ai_video.lora.modules import Module, Network, read_network, text_encoders
from ai_video.lora.other_weights import refuse_other_weights
from ai_video.lora.safetensors_header import Header, read_header, read_scalar
from ai_video.lora.structure import Structure, narrowed, structure_of
from ai_video.lora.trigger_words import plain_text, tags_of, trigger_words

T = TypeVar("T")
LONGEST_DESCRIPTION = 2000
_READ_ALPHAS = 64
_SAID_BASE = ("ss_base_model_version", "modelspec.architecture", "ss_network_module")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file says of itself; `metadata` is what its record keeps."""

    metadata: LoraMetadata
    base_model: str
    trigger_words: tuple[str, ...]
    tags: tuple[str, ...]
    description: str


def inspect(path: Path, *, name: str) -> Inspection:
    """Read a LoRA's header and say what the file is; blocking.

    Args:
        name: what the file is called in errors.

    Raises:
        InputRefused: no sound safetensors file (`read_header`), `lora_not_a_lora`,
            `lora_without_layers`, `lora_layer_incomplete` or `lora_dtype_wrong`.
    """
    header = read_header(path, name=name)
    refuse_other_weights(header, name=name)
    network = read_network(header, name=name)
    if not network:
        raise InputRefused("lora_without_layers", name=name)
    said = header.metadata
    base = _base_model(structure_of(network), said)
    rank = _commonest([module.rank for module in network.modules])
    return Inspection(
        metadata=LoraMetadata(
            rank=rank or _number(said.get("ss_network_dim")),
            alpha=_alpha(path, header, network, rank),
            network_type=_network_type(network),
            training_steps=_number(said.get("ss_steps")),
            naming=network.naming,
            architecture=base.id,
            alternatives=base.alternatives,
            families=base.families,
            certainty=base.certainty,
            evidence=base.evidence,
            resolution=_resolution(said),
            trained_on=plain_text(said.get("ss_sd_model_name", ""), longest=200),
            trained_on_hash=_hash(said.get("ss_new_sd_model_hash", "")),
            precision=_commonest([_weight_dtype(module) for module in network.modules]) or "",
            layers=len(network.modules),
            parameters=sum(tensor.count for tensor in header.tensors.values()),
            text_encoders=text_encoders(header),
        ),
        base_model=label_of(base.id, base.families) or base.stated,
        trigger_words=trigger_words(said),
        tags=tags_of(said),
        description=plain_text(said.get("modelspec.description", ""), longest=LONGEST_DESCRIPTION),
    )


@dataclass(frozen=True, slots=True)
class _Base:
    """What a LoRA was made for; `alternatives` are what else its layers fit."""

    id: str = ""
    alternatives: tuple[str, ...] = ()
    stated: str = ""
    families: tuple[str, ...] = ()
    certainty: Literal["sure", "likely", "unknown"] = "unknown"
    evidence: tuple[str, ...] = ()


def _base_model(seen: Structure, said: Mapping[str, str]) -> _Base:
    """The layers decide; where they leave a choice, what the file says of itself narrows it."""
    stated = _stated(said)
    told = [f"{key}: {plain_text(said[key], longest=80)}" for key in stated]
    names = list(stated.values())
    if not seen.ids:
        return _by_remarks(names, said, tuple(told))
    ids, families = seen.ids, seen.families
    agreed: list[str] = []
    for line, asked in zip(told, names, strict=True):
        both = narrowed(ids, asked.ids)
        if both:
            ids = both
            families = _known_families(ids[0], families, asked)
            agreed.append(line)
        else:
            agreed.append(f"{line} (not what the layers show)")
    contradicted = bool(agreed) and agreed != told and not set(agreed) & set(told)
    sure = len(ids) == 1 and not contradicted
    return _Base(
        id=ids[0],
        alternatives=ids[1:],
        families=families or BASE_MODELS[ids[0]].families,
        certainty="sure" if sure else "likely",
        evidence=(*seen.evidence, *agreed),
    )


def _by_remarks(
    names: Sequence[AskedModel], said: Mapping[str, str], told: tuple[str, ...]
) -> _Base:
    """What the remarks alone say: one architecture, or a family of which the size stays open."""
    if not names:
        return _Base()
    first = names[0]
    text = plain_text(said[next(iter(_stated(said)))], longest=80)
    return _Base(
        id=first.ids[0] if len(first.ids) == 1 else "",
        stated=text,
        families=first.families,
        certainty="likely",
        evidence=told,
    )


def _known_families(id: str, seen: tuple[str, ...], asked: AskedModel) -> tuple[str, ...]:
    """The families of an architecture that neither source rules out."""
    possible = seen or BASE_MODELS[id].families
    return tuple(name for name in possible if name in asked.families) or possible


def _stated(said: Mapping[str, str]) -> dict[str, AskedModel]:
    """What the file's own remarks say of its base model, where they say a known one."""
    found: dict[str, AskedModel] = {}
    for key in _SAID_BASE:
        text = said.get(key, "")[:200].removeprefix("networks.lora_")
        asked = read_base_model(text)
        if asked.known:
            found[key] = asked
    return found


def _network_type(network: Network) -> str:
    """The plan's word for the kind of network: lora, locon, loha, and those that came later."""
    roles = network.roles()
    kinds = {
        "hada_w1_a": "loha", "lokr_w1": "lokr", "lokr_w1_a": "lokr", "oft": "oft", "ia3": "ia3",
        "glora": "glora",
    }  # fmt: skip
    for role, kind in kinds.items():
        if role in roles:
            return kind
    if "down" not in roles:
        return "full"
    if "dora" in roles:
        return "dora"
    return "locon" if any(_is_convolution(module) for module in network.modules) else "lora"


def _is_convolution(module: Module) -> bool:
    down = module.parts.get("down")
    return "mid" in module.parts or (
        down is not None and len(down.shape) == 4 and down.shape[2:] != (1, 1)
    )


def _alpha(path: Path, header: Header, network: Network, rank: int | None) -> float | None:
    """The alpha of most layers of the commonest rank, as loaders read it; else as trained.

    None: there is none, and the weights count in full.
    """
    typical = [
        module.parts["alpha"]
        for module in network.modules
        if "alpha" in module.parts and module.rank == rank
    ]
    values = [read_scalar(path, header, tensor) for tensor in typical[:_READ_ALPHAS]]
    return _commonest(values) if typical else _decimal(header.metadata.get("ss_network_alpha"))


def _weight_dtype(module: Module) -> str | None:
    return next(
        (tensor.dtype for role, tensor in module.parts.items() if role not in ("alpha", "dora")),
        None,
    )


def _commonest(values: Iterable[T | None]) -> T | None:
    counted = Counter(value for value in values if value is not None)
    return counted.most_common(1)[0][0] if counted else None


def _number(text: str | None) -> int | None:
    """A whole number from 1 to a thousand million, or None."""
    found = re.fullmatch(r"\s*([1-9]\d{0,8})\s*", text or "")
    return int(found[1]) if found else None


def _decimal(text: str | None) -> float | None:
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,9})?)\s*", text or "")
    return float(found[1]) if found else None


def _resolution(said: Mapping[str, str]) -> str:
    """The pictures' size in training, as `1024x1024`; empty when the file does not say."""
    for key in ("modelspec.resolution", "ss_resolution"):
        sides = re.findall(r"\d{2,5}", said.get(key, "")[:100])
        if sides:
            return f"{sides[0]}x{sides[1] if len(sides) > 1 else sides[0]}"
    return ""


def _hash(text: str) -> str:
    return text.lower() if re.fullmatch(r"(?i)[0-9a-f]{64}", text) else ""

"""Does a LoRA fit a base model? Yes, no, or nobody can know, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ai_video.domain.entities import LoraAsset
from ai_video.errors import Language
from ai_video.lora.families import AskedModel, label_of, read_base_model

Answer = Literal["yes", "no", "unknown"]
Reason = Literal[
    "same_base_model", "probably_same", "other_base_model", "other_version", "other_base_hash",
    "lora_unclear", "asked_unclear", "asked_unknown",
]  # fmt: skip
SHORTEST_HASH = 8
REASONS: dict[Reason, dict[Language, str]] = {
    "same_base_model": {
        "zh": "LoRA 的层就是这个基础模型的层。",
        "en": "Its layers are those of this base model.",
    },
    "probably_same": {
        "zh": "按记载它用于这个基础模型; 文件本身不能证实。",
        "en": "It is said to be for this base model; the file itself does not prove it.",
    },
    "other_version": {
        "zh": "它为同一模型的另一版本训练, 层相同, 可以加载。",
        "en": "It was trained for another version with the same layers; it loads.",
    },
    "other_base_model": {
        "zh": "它用于另一种基础模型, 加载后不起作用或出错。",
        "en": "It is for another base model: loaded there it does nothing or fails.",
    },
    "other_base_hash": {
        "zh": "base_model_hash 限定了另一个基础模型文件。",
        "en": "Its base_model_hash ties it to another base model file.",
    },
    "lora_unclear": {
        "zh": "不知道它用于哪个基础模型: 用 edit 填写 base_model。",
        "en": "Nobody knows what it is for: set its base_model with edit.",
    },
    "asked_unclear": {
        "zh": "所问的名称包括几种大小, 它只适合其中一种: 写明大小, 例如 Wan 2.2 14B。",
        "en": "The asked name covers several sizes, one of which fits: name it, such as Wan 2.2 14B.",
    },
    "asked_unknown": {
        "zh": "不认识所问的基础模型: 例如 sd15、sdxl、flux、wan22。",
        "en": "The asked base model is not known: say sd15, sdxl, flux or wan22, for example.",
    },
}
"""Why, in words."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer; `made_for` and `asked` are architectures."""

    answer: Answer
    reason: Reason
    made_for: tuple[str, ...]
    asked: tuple[str, ...]


def compatibility(lora: LoraAsset, base_model: str, *, base_model_hash: str = "") -> Fit:
    """Whether a LoRA works in graphs of a base model.

    Args:
        base_model: a family or a model in any usual spelling: `sdxl`, `SDXL 1.0`, `Wan 2.2 5B`.
        base_model_hash: sha256 of that very model file (or its first 8 or more digits), if known.
    """
    asked = read_base_model(base_model)
    made_for, certain = made_for_model(lora)
    answer, reason = _judge(made_for, asked, certain=certain)
    if answer == "no" and _may_be_another(lora, asked):
        answer, reason = "unknown", "lora_unclear"
    if answer == "yes" and _differ(lora.base_model_hash, base_model_hash):
        answer, reason = "no", "other_base_hash"
    return Fit(answer=answer, reason=reason, made_for=made_for.ids, asked=asked.ids)


def made_for_model(lora: LoraAsset) -> tuple[AskedModel, bool]:
    """What a LoRA was made for, and whether its layers prove it.

    Proof in the file comes first, then what the user says, then what the file makes likely.
    """
    seen = lora.metadata
    by_file = AskedModel(
        ids=(seen.architecture,) if seen.architecture else (), families=seen.families
    )
    by_user = read_base_model(lora.base_model)
    if seen.certainty == "sure":
        same = by_user.ids and seen.architecture in by_user.ids
        families = tuple(name for name in seen.families if name in by_user.families)
        if same and families:
            return AskedModel(ids=by_file.ids, families=families), True
        return by_file, True
    return (by_user if by_user.known else by_file), False


def _may_be_another(lora: LoraAsset, asked: AskedModel) -> bool:
    """Do the layers fit the asked model too, and has nobody said what the LoRA is for?"""
    open_to_all = not read_base_model(lora.base_model).known or lora.base_model == _label(lora)
    return open_to_all and bool(set(lora.metadata.alternatives) & set(asked.ids))


def _label(lora: LoraAsset) -> str:
    """What the record says where only the file was asked."""
    return label_of(lora.metadata.architecture, lora.metadata.families)


def _judge(made_for: AskedModel, asked: AskedModel, *, certain: bool) -> tuple[Answer, Reason]:
    if not asked.known:
        return "unknown", "asked_unknown"
    if not made_for.known:
        return "unknown", "lora_unclear"
    both = set(made_for.ids) & set(asked.ids)
    if not both:
        return "no", "other_base_model"
    if set(made_for.ids) - both:
        return "unknown", "lora_unclear"
    if set(asked.ids) - both:
        return "unknown", "asked_unclear"
    if not set(made_for.families) & set(asked.families):
        return "yes", "other_version"
    return ("yes", "same_base_model") if certain else ("yes", "probably_same")


def _differ(one: str, other: str) -> bool:
    """Two known hashes of which neither starts with the other."""
    first, second = one.lower(), other.lower()
    if min(len(first), len(second)) < SHORTEST_HASH:
        return False
    return not (first.startswith(second) or second.startswith(first))

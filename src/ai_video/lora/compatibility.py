"""Does a LoRA fit a base model? Yes, no, or nobody can know, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ai_video.domain.entities import LoraAsset
from ai_video.lora.families import AskedModel, read_base_model

Answer = Literal["yes", "no", "unknown"]
Reason = Literal[
    "same_base_model", "probably_same", "other_base_model", "other_version", "other_base_hash",
    "lora_unclear", "asked_unclear", "asked_unknown",
]  # fmt: skip
SHORTEST_HASH = 8


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

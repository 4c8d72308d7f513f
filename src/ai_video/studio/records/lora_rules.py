"""What holds of every LoRA record: weights within their range, and a base model that the file allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from ai_video.domain.entities import Asset, LoraAsset
from ai_video.errors import InputRefused
from ai_video.lora import read_base_model
from ai_video.lora.families import label_of
from ai_video.storage.database import Unit
from ai_video.studio.record_owners import check_pointers
from ai_video.studio.record_values import changes_of

LEAST_WEIGHT = -10.0
MOST_WEIGHT = 10.0
"""Beyond these nothing but noise comes out; below zero a LoRA takes away what it was trained on."""
MOST_WORDS = 50
LONGEST_WORD = 200
MOST_PREVIEWS = 20
HASH_DIGITS = range(8, 65)


async def edit_lora(unit: Unit, lora: LoraAsset, said: Mapping[str, JsonValue]) -> LoraAsset:
    """Change a LoRA's own fields.

    Raises:
        InputRefused: `lora_weights_refused`, `lora_base_model_differs`, `lora_preview_unusable`
            or `invalid_value`.
        NotFound: a preview picture that is not there.
    """
    fields = changes_of(lora, said)
    wanted = tidy(lora.model_copy(update=fields))
    check_lora_values(wanted)
    await check_pointers(unit, wanted, fields)
    if "preview_images" in fields:
        for asset in await unit.find(Asset, id=list(wanted.preview_images)):
            if asset.kind != "image":
                raise InputRefused("lora_preview_unusable", name=asset.name)
    return await unit.change(lora, **{name: getattr(wanted, name) for name in fields})


def tidy(lora: LoraAsset) -> LoraAsset:
    """The same with every trigger word and tag once, without spaces around it."""
    return lora.model_copy(
        update={
            "trigger_words": _each_once(lora.trigger_words),
            "tags": _each_once(lora.tags),
            "preview_images": tuple(dict.fromkeys(lora.preview_images)),
            "base_model": lora.base_model.strip(),
            "base_model_hash": lora.base_model_hash.strip().lower(),
        }
    )


def _each_once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain for word in words if (plain := " ".join(word.split()))))


def check_lora_values(lora: LoraAsset) -> None:
    """Raises InputRefused for weights, words or a base model that cannot be."""
    _check_weights(lora)
    _check_base_model(lora)
    for field, words in (("trigger_words", lora.trigger_words), ("tags", lora.tags)):
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            reason = f"at most {MOST_WORDS} of at most {LONGEST_WORD} characters"
            raise InputRefused("invalid_value", field=field, reason=reason)
    if any("," in tag for tag in lora.tags):
        raise InputRefused("invalid_value", field="tags", reason="a tag holds no comma")
    if len(lora.preview_images) > MOST_PREVIEWS:
        raise InputRefused("lora_previews_full", name=lora.name, limit=MOST_PREVIEWS)
    digits = lora.base_model_hash
    if digits and (len(digits) not in HASH_DIGITS or set(digits) - set("0123456789abcdef")):
        reason = "8 to 64 hexadecimal digits of a sha256"
        raise InputRefused("invalid_value", field="base_model_hash", reason=reason)


def _check_weights(lora: LoraAsset) -> None:
    low, high = lora.weight_range.min, lora.weight_range.max
    if not LEAST_WEIGHT <= low <= lora.recommended_weight <= high <= MOST_WEIGHT:
        raise InputRefused(
            "lora_weights_refused",
            recommended=lora.recommended_weight,
            low=low,
            high=high,
            least=LEAST_WEIGHT,
            most=MOST_WEIGHT,
        )


def _check_base_model(lora: LoraAsset) -> None:
    """A base model that is known by name must be one that the layers may belong to."""
    seen, said = lora.metadata, read_base_model(lora.base_model)
    if seen.certainty == "sure" and said.known and seen.architecture not in said.ids:
        found = label_of(seen.architecture, seen.families)
        raise InputRefused(
            "lora_base_model_differs", name=lora.name, found=found, base_model=lora.base_model
        )


async def take_out_preview(unit: Unit, asset: Asset) -> None:
    """Take a picture that is about to go out of the LoRAs that show it."""
    if asset.kind != "image":
        return
    for lora in await unit.find(LoraAsset):
        if asset.id in lora.preview_images:
            left = tuple(id for id in lora.preview_images if id != asset.id)
            await unit.change(lora, preview_images=left)

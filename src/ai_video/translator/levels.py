"""How faithfully each character is held in a graph, and why: low, medium, high.

low = IP-Adapter; medium = IP-Adapter + ControlNet; high = LoRA + ControlNet + face swap. Asked:
shot over character over project; asked for nothing, the highest that the assets allow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ai_video.domain.entities import ConsistencyLevel
from ai_video.translator.notices import Notice, notice
from ai_video.translator.request import (
    LEVELS,
    CharacterInput,
    ControlType,
    LoraInput,
    TranslateRequest,
)
from ai_video.translator.shot import LevelAsked, ShotReading

_BASE_MODELS: Final[Sequence[tuple[re.Pattern[str], tuple[str, ...]]]] = tuple(
    (re.compile(pattern, re.IGNORECASE), families)
    for pattern, families in (
        (r"refiner", ("sdxl_refiner",)),
        (r"sdxl|stable.?diffusion.?xl|\bxl\b|pony|illustrious|noob.?ai|animagine", ("sdxl",)),
        (r"\bsd ?_?v?3|stable.?diffusion.?v?3", ("sd3",)),
        (r"\bsd ?_?v?2|stable.?diffusion.?v?2", ("sd2",)),
        (r"\bsd ?_?v?1|stable.?diffusion.?v?1|^v?1[._ ]?5$|animatediff", ("sd15",)),
        (r"flux[._ -]?2|klein", ("flux2",)),
        (r"flux", ("flux",)),
        (r"chroma", ("chroma",)),
        (r"qwen", ("qwen_image",)),
        (r"z[._ -]?image", ("z_image",)),
        (r"wan.*1[._]?3 ?b", ("wan21",)),
        (r"wan.*\b5 ?b", ("wan22",)),
        (r"wan", ("wan22", "wan21")),
        (r"ltx[._ -]?(video|v)", ("ltxv",)),
        (r"ltx", ("ltx2",)),
        (r"hunyuan.?image", ("hunyuan_image",)),
        (r"hunyuan", ("hunyuan",)),
    )
)


def lora_families(base_model: str) -> tuple[str, ...]:
    """Families of graphs that a LoRA of this base model fits; none where nobody knows the name."""
    return next((families for seen, families in _BASE_MODELS if seen.search(base_model)), ())


@dataclass(frozen=True, slots=True)
class CharacterLevel:
    """One character in one graph: its level and exactly what binds it there."""

    id: str
    level: ConsistencyLevel | None
    asked: LevelAsked | None
    lora: LoraInput | None = None
    references: tuple[str, ...] = ()
    face_image: str | None = None


@dataclass(frozen=True, slots=True)
class ShotLevels:
    """All characters of a shot in a graph of one family.

    Attributes:
        level: the highest of the characters' levels.
        asked: what the answer calls `level_asked`.
        controls: control images to bind; empty where level low was asked for.
        reasons: why each level is what it is.
        warnings: missing parts and lowerings of what was asked for, LoRAs left unused.
    """

    level: ConsistencyLevel | None
    asked: ConsistencyLevel | None
    characters: tuple[CharacterLevel, ...]
    controls: Mapping[ControlType, str]
    reasons: tuple[Notice, ...]
    warnings: tuple[Notice, ...]


def asked_of(reading: ShotReading, character: CharacterInput) -> LevelAsked | None:
    """The level asked for one character: the shot's, else its own, else the project's."""
    asked = reading.level_asked
    if asked is not None and asked.by == "shot":
        return asked
    if character.consistency_level is not None:
        return LevelAsked(character.consistency_level, "character")
    return asked


def can_use_lora(reading: ShotReading, character: CharacterInput) -> bool:
    """Whether the level asked for a character uses its LoRA, so that its family should be taken."""
    asked = asked_of(reading, character)
    return character.lora is not None and (asked is None or asked.level == "high")


def shot_levels(reading: ShotReading, request: TranslateRequest, *, family: str) -> ShotLevels:
    """Levels of everybody in the shot in a graph of `family` (`sd15` for AnimateDiff)."""
    people = [request.character(found.id) for found in reading.characters]
    given = _controls(reading, request)
    asked = {entry.id: asked_of(reading, entry) for entry in people if entry is not None}
    allowed = _allows_control(reading, list(asked.values()))
    controls: Mapping[ControlType, str] = given if allowed else {}
    reasons: list[Notice] = []
    warnings: list[Notice] = []
    held: list[CharacterLevel] = []
    for entry in people:
        if entry is not None:
            ask = asked[entry.id]
            level = _held(entry, ask, family, control=bool(given))
            held.append(level)
            why, missing = _why(entry, level, family, control=bool(given))
            reasons += why
            if ask is None:
                reasons += missing
            else:
                warnings += missing
    top = _top([entry.asked for entry in held]) or reading.level_asked
    if top is None and held:
        reasons.insert(0, notice("level_highest"))
    if top is not None and top.level != "low" and not given:
        warnings.append(notice("control_missing", asked=top.level))
    if given and not allowed:
        warnings.append(notice("control_unused", types=", ".join(given)))
    reached = {entry.level for entry in held}
    highest: ConsistencyLevel | None = None
    for level in LEVELS:
        highest = level if level in reached else highest
    said = tuple(dict.fromkeys(_key(entry) for entry in warnings))
    kept = {_key(entry): entry for entry in warnings}
    return ShotLevels(
        highest,
        top.level if top else None,
        tuple(held),
        controls,
        tuple(reasons),
        tuple(kept[key] for key in said),
    )


def lora_weight(lora: LoraInput) -> tuple[float, tuple[Notice, ...]]:
    """The weight a LoRA is bound with, inside its range, and what was said about it."""
    said: list[Notice] = []
    low, high = lora.weight_range.min, lora.weight_range.max
    if low > high:
        low, high = high, low
        said.append(notice("weight_range_swapped", lora=lora.name))
    used = min(max(lora.recommended_weight, low), high)
    if used != lora.recommended_weight:
        given = f"{lora.recommended_weight:g}"
        said.append(notice("lora_weight_clamped", lora=lora.name, given=given, used=f"{used:g}"))
    return used, tuple(said)


def _key(entry: Notice) -> tuple[str, tuple[str, ...]]:
    return entry.code, tuple(entry.values.values())


def _controls(reading: ShotReading, request: TranslateRequest) -> Mapping[ControlType, str]:
    scene = request.scene(reading.scene.id) if reading.scene is not None else None
    return scene.control_images if scene is not None else {}


def _allows_control(reading: ShotReading, asked: Sequence[LevelAsked | None]) -> bool:
    """ControlNet belongs to the shot: bound unless low was asked for it or for everybody in it."""
    if asked:
        return any(entry is None or entry.level != "low" for entry in asked)
    return reading.level_asked is None or reading.level_asked.level != "low"


def _top(asked: Sequence[LevelAsked | None]) -> LevelAsked | None:
    said = [entry for entry in asked if entry is not None]
    return max(said, key=lambda entry: LEVELS.index(entry.level), default=None)


def _held(
    entry: CharacterInput, asked: LevelAsked | None, family: str, *, control: bool
) -> CharacterLevel:
    cap = LEVELS.index(asked.level) if asked is not None else len(LEVELS) - 1
    if cap == 2 and entry.lora is not None and family in lora_families(entry.lora.base_model):
        face = entry.face_image or None
        return CharacterLevel(entry.id, "high", asked, lora=entry.lora, face_image=face)
    if entry.reference_images:
        level: ConsistencyLevel = "medium" if control and cap >= 1 else "low"
        return CharacterLevel(entry.id, level, asked, references=entry.reference_images)
    return CharacterLevel(entry.id, None, asked)


def _why(
    entry: CharacterInput, held: CharacterLevel, family: str, *, control: bool
) -> tuple[list[Notice], list[Notice]]:
    """(why this level, what of the asked or highest level is missing)."""
    who = {"id": entry.id, "name": entry.name or entry.id}
    lora = entry.lora
    cap: ConsistencyLevel = held.asked.level if held.asked is not None else "high"
    missing: list[Notice] = []
    if held.lora is not None:
        why = notice("level_lora", **who, family=family, lora=held.lora.name)
        if held.face_image is None:
            missing.append(notice("face_image_missing", **who))
        return [why], missing
    if lora is not None and cap != "high":
        missing.append(notice("lora_unused", **who, lora=lora.name, asked=cap))
    elif lora is not None:
        base = lora.base_model or "?"
        missing.append(
            notice("lora_family_differs", **who, lora=lora.name, base_model=base, family=family)
        )
    elif cap == "high" and held.asked is not None:
        missing.append(notice("lora_missing", **who))
    if not held.references and held.asked is not None:
        missing.append(notice("reference_missing", **who))
    if held.asked is not None and held.level != cap:
        missing.append(notice("level_lowered", **who, asked=cap, used=held.level or "null"))
    if held.level is None:
        return [notice("level_none", **who)], missing
    code = "level_reference_control" if held.level == "medium" else "level_reference"
    return [notice(code, **who)], missing

"""What a user should know of consistency: levels, methods compared, limits, and what families can do.

The tables are data in both languages (`consistency.toml`); a limit with a condition becomes a warning
of every shot that meets it. What a family can do is read from `comfyui.library`'s methods.
"""

from __future__ import annotations

import operator
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

from pydantic import JsonValue

from ai_video.comfyui.library import library, methods_of
from ai_video.domain.entities import ConsistencyLevel
from ai_video.translator.answer import Bindings, Parameters, Remark
from ai_video.translator.levels import CharacterLevel
from ai_video.translator.notices import NoticeLanguage

Measure = Literal["clip_s", "characters", "weight", "side_px"]
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A known limit of holding a character. `warns`: (measure, comparison, bound) of the shots it
    is told of; None: it is told in the table only."""

    code: str
    severity: Literal["high", "medium"]
    words: Mapping[NoticeLanguage, Mapping[str, str]]
    warns: tuple[Measure, str, float] | None

    def holds(self, measured: Mapping[Measure, float]) -> bool:
        if self.warns is None:
            return False
        measure, comparison, bound = self.warns
        return measure in measured and _COMPARE[comparison](measured[measure], bound)


@cache
def _tables() -> Mapping[str, list[dict[str, JsonValue]]]:
    text = (resources.files("ai_video.translator") / "consistency.toml").read_text("utf-8")
    return cast("Mapping[str, list[dict[str, JsonValue]]]", tomllib.loads(text))


@cache
def limits() -> tuple[Limit, ...]:
    """Every known limit, in the order of the table."""
    found: list[Limit] = []
    for raw in cast("list[dict[str, str]]", _tables()["limits"]):
        words = cast("Mapping[NoticeLanguage, Mapping[str, str]]", raw)
        warns = None
        if "warns" in raw:
            measure, comparison, bound = raw["warns"].split()
            warns = (cast("Measure", measure), comparison, float(bound))
        severity = cast("Literal['high', 'medium']", raw["severity"])
        found.append(Limit(raw["code"], severity, {"zh": words["zh"], "en": words["en"]}, warns))
    return tuple(found)


def limit_warnings(
    *,
    people: Sequence[CharacterLevel],
    bindings: Bindings,
    parameters: Parameters,
    level: ConsistencyLevel | None,
    language: NoticeLanguage,
) -> tuple[Remark, ...]:
    """The limits that a shot meets; none where nobody in it is held by any method.

    `level`: of the graph, or of the keyframe that carries the characters.
    """
    if level is None:
        return ()
    measured: dict[Measure, float] = {"characters": len(people)}
    weights = [row.weight for row in bindings.lora]
    for row in bindings.ip_adapter:
        if row.method == "ip_adapter" and row.weight is not None:
            weights.append(row.weight)
    if weights:
        measured["weight"] = max(weights)
    if parameters.length and parameters.fps:
        measured["clip_s"] = parameters.length / parameters.fps
    sides = [side for side in (parameters.width, parameters.height) if side]
    if sides:
        measured["side_px"] = min(sides)
    return tuple(
        Remark(code=limit.code, message=_sentence(limit, limit.warns, measured, language))
        for limit in limits()
        if limit.warns is not None and limit.holds(measured)
    )


def _sentence(
    limit: Limit,
    warns: tuple[Measure, str, float],
    measured: Mapping[Measure, float],
    language: NoticeLanguage,
) -> str:
    words, (measure, comparison, bound) = limit.words[language], warns
    value = f"{measure} {round(measured[measure], 2):g} {comparison} {bound:g}"
    if language == "zh":
        return f"{words['name']}：{words['detail']} ({value})。"
    return f"{words['name'].capitalize()}: {words['detail']} ({value})."


def consistency_tables() -> dict[str, JsonValue]:
    """Levels, methods and limits with their words in both languages, and each family's methods."""
    return {
        "levels": [dict(row) for row in _tables()["levels"]],
        "methods": [dict(row) for row in _tables()["methods"]],
        "limits": [
            {
                "code": limit.code,
                "severity": limit.severity,
                "warns": dict(zip(("measure", "comparison", "bound"), limit.warns, strict=True))
                if limit.warns
                else None,
                "zh": dict(limit.words["zh"]),
                "en": dict(limit.words["en"]),
            }
            for limit in limits()
        ],
        "families": [*family_rows()],
    }


def family_rows() -> list[dict[str, JsonValue]]:
    """For each family of shipped templates: the method of each level, and control pictures."""
    names = dict.fromkeys(
        (t.manifest.category, t.manifest.family) for t in library().values() if t.manifest.sizes
    )
    rows: list[dict[str, JsonValue]] = []
    for category, family in names:
        can = methods_of(family)
        # In a clip's graph a reference acts through the keyframe that it starts from.
        first_frame = can.reference == "first_frame"
        control = can.control if can.control_models else None
        rows.append(
            {
                "category": category,
                "family": family,
                "low": can.reference,
                "medium": [name for name in (can.reference, control) if name]
                if can.reference
                else [],
                "high": [
                    name for name in ("lora" if can.lora else None, control, "face_swap") if name
                ],
                "control_images": [*(can.control_models or {})],
                "carried_by_keyframe": first_frame,
            }
        )
    return sorted(rows, key=lambda row: (str(row["category"]), str(row["family"])))

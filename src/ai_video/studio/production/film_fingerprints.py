"""Which facts of its parents a film task reads, and the fingerprint that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from ai_video.composition.fit import frames_needed
from ai_video.domain.media_time import FrameRate
from ai_video.studio.production.film_params import fingerprint_of

Facts = Mapping[str, Mapping[str, JsonValue]]

_CUT_FACTS = ("frames", "lines", "source_frames", "source_start")

HANDLER_VERSIONS: dict[str, int] = {
    "voice": 1,
    "keyframe": 1,
    "clip": 1,
    "segment": 3,
    "composite": 3,
}
"""Raise one when its handler makes something else from the same parameters."""


def expected_fingerprint(
    kind: str, params: Mapping[str, JsonValue], parents: Sequence[str], facts: Facts
) -> str:
    """The fingerprint of a film task whose parents' facts are all known."""
    return fingerprint_of(
        kind=kind,
        version=HANDLER_VERSIONS[kind],
        params=params,
        facts=facts_read(kind, params, parents, facts),
    )


def facts_read(
    kind: str, params: Mapping[str, JsonValue], parents: Sequence[str], facts: Facts
) -> dict[str, JsonValue]:
    """The parents' facts a kind depends on, and nothing more of them."""
    match kind:
        case "voice" | "keyframe":
            return {}
        case "clip":
            before = digests(parents, facts, "clip")
            return {
                "keyframe": digests(parents, facts, "keyframe"),
                "frames": needed_clip_frames(params, parents, facts),
                **({"clip": before} if before else {}),
            }
        case "segment":
            return {
                "clip": digests(parents, facts, "clip"),
                "voice": [
                    {"duration_s": fact.get("duration_s", 0.0), "marks": fact.get("marks", [])}
                    for fact in of_kind(parents, facts, "voice")
                ],
            }
        case "composite":
            return {
                "segment": [
                    {name: fact.get(name) for name in ("digest", *_CUT_FACTS)}
                    for fact in of_kind(parents, facts, "segment")
                ],
                "voice": digests(parents, facts, "voice"),
            }
        case _:
            raise ValueError(f"no film task is called {kind}")


def needed_clip_frames(
    params: Mapping[str, JsonValue], parents: Sequence[str], facts: Facts
) -> int:
    """Frames a shot's clip must have: the planned ones, or more where the speech does not fit."""
    fit = frames_needed(
        cast("int", params["duration_frames"]),
        voice_lengths(parents, facts),
        rate=FrameRate(cast("int", params["fps"])),
    )
    return fit.clip_frames


def voice_lengths(parents: Sequence[str], facts: Facts) -> list[float]:
    """Seconds of each line's speech, in the order the lines are spoken; 0 for a skipped one."""
    return [cast("float", fact.get("duration_s", 0.0)) for fact in of_kind(parents, facts, "voice")]


def of_kind(parents: Sequence[str], facts: Facts, kind: str) -> list[Mapping[str, JsonValue]]:
    """Facts of the parents of one kind, in the order of the parents."""
    return [facts[key] for key in parents if key.split(":", 1)[0] == kind]


def digests(parents: Sequence[str], facts: Facts, kind: str) -> list[JsonValue]:
    return [fact.get("digest") for fact in of_kind(parents, facts, kind)]

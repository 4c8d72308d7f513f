"""How a clip of one shape fills a film of another. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAX_CROP = 0.10
SAME_RATIO = 0.005


@dataclass(frozen=True, slots=True)
class Conform:
    """What is done to a picture; `cropped` is the share of its area that falls away."""

    kind: Literal["as_is", "scale", "crop", "extend"]
    cropped: float = 0.0


def conform(source: tuple[int, int], target: tuple[int, int]) -> Conform:
    """`as_is` or `scale` where the shapes agree, `crop` while that costs at most a tenth of the
    picture, else `extend`: the whole picture on a blurred extension of itself (DESIGN 8.12).
    """
    if source == target:
        return Conform("as_is")
    ratio = (source[0] / source[1]) / (target[0] / target[1])
    cropped = 1 - min(ratio, 1 / ratio)
    if cropped <= SAME_RATIO:
        return Conform("scale")
    if cropped <= MAX_CROP:
        return Conform("crop", cropped)
    return Conform("extend")


def conform_filter(how: Conform, width: int, height: int) -> str:
    """The FFmpeg filters, from square pixels to a picture of `width` x `height` px."""
    match how.kind:
        case "as_is":
            return "null"
        case "scale":
            return f"scale={width}:{height}:flags=bicubic"
        case "crop":
            return (
                f"scale={width}:{height}:force_original_aspect_ratio=increase:"
                f"force_divisible_by=2:flags=bicubic,crop={width}:{height}"
            )
        case "extend":
            small_w, small_h = max(16, width // 8 // 2 * 2), max(16, height // 8 // 2 * 2)
            return (
                "split[near][far];"
                f"[far]scale={small_w}:{small_h}:force_original_aspect_ratio=increase,"
                f"crop={small_w}:{small_h},gblur=sigma=4,scale={width}:{height}:flags=bilinear,"
                "eq=brightness=-0.06[blurred];"
                f"[near]scale={width}:{height}:force_original_aspect_ratio=decrease:"
                "force_divisible_by=2:flags=bicubic[whole];"
                "[blurred][whole]overlay=(W-w)/2:(H-h)/2"
            )

"""What a shot is called on the animatic and on paper: its scene, and its number in that scene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from ai_video.domain.entities import Storyboard


def shot_labels(shots: Sequence[Storyboard]) -> dict[UUID, str]:
    """`S2 · 07` by shot, for an episode's shots in their order.

    Counted inside the scene, so that a shot put in or taken out renames the rest of its scene and
    no other: a label is part of the picture, and a picture is not made twice for a number.
    """
    counted: Counter[int] = Counter()
    labels: dict[UUID, str] = {}
    for shot in shots:
        counted[shot.scene_number] += 1
        labels[shot.id] = f"S{shot.scene_number} · {counted[shot.scene_number]:02}"
    return labels

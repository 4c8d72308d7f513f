"""A shot's parameters as what a generator draws from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from ai_video.domain.ports import CardText, Figure, ShotPicture
from ai_video.studio.production.film_params import PictureParams


async def shot_picture(
    params: PictureParams, blob: Callable[[str], Awaitable[Path]]
) -> ShotPicture:
    """The shot with its pictures as files; `blob` gives the file of a sha256.

    Raises:
        NotFound: a picture's bytes are gone.
    """
    card, picture = params.storyboard.card, params.storyboard.picture
    return ShotPicture(
        width=params.width,
        height=params.height,
        seed=params.seed,
        description=params.storyboard.description,
        slots=params.storyboard.slots,
        place=params.scene.place,
        scene_name=params.scene.name,
        figures=tuple(
            [
                Figure(
                    name=person.name,
                    appearance=person.appearance,
                    gender=person.gender,
                    age=person.age,
                    reference=await blob(person.reference) if person.reference else None,
                )
                for person in params.character
            ]
        ),
        speaking=params.storyboard.speaking,
        card=CardText(**card.model_dump()) if card else None,
        picture=await blob(picture) if picture else None,
        style_preset=params.settings.style_preset,
        color_palette=params.settings.color_palette,
        lang=params.settings.lang,
        topic=params.topic,
    )

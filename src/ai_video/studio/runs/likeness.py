"""Is a take's picture of the people it should show? By faces where there are any, else unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast
from uuid import UUID

from PIL import Image, ImageOps
from pydantic import JsonValue

from ai_video.assets.faces import SAME_WITHIN, VISION_EXTRA, Face, FaceReader, face_reader
from ai_video.assets.media import read_media
from ai_video.assets.thumbnail import frame_at
from ai_video.domain.entities import Asset, Character, Json, Storyboard, Take
from ai_video.errors import InputRefused, NotAvailable, catalogue
from ai_video.storage.database import Unit
from ai_video.studio.studio import Studio

State = Literal["same", "different", "unknown"]
Reason = Literal[
    "likeness_no_vision",
    "likeness_no_reference",
    "likeness_no_face_in_reference",
    "likeness_no_face_in_take",
    "likeness_fewer_faces",
]
_LOOKED_AT: Final = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of one character; `distance` of the nearest face that is nobody else's."""

    state: State
    distance: float | None = None
    reason: Reason | None = None


async def likeness_of_take(
    studio: Studio, id: UUID, *, reader: Callable[[], FaceReader] = face_reader
) -> Json:
    """Compare the faces of a picture or clip with its characters' reference pictures.

    What was found also stands in the take's `scores.likeness`, without the words. What cannot be
    judged is `unknown`, with the reason; it never counts as well. Where nobody can look at faces,
    what was found before stays.

    Raises:
        NotFound: no such take. InputRefused: `likeness_of_sound`.
    """
    take, characters, references, asset = await studio.database.read(lambda unit: _look(unit, id))
    eyes: FaceReader | None = None
    with suppress(NotAvailable):
        eyes = await asyncio.to_thread(reader)
    if eyes is None:
        judged = {each.id: Judged("unknown", reason="likeness_no_vision") for each in characters}
        found = 0
    else:
        shown = await studio.blobs.local_path(asset.sha256)
        known = {
            character: [await studio.blobs.local_path(each.sha256) for each in assets]
            for character, assets in references.items()
        }
        judged, found = await asyncio.to_thread(_judge_files, eyes, shown, asset.kind, known)
    document: Json = {
        "take_id": str(take.id),
        "storyboard_id": str(take.storyboard_id),
        "faces": found,
        "same_within": SAME_WITHIN,
        "characters": [
            _row(each, judged[each.id], "zh" if studio.language == "zh" else "en")
            for each in characters
        ],
    }
    if eyes is not None:
        await studio.database.write(lambda unit: _keep(unit, id, document))
    return document


def judge(
    frames: Sequence[Sequence[Face]], known: Mapping[UUID, Sequence[Face] | None]
) -> dict[UUID, Judged]:
    """Give every character the face that is nearest to it, nobody's face twice in a frame.

    Args:
        frames: faces of each frame looked at.
        known: faces of each character's reference pictures; None: it has no such picture.
    """
    best: dict[UUID, float] = {}
    for faces in frames:
        pairs = sorted(
            (min(face.distance(other) for other in others), str(character), at, character)
            for character, others in known.items()
            if others
            for at, face in enumerate(faces)
        )
        taken: set[int] = set()
        placed: set[UUID] = set()
        for distance, _, at, character in pairs:
            if at in taken or character in placed:
                continue
            taken.add(at)
            placed.add(character)
            best[character] = min(distance, best.get(character, distance))
    anybody = any(frames)
    return {
        character: _judged(others, best.get(character), anybody=anybody)
        for character, others in known.items()
    }


def _judged(others: Sequence[Face] | None, distance: float | None, *, anybody: bool) -> Judged:
    if others is None:
        return Judged("unknown", reason="likeness_no_reference")
    if not others:
        return Judged("unknown", reason="likeness_no_face_in_reference")
    if not anybody:
        return Judged("unknown", reason="likeness_no_face_in_take")
    if distance is None:
        return Judged("unknown", reason="likeness_fewer_faces")
    return Judged("same" if distance <= SAME_WITHIN else "different", round(distance, 3))


def _judge_files(
    reader: FaceReader, shown: Path, kind: str, known: Mapping[UUID, Sequence[Path]]
) -> tuple[dict[UUID, Judged], int]:
    frames = [reader.read(picture) for picture in _pictures(shown, kind)]
    faces = {
        character: [face for path in paths for face in reader.read(_picture(path))]
        if paths
        else None
        for character, paths in known.items()
    }
    return judge(frames, faces), max((len(found) for found in frames), default=0)


def _picture(path: Path) -> Image.Image:
    with Image.open(path) as source:
        return ImageOps.exif_transpose(source).convert("RGB")


def _pictures(path: Path, kind: str) -> list[Image.Image]:
    if kind == "image":
        return [_picture(path)]
    length = read_media(path).duration_s or 0.0
    return [frame_at(path, length * at) for at in _LOOKED_AT]


async def _look(
    unit: Unit, id: UUID
) -> tuple[Take, list[Character], dict[UUID, list[Asset]], Asset]:
    take = await unit.get(Take, id)
    if take.storyboard_id is None:
        raise InputRefused("likeness_of_sound")
    shot = await unit.get(Storyboard, take.storyboard_id)
    characters = [await unit.get(Character, each) for each in shot.characters]
    references: dict[UUID, list[Asset]] = {}
    for each in characters:
        ids = dict.fromkeys((each.face_asset_id, *each.reference_assets))
        assets = [await unit.get(Asset, asset) for asset in ids if asset is not None]
        references[each.id] = [asset for asset in assets if asset.kind == "image"]
    return take, characters, references, await unit.get(Asset, take.asset_id)


async def _keep(unit: Unit, id: UUID, document: Json) -> None:
    """Words depend on the reader's language and name this machine's Python; the codes last."""
    take = await unit.get(Take, id)
    rows = cast("list[Json]", document["characters"])
    kept: list[JsonValue] = [
        {name: value for name, value in row.items() if name != "message"} for row in rows
    ]
    await unit.change(take, scores={**take.scores, "likeness": kept})


def _row(character: Character, judged: Judged, language: Literal["zh", "en"]) -> Json:
    message = ""
    if judged.reason is not None:
        text = catalogue()[judged.reason]
        message = text.message(language).format(name=character.name)
        hint = text.hint(language).format(name=character.name, command=VISION_EXTRA)
        message = f"{message} {hint}"
    return cast(
        "Json",
        {
            "character_id": str(character.id),
            "name": character.name,
            "state": judged.state,
            "distance": judged.distance,
            "reason": judged.reason,
            "message": message,
        },
    )

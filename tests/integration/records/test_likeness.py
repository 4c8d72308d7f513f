"""Likeness of a take: through files, kept with the take, honest where nothing can be said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ai_video.assets.faces import Face, face_reader
from ai_video.assets.ffmpeg import run_ffmpeg
from ai_video.domain.entities import Character, Episode, Project, Storyboard, Take
from ai_video.errors import InputRefused, NotAvailable
from ai_video.storage.database import Unit
from ai_video.studio.records.assets import describe_blob
from ai_video.studio.runs.likeness import likeness_of_take
from ai_video.studio.runs.takes import add_take
from ai_video.studio.studio import Studio


class ByColour:
    """Sees one face in every picture that is not black: its descriptor is the mean colour."""

    def read(self, picture: Image.Image) -> Sequence[Face]:
        mean = np.asarray(picture, dtype=np.float64).mean(axis=(0, 1)) / 255
        return [] if mean.max() < 0.1 else [Face(0, 0, 1, 1, np.resize(mean, 128) / 4)]


def drawn_face(skin: tuple[int, int, int]) -> Image.Image:
    """A face plain enough to draw and like enough for a detector."""
    picture = Image.new("RGB", (400, 400), (96, 110, 120))
    draw = ImageDraw.Draw(picture)
    shade = tuple(int(value * 0.78) for value in skin)
    draw.ellipse([111, 70, 289, 280], fill=(50, 35, 28))
    draw.ellipse([125, 100, 275, 300], fill=skin)
    draw.pieslice([121, 90, 279, 210], 190, 350, fill=(50, 35, 28))
    for x in (165, 235):
        draw.ellipse([x - 26, 162, x + 26, 198], fill=shade)
        draw.ellipse([x - 19, 173, x + 19, 191], fill=(240, 236, 230))
        draw.ellipse([x - 9, 173, x + 9, 191], fill=(40, 30, 25))
        draw.line([x - 25, 157, x, 151, x + 25, 157], fill=(45, 30, 25), width=8)
    draw.ellipse([182, 220, 218, 236], fill=shade)
    draw.ellipse([168, 253, 232, 273], fill=(150, 70, 70))
    draw.line([168, 262, 232, 262], fill=(90, 35, 35), width=4)
    return picture.filter(ImageFilter.GaussianBlur(3))


async def shot_with(studio: Studio, tmp_path: Path, reference: Image.Image | None) -> UUID:
    """A shot of one character, who has this reference picture."""
    ids: list[UUID] = []
    if reference is not None:
        reference.save(tmp_path / "reference.png")
        sha256, size = await studio.blobs.put_file(tmp_path / "reference.png")
        asset = await describe_blob(studio, sha256, size, name="reference.png", project_id=None)

        async def keep(unit: Unit) -> None:
            ids.append((await unit.add(asset)).id)

        await studio.database.write(keep)

    async def work(unit: Unit) -> UUID:
        project = await unit.add(Project.fresh(name="p"))
        episode = await unit.add(Episode.fresh(project_id=project.id, title="e"))
        character = await unit.add(
            Character.fresh(project_id=project.id, name="小明", reference_assets=tuple(ids))
        )
        shot = await unit.add(
            Storyboard.fresh(
                episode_id=episode.id,
                scene_number=1,
                shot_number=1,
                description="小明站着",
                duration=1.0,
                characters=(character.id,),
            )
        )
        return shot.id

    return await studio.database.write(work)


async def take_of(studio: Studio, shot_id: UUID, file: Path) -> UUID:
    answer = await add_take(studio, storyboard_id=shot_id, file=file)
    return UUID(str(answer.item["id"]))


def only(document: dict[str, Any]) -> dict[str, Any]:
    (row,) = document["characters"]
    return row


async def found_before(studio: Studio, take: UUID) -> object:
    return (await studio.database.read(lambda unit: unit.get(Take, take))).scores["likeness"]


async def test_the_answer_stands_with_the_take(studio: Studio, tmp_path: Path) -> None:
    shot = await shot_with(studio, tmp_path, Image.new("RGB", (64, 64), "red"))
    Image.new("RGB", (64, 64), (250, 10, 0)).save(tmp_path / "like.png")
    Image.new("RGB", (64, 64), "lime").save(tmp_path / "unlike.png")
    like = await take_of(studio, shot, tmp_path / "like.png")
    unlike = await take_of(studio, shot, tmp_path / "unlike.png")
    row = only(await likeness_of_take(studio, like, reader=ByColour))
    assert (row["state"], row["name"], row["reason"]) == ("same", "小明", None)
    assert only(await likeness_of_take(studio, unlike, reader=ByColour))["state"] == "different"
    kept = {name: value for name, value in row.items() if name != "message"}
    assert await found_before(studio, like) == [kept]

    def missing() -> ByColour:
        raise NotAvailable("vision", "pip install it")

    assert only(await likeness_of_take(studio, like, reader=missing))["state"] == "unknown"
    assert await found_before(studio, like) == [kept]


async def test_frames_of_a_clip_are_looked_at(studio: Studio, tmp_path: Path) -> None:
    shot = await shot_with(studio, tmp_path, Image.new("RGB", (64, 64), "red"))
    clip = tmp_path / "clip.mp4"
    await run_ffmpeg(
        [
            *("-f", "lavfi", "-i", "color=red:s=64x64:d=1:r=10"),
            *("-pix_fmt", "yuv420p", "-c:v", "libx264", str(clip)),
        ]
    )
    document = await likeness_of_take(studio, await take_of(studio, shot, clip), reader=ByColour)
    assert (only(document)["state"], document["faces"]) == ("same", 1)


async def test_nothing_to_compare_is_unknown_and_says_why(studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "black").save(tmp_path / "dark.png")
    shot = await shot_with(studio, tmp_path, None)
    take = await take_of(studio, shot, tmp_path / "dark.png")
    row = only(await likeness_of_take(studio, take, reader=ByColour))
    assert (row["state"], row["reason"]) == ("unknown", "likeness_no_reference")
    assert "小明" in row["message"]

    def missing() -> ByColour:
        raise NotAvailable("vision", "pip install it")

    row = only(await likeness_of_take(studio, take, reader=missing))
    assert (row["state"], row["reason"]) == ("unknown", "likeness_no_vision")
    assert "ai-video[vision]" in row["message"]


async def test_a_voice_has_no_face(studio: Studio, tmp_path: Path) -> None:
    from ai_video.domain.entities import Line

    shot = await shot_with(studio, tmp_path, None)
    line = await studio.database.write(
        lambda unit: unit.add(Line.fresh(storyboard_id=shot, speaker="", text="你好", order=1))
    )
    voice = tmp_path / "voice.wav"
    await run_ffmpeg(["-f", "lavfi", "-i", "sine=d=1", str(voice)])
    answer = await add_take(studio, line_id=line.id, file=voice)
    with pytest.raises(InputRefused, match="likeness_of_sound"):
        await likeness_of_take(studio, UUID(str(answer.item["id"])))


def test_dlib_finds_a_face_and_knows_it_again() -> None:
    pytest.importorskip("dlib", reason="the extra vision is not installed")
    reader = face_reader()
    (first,) = reader.read(drawn_face((214, 170, 140)))
    (again,) = reader.read(drawn_face((200, 150, 120)))
    assert first.distance(again) < 0.3
    assert 60 < first.left < 140 < 260 < first.right < 340
    assert reader.read(Image.new("RGB", (400, 400), "gray")) == []

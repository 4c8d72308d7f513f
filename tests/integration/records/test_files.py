"""Takes, assets, scripts, videos, and projects as a whole."""

# ruff: noqa: ASYNC240  tiny files

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import numpy as np
import pytest
from PIL import Image

from ai_video.domain import entities as e
from ai_video.domain.ids import new_id
from ai_video.errors import AiVideoError, Conflict, InputRefused, NotFound
from ai_video.studio.records.assets import add_asset, open_asset, plain_name
from ai_video.studio.records.projects import archive_project, copy_project, project_progress
from ai_video.studio.records.records import (
    create_record,
    delete_record,
    edit_record,
    list_records,
    show_record,
)
from ai_video.studio.records.scripts import restore_script, save_script
from ai_video.studio.records.videos import list_videos
from ai_video.studio.runs.takes import add_take, list_takes, lock_take, select_take, unlock_take
from ai_video.studio.studio import Studio


@pytest.fixture
async def shot(studio: Studio) -> dict[str, Any]:
    project = await create_record(studio, "projects", {"name": "雨夜"})
    episode = await create_record(
        studio, "episodes", {"project_id": project["id"], "title": "第一集"}
    )
    return await create_record(
        studio, "storyboards", {"episode_id": episode["id"], "dialogue": "甲\n乙"}
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "画.png"
    Image.new("RGB", (32, 18), "red").save(path)
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((36, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16_000))
    return path


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def lines_of(studio: Studio, shot: dict[str, Any]) -> list[dict[str, Any]]:
    page = await list_records(studio, "lines", storyboard_id=UUID(shot["id"]))
    return [dict(row) for row in page.items]


async def test_an_own_picture_and_clip_become_takes_selected_and_locked(
    studio: Studio, shot: dict[str, Any], picture: Path, clip: Path
) -> None:
    id = UUID(shot["id"])
    image = (await add_take(studio, storyboard_id=id, file=picture)).item
    video = (await add_take(studio, storyboard_id=id, file=clip)).item
    assert (image["kind"], image["selected_by"], image["locked"]) == ("image", "user", True)
    assert (video["kind"], video["origin"], video["media_type"]) == (
        "video",
        "uploaded",
        "video/mp4",
    )
    shown = await show_record(studio, "storyboards", id)
    assert (shown["image_take_id"], shown["image_locked"]) == (image["id"], True)
    assert (shown["video_take_id"], shown["video_locked"]) == (video["id"], True)
    assert shown["thumbnail_asset_id"] == image["asset_id"]
    asset = await show_record(studio, "assets", UUID(str(video["asset_id"])))
    assert (asset["width"], asset["height"], asset["origin"]) == (64, 36, "uploaded")
    episode = await show_record(studio, "episodes", UUID(str(shown["episode_id"])))
    assert asset["project_id"] == episode["project_id"]


async def test_an_own_recording_becomes_the_take_of_its_line(
    studio: Studio, shot: dict[str, Any], recording: Path
) -> None:
    line = (await lines_of(studio, shot))[1]
    take = (await add_take(studio, line_id=UUID(line["id"]), file=recording)).item
    assert (take["kind"], take["line_id"], take["duration_s"]) == ("audio", line["id"], 1.0)
    assert (await lines_of(studio, shot))[1]["audio_locked"] is True
    listed = await list_takes(studio, storyboard_id=UUID(shot["id"]))
    assert [row["id"] for row in listed.items] == [take["id"]]


async def test_a_file_in_the_wrong_place_is_refused(
    studio: Studio, shot: dict[str, Any], picture: Path, recording: Path, tmp_path: Path
) -> None:
    line = UUID((await lines_of(studio, shot))[0]["id"])
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture.read_bytes()[:60])
    for where, file, wanted in (
        ({"storyboard_id": UUID(shot["id"])}, recording, "take_kind_wrong"),
        ({"line_id": line}, picture, "take_kind_wrong"),
        ({"storyboard_id": UUID(shot["id"])}, broken, "media_corrupt"),
        ({"storyboard_id": UUID(shot["id"])}, tmp_path / "none.png", "file_unreadable"),
        ({"storyboard_id": new_id()}, picture, "not_found"),
        ({}, picture, "invalid_value"),
    ):
        with pytest.raises(InputRefused) as caught:
            await add_take(studio, file=file, **where)
        assert caught.value.code == wanted
    assert (await list_records(studio, "assets")).items == []


async def test_selecting_an_older_take_locks_it_and_unlock_lets_go(
    studio: Studio, shot: dict[str, Any], picture: Path, new: Any
) -> None:
    id = UUID(shot["id"])
    first = UUID(str((await add_take(studio, storyboard_id=id, file=picture)).item["id"]))
    await unlock_take(studio, first)
    picture.write_bytes(picture.read_bytes() + b"more")
    second = UUID(str((await add_take(studio, storyboard_id=id, file=picture)).item["id"]))
    await unlock_take(studio, second)

    assert (await select_take(studio, second)).item["locked"] is False
    chosen = (await select_take(studio, first)).item
    assert (chosen["selected"], chosen["locked"]) == (True, True)
    listed = {row["id"]: row for row in (await list_takes(studio, storyboard_id=id)).items}
    assert listed[str(second)]["selected"] is False
    with pytest.raises(Conflict) as caught:
        await unlock_take(studio, second)
    assert caught.value.code == "take_not_locked"
    await unlock_take(studio, first)
    locked = (await lock_take(studio, second)).item
    assert (locked["selected"], locked["locked"]) == (True, True)


async def test_a_deleted_take_frees_its_slot(
    studio: Studio, shot: dict[str, Any], picture: Path
) -> None:
    id = UUID(shot["id"])
    take = (await add_take(studio, storyboard_id=id, file=picture)).item
    await delete_record(studio, "takes", UUID(str(take["id"])))
    shown = await show_record(studio, "storyboards", id)
    assert (shown["image_take_id"], shown["image_locked"]) == (None, False)
    await delete_record(studio, "assets", UUID(str(take["asset_id"])))


async def test_an_upload_is_described_kept_once_and_read_back(
    studio: Studio, picture: Path
) -> None:
    data = picture.read_bytes()
    asset = await add_asset(studio, chunks(data), name="../../etc/画.png")
    assert (asset["kind"], asset["name"], asset["size"]) == ("image", "画.png", len(data))
    assert (asset["width"], asset["height"], asset["origin"]) == (32, 18, "uploaded")
    again = await add_asset(studio, chunks(data), name="画.png")
    assert again == asset
    path, media_type, name, sha256 = await open_asset(studio, UUID(str(asset["id"])))
    assert (path.read_bytes(), media_type, name) == (data, "image/png", "画.png")
    assert sha256 == asset["sha256"]


async def test_a_damaged_upload_leaves_nothing_behind(studio: Studio, picture: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        await add_asset(studio, chunks(picture.read_bytes()[:60]), name="x.png")
    assert (caught.value.code, caught.value.fields["name"]) == ("media_corrupt", "x.png")
    assert (await list_records(studio, "assets")).items == []
    left = [path for path in (studio.settings.home / "blobs").rglob("*") if path.is_file()]
    assert left == []


async def test_other_files_are_kept_by_their_suffix(studio: Studio) -> None:
    kinds = {
        name: (await add_asset(studio, chunks(name.encode()), name=name))["kind"]
        for name in ("a.docx", "b.srt", "c.safetensors", "d.exe", "e")
    }
    assert kinds == {
        "a.docx": "document",
        "b.srt": "subtitle",
        "c.safetensors": "lora",
        "d.exe": "other",
        "e": "other",
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", "file"),
        ("a/b\\c.png", "c.png"),
        ("a\x00b\n.png", "a b .png"),
        ("字" * 300 + ".png", "字" * 196 + ".png"),
        ("x" * 300, "x" * 200),
        ("..", ".."),
        ("\ud800.png", ".png"),
    ],
)
def test_names_are_plain(given: str, kept: str) -> None:
    assert plain_name(given) == kept


async def test_a_blob_goes_with_its_last_asset(studio: Studio, picture: Path) -> None:
    data = picture.read_bytes()
    one = await add_asset(studio, chunks(data), name="a.png")
    two = await add_asset(studio, chunks(data), name="b.png")
    await delete_record(studio, "assets", UUID(str(one["id"])))
    await open_asset(studio, UUID(str(two["id"])))
    await delete_record(studio, "assets", UUID(str(two["id"])))
    assert not await studio.blobs.has(str(two["sha256"]))


async def test_an_asset_that_a_take_shows_stays(
    studio: Studio, shot: dict[str, Any], picture: Path
) -> None:
    take = (await add_take(studio, storyboard_id=UUID(shot["id"]), file=picture)).item
    with pytest.raises(Conflict):
        await delete_record(studio, "assets", UUID(str(take["asset_id"])))
    await open_asset(studio, UUID(str(take["asset_id"])))


async def test_scripts_are_versions_that_can_come_back(
    studio: Studio, shot: dict[str, Any]
) -> None:
    episode = UUID(shot["episode_id"])
    first = await save_script(studio, episode_id=episode, content="第一稿。")
    assert (await save_script(studio, episode_id=episode, content="第一稿。")) == first
    second = await save_script(studio, episode_id=episode, content="第二稿。")
    third = await restore_script(studio, UUID(str(first["id"])))
    assert [row["version"] for row in (first, second, third)] == [1, 2, 3]
    assert third["content"] == "第一稿。"
    assert third["structured_content"] == first["structured_content"]
    listed = await list_records(studio, "scripts", episode_id=episode)
    assert [row["version"] for row in listed.items] == [3, 2, 1]
    by_create = await create_record(
        studio, "scripts", {"episode_id": str(episode), "content": "第四稿。"}
    )
    assert by_create["version"] == 4
    for values in ({"content": "x"}, {"episode_id": str(episode)}, {"colour": 1}):
        with pytest.raises(InputRefused):
            await create_record(studio, "scripts", values)
    for content in ("a\x00b", "长" * 60_001):
        with pytest.raises(InputRefused):
            await save_script(studio, episode_id=episode, content=content)


async def test_a_first_script_moves_a_draft_on(studio: Studio) -> None:
    project = await create_record(studio, "projects", {"name": "p"})
    episode = await create_record(studio, "episodes", {"project_id": project["id"], "title": "t"})
    id = UUID(str(episode["id"]))
    await save_script(studio, episode_id=id, content="一。")
    assert (await show_record(studio, "episodes", id))["status"] == "scripted"
    await archive_project(studio, UUID(str(project["id"])))
    with pytest.raises(Conflict):
        await save_script(studio, episode_id=id, content="二。")


async def video(studio: Studio, new: Any, episode: UUID, version: int) -> e.GeneratedVideo:
    row = await studio.database.read(lambda unit: unit.get(e.Episode, episode))
    assets = [
        new(e.Asset, project_id=row.project_id, kind=kind, origin="generated",
            sha256=f"{version}{letter}" * 32, size=1)
        for kind, letter in (("video", "a"), ("subtitle", "b"))
    ]  # fmt: skip
    made = new(
        e.GeneratedVideo,
        episode_id=episode,
        asset_id=assets[0].id,
        version=version,
        composition_config={"duration_s": 12.5, "sidecars": {"srt": str(assets[1].id)}},
    )
    await studio.database.write(lambda unit: unit.add_all([*assets, made]))
    return made


async def test_every_version_of_a_film_is_listed_newest_first(
    studio: Studio, shot: dict[str, Any], new: Any
) -> None:
    episode = UUID(shot["episode_id"])
    one = await video(studio, new, episode, 1)
    two = await video(studio, new, episode, 2)
    items = (await list_videos(studio, episode)).items
    assert [row["id"] for row in items] == [str(two.id), str(one.id)]
    assert {"id", "episode_id", "version", "duration_s", "url", "created_at"} <= items[0].keys()
    assert items[0]["duration_s"] == 12.5
    assert items[0]["url"] == f"/api/videos/{two.id}/file"
    with pytest.raises(NotFound):
        await list_videos(studio, new_id())


async def test_a_copy_has_new_ids_the_same_files_and_the_same_choices(
    studio: Studio, shot: dict[str, Any], picture: Path, recording: Path, new: Any
) -> None:
    episode = UUID(shot["episode_id"])
    project = UUID(str((await show_record(studio, "episodes", episode))["project_id"]))
    asset = await add_asset(
        studio, chunks(picture.read_bytes()), name="ref.png", project_id=project
    )
    character = await create_record(
        studio,
        "characters",
        {"project_id": str(project), "name": "小明", "reference_assets": [asset["id"]]},
    )
    await edit_record(studio, "storyboards", UUID(shot["id"]), {"characters": [character["id"]]})
    await add_take(studio, storyboard_id=UUID(shot["id"]), file=picture)
    line = (await lines_of(studio, shot))[0]
    await add_take(studio, line_id=UUID(line["id"]), file=recording)
    await video(studio, new, episode, 1)
    await save_script(studio, episode_id=episode, content="稿。")
    before = await everything(studio, project)

    copy = await copy_project(studio, project)
    assert (copy["name"], copy["status"]) == ("雨夜 副本", "draft")
    copied = await everything(studio, UUID(str(copy["id"])))
    assert await everything(studio, project) == before
    assert shape(copied) == shape(before)
    assert not ids(copied) & ids(before)
    named = await copy_project(studio, project, name="别名")
    assert named["name"] == "别名"
    with pytest.raises(NotFound):
        await copy_project(studio, new_id())
    with pytest.raises(AiVideoError):
        await copy_project(studio, project, name="x" * 201)
    await delete_record(studio, "projects", project)
    assert await everything(studio, UUID(str(copy["id"]))) == copied


async def everything(studio: Studio, project: UUID) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in ("characters", "episodes", "scripts", "storyboards", "lines", "assets", "videos"):
        page = await list_records(studio, kind, project_id=project)
        found[kind] = [dict(row) for row in page.items]
    found["takes"] = []
    for row in found["storyboards"]:
        found["takes"] += [dict(take) for take in
                           (await list_takes(studio, storyboard_id=UUID(row["id"]))).items]  # fmt: skip
    return found


def ids(rows: Any) -> set[str]:
    return {row["id"] for kind in rows.values() for row in kind}


def shape(rows: dict[str, list[dict[str, Any]]]) -> Any:
    """The rows with every id replaced by a number in the order it is first met."""
    numbers: dict[str, int] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            aside = ("revision", "created_at", "updated_at", "url")
            return {key: plain(inner) for key, inner in value.items() if key not in aside}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
            return numbers.setdefault(value, len(numbers))
        return value

    return plain(rows)


async def test_progress_counts_shots_per_stage_and_state(
    studio: Studio, shot: dict[str, Any], picture: Path, recording: Path
) -> None:
    episode = UUID(shot["episode_id"])
    project = UUID(str((await show_record(studio, "episodes", episode))["project_id"]))
    other = await create_record(studio, "storyboards", {"episode_id": str(episode)})
    take = (await add_take(studio, storyboard_id=UUID(shot["id"]), file=picture)).item
    await unlock_take(studio, UUID(str(take["id"])))
    await add_take(studio, storyboard_id=UUID(str(other["id"])), file=picture)
    line = (await lines_of(studio, shot))[0]
    await add_take(studio, line_id=UUID(line["id"]), file=recording)
    progress: Any = await project_progress(studio, project)
    stages = {
        "keyframe": {"done": 1, "locked": 1},
        "clip": {"missing": 2},
        "segment": {"missing": 2},
        "voice": {"locked": 1, "missing": 1},
    }
    assert progress["stages"] == progress["episodes"][0]["stages"] == stages
    assert progress["shots"] == progress["episodes"][0]["shots"] == 2
    with pytest.raises(NotFound):
        await project_progress(studio, new_id())

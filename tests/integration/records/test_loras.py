"""The LoRA library: files in and out, what may be said of them, who uses them."""

from __future__ import annotations

import hashlib
import io
import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from tests.lora_files import unet_lora

from ai_video.domain.entities import LoraAsset
from ai_video.errors import AiVideoError, Conflict, InputRefused, NotFound
from ai_video.studio.records import loras
from ai_video.studio.records.assets import add_asset
from ai_video.studio.records.loras import LoraFilter
from ai_video.studio.records.projects import copy_project
from ai_video.studio.records.records import create_record, delete_record, edit_record, show_record
from ai_video.studio.studio import Studio

SDXL = unet_lora(metadata={"modelspec.trigger_phrase": "xmboy", "modelspec.tags": "anime"})


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 5000):
        yield data[start : start + 5000]


async def added(
    studio: Studio, data: bytes = SDXL, file: str = "xm.safetensors", **said: Any
) -> Any:
    project_id = said.pop("project_id", None)
    return await loras.add_lora(
        studio, chunks(data), file_name=file, project_id=project_id, values=said
    )


async def project(studio: Studio, name: str = "雨夜") -> UUID:
    return UUID((await create_record(studio, "projects", {"name": name}))["id"])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_lora_is_described_by_its_file(studio: Studio) -> None:
    lora = await added(studio, file="小明 v2.safetensors")
    assert lora["added"] is True
    assert (lora["name"], lora["type"], lora["status"]) == ("小明 v2", "character", "ready")
    assert (lora["base_model"], lora["families"]) == ("SDXL 1.0", ["sdxl"])
    assert (lora["trigger_words"], lora["tags"]) == (["xmboy"], ["anime"])
    assert lora["file_hash"] == hashlib.md5(SDXL).hexdigest()
    assert lora["file_size"] == len(SDXL)
    sha256 = hashlib.sha256(SDXL).hexdigest()
    assert lora["file_path"] == f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
    metadata = lora["metadata"]
    assert (metadata["rank"], metadata["alpha"], metadata["network_type"]) == (4, 2.0, "lora")
    assert metadata["certainty"] == "sure"
    path, name, digest = await loras.open_lora(studio, UUID(lora["id"]))
    assert (path.read_bytes(), name, digest) == (SDXL, "小明 v2.safetensors", sha256)


async def test_what_a_person_says_wins_over_the_file(studio: Studio) -> None:
    said = {"name": "Rain", "type": "style", "trigger_words": [" rain  style ", "rain style"],
            "tags": ["wet", "night"], "recommended_weight": 1.2, "weight_range.max": 1.5,
            "base_model": "Illustrious XL"}  # fmt: skip
    lora = await added(studio, **said)
    assert (lora["name"], lora["type"], lora["tags"]) == ("Rain", "style", ["wet", "night"])
    assert lora["trigger_words"] == ["rain style"]
    assert lora["weight_range"] == {"min": 0.3, "max": 1.5}
    assert (lora["base_model"], lora["families"]) == ("Illustrious XL", ["sdxl"])


async def test_the_same_bytes_are_one_lora_per_project(studio: Studio) -> None:
    first, again = await added(studio), await added(studio, file="other.safetensors")
    assert (again["id"], again["added"]) == (first["id"], False)
    own = await added(studio, project_id=await project(studio))
    assert own["id"] != first["id"]
    assert len(files_below(studio.settings.home / "blobs")) == 1
    await loras.delete_lora(studio, UUID(own["id"]))
    assert (await loras.check_lora(studio, UUID(first["id"])))["ok"] is True
    await loras.delete_lora(studio, UUID(first["id"]))
    assert files_below(studio.settings.home / "blobs") == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x80\x04\x95" + bytes(60), "lora_is_pickle"),
        (SDXL[:-1], "lora_truncated"),
        (SDXL + b"x", "lora_data_left_over"),
        (b"PK\x03\x04" + bytes(60), "lora_is_archive"),
        (b"", "lora_empty"),
    ],
)
async def test_a_refused_file_leaves_nothing(studio: Studio, data: bytes, code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        await added(studio, data)
    assert caught.value.code == code
    assert files_below(studio.settings.home / "blobs") == []
    assert (await loras.list_loras(studio, LoraFilter())).items == []


async def test_a_refused_copy_of_a_kept_file_leaves_the_kept_one(studio: Studio) -> None:
    broken = SDXL[:-1]
    asset = await add_asset(studio, chunks(broken), name="broken.safetensors")
    with pytest.raises(InputRefused):
        await added(studio, broken)
    assert await studio.blobs.has(str(asset["sha256"]))
    lora = await added(studio)
    same = await add_asset(studio, chunks(SDXL), name="copy.safetensors")
    await delete_record(studio, "assets", UUID(str(same["id"])))
    assert (await loras.check_lora(studio, UUID(lora["id"])))["ok"] is True


async def test_a_stream_of_gigabytes_of_something_else_is_stopped_at_once(studio: Studio) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"\x1f\x8b" + bytes(1 << 16)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with pytest.raises(InputRefused, match="lora_is_archive"):
        await loras.add_lora(studio, endless(), file_name="bomb.safetensors")
    assert time.perf_counter() - started < 5
    assert taken == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"recommended_weight": 1.5}, "lora_weights_refused"),
    ({"recommended_weight": 0.1}, "lora_weights_refused"),
    ({"weight_range": {"min": 1.0, "max": 0.3}}, "lora_weights_refused"),
    ({"weight_range.max": 11}, "lora_weights_refused"),
    ({"weight_range.min": -10.5}, "lora_weights_refused"),
    ({"recommended_weight": float("nan")}, "invalid_value"),
    ({"recommended_weight": "strong"}, "invalid_value"),
    ({"base_model": "SD 1.5"}, "lora_base_model_differs"),
    ({"base_model_hash": "xyz"}, "invalid_value"),
    ({"type": "person"}, "invalid_value"),
    ({"name": ""}, "invalid_value"),
    ({"tags": ["a,b"]}, "invalid_value"),
    ({"trigger_words": ["x" * 201]}, "invalid_value"),
    ({"usage_count": 7}, "field_is_given"),
    ({"file_hash": "0" * 32}, "field_is_given"),
    ({"status": "ready"}, "field_is_given"),
    ({"colour": "red"}, "unknown_field"),
]


async def test_values_that_cannot_be_are_refused_when_added(studio: Studio) -> None:
    for values, code in WRONG:
        with pytest.raises(InputRefused) as caught:
            await added(studio, **values)
        assert caught.value.code == code, values
    assert files_below(studio.settings.home / "blobs") == []


async def test_values_that_cannot_be_are_refused_when_edited(studio: Studio) -> None:
    lora = await added(studio)
    for values, code in WRONG:
        if values == {"status": "ready"}:
            continue  # what it has already: no change
        with pytest.raises(AiVideoError) as caught:
            await edit_record(studio, "loras", UUID(lora["id"]), values)
        assert caught.value.code == code, values
    shown = await show_record(studio, "loras", UUID(lora["id"]))
    assert shown["revision"] == 0


async def test_an_edit_changes_what_was_said(studio: Studio) -> None:
    lora = await added(studio)
    said: Any = {"recommended_weight": 1.5, "weight_range.max": 2, "tags": ["a", " a ", "b"],
                 "base_model_hash": "31E35C80"}  # fmt: skip
    item = (await edit_record(studio, "loras", UUID(lora["id"]), said)).item
    assert (item["recommended_weight"], item["tags"]) == (1.5, ["a", "b"])
    assert item["weight_range"] == {"min": 0.3, "max": 2.0}
    assert item["base_model_hash"] == "31e35c80"


@pytest.fixture
async def library(studio: Studio) -> dict[str, Any]:
    """Four LoRAs: two of a project (one archived), one of another, one for all."""
    one, other = await project(studio), await project(studio, "别的")
    mine = await added(studio, project_id=one, tags=["Anime", "female"])
    everywhere = await added(
        studio, unet_lora(768), "ink.safetensors", type="style", tags=["anime"]
    )
    foreign = await added(studio, unet_lora(768), "odd.safetensors", project_id=other)
    gone = await added(studio, unet_lora(1024), "old.safetensors", project_id=one)
    await loras.archive_lora(studio, UUID(gone["id"]))
    ids = {"mine": mine, "everywhere": everywhere, "foreign": foreign, "gone": gone}
    return {"project": one, **{name: lora["id"] for name, lora in ids.items()}}


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["mine", "everywhere", "foreign"]),
    ({"archived": True}, ["mine", "everywhere", "foreign", "gone"]),
    ({"status": "archived"}, ["gone"]),
    ({"status": "ready"}, ["mine", "everywhere", "foreign"]),
    ({"project_id": True}, ["mine", "everywhere"]),
    ({"type": "style"}, ["everywhere"]),
    ({"base_model": "SDXL"}, ["mine"]),
    ({"base_model": "sd_1.5"}, ["everywhere", "foreign"]),
    ({"base_model": "flux"}, []),
    ({"tags": ("anime", "female")}, ["mine"]),
    ({"tags": ("anime",)}, ["mine", "everywhere"]),
    ({"text": "INK"}, ["everywhere"]),
    ({"text": "xmboy"}, ["mine"]),
    ({"type": "character", "base_model": "SDXL", "project_id": True}, ["mine"]),
]


async def test_the_library_is_narrowed(studio: Studio, library: dict[str, Any]) -> None:
    for wanted, names in FILTERS:
        if "project_id" in wanted:
            wanted["project_id"] = library["project"]
        page = await loras.list_loras(studio, LoraFilter(**wanted))
        assert [item["id"] for item in page.items] == [library[name] for name in names], wanted


async def test_pages_follow_each_other_in_every_order(
    studio: Studio, library: dict[str, Any]
) -> None:
    async def use_twice(unit: Any) -> None:
        lora = await unit.get(LoraAsset, UUID(library["everywhere"]))
        await unit.change(lora, usage_count=2)

    await studio.database.write(use_twice)
    for order, names in (
        ("created", ["mine", "everywhere", "foreign"]),
        ("name", ["everywhere", "foreign", "mine"]),
        ("usage", ["everywhere", "mine", "foreign"]),
    ):
        found: list[object] = []
        cursor: str | None = None
        while len(found) == 0 or cursor:
            page = await loras.list_loras(studio, LoraFilter(), order=order, limit=1, cursor=cursor)
            found += [item["id"] for item in page.items]
            cursor = page.next
        assert found == [library[name] for name in names]
    with pytest.raises(InputRefused, match="cursor_unusable"):
        await loras.list_loras(studio, LoraFilter(), cursor="xx")


async def test_a_damaged_and_a_lost_file_are_found(studio: Studio) -> None:
    lora = await added(studio)
    id = UUID(lora["id"])
    (path,) = files_below(studio.settings.home / "blobs")
    path.chmod(0o644)
    path.write_bytes(SDXL[:-1] + b"\x01")
    answer = await loras.check_lora(studio, id)
    assert answer["ok"] is False
    assert answer["expected"] != answer["found"]
    path.unlink()
    answer = await loras.check_lora(studio, id)
    assert (answer["ok"], answer["found"]) == (False, None)


async def test_whether_it_fits_is_answered_with_the_reason(studio: Studio) -> None:
    id = UUID((await added(studio))["id"])
    yes = await loras.lora_fits(studio, id, base_model="sdxl")
    assert (yes["ok"], yes["compatible"], yes["made_for"]) == (True, "yes", ["SDXL 1.0"])
    assert yes["evidence"] == ["cross-attention reads text of width 2048"]
    no = await loras.lora_fits(studio, id, base_model="Wan 2.2 5B")
    assert (no["ok"], no["compatible"]) == (False, "no")
    assert no["reason"] == {
        "code": "other_base_model", "message": "它用于另一种基础模型, 加载后不起作用或出错。",
    }  # fmt: skip


async def test_a_character_points_only_to_a_lora_that_it_may_use(studio: Studio) -> None:
    one, other = await project(studio), await project(studio, "别的")
    hero = await create_record(studio, "characters", {"project_id": str(one), "name": "小明"})
    hero_id = UUID(str(hero["id"]))

    async def use(id: object) -> Any:
        return await edit_record(studio, "characters", hero_id, {"lora_model_id": str(id)})

    with pytest.raises(NotFound) as missing:
        await use(hero_id)
    assert missing.value.fields == {"what": "lora", "given": str(hero_id)}
    with pytest.raises(InputRefused, match="invalid_value"):
        await use("xm.safetensors")
    foreign = await added(studio, unet_lora(768), project_id=other)
    with pytest.raises(InputRefused, match="lora_of_other_project"):
        await use(foreign["id"])
    mine = await added(studio, project_id=one)
    await loras.archive_lora(studio, UUID(mine["id"]))
    with pytest.raises(Conflict, match="lora_not_usable"):
        await use(mine["id"])
    await loras.restore_lora(studio, UUID(mine["id"]))
    assert (await use(mine["id"])).item["lora_model_id"] == mine["id"]
    shown: Any = await show_record(studio, "loras", UUID(mine["id"]))
    assert [user["name"] for user in shown["characters"]] == ["小明"]


async def test_a_used_lora_is_deleted_only_by_force(studio: Studio) -> None:
    one = await project(studio)
    lora = await added(studio, project_id=one)
    hero = await create_record(
        studio,
        "characters",
        {"project_id": str(one), "name": "小明", "lora_model_id": lora["id"]},
    )
    with pytest.raises(Conflict) as caught:
        await loras.delete_lora(studio, UUID(lora["id"]))
    assert caught.value.fields["characters"] == "小明"
    assert (await loras.check_lora(studio, UUID(lora["id"])))["ok"] is True
    await loras.delete_lora(studio, UUID(lora["id"]), force=True)
    assert (await show_record(studio, "characters", UUID(str(hero["id"]))))["lora_model_id"] is None
    assert files_below(studio.settings.home / "blobs") == []


async def test_a_copied_project_has_loras_of_its_own(studio: Studio) -> None:
    one = await project(studio)
    lora = await added(studio, project_id=one)
    values: Any = {"project_id": str(one), "name": "小明", "lora_model_id": lora["id"]}
    await create_record(studio, "characters", values)
    copy = await copy_project(studio, one)
    wanted = LoraFilter(project_id=UUID(str(copy["id"])))
    (copied,) = (await loras.list_loras(studio, wanted)).items
    assert copied["id"] != lora["id"]
    assert [user["project_id"] for user in copied["characters"]] == [copy["id"]]
    await loras.delete_lora(studio, UUID(lora["id"]), force=True)
    assert (await loras.check_lora(studio, UUID(str(copied["id"]))))["ok"] is True


def picture(colour: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (16, 9), colour).save(target, "PNG")
    return target.getvalue()


async def test_previews_are_pictures_that_come_and_go(studio: Studio) -> None:
    id = UUID((await added(studio))["id"])
    first = await loras.add_preview(studio, id, chunks(picture("red")), name="a.png")
    again = await loras.add_preview(studio, id, chunks(picture("red")), name="a.png")
    assert again["preview_images"] == first["preview_images"]
    both: Any = await loras.add_preview(studio, id, chunks(picture("blue")), name="b.png")
    assert both["preview_urls"] == [f"/api/assets/{id}/file" for id in both["preview_images"]]
    with pytest.raises(InputRefused, match="lora_preview_unusable"):
        await loras.add_preview(studio, id, chunks(b"words"), name="a.txt")
    notes = await add_asset(studio, chunks(b"words"), name="a.txt")
    with pytest.raises(InputRefused, match="lora_preview_unusable"):
        await edit_record(studio, "loras", id, {"preview_images": [notes["id"]]})
    await delete_record(studio, "assets", UUID(both["preview_images"][0]))
    shown = await show_record(studio, "loras", id)
    assert shown["preview_images"] == both["preview_images"][1:]


async def test_restoring_what_is_not_archived_is_said(studio: Studio) -> None:
    lora = await added(studio)
    with pytest.raises(Conflict, match="lora_not_archived"):
        await loras.restore_lora(studio, UUID(lora["id"]))

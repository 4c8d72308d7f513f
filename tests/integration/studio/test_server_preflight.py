"""Which templates a server can run, and what the others lack on it, with the fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.errors import ServiceFailed
from ai_video.studio.comfyui.server_templates import preflight_server
from ai_video.studio.studio import Studio

MISSING = "wan2.2_ti2v_5B_fp16.safetensors"


@pytest.fixture
def lacking() -> Iterator[FakeComfy]:
    with serving(FakeOptions(missing=frozenset({MISSING}))) as server:
        yield server


async def test_what_a_template_lacks_is_named_with_its_folder(
    lacking: FakeComfy, studio: Studio
) -> None:
    found = await preflight_server(studio, lacking.url)
    runs, lacks = cast("Any", found["runs"]), cast("Any", found["lacks"])
    assert found["url"] == lacking.url
    assert {
        "id": "sd15_text_to_image",
        "name": "Picture with SD 1.5",
        "purpose": "text_to_image",
    } in runs
    assert {row["id"] for row in lacks} == {"wan22_5b_image_to_video", "wan22_5b_text_to_video"}
    for row in lacks:
        assert row["missing_nodes"] == []
        (model,) = row["missing_models"]
        assert (model["folder"], model["name"]) == ("diffusion_models", MISSING)
        assert model["url"].startswith("https://")


async def test_a_silent_server_is_no_preflight(studio: Studio) -> None:
    with pytest.raises(ServiceFailed, match="server_no_answer"):
        await preflight_server(studio, "http://127.0.0.1:9")

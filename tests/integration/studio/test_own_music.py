"""The user's own music under a film."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from ai_video.audio.wav import write_wav
from ai_video.domain.entities import Asset, Project
from ai_video.errors import Conflict, InputRefused
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.records import delete_record, edit_record
from ai_video.studio.requests import FilmDocument, MakeRequest
from ai_video.studio.studio import Studio


async def test_a_sound_file_becomes_the_projects_music(studio: Studio, tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 220 * np.arange(3 * 24_000) / 24_000).astype(np.float32)
    write_wav(0.3 * tone, 24_000, tmp_path / "晚风.wav")
    request = MakeRequest(
        text="窗外下着雨。", name="雨", size="360p", generator="animatic", music="none"
    )
    silent = await make_film(studio, request)
    assert isinstance(silent, FilmDocument)

    played = await make_film(
        studio,
        request.model_copy(update={"music": None, "music_file": str(tmp_path / "晚风.wav")}),
    )
    assert isinstance(played, FilmDocument)
    assert [row.kind for row in played.executed] == ["composite"]
    assert {"settings.music", "settings.music_style"} <= set(played.executed[0].changed)
    assert played.film is not None
    assert silent.film is not None
    assert played.film.stream_sha256 != silent.film.stream_sha256

    project = await studio.database.read(lambda unit: unit.get(Project, played.project_id))
    music = project.settings.music_asset_id
    assert isinstance(music, UUID)
    asset = await studio.database.read(lambda unit: unit.get(Asset, music))
    assert (asset.name, asset.kind) == ("晚风.wav", "audio")
    with pytest.raises(Conflict, match="music_in_use"):
        await delete_record(studio, "assets", music)
    off = {"settings.music_asset_id": None}
    answer = await edit_record(studio, "projects", played.project_id, off)
    assert [row.kind for row in answer.stale] == ["composite"]


async def test_a_text_is_no_music_and_leaves_nothing_behind(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "notes.mp3").write_text("no sound", encoding="utf-8")
    for name in ("notes.mp3", "missing.mp3"):
        request = MakeRequest(text="雨。", name="雨", music_file=str(tmp_path / name))
        with pytest.raises(InputRefused, match=r"not_music|file_unreadable"):
            await make_film(studio, request)
    assert await studio.database.read(lambda unit: unit.find(Asset)) == []

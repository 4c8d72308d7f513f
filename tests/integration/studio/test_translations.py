"""A second subtitle language from a file, drawn under the first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ai_video.domain.entities import Line
from ai_video.errors import InputRefused
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.shots import undo
from ai_video.studio.records.translations import import_translation
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.studio import Studio


async def test_the_translated_sidecar_becomes_the_second_line(studio: Studio) -> None:
    film = await make_film(
        studio,
        MakeRequest(
            text="林小雨：你终于回来了。\n\n陈默：对不起。", name="雨夜", mode="drama",
            size="360p", music="none", generator="animatic",
        ),
    )  # fmt: skip
    assert isinstance(film, FilmDocument)
    assert film.sidecars.srt is not None
    beside = await asyncio.to_thread(Path(film.sidecars.srt).read_text, encoding="utf-8")
    english = beside.replace("你终于回来了。", "You are back at last.").replace(
        "对不起。", "Sorry."
    )
    assert english != beside

    answer = await import_translation(
        studio, film.episode_id, english.encode("utf-16"), name="en.srt"
    )
    assert [row.translation for row in answer.lines] == ["You are back at last.", "Sorry."]
    assert (answer.matched_by, answer.untranslated, answer.unmatched_cues) == ("time", [], [])
    assert {row.kind for row in answer.stale} == {"segment", "composite"}

    again = await render_film(studio, RenderRequest(episode_id=film.episode_id))
    assert again.sidecars.srt is not None
    both = await asyncio.to_thread(Path(again.sidecars.srt).read_text, encoding="utf-8")
    assert "你终于回来了。\nYou are back at last.\n" in both

    await undo(studio, film.episode_id)
    lines = [line.id for shot in film.storyboards for line in shot.lines]
    rows = await studio.database.read(lambda unit: unit.find(Line, id=lines))
    assert {row.translation for row in rows} == {""}
    with pytest.raises(InputRefused, match="subtitles_unreadable"):
        await import_translation(studio, film.episode_id, b"no subtitles", name="x.srt")

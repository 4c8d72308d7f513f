"""Title card and end card in the film, its subtitles and its document."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ai_video.bootstrap import open_studio
from ai_video.settings import load_settings
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.records import edit_record
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.studio import Studio

STORY = """《雨夜》

第一场 内景 客厅 夜

林小雨：你终于回来了。

"""


async def made(studio: Studio, project: str = "雨夜") -> FilmDocument:
    document = await make_film(
        studio,
        MakeRequest(
            text=STORY, name=project, size="360p", music="none", generator="animatic", fps=24
        ),
    )
    assert isinstance(document, FilmDocument)
    assert document.ok, document.tasks
    return document


async def with_settings(studio: Studio, film: FilmDocument, **settings: object) -> FilmDocument:
    changes = {f"settings.{name}": value for name, value in settings.items()}
    await edit_record(studio, "projects", film.project_id, changes)
    return await render_film(studio, RenderRequest(episode_id=film.episode_id))


def shots_s(film: FilmDocument) -> float:
    return sum(shot.duration_s for shot in film.storyboards)


async def test_cards_lengthen_the_film_and_move_shots_lines_and_subtitles(studio: Studio) -> None:
    bare = await made(studio)
    assert bare.film is not None
    assert bare.cards == []
    assert bare.film.duration_s == pytest.approx(shots_s(bare), abs=0.05)

    carded = await with_settings(studio, bare, title_card="on", end_card="on")
    assert [row.kind for row in carded.executed] == ["composite"]
    assert carded.film is not None
    assert [(card.kind, card.duration_s) for card in carded.cards] == [("title", 3), ("end", 4)]
    assert carded.film.duration_s == pytest.approx(7 + shots_s(carded), abs=0.05)
    assert carded.cards[1].start_s == pytest.approx(3 + shots_s(carded), abs=0.01)
    for before, after in zip(bare.storyboards, carded.storyboards, strict=True):
        assert (after.start_s or 0) - (before.start_s or 0) == pytest.approx(3)
        for was, now in zip(before.lines, after.lines, strict=True):
            assert (now.start_s or 0) - (was.start_s or 0) == pytest.approx(3)
    assert carded.sidecars.srt is not None
    first_line = next(shot.lines[0] for shot in carded.storyboards if shot.lines)
    subtitles = await asyncio.to_thread(Path(carded.sidecars.srt).read_text, encoding="utf-8")
    cue = subtitles.splitlines()[1]
    assert cue.startswith(f"00:00:{first_line.start_s:06.3f}".replace(".", ","))

    off = await with_settings(studio, bare, title_card="off", end_card="off")
    assert off.film is not None
    assert off.film.stream_sha256 == bare.film.stream_sha256


async def test_a_card_is_the_same_in_every_data_folder_and_drawn_once(tmp_path: Path) -> None:
    films: list[str] = []
    for name in ("one", "two"):
        settings = load_settings(home=tmp_path / name, voice="silent", lang="en", offline=True)
        async with open_studio(settings) as studio:
            film = await with_settings(studio, await made(studio), title_card="on")
            assert film.film is not None
            films.append(film.film.stream_sha256)
        cards = sorted((tmp_path / name / "film-cache").glob("card-*.mp4"))
        assert len(cards) == 1
        drawn = cards[0].stat().st_mtime_ns
        async with open_studio(settings) as studio:
            await with_settings(studio, film, label=False, title_card="on")
            await with_settings(studio, film, label=True, title_card="on")
        assert len(list((tmp_path / name / "film-cache").glob("card-*.mp4"))) == 2
        assert drawn > 0
    assert films[0] == films[1]

"""Lines in a second language by a model: each its own, what a person wrote stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.model_writing import STORY, Document, long_story, matter

from ai_video.domain.language_models import ModelFailed, ModelRequest
from ai_video.errors import InputRefused, NotAvailable
from ai_video.llm.scripted import ScriptedLLM
from ai_video.studio.planning.line_translation import translate_episode_lines
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.records import edit_record, list_records
from ai_video.studio.records.shots import undo
from ai_video.studio.requests import FilmDocument, MakeRequest
from ai_video.studio.studio import Studio


def english(request: ModelRequest[Any]) -> Document:
    rows = matter(request)["lines"]
    return {"lines": [{"line": row["line"], "text": f"EN {row['text']}"} for row in rows]}


async def planned(studio: Studio, text: str = STORY) -> FilmDocument:
    request = MakeRequest(text=text, name="雨夜", until="storyboards", llm="rules")
    document = await make_film(studio, request)
    assert isinstance(document, FilmDocument)
    return document


def model(studio: Studio, script: Any = english) -> ScriptedLLM:
    studio.models.given = llm = ScriptedLLM(script, name="anthropic")
    return llm


async def translations(studio: Studio, film: FilmDocument) -> dict[str, str]:
    rows = (await list_records(studio, "lines", episode_id=film.episode_id)).items
    return {str(row["text"]): str(row["translation"]) for row in rows}


async def test_every_line_gets_its_own_translation_and_one_undo_takes_them_back(
    studio: Studio,
) -> None:
    film = await planned(studio, long_story(4_000))
    llm = model(studio)
    done = await translate_episode_lines(studio, film.episode_id, to="en", llm="auto")
    assert (done.ok, done.llm, done.untranslated) == (True, "anthropic", [])
    assert len(llm.requests) > 1
    found = await translations(studio, film)
    assert all(told == f"EN {text}" for text, told in found.items())
    await undo(studio, film.episode_id)
    assert set((await translations(studio, film)).values()) == {""}


async def test_what_a_person_wrote_stays_unless_all_are_asked_for(studio: Studio) -> None:
    film = await planned(studio)
    mine = film.storyboards[1].lines[0] if film.storyboards[1].lines else None
    mine = mine or next(line for shot in film.storyboards for line in shot.lines)
    await edit_record(studio, "lines", UUID(str(mine.id)), {"translation": "Mine."})
    model(studio)
    done = await translate_episode_lines(studio, film.episode_id, to="en", llm="auto")
    assert mine.id not in {line.id for line in done.lines}
    assert (await translations(studio, film))[mine.text] == "Mine."
    again = await translate_episode_lines(studio, film.episode_id, to="en", llm="auto")
    assert (again.ok, again.lines) == (True, [])
    await translate_episode_lines(studio, film.episode_id, to="en", everything=True, llm="auto")
    assert (await translations(studio, film))[mine.text] == f"EN {mine.text}"


async def test_lines_that_a_model_leaves_out_are_asked_for_again_alone(studio: Studio) -> None:
    film = await planned(studio)

    def forgetful(request: ModelRequest[Any]) -> Document:
        rows = matter(request)["lines"]
        kept = rows[:1] * len(rows)
        return {"lines": [{"line": row["line"], "text": f"EN {row['text']}"} for row in kept]}

    llm = model(studio, forgetful)
    done = await translate_episode_lines(studio, film.episode_id, to="en", llm="auto")
    assert not done.ok
    assert done.why
    assert len(llm.requests) == 3
    answers = {line.text: line.translation for line in done.lines}
    assert all(told == f"EN {text}" for text, told in answers.items())
    assert len(done.lines) + len(done.untranslated) == 3


async def test_no_model_the_same_language_and_a_refused_key_are_clear_errors(
    studio: Studio,
) -> None:
    film = await planned(studio)
    with pytest.raises(NotAvailable) as missing:
        await translate_episode_lines(studio, film.episode_id, to="en")
    assert "llm enable" in missing.value.hint()
    with pytest.raises(InputRefused, match="language"):
        await translate_episode_lines(studio, film.episode_id, to="zh", llm="auto")
    model(studio, [ModelFailed("llm_unauthorized", provider="anthropic", reason="401")])
    with pytest.raises(ModelFailed):
        await translate_episode_lines(studio, film.episode_id, to="en", llm="auto")
    assert set((await translations(studio, film)).values()) == {""}

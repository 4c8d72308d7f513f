"""A film whose shots a language model planned: stored, remembered, asked again only where needed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.model_writing import STORY, answer

from ai_video.domain.language_models import ModelFailed, ModelRequest
from ai_video.errors import InputRefused, NotAvailable
from ai_video.llm.scripted import ScriptedLLM
from ai_video.studio.planning.film_runs import FilmRuns
from ai_video.studio.planning.make import make_film
from ai_video.studio.planning.plan_script import plan_script
from ai_video.studio.records.events import last_event, read_events
from ai_video.studio.records.records import delete_record, edit_record, list_records
from ai_video.studio.requests import FilmDocument, MakeRequest
from ai_video.studio.studio import Studio


def model(studio: Studio, script: Any = answer) -> ScriptedLLM:
    llm = ScriptedLLM(script, name="anthropic", pieces=20)
    studio.models.given = llm
    return llm


async def storyboards(studio: Studio, text: str = STORY, **said: Any) -> FilmDocument:
    request = MakeRequest(text=text, name="雨夜", until="storyboards", **said)
    document = await make_film(studio, request)
    assert isinstance(document, FilmDocument)
    return document


async def test_the_document_says_whose_model_planned_and_the_project_remembers_who(
    studio: Studio,
) -> None:
    llm = model(studio)
    film = await storyboards(studio, llm="anthropic")
    assert film.used.llm == "anthropic"
    assert [row.code for row in film.degraded] == ["generator_animatic"]
    assert all("画面" in shot.description for shot in film.storyboards)
    project = (await list_records(studio, "projects")).items[0]
    assert project["settings"]["llm"] == "anthropic"  # type: ignore[index,call-overload]
    calls = len(llm.requests)
    again = await storyboards(studio)
    assert len(llm.requests) == calls, "an unchanged text asks nothing again"
    assert again.storyboards == film.storyboards


async def test_characters_get_looks_where_nobody_gave_them_any(studio: Studio) -> None:
    model(studio, lambda request: ModelFailed("llm_refused", provider="anthropic", reason="no"))
    film = await storyboards(studio)
    rows = (await list_records(studio, "characters", project_id=film.project_id)).items
    mine = next(row for row in rows if row["name"] == "陈默")
    await edit_record(studio, "characters", _id(mine), {"appearance": "高个子"})
    model(studio)
    await storyboards(studio)
    rows = (await list_records(studio, "characters", project_id=film.project_id)).items
    looks = {row["name"]: row["appearance"] for row in rows}
    assert looks == {"林小雨": "林小雨穿着灰色长衣", "陈默": "高个子"}


async def test_shots_are_told_as_events_while_they_come(studio: Studio) -> None:
    model(studio)
    before = await last_event(studio)
    film = await storyboards(studio)
    events = await read_events(studio, after=before, limit=1000)
    told = [row for row in events if row["type"] == "storyboards.proposed"]
    assert len(told) == len(film.storyboards)
    assert {row["subject"] for row in told} == {str(film.episode_id)}


async def test_an_edited_paragraph_keeps_ids_edits_and_removed_shots(studio: Studio) -> None:
    model(studio)
    film = await storyboards(studio)
    first, last = film.storyboards[0], film.storyboards[-1]
    await edit_record(studio, "storyboards", first.id, {"description": "我写的"})
    await delete_record(studio, "storyboards", last.id)
    changed = await storyboards(studio, STORY.replace("让你久等了", "让你等久了"))
    assert [shot.id for shot in changed.storyboards] == [s.id for s in film.storyboards[:-1]]
    assert changed.storyboards[0].description == "我写的"
    assert "让你等久了" in " ".join(line.text for s in changed.storyboards for line in s.lines)


async def test_a_text_is_kept_though_planning_is_cut_off_and_removed_shots_stay_removed(
    studio: Studio,
) -> None:
    model(studio)
    film = await storyboards(studio)
    await delete_record(studio, "storyboards", film.storyboards[-1].id)
    text = STORY.replace("让你久等了", "让你等久了")

    def cut_off(request: ModelRequest[Any]) -> Any:
        if request.task == "storyboards":
            raise KeyboardInterrupt
        return answer(request)

    model(studio, cut_off)
    with pytest.raises(KeyboardInterrupt):
        await storyboards(studio, text)
    newest = (await list_records(studio, "scripts", episode_id=film.episode_id)).items[0]
    assert (newest["content"], newest["planned"]) == (text, False)
    model(studio)
    planned = await plan_script(studio, film.episode_id)
    assert [shot.id for shot in planned.storyboards] == [s.id for s in film.storyboards[:-1]]


async def test_what_fell_to_the_rules_is_said_and_asked_for_again(studio: Studio) -> None:
    busy = ModelFailed("llm_rate_limited", provider="anthropic", reason="busy")
    model(studio, lambda request: answer(request) if request.task == "content" else busy)
    film = await storyboards(studio)
    assert film.used.llm == "rules"
    said = [row for row in film.degraded if row.code == "planned_by_rules"]
    assert said
    assert "anthropic" in said[0].message
    assert "busy" in said[0].message
    llm = model(studio)
    again = await storyboards(studio)
    assert again.used.llm == "anthropic"
    assert {request.task for request in llm.requests} == {"storyboards"}
    assert _line_ids(again) == _line_ids(film)


async def test_an_unusable_answer_that_is_remembered_is_not_the_last_word(studio: Studio) -> None:
    def doubled(request: ModelRequest[Any]) -> Any:
        good: Any = answer(request)
        return {**good, "shots": [*good["shots"], *good["shots"]]} if "shots" in good else good

    model(studio, doubled)
    film = await storyboards(studio)
    assert film.used.llm == "rules"
    llm = model(studio)
    assert (await storyboards(studio)).used.llm == "anthropic"
    assert len(llm.requests) == 1


async def test_a_model_that_is_not_enabled_is_refused_before_anything_is_made(
    studio: Studio,
) -> None:
    with pytest.raises(NotAvailable) as refused:
        await storyboards(studio, llm="openai")
    assert "llm enable openai" in str(refused.value.fields["command"])
    assert (await list_records(studio, "projects")).items == []


async def test_a_project_that_asks_for_rules_needs_no_model_of_the_setting(studio: Studio) -> None:
    await storyboards(studio, llm="rules")
    studio.models.setting = "anthropic"
    assert (await storyboards(studio)).used.llm == "rules"
    with pytest.raises(NotAvailable):
        await make_film(studio, MakeRequest(text=STORY, name="别的", until="storyboards"))
    assert len((await list_records(studio, "projects")).items) == 1


async def test_a_refused_key_makes_no_shots(studio: Studio) -> None:
    model(studio, [ModelFailed("llm_unauthorized", provider="anthropic", reason="401")])
    with pytest.raises(ModelFailed):
        await storyboards(studio)
    assert (await list_records(studio, "storyboards")).items == []


async def test_rules_are_asked_for_by_name(studio: Studio) -> None:
    llm = model(studio)
    film = await storyboards(studio, llm="rules")
    assert (film.used.llm, llm.requests) == ("rules", [])
    by_model = await storyboards(studio, llm="auto")
    assert by_model.used.llm == "anthropic"
    back = await storyboards(studio, llm="rules")
    assert back.used.llm == "rules"


async def test_a_cap_that_is_reached_leaves_the_rest_to_the_rules(studio: Studio) -> None:
    class Capped(ScriptedLLM):
        async def generate(self, request: ModelRequest[Any], **more: Any) -> Any:
            if request.task == "storyboards":
                raise InputRefused("cost_cap_project", cap=1.0, spent=1.0)
            return await super().generate(request, **more)

    studio.models.given = Capped(answer, name="anthropic")
    film = await storyboards(studio)
    assert film.used.llm == "rules"
    assert "planned_by_rules" in {row.code for row in film.degraded}


async def test_behind_a_door_a_model_plans_in_the_background(studio: Studio) -> None:
    model(studio)
    films = FilmRuns(studio)
    before = await last_event(studio)
    begun = await films.make(MakeRequest(text=STORY, name="雨夜", until="storyboards"))
    assert isinstance(begun, FilmDocument)
    assert begun.storyboards == []
    (kept,) = (await list_records(studio, "scripts", episode_id=begun.episode_id)).items
    assert kept["content"].strip() == STORY.strip(), "whatever becomes of the plan"
    assert films.is_filming(begun.episode_id)
    await films.films[begun.episode_id]
    events = [row["type"] for row in await read_events(studio, after=before, limit=1000)]
    assert "storyboards.planned" in events
    assert "film.failed" not in events
    shots = await list_records(studio, "storyboards", episode_id=begun.episode_id)
    assert shots.items
    with pytest.raises(InputRefused, match="nothing"):
        await films.make(MakeRequest(text="---", name="空"))


def _id(row: dict[str, Any]) -> UUID:
    return UUID(row["id"])


def _line_ids(film: FilmDocument) -> list[UUID]:
    return [line.id for shot in film.storyboards for line in shot.lines]

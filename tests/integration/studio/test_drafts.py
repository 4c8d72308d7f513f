"""From an idea to a script: proposed by a model, accepted by the user, nothing written over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.model_writing import Document, answer, matter, story, written

from ai_video.domain.language_models import ModelFailed, ModelRequest
from ai_video.errors import Conflict, InputRefused, NotAvailable
from ai_video.llm.scripted import ScriptedLLM
from ai_video.studio.planning.draft_acceptance import Accepted, accept_draft
from ai_video.studio.planning.drafts import (
    WriteRequest,
    write_outline,
    write_script,
    write_story,
)
from ai_video.studio.planning.plan_script import plan_script
from ai_video.studio.records.records import create_record, edit_record, list_records
from ai_video.studio.records.scripts import restore_script, save_script
from ai_video.studio.studio import Studio

NEWS = """雨水回收站启用
新华社北京电 一座雨水回收站在本市启用，每天可处理300吨雨水。
负责人王林说：“这座回收站能为附近居民提供用水。”
来源：新华社
"""


def model(studio: Studio, script: Any = story) -> ScriptedLLM:
    studio.models.given = llm = ScriptedLLM(script, name="anthropic")
    return llm


async def drafted(studio: Studio, **said: Any) -> Any:
    return await write_story(studio, WriteRequest(idea="雨夜，茶馆里来了一个陌生人", **said))


async def names(studio: Studio, kind: str) -> list[Any]:
    return [row["name"] for row in (await list_records(studio, kind)).items]


async def test_an_idea_becomes_outline_and_script_and_changes_nothing_yet(studio: Studio) -> None:
    llm = model(studio)
    draft = await drafted(studio)
    assert draft["written_by"] == "anthropic"
    assert len(draft["outline"]) == 5
    assert [request.task for request in llm.requests] == ["outline", "script", "script"]
    assert "第1场 内景 茶馆 夜" in draft["script"]
    assert await names(studio, "characters") == []
    assert (await list_records(studio, "scripts")).items == []
    again = await drafted(studio)
    assert again["id"] == draft["id"]
    assert len(llm.requests) == 3
    other = await drafted(studio, anew=True)
    assert other["id"] != draft["id"]


async def test_what_is_accepted_is_read_back_as_it_was_written_and_can_be_filmed(
    studio: Studio,
) -> None:
    model(studio)
    done = await write_story(studio, WriteRequest(idea="雨"), accept=True)
    assert isinstance(done, Accepted)
    assert done.added == {
        "world": ["九十年代的小城，总是下雨。"],
        "characters": ["林小雨", "陈默"],
        "scenes": ["茶馆"],
    }
    assert done.episode_id is not None
    model(studio, answer)
    film = await plan_script(studio, done.episode_id)
    said = [(line.speaker, line.text) for shot in film.storyboards for line in shot.lines]
    assert said[:2] == [("陈默", "第1封信。"), ("林小雨", "谢谢你。")]
    assert len(said) == 10
    shown = {person.name for shot in film.storyboards for person in shot.characters}
    assert shown == {"林小雨", "陈默"}
    assert film.used.llm == "anthropic"


async def test_what_the_project_has_is_kept(studio: Studio) -> None:
    project = await create_record(studio, "projects", {"name": "雨夜"})
    owner = {"project_id": str(project["id"])}
    await create_record(studio, "characters", {**owner, "name": "林小雨", "appearance": "长发"})
    await create_record(studio, "world-settings", {**owner, "content": "我的世界"})
    episode = await create_record(studio, "episodes", {**owner, "title": "第一集"})
    episode_id = UUID(str(episode["id"]))
    mine = await save_script(studio, episode_id=episode_id, content="我写的第一版。")
    llm = model(studio)
    draft = await drafted(studio, project="雨夜")
    told = matter(llm.requests[0])
    assert ([person["name"] for person in told["people"]], told["world"]) == (
        ["林小雨"], "我的世界",
    )  # fmt: skip
    done = await accept_draft(studio, UUID(draft["id"]), episode_id=episode_id)
    assert done.added == {"characters": ["陈默"], "scenes": ["茶馆"]}
    assert done.kept == {"world": ["我的世界"], "characters": ["林小雨"]}
    rows = {r["name"]: r for r in (await list_records(studio, "characters")).items}
    assert rows["林小雨"]["appearance"] == "长发"
    versions = (await list_records(studio, "scripts", episode_id=episode_id)).items
    assert [row["version"] for row in versions] == [2, 1]
    await restore_script(studio, UUID(str(mine["id"])))
    versions = (await list_records(studio, "scripts", episode_id=episode_id)).items
    assert versions[0]["content"] == "我写的第一版。"
    with pytest.raises(Conflict):
        await accept_draft(studio, UUID(draft["id"]))


async def test_an_edited_outline_is_what_the_script_is_written_from(studio: Studio) -> None:
    llm = model(studio)
    draft = await write_outline(studio, WriteRequest(idea="雨"))
    assert draft["script"] == ""
    draft_id = UUID(str(draft["id"]))
    outline: Any = draft["outline"]
    kept: Any = [{**outline[0], "happens": "她烧掉了信"}]
    await edit_record(studio, "drafts", draft_id, {"outline": kept, "title": "灰烬"})
    done = await write_script(studio, draft_id)
    assert matter(llm.requests[-1])["outline"][0]["happens"] == "她烧掉了信"
    assert str(done["script"]).startswith("《灰烬》")
    assert str(done["script"]).count("第1场") == 1


async def test_news_says_only_what_the_material_says(studio: Studio) -> None:
    def invents(request: ModelRequest[Any]) -> Document:
        if request.task == "outline":
            return story(request)
        good = written(matter(request))
        for part in good["parts"]:
            part["blocks"] = [
                {"text": "回收站每天处理300吨雨水。另有500万元投入。"},
                {"text": "王林说：“明年我们还会再建二十座新的回收站。”"},
            ]
        return good

    llm = model(studio, invents)
    draft: Any = await write_story(studio, WriteRequest(idea=NEWS, mode="news"))
    assert "300吨" in draft["script"]
    assert "500万" not in draft["script"]
    assert "二十座" not in draft["script"]
    assert "来源：新华社" in draft["script"]
    assert draft["left_out"]
    assert len([r for r in llm.requests if r.task == "script"]) <= 6


async def test_without_a_model_it_says_how_to_get_one(studio: Studio) -> None:
    with pytest.raises(NotAvailable) as missing:
        await drafted(studio)
    assert missing.value.fields["command"] == "ai-video llm enable claude-code"
    assert (await list_records(studio, "projects")).items == []


async def test_unusable_answers_and_refusals_are_errors_after_few_calls(studio: Studio) -> None:
    def nameless(request: ModelRequest[Any]) -> Document:
        good = story(request)
        if request.task == "script":
            good["parts"][0]["blocks"][1]["speaker"] = None
        return good

    llm = model(studio, nameless)
    with pytest.raises(ModelFailed, match="draft_unusable"):
        await drafted(studio)
    assert len(llm.requests) <= 4
    draft = (await list_records(studio, "drafts")).items[0]
    assert draft["script"] == ""
    model(studio)
    assert (await write_script(studio, UUID(str(draft["id"]))))["script"]
    model(studio, [ModelFailed("llm_refused", provider="anthropic", reason="no")])
    with pytest.raises(ModelFailed, match="llm_refused"):
        await drafted(studio, anew=True)


async def test_an_episode_without_a_script_has_nothing_to_plan(studio: Studio) -> None:
    project = await create_record(studio, "projects", {"name": "空"})
    values = {"project_id": str(project["id"]), "title": "一"}
    episode = await create_record(studio, "episodes", values)
    with pytest.raises(InputRefused, match="no_script"):
        await plan_script(studio, UUID(str(episode["id"])))

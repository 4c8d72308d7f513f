"""Without a model: fixed commands in both languages, through the same tools and proposals."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.integration.chat.conftest import Talk

from ai_video.domain.entities import EpisodeEdit, Json
from ai_video.storage.database import Unit
from ai_video.studio.chat.commands import COMMANDS, HELP, number_of
from ai_video.studio.records.records import create_record, edit_record


async def test_shots_are_listed(talk: Talk) -> None:
    for text in ("列出分镜", "显示所有分镜。", "list shots", "Show me all the shots"):
        answer = await talk.say(text)
        assert answer["provider"] == "rules"
        assert answer["state"] == "done"
        lines = str(answer["text"]).splitlines()
        shown = [line.split(" (")[0] for line in lines]
        assert shown == ["1. A street.", "2. A room.", "3. A hill."]
        calls = cast("list[Json]", answer["tools"])
        assert [call["name"] for call in calls] == ["list_storyboards"]
        assert cast("Json", answer["usage"])["cost"] == 0


CHANGES: dict[str, tuple[str, str | float]] = {
    "改第3镜描述为雨中的山坡": ("description", "雨中的山坡"),
    "把第三个镜头的描述改成“夜里的山坡”": ("description", "夜里的山坡"),
    "镜头3的时长改为5秒": ("duration", 5.0),
    "Change the description of shot 3 to A hill: at noon": ("description", "A hill: at noon"),
    "set shot 3's duration to 6.5 s": ("duration", 6.5),
    "change notes of shot 3 to slow": ("notes", "slow"),
}


async def test_a_shot_is_changed_by_proposals(talk: Talk) -> None:
    for text, (field, value) in CHANGES.items():
        before = (await talk.shot(3))[field]
        answer = await talk.say(text)
        assert "propos" in str(answer["text"]).lower() or "提议" in str(answer["text"])
        proposal = (await talk.proposals())[-1]
        fields = {
            str(part["field"]): part["after"]
            for row in cast("list[Json]", proposal["changes"])
            for part in cast("list[Json]", row["fields"])
        }
        assert fields[field] == value
        assert (await talk.shot(3))[field] == before
        await talk.chats.accept(UUID(str(proposal["id"])))
        assert (await talk.shot(3))[field] == value


ANSWERS = {
    "显示角色": "小明",
    "list characters": "小明",
    "列出分集": "One",
    "列出场景": "没有。",
    "列出 LoRA": "没有。",
    "list loras": "None.",
    "第二镜": "A room.",
    "show shot 2": "小明：line 2",
    "哪些要更新": "没有过时",
    "what is stale?": "Nothing is stale",
    "进度": "步要做",
    "status": "still to do",
    "第9镜": "没有第 9 镜",
    "show shot 9": "There is no shot 9.",
    "第零十一镜": "没有第 0 镜",
    "把小红的外貌改成高个子": "没有叫 小红 的角色",
    "改第1镜第4句台词为好": "这一镜有 1 句台词",
    "undo": "no edit to undo",
    "让它更有电影感": "没有模型",
    "Make it more cinematic": "There is no model",
    "help": "I answer by fixed rules",
    "帮助": "固定的规则",
}


async def test_commands_and_what_they_answer(talk: Talk) -> None:
    await undone(talk)
    for text, word in ANSWERS.items():
        answer = await talk.say(text)
        assert answer["state"] == "done", answer["error"]
        assert word in str(answer["text"]), text
    assert await talk.proposals() == []


async def undone(talk: Talk) -> None:
    """Nothing is left to undo: the shots were inserted by edits."""

    async def forget(unit: Unit) -> None:
        for edit in await unit.find(EpisodeEdit):
            await unit.remove(EpisodeEdit, edit.id)

    await talk.studio.database.write(forget)


PROPOSED = {
    "改第1镜第1句台词为晚上好。": "edit_line",
    "change line 1 of shot 1 to Good evening?": "edit_line",
    "小明的外貌改为高个子": "edit_character",
    "change the appearance of 小明 to tall": "edit_character",
    "更新影片": "render_film",
    "render the film": "render_film",
    "撤销": "undo_edit",
    "Undo": "undo_edit",
}


async def test_other_changes_are_proposed_too(talk: Talk) -> None:
    await edit_record(talk.studio, "storyboards", UUID(talk.shots[0]), {"notes": "Slow."})
    for text in PROPOSED:
        await talk.say(text)
    proposals = await talk.proposals()
    assert [row["tool"] for row in proposals] == [*PROPOSED.values()]
    (line,) = cast("list[Json]", proposals[1]["changes"])
    assert cast("list[Json]", line["fields"])[0]["after"] == "Good evening?"


async def test_which_episode_is_asked_where_there_are_several(talk: Talk) -> None:
    await create_record(talk.studio, "episodes", {"project_id": talk.project, "title": "Two"})
    assert "several episodes" in str((await talk.say("list shots"))["text"])
    answer = await talk.say("list shots", episode_id=UUID(talk.episode))
    assert "1. A street." in str(answer["text"])


async def test_rules_answer_when_they_are_asked_for(talk: Talk) -> None:
    talk.script(["Never."])
    answer = await talk.say("list shots", llm="rules")
    assert answer["provider"] == "rules"


@given(st.text("零〇一二两三四五六七八九十百千", min_size=1, max_size=6))
def test_numerals_in_any_order_are_a_number_or_none(text: str) -> None:
    assert number_of(text) >= 0


def test_every_example_of_the_help_is_understood() -> None:
    examples = {
        "zh": "列出分镜|第3镜|列出角色|列出场景|列出分集|列出 LoRA|列出声音|哪些要更新|进度|第3镜的描述改为好"
        "|第3镜的时长改为5秒|第3镜第1句台词改为好|小明的外貌改为好|更新影片|撤销",
        "en": "list shots|show shot 3|list characters|list scenes|list episodes|list LoRAs|list voices"
        "|what is stale|status|change the description of shot 3 to x|change the duration of shot 3 to 5"
        "|change line 1 of shot 3 to x|change the appearance of Anna to x|update the film|undo",
    }
    for language, texts in examples.items():
        for text in texts.split("|"):
            assert any(pattern.fullmatch(text) for pattern, _ in COMMANDS), text
            known = text.replace("好", "…").replace(" x", " …")
            assert known in HELP[language], known  # type: ignore[index]

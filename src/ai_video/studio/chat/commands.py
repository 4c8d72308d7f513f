"""The commands that rules answer: how they are said, and what each does with the tools."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final, cast

from cn2an import cn2an
from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.errors import Language

if TYPE_CHECKING:
    from ai_video.studio.chat.rules import RulesChat

_N = r"(?P<{0}>\d+|[零〇一二两三四五六七八九十百千]+)"
_SHOT_ZH = (
    rf"(?:第\s*{_N.format('shot')}\s*(?:个)?(?:镜头|镜|分镜)|(?:镜头|分镜)\s*{_N.format('shot2')})"
)
_SHOT_EN = r"shot\s*#?(?P<shot>\d+)"
_TO_ZH = r"(?:改为|改成|换成|设为|为|成|是)\s*[:：]?\s*"
_TO_EN = r"\s+(?:to|into|be|=)\s*:?\s*"
_NEW = r"(?P<new>.+)"

HELP: Final[dict[Language, str]] = {
    "zh": """\
我按固定的规则回答, 认得这些说法:
· 列出分镜 / 第3镜 / 列出角色 / 列出场景 / 列出分集 / 列出 LoRA / 列出声音
· 哪些要更新 / 进度
· 第3镜的描述改为… / 第3镜的时长改为5秒 / 第3镜第1句台词改为…
· 小明的外貌改为… / 更新影片 / 撤销
修改先列成提议, 由你接受或拒绝。要自由交谈, 启用一个模型: ai-video llm enable""",
    "en": """\
I answer by fixed rules and know these:
· list shots / show shot 3 / list characters / list scenes / list episodes / list LoRAs / list voices
· what is stale / status
· change the description of shot 3 to … / change the duration of shot 3 to 5 / change line 1 of shot 3 to …
· change the appearance of Anna to … / update the film / undo
Changes become proposals that you accept or reject. To talk freely, enable a model: ai-video llm enable""",
}
UNKNOWN: Final[dict[Language, str]] = {
    "zh": "没有模型, 按规则回答, 这句话我不认得。",
    "en": "There is no model; rules answer, and they do not know this sentence.",
}

Work = Callable[["RulesChat", re.Match[str]], AsyncGenerator[str]]


class Refused(Exception):
    """A command that cannot be carried out; the words say why."""


def number_of(text: str) -> int:
    """A number in digits or Chinese numerals; 0 for what is none."""
    try:
        return int(text) if text.isdecimal() else int(cn2an(text, "smart"))
    except (ValueError, KeyError):  # KeyError: numerals in an order that is none
        return 0


async def unknown(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    yield f"{UNKNOWN[chat.language]}\n\n{HELP[chat.language]}"


async def _help(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    yield HELP[chat.language]


async def _list_shots(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    shots = await chat.items("list_storyboards", episode_id=chat.episode_id, limit=200)
    if not shots:
        yield chat.say("这一集还没有分镜。", "This episode has no shots yet.")
        return
    yield "\n".join(
        f"{shot.get('shot_number')}. {_clipped(shot.get('description'))} ({shot.get('duration')} s)"
        for shot in shots
    )


async def _show_shot(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    shot = await chat.shot(match)
    number = shot.get("shot_number")
    rows = [
        chat.say(f"第 {number} 镜, {shot.get('duration')} 秒", f"Shot {number}, {shot.get('duration')} s"),
        str(shot.get("description") or ""),
        str(shot.get("dialogue") or ""),
    ]  # fmt: skip
    yield "\n".join(row for row in rows if row)


def _listing(tool: str, *fields: str, of_project: bool = True) -> Work:
    async def work(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
        if of_project:
            rows = await chat.items(tool, project_id=chat.project_id, limit=200)
        else:
            rows = await chat.items(tool)
        lines = [
            " · ".join(_clipped(row[name]) for name in fields if row.get(name)) for row in rows
        ]
        yield "\n".join(lines) or chat.say("没有。", "None.")

    return work


async def _stale(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    rows = await chat.items("list_stale", episode_id=chat.episode_id)
    if not rows:
        yield chat.say(
            "没有过时的部分 (从未制作过的不算)。",
            "Nothing is stale (what was never made does not count).",
        )
        return
    shots = await chat.items("list_storyboards", episode_id=chat.episode_id, limit=200)
    numbers = {shot["id"]: shot.get("shot_number") for shot in shots}
    lines: list[str] = []
    for row in rows:
        number = numbers.get(cast("str", row.get("storyboard_id") or ""))
        where = (
            chat.say(f"第 {number} 镜", f"shot {number}") if number else chat.say("成片", "film")
        )
        changed = ", ".join(str(name) for name in cast("list[str]", row.get("changed") or []))
        lines.append(f"{where}: {row['kind']}" + (f" ({changed})" if changed else ""))
    yield "\n".join(lines)


async def _status(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    film = await chat.call("get_film", episode_id=chat.episode_id)
    tasks = cast("Json", film.get("tasks") or {})
    waiting = len(cast("list[Json]", film.get("executed") or []))
    total = tasks.get("total") or 0
    now = (
        chat.say("正在制作", "being made")
        if film.get("filming")
        else chat.say("没有在制作", "not being made")
    )
    yield chat.say(
        f"{now}; 共 {total} 步, 还有 {waiting} 步要做。",
        f"It is {now}; {total} steps in all, {waiting} still to do.",
    )  # fmt: skip


async def _edit_shot(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    shot = await chat.shot(match)
    field = FIELDS[match["field"].lower()]
    changes: Json = {field: _new_value(chat, field, match["new"])}
    yield chat.proposed(await chat.call("edit_storyboard", id=shot["id"], changes=changes))


def _new_value(chat: RulesChat, field: str, said: str) -> JsonValue:
    if field != "duration":
        return _unquoted(said)
    found = re.match(r"\d+(?:\.\d+)?", said.strip())
    if not found:
        raise Refused(chat.say("时长要是秒数。", "The duration must be a number of seconds."))
    return float(found.group())


async def _edit_line(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    shot = await chat.shot(match)
    lines = await chat.items("list_lines", storyboard_id=shot["id"], limit=200)
    wanted = number_of(match.groupdict().get("line") or "1")
    if not 1 <= wanted <= len(lines):
        raise Refused(
            chat.say(f"这一镜有 {len(lines)} 句台词。", f"This shot has {len(lines)} lines.")
        )
    changes: Json = {"text": _unquoted(match["new"])}
    answer = await chat.call("edit_line", id=lines[wanted - 1]["id"], changes=changes)
    yield chat.proposed(answer)


async def _edit_character(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    people = await chat.items("list_characters", project_id=chat.project_id, limit=200)
    name = match["name"].strip()
    person = next((row for row in people if str(row["name"]).lower() == name.lower()), None)
    if person is None:
        raise Refused(chat.say(f"没有叫 {name} 的角色。", f"There is no character named {name}."))
    changes: Json = {"appearance": _unquoted(match["new"])}
    yield chat.proposed(await chat.call("edit_character", id=person["id"], changes=changes))


async def _render(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    yield chat.proposed(await chat.call("render_film", episode_id=chat.episode_id))


async def _undo(chat: RulesChat, match: re.Match[str]) -> AsyncGenerator[str]:
    yield chat.proposed(await chat.call("undo_edit", episode_id=chat.episode_id))


def _clipped(value: JsonValue) -> str:
    text = " ".join(str(value or "").split())
    return text if len(text) <= 80 else text[:79] + "…"


def _unquoted(text: str) -> str:
    text = text.strip()
    pairs = (("“", "”"), ('"', '"'), ("「", "」"), ("'", "'"))
    for start, end in pairs:
        if len(text) > 1 and text.startswith(start) and text.endswith(end):
            return text[1:-1].strip()
    return text


FIELDS: Final = {
    "描述": "description", "画面": "description", "时长": "duration", "备注": "notes",
    "description": "description", "duration": "duration", "notes": "notes",
}  # fmt: skip
_FIELD_ZH = r"(?P<field>描述|画面|时长|备注)"
_FIELD_EN = r"(?P<field>description|duration|notes)"
_LIST_ZH = r"(?:请)?(?:列出|显示|看看|查看|有哪些|所有)?(?:所有|全部)?的?"
_LIST_EN = r"(?:please\s+)?(?:list|show)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?"
_CHANGE_EN = r"(?:please\s+)?(?:change|set|make|edit)\s+(?:the\s+)?"


def _command(work: Work, *patterns: str) -> list[tuple[re.Pattern[str], Work]]:
    flags = re.IGNORECASE | re.DOTALL
    return [(re.compile(pattern, flags), work) for pattern in patterns]


COMMANDS: Final[list[tuple[re.Pattern[str], Work]]] = [
    *_command(_help, r"帮助|你?能做什么|怎么用|help|\?|what can you do"),
    *_command(
        _edit_line,
        rf"(?:请)?(?:把|将|改)?{_SHOT_ZH}的?(?:第\s*{_N.format('line')}\s*[句条])?台词{_TO_ZH}{_NEW}",
        rf"{_CHANGE_EN}line\s*(?P<line>\d+)?\s*(?:of|in)\s+{_SHOT_EN}{_TO_EN}{_NEW}",
    ),
    *_command(
        _edit_shot,
        rf"(?:请)?(?:把|将|改)?{_SHOT_ZH}的?{_FIELD_ZH}{_TO_ZH}{_NEW}",
        rf"{_CHANGE_EN}{_FIELD_EN}\s+of\s+{_SHOT_EN}{_TO_EN}{_NEW}",
        rf"{_CHANGE_EN}{_SHOT_EN}(?:'s)?\s+{_FIELD_EN}{_TO_EN}{_NEW}",
    ),
    *_command(
        _edit_character,
        rf"(?:请)?(?:把|将|改)?(?P<name>.{{1,40}}?)的(?:外貌|样子|长相){_TO_ZH}{_NEW}",
        rf"{_CHANGE_EN}appearance\s+of\s+(?P<name>.{{1,60}}?){_TO_EN}{_NEW}",
    ),
    *_command(_list_shots, rf"{_LIST_ZH}(?:分镜|镜头)(?:列表)?", rf"{_LIST_EN}(?:shots|storyboards)"),
    *_command(
        _show_shot,
        rf"(?:请)?(?:显示|看看|查看)?{_SHOT_ZH}(?:的?(?:内容|描述))?",
        rf"(?:please\s+)?(?:show\s+)?(?:me\s+)?{_SHOT_EN}",
    ),
    *_command(
        _listing("list_characters", "name", "voice", "appearance"),
        rf"{_LIST_ZH}(?:角色|人物)",
        rf"{_LIST_EN}(?:characters|cast)",
    ),
    *_command(
        _listing("list_scenes", "name", "description"), rf"{_LIST_ZH}场景", rf"{_LIST_EN}scenes"
    ),
    *_command(
        _listing("list_episodes", "order", "title", "status"),
        rf"{_LIST_ZH}(?:分集|剧集)",
        rf"{_LIST_EN}episodes",
    ),
    *_command(
        _listing("list_loras", "name", "type", "base_model"),
        rf"{_LIST_ZH}\s*lora",
        rf"{_LIST_EN}loras",
    ),
    *_command(
        _listing("list_voices", "id", "label", of_project=False),
        rf"{_LIST_ZH}(?:声音|配音)",
        rf"{_LIST_EN}voices",
    ),
    *_command(
        _stale,
        r"(?:有?哪些|什么)?(?:要|需要|待)?(?:更新|重做|过时)的?(?:部分|内容|了)?(?:有哪些)?",
        r"(?:what(?:'s| is)|show|list)\s+(?:the\s+)?stale",
    ),
    *_command(_status, r"进度|状态|做到哪(?:里|儿)了?", r"status|progress|how far(?: is it)?"),
    *_command(
        _render,
        r"(?:请)?(?:更新|渲染|制作|重新制作)(?:影片|成片|视频)",
        r"(?:please\s+)?(?:update|render|make)\s+(?:the\s+)?film",
    ),
    *_command(_undo, r"(?:请)?撤销(?:上一步|修改)?", r"undo"),
]  # fmt: skip
"""Tried in this order; the first that reads the whole message wins."""

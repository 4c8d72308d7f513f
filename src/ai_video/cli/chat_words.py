"""Conversations in words: what was said, what was looked up, what is proposed."""

from __future__ import annotations

from collections import Counter
from typing import cast

from pydantic import JsonValue

from ai_video.cli.present import HEADINGS_ZH, table
from ai_video.cli.running import Words
from ai_video.domain.entities import Json
from ai_video.errors import Language

KINDS_ZH = {
    "storyboard": "镜头", "line": "台词", "character": "角色", "scene": "场景", "project": "项目",
    "take": "候选", "episode": "分集", "keyframe": "画面", "clip": "动态", "voice": "配音",
    "segment": "字幕合段", "composite": "成片",
}  # fmt: skip
KINDS_EN = {"storyboard": "shot"}
STATES: dict[str, tuple[str, str]] = {
    "open": ("等你决定", "waits for you"),
    "accepting": ("正在执行", "being done"),
    "accepted": ("已接受", "accepted"),
    "rejected": ("已拒绝", "rejected"),
    "outdated": ("已过时", "outdated"),
}
LONGEST = 200
"""Characters of one value before or after."""


def kind_word(kind: str, language: Language) -> str:
    return KINDS_ZH.get(kind, kind) if language == "zh" else KINDS_EN.get(kind, kind)


def text_as_it_comes(event: Json, language: Language) -> str:
    """What of one event is printed while an answer is given."""
    data = cast("Json", event["data"])
    if event["type"] == "chat.text":
        return str(data["text"])
    if event["type"] == "chat.tool":
        call = cast("Json", data["call"])
        if call["ok"] is None:
            return f"\n[{cast('Json', call['title'])[language]}]"
        failed = " 失败" if language == "zh" else " failed"
        return "\n" if call["ok"] else f"{failed}\n"
    return ""


def answer_words(told: bool) -> Words:
    """An answer; `told`: its text was printed already."""

    def words(document: Json, language: Language) -> str:
        rows = ["" if told else str(document["text"])]
        rows += [proposal_words(row, language) for row in cast("list[Json]", document["proposals"])]
        rows.append(_foot(document, language))
        return "\n".join(rows)

    return words


def _foot(document: Json, language: Language) -> str:
    """Who answered, what it cost, and how to go on."""
    provider, model = str(document["provider"]), str(document["model"])
    usage = cast("Json", document.get("usage") or {})
    cost = usage.get("cost")
    if provider == "rules":
        who = "按规则回答 (没有模型; 启用: ai-video llm enable)" if language == "zh" else (
            "answered by rules (no model; enable one: ai-video llm enable)"
        )  # fmt: skip
    else:
        who = " ".join(part for part in (provider, model) if part)
        if isinstance(cost, int | float):
            who += f" · ${cost:.4f}"
    return f"— {who} · --conversation {document['conversation_id']}"


def proposal_words(proposal: Json, language: Language) -> str:
    """A proposal: what, before and after, what it makes stale, and how to decide."""
    zh = language == "zh"
    preview = cast("Json", proposal["preview"])
    state = STATES[str(proposal["state"])][0 if zh else 1]
    title = cast("Json", preview["title"])[language]
    rows = [f"{'提议' if zh else 'Proposal'}: {title} ({state})"]
    rows += change_rows(cast("list[Json]", proposal["changes"]), language)
    rows += [f"  {line}" for line in consequences(preview, language)]
    if proposal["state"] == "open":
        rows.append(f"  ai-video chat accept {proposal['id']}")
        rows.append(f"  ai-video chat reject {proposal['id']}")
    return "\n".join(rows)


def change_rows(changes: list[Json], language: Language) -> list[str]:
    """`shot 3 description: before → after`, one line a field; mere new numbers are counted."""
    zh = language == "zh"
    rows: list[str] = []
    for change in changes:
        if change.get("moved"):
            continue
        where = kind_word(str(change["kind"]), language)
        if change.get("shot"):
            where = f"{kind_word('storyboard', language)} {change['shot']}" + (
                "" if change["kind"] == "storyboard" else f" {where}"
            )
        if change.get("name"):
            where += f" {change['name']}"
        if change["action"] == "remove":
            rows.append(f"  − {where}")
            continue
        names = cast("Json", change.get("words") or {})
        for part in cast("list[Json]", change["fields"]):
            before, after = (_short(part[side], names, language) for side in ("before", "after"))
            field = str(part["field"])
            field = HEADINGS_ZH.get(field, field) if zh else field
            if change["action"] == "add":
                if part["after"] not in (None, "", [], {}):
                    rows.append(f"  + {where} {field}: {after}")
            else:
                rows.append(f"  {where} {field}: {before} → {after}")
    moved = sum(1 for change in changes if change.get("moved"))
    if moved:
        rows.append(f"  {moved} 行换了序号" if zh else f"  {moved} rows get another number")
    return rows


def consequences(preview: Json, language: Language) -> list[str]:
    """What becomes stale, what would be made, what it may cost."""
    zh = language == "zh"
    rows: list[str] = []
    stale = Counter(str(row["kind"]) for row in cast("list[Json]", preview.get("stale") or []))
    if stale:
        rows.append(("之后要重做: " if zh else "makes stale: ") + _counted(stale, language))
    made = cast("dict[str, int] | None", preview.get("will_make"))
    if made is not None:
        rows.append(("会制作: " if zh else "will make: ") + (_counted(made, language) or "0"))
    cost = cast("Json | None", preview.get("cost_estimate"))
    if cost:
        rows.append(f"{'约' if zh else 'about'} {cost['amount']} {cost['currency']}")
    return rows


def _counted(counts: dict[str, int], language: Language) -> str:
    return ", ".join(f"{kind_word(kind, language)} ×{count}" for kind, count in counts.items())


def _short(value: JsonValue, names: Json, language: Language) -> str:
    """A value by its name where it has one, cut to what a line can show."""
    if value in (None, "", [], {}):
        return "∅"
    parts = value if isinstance(value, list) else [value]
    said = [cast("Json", names.get(str(part)) or {}).get(language, part) for part in parts]
    text = " ".join(", ".join(map(str, said)).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def list_words_of_chats(document: Json, language: Language) -> str:
    items = cast("list[Json]", document["items"])
    if not items:
        return "没有。" if language == "zh" else "None."
    text = table(("id", "title", "provider", "model", "updated_at"), items, language)
    return text + (f"\n… --cursor {document['next']}" if document.get("next") else "")


def conversation_words(document: Json, language: Language) -> str:
    """What was said, each answer followed by its proposals."""
    proposals = cast("list[Json]", document["proposals"])
    rows = [str(document["title"])]
    for message in cast("list[Json]", document["messages"]):
        mark = ">" if message["role"] == "user" else " "
        rows.append("\n".join(f"{mark} {line}" for line in str(message["text"]).splitlines()))
        error = cast("Json | None", message["error"])
        if error:
            rows.append(f"! {error['message']} {error['hint']}")
        rows += [
            proposal_words(row, language) for row in proposals if row["message_id"] == message["id"]
        ]
    return "\n\n".join(row for row in rows if row)

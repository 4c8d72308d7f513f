"""Documents in words: aligned tables and short summaries, in Chinese or English."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import cast

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.errors import Language

Words = Callable[[Json, Language], str]

COLUMNS: dict[str, tuple[str, ...]] = {
    "projects": ("id", "name", "status", "updated_at"),
    "world-settings": ("id", "content", "keywords"),
    "characters": ("id", "name", "gender", "age", "voice", "appearance"),
    "scenes": ("id", "name", "description"),
    "episodes": ("id", "order", "title", "status", "mode"),
    "scripts": ("id", "version", "created_at", "content"),
    "storyboards": ("id", "shot_number", "scene_number", "duration", "description"),
    "lines": ("id", "order", "speaker", "text", "voice"),
    "assets": ("id", "kind", "origin", "name", "size"),
    "takes": ("id", "kind", "origin", "selected_by", "created_at"),
    "voices": ("id", "lang", "gender", "label"),
    "loras": ("id", "name", "type", "base_model", "recommended_weight", "usage_count", "status"),
    "workflows": ("id", "name", "category", "purpose", "family", "tags"),
    "official": ("name", "title", "models"),
    "servers": ("url", "kind", "version", "cost_per_hour", "currency"),
    "videos": ("id", "version", "duration_s", "created_at", "url"),
    "tasks": ("id", "kind", "status", "retry_count", "key", "reason", "error_message"),
    "dags": ("id", "name", "status", "completed_tasks", "total_tasks", "created_at"),
    "logs": ("at", "attempt_id", "line"),
    "calls": ("at", "provider", "model", "task", "input_tokens", "output_tokens", "cost"),
}
HEADINGS_ZH = {
    "id": "编号", "name": "名称", "status": "状态", "updated_at": "更新时间", "content": "内容",
    "keywords": "关键词", "gender": "性别", "age": "年龄", "voice": "声音", "appearance": "外貌",
    "description": "描述", "order": "序号", "title": "标题", "mode": "模式", "version": "版本",
    "created_at": "创建时间", "shot_number": "镜头", "scene_number": "场次", "duration": "时长",
    "type": "类型", "base_model": "基础模型", "recommended_weight": "推荐权重", "usage_count": "使用次数",
    "speaker": "说话人", "text": "台词", "kind": "类型", "origin": "来源", "size": "大小",
    "selected_by": "选用", "lang": "语言", "label": "说明", "duration_s": "时长(秒)", "url": "地址",
    "reason": "等待原因", "error_message": "错误", "retry_count": "重试", "key": "键", "completed_tasks": "已完成",
    "total_tasks": "总数", "at": "时间", "attempt_id": "尝试", "line": "日志",
    "provider": "来源", "model": "模型", "models": "模型", "task": "用途", "input_tokens": "输入", "output_tokens": "输出",
    "cost": "费用(美元)", "enabled": "启用", "ready": "可用",
    "method": "方法", "use": "适用场景", "for": "优点", "against": "缺点", "detail": "表现",
}  # fmt: skip
WIDEST = 60
"""Columns (half-width) a table cell may take."""


def list_words(kind: str) -> Words:
    """A page as a table; says where the next page starts."""

    def words(answered: Json, language: Language) -> str:
        items = cast("list[Json]", answered.get("items") or [])
        if not items:
            return "没有。" if language == "zh" else "None."
        columns = [name for name in COLUMNS[kind] if any(name in item for item in items)]
        text = table(columns or list(items[0])[:4], items, language)
        if answered.get("next"):
            text += f"\n… --cursor {answered['next']}"
        return text

    return words


def table(columns: Sequence[str], items: Sequence[Json], language: Language) -> str:
    """Rows under headings, aligned by what a terminal shows (Chinese is two wide)."""
    heads = [HEADINGS_ZH.get(name, name) if language == "zh" else name for name in columns]
    rows = [heads, *([_cell(item.get(name)) for name in columns] for item in items)]
    widths = [max(_width(row[index]) for row in rows) for index in range(len(columns))]
    return "\n".join(
        "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths)).rstrip()
        for row in rows
    )


def _cell(value: JsonValue) -> str:
    if value is None or isinstance(value, bool):
        return "✓" if value else "-"
    if isinstance(value, list):
        value = ", ".join(_cell(part) for part in value)
    text = " ".join(str(value).split())
    while _width(text) > WIDEST:
        text = text[:-2].rstrip("…") + "…"
    return text


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def record_words(answered: Json, language: Language) -> str:
    """One thing as `key  value` lines; nested values with dots."""
    item = answered.get("item")
    rows = list(_flat(cast("Json", item) if isinstance(item, dict) else answered, ""))
    if not rows:
        return "好了。" if language == "zh" else "Done."
    widest = max(_width(key) for key, _ in rows)
    return "\n".join(f"{key}{' ' * (widest - _width(key))}  {text}" for key, text in rows)


def _flat(value: Json, prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, part in value.items():
        if isinstance(part, dict) and part:
            rows += _flat(part, f"{prefix}{key}.")
        elif isinstance(part, list) and part and isinstance(part[0], dict):
            rows.append((prefix + key, str(len(part))))
        else:
            text = "-" if part in (None, [], {}, "") else _plain(part)
            rows.append((prefix + key, text))
    return rows


def _plain(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)


def edit_words(answered: Json, language: Language) -> str:
    """What was edited, and what is no longer current."""
    stale = cast("list[Json]", answered.get("stale") or [])
    item = cast("Json", answered.get("item") or {})
    parts = [f"{'已保存' if language == 'zh' else 'Saved'}: {item['id']}"] if "id" in item else []
    if not stale:
        parts.append("没有过时的内容。" if language == "zh" else "Nothing is stale.")
    else:
        parts.append("下次渲染时更新:" if language == "zh" else "The next render makes again:")
        parts.append(
            table(("kind", "storyboard_id", "line_id", "changed", "maybe"), stale, language)
        )
    return "\n".join(parts)


def film_words(answered: Json, language: Language) -> str:
    """A film (or several episodes): where it lies, what ran, what could not be done as asked."""
    episodes = cast("list[Json]", answered.get("episodes") or [answered])
    return "\n\n".join(_film(episode, language) for episode in episodes)


def _film(document: Json, language: Language) -> str:
    zh = language == "zh"
    film = cast("Json | None", document.get("film"))
    tasks = cast("dict[str, int]", document["tasks"])
    shots = cast("list[Json]", document["storyboards"])
    used = cast("dict[str, str]", document["used"])
    rows: list[str] = []
    if film:
        rows.append(f"{'成片' if zh else 'Film'}: {film['path']}")
        rows.append(
            f"{film['width']}x{film['height']}, {cast('float', film['duration_s']):.1f} s, "
            f"{len(shots)} {'个镜头' if zh else 'shots'}, {'版本' if zh else 'version'} {film['version']}"
        )
    else:
        rows.append(f"{len(shots)} {'个镜头, 没有成片' if zh else 'shots, no film'}")
    done, kept = tasks["executed"], tasks["satisfied"]
    rows.append(
        f"执行 {done} 个任务, 沿用 {kept} 个" if zh else f"{done} tasks ran, {kept} were current"
    )
    open_tasks = tasks["blocked"] + tasks["manual_review"]
    if open_tasks and not document.get("dry_run"):
        rows.append(
            f"{open_tasks} 个任务未完成: ai-video tasks list --episode {document['episode_id']}"
            if zh
            else f"{open_tasks} unfinished: ai-video tasks list --episode {document['episode_id']}"
        )
    rows.append(f"{used['generator']} · {used['voice']} · {used['llm']}")
    rows.append(f"{'集' if zh else 'Episode'}: {document['episode_id']}")
    rows += [f"! {row['message']}" for row in cast("list[Json]", document["degraded"])]
    return "\n".join(rows)


def doctor_words(answered: Json, language: Language) -> str:
    """Checks one a line, then invariants that do not hold."""
    marks = {"ok": "✓", "warn": "!", "fail": "✗"}
    rows = [f"ai-video {answered.get('version')}  {answered.get('platform')}"]
    for check in cast("list[Json]", answered.get("checks") or []):
        rows.append(f"{marks.get(str(check['state']), '?')} {check['id']}: {check['message']}")
        if check.get("fix") and check["state"] != "ok":
            rows.append(f"    {check['fix']}")
    for row in cast("list[Json]", answered.get("invariants") or []):
        if row.get("violations"):
            rows.append(f"✗ {row['name']}: {row['violations']}")
    if language == "zh":
        rows.append("一切正常。" if answered.get("ok") else "有问题, 见上。")
    else:
        rows.append("All is well." if answered.get("ok") else "Something is wrong, see above.")
    return "\n".join(rows)

"""The storyboard sheet of an episode as one HTML file: pictures, words, camera, lines, times."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A spoken line; times in seconds from the film's start, None while nobody has spoken it."""

    speaker: str
    text: str
    translation: str = ""
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class SheetShot:
    """One shot. `picture` is a JPEG; without one (or beside one) `note` says why."""

    number: int
    label: str
    scene: str
    start_s: float | None
    duration_s: float
    description: str
    camera: tuple[str, ...] = ()
    light: tuple[str, ...] = ()
    characters: tuple[str, ...] = ()
    lines: tuple[SheetLine, ...] = ()
    transition: str = ""
    notes: str = ""
    picture: bytes | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that stands on the sheet of an episode; `aspect` is width / height of the pictures."""

    title: str
    project: str
    lang: Lang
    duration_s: float
    fps: int
    aspect: float
    shots: tuple[SheetShot, ...]
    mark: str = ""
    """The AI-content mark; empty when the project shows none."""


WORDS: dict[Lang, dict[str, str]] = {
    "zh": {
        "sheet": "分镜表",
        "shot": "镜头",
        "scene": "场",
        "shots": "{count} 个镜头",
        "camera": "镜头语言",
        "light": "时间与光",
        "characters": "人物",
        "lines": "台词",
        "notes": "备注",
        "into": "转场",
        "no_picture": "还没有画面",
        "page": "第 {page} / {pages} 页",
        "lost": "字体缺少 {count} 个字符, 这里略去; HTML 版是完整的。",
        "narrator": "旁白",
    },
    "en": {
        "sheet": "Storyboard sheet",
        "shot": "Shot",
        "scene": "Scene",
        "shots": "{count} shots",
        "camera": "Camera",
        "light": "Time and light",
        "characters": "Characters",
        "lines": "Lines",
        "notes": "Notes",
        "into": "Begins with",
        "no_picture": "no picture yet",
        "page": "Page {page} of {pages}",
        "lost": "The font lacks {count} characters, left out here; the HTML sheet has them all.",
        "narrator": "Narrator",
    },
}


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths: 1:02.5."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def heading(shot: SheetShot) -> str:
    """A shot's number in the episode and its label: 12  S2 · 07."""
    return f"{shot.number}  {shot.label}"


def times(shot: SheetShot) -> str:
    """When a shot is seen, and for how long; one that the film leaves out has no time."""
    length = f"{shot.duration_s:.1f} s"
    if shot.start_s is None:
        return length
    return f"{clock(shot.start_s)} – {clock(shot.start_s + shot.duration_s)}   {length}"


def facts(shot: SheetShot, lang: Lang) -> list[tuple[str, str]]:
    """(label, text) of what is known about a shot beside description and lines."""
    words = WORDS[lang]
    comma = "、" if lang == "zh" else ", "
    rows = [
        (words["camera"], comma.join(shot.camera)),
        (words["light"], comma.join(shot.light)),
        (words["characters"], comma.join(shot.characters)),
        (words["into"], shot.transition),
        (words["notes"], shot.notes),
    ]
    return [(label, text) for label, text in rows if text.strip()]


def speech(line: SheetLine, lang: Lang) -> tuple[str, str]:
    """(who speaks, with the time where it is known; what is said, with its translation)."""
    who = line.speaker or WORDS[lang]["narrator"]
    if line.start_s is not None and line.end_s is not None:
        who = f"{who}  {clock(line.start_s)}–{clock(line.end_s)}"
    return who, "\n".join(text for text in (line.text, line.translation) if text)


def summary(sheet: Sheet) -> str:
    """One line under the title."""
    parts = [
        sheet.project if sheet.project != sheet.title else "",
        WORDS[sheet.lang]["shots"].format(count=len(sheet.shots)),
        clock(sheet.duration_s),
        f"{sheet.fps} fps",
        sheet.mark,
    ]
    return " · ".join(part for part in parts if part)


_STYLE = """
:root { color-scheme: light dark; --ink: #1a1d23; --soft: #5c6470; --line: #d8dce3; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9ecf1; --soft: #a2abb8; --line: #363c46; --paper: #14171c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "Source Han Sans SC", system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }
.summary, dt, .who, .note { color: var(--soft); }
article { display: grid; grid-template-columns: minmax(12rem, 22rem) 1fr; gap: 1.25rem;
  padding: 1.25rem 0; border-top: 1px solid var(--line); break-inside: avoid; overflow-wrap: anywhere; }
header { padding-bottom: 1.25rem; }
figure { margin: 0; }
img, .empty { display: block; width: 100%; border-radius: 6px; }
.tall img, .tall .empty { width: 62%; }
.empty { border: 1px dashed var(--line); color: var(--soft); display: grid; place-items: center; }
h2 { margin: 0 0 .35rem; font-size: 1.05rem; }
h2 span { color: var(--soft); font-weight: 400; margin-left: .75em; font-variant-numeric: tabular-nums; }
p { margin: 0 0 .6rem; white-space: pre-line; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: 0 0 .6rem; font-size: .92em; }
dd { margin: 0; white-space: pre-line; }
.who { font-size: .88em; font-variant-numeric: tabular-nums; }
blockquote { margin: 0 0 .5rem; padding-left: .8rem; border-left: 3px solid var(--line); white-space: pre-line; }
@media (max-width: 40rem) { article { grid-template-columns: 1fr; } }
@page { size: A4; margin: 14mm; }
@media print { body { padding: 0; font-size: 11px; max-width: none; }
  article { grid-template-columns: 40% 1fr; } }
"""


def sheet_html(sheet: Sheet) -> str:
    """The sheet as one file that needs nothing else: pictures are inside."""
    words = WORDS[sheet.lang]
    title = escape(f"{sheet.title} · {words['sheet']}")
    shots = "\n".join(_article(shot, sheet) for shot in sheet.shots)
    tall = ' class="tall"' if sheet.aspect < 1 else ""
    return f"""<!doctype html>
<html lang="{"zh-CN" if sheet.lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body{tall}>
<header>
<h1>{escape(sheet.title)}</h1>
<div class="summary">{words["sheet"]} · {escape(summary(sheet))}</div>
</header>
{shots}
</body>
</html>
"""


def _article(shot: SheetShot, sheet: Sheet) -> str:
    rows = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>"
        for label, text in facts(shot, sheet.lang)
    )
    spoken = "".join(
        f'<div class="who">{escape(who)}</div><blockquote>{escape(text)}</blockquote>'
        for who, text in (speech(line, sheet.lang) for line in shot.lines)
    )
    scene = f" {escape(shot.scene)}" if shot.scene else ""
    return f"""<article id="shot-{shot.number}">
<figure>{_figure(shot, sheet)}</figure>
<div>
<h2>{escape(heading(shot))}{scene}<span>{escape(times(shot))}</span></h2>
<p>{escape(shot.description)}</p>
{f"<dl>{rows}</dl>" if rows else ""}
{spoken}
</div>
</article>"""


def _figure(shot: SheetShot, sheet: Sheet) -> str:
    note = f'<figcaption class="note">{escape(shot.note)}</figcaption>' if shot.note else ""
    if shot.picture is None:
        words = escape(WORDS[sheet.lang]["no_picture"])
        return f'<div class="empty" style="aspect-ratio: {sheet.aspect:.4f}">{words}</div>{note}'
    data = base64.b64encode(shot.picture).decode("ascii")
    return f'<img alt="{escape(heading(shot))}" src="data:image/jpeg;base64,{data}">{note}'

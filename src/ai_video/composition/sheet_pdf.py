"""The storyboard sheet as a PDF on A4: text that can be selected, pictures as they are."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PIL import Image

from ai_video.composition.fonts import Font, font_for
from ai_video.composition.line_breaking import atoms_of
from ai_video.composition.sheet import (
    WORDS,
    Sheet,
    SheetShot,
    facts,
    heading,
    speech,
    summary,
    times,
)

WIDTH, HEIGHT = 595.0, 842.0
"""A4 in points."""
MARGIN = 40.0
FOOT = 30.0
GAP = 16.0
BETWEEN = 14.0
Colour = tuple[float, float, float]
INK: Colour = (0.1, 0.11, 0.14)
SOFT: Colour = (0.38, 0.42, 0.48)
LINE: Colour = (0.82, 0.84, 0.88)


@dataclass(frozen=True, slots=True)
class _Style:
    size: float
    colour: Colour = INK
    leading: float = 1.5
    before: float = 0.0
    """Space above the first line, points."""
    indent: float = 0.0


TITLE = _Style(20, leading=1.3)
UNDER = _Style(9, SOFT, before=3)
HEADING = _Style(11.5, before=0)
TIMES = _Style(8.5, SOFT, before=1)
BODY = _Style(9.5, before=5)
FACT = _Style(8.5, SOFT, before=3)
WHO = _Style(7.5, SOFT, before=6, indent=8)
SAID = _Style(9.5, indent=8)
NOTE = _Style(7.5, SOFT, before=3)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of text, and the height it takes with the space above it."""

    text: str
    style: _Style
    first: bool

    @property
    def height(self) -> float:
        return self.style.size * self.style.leading + (self.style.before if self.first else 0.0)


@dataclass(frozen=True, slots=True)
class _Text:
    x: float
    baseline: float
    row: _Row


@dataclass(frozen=True, slots=True)
class _Picture:
    box: tuple[float, float, float, float]
    data: bytes


@dataclass(slots=True)
class _Page:
    texts: list[_Text] = field(default_factory=list[_Text])
    pictures: list[_Picture] = field(default_factory=list[_Picture])
    frames: list[tuple[float, float, float, float]] = field(
        default_factory=list[tuple[float, float, float, float]]
    )
    rules: list[float] = field(default_factory=list[float])


def sheet_pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF file; blocking. Nothing is cut off: long shots go on over the page."""
    import pylopdf

    layout = _Layout(sheet, font_for("Noto Sans SC"))
    pages = layout.pages()
    font = pylopdf.Font(fontfile=layout.font.path)
    document = pylopdf.Document()
    for number, page in enumerate(pages, start=1):
        canvas = document.new_page(width=WIDTH, height=HEIGHT)
        for y in page.rules:
            canvas.draw_line((MARGIN, y), (WIDTH - MARGIN, y), color=LINE, width=0.6)
        for box in page.frames:
            canvas.draw_rect(box, color=LINE, width=0.8, dashes="[3 3] 0", radius=0.02)
        for picture in page.pictures:
            canvas.insert_image(picture.box, stream=picture.data)
        words = WORDS[sheet.lang]["page"].format(page=number, pages=len(pages))
        page.texts.append(_Text(MARGIN, HEIGHT - FOOT / 2 - 4, _Row(words, NOTE, first=False)))
        for x, baseline, rows in _runs(page.texts):
            style = rows[0].style
            canvas.insert_text(
                (x, baseline),
                [row.text for row in rows],
                fontsize=style.size,
                lineheight=style.leading,
                font=font,
                color=style.colour,
            )
    document.set_metadata({"title": layout.clean(sheet.title), "creator": "ai-video"})
    return document.tobytes(garbage=3, deflate=True, max_size=None)


def _runs(texts: list[_Text]) -> Iterator[tuple[float, float, list[_Row]]]:
    """Lines that stand under each other in one style, so that they share one embedded font."""
    run: list[_Text] = []
    for text in texts:
        if run and not _goes_on(run[-1], text):
            yield run[0].x, run[0].baseline, [part.row for part in run]
            run = []
        run.append(text)
    if run:
        yield run[0].x, run[0].baseline, [part.row for part in run]


def _goes_on(before: _Text, after: _Text) -> bool:
    style = before.row.style
    step = after.baseline - before.baseline
    return (
        after.row.style is style
        and after.x == before.x
        and abs(step - style.size * style.leading) < 1e-6
    )


class _Layout:
    """Places every line and picture of a sheet on pages."""

    def __init__(self, sheet: Sheet, font: Font) -> None:
        self.sheet = sheet
        self.font = font
        self.lost: set[str] = set()
        self.done: list[_Page] = [_Page()]
        self.y = MARGIN
        wide = 205.0 if sheet.aspect >= 1 else 118.0
        self.picture = (wide, wide / sheet.aspect)
        self.left = MARGIN + wide + GAP

    @property
    def page(self) -> _Page:
        return self.done[-1]

    @property
    def room(self) -> float:
        return HEIGHT - MARGIN - FOOT - self.y

    def pages(self) -> list[_Page]:
        whole = WIDTH - 2 * MARGIN
        self._text(list(self._rows(self.sheet.title, TITLE, whole)), MARGIN)
        under = f"{WORDS[self.sheet.lang]['sheet']} · {summary(self.sheet)}"
        self._text(list(self._rows(under, UNDER, whole)), MARGIN)
        self.y += 8
        for shot in self.sheet.shots:
            self._shot(shot)
        if self.lost:
            words = WORDS[self.sheet.lang]["lost"].format(count=len(self.lost))
            self.y += 6
            self._text(list(self._rows(words, NOTE, whole)), MARGIN)
        return self.done

    def clean(self, text: str) -> str:
        """Text whose every character has a glyph; the others are counted."""
        kept: list[str] = []
        for char in text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n"):
            if char == "\n" or self.font.can_write(char):
                kept.append(char)
            elif char.isprintable() or not char.isascii():
                self.lost.add(char)
        return "".join(kept)

    def _rows(self, text: str, style: _Style, limit: float) -> Iterator[_Row]:
        """A text as lines no wider than `limit` points."""
        wide = limit - style.indent
        first = True
        for paragraph in self.clean(text).split("\n"):
            for line in _filled(paragraph, lambda part: self.font.width(part) * style.size, wide):
                yield _Row(line, style, first)
                first = False

    def _shot_rows(self, shot: SheetShot) -> list[_Row]:
        limit = WIDTH - MARGIN - self.left
        lang = self.sheet.lang
        title = f"{heading(shot)}  {shot.scene}".rstrip()
        rows = [
            *self._rows(title, HEADING, limit),
            *self._rows(times(shot), TIMES, limit),
            *self._rows(shot.description, BODY, limit),
        ]
        colon = "：" if lang == "zh" else ": "
        for label, text in facts(shot, lang):
            rows += self._rows(f"{label}{colon}{text}", FACT, limit)
        for line in shot.lines:
            who, said = speech(line, lang)
            rows += [*self._rows(who, WHO, limit), *self._rows(said, SAID, limit)]
        return rows

    def _shot(self, shot: SheetShot) -> None:
        rows = self._shot_rows(shot)
        notes = list(self._rows(self._note(shot), NOTE, self.picture[0]))
        beside = self.picture[1] + sum(row.height for row in notes)
        high = max(sum(row.height for row in rows), beside)
        page_room = HEIGHT - 2 * MARGIN - FOOT
        wanted = high if high + 2 * BETWEEN <= page_room else beside
        if wanted + BETWEEN > self.room:
            self._turn()
        self.page.rules.append(self.y)
        self.y += BETWEEN
        top = self.y
        page = self.page
        self._picture(shot)
        self.y += self.picture[1]
        self._text(notes, MARGIN)
        below = self.y
        self.y = top
        self._text(rows, self.left)
        self.y = (max(self.y, below) if self.page is page else self.y) + BETWEEN

    def _note(self, shot: SheetShot) -> str:
        return shot.note if shot.picture is not None else ""

    def _picture(self, shot: SheetShot) -> None:
        wide, high = self.picture
        box = (MARGIN, self.y, MARGIN + wide, self.y + high)
        if shot.picture is not None:
            self.page.pictures.append(_Picture(_fitted(shot.picture, box), shot.picture))
            return
        self.page.frames.append(box)
        words = shot.note or WORDS[self.sheet.lang]["no_picture"]
        rows = list(self._rows(words, NOTE, wide - 16))
        at = self.y
        self.y += max(0.0, (high - sum(row.height for row in rows)) / 2)
        self._text(rows, MARGIN + 8)
        self.y = at

    def _text(self, rows: list[_Row], x: float) -> None:
        """Write lines downwards, over to new pages where needed."""
        for row in rows:
            if row.height > self.room:
                self._turn()
            self.y += row.height
            baseline = self.y - row.style.size * (row.style.leading - 1) * 0.75
            self.page.texts.append(_Text(x + row.style.indent, baseline, row))

    def _turn(self) -> None:
        self.done.append(_Page())
        self.y = MARGIN


def _filled(text: str, width: Callable[[str], float], limit: float) -> Iterator[str]:
    """Lines filled from the left, broken where a reader would; an empty text gives none."""
    line = ""
    for atom in atoms_of(text, width=width, limit=limit):
        if line and width((line + atom.text).rstrip()) > limit + 1e-6:
            yield line.strip()
            line = ""
        line += atom.text
    if line.strip():
        yield line.strip()


def _fitted(
    data: bytes, box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """The part of the box that a picture fills, whole, from the upper left corner."""
    left, top, right, bottom = box
    with Image.open(io.BytesIO(data)) as picture:
        wide, high = picture.size
    scale = min((right - left) / wide, (bottom - top) / high)
    return left, top, left + wide * scale, top + high * scale

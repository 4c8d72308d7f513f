"""A film's title and its end: large letters in the middle, credits in two columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ai_video.animatic.canvas import Box, Canvas
from ai_video.animatic.colors import WHITE, Color, lighter, luma
from ai_video.animatic.layers import planes_of
from ai_video.animatic.lettering import Block, Lost, fit, printable
from ai_video.animatic.marks import Mark, stamp
from ai_video.animatic.theme import Theme
from ai_video.domain.ports import CardText

_WIDEST = 0.8
"""Of the frame's width."""
_MOST_ROWS, _LONGEST_NAMES = 12, 160
_SPACED_LETTERS = 7
"""A Chinese title of at most as many characters is set apart."""


@dataclass(slots=True)
class _Sheet:
    """The marks of one card; all measures in px of the frame."""

    wide: int
    high: int
    theme: Theme
    lost: Lost
    marks: list[Mark] = field(default_factory=list[Mark])

    @property
    def unit(self) -> float:
        """The size that letters are measured in: a 360th of the shorter side."""
        return min(self.wide, self.high * 1.25) / 360

    def block(self, text: str, *, largest: float, high: float, bold: float = 0.0) -> Block | None:
        words = printable(text, self.theme.face, self.lost)
        if not words:
            return None
        return fit(
            words, self.theme.face, wide=_WIDEST * self.wide, high=high,
            largest=largest * self.unit, smallest=8 * self.unit, bold=bold,
        )  # fmt: skip

    def lines(
        self, block: Block, top: float, color: Color, *, begins_s: float,
        middle: float | None = None,
    ) -> None:  # fmt: skip
        """The block's lines, each in the middle of the frame (or about another x)."""
        for number, line in enumerate(block.lines):
            one = Block((line,), block.face, block.size, block.bold, block.leading)
            left = (self.wide / 2 if middle is None else middle) - one.width / 2
            self.words(one, left, top + number * block.line_height, color, begins_s=begins_s)

    def words(
        self, block: Block, left: float, top: float, color: Color, *, begins_s: float
    ) -> None:
        around = round(0.2 * block.size)
        canvas = _blank(block.width + 2 * around, block.height + 2 * around)
        stamp(canvas, block, around, around, color)
        self.put(canvas, left - around, top - around, begins_s=begins_s)

    def rule(self, top: float, *, begins_s: float, wide: float) -> None:
        canvas = _blank(wide, max(2.0, 1.6 * self.unit))
        canvas.rect(0, 0, canvas.wide, canvas.high, self.theme.accent)
        self.put(canvas, (self.wide - wide) / 2, top, begins_s=begins_s, wipe="right")

    def put(
        self, canvas: Canvas, left: float, top: float, *, begins_s: float,
        wipe: Literal["", "right"] = "",
    ) -> None:  # fmt: skip
        x = max(0, min(int(left) & ~1, (self.wide - canvas.wide) & ~1))
        y = max(0, min(int(top) & ~1, (self.high - canvas.high) & ~1))
        planes = planes_of(canvas.rgb, canvas.alpha, None)
        rise = 0 if wipe else 2 * round(self.high * 0.008)
        self.marks.append(Mark(planes, x, y, begins_s, 1.0, rise=rise, wipe=wipe))


def title_marks(card: CardText, *, wide: int, high: int, theme: Theme, lost: Lost) -> list[Mark]:
    """The blocks of a title (`card.kind` "title") or of an end, in order of appearance."""
    sheet = _Sheet(wide, high, theme, lost)
    if card.kind == "title":
        _title(sheet, card)
    else:
        _end(sheet, card)
    return sheet.marks


def cover_marks(
    card: CardText, *, wide: int, high: int, theme: Theme, label: str, lost: Lost
) -> list[Mark]:
    """The film's name in the lower part of a cover, on a shadow; `label` in the upper left corner.

    All that matters stays off the lowest eighth of a tall cover, where apps lay their own words.
    """
    sheet = _Sheet(wide, high, theme, lost)
    unit, left = sheet.unit, 0.07 * wide
    tall = high > 1.2 * wide
    foot = (0.85 if tall else 0.9) * high
    title = _headline(sheet, card.headline or "", largest=54 if tall else 48, high=0.4 * high)
    over = sheet.block(card.kicker or "", largest=15, high=0.1 * high)
    under = sheet.block(card.byline or "", largest=12, high=0.1 * high)
    bright = luma(theme.accent) > 0.35
    accent = theme.accent if bright else lighter(theme.accent, 0.45)
    _shade(sheet, from_y=foot - (title.height if title else 0) - 90 * unit)
    top = foot - sum(block.height + 6 * unit for block in (title, over, under) if block)
    for block, color in ((over, accent), (title, WHITE), (under, (0.86, 0.89, 0.94))):
        if block is None:
            continue
        if block is title:
            _bar(sheet, left, top, block.height, accent)
            sheet.words(block, left + 12 * unit, top, color, begins_s=-1.0)
        else:
            sheet.words(block, left + 12 * unit, top, color, begins_s=-1.0)
        top += block.height + 6 * unit
    if label:
        tag = sheet.block(label, largest=12, high=0.1 * high)
        if tag:
            sheet.words(tag, left, 0.05 * high, WHITE, begins_s=-1.0)
    return sheet.marks


def _bar(sheet: _Sheet, left: float, top: float, high: float, accent: Color) -> None:
    canvas = _blank(max(3.0, 4.5 * sheet.unit), 0.84 * high)
    canvas.rect(0, 0, canvas.wide, canvas.high, accent, round_by=canvas.wide / 2)
    sheet.put(canvas, left, top + 0.08 * high, begins_s=-1.0)


def _shade(sheet: _Sheet, *, from_y: float) -> None:
    """A shadow that grows towards the foot, so that white letters stand on any picture."""
    top = max(0, int(from_y) & ~1)
    canvas = _blank(sheet.wide, sheet.high - top)
    share = np.linspace(0.0, 1.0, canvas.high, dtype=np.float32)
    mask = np.repeat((1 - (1 - share) ** 2)[:, None], canvas.wide, axis=1)
    canvas.lay(mask, (0.02, 0.03, 0.05), alpha=0.82)
    sheet.put(canvas, 0, top, begins_s=-1.0)


def _title(sheet: _Sheet, card: CardText) -> None:
    unit = sheet.unit
    title = _headline(sheet, card.headline or "", largest=46, high=0.46 * sheet.high)
    over = sheet.block(card.kicker or "", largest=13, high=0.1 * sheet.high)
    under = sheet.block(card.byline or "", largest=13, high=0.12 * sheet.high)
    gap = 13 * unit
    total = title.height if title else 0.0
    total += over.height + gap if over else 0
    total += under.height + 2 * gap if under else gap
    top = (sheet.high - total) / 2
    if over:
        sheet.lines(over, top, sheet.theme.accent, begins_s=0.25)
        top += over.height + gap
    if title:
        sheet.lines(title, top, sheet.theme.ink, begins_s=0.45)
        top += title.height + gap * 0.8
        sheet.rule(top, begins_s=0.7, wide=min(0.5 * title.width, 90 * unit))
        top += gap * 1.2
    if under:
        sheet.lines(under, top, sheet.theme.ink, begins_s=1.0)


def _headline(sheet: _Sheet, text: str, *, largest: float, high: float) -> Block | None:
    """The words in large letters; a short Chinese title that fits on one line is set apart."""
    plain = text.strip()
    if 2 <= len(plain) <= _SPACED_LETTERS and all("一" <= char <= "鿿" for char in plain):
        block = sheet.block(" ".join(plain), largest=largest, high=high, bold=0.045)
        if block is not None and len(block.lines) == 1:
            return block
    return sheet.block(plain, largest=largest, high=high, bold=0.045)


def _end(sheet: _Sheet, card: CardText) -> None:
    unit, high = sheet.unit, sheet.high
    foot = sheet.block(card.byline or "", largest=10, high=0.12 * high)
    bottom = 0.93 * high
    if foot:
        bottom -= foot.height
        sheet.lines(foot, bottom, sheet.theme.soft, begins_s=0.9)
        bottom -= 10 * unit
    head = _headline(sheet, card.headline or "", largest=30 if card.rows else 40, high=0.22 * high)
    rows = [(_credit(sheet, role), _credit(sheet, names)) for role, names in card.rows[:_MOST_ROWS]]
    rows = [row for row in rows if row[1]]
    top = 0.13 * high
    room = bottom - top - (head.height + 30 * unit if head else 0)
    credit = _Credits.fitted(sheet, rows, room)
    total = credit.height + (head.height + 30 * unit if head else 0)
    top += max(0.0, (bottom - top - total) * 0.45)
    if head:
        sheet.lines(head, top, sheet.theme.ink, begins_s=0.3)
        top += head.height + 6 * unit
        sheet.rule(top, begins_s=0.45, wide=min(head.width, 60 * unit))
        top += 24 * unit
    credit.draw(sheet, top)


def _credit(sheet: _Sheet, text: str) -> str:
    return printable(text, sheet.theme.face, sheet.lost, limit=_LONGEST_NAMES)


@dataclass(frozen=True, slots=True)
class _Credits:
    """Rows of (role, names) at one size: beside each other, or on a tall frame one below the other."""

    rows: tuple[tuple[Block, Block], ...]
    beside: bool
    gap: float

    @classmethod
    def fitted(cls, sheet: _Sheet, rows: list[tuple[str, str]], room: float) -> _Credits:
        """The rows at the largest size at which all fit into `room`; what never fits is cut short."""
        beside = sheet.wide > 1.05 * sheet.high
        size = 13.0
        while True:
            made = cls._at(sheet, rows, size, beside=beside)
            if made.height <= room or size <= 7.5:
                break
            size -= 1.0
        while made.rows and made.height > room:
            made = cls(made.rows[:-1], made.beside, made.gap)
        return made

    @classmethod
    def _at(
        cls, sheet: _Sheet, rows: list[tuple[str, str]], size: float, *, beside: bool
    ) -> _Credits:
        unit, face = sheet.unit, sheet.theme.face
        px = size * unit
        blocks: list[tuple[Block, Block]] = []
        for role, names in rows:
            wide = (0.56 if beside else _WIDEST) * sheet.wide
            label = fit(role, face, wide=0.24 * sheet.wide if beside else wide, high=px * 1.5,
                        largest=px * (1 if beside else 0.85), smallest=px * 0.7)  # fmt: skip
            value = fit(names, face, wide=wide, high=px * 1.4 * 5, largest=px, smallest=px)
            blocks.append((label, value))
        return cls(tuple(blocks), beside, (5 if beside else 9) * unit)

    @property
    def height(self) -> float:
        total = 0.0
        for label, value in self.rows:
            high = max(label.height, value.height) if self.beside else label.height + value.height
            total += high + self.gap
        return max(0.0, total - self.gap)

    def draw(self, sheet: _Sheet, top: float) -> None:
        if not self.rows:
            return
        space = 14 * sheet.unit
        labels = max(label.width for label, _ in self.rows)
        values = max(value.width for _, value in self.rows)
        axis = (sheet.wide - labels - values - space) / 2 + labels + space / 2
        for number, (label, value) in enumerate(self.rows):
            begins_s = 0.6 + 0.12 * number
            if self.beside:
                sheet.words(label, axis - space / 2 - label.width,
                            top + (value.line_height - label.line_height) / 2,
                            sheet.theme.accent, begins_s=begins_s)  # fmt: skip
                sheet.words(value, axis + space / 2, top, sheet.theme.ink, begins_s=begins_s)
                top += max(label.height, value.height) + self.gap
            else:
                sheet.lines(label, top, sheet.theme.accent, begins_s=begins_s)
                sheet.lines(value, top + label.height, sheet.theme.ink, begins_s=begins_s)
                top += label.height + value.height + self.gap


def _blank(wide: float, high: float) -> Canvas:
    return Canvas(Box(0, 0, max(2, int(wide) + 1 & ~1), max(2, int(high) + 1 & ~1)), 1.0)

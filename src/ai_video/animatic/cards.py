"""Cards for news and science: headline, figures, quote, points, charts, source; revealed in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from ai_video.animatic.canvas import Box, Canvas, ellipse_points
from ai_video.animatic.colors import mix
from ai_video.animatic.layers import planes_of
from ai_video.animatic.lettering import Face, Lost, fit, printable
from ai_video.animatic.marks import Mark, stamp
from ai_video.animatic.numbers import Quantity, comparable, quantity, year_of
from ai_video.animatic.theme import Theme
from ai_video.domain.ports import CardText

TOP, FOOT = 0.125, 0.805
"""Where a card's words may stand, in frame heights; below are the subtitles."""


@dataclass(slots=True)
class _Page:
    """A card under construction; all measures px of the frame."""

    wide: int
    high: int
    theme: Theme
    lost: Lost
    step_s: float
    marks: list[Mark] = field(default_factory=list[Mark])

    @property
    def unit(self) -> float:
        """The size that letters are measured in: a 360th of the shorter side."""
        return min(self.wide, self.high * 1.25) / 360

    def words(self, text: str, face: Face | None = None) -> str:
        return printable(text, face or self.theme.face, self.lost)

    def canvas(self, wide: float, high: float) -> Canvas:
        return Canvas(Box(0, 0, max(2, int(wide)), max(2, int(high))), 1.0)

    def put(
        self, canvas: Canvas, x: float, y: float, *, wipe: Literal["", "right", "up"] = ""
    ) -> None:
        """Add a finished block at a place; it appears after the ones before it."""
        left = max(0, min(int(x) & ~1, (self.wide - canvas.wide) & ~1))
        top = max(0, min(int(y) & ~1, (self.high - canvas.high) & ~1))
        planes = planes_of(canvas.rgb, canvas.alpha, None)
        begins = 0.15 + self.step_s * len(self.marks)
        rise = 0 if wipe else 2 * round(self.high * 0.012)
        self.marks.append(Mark(planes, left, top, begins, 1.0, rise=rise, wipe=wipe))


_MOST_SOURCES = 5
"""As many are shown as rows of a card of their own; more stay small print, which holds more."""


def card_marks(
    card: CardText, *, wide: int, high: int, theme: Theme, lost: Lost, seconds: float, kicker: str
) -> list[Mark]:  # fmt: skip
    """The card's blocks in order of appearance."""
    card = _sources_as_points(card)
    parts = [bool(card.headline), bool(card.figures), bool(card.quote), bool(card.body)]
    step = min(0.42, 0.4 * seconds / max(1, sum(parts) + len(card.figures) + len(card.body)))
    page = _Page(wide, high, theme, lost, step)
    left, right = 0.07 * wide, 0.93 * wide
    top, foot = TOP * high, FOOT * high
    if card.source and page.words(card.source):
        foot = _source(page, card.source, left, right, foot)
    rest = any(parts[1:])
    if card.headline and page.words(card.headline):
        top = _headline(page, card.headline, kicker, left, top, right, foot, alone=not rest)
    if not rest:
        return page.marks
    fixed = len(page.marks) if not card.headline else len(page.marks) - 1
    _rest(page, card, Box(left, top, right, foot))
    return _centred(page.marks, fixed, foot)


def _sources_as_points(card: CardText) -> CardText:
    """Sources that are all a card holds are what it is for, not its small print."""
    sources = [line.strip() for line in (card.source or "").splitlines() if line.strip()]
    alone = not (card.figures or card.quote or card.body)
    if alone and 0 < len(sources) <= _MOST_SOURCES:
        return replace(card, body=tuple(sources), source=None)
    return card


def _centred(marks: list[Mark], fixed: int, foot: float) -> list[Mark]:
    """Move what stands above a large empty space down, so that no half of the card is bare."""
    if not marks[fixed:]:
        return marks
    free = foot - max(mark.top + mark.planes.y.shape[0] for mark in marks[fixed:])
    down = 2 * round(free * 0.42 / 2)
    if down <= 8:
        return marks
    return [*marks[:fixed], *(replace(mark, top=mark.top + down) for mark in marks[fixed:])]


def _rest(page: _Page, card: CardText, box: Box) -> None:
    """Figures, quote and points: side by side on a wide frame, else one below the other."""
    blocks: list[tuple[str, float]] = []
    if card.quote:
        blocks.append(("quote", 1.0 + min(1.0, len(card.quote) / 60)))
    if card.figures:
        rows = 1 if len(card.figures) <= 3 or box.width > box.height * 1.6 else 2
        blocks.append(("figures", 1.25 * rows))
    if card.body:
        blocks.append(("body", 0.6 + 0.45 * min(5, len(card.body))))
    gap = 12 * page.unit
    if len(blocks) >= 2 and box.width > 1.9 * box.height:
        half = (box.width - 2 * gap) / 2
        split = len(blocks) - 1
        _stacked(page, card, blocks[:split], Box(box.left, box.top, box.left + half, box.bottom))
        _stacked(page, card, blocks[split:], Box(box.right - half, box.top, box.right, box.bottom))
    else:
        _stacked(page, card, blocks, box)


def _stacked(page: _Page, card: CardText, blocks: list[tuple[str, float]], box: Box) -> None:
    gap = 12 * page.unit
    total = sum(weight for _, weight in blocks)
    y = box.top
    for kind, weight in blocks:
        high = (box.height - gap * (len(blocks) - 1)) * weight / total
        part = Box(box.left, y, box.right, y + high)
        y += high + gap
        if kind == "quote":
            _quote(page, card.quote or "", card.quote_by or "", part)
        elif kind == "figures":
            _figures(page, card.figures, part)
        else:
            _points(page, card.body, part)


def _headline(
    page: _Page, text: str, kicker: str, left: float, top: float, right: float, foot: float, *, alone: bool
) -> float:  # fmt: skip
    """The headline with its accent bar; returns where the rest may begin."""
    theme, unit = page.theme, page.unit
    bar, gap = max(3, round(4.5 * unit)), round(11 * unit)
    room = (foot - top) * (0.86 if alone else 0.34)
    largest = (40 if alone else 27) * unit
    words = page.words(text)
    block = fit(
        words,
        theme.face,
        wide=right - left - bar - gap,
        high=room,
        largest=largest,
        smallest=12 * unit,
        bold=0.045,
        leading=1.28,
    )
    small = page.words(kicker)
    over = (
        fit(
            small,
            theme.face,
            wide=right - left - bar - gap,
            high=14 * unit,
            largest=10.5 * unit,
            smallest=8 * unit,
        )
        if small
        else None
    )
    above = over.line_height + round(2 * unit) if over else 0
    canvas = page.canvas(bar + gap + block.width + 6, above + block.height + 4)
    canvas.rect(0, 0, bar, canvas.high, theme.accent, round_by=bar / 2)
    if over is not None:
        stamp(canvas, over, bar + gap, 0, theme.accent)
    stamp(canvas, block, bar + gap, above, theme.ink)
    y = top + ((foot - top - canvas.high) * 0.45 if alone else 0)
    page.put(canvas, left, y)
    return y + canvas.high + 14 * unit


def _source(page: _Page, text: str, left: float, right: float, foot: float) -> float:
    block = fit(
        page.words(text),
        page.theme.face,
        wide=right - left - 12 * page.unit,
        high=14 * page.unit,
        largest=9.5 * page.unit,
        smallest=7.5 * page.unit,
    )
    canvas = page.canvas(block.width + 12 * page.unit, block.height + 2)
    middle = block.line_height / 2
    canvas.rect(
        0, middle - 1.2 * page.unit, 7 * page.unit, middle + 1.2 * page.unit, page.theme.accent
    )
    stamp(canvas, block, round(11 * page.unit), 0, page.theme.soft)
    page.put(canvas, left, foot - canvas.high)
    return foot - canvas.high - 6 * page.unit


def _quote(page: _Page, text: str, by: str, box: Box) -> None:
    theme, unit = page.theme, page.unit
    words = page.words(text.strip().strip('“”"「」『』'), "serif")
    name = page.words(by)
    mark = 30 * unit
    pad = 12 * unit
    under = (
        fit(
            "— " + name,
            theme.face,
            wide=box.width - 3 * pad,
            high=16 * unit,
            largest=12 * unit,
            smallest=8 * unit,
        )
        if name
        else None
    )
    room = box.height - 2 * pad - (under.height + 5 * unit if under else 0)
    block = fit(
        words,
        "serif",
        wide=box.width - mark - 2 * pad,
        high=max(20 * unit, room),
        largest=23 * unit,
        smallest=11 * unit,
        leading=1.42,
    )
    high = min(box.height, block.height + 2 * pad + (under.height + 5 * unit if under else 0))
    canvas = page.canvas(box.width, high)
    canvas.rect(
        0, 0, canvas.wide, canvas.high, theme.panel, alpha=theme.panel_alpha, round_by=7 * unit
    )
    for dx in (0.0, 12.5 * unit):
        x, y = pad + dx + 5 * unit, pad + 8 * unit
        canvas.ellipse(x, y, 4.6 * unit, 4.6 * unit, theme.accent)
        canvas.fill(
            [
                (x - 4.6 * unit, y),
                (x - 4.4 * unit, y - 4 * unit),
                (x + 1.5 * unit, y - 10 * unit),
                (x + 2.6 * unit, y - 8.4 * unit),
                (x - 1 * unit, y - 3 * unit),
            ],
            theme.accent,
        )
    stamp(canvas, block, round(mark + pad), round(pad), theme.ink)
    if under is not None:
        stamp(canvas, under, round(mark + pad), round(pad + block.height + 4 * unit), theme.accent)
    page.put(canvas, box.left, box.top + max(0.0, (box.height - canvas.high) * 0.35))


def _points(page: _Page, lines: Sequence[str], box: Box) -> None:
    theme, unit = page.theme, page.unit
    texts = [words for words in (page.words(line) for line in lines[:6]) if words]
    if not texts:
        return
    gap = 7 * unit
    indent = round(15 * unit)
    each = (box.height - gap * (len(texts) - 1)) / len(texts)
    largest = (17 if len(texts) > 3 else 20 if len(texts) > 1 else 23) * unit
    size = min(
        fit(
            text,
            theme.face,
            wide=box.width - indent,
            high=each,
            largest=largest,
            smallest=9.5 * unit,
        ).size
        for text in texts
    )
    blocks = [
        fit(
            text,
            theme.face,
            wide=box.width - indent,
            high=each,
            largest=size,
            smallest=min(size, 9.5 * unit),
        )
        for text in texts
    ]
    free = box.height - sum(block.height for block in blocks) - gap * (len(blocks) - 1)
    y = box.top + max(0.0, min(free * 0.3, 30 * unit))
    gap += max(0.0, min(free / (2 * len(blocks)), 12 * unit))
    for block in blocks:
        canvas = page.canvas(indent + block.width + 4, block.height)
        middle = block.line_height / 2
        canvas.ellipse(4 * unit, middle, 3.2 * unit, 3.2 * unit, theme.accent)
        stamp(canvas, block, indent, 0, theme.ink)
        page.put(canvas, box.left, y)
        y += block.height + gap


def _figures(page: _Page, texts: Sequence[str], box: Box) -> None:
    quantities = [quantity(page.words(text)) for text in texts[:6] if page.words(text)]
    if not quantities:
        return
    if box.height < 24 * page.unit * len(quantities) / 3:
        _points(page, [text for text in texts if page.words(text)], box)
    elif comparable(quantities) and box.height > 70 * page.unit:
        _chart(page, quantities, box)
    elif (
        len(quantities) == 1
        and quantities[0].unit in {"%", "％"}
        and 0 < (quantities[0].value or 0) <= 100
    ):
        _ring(page, quantities[0], box)
    elif len(quantities) == 1 and quantities[0].number:
        _hero(page, quantities[0], box)
    else:
        _tiles(page, quantities, box)


def _tiles(page: _Page, quantities: list[Quantity], box: Box) -> None:
    theme, unit = page.theme, page.unit
    columns = min(
        len(quantities), 3 if box.width > box.height * 1.7 else 2 if box.width > 200 * unit else 1
    )
    rows = -(-len(quantities) // columns)
    gap = 8 * unit
    wide = (box.width - gap * (columns - 1)) / columns
    high = min((box.height - gap * (rows - 1)) / rows, 128 * unit)
    top = box.top + max(0.0, (box.height - rows * high - gap * (rows - 1)) * 0.35)
    for index, one in enumerate(quantities):
        canvas = page.canvas(wide, high)
        canvas.rect(
            0, 0, canvas.wide, canvas.high, theme.panel, alpha=theme.panel_alpha, round_by=7 * unit
        )
        canvas.rect(0, 0, canvas.wide, 3 * unit, theme.accent, round_by=1.5 * unit)
        _big_number(
            page, canvas, one, 10 * unit, 8 * unit, canvas.wide - 20 * unit, canvas.high - 14 * unit
        )
        page.put(
            canvas,
            box.left + (index % columns) * (wide + gap),
            top + (index // columns) * (high + gap),
        )


def _hero(page: _Page, one: Quantity, box: Box) -> None:
    """One figure alone, as large as its box allows, over a rule in the accent colour."""
    theme, unit = page.theme, page.unit
    label = (
        fit(
            one.label,
            theme.face,
            wide=box.width,
            high=box.height * 0.3,
            largest=21 * unit,
            smallest=9 * unit,
        )
        if one.label
        else None
    )
    room = box.height - (label.height + 10 * unit if label else 0) - 14 * unit
    size = max(12 * unit, min(104 * unit, room * 0.72))
    number = fit(
        one.number,
        theme.face,
        wide=box.width * (0.68 if one.unit else 0.98),
        high=size * 1.32,
        largest=size,
        smallest=12 * unit,
        bold=0.05,
        single=True,
    )
    suffix = (
        fit(
            one.unit,
            theme.face,
            wide=max(12.0, box.width - number.width - 12 * unit),
            high=number.size,
            largest=number.size * 0.42,
            smallest=8 * unit,
            single=True,
        )
        if one.unit
        else None
    )
    canvas = page.canvas(
        number.width + (suffix.width + 14 * unit if suffix else 6 * unit), number.height
    )
    stamp(canvas, number, 0, 0, theme.accent)
    if suffix is not None:
        base = number.height * 0.5 + number.size * 0.36
        stamp(
            canvas,
            suffix,
            round(number.width + 9 * unit),
            round(base - suffix.line_height * 0.5 - suffix.size * 0.36),
            theme.ink,
        )
    page.put(canvas, box.left, box.top)
    rule = page.canvas(min(box.width, max(70 * unit, canvas.wide * 0.9)), 4 * unit)
    rule.rect(0, 0, rule.wide, rule.high, theme.accent, round_by=2 * unit)
    page.put(rule, box.left, box.top + number.height + 4 * unit, wipe="right")
    if label is not None:
        words = page.canvas(label.width + 4, label.height)
        stamp(words, label, 0, 0, theme.ink)
        page.put(words, box.left, box.top + number.height + 13 * unit)


def _big_number(
    page: _Page, canvas: Canvas, one: Quantity, x: float, y: float, wide: float, high: float
) -> None:
    """The number large, its unit beside it, its label below."""
    theme, unit = page.theme, page.unit
    if not one.number:
        block = fit(
            one.label,
            theme.face,
            wide=wide,
            high=high,
            largest=20 * unit,
            smallest=9 * unit,
            bold=0.03,
        )
        stamp(canvas, block, round(x), round(y + (high - block.height) / 2), theme.ink)
        return
    label = (
        fit(
            one.label,
            theme.face,
            wide=wide,
            high=high * 0.42,
            largest=13 * unit,
            smallest=8.5 * unit,
        )
        if one.label
        else None
    )
    room = high - (label.height if label else 0)
    size = min(46 * unit, room * 0.74)
    number = fit(
        one.number,
        theme.face,
        wide=wide * (0.66 if one.unit else 1.0),
        high=size * 1.32,
        largest=size,
        smallest=10 * unit,
        bold=0.05,
        single=True,
    )
    suffix = (
        fit(
            one.unit,
            theme.face,
            wide=max(12.0, wide - number.width - 5 * unit),
            high=number.size * 0.8,
            largest=number.size * 0.5,
            smallest=8 * unit,
        )
        if one.unit
        else None
    )
    total = number.height + (label.height if label else 0)
    top = y + max(0.0, (high - total) / 2)
    stamp(canvas, number, round(x), round(top), theme.accent)
    if suffix is not None:
        base = top + number.height * 0.5 + number.size * 0.36
        stamp(
            canvas,
            suffix,
            round(x + number.width + 5 * unit),
            round(base - suffix.line_height * 0.5 - suffix.size * 0.36),
            theme.ink,
        )
    if label is not None:
        stamp(canvas, label, round(x), round(top + number.height), theme.soft)


def _ring(page: _Page, one: Quantity, box: Box) -> None:
    theme, unit = page.theme, page.unit
    size = min(box.height, box.width * 0.45, 190 * unit)
    canvas = page.canvas(size, size)
    middle, radius, thick = size / 2, size * 0.41, size * 0.11
    canvas.stroke(
        ellipse_points(middle, middle, radius, radius, count=120),
        thick,
        theme.panel,
        alpha=max(0.14, theme.panel_alpha),
    )
    share = (one.value or 0) / 100
    arc = ellipse_points(
        middle,
        middle,
        radius,
        radius,
        start=-90,
        stop=-90 + 359.9 * share,
        count=max(4, int(120 * share)),
    )
    canvas.stroke(arc, thick, theme.accent)
    number = fit(
        one.number + one.unit,
        theme.face,
        wide=size * 0.56,
        high=size * 0.34,
        largest=size * 0.24,
        smallest=9 * unit,
        bold=0.05,
        single=True,
    )
    stamp(
        canvas,
        number,
        round(middle - number.width / 2),
        round(middle - number.height / 2),
        theme.ink,
    )
    top = box.top + (box.height - size) / 2
    page.put(canvas, box.left, top)
    if one.label:
        room = box.width - size - 16 * unit
        label = fit(
            one.label, theme.face, wide=room, high=size * 0.8, largest=20 * unit, smallest=9 * unit
        )
        words = page.canvas(label.width + 4, label.height)
        stamp(words, label, 0, 0, theme.ink)
        page.put(words, box.left + size + 14 * unit, top + (size - label.height) / 2)


def _written(one: Quantity) -> str:
    """A value with its unit as it is printed."""
    spaced = one.unit[:1].isascii() and one.unit[:1].isalpha()
    return f"{one.number} {one.unit}" if spaced else one.number + one.unit


def _chart(page: _Page, quantities: list[Quantity], box: Box) -> None:
    years = [year_of(one.label) for one in quantities]
    if len(quantities) >= 3 and all(years) and years == sorted(years, key=lambda year: year or 0):
        _line_chart(page, quantities, box)
    elif box.width > 1.35 * box.height and len(quantities) >= 3:
        _columns(page, quantities, box)
    else:
        _bars(page, quantities, box)


def _bars(page: _Page, quantities: list[Quantity], box: Box) -> None:
    """Bars lying down: label above, value at the end."""
    theme, unit = page.theme, page.unit
    most = max(one.value or 0 for one in quantities)
    high = min(box.height / len(quantities), 52 * unit)
    top = box.top + (box.height - high * len(quantities)) * 0.35
    for index, one in enumerate(quantities):
        canvas = page.canvas(box.width, high)
        value = fit(
            _written(one),
            theme.face,
            wide=box.width * 0.34,
            high=high,
            largest=min(17 * unit, high * 0.4),
            smallest=8 * unit,
            bold=0.04,
            single=True,
        )
        label = fit(
            one.label,
            theme.face,
            wide=box.width,
            high=high * 0.48,
            largest=min(12.5 * unit, high * 0.32),
            smallest=7.5 * unit,
        )
        stamp(canvas, label, 0, 0, theme.soft)
        length = (box.width - value.width - 10 * unit) * (one.value or 0) / most
        y = label.height + (high - label.height) * 0.12
        thick = (high - label.height) * 0.6
        canvas.rect(
            0,
            y,
            canvas.wide - value.width - 10 * unit,
            y + thick,
            theme.panel,
            alpha=max(0.1, theme.panel_alpha * 0.8),
            round_by=thick / 2,
        )
        canvas.rect(
            0,
            y,
            max(thick, length),
            y + thick,
            theme.accent if one.value == most else mix(theme.accent, theme.soft, 0.45),
            round_by=thick / 2,
        )
        stamp(
            canvas,
            value,
            round(max(thick, length) + 6 * unit),
            round(y + thick / 2 - value.height / 2),
            theme.ink,
        )
        page.put(canvas, box.left, top + index * high, wipe="right")


def _columns(page: _Page, quantities: list[Quantity], box: Box) -> None:
    """Standing columns with values on top and labels below."""
    theme, unit = page.theme, page.unit
    most = max(one.value or 0 for one in quantities)
    wide = box.width / len(quantities)
    base = (
        fit("国", theme.face, wide=wide, high=99, largest=11 * unit, smallest=8 * unit).line_height
        * 2
    )
    room = min(box.height, 190 * unit)
    top = box.top + (box.height - room) * 0.4
    axis = page.canvas(box.width, 2)
    axis.rect(0, 0, axis.wide, 2, theme.soft, alpha=0.6)
    page.put(axis, box.left, top + room - base)
    for index, one in enumerate(quantities):
        canvas = page.canvas(wide - 4 * unit, room)
        value = fit(
            _written(one),
            theme.face,
            wide=wide - 6 * unit,
            high=24 * unit,
            largest=15 * unit,
            smallest=8 * unit,
            bold=0.04,
            single=True,
        )
        tall = (room - base - value.height) * (one.value or 0) / most
        left, right = canvas.wide * 0.2, canvas.wide * 0.8
        foot = room - base
        canvas.rect(
            left,
            foot - max(2, tall),
            right,
            foot,
            theme.accent if one.value == most else mix(theme.accent, theme.soft, 0.45),
            round_by=3 * unit,
        )
        canvas.rect(
            left,
            foot - min(3 * unit, tall),
            right,
            foot,
            theme.accent if one.value == most else mix(theme.accent, theme.soft, 0.45),
        )
        stamp(
            canvas,
            value,
            round((canvas.wide - value.width) / 2),
            round(foot - tall - value.height),
            theme.ink,
        )
        label = fit(
            one.label,
            theme.face,
            wide=canvas.wide,
            high=base,
            largest=11 * unit,
            smallest=7.5 * unit,
        )
        stamp(canvas, label, round((canvas.wide - label.width) / 2), round(foot + 2), theme.soft)
        page.put(canvas, box.left + index * wide + 2 * unit, top, wipe="up")


def _line_chart(page: _Page, quantities: list[Quantity], box: Box) -> None:
    theme, unit = page.theme, page.unit
    values = np.array([one.value or 0 for one in quantities])
    low, most = min(0.0, float(values.min())), float(values.max())
    if float(values.min()) > 0.5 * most:
        low = float(values.min()) - 0.6 * (most - float(values.min()) or most)
    high = min(box.height, 190 * unit)
    canvas = page.canvas(box.width, high)
    foot, head = high - 18 * unit, 24 * unit
    x = np.linspace(28 * unit, canvas.wide - 28 * unit, len(values))
    y = foot - (foot - head) * (values - low) / max(1e-9, most - low) * 0.96
    for line in np.linspace(head, foot, 4):
        canvas.rect(0, float(line), canvas.wide, float(line) + 1, theme.soft, alpha=0.28)
    area = [*zip(x, y), (float(x[-1]), foot), (float(x[0]), foot)]
    canvas.fill(area, theme.accent, alpha=0.2)
    canvas.stroke(np.stack([x, y], axis=1), 3 * unit, theme.accent)
    for spot_x, spot_y, one in zip(x, y, quantities):
        canvas.ellipse(float(spot_x), float(spot_y), 4 * unit, 4 * unit, theme.ink)
        canvas.ellipse(float(spot_x), float(spot_y), 2.6 * unit, 2.6 * unit, theme.accent)
        wide = canvas.wide / len(values)
        value = fit(
            _written(one),
            theme.face,
            wide=wide,
            high=18 * unit,
            largest=12 * unit,
            smallest=7.5 * unit,
            bold=0.03,
            single=True,
        )
        stamp(
            canvas,
            value,
            round(min(max(2.0, float(spot_x) - value.width / 2), canvas.wide - value.width - 3.0)),
            round(float(spot_y) - value.height - 4 * unit),
            theme.ink,
        )
        label = fit(
            str(year_of(one.label) or one.label),
            theme.face,
            wide=wide,
            high=16 * unit,
            largest=10.5 * unit,
            smallest=7.5 * unit,
        )
        stamp(canvas, label, round(float(spot_x) - label.width / 2), round(foot + 2), theme.soft)
    page.put(canvas, box.left, box.top + (box.height - high) * 0.4, wipe="right")

"""Subtitles: from spoken lines with times to cues, ASS, SRT and VTT. Pure but for `write_sidecars`.

A cue has at most two lines. A long line becomes several cues, cut by phrase and timed by the speech
marks, so that each appears when its first word is heard.
"""

from __future__ import annotations

import html
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pysubs2

from ai_video.assets import replacing
from ai_video.composition.fonts import Font, font_for
from ai_video.composition.line_breaking import atoms_of, cut_cheaply, wrap
from ai_video.domain.entities import SubtitleStyle
from ai_video.domain.ports import SpeechMark

MAX_LINE_EM = 21.0
MAX_LINES = 2
SECOND_SIZE = 0.72
"""Size of the second language beside the first."""
LINGER_S = 1.2
SHORTEST_CUE_S = 0.8
CHARS_PER_S_HAN, CHARS_PER_S_LATIN = 9.0, 20.0
"""Comfortable reading speeds; a cue stays longer than its speech, where there is room."""
_SUNG = re.compile(r"[^\W\u2e80-\uffff]+(?:['’-][^\W\u2e80-\uffff]+)*\s*|.\s*", re.DOTALL)
"""What lights up at once: a Latin word, or one Chinese character."""
LABEL_SHARE = 0.055
"""GB 45438-2025: the visible mark's letters are at least 5 % of the picture's shorter side."""


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A line as it is heard; `marks` count from the start of the line's voice."""

    text: str
    start_s: float
    end_s: float
    translation: str = ""
    marks: tuple[SpeechMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Cue:
    """What stands on the picture from `start_s` to `end_s`; `translation` is the second language.

    `heard[i][n]` says when the n-th character of line i begins to be heard, in seconds from
    `start_s`, with one more value for its end.
    """

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    translation: tuple[str, ...] = ()
    heard: tuple[tuple[float, ...], ...] = ()

    def shifted(self, seconds: float) -> Cue:
        return replace(self, start_s=self.start_s + seconds, end_s=self.end_s + seconds)


@dataclass(frozen=True, slots=True)
class TextArea:
    """Where text may stand on a picture of `width` x `height` px, and how big it is."""

    width: int
    height: int
    em: float
    line_em: float
    side: int
    bottom: int
    top: int


def text_area(style: SubtitleStyle, width: int, height: int) -> TextArea:
    """Safe areas: 5 % left and right and 6 % above and below, on tall pictures 8 %, 12 %, 18 %.

    The wide margins of tall pictures keep clear of what the apps draw over them.
    """
    short = min(width, height)
    em = style.size * short / 1080
    tall = height > width * 1.2
    side = round(width * (0.08 if tall else 0.05))
    return TextArea(
        width=width,
        height=height,
        em=em,
        line_em=max(4.0, min(MAX_LINE_EM, (width - 2 * side) / em)),
        side=side,
        bottom=round(height * (0.18 if tall else 0.06)),
        top=round(height * (0.12 if tall else 0.06)),
    )


def cues_for(
    lines: Sequence[SpokenText],
    *,
    style: SubtitleStyle,
    width: int,
    height: int,
    until_s: float | None = None,
) -> list[Cue]:
    """Cues of a shot's (or film's) lines in order, none overlapping the next.

    `until_s` is where the last cue must end at the latest.
    """
    area = text_area(style, width, height)
    font = font_for(style.font)
    cues = [cue for line in lines for cue in _cues_of_line(line, font, area)]
    ends = [*(cue.start_s for cue in cues[1:]), math.inf if until_s is None else until_s]
    return [_lingering(cue, latest) for cue, latest in zip(cues, ends)]


def _cues_of_line(line: SpokenText, font: Font, area: TextArea) -> list[Cue]:
    text = clean_text(line.text)
    if not text or line.end_s <= line.start_s:
        return []
    second = clean_text(line.translation)
    limit = area.line_em
    rows = 1 if second and area.width > area.height else MAX_LINES

    atoms = atoms_of(text, width=font.width, limit=limit)
    pieces = cut_cheaply(atoms, limit=limit, rows=rows, weight=2.0, piece=0.3)
    clock = _Clock(text, line)
    offsets = list(itertools.accumulate((len(piece) for piece in pieces), initial=0))
    starts = [clock.at(offset) for offset in offsets[:-1]]
    ends = [*starts[1:], line.end_s]
    seconds = _spread(second, len(pieces), font, limit / SECOND_SIZE)
    cues: list[Cue] = []
    for piece, other, offset, start, end in zip(
        pieces, seconds, offsets[:-1], starts, ends, strict=True
    ):
        rows_shown = tuple(wrap(piece, width=font.width, limit=limit))
        cues.append(
            Cue(
                start,
                end,
                rows_shown,
                tuple(wrap(other, width=font.width, limit=limit / SECOND_SIZE)),
                tuple(_heard(piece, rows_shown, offset, clock, start)),
            )
        )
    return cues


def _heard(
    piece: str, rows: Sequence[str], offset: int, clock: _Clock, start_s: float
) -> Iterator[tuple[float, ...]]:
    """When each character of each line of a piece is heard, from the piece's own start."""
    cursor = 0
    for row in rows:
        first = max(cursor, piece.find(row, cursor))
        cursor = first + len(row)
        yield tuple(
            max(0.0, clock.at(offset + place) - start_s) for place in range(first, cursor + 1)
        )


def clean_text(text: str) -> str:
    """The text on one line: white space folded, control and bidi-override characters removed."""
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace()
        or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        or char == "\u200d"
    )
    return re.sub(r" +", " ", kept).strip()


def _spread(text: str, parts: int, font: Font, limit: float) -> list[str]:
    """The second language in as many pieces as the first has, of about equal length."""
    if parts == 1 or not text:
        return [text] + [""] * (parts - 1)
    atoms = atoms_of(text, width=font.width, limit=limit)
    whole = font.width(text)
    pieces = [""] * parts
    for atom in atoms:
        middle = font.width(text[: atom.start]) + font.width(atom.text) / 2
        pieces[min(parts - 1, int(middle / whole * parts))] += atom.text
    return [piece.strip() for piece in pieces]


class _Clock:
    """When the n-th character of a line is heard: by the marks where they fit, else by length."""

    def __init__(self, text: str, line: SpokenText) -> None:
        points = [(0, line.start_s)]
        cursor = 0
        lowered = text.lower()
        for mark in line.marks:
            word = mark.text.strip().lower()
            if not word:
                continue
            found = lowered.find(word, cursor, cursor + 16 + len(word))
            moment = line.start_s + mark.start_s
            if found > 0 and points[-1][1] <= moment <= line.end_s:
                points.append((found, moment))
            if found >= 0:
                cursor = found + len(word)
        self.points = [*points, (len(text), line.end_s)]

    def at(self, offset: int) -> float:
        for (left, before), (right, after) in itertools.pairwise(self.points):
            if left <= offset <= right and right > left:
                return before + (after - before) * (offset - left) / (right - left)
        return self.points[-1][1]


def _lingering(cue: Cue, latest_s: float) -> Cue:
    """The cue, held until it can be read, at most LINGER_S, never into the next one."""
    shown = "".join(cue.lines)
    han = sum(1 for char in shown if ord(char) > 0x2E7F)
    reading = han / CHARS_PER_S_HAN + (len(shown) - han) / CHARS_PER_S_LATIN
    wanted = cue.start_s + max(SHORTEST_CUE_S, reading)
    end = max(cue.end_s, min(wanted, cue.end_s + LINGER_S))
    return replace(cue, end_s=max(min(end, latest_s), cue.start_s + 0.01))


# pysubs2 writes the ASS; SRT and VTT are written here, because their text may hold braces, which
# pysubs2 would take for override tags.


def ass_document(
    cues: Sequence[Cue],
    *,
    style: SubtitleStyle,
    width: int,
    height: int,
    label: str | None = None,
    label_until_s: float = 0.0,
    burnt: bool = True,
) -> str:
    """An ASS file for a picture of that size; `burnt` drops what the font cannot write.

    `label` is the visible AI-content mark, shown in the upper left corner until `label_until_s`.
    """
    font = font_for(style.font)
    area = text_area(style, width, height)
    document = pysubs2.SSAFile()
    document.info.update(
        {
            "PlayResX": str(width),
            "PlayResY": str(height),
            "ScaledBorderAndShadow": "yes",
            "WrapStyle": "2",
            "YCbCr Matrix": "TV.709",
        }
    )
    document.styles = {
        "Default": _ass_style(style, font, area, scale=1.0),
        "Second": _ass_style(
            style.model_copy(update={"karaoke": False}), font, area, scale=SECOND_SIZE
        ),
        "Label": _label_style(font, area),
    }
    document.events = [
        event for cue in cues for event in _ass_events(cue, font if burnt else None, style)
    ]
    mark = _ass_text(label or "", font if burnt else None)
    if mark:
        document.events.append(
            pysubs2.SSAEvent(start=0, end=_ms(label_until_s), style="Label", text=mark)
        )
    return document.to_string("ass", header_notice="")


def _ass_events(cue: Cue, font: Font | None, style: SubtitleStyle) -> list[pysubs2.SSAEvent]:
    sung = style.karaoke and len(cue.heard) == len(cue.lines)
    shown = _sung(cue, font) if sung else [_ass_text(line, font) for line in cue.lines]
    rows = [row for row in shown if row]
    second = [row for row in (_ass_text(line, font) for line in cue.translation) if row]
    text = "\\N".join([*rows, *(f"{{\\rSecond}}{row}" for row in second)])
    if not text:
        return []
    return [pysubs2.SSAEvent(start=_ms(cue.start_s), end=_ms(cue.end_s), text=text)]


def _sung(cue: Cue, font: Font | None) -> list[str]:
    """The cue's lines with a sweep over each character or word, while it is heard (`\\kf`).

    Times are rounded from the cue's start, so that rounding errors do not add up.
    """
    clock = 0
    rows: list[str] = []
    for line, heard in zip(cue.lines, cue.heard, strict=True):
        parts: list[str] = []
        for group in _SUNG.finditer(line):
            word = group[0] if font is None else "".join(filter(font.can_write, group[0]))
            start, end = (round(heard[place] * 100) for place in group.span())
            if start > clock:
                parts.append(f"{{\\k{start - clock}}}")
            clock = max(clock, start)
            parts.append(f"{{\\kf{max(0, end - clock)}}}{_harmless(word)}")
            clock = max(clock, end)
        rows.append("".join(parts) if _ass_text(line, font) else "")
    return rows


def _ass_text(line: str, font: Font | None) -> str:
    """One line as ASS text: nothing in it is a command, and every character has a glyph.

    Braces and backslashes become their full-width forms, which every renderer shows as text.
    """
    plain = _harmless(line)
    if font is not None:
        plain = "".join(char for char in plain if font.can_write(char))
    return re.sub(r" +", " ", plain).strip()


def _harmless(text: str) -> str:
    return text.translate({ord("{"): "｛", ord("}"): "｝", ord("\\"): "＼", ord("\n"): " "})


def _ass_style(
    style: SubtitleStyle, font: Font, area: TextArea, *, scale: float
) -> pysubs2.SSAStyle:
    unit = min(area.width, area.height) / 1080
    alignment = {"bottom": 2, "middle": 5, "top": 8}[style.position]
    plain = _ass_colour(style.colour)
    return pysubs2.SSAStyle(
        fontname=font.family,
        fontsize=round(area.em * font.line_height * scale, 2),
        primarycolor=_ass_colour(style.karaoke_colour) if style.karaoke else plain,
        # Of words that are not heard yet.
        secondarycolor=plain,
        outlinecolor=pysubs2.Color(0, 0, 0),
        backcolor=pysubs2.Color(0, 0, 0, 110 if style.box else 128),
        # 4 is libass's own: one box around all lines, where 3 darkens twice where boxes overlap.
        borderstyle=4 if style.box else 1,
        outline=round(style.outline * unit, 2),
        shadow=round((8 if style.box else 1.5) * unit, 2),
        alignment=pysubs2.Alignment(alignment),
        marginl=area.side,
        marginr=area.side,
        marginv=area.top if style.position == "top" else area.bottom,
    )


def _ass_colour(colour: str) -> pysubs2.Color:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return pysubs2.Color(red, green, blue)


def _label_style(font: Font, area: TextArea) -> pysubs2.SSAStyle:
    short = min(area.width, area.height)
    return pysubs2.SSAStyle(
        fontname=font.family,
        fontsize=round(short * LABEL_SHARE * font.line_height, 2),
        primarycolor=pysubs2.Color(255, 255, 255, 30),
        outlinecolor=pysubs2.Color(0, 0, 0, 60),
        outline=round(short / 420, 2),
        shadow=0,
        alignment=pysubs2.Alignment.TOP_LEFT,
        marginl=area.side // 2,
        marginr=area.side,
        marginv=round(area.top / 2),
    )


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def srt_document(cues: Sequence[Cue]) -> str:
    """SubRip: numbered cues, comma before the milliseconds."""
    return "".join(
        f"{number}\n{_clock(cue.start_s, ',')} --> {_clock(cue.end_s, ',')}\n"
        + "\n".join([*cue.lines, *cue.translation])
        + "\n\n"
        for number, cue in enumerate(cues, start=1)
    )


def vtt_document(cues: Sequence[Cue]) -> str:
    """WebVTT: as SRT, with `&`, `<` and `>` escaped (which also keeps `-->` out of the text)."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(cue.start_s, '.')} --> {_clock(cue.end_s, '.')}\n"
        + html.escape("\n".join([*cue.lines, *cue.translation]), quote=False)
        + "\n\n"
        for cue in cues
    )


def _clock(seconds: float, point: str) -> str:
    whole, ms = divmod(_ms(seconds), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{ms:03}"


@dataclass(frozen=True, slots=True)
class Sidecars:
    """Subtitle files beside a film."""

    srt: Path
    vtt: Path
    ass: Path


def write_sidecars(
    cues: Sequence[Cue], *, style: SubtitleStyle, width: int, height: int, stem: Path
) -> Sidecars:
    """Write STEM.srt, STEM.vtt and STEM.ass (all characters kept); times count from the film's start."""
    made = Sidecars(*(stem.with_name(f"{stem.name}.{kind}") for kind in ("srt", "vtt", "ass")))
    ass = ass_document(cues, style=style, width=width, height=height, burnt=False)
    for path, text in (
        (made.srt, srt_document(cues)),
        (made.vtt, vtt_document(cues)),
        (made.ass, ass),
    ):
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8", newline="\n")
    return made

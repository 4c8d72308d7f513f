"""The storyboard sheet: whole, readable, inside its pages, in both languages."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pylopdf
import pytest
from PIL import Image

from ai_video.composition.sheet import Sheet, SheetLine, SheetShot, clock, sheet_html
from ai_video.composition.sheet_pdf import FOOT, HEIGHT, MARGIN, WIDTH, sheet_pdf


def picture(wide: int, high: int) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (wide, high), "#204080").save(sink, format="JPEG")
    return sink.getvalue()


SHOT = SheetShot(
    number=7,
    label="S2 · 07",
    scene="旧码头",
    start_s=62.5,
    duration_s=4.0,
    description="夕阳贴着海面，最后一班渡轮靠在码头边。",
    camera=("大远景", "右摇"),
    light=("夕阳", "雨"),
    characters=("林小禾", "陈阿海"),
    lines=(SheetLine("林小禾", "师傅，等一下！", "Wait!", 63.0, 64.5), SheetLine("", "船开了。")),
    transition="叠化",
    notes="船要慢。",
)
SHEET = Sheet("最后一班渡轮", "渡轮", "zh", 66.5, 25, 16 / 9, (SHOT,), "AI 生成")


def text_of(pdf: bytes) -> str:
    document = pylopdf.Document(stream=pdf)
    return "".join(page.get_text() for page in document)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def said(shot: SheetShot) -> list[str]:
    words = [shot.description, shot.scene, shot.notes, *shot.camera, *shot.characters]
    return words + [text for line in shot.lines for text in (line.speaker, line.text)]


@pytest.mark.parametrize("make", [sheet_html, lambda sheet: text_of(sheet_pdf(sheet))])
def test_a_sheet_says_everything_that_is_known_about_a_shot(make):
    text = squeezed(make(SHEET))
    for words in [*said(SHOT), "Wait!", "7S2·07", "1:02.5", "1:06.5", "4.0s", "旁白", "还没有画面"]:
        assert squeezed(words) in text
    english = squeezed(make(replace(SHEET, lang="en")))
    for words in ("Camera", "Characters", "no picture yet", "Narrator", "1 shots"):
        assert squeezed(words) in english


def test_the_html_sheet_needs_no_other_file_and_runs_nothing():
    hostile = '<script>alert(1)</script>"onerror="x'
    shots = (
        replace(SHOT, description=hostile, scene=hostile, lines=(SheetLine(hostile, hostile),)),
        replace(SHOT, picture=picture(320, 180), note=hostile),
    )
    html = sheet_html(replace(SHEET, title=hostile, shots=shots))
    assert "<script" not in html
    assert set(re.findall(r'\bsrc="(.{5})', html)) == {"data:"}
    assert not re.search(r"url\(|<link|@import|https?:", html)


LONG = "他沿着堤岸走了很久，海风把灯塔的光吹得一明一暗。He kept walking along the shore. " * 60
UNBROKEN = "无" * 700 + "W" * 700


@pytest.mark.parametrize("aspect", [16 / 9, 9 / 16, 1.0, 47 / 20])
def test_nothing_leaves_its_page_and_nothing_is_lost(aspect):
    size = (320, round(320 / aspect))
    shots = (
        SHOT,
        replace(SHOT, number=8, description=LONG, picture=picture(*size)),
        replace(SHOT, number=9, lines=tuple(SheetLine("甲", f"第{n}句：好。") for n in range(90))),
        replace(SHOT, number=10, description=UNBROKEN, picture=picture(*size), note="画面较旧"),
        *(replace(SHOT, number=n, picture=picture(*size)) for n in range(11, 17)),
    )
    pdf = sheet_pdf(replace(SHEET, aspect=aspect, shots=shots))
    document = pylopdf.Document(stream=pdf)
    assert len(document) > 3
    text = squeezed("".join(page.get_text() for page in document))
    for shot in shots:
        for words in said(shot):
            if words not in (LONG, UNBROKEN):
                assert squeezed(words) in text
    assert text.count(squeezed("He kept walking along the shore.")) == 60
    assert (text.count("无"), text.count("W")) == (700, 700 + text.count("Wait"))
    for number, page in enumerate(document, start=1):
        words = page.get_text("words")
        assert f"第{number}/{len(document)}页" in squeezed(page.get_text())
        for left, top, right, bottom, word, *_ in words:
            assert MARGIN - 1 <= left < right <= WIDTH - MARGIN + 1, word
            assert MARGIN - 8 <= top < bottom <= HEIGHT - FOOT / 2 + 4, word


def test_text_columns_and_pictures_do_not_meet():
    shots = tuple(replace(SHOT, number=n, picture=picture(160, 90)) for n in range(1, 6))
    for page in pylopdf.Document(stream=sheet_pdf(replace(SHEET, shots=shots))):
        boxes = [info["bbox"] for info in page.get_images()]
        assert boxes
        for left, top, right, bottom, word, *_ in page.get_text("words"):
            for x0, y0, x1, y1 in boxes:
                assert right <= x0 or left >= x1 or bottom <= y0 or top >= y1, word


def test_what_the_font_lacks_is_counted_not_shown_as_boxes():
    shot = replace(SHOT, description="雨停了🌈，𓀀\x07走了。")
    text = squeezed(text_of(sheet_pdf(replace(SHEET, shots=(shot,)))))
    assert "雨停了，走了。" in text
    assert "字体缺少2个字符" in text
    assert "🌈" in sheet_html(replace(SHEET, shots=(shot,)))


def test_the_same_sheet_gives_the_same_bytes():
    assert sheet_pdf(SHEET) == sheet_pdf(SHEET)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (59.96, "1:00.0"), (62.54, "1:02.5"), (3601, "60:01.0")]
)
def test_times_read_as_minutes_and_seconds(seconds, text):
    assert clock(seconds) == text

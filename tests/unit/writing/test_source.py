"""Bytes to text: formats, encodings, limits."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from ai_video.errors import InputRefused
from ai_video.writing import read_source, split_episodes

ZH = "第一场 码头 夜 外\n林晓：你好，船要开了。\n她看着海，没有说话。\n"
HANT = "第一場 碼頭 夜 外\n林曉：你好，船要開了。\n她看著海，沒有說話。\n"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (ZH, "utf-8"),
        (ZH, "utf-8-sig"),
        (ZH, "utf-16"),
        (ZH, "utf-16-le"),
        (ZH, "utf-16-be"),
        (ZH, "gbk"),
        (ZH, "gb18030"),
        (HANT, "big5"),
        (HANT, "utf-8"),
        ("A plain story. Nobody spoke.\n", "utf-16-le"),
        ("“Don’t go,” she said — and stayed.\n", "cp1252"),
    ],
)
def test_text_is_read_in_the_encodings_people_save_in(text: str, codec: str) -> None:
    assert read_source(text.encode(codec), name="story.txt").text == text


def test_lines_of_different_encodings_are_each_read_rightly() -> None:
    data = "他站在雨里，没有说话。\n".encode() + "她看着海，等船回来。\n".encode("gbk")
    source = read_source(data, name="story.txt")
    assert source.text == "他站在雨里，没有说话。\n她看着海，等船回来。\n"
    assert source.encoding == "mixed"


def test_line_ends_are_newlines_and_control_characters_are_gone() -> None:
    assert read_source(b"a\r\nb\rc\x07d\n", name="a.md").text == "a\nb\ncd\n"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.txt", "source_empty"),
        (b" \n\t\n", "a.txt", "source_empty"),
        (b"\xef\xbb\xbf", "a.md", "source_empty"),
        (b"x" * (20 * 1024 * 1024 + 1), "a.txt", "source_too_large"),
        (bytes(range(256)) * 20, "a.txt", "source_not_text"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00" * 9, "a.txt", "source_not_text"),
        (b"text", "a.exe", "source_format"),
        (b"not a zip", "a.docx", "source_broken"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(data: bytes, name: str, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_source(data, name=name)
    assert refused.value.code == code


def test_word_document_gives_its_paragraphs() -> None:
    document = docx.Document()
    document.add_paragraph("第一场 码头 夜 外")
    document.add_paragraph("林晓：你好。")
    target = io.BytesIO()
    document.save(target)
    source = read_source(target.getvalue(), name="story.docx")
    assert source.format == "docx"
    assert [line for line in source.text.split("\n") if line] == [
        "第一场 码头 夜 外",
        "林晓：你好。",
    ]


def packed(xml: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return target.getvalue()


def test_zip_bomb_is_refused_unread() -> None:
    with pytest.raises(InputRefused) as refused:
        read_source(packed(b"a" * (40 * 1024 * 1024)), name="bomb.docx")
    assert refused.value.code == "source_too_large"


def test_document_with_entities_is_refused() -> None:
    xml = b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'
    with pytest.raises(InputRefused) as refused:
        read_source(packed(xml), name="evil.docx")
    assert refused.value.code == "source_broken"


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("《渡轮》\n\n正文。", "a.txt", "渡轮"),
        ("# The **Sea**\n\nText.", "a.md", "The Sea"),
        ("Title: Lamp\nAuthor: X\n\nINT. A - DAY\n", "a.fountain", "Lamp"),
        ("正文第一句。", "我的故事.txt", "我的故事"),
        ("第一行是名字\n正文。", "-", "第一行是名字"),
    ],
)
def test_title_is_the_texts_own_else_the_file_name(text: str, name: str, title: str) -> None:
    assert read_source(text.encode(), name=name).title == title


def test_episode_headings_split_a_text_and_lose_nothing() -> None:
    text = "全剧\n\n第一集 相遇\n甲来了。\n\n第二集：离别\n乙走了。\n丙也走了。\n"
    episodes = split_episodes(text)
    assert [(e.number, e.title, e.first_paragraph) for e in episodes] == [
        (1, "相遇", 1),
        (2, "离别", 4),
    ]
    assert "".join(e.text for e in episodes) == text


@pytest.mark.parametrize(
    "heading", ["EPISODE 3", "Episode 3: Home", "# 第3集", "第三集", "【第三集】"]
)
def test_one_heading_numbers_the_episode(heading: str) -> None:
    assert [e.number for e in split_episodes(f"{heading}\nA story.\n")] == [3]


def test_text_without_headings_is_one_episode() -> None:
    assert len(split_episodes("他说第三集很好看。\n我们看吧。")) == 1


def test_an_episode_over_sixty_thousand_characters_is_refused() -> None:
    with pytest.raises(InputRefused) as refused:
        split_episodes("字" * 60_001)
    assert refused.value.code == "text_too_long"
    assert refused.value.exit_code == 3
    long = "\n".join(f"第{n}集\n" + "字" * 40_000 for n in range(1, 5))
    assert len(split_episodes(long)) == 4

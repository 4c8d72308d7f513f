"""Text and structure: each gives the other back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.writing import ScriptContent, detect_lang, detect_mode, read_script, script_schema
from ai_video.writing.cues import read_heading, read_transition, speaker_cue

STORIES = Path(__file__).parents[2] / "data" / "stories"
FORMATS = {".txt": "text", ".md": "markdown", ".fountain": "fountain"}
PIECES = st.sampled_from(
    ["第一场 码头 夜 外", "INT. ROOM - DAY", "林晓：", "林晓（低声）：你好。", "BOB", "(beat)", "Hello.", "淡出", "> CUT TO:", "# 标题",
     "![图](a.png)", "来源：社", "[[ note", "]]", "/*", "*/", "人物：", "△ 风起", "---", "> 引文", "- 项", "EPISODE 2", "=== ", "Title: X",
     "“话”", "  ", "　", "", "\t", ":", "：", "a: b", "\u2028", "\x85", "😀", "@mara", ".SCENE", "~la", "!go", "第", "| a | b |", "```"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n\n", "\n \n", ""])), max_size=25).map(
        lambda rows: "".join(piece + end for piece, end in rows)
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    text=TEXTS,
    mode=st.sampled_from([None, "drama", "news", "science", "narration"]),
    source_format=st.sampled_from(["text", "markdown", "fountain"]),
)
def test_structure_gives_back_every_character(text: str, mode, source_format) -> None:
    script = read_script(text, mode=mode, source_format=source_format)
    assert script.text() == text
    assert ScriptContent.model_validate_json(script.model_dump_json()).text() == text


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_paragraph_numbers_grow_and_none_is_skipped(text: str) -> None:
    script = read_script(text)
    numbers = [number for element in script.elements for number in element.paragraphs]
    assert numbers == list(range(1, len(numbers) + 1))


def test_changed_words_come_out_in_the_text() -> None:
    script = read_script("第一场 码头 夜 外\n林晓：（低声）走吧。\n他走了。\n")
    elements = [
        element.model_copy(update={"text": "留下吧。"}) if element.kind == "dialogue" else element
        for element in script.elements
    ]
    changed = script.model_copy(update={"elements": tuple(elements)})
    assert changed.text() == "第一场 码头 夜 外\n林晓：（低声）留下吧。\n他走了。\n"


def test_schema_names_every_kind_of_element() -> None:
    schema = str(script_schema())
    for kind in ("title", "note", "cast", "scene", "action", "dialogue", "transition", "narration", "headline", "source", "picture"):  # fmt: skip
        assert f"'{kind}'" in schema


@pytest.mark.parametrize(
    ("line", "place", "interior", "time"),
    [
        ("第一场 码头 夜 外", "码头", False, "夜"),
        ("第12场：医院走廊，日，内", "医院走廊", True, "日"),
        ("场景三 教室 清晨", "教室", None, "清晨"),
        ("内景 咖啡馆 - 夜", "咖啡馆", True, "夜"),
        ("外景．雪山．黄昏", "雪山", False, "黄昏"),
        ("1-2 日 内 办公室", "办公室", True, "日"),
        ("3、老宅院子 夜外", "老宅院子", False, "夜"),
        ("【医院病房 · 夜 · 内】", "医院病房", True, "夜"),
        ("INT. CAFE - NIGHT", "CAFE", True, "night"),
        ("EXT. BEACH ROAD — LATE AFTERNOON", "BEACH ROAD", False, "late afternoon"),
        ("12. INT./EXT. CAR - DAY", "CAR", None, "day"),
        ("I/E TRUCK - DUSK", "TRUCK", None, "dusk"),
        ("Scene 4: The Old Mill", "The Old Mill", None, ""),
    ],
)
def test_scene_headings_of_many_hands_are_read(line: str, place: str, interior, time: str) -> None:
    heading = read_heading(line)
    assert heading is not None
    assert (heading.place, heading.interior, heading.time) == (place, interior, time)


@pytest.mark.parametrize(
    "line",
    ["第一场雨下了整整一夜。", "他在场景里走。", "内心很乱。", "Internal affairs were quiet.", "Interesting times", "1. 打开盖子",
     "【画外音】", "外面下雨了", "Scene stealing is an art.", "3 个人走进来"],
)  # fmt: skip
def test_sentences_are_no_scene_headings(line: str) -> None:
    assert read_heading(line) is None


@pytest.mark.parametrize(
    ("line", "name", "delivery"),
    [
        ("林晓：你好。", "林晓", ""),
        ("林晓: 你好。", "林晓", ""),
        ("林晓（低声）：你好。", "林晓", "低声"),
        ("林晓：（哭着）你好。", "林晓", "哭着"),
        ("林晓(画外音)： 你好。", "林晓", "画外音"),
        ("护士A：让一让。", "护士A", ""),
        ("旁白：很久以前。", "旁白", ""),
        ("Mara: Hello.", "Mara", ""),
        ("MR. GRAY (softly): Hello.", "MR. GRAY", "softly"),
        ("Old Man: (laughs) No.", "Old Man", "laughs"),
    ],
)
def test_speakers_are_found_before_either_colon(line: str, name: str, delivery: str) -> None:
    cue = speaker_cue(line)
    assert cue is not None
    assert (cue.name, cue.delivery) == (name, delivery)


@pytest.mark.parametrize(
    "line",
    ["他低声说：“走吧。”", "时间：1990年", "https://a.b/c", "10:30 出发", "注意：小心", "特写：一封信", "Close-up: a letter.",
     "Note: this is a draft.", "镜头：推近", "原因如下：没有", "the rule is: run"],
)  # fmt: skip
def test_labels_times_and_verbs_are_no_speakers(line: str) -> None:
    assert speaker_cue(line) is None


@pytest.mark.parametrize(
    ("line", "transition"),
    [
        ("淡出", "dip"),
        ("（淡入）", "fade_in"),
        ("切至：", "cut"),
        ("叠化", "crossfade"),
        ("FADE IN:", "fade_in"),
        ("DISSOLVE TO:", "crossfade"),
        ("CUT TO BLACK.", "dip"),
        ("WIPE TO:", "wipe"),
        ("切开蛋糕", None),
        ("完了", None),
        ("Cut the rope.", None),
        ("淡出的人影很久没有回来", None),
    ],
)
def test_transitions_are_lines_of_their_own(line: str, transition) -> None:
    assert read_transition(line) == transition


@pytest.mark.parametrize(
    ("name", "mode", "lang"),
    [
        ("drama.zh.txt", "drama", "zh"),
        ("news.zh.md", "news", "zh"),
        ("science.en.md", "science", "en"),
        ("screenplay.fountain", "drama", "en"),
    ],
)
def test_mode_and_language_of_the_stories_are_found(name: str, mode: str, lang: str) -> None:
    text = (STORIES / name).read_text("utf-8")
    assert (detect_mode(text), detect_lang(text)) == (mode, lang)


def test_a_plain_tale_is_narration() -> None:
    tale = "很久以前，海边住着一个老渔夫。他每天出海，却什么也没捕到。\n有一天，他网到了一只会说话的瓶子。"
    assert detect_mode(tale) == "narration"
    assert (
        detect_mode("Once there was a fox. It lived alone in the woods and never spoke.")
        == "narration"
    )


def kinds(text: str, **options) -> list[str]:
    return [element.kind for element in read_script(text, **options).elements]


def test_fountain_is_read_by_its_grammar() -> None:
    text = (
        "Title: A\nAuthor: B\n\nINT. HUT - DAY\n\nRain.\n\nANN (V.O.)\n(softly)\nCome in.\nPlease.\n(beat)\nNow.\n\n"
        "!NOT A CUE\nline\n\n.FORCED PLACE\n\n@mCoy\nHey.\n\n> THE END <\n\n[[a\nnote]]\n\n> FADE OUT.\n"
    )
    script = read_script(text, source_format="fountain")
    assert [item.kind for item in script.elements] == [
        "title", "note", "scene", "action", "dialogue", "dialogue", "action", "action", "scene", "dialogue",
        "action", "note", "transition",
    ]  # fmt: skip
    spoken = [item for item in script.elements if item.kind == "dialogue"]
    assert [(item.speaker, item.delivery, item.voice, item.text) for item in spoken] == [
        ("Ann", "V.O., softly", "off", "Come in.\nPlease."),
        ("Ann", "V.O., beat", "off", "Now."),
        ("mCoy", "", "on", "Hey."),
    ]


def test_article_parts_are_told_apart() -> None:
    text = "# 标题\n\n记者 周宁\n\n第一段正文。\n\n## 小标题\n\n> 引文一句。\n\n![图](a.png)\n\n来源：新闻社\n"
    assert kinds(text, mode="news") == [
        "title", "note", "narration", "headline", "narration", "picture", "source",
    ]  # fmt: skip


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    text = "The glacier has been losing ice for sixty years, and the lake below\nit has doubled in size.\n\nNobody lives there.\n"
    script = read_script(text, mode="narration")
    assert [item.paragraphs for item in script.elements] == [(1,), (2,)]

"""Dialogue as text and back into lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.domain.entities import Line
from ai_video.domain.ids import new_id
from ai_video.studio.records.dialogue import dialogue_of, parse_dialogue

NOW = datetime.now(UTC)
SHOT = new_id()


def line(text: str, speaker: str = "", delivery: str = "") -> Line:
    return Line(
        id=new_id(),
        created_at=NOW,
        updated_at=NOW,
        storyboard_id=SHOT,
        speaker=speaker,
        delivery=delivery,
        text=text,
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("小明：走吧。", ("小明", "", "走吧。")),
        ("小明（低声）：走吧。", ("小明", "低声", "走吧。")),
        ("小明(低声): 走吧。", ("小明", "低声", "走吧。")),
        ("Ming (softly): Let's go.", ("Ming", "softly", "Let's go.")),
        ("风停了。", ("", "", "风停了。")),
        ("他说，走吧：现在。", ("", "", "他说，走吧：现在。")),
        ("：没有人", ("", "", "：没有人")),
        ("小明：", ("", "", "小明：")),
        ("At 8:30 we left.", ("At 8", "", "30 we left.")),
        ("The long road that nobody ever walked: it ends.",
         ("", "", "The long road that nobody ever walked: it ends.")),
    ],
)  # fmt: skip
def test_a_new_row_is_read_as_speaker_delivery_and_words(
    row: str, said: tuple[str, str, str]
) -> None:
    [parsed] = parse_dialogue(row, [], names=())
    assert (parsed.speaker, parsed.delivery, parsed.text) == said
    assert parsed.line is None


def test_a_known_name_may_be_long_or_odd() -> None:
    name = "The Lord of the Very Long Name, Esq."
    [parsed] = parse_dialogue(f"{name}: Yes.", [], names=(name,))
    assert (parsed.speaker, parsed.text) == (name, "Yes.")


def test_rows_that_read_as_before_keep_their_lines_wherever_they_moved() -> None:
    lines = [line("甲。"), line("乙：丙", ""), line("走吧。", "小明"), line("甲。")]
    rows = parse_dialogue("小明：走吧。\n\n甲。\n乙：丙\n甲。\n新", lines, names=())
    assert [row.line for row in rows[:1]] == [lines[2]]
    assert {row.line.id for row in rows if row.line} == {entry.id for entry in lines}
    assert [row.unchanged for row in rows] == [True, True, True, True, False]


def test_a_changed_row_rewrites_the_line_that_stood_there() -> None:
    lines = [line("甲。"), line("走吧。", "小明"), line("丙。")]
    rows = parse_dialogue("甲。\n小明：快走吧。\n丙。", lines, names=("小明",))
    assert [row.line for row in rows] == lines
    assert rows[1].text == "快走吧。"
    assert [row.unchanged for row in rows] == [True, False, True]


def test_a_line_of_several_rows_is_shown_as_one_and_kept_as_it_is() -> None:
    entry = line("第一行\n第二行", "小明")
    assert dialogue_of([entry]) == "小明：第一行 第二行"
    [row] = parse_dialogue(dialogue_of([entry]), [entry], names=())
    assert row.unchanged


TEXTS = st.text(max_size=12)
LINES = st.lists(st.builds(line, TEXTS, TEXTS, TEXTS), max_size=6)


@given(LINES)
def test_lines_survive_being_shown_and_written_back(lines: list[Line]) -> None:
    spoken = [entry for entry in lines if dialogue_of([entry])]
    rows = parse_dialogue(dialogue_of(lines), lines, names=())
    assert sorted(row.line.id for row in rows if row.line) == sorted(entry.id for entry in spoken)
    assert all(row.unchanged for row in rows)


@given(LINES, st.text(max_size=60))
def test_any_text_gives_rows_and_each_line_at_most_once(lines: list[Line], text: str) -> None:
    rows = parse_dialogue(text, lines, names=("小明",))
    kept = [row.line.id for row in rows if row.line is not None]
    assert len(kept) == len(set(kept))
    assert all(row.text.strip() for row in rows)

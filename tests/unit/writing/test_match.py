"""Ids that survive an edited text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.domain.ids import new_id
from ai_video.writing import (
    Cast,
    LineDraft,
    OldLine,
    OldShot,
    ShotDraft,
    WriterOptions,
    match_shots,
    read_script,
)
from ai_video.writing.rule_writer import plan_episode

DRAMA = (Path(__file__).parents[2] / "data" / "stories" / "drama.zh.txt").read_text("utf-8")


def shots_of(text: str) -> tuple[ShotDraft, ...]:
    return plan_episode(read_script(text), known=Cast(), options=WriterOptions()).shots


def stored(shots: Sequence[ShotDraft]) -> list[OldShot]:
    return [
        OldShot(
            new_id(),
            shot.source_digest,
            tuple(OldLine(new_id(), line.speaker, line.text) for line in shot.lines),
            shot.description,
        )
        for shot in shots
    ]


def draft(digest: str, *lines: str) -> ShotDraft:
    return ShotDraft(1, None, digest, 3.0, "static", lines=tuple(LineDraft("甲", text) for text in lines), source_digest=digest)  # fmt: skip


DIGESTS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(before=DIGESTS, after=DIGESTS)
def test_no_id_is_given_twice(before: list[str], after: list[str]) -> None:
    old = stored([draft(key, key + "说") for key in before])
    match = match_shots(old, [draft(key, key + "说") for key in after])
    assert len(set(match.shots.values())) == len(match.shots)
    assert len(set(match.lines.values())) == len(match.lines)


@settings(max_examples=300, deadline=None)
@given(before=DIGESTS, after=DIGESTS)
def test_every_paragraph_that_stays_keeps_a_shot_of_its_own(
    before: list[str], after: list[str]
) -> None:
    old = stored([draft(key, key + "说") for key in before])
    match = match_shots(old, [draft(key, key + "说") for key in after])
    digest = {shot.id: shot.source_digest for shot in old}
    for key in set(after):
        kept = [at for at, value in enumerate(after) if value == key and at in match.unchanged]
        assert len(kept) == min(after.count(key), before.count(key))
        assert all(digest[match.shots[at]] == key for at in kept)


@settings(max_examples=200, deadline=None)
@given(keys=DIGESTS)
def test_an_unchanged_text_keeps_everything_in_place(keys: list[str]) -> None:
    shots = [draft(key, key + "说") for key in keys]
    old = stored(shots)
    match = match_shots(old, shots)
    assert match.shots == {at: shot.id for at, shot in enumerate(old)}
    assert match.lines == {(at, 0): shot.lines[0].id for at, shot in enumerate(old)}


def edited(text: str, at: int, change: str) -> str:
    lines = text.split("\n")
    if change == "delete":
        del lines[at]
    elif change == "insert":
        lines.insert(at, "陈阿海：风会停的，人要先站稳。")
    elif change == "move":
        lines.insert(len(lines) - 4, lines.pop(at))
    else:
        speaker, colon, words = lines[at].partition("：")
        lines[at] = f"{speaker}{colon}{words}还有一句。" if colon else f"{lines[at]}海鸥叫了一声。"
    return "\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(11, 55), change=st.sampled_from(["delete", "insert", "move", "change"]))
def test_unchanged_paragraphs_of_an_edited_story_keep_shots_and_lines(at: int, change: str) -> None:
    before = shots_of(DRAMA)
    old = stored(before)
    text = edited(DRAMA, min(at, DRAMA.count("\n") - 6), change)
    after = shots_of(text)
    match = match_shots(old, after)
    whole = {shot.source_digest for shot in before}
    for index, shot in enumerate(after):
        if shot.source_digest in whole:
            assert index in match.unchanged
            for number in range(len(shot.lines)):
                assert (index, number) in match.lines
    lost = len(before) - len(match.shots)
    assert lost <= 2
    known = {(line.speaker, line.text) for shot in old for line in shot.lines}
    for index, shot in enumerate(after):
        for number, line in enumerate(shot.lines):
            if (line.speaker, line.text) in known:
                assert (index, number) in match.lines


def test_changed_line_keeps_its_shot_and_id() -> None:
    old = stored([draft("a", "早。"), draft("b", "船什么时候开？"), draft("c", "好。")])
    new = [draft("a", "早。"), draft("B", "船到底什么时候开？"), draft("c", "好。")]
    match = match_shots(old, new)
    assert match.shots[1] == old[1].id
    assert match.lines[1, 0] == old[1].lines[0].id
    assert match.unchanged == {0, 2}


def test_several_shots_of_one_paragraph_keep_their_order() -> None:
    shots = [draft("a", "一。"), draft("a", "二。"), draft("a", "三。"), draft("b", "四。")]
    old = stored(shots)
    match = match_shots(old, [draft("x", "零。"), *shots])
    assert [match.shots.get(at) for at in range(5)] == [None, *(shot.id for shot in old)]


def test_equal_lines_far_apart_keep_their_own_places() -> None:
    keys = ["a", "same", "b", "c", "same", "d"]
    old = stored([draft(key, key) for key in keys])
    after = ["a", "b", "c", "same", "d"]
    match = match_shots(old, [draft(key, key) for key in after])
    assert match.shots[3] == old[4].id


def test_a_line_that_joins_another_shot_keeps_its_id() -> None:
    old = stored([draft("a", "一。"), draft("b", "二。")])
    joined = replace(draft("a,b", "一。", "二。"))
    match = match_shots(old, [joined])
    assert match.lines == {(0, 0): old[0].lines[0].id, (0, 1): old[1].lines[0].id}

"""Fingerprints, differences and file names of a film."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.studio.film.export import safe_name
from ai_video.studio.production.film_fingerprints import expected_fingerprint, needed_clip_frames
from ai_video.studio.production.film_params import changed_paths, digest_of, fingerprint_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_differences_are_named_in_the_users_words_without_indices() -> None:
    old = {"line": [{"text": "a"}, {"text": "b"}], "settings": {"subtitle_style": {"size": 50}}}
    new = {"line": [{"text": "a"}, {"text": "c"}], "settings": {"subtitle_style": {"size": 60}}}
    assert changed_paths(old, new) == ["line.text", "settings.subtitle_style.size"]


def test_another_number_of_lines_is_a_difference_of_the_list() -> None:
    assert changed_paths({"line": [1]}, {"line": [1, 2]}) == ["line"]


@given(JSON, JSON)
def test_documents_differ_exactly_when_a_path_is_named(old: object, new: object) -> None:
    paths = changed_paths({"it": old}, {"it": new})  # type: ignore[dict-item]
    assert bool(paths) == (digest_of(old) != digest_of(new) and old != new)  # type: ignore[arg-type]


def test_a_fingerprint_holds_kind_version_parameters_and_facts() -> None:
    base = {"kind": "voice", "version": 1, "params": {"a": 1, "b": 2}, "facts": {}}
    same = fingerprint_of(kind="voice", version=1, params={"b": 2, "a": 1}, facts={})
    assert fingerprint_of(**base) == same  # type: ignore[arg-type]
    for changed in (
        {"kind": "clip"},
        {"version": 2},
        {"params": {"a": 1, "b": 3}},
        {"facts": {"clip": "x"}},
    ):
        assert fingerprint_of(**{**base, **changed}) != same  # type: ignore[arg-type]


def test_a_clip_depends_on_the_frames_its_voices_need_and_not_on_their_sound() -> None:
    params = {"duration_frames": 100, "fps": 25}
    parents = ["keyframe:1", "voice:1"]

    def fingerprint(voice: dict[str, object]) -> str:
        facts = {"keyframe:1": {"digest": "k"}, "voice:1": voice}
        return expected_fingerprint("clip", params, parents, facts)  # type: ignore[arg-type]

    fitting = fingerprint({"digest": "a", "duration_s": 2.0})
    assert fingerprint({"digest": "b", "duration_s": 2.8}) == fitting
    assert fingerprint({"digest": "a", "duration_s": 9.0}) != fitting


def test_a_skipped_voice_needs_no_frames() -> None:
    params = {"duration_frames": 75, "fps": 25}
    assert needed_clip_frames(params, ["voice:1"], {"voice:1": {}}) == 75


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("第一集：雨夜", "第一集：雨夜"),
        ("a/b\\c", "a b c"),
        ("CON", "_CON"),
        ("...", ""),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_title_becomes_a_safe_file_name(title: str, name: str) -> None:
    assert safe_name(title) == name


@given(st.text(max_size=120))
def test_no_title_escapes_its_folder(title: str) -> None:
    name = safe_name(title)
    assert "/" not in name
    assert "\\" not in name
    assert "\x00" not in name
    assert name not in (".", "..")
    assert len(name) <= 81

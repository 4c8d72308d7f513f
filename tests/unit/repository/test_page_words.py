"""Every word that the page says is there, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAIR = re.compile(
    r'^  (\w+): \[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\],$', re.MULTILINE
)


@pytest.fixture(scope="module")
def page(checkout: Path) -> Path:
    return checkout / "src/ai_video/asgi_page"


@pytest.fixture(scope="module")
def words(page: Path) -> dict[str, tuple[str, str]]:
    found = PAIR.findall((page / "words.js").read_text(encoding="utf-8"))
    assert len({key for key, _, _ in found}) == len(found)
    return {key: (zh, en) for key, zh, en in found}


def test_what_is_said_by_name_is_there(page: Path, words: dict[str, tuple[str, str]]) -> None:
    for file in page.glob("*.js"):
        said = set(re.findall(r'\bsay\("(\w+)"', file.read_text(encoding="utf-8")))
        assert said <= set(words), file.name


def test_both_languages_fill_in_the_same_values(words: dict[str, tuple[str, str]]) -> None:
    for key, (zh, en) in words.items():
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en)), key
        assert en.replace("中文", "").replace("…", "").isascii() or "“" in en, key


def test_nothing_but_text_is_ever_put_on_the_page(page: Path) -> None:
    for file in page.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in text, f"{file.name}: {way}"

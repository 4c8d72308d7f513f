"""The tree in errors.py is true, and every code speaks both languages."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

from ai_video import errors
from ai_video.errors import AiVideoError, InputRefused, catalogue


def drawn_tree(text: str) -> dict[str, tuple[str | None, int | None]]:
    """Class → (parent as drawn, exit code as drawn)."""
    tree: dict[str, tuple[str | None, int | None]] = {}
    path: list[str] = []
    for line in text.splitlines():
        found = re.match(r"^    ((?:[│ ]   |├── |└── )*)([A-Z]\w+)(.*)$", line)
        if not found:
            continue
        depth = len(found[1]) // 4
        exit_code = re.search(r"exit (\d+)", found[3])
        path[depth:] = [found[2]]
        parent = path[depth - 1] if depth else None
        tree[found[2]] = (parent, int(exit_code[1]) if exit_code else None)
    return tree


def every_class(root: type[AiVideoError]) -> list[type[AiVideoError]]:
    return [root, *(found for child in root.__subclasses__() for found in every_class(child))]


def test_the_drawn_tree_is_the_tree_of_classes() -> None:
    drawn = drawn_tree(errors.__doc__ or "")
    real = {
        found.__name__: found.__bases__[0].__name__ if found is not AiVideoError else None
        for found in every_class(AiVideoError)
        if found.__module__ == errors.__name__
    }
    assert {name: parent for name, (parent, _) in drawn.items()} == real


def test_the_drawn_exit_codes_are_the_real_ones() -> None:
    drawn = drawn_tree(errors.__doc__ or "")
    shown = {name: code for name, (_, code) in drawn.items() if code is not None}
    assert shown == {name: getattr(errors, name).exit_code for name in shown}
    assert len(shown) == 6


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_code_says_message_and_hint_in_both_languages() -> None:
    empty = [
        code
        for code, text in catalogue().items()
        if not all(part.strip() for part in (text.zh, text.en, text.hint_zh, text.hint_en))
    ]
    assert empty == []


def test_both_languages_fill_in_the_same_values() -> None:
    unlike = [
        code
        for code, text in catalogue().items()
        if placeholders(text.zh) != placeholders(text.en)
        or placeholders(text.hint_zh) != placeholders(text.hint_en)
    ]
    assert unlike == []


def test_chinese_words_are_chinese_and_english_words_are_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    wrong = [
        code
        for code, text in catalogue().items()
        if not han.search(text.zh + text.hint_zh) or han.search(text.en)
    ]
    assert wrong == []


def test_every_code_has_the_http_status_of_an_error_or_of_a_remark() -> None:
    """200 marks what stands in `degraded`: said, not refused."""
    odd = [code for code, text in catalogue().items() if text.http not in (200, *range(400, 600))]
    assert odd == []


def raised_codes(source: Path) -> set[str]:
    """Codes given as a literal to an error class."""
    names = {found.__name__ for found in every_class(AiVideoError)} - {"NotFound", "NotAvailable"}
    found: set[str] = set()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in names
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
    return found


def test_every_raised_code_is_in_the_catalogue(checkout: Path) -> None:
    assert raised_codes(checkout / "src/ai_video") - set(catalogue()) == set()


def test_no_code_of_the_catalogue_is_unused(checkout: Path) -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in (checkout / "src/ai_video").rglob("*.py")
    )
    assert [code for code in catalogue() if f'"{code}"' not in source] == []


def test_a_list_stands_in_a_message_as_its_parts() -> None:
    error = InputRefused("graph_nodes_missing", patch="x", missing=["A", "B"], version="1")
    assert error.message("en").endswith(": A, B")
    assert "A, B" in error.message("zh")

"""The page on consistency shows what the code does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from ai_video.translator.answer import Answer, Bindings
from ai_video.translator.request import TranslateRequest


def test_the_page_is_current(checkout: Path, load_script: Callable[[str], ModuleType]) -> None:
    script = load_script("scripts/consistency_page.py")
    written = (checkout / "docs/concepts/consistency.md").read_text(encoding="utf-8")
    assert written == script.page(), "run: .venv/bin/python scripts/consistency_page.py"


def test_every_field_of_a_translation_is_told(checkout: Path) -> None:
    page = (checkout / "docs/reference/translate.md").read_text(encoding="utf-8")
    fields = {*Answer.model_fields, *TranslateRequest.model_fields} - {
        "translated_by",
        "elapsed_ms",
    }
    fields |= {
        f".{name}" for name in Bindings.model_fields if name not in ("lora", "roles", "carried_by")
    }
    missing = [name for name in sorted(fields) if f"`{name}`" not in page]
    assert missing == ["bindings"]  # told part by part

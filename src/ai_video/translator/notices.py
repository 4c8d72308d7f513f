"""What a translation tells beside its result: a code, the values it speaks of, words in zh and en."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal, cast

NoticeLanguage = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One remark; `code` is stable and listed in `notices.toml`, `values` fill its message."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def message(self, language: NoticeLanguage) -> str:
        return notice_texts()[self.code][language].format_map(dict(self.values))


def notice(code: str, /, **values: object) -> Notice:
    """A remark of the catalogue.

    Raises:
        KeyError: the catalogue has no such code.
    """
    if code not in notice_texts():
        raise KeyError(code)
    return Notice(code, {name: str(value) for name, value in values.items()})


@cache
def notice_texts() -> Mapping[str, Mapping[NoticeLanguage, str]]:
    """Every code with its message in both languages."""
    text = (resources.files("ai_video.translator") / "notices.toml").read_text("utf-8")
    return cast("Mapping[str, Mapping[NoticeLanguage, str]]", tomllib.loads(text))

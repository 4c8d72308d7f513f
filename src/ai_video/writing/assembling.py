"""Parts of a text put together as elements, with everything between them kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import TypeAdapter

from ai_video.writing.script import Element


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the text: text[start:end], of which text[text_start:text_end] is its words."""

    kind: str
    start: int
    end: int
    text_start: int
    text_end: int
    paragraphs: tuple[int, ...]
    values: Mapping[str, object] = field(default_factory=dict[str, object])


_ELEMENT: Final[TypeAdapter[Element]] = TypeAdapter(Element)


def assemble(text: str, parts: Sequence[Part]) -> tuple[str, tuple[Element, ...]]:
    """(what stands alone where there is no part, the elements); together they are the text."""
    if not parts:
        return text, ()
    elements: list[Element] = []
    for index, part in enumerate(parts):
        following = parts[index + 1].start if index + 1 < len(parts) else len(text)
        elements.append(
            _ELEMENT.validate_python(
                {
                    "kind": part.kind,
                    "paragraphs": part.paragraphs,
                    "before": text[: part.start] if index == 0 else "",
                    "cue": text[part.start : part.text_start],
                    "text": text[part.text_start : part.text_end],
                    "after": text[part.text_end : following],
                    **part.values,
                }
            )
        )
    return "", tuple(elements)

"""Reading the text a film is made of: its bytes, its name and the pictures that lie beside it."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import IO, TypedDict

from ai_video.errors import InputRefused, Language
from ai_video.writing import read_source

STORY_LIMIT = 64 * 1024 * 1024
"""Bytes; far more than any text, little enough to hold."""
SAMPLES: dict[Language, str] = {"zh": "sample.zh.txt", "en": "sample.en.txt"}
PICTURE_TYPES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
_FIGURE = re.compile(r"!\[[^\]\n]*\]\(\s*<?([^)>\n]+?)>?(?:\s+\"[^\"\n]*\")?\s*\)")


class Story(TypedDict):
    """The fields of a MakeRequest that the text itself gives."""

    text: str
    name: str
    source_path: str | None
    source_format: str
    pictures: dict[str, str]


def read_story(path: Path) -> Story:
    """A text file, with the pictures it shows.

    Raises:
        InputRefused: `file_unreadable`, `text_too_long`, or what its format makes unreadable.
    """
    try:
        with path.open("rb") as file:
            story = story_of(file, name=path.name)
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from exc
    except ValueError as exc:
        raise InputRefused("file_unreadable", path=ascii(str(path)), reason=str(exc)) from exc
    story["name"] = path.stem
    story["source_path"] = str(path.absolute())
    story["pictures"] = pictures_beside(story["text"], path.absolute().parent)
    return story


def story_of(file: IO[bytes], *, name: str) -> Story:
    """A text from an open file; `name` with its suffix, empty when it has none.

    Raises:
        InputRefused: `story_too_large`, or what its format makes unreadable.
    """
    data = file.read(STORY_LIMIT + 1)
    if len(data) > STORY_LIMIT:
        raise InputRefused("story_too_large", limit_mb=STORY_LIMIT // 1024**2)
    source = read_source(data, name=name)
    return Story(
        text=source.text, name="", source_path=None, source_format=source.format, pictures={}
    )


def sample_story(language: Language) -> Story:
    """The story that a first start makes a film of."""
    with resources.as_file(resources.files("ai_video.studio") / "samples") as folder:
        story = read_story(folder / SAMPLES[language])
    title = story["text"].strip().splitlines()[0].strip("《》# ")
    return {**story, "name": title, "source_path": None}


def pictures_beside(text: str, folder: Path) -> dict[str, str]:
    """Figures of `![](figure.png)` that lie in the text's folder or below: name → file path.

    A name that leads out of the folder, or to anything but a picture file, is left out.
    """
    root = folder.resolve()
    found: dict[str, str] = {}
    for name in dict.fromkeys(_FIGURE.findall(text)):
        try:
            path = (root / name).resolve()
            inside = path.is_relative_to(root) and path.is_file()
        except (OSError, ValueError):
            continue
        if inside and path.suffix.lower() in PICTURE_TYPES:
            found[name] = str(path)
    return found

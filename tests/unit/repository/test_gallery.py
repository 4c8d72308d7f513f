"""The gallery shows pictures that are there, small enough to clone."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

MOST_BYTES = 1_000_000


def test_the_gallery_shows_every_picture_it_has_and_stays_small(checkout: Path) -> None:
    page = checkout / "docs" / "concepts" / "gallery.md"
    named = set(re.findall(r"\(gallery/(\S+\.webp)\)", page.read_text(encoding="utf-8")))
    files = list((page.parent / "gallery").iterdir())
    assert {path.name for path in files} == named
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    for path in files:
        with Image.open(path) as picture:
            picture.load()

"""A director and a reader for tests: what a good model would answer, worked out from the request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ai_video.domain.language_models import ModelRequest

Document = dict[str, Any]


def matter(request: ModelRequest[Any]) -> Document:
    """The JSON document that a request hands over."""
    return json.loads(str(request.parts[0]))


def read(document: Document) -> Document:
    """The content pass: speakers in front of colons are people, nothing else."""
    names = re.findall(r"(?m)^([\u4e00-\u9fff]{2,4})(?:（[^）]*）)?：", document["text"])
    people = [
        {"name": name, "gender": "female", "age": "young", "appearance": f"{name}穿着灰色长衣"}
        for name in dict.fromkeys(names)
    ]
    return {"characters": people, "scenes": []}


def direct(document: Document) -> Document:
    """The visual pass: a shot for every item, two short neighbours of speech in one."""
    items = document["items"]
    shots: list[Document] = []
    at = 0
    while at < len(items):
        last = at
        pair = items[at : at + 2]
        if len(pair) == 2 and all(i["kind"] == "speech" and i["seconds"] < 4 for i in pair):
            last = at + 1
        shots.append(_shot(items[at : last + 1], document))
        at = last + 1
    return {"shots": shots, "skipped": []}


def _shot(items: list[Document], document: Document) -> Document:
    names = [person["name"] for person in document["people"]]
    words = " ".join(item["text"] for item in items)
    return {
        "first": items[0]["item"],
        "last": items[-1]["item"],
        "picture": f"画面{items[0]['item']}",
        "characters": [name for name in names if name in words][:2],
        "shot_size": "medium",
        "light": ["soft"],
    }


def answer(
    request: ModelRequest[Any],
    *,
    content: Callable[[Document], Document] = read,
    visual: Callable[[Document], Document] = direct,
) -> Document:
    """A good answer to either pass."""
    return (content if request.task == "content" else visual)(matter(request))

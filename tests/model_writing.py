"""A director and a reader for tests: what a good model would answer, worked out from the request."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from ai_video.domain.language_models import ModelRequest
from ai_video.llm.fake_api import Asked

Document = dict[str, Any]
STORY = """第一场 内景 客厅 夜

林小雨坐在窗边，看着雨。

林小雨：你终于回来了，我等了你整整一个晚上。

陈默：对不起，让你久等了。

第二场 外景 街道 清晨

两个人走在街上。

林小雨：我们走吧。
"""


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
    words = " ".join(f"{item.get('speaker', '')} {item['text']}" for item in items)
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


def _matter_of(asked: Asked) -> Document:
    return json.JSONDecoder().raw_decode(asked.text[asked.text.index('\n{"') + 1 :])[0]


def fake_answer(asked: Asked) -> Document:
    """What the fake service says to either pass."""
    document = _matter_of(asked)
    return {"json": read(document) if asked.task == "content" else direct(document)}


def long_story(characters: int) -> str:
    """A Chinese screenplay of at least so many characters; every scene and sentence differs."""
    rng = random.Random(20_000)
    people = ["林小雨", "陈默", "周远", "沈青"]
    places = ["客厅", "茶馆", "车站", "教室", "码头", "医院", "书店", "天台"]
    rows: list[str] = []
    number = size = 0
    while size < characters:
        number += 1
        scene = [
            f"第{number}场 内景 {rng.choice(places)} 夜",
            f"桌上放着第{number}封信，窗外下着雨。",
        ]
        for turn in range(rng.randint(4, 9)):
            words = rng.choice(["那封信是谁写的", "我昨天看见他了", "火车七点开", "别再问了"])
            rest = "，我们慢慢说" * rng.randint(1, 6)
            scene.append(f"{rng.choice(people)}：{words}，第{number}次的第{turn}句{rest}。")
        size += sum(map(len, scene))
        rows += scene
    return "\n\n".join(rows)


def story(request: ModelRequest[Any]) -> Document:
    """Outline and script of a short drama, or of an article."""
    document = matter(request)
    return outlined(document) if request.task == "outline" else written(document)


def outlined(document: Document) -> Document:
    drama = document["mode"] == "drama"
    part = {"scene": "茶馆", "interior": True, "time": "night"} if drama else {"headline": "开头"}
    return {
        "title": "雨夜来信",
        "logline": "一封旧信让两个人重逢。",
        "world": "九十年代的小城，总是下雨。",
        "keywords": ["雨", "信"],
        "characters": [
            {
                "name": "林小雨",
                "appearance": "短发，灰色长衣",
                "personality": "安静",
                "gender": "female",
            },
            {"name": "陈默", "description": "邮差"},
        ],
        "scenes": [{"name": "茶馆", "description": "木桌和红灯笼", "place": "restaurant"}],
        "parts": [{**part, "happens": f"第{number}步", "seconds": 15} for number in range(1, 6)],
    }


def written(document: Document) -> Document:
    drama = document["mode"] == "drama"
    parts = []
    for number in document["write"]:
        if drama:
            blocks = [
                {"kind": "action", "text": f"林小雨：第{number}次推开门，这是动作。"},
                {
                    "kind": "speech",
                    "speaker": "陈默",
                    "delivery": "低声",
                    "text": f"第{number}封信。",
                },
                {"kind": "speech", "speaker": "林小雨", "text": "“谢谢你。”"},
            ]
        else:
            blocks = [{"text": f"这是第{number}段要讲的话。"}]
        parts.append({"part": number, "blocks": blocks})
    return {"parts": parts}


def fake_story(asked: Asked) -> Document:
    """What the fake service writes from an idea."""
    document = _matter_of(asked)
    return {"json": outlined(document) if asked.task == "outline" else written(document)}

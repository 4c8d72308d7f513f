"""What a whole film is about, as far as it can be drawn: a few words out of its title.

A shot whose own words show nothing is drawn with them, so they are no more than needed: another title
with the same words changes no picture.
"""

from __future__ import annotations

from typing import Final

from ai_video.filmwords.mentions import Mentions

TOPICS: Final[tuple[str, ...]] = (
    "渡轮", "轮船", "货轮", "游轮", "军舰", "渔船", "船", "灯塔", "光伏", "太阳能", "风电", "风力发电", "章鱼",
    "鱿鱼", "珊瑚", "海底", "大脑", "神经", "基因", "分子", "地球", "气候", "火箭",
    "ferry", "ship", "ships", "boat", "steamer", "lighthouse", "solar", "wind farm", "wind turbine",
    "octopus", "octopuses", "squid", "coral", "reef", "brain", "brains", "neuron", "neurons", "gene",
    "genes", "dna", "molecule", "molecules", "climate", "rocket", "rockets",
)  # fmt: skip


def topic_of(title: str) -> str:
    """The drawable words of a title in its order; "" when it has none."""
    words = Mentions(title)
    found: list[tuple[int, str]] = []
    for word in TOPICS:
        at = words.at(word)
        if at >= 0 and not any(word in other for _, other in found):
            found.append((at, word))
    return " ".join(word for _, word in sorted(found))

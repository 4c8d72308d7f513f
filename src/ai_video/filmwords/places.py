"""Where a picture is set: place classes by the words that a text uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast, get_args

from ai_video.filmwords.chinese import fold
from ai_video.filmwords.lexicon import Hit, WordIndex, read_table, tokens

Place = Literal[
    "hospital", "school", "laboratory", "office", "restaurant", "shop", "station", "car", "space",
    "sea", "river", "forest", "mountain", "desert", "field", "village", "courtyard", "rooftop",
    "park", "factory", "home", "street", "city", "sky", "interior", "abstract",
]  # fmt: skip
PLACES: Final[tuple[Place, ...]] = get_args(Place)
INDOORS: Final = frozenset[str](
    ["hospital", "school", "laboratory", "office", "restaurant", "shop", "car", "home", "interior"]
)
_GENERIC: Final = frozenset[str](["city", "sky", "interior"])


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place class and the first word of the text that named it."""

    place: Place
    word: str
    start: int


@cache
def _index() -> WordIndex:
    index = WordIndex()
    for place, words in read_table("places.toml").items():
        index.add(("place", place), **cast("dict[str, str]", words))
    index.add(("ignore", ""), zh="空中小姐 国家 专家 大家 人家 家长 家人 家族 作家 画家 科学家 音乐家 家伙 家庭 家常 家乡 家具 回家 行家 赢家 玩家 一家 街坊 村长 村民 乡村振兴战略 车上班 湖南 湖北 路上网 公司法 金星奖 家电 全家福 两家 几家 多家 各家 三家 每家 厂家 商家 这家 那家 独家 家属 家用 大学生 中学生 小学生 高中生 大厦将倾 银行卡 卫星城 地球仪 月球仪 车站在 宇宙飞船模型")  # fmt: skip
    index.add(("ignore", ""), en="sea level rise; bed of; bar of; bar chart; field of study; in the field of; space between; blank space; personal space; parking space; at home in; home page; street food; city council; science fiction; study shows; study finds; new study; the study; a study; this study; studies; flat on; flat as; in the car park; trees of knowledge; plant; plants; bank of; banks on; house of; ruled; platform for; terminal illness; deck of cards; ship it; inn of; port of entry; mill about; stage of; stages of; cell; cells; passage of; passage from; chamber of commerce; room for; mine; bay window; mars bar; lead; square meters; square metres; square kilometers; square kilometres; square miles; yard sale; home run; iron will; in stream; mainstream; peak of; plains of text; store of; stores of; store energy; store carbon; stored; swings between; pitch black; pitch dark; track record; field; fields; power; bank account; bench press; road to; on the road to; wall street journal; bridge the; bridge between; office of; lobby for; bar; van gogh; orbiting; shelves of")  # fmt: skip
    index.sort()
    return index


def _hits(text: str) -> list[Hit]:
    found = [*_index().chinese(fold(text)), *_index().english(text, tokens(text))]
    return sorted((hit for hit in found if hit.slot == "place"), key=lambda hit: hit.start)


def find_place(text: str) -> FoundPlace | None:
    """The place a text is set in, or None where it names none.

    Specific words outweigh generic ones (a hospital corridor is a hospital); then the class named
    most often, then the one named first.
    """
    weights: dict[str, float] = {}
    first: dict[str, Hit] = {}
    for hit in _hits(text):
        weights[hit.value] = weights.get(hit.value, 0) + (1 if hit.value in _GENERIC else 3)
        first.setdefault(hit.value, hit)
    if not weights:
        return None
    best = max(weights, key=lambda value: (weights[value], -first[value].start))
    return FoundPlace(cast("Place", best), first[best].word, first[best].start)


def place_of(text: str) -> Place:
    """The place class of a text; `abstract` (a plain ground) where it names none."""
    found = find_place(text)
    return found.place if found else "abstract"

"""Which painter stands for which place, by class and by the words of the scene."""

from __future__ import annotations

from collections.abc import Callable

from ai_video.animatic.scenery import beyond, indoors, lookouts, outdoors
from ai_video.animatic.scenery.setting import Setting
from ai_video.filmwords.mentions import Mentions

Painter = Callable[[Setting], None]

_PAINTERS: dict[str, Painter] = {
    "street": outdoors.street, "city": outdoors.city, "village": outdoors.village,
    "courtyard": outdoors.courtyard, "mountain": outdoors.mountain, "sea": outdoors.sea,
    "river": outdoors.river, "forest": outdoors.forest, "field": outdoors.field_,
    "desert": outdoors.desert, "sky": outdoors.sky_, "palace": outdoors.palace,
    "home": indoors.home, "bedroom": indoors.bedroom, "office": indoors.office,
    "school": indoors.school, "hospital": indoors.hospital, "laboratory": indoors.laboratory,
    "restaurant": indoors.restaurant, "shop": indoors.shop, "corridor": indoors.corridor,
    "stage": indoors.stage, "car": indoors.car, "factory": indoors.factory,
    "news_studio": indoors.studio_room, "interior": indoors.interior,
    "space": beyond.space, "underwater": beyond.underwater, "cave": beyond.cave,
    "abstract": beyond.abstract, "wheelhouse": lookouts.wheelhouse, "lamp_room": lookouts.lamp_room,
}  # fmt: skip

_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("bedroom", ("卧室", "寝室", "宿舍", "床", "bedroom", "dorm", "hotel room")),
    ("school", ("教室", "学校", "课堂", "校园", "classroom", "school", "campus", "lecture")),
    ("hospital", ("医院", "病房", "诊所", "手术", "急诊", "hospital", "ward", "clinic")),
    ("laboratory", ("实验室", "研究所", "实验", "laboratory", "lab")),
    ("restaurant", ("餐厅", "饭店", "咖啡", "酒吧", "食堂", "茶馆", "火锅", "面馆", "酒馆", "客栈",
                    "restaurant", "cafe", "café", "coffee", "bar", "diner", "pub", "tavern")),
    ("news_studio", ("演播", "新闻中心", "newsroom", "studio")),
    ("stage", ("舞台", "剧场", "剧院", "礼堂", "演唱会", "stage", "theatre", "theater", "concert")),
    ("shop", ("超市", "商店", "便利店", "书店", "图书馆", "市场", "商场", "书房", "shop", "store",
              "market", "library", "supermarket", "mall")),
    ("corridor", ("走廊", "地铁", "隧道", "车站", "过道", "监狱", "牢", "corridor", "hallway",
                  "subway", "tunnel", "station", "prison", "elevator", "电梯", "机场", "airport")),
    ("factory", ("工厂", "车间", "仓库", "车库", "工地", "factory", "warehouse", "garage", "workshop")),
    ("office", ("办公", "会议室", "公司", "警局", "派出所", "法庭", "银行", "office", "meeting",
                "boardroom", "police", "court", "bank")),
    ("car", ("车内", "车里", "汽车里", "出租车", "驾驶室", "车上", "car", "taxi", "bus", "truck")),
    ("home", ("客厅", "家中", "家里", "厨房", "公寓", "家", "屋", "living room", "kitchen", "home",
              "apartment", "flat", "house")),
    ("palace", ("宫", "殿", "寺", "庙", "城楼", "皇", "palace", "temple", "castle", "shrine")),
    ("courtyard", ("院子", "庭院", "四合院", "花园", "院", "courtyard", "garden", "yard", "patio")),
    ("space", ("太空", "宇宙", "星球", "银河", "飞船", "空间站", "月球", "火星", "轨道", "space",
               "planet", "galaxy", "orbit", "spaceship", "moon", "mars")),
    ("underwater", ("海底", "水下", "深海", "underwater", "undersea", "seabed", "coral")),
    ("cave", ("山洞", "洞穴", "洞", "矿井", "cave", "cavern", "mine")),
    ("sea", ("海", "沙滩", "码头", "港口", "岛", "sea", "beach", "ocean", "harbour", "harbor",
             "pier", "island", "coast", "shore")),
    ("river", ("河", "湖", "江", "溪", "桥", "池塘", "river", "lake", "bridge", "pond", "stream")),
    ("forest", ("森林", "树林", "竹林", "丛林", "林", "forest", "woods", "jungle", "grove")),
    ("mountain", ("山", "峰", "悬崖", "雪原", "mountain", "peak", "cliff", "summit", "valley")),
    ("desert", ("沙漠", "戈壁", "荒漠", "desert", "dune")),
    ("field", ("草原", "田野", "麦田", "稻田", "草地", "公园", "操场", "野外", "战场", "field",
               "meadow", "prairie", "park", "grass", "plain", "farm")),
    ("village", ("村", "乡", "小镇", "农家", "village", "hamlet", "countryside")),
    ("city", ("城市", "天台", "楼顶", "江边", "广场", "高楼", "city", "rooftop", "skyline", "plaza",
              "downtown")),
    ("street", ("街", "路", "巷", "胡同", "马路", "street", "road", "alley", "avenue", "lane")),
    ("sky", ("天空", "空中", "云端", "高空", "sky", "clouds", "aloft", "plane")),
    ("interior", ("室内", "房间", "内景", "屋内", "interior", "indoor", "inside", "room")),
)  # fmt: skip

_WHEELHOUSES = ("舵房", "驾驶台", "驾驶舱", "wheelhouse", "pilothouse", "pilot house")
_CABS = ("驾驶室", "bridge")
"""Of a lorry or of a ship: only the words around say which."""
_SHIPS = ("船", "渡轮", "舰", "ship", "ferry", "boat", "vessel", "captain")
_LAMP_ROOMS = ("灯室", "灯塔内", "灯塔里", "灯塔顶", "lamp room", "lantern room")
_UNDER_THE_SEA = (
    "海底", "水下", "珊瑚", "章鱼", "鱿鱼", "海床", "underwater", "undersea", "seabed", "sea floor",
    "seafloor", "coral", "reef", "octopus", "octopuses", "squid", "deep sea",
)  # fmt: skip

_GENERAL = {"", "interior", "exterior", "indoor", "outdoor", "unknown", "other"}


def place_class(
    place: str, scene_name: str, description: str, *, topic: str = "", people: bool = False
) -> str:
    """The painter's name for a shot's place; 'abstract' when nothing is known of it.

    A specific class given by the caller wins; a general one (interior, unknown) is refined by the
    scene's name, then by the description. `topic`, what the whole film is about, decides only what
    the words of the place leave open: whose wheel it is, and whether the sea is seen from below
    (never with people in it).
    """
    named, around = Mentions(scene_name), Mentions(f"{scene_name} {description} {topic}")
    if named.says(*_LAMP_ROOMS):
        return "lamp_room"
    if named.says(*_WHEELHOUSES) or (named.says(*_CABS) and around.says(*_SHIPS)):
        return "wheelhouse"
    found = _place_class(place, scene_name, description)
    if found == "sea" and not people and Mentions(f"{description} {topic}").says(*_UNDER_THE_SEA):
        return "underwater"
    return found


def _place_class(place: str, scene_name: str, description: str) -> str:
    given = place.strip().lower()
    if given in _PAINTERS and given not in _GENERAL:
        return given
    for text in ("" if given in _GENERAL else place, scene_name):
        found = _named(text)
        if found is not None:
            return found
    if given == "interior":
        return "interior"
    found = _named(description)
    if found is not None:
        return found
    return "city" if given in {"exterior", "outdoor"} else "abstract"


def _named(text: str) -> str | None:
    mentions = Mentions(text)
    return next((name for name, words in _WORDS if mentions.says(*words)), None)


def paint_place(name: str, setting: Setting) -> None:
    """Paint a place's sheets onto the setting, farthest first."""
    _PAINTERS.get(name, beyond.abstract)(setting)


def known_places() -> tuple[str, ...]:
    return tuple(_PAINTERS)

"""Words that are film words only where they stand so: a hand-held camera is no hand-held sword.

Each rule names words and what must or must not stand around them in their clause. Symptom behind
most rules: a person's action (pulls out a drawer, 手持长剑) or a thing (an oil painting on the wall,
a grand piano) read as camera, style or mood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ai_video.filmwords.lexicon import Hit

_CLAUSE: Final = re.compile(r"[，。！？；：、,.!?;:\n—…\ufffc]")
_CAMERA_ZH: Final = re.compile(
    r"镜头|画面|机位|视角|摄影机|摄像机|相机|航拍|拍摄|跟拍|景别|运镜|无人机|构图"
)
_CAMERA_EN: Final = re.compile(
    r"\b(?:camera|shot|lens|we|drone|frame|framing|dolly|gimbal|cam|view|viewed|seen|filmed|angle|footage|focus)\b",
    re.IGNORECASE,
)
_LEAD_ZH: Final = re.compile(
    r"^(?:缓缓|慢慢|缓慢|快速|轻轻|迅速|渐渐|再|先|然后|随后|接着|最后|一路|由远及近|向前|地|的|逐渐|极速|急速|平稳|稳稳|从远处|持续|一直|又|并|用|以|不对|还是用|还是|改成|改为|换成|应该是|而是|是|采用|使用|特写|近景|中景|远景|全景|\s)*$"
)
_LEAD_EN: Final = re.compile(
    r"^(?:\s|or|no|not|but|rather|actually|instead|make that|scratch that|a|an|the|slow|slowly|then|and|quick|quickly|smooth|smoothly|gentle|gently|fast|now|finally|to|with|from|steady|wide|low|"
    r"close|medium|tight|long|full|handheld|aerial|\d|s)*$", re.IGNORECASE,
)  # fmt: skip

# Chinese words that people do as well as cameras: free at the beginning of a clause or beside a camera word.
_DONE_ZH: Final = frozenset[str](
    """环绕 绕着 拉出 推到 推至 推向 推进 推近 拉远 拔高 跟随 平移 横移 向后拉 后拉 左移 右移 往左移 往右移 左横移 右横移 上仰 下俯 向前推 转焦""".split()  # noqa: SIM905  a list of words reads better on one line
)
# Chinese words that need a camera word right after, or nothing.
_ALONE_ZH: Final = frozenset[str](
    """手持 晃动 固定 全貌 虚化""".split()  # noqa: SIM905  a list of words reads better on one line
)
_ALONE_AFTER_ZH: Final = re.compile(
    r"^(?:的|地|着)?(?:镜头|机位|拍|感|跟|摄影|追|画面|视角|长镜头|运镜|摄像|背景|前景|风格|效果|\s*(?:$|[，。！？；：、,.!?;:\n（(]))"
)
_ART_BEFORE_ZH: Final = re.compile(
    r"(?:[一两几这那][幅张本册副卷叠摞][^，。]{0,4}|挂着|墙上的?|[看画学读翻捧抱买卖捏玩剪折练教贴做拿展临摹][着了起完]?|正在|喜欢|收藏|泛黄的|桌上的)$"
)
_ART_KEPT_ZH: Final = re.compile(
    r"^(?:画)?(?:风格|画风|质感|效果|风|般|感|色调|滤镜|动画|的质感|的风格|短片)"
)
_ART_AFTER_ZH: Final = re.compile(
    r"^(?:画)?(?:展|馆|家|店|课|老师|书|本|册|社|师|班|作品|前面|前站|周边|杂志|颜料|工作室|爱好者|相机|卷|盒|眼镜|打印|大赛|社团|教室|工具|贴在|挂在|摆在)"
)
_ART_BEFORE_EN: Final = re.compile(
    r"\b(?:hold(?:s|ing)?|draw(?:s|ing)?|paint(?:s|ing)?|read(?:s|ing)?|look(?:s|ing)? at|stud(?:y|ies|ying)|sell(?:s|ing)?|buy(?:s|ing)?|"
    r"fold(?:s|ing)?|makes?|making|carr(?:y|ies|ying)|hang(?:s|ing)?|framed|finish(?:es|ing)?|steal(?:s|ing)?|restor(?:es|ing)|stack of|pile of|"
    r"next to|beside|behind|under)\s+(?:(?:a|an|the|his|her|their|some|old|small|large|framed|unfinished|pencil|famous)\s+)*$",
    re.IGNORECASE,
)
_ART_AFTER_EN: Final = re.compile(
    r"^\s*(?:hang(?:s|ing)?|on the (?:wall|easel|desk|table)|above the|in a frame|leans?|artist|class|teacher|shop|store|studio|lesson|"
    r"paper|set|kit|pad|books?|camera|printer|glasses|pot|pots|club|strip|convention|exhibition)\b",
    re.IGNORECASE,
)
_EMBLEM_EN: Final = re.compile(
    r"^\s*(?:of (?:applause|petals|confetti|arrows|questions|laughter|bullets|ash|hooves))\b",
    re.IGNORECASE,
)
_OBJECT_EN: Final = re.compile(
    r"^\s+(?:a|an|his|her|their|its|my|your|some|two|three|the (?:chair|curtains?|drawer|door|covers?|sheets?|blanket|hood|sleeve|rope|cork|plug|bolt|hammer|gun|sword|veil))\b",
    re.IGNORECASE,
)
_PULLED_EN: Final = re.compile(r"^(?:pull|push)", re.IGNORECASE)
_DONE_EN: Final = re.compile(
    r"^(?:pull(?:s|ing)? (?:back|out|away)|push(?:es|ing)? in|moves in on|orbit(?:s|ing)?(?: around)?|circl(?:es around|ing)|follow|"
    r"tracks (?:behind|alongside)|follows behind|whips to|slides? (?:left|right)|close on|tight on|revolves around|"
    r"zoom(?:s|ing)? (?:in|out)|tilt(?:s|ing)? (?:up|down)|pan(?:s|ning)? (?:left|right)|tracks? (?:left|right)|cranes? (?:up|down)|"
    r"from (?:above|below|behind|the side|the back|the ground)|overhead|ground level|top view|tripod|shaky|straight down|"
    r"looking (?:up|down) (?:at|on)|in profile|over (?:his|her) shoulder|through (?:his|her) eyes|vertical|scope|locked|wide on)$",
    re.IGNORECASE,
)
_LOOKED_EN: Final = re.compile(
    r"^(?:looking (?:up|down) (?:at|on)|overhead|over (?:his|her) shoulder|through (?:his|her) eyes|locked|vertical|scope|tripod|shaky)$",
    re.IGNORECASE,
)
_SHORT_EN: Final = re.compile(r"^from behind$", re.IGNORECASE)
_BODY_AFTER_ZH: Final = re.compile(
    r"^(?:都|上下|湿|发抖|颤抖|是|赤裸|疼|无力|而退|沾|泥|冰|僵|心|酸|裹|缠|裙|不遂|浸|埋|冒|一颤|发冷|发麻|伤)"
)
_SIDE_AFTER_ZH: Final = re.compile(r"^(?:写|贴|刻|印|有|的?[口门墙洞字])")
_PALETTE_AFTER_EN: Final = re.compile(
    r"^\s*(?:$|[,.;!?\n—，。；！？、]|and\b|but\b|or\b|to\b|tones?|colou?rs?|palette|hues?|glow|tint|light|lighting|grade|look|atmosphere|mood|cast|feel|colou?red)",
    re.IGNORECASE,
)
_DAY_EN: Final = re.compile(r"(?:^|[-–—,.(]\s*)$")
_WIND_AFTER_EN: Final = re.compile(
    r"^\s+(?:the (?:clock|watch|toy|key|music box|bobbin|wool|yarn)|up\b|down\b|through|along|around|past|between|towards?|chimes?|instruments?|turbines?|farm|tunnel|band|a\b|her (?:watch|hair)|his watch)",
    re.IGNORECASE,
)
_CALM_AFTER_ZH: Final = re.compile(r"^的?(?:声音|嗓音|语气|歌声|琴声|旋律|音乐|目光|笑)")


def fits(text: str, folded: str, hit: Hit) -> bool:
    """Whether a word of the list is a film word where it stands."""
    rule = _RULES.get(hit.slot)
    return rule is None or rule(text, folded, hit)


def _clause(text: str, hit: Hit) -> tuple[str, str]:
    """(before, after) of a word in its clause, at most 60 characters each."""
    before = text[max(0, hit.start - 60) : hit.start]
    marks = list(_CLAUSE.finditer(before))
    before = before[marks[-1].end() :] if marks else before
    after = text[hit.end : hit.end + 60]
    mark = _CLAUSE.search(after)
    return before, after[: mark.start()] if mark is not None else after


def _of_camera(text: str, folded: str, hit: Hit) -> bool:
    word = folded[hit.start : hit.end]
    before, after = _clause(folded, hit)
    if not word.isascii():
        if word in _ALONE_ZH:
            near = _CAMERA_ZH.search(before[-6:]) is not None
            after_fits = _ALONE_AFTER_ZH.match(folded[hit.end : hit.end + 8]) is not None
            return near or (after_fits and (bool(after.strip()) or bool(_LEAD_ZH.match(before))))
        if word in _DONE_ZH:
            if _CAMERA_ZH.search(before) or _CAMERA_ZH.search(after):
                return True
            return _LEAD_ZH.match(before) is not None and not after.startswith(("了", "的"))
        if word in ("全身", "半身"):
            return _BODY_AFTER_ZH.match(after) is None
        if word in ("侧面", "背面"):
            return _SIDE_AFTER_ZH.match(after) is None
        return True
    if _DONE_EN.match(word) is None:
        return True
    if (
        _PULLED_EN.match(word)
        and _OBJECT_EN.match(after)
        and not re.search(r"\bcamera\b", before, re.IGNORECASE)
    ):
        return False
    if _CAMERA_EN.search(before) or _CAMERA_EN.search(after):
        return True
    if _LOOKED_EN.match(word):
        return not before.strip() and not after.strip()
    if _SHORT_EN.match(word) and len((before + after).split()) <= 4:
        return True
    return _LEAD_EN.match(before) is not None


def _of_style(text: str, folded: str, hit: Hit) -> bool:
    before, after = _clause(folded, hit)
    if not folded[hit.start : hit.end].isascii():
        if _ART_KEPT_ZH.match(after):
            return True
        return _ART_BEFORE_ZH.search(before) is None and _ART_AFTER_ZH.match(after) is None
    return _ART_BEFORE_EN.search(before) is None and _ART_AFTER_EN.match(after) is None


def _of_palette(text: str, folded: str, hit: Hit) -> bool:
    if hit.word.lower() not in (
        "warm",
        "cold",
        "cool",
        "icy",
        "amber",
        "teal",
        "faded",
        "pastel",
        "chilly",
    ):
        return True
    return _PALETTE_AFTER_EN.match(folded[hit.end : hit.end + 24]) is not None


def _of_time(text: str, folded: str, hit: Hit) -> bool:
    if hit.word.lower() == "day":
        before = folded[max(0, hit.start - 12) : hit.start]
        return hit.word == "DAY" or _DAY_EN.search(before) is not None
    return True


def _of_weather(text: str, folded: str, hit: Hit) -> bool:
    after = folded[hit.end : hit.end + 30]
    if hit.word.lower() in ("wind", "winds"):
        return _WIND_AFTER_EN.match(after) is None
    return _EMBLEM_EN.match(after) is None


def _of_light(text: str, folded: str, hit: Hit) -> bool:
    return not (hit.word == "柔和" and _CALM_AFTER_ZH.match(folded[hit.end : hit.end + 6]))


_RULES: Final[dict[str, Callable[[str, str, Hit], bool]]] = {
    "movement": _of_camera,
    "angle": _of_camera,
    "shot_size": _of_camera,
    "aspect": _of_camera,
    "depth_of_field": _of_camera,
    "style": _of_style,
    "palette.temperature": _of_palette,
    "palette.saturation": _of_palette,
    "time_of_day": _of_time,
    "weather": _of_weather,
    "light": _of_light,
}

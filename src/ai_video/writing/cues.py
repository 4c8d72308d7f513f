"""The marks of a screenplay line: scene headings, speakers, transitions, labels.

All patterns read lines folded to simplified characters; folding keeps positions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ai_video.domain.entities import Transition
from ai_video.filmwords import find_place, read_words

_NUMBER: Final = r"[0-9０-９零〇一二三四五六七八九十百两]{1,5}"
_MARKS: Final = " \t　#*_【】[]=~<>"
_HEADING_ZH: Final = re.compile(
    rf"^(?:第\s?{_NUMBER}\s?[场幕]|场景\s?{_NUMBER}|场次\s?{_NUMBER}|场\s?{_NUMBER}|序幕|尾声)(?P<rest>$|[\s　:：.．、，,\-—–·|/（(].*$)"
)
_HEADING_INOUT: Final = re.compile(
    r"^(?:[0-9]{1,3}(?:[-—.][0-9]{1,3})?[\s.、:：]*)?(?:内外景|外内景|内景|外景|内/外|外/内|[内外](?=[\s.．·\-—]))(?P<rest>.*)$"
)
_HEADING_NUMBERED: Final = re.compile(r"^[0-9]{1,3}(?:[-—][0-9]{1,3}|[.、:：\s])\s*(?P<rest>.+)$")
_HEADING_EN: Final = re.compile(
    r"^(?:#?[0-9]{1,3}[A-Z]?[.)]?\s+)?(?:INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I/E|INT|EXT|EST)(?:\.|\s|:|-)(?P<rest>.*)$",
    re.IGNORECASE,
)
_HEADING_SCENE: Final = re.compile(
    r"^SCENE\s+(?:[0-9]{1,3}|[IVXLC]{1,6}|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_TIMES: Final = re.compile(
    r"^(?:清晨|早晨|早上|上午|中午|正午|午后|下午|傍晚|黄昏|夜晚|深夜|夜里|晚上|午夜|凌晨|黎明|拂晓|日落|日出|白天|日|夜|晨|晚|次日|"
    r"当晚|当天|同时|稍后|片刻后|连续|几天后|数日后|雨夜|雪夜|月夜|晚饭时|.{0,4}年[前后]|.{0,4}[天日周月]后|"
    r"DAY|NIGHT|MORNING|EVENING|AFTERNOON|DAWN|DUSK|NOON|MIDNIGHT|SUNSET|SUNRISE|LATER|MOMENTS LATER|CONTINUOUS|"
    r"SAME(?: TIME)?|MAGIC HOUR|GOLDEN HOUR|TWILIGHT|(?:EARLY|LATE)[ -](?:MORNING|AFTERNOON|EVENING|NIGHT)|"
    r"(?:THE )?NEXT (?:DAY|MORNING|NIGHT)|FLASHBACK|PRESENT|[0-9]{1,2}(?::[0-9]{2})? ?[AP]\.?M\.?)$",
    re.IGNORECASE,
)
_TIME_WORDS: Final = re.compile(r"[日夜晨晚]|清晨|早|午|黄昏|傍晚|黎明|拂晓")
_INSIDE: Final = frozenset({"内", "内景", "室内", "int", "interior"})
_OUTSIDE: Final = frozenset({"外", "外景", "室外", "ext", "exterior"})
_SEPARATORS: Final = re.compile(r"\s*(?:[\s　,，、;；|/·•]+|[-—–]+|[.．。:：])\s*")
_SEPARATORS_EN: Final = re.compile(r"\s+[-—–]+\s+|\s*[—–|;]\s*|,\s+|\s*--\s*")
_CUE_ZH: Final = re.compile(
    r"^(?P<name>[^\s：:，。！？、；…（）()“”\"'「」『』《》【】\[\]{}#*>|/\\<=+@&^%$~`—]{1,12}(?: ?[A-Za-z0-9]{1,2})?)"
    r"[ \t　]*(?:[（(【\[](?P<delivery>[^）)】\]\n]{0,40})[）)】\]])?[ \t　]*[：:][ \t　]*"
)
_CUE_EN: Final = re.compile(
    r"^(?P<name>[A-Z][\w.'’-]*(?: (?:[A-Z0-9#][\w.'’-]*|of|the|and|&)){0,4})[ \t]*(?:[(\[](?P<delivery>[^)\]\n]{0,40})[)\]])?[ \t]*[:：][ \t]+"
)
_PAREN: Final = re.compile(r"^[ \t　]*[（(【\[](?P<delivery>[^）)】\]\n]{0,60})[）)】\]][ \t　]*")
_NO_NAME_ZH: Final = re.compile(
    r"(?:[说道问喊叫答是为如即指称写]|如下|包括|以下|例如|比如|表示|认为|指出|介绍|显示|其中|首先|其次|此外|另外|总之|同时|结果|因此|原因|"
    r"问题|建议|目的|方法|结论|摘要|关键词|提示|注意|电话|网址|邮箱|日期|标题|副标题|导语|正文|图|表|第[一二三四五六七八九十0-9]+[步点条])$"
)
_NO_NAME_EN: Final = frozenset(
    [
        "note",
        "notes",
        "warning",
        "example",
        "tip",
        "step",
        "source",
        "sources",
        "figure",
        "table",
        "summary",
        "result",
        "results",
        "method",
        "methods",
        "conclusion",
        "abstract",
        "update",
        "http",
        "https",
        "ftp",
        "re",
        "subject",
        "date",
        "to",
        "from",
        "question",
        "answer",
        "q",
        "a",
        "ps",
        "key",
        "headline",
        "title",
        "chapter",
        "part",
        "section",
        "credit",
        "author",
        "draft",
        "contact",
        "copyright",
        "background",
        "introduction",
        "discussion",
    ]
)
_CAMERA: Final = frozenset({"shot_size", "angle", "movement"})
_SCREEN: Final = frozenset(
    {
        "镜头",
        "画面",
        "空镜",
        "空镜头",
        "插入",
        "闪回",
        "Insert",
        "Angle",
        "Montage",
        "INSERT",
        "ANGLE",
        "MONTAGE",
        "Shot",
        "SHOT",
    }
)
LABEL: Final = re.compile(
    r"^[*_【\[]*(?P<label>时间|地点|人物|出场人物|登场人物|主要人物|人物表|人物介绍|人物简介|角色|角色表|主要角色|演员|场景|场景说明|布景|道具|"
    r"编剧|作者|导演|备注|注|类型|题材|时长|出品|片名|剧名|标题|简介|剧情简介|故事梗概|梗概|主题|字幕|"
    r"characters?|cast(?: of characters)?|dramatis personae|setting|time|place|title|author|writer|written by|logline|"
    r"synopsis|genre|credit|draft date|contact|copyright|notes?|source|format|revision)[*_】\]]*\s*(?:[：:]|$)\s*",
    re.IGNORECASE,
)
CAST_LABELS: Final = frozenset(
    ["人物", "出场人物", "登场人物", "主要人物", "人物表", "人物介绍", "人物简介", "角色", "角色表", "主要角色",
     "演员", "character", "characters", "cast", "cast of characters", "dramatis personae"]
)  # fmt: skip
TITLE_LABELS: Final = frozenset(["片名", "剧名", "标题", "title"])
_TRANSITIONS_ZH: Final = re.compile(
    r"^(?:镜头|画面|画面渐渐|画面慢慢)?(?P<word>淡入淡出|淡出|淡入|渐隐|渐显|渐黑|切至|切入|切到|切回|跳切|硬切|切|叠化|叠入|叠出|化入|化出|溶入|溶化|"
    r"黑场|黑屏|转场|转黑|闪白|闪黑|闪回|划像|划入|划出|划变|剧终|全剧终|本集完|本集终|完|终|未完待续|片尾)(?:[：:至到].{0,14}|画面|镜头)?$"
)
_TRANSITIONS_EN: Final = re.compile(
    r"^(?P<word>FADE IN|FADE OUT|FADE TO BLACK|FADE TO WHITE|FADE TO|CUT TO BLACK|CUT TO|SMASH CUT TO|SMASH CUT|MATCH CUT TO|"
    r"MATCH CUT|JUMP CUT TO|JUMP CUT|HARD CUT TO|DISSOLVE TO|CROSSFADE TO|CROSS FADE TO|LAP DISSOLVE TO|WIPE TO|IRIS OUT|IRIS IN|"
    r"INTERCUT WITH|BACK TO|BLACKOUT|THE END|END)\b[^a-z]{0,40}[:.]?$"
)
_WORD_TRANSITIONS: Final[dict[str, Transition]] = {
    "淡入": "fade_in", "渐显": "fade_in", "淡入淡出": "dip", "淡出": "dip", "渐隐": "dip", "渐黑": "dip", "黑场": "dip",
    "黑屏": "dip", "转黑": "dip", "闪白": "dip", "闪黑": "dip", "叠化": "crossfade", "叠入": "crossfade", "叠出": "crossfade",
    "化入": "crossfade", "化出": "crossfade", "溶入": "crossfade", "溶化": "crossfade", "闪回": "crossfade", "划像": "wipe",
    "划入": "wipe", "划出": "wipe", "划变": "wipe", "FADE IN": "fade_in", "FADE OUT": "dip", "FADE TO BLACK": "dip",
    "FADE TO WHITE": "dip", "FADE TO": "dip", "CUT TO BLACK": "dip", "BLACKOUT": "dip", "DISSOLVE TO": "crossfade",
    "CROSSFADE TO": "crossfade", "CROSS FADE TO": "crossfade", "LAP DISSOLVE TO": "crossfade", "WIPE TO": "wipe",
    "IRIS OUT": "wipe", "IRIS IN": "wipe", "剧终": "dip", "全剧终": "dip", "本集完": "dip", "本集终": "dip", "完": "dip",
    "终": "dip", "未完待续": "dip", "片尾": "dip", "THE END": "dip", "END": "dip",
}  # fmt: skip
OFF_SCREEN: Final = re.compile(
    r"画外音?|旁白|内心独白|内心|独白|心声|心想|电话里|电话中|V\.?\s?O\.?|O\.?\s?[SC]\.?|OFF[- ]?SCREEN|VOICE[- ]?OVER|ON PHONE|FILTERED|RADIO",
    re.IGNORECASE,
)
NARRATORS: Final = frozenset(
    ["旁白", "画外音", "解说", "解说词", "旁白音", "叙述者", "叙述", "字幕", "narrator", "narration", "voice over",
     "voiceover", "v.o.", "vo", "announcer voice", "title card", "super"]
)  # fmt: skip
CROWD: Final = re.compile(
    r"^(?:众人|所有人|大家|全体|众|人群|群众|众学生|众.{1,3}|同学们|孩子们|村民们|.{1,4}们|两人|二人|三人|齐声|合|路人[甲乙丙丁0-9A-D]?|"
    r"all|everyone|everybody|crowd|both|voices?|chorus|people|group|together|kids|children|students|various)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a scene heading says."""

    place: str
    interior: bool | None
    time: str


@dataclass(frozen=True, slots=True)
class SpeakerCue:
    """Who speaks and how; `length` = characters of the line before the spoken text."""

    name: str
    delivery: str
    length: int


def is_scene_heading(line: str) -> bool:
    return read_heading(line) is not None


def read_heading(line: str) -> Heading | None:
    """The parts of a scene heading, or None when a (folded) line is none."""
    if len(line) > 90:
        return None
    bracketed = line.lstrip("#* ").startswith(("【", "["))
    core = line.strip(_MARKS)
    if not core or core[-1] in '。！？!?；;…，,”"':
        return None
    english = _HEADING_EN.match(core) or _HEADING_SCENE.match(core)
    if english:
        inside = re.match(
            r"[#0-9A-Z.)\s]*?\b(INT\.?\s?/|EXT\.?\s?/|I/E|INT|EXT)", core, re.IGNORECASE
        )
        return _parts_en(english["rest"], _inside_en(inside[1] if inside else ""))
    numbered = _HEADING_ZH.match(core)
    if numbered:
        return _parts_zh(numbered["rest"], None)
    inout = _HEADING_INOUT.match(core)
    if inout:
        head = core[: inout.start("rest")]
        both = "内" in head and "外" in head
        return _parts_zh(inout["rest"], None if both else "内" in head)
    loose = _HEADING_NUMBERED.match(core)
    if loose or bracketed:
        parts = _parts_zh(loose["rest"] if loose else core, None)
        known = (
            parts.place and len(parts.place) <= 14 and (parts.time or parts.interior is not None)
        )
        if known or (bracketed and parts.time and find_place(parts.place)):
            return parts
    return None


def _inside_en(mark: str) -> bool | None:
    word = mark.upper()
    if "/" in word or not word:
        return None
    return word.startswith("INT")


def _parts_zh(rest: str, interior: bool | None) -> Heading:
    places: list[str] = []
    time = ""
    for part in _SEPARATORS.split(rest.strip("（）() \t　")):
        word = part.strip("（）()【】[]")
        low = word.lower()
        if not word:
            continue
        if low in _INSIDE or low in _OUTSIDE:
            interior = low in _INSIDE
        elif _TIMES.match(word):
            time = time or word
        elif len(word) == 2 and word[0] in "日夜晨晚" and word[1] in "内外":
            time, interior = word[0], word[1] == "内"
        else:
            places.append(word)
    return Heading(" ".join(places)[:40], interior, time)


def _parts_en(rest: str, interior: bool | None) -> Heading:
    places: list[str] = []
    times: list[str] = []
    for part in _SEPARATORS_EN.split(rest.strip(" .:-–—")):
        word = part.strip(" .()[]#")
        if _TIMES.match(word):
            times.append(word)
        elif word:
            places.append(word)
    return Heading(", ".join(places)[:60], interior, " ".join(times).lower())


def speaker_cue(line: str) -> SpeakerCue | None:
    """The speaker at the beginning of a (folded) line, or None."""
    match = _CUE_ZH.match(line) or _CUE_EN.match(line)
    if match is None or (len(line) > match.end() and line[match.end()] == "/"):
        return None
    name = match["name"]
    if not _is_name(name) or LABEL.match(line):
        return None
    delivery, end = match["delivery"] or "", match.end()
    more = _PAREN.match(line[end:])
    if more:
        delivery = f"{delivery}，{more['delivery']}" if delivery else more["delivery"]
        end += more.end()
    return SpeakerCue(name, delivery.strip(), end)


def _is_name(name: str) -> bool:
    if name.lower() in NARRATORS:
        return True
    if any(hit.slot in _CAMERA for hit in read_words(name).said) or name in _SCREEN:
        return False
    if not name[0].isalpha() or name.lower() in _NO_NAME_EN or _NO_NAME_ZH.search(name):
        return False
    chinese = any("\u4e00" <= char <= "\u9fff" for char in name)
    return len(name) <= 8 if chinese else name[0].isupper()


def read_transition(line: str) -> Transition | None:
    """The transition that a (folded) line asks for, or None when it asks for none."""
    if len(line) > 48:
        return None
    core = line.strip(" \t　（）()【】[]△▲>*_。.-—：:")
    match = _TRANSITIONS_EN.match(core) or (
        _TRANSITIONS_ZH.match(core) if len(core) <= 16 else None
    )
    if match is None:
        return None
    return _WORD_TRANSITIONS.get(match["word"], "cut")

"""Film language that no list of words holds: what the camera does, in many ways of saying it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ai_video.filmwords.lexicon import Hit

_ZH: Final = r"(?:镜头|机位|摄影机|摄像机|相机|画面|视线)"
_GAP: Final = r"[^，。；！？、,.;!?\n不没别勿无非\ufffc]{0,7}?"
_EN: Final = r"\b(?:camera|lens|shot|frame|we|view|drone)\s+(?:(?:\w+ly|then|begins? to|starts? to|is|are|now|just|gently|and)\s+)*"
_SLOW: Final = r"(?:\s+(?:\w+ly|very|straight|right|back|gradually|a little|off))*\s+"


def _zh(*verbs: str) -> str:
    return f"{_ZH}{_GAP}(?:{'|'.join(verbs)})"


def _en(verbs: str, where: str = "") -> str:
    return f"{_EN}(?:{verbs})" + (f"{_SLOW}(?:{where})" if where else "") + r"\b"


_MOVE: Final = (
    r"moves?|moving|glides?|gliding|slides?|sliding|drifts?|drifting|floats?|floating|travels?|traveling|travelling|tracks?|tracking|"
    r"trucks?|dollies|dolly|dollying|rolls?|creeps?|creeping|inches|inching|pushes|pushing|push|eases|edges|advances|advancing"
)
_LEFT: Final = r"to(?:wards?)? the left|leftwards?|left|from right to left|right to left"
_RIGHT: Final = r"to(?:wards?)? the right|rightwards?|right|from left to right|left to right"
_SUN_ZH: Final = r"(?:太阳|朝日|红日|日头)(?:刚刚|刚|慢慢|缓缓|正|渐渐|才|从[^，。]{1,8})*"

_PATTERNS: Final[Sequence[tuple[str, str, Sequence[str]]]] = (
    ("movement", "static", (_zh("一动不动", "静止", "保持静止", "纹丝不动", "定格不动", "定住", "锁定", "保持固定", "不移动", "不动"), _en(r"holds?|stays?|remains?|sits|keeps|rests", r"(?:perfectly |completely |absolutely )?(?:still|static|fixed|locked|steady|motionless|in place|put|stationary)"), r"\bcamera(?: is)?(?: completely| perfectly)? (?:motionless|stationary|locked|fixed)\b|\bstill frame\b|\bno camera (?:movement|motion|move)s?\b|\bcamera (?:does not|doesn['’]t|never) move\b", r"(?:不要|没有|无)(?:任何)?(?:运镜|镜头运动|镜头移动|摄影机运动)|镜头(?:不要|不)(?:移?动)(?![^，。]{0,2}[摇推拉])")),
    ("movement", "crane_up", (_zh("上升", "升起", "升高", "抬升", "升上", "升到", "升空", "拔高", "往上升", "升过"), _en(r"rises?|rising|ascends?|lifts?|climbs?|booms? up|soars? up|floats? up|elevates"))),
    ("movement", "crane_down", (_zh("下降", "降下", "降落", "降到", "下沉", "沉下", "沉到", "落到", "落向", "降至"), _en(r"descends?|descending|sinks?|lowers?|drops? down|booms? down|floats? down|comes down"))),
    ("movement", "pull_out", (_zh("后退", "后移", "退开", "退后", "退去", "往后退", "拉开", "拉远", "往后拉", "后撤", "远离", "拉到", "拉出", "拉成", "退到", "向后移"), _en(r"retreats?|retreating|withdraws?|backs (?:up|away|off)|pulls? (?:back|out|away)|pulling (?:back|out|away)"), _en(_MOVE, r"backwards?|back|out|away"))),
    ("movement", "push_in", (_zh("推近", "推进", "推向", "推到", "推至", "推上", "靠近", "逼近", "前推", "前移", "凑近", "贴近", "移近", "接近", "往前推", "向前推", "向前移", "往前走", "前进", "推入"), _en(r"approaches|approaching|nears|closes in|moves? in|pushes in"), _en(_MOVE, r"in|towards?|forwards?|closer|up to|into"))),
    ("movement", "track_left", (rf"{_ZH}{_GAP}(?:向左|往左|朝左|自右向左|从右(?:向|往|到)左|由右(?:向|往|到|至)左)(?:侧)?(?:缓缓|慢慢|缓慢)?(?:平移|横移|移动|移|滑动|滑)", _en(_MOVE, _LEFT))),
    ("movement", "track_right", (rf"{_ZH}{_GAP}(?:向右|往右|朝右|自左向右|从左(?:向|往|到)右|由左(?:向|往|到|至)右)(?:侧)?(?:缓缓|慢慢|缓慢)?(?:平移|横移|移动|移|滑动|滑)", _en(_MOVE, _RIGHT))),
    ("movement", "pan_left", (rf"{_ZH}{_GAP}(?:(?:向|往|朝)左(?:侧|边)?(?:缓缓|慢慢|缓慢)?(?:摇|转|扫|甩)|左转|从右(?:向|往|到)左(?:摇|扫)|由右(?:向|往|至)左(?:摇|扫)|摇向左|转向左)", _en(r"pans?|panning|swings?|turns?|sweeps?|rotates?", _LEFT))),
    ("movement", "pan_right", (rf"{_ZH}{_GAP}(?:(?:向|往|朝)右(?:侧|边)?(?:缓缓|慢慢|缓慢)?(?:摇|转|扫|甩)|右转|从左(?:向|往|到)右(?:摇|扫)|由左(?:向|往|至)右(?:摇|扫)|摇向右|转向右)", _en(r"pans?|panning|swings?|turns?|sweeps?|rotates?", _RIGHT))),
    ("movement", "tilt_up", (_zh("向上摇", "往上摇", "上摇", "上移", "上抬", "抬起", "仰起", "向上移", "往上移", "向上抬", "摇向天空", "上仰", "摇上"), _en(r"tilts?|looks?|moves?|tips?|swings?|angles?|pans?", r"up|upwards?|skywards?"))),
    ("movement", "tilt_down", (_zh("向下摇", "往下摇", "下摇", "下移", "下压", "低下", "向下移", "往下移", "摇下", "下俯"), _en(r"tilts?|looks?|moves?|tips?|swings?|angles?|pans?", r"down|downwards?"))),
    ("movement", "follow", (_zh("跟着", "跟随", "跟在", "尾随", "追随", "追着", "跟上", "紧跟", "跟拍", "一路跟"), _en(r"follows?|following|trails?|chases?|accompanies|shadows|stays with|keeps (?:up|pace) with|runs alongside|walks with|tracks (?:him|her|them|the|a|alongside|behind)"))),
    ("movement", "orbit", (_zh("绕着", "环绕", "围绕", "围着", "绕", "旋转", "转一圈", "盘旋"), _en(r"orbits?|orbiting|circles?|circling|revolves?|arcs?|spins? around|rotates? around|swirls? around|wraps around|goes around|moves around|turns around"))),
    ("movement", "handheld", (_zh("晃动", "抖动", "摇晃", "颤动", "颤抖", "晃来晃去"), _en(r"shakes?|wobbles?|jitters?|trembles?|sways?|jerks?|bobs"))),
    ("movement", "whip_pan", (_zh("猛地一甩", "急甩", "猛甩", "快速甩", "一甩"), _en(r"whips?|snaps? (?:to|around)"))),
    ("movement", "zoom_in", (_zh("变焦推", "变焦放大", "放大到", "急速放大"), _en(r"zooms? in|zooming in|punches in"))),
    ("movement", "zoom_out", (_zh("变焦拉", "变焦缩小"), _en(r"zooms? out|zooming out"))),
    ("movement", "aerial", (_zh("飞越", "飞过", "俯冲", "从空中掠过", "掠过上空"), _en(r"flies|flying|soars|swoops|sweeps", r"over|above|across|through"))),
    ("movement", "rack_focus", (r"(?:焦点|对焦|虚实)[^，。]{0,10}(?:转|移|切|换|变)(?:到|向|为|至|移|换)?", r"\bfocus (?:moves|pulls|racks|slides|drifts|changes|goes|jumps|transitions) (?:from|to)\b")),
    ("angle", "high", (r"从(?:高处|空中|上方|上面|楼上|屋顶|楼顶|二楼|高空)(?:向|往|朝)?下?(?:拍|看|望|俯)|(?:往|向|朝)下(?:拍|俯拍)", r"\b(?:shot|seen|filmed|viewed|looking down|camera) (?:on \w+ )?from (?:high )?above\b|\bfrom a (?:balcony|rooftop|height|high window|great height)\b")),
    ("angle", "low", (r"从(?:低处|下方|地面|脚下|下面)(?:向|往|朝)?上?(?:拍|看|望|仰)|(?:往|向|朝)上(?:拍|仰拍)", r"\b(?:shot|seen|filmed|viewed|camera) from (?:far )?below\b|\bcamera (?:is )?(?:low|near the ground|on the ground)\b")),
    ("angle", "pov", (r"(?:以|从)?(?:他|她|主角|孩子|猫|狗|小狗|小猫)的?(?:主观)?(?:视角|视线)(?:看|望|出发)|透过(?:他|她)的眼睛", r"\bthrough (?:his|her|the \w+['’]s) eyes\b|\b(?:his|her|the \w+['’]s) point of view\b|\bfrom the \w+['’]s perspective\b")),
    ("angle", "back", (r"(?:从|自)(?:他|她|其|人物)?(?:的)?(?:身后|背后|后方)(?:拍|看|跟)|背对(?:着)?(?:镜头|我们|观众|画面)|背朝镜头", r"\b(?:his|her|their) back (?:is )?(?:turned )?(?:to|toward|towards) (?:us|the camera|the viewer)\b|\bwith (?:his|her|their) back(?:s)? to\b")),
    ("angle", "profile", (r"从侧面(?:拍|看)|侧对(?:着)?镜头|侧身(?:镜头|像)", r"\bseen from the side\b|\bside profile\b")),
    ("angle", "overhead", (r"(?:正|从)(?:正)?上方(?:垂直)?(?:俯瞰|俯视|往下|向下|看)|垂直向下拍", r"\bdirectly (?:above|overhead)\b|\bfrom directly above\b|\blooking straight down\b")),
    ("shot_size", "wide", (r"\bwide (?:of|on)\b", r"(?:大|整个)场面的?全景")),
    ("shot_size", "medium", (r"\b(?:mid|medium)(?:,| of| on)\b", r"(?:拍|取|露出)?(?:到)?腰部?以上")),
    ("shot_size", "medium_close_up", (r"\bfrom the chest up\b|\bshoulders up\b|\bhead and shoulders\b|\bhead-and-shoulders\b", r"(?:拍|取|露出)?(?:到)?(?:胸口|胸部|肩膀|肩部)以上")),
    ("shot_size", "full", (r"\bfrom head to (?:toe|foot)\b", r"(?:拍|露出|看到)(?:到)?(?:他|她|人物)?(?:的)?全身")),
    ("shot_size", "close_up", (r"\b(?:face|eyes?|hands?) fills? the (?:frame|screen)\b", r"(?:脸|面孔|手|面部)(?:占满|充满|填满)(?:整个)?(?:画面|银幕|屏幕)")),
    ("time_of_day", "dawn", (_SUN_ZH + r"(?:升起|升上|爬上|爬出|露出|跃出|出来|探出)|天(?:色|空|边)?(?:才|刚|渐|已|快|将)?(?:微明|微亮|将明|将亮|刚亮|蒙蒙亮|渐亮|泛白|破晓|露白|亮了)|东方(?:泛白|既白|发白)", r"\bsun (?:rises|is rising|comes up|is coming up|peeks|climbs|creeps up|breaks)\b|\brising sun\b|\bas day breaks\b|\bday breaks\b")),
    ("time_of_day", "golden_hour", (_SUN_ZH + r"(?:落山|落下|西沉|下山|沉入|沉下|西斜|偏西|落到|快落|要落)|黄金时刻|日暮时分的金光|夕阳", r"\bsun (?:sets|is setting|sinks|dips|goes down|is going down|hangs low)\b|\blow sun\b|\bsun sinking\b|\bdying sun\b")),
    ("time_of_day", "dusk", (r"天色?(?:已晚|渐暗|渐晚|将晚|将暗|暗下来|擦黑|向晚|渐黑)|日暮", r"\b(?:as|when) (?:evening|darkness|night) (?:falls|descends|comes)\b|\blight is fading\b|\bfading light\b")),
    ("time_of_day", "night", (r"天(?:已经?|全|完全|都)?黑(?:了|透|下来)?(?=[，。；,的]|$)|(?:晚上|夜里|夜晚|深夜|午夜)[一二三四五六七八九十两\d]+点|夜半", r"\b(?:1[0-2]|[1-4]) ?(?:a\.?m\.?)\b|\b(?:9|10|11) ?p\.?m\.?\b|\bsmall hours\b|\bunder the stars\b|\bstarlit\b")),
    ("weather", "rain", (r"雨(?:还|一直|仍|越|正)?(?:在)?下(?:着|得|个)?|瓢泼|雨打|(?:下|淋|落|飘|冒|避|躲|听|看|赏)(?:着|起|过|了)?[^，。]{0,3}雨", r"\bpour(?:s|ing) (?:down|outside)\b|\bcaught in (?:a )?shower\b|\bshowers?\b(?= (?:over|fall|sweep|drench))")),
    ("weather", "clear", (r"(?:天|天空|碧空|长空)(?:如洗|湛蓝|碧蓝|蔚蓝|一片蓝)|碧空|艳阳高照|阳光灿烂|万里晴空", r"\bbright blue sky\b|\bnot a cloud in the sky\b|\bwithout a cloud\b")),
    ("weather", "wind", (r"(?:风(?:很|好|太|越来越)?[大猛急]|(?:狂|劲|烈|朔|北|西|东|南)风(?:吹|刮|呼)|风(?:吹|刮|呼啸|掀|卷)(?:动|起|过|着)?)", r"\bwind (?:howls|whips|tears|tugs|blows|rises|picks up)\b")),
    ("light", "volumetric", (r"(?:阳光|光线|光)(?:从[^，。]{1,10})?(?:斜斜)?(?:地)?(?:穿过|透过|射进|射入)[^，。]{0,10}(?:形成|化作|变成)?(?:光束|光柱|一道道|一缕缕)", r"\b(?:beams?|shafts?|rays?) of (?:sun)?light\b")),
    ("light", "backlight", (r"(?:太阳|光源|阳光|灯光)(?:在|从)(?:他|她|人物|其)?(?:身后|背后|后方|后面)", r"\bsun behind (?:him|her|them|the)\b|\blight from behind\b|\blit from the back\b")),
)  # fmt: skip
_COMPILED: Final = tuple(
    (slot, value, re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE))
    for slot, value, parts in _PATTERNS
)


def pattern_hits(text: str) -> Iterator[Hit]:
    """What the patterns find in a (folded) text; overlapping ones of one slot, longest first."""
    found: list[Hit] = []
    for slot, value, pattern in _COMPILED:
        found += [
            Hit(slot, value, match.start(), match.end(), match[0])
            for match in pattern.finditer(text)
            if match[0]
        ]
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda hit: (-(hit.end - hit.start), hit.start)):
        if not any(
            other.slot == hit.slot and other.start < hit.end and hit.start < other.end
            for other in kept
        ):
            kept.append(hit)
    yield from kept

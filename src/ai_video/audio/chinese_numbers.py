"""How numbers, dates, units and symbols are said in Mandarin.

`read_chinese` cuts a text into pieces and says for each what is read aloud; the pieces' texts put
together are the text again, so times found for a reading belong to known characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ai_video.audio.readings import Reading, cut_by_rules

DIGITS: Final = "零一二三四五六七八九"
_PLACES: Final = ("", "十", "百", "千")
_LONGEST_NUMBER: Final = 16


def say_digits(digits: str, *, phone: bool = False) -> str:
    """Digit by digit; on the phone 1 is 幺."""
    said = "".join(DIGITS[int(digit)] for digit in digits if digit.isdigit())
    return said.replace("一", "幺") if phone else said


def _four_digits(number: int) -> str:
    said, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            said += ("零" if gap and said else "") + DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return said


def say_integer(number: int) -> str:
    """A whole number below 10^16 as words: 10 → 十, 105 → 一百零五, 20000 → 两万."""
    if number == 0:
        return "零"
    if number < 0:
        return "负" + say_integer(-number)
    said = re.sub(r"^一十", "十", _large(number))
    return re.sub(r"(^|零)二(?=[千万亿])", r"\1两", said)


def _large(number: int) -> str:
    for unit, word in ((10**8, "亿"), (10**4, "万")):
        if number >= unit:
            rest = number % unit
            gap = "零" if 0 < rest < unit // 10 else ""
            return _large(number // unit) + word + (gap + _large(rest) if rest else "")
    return _four_digits(number)


def say_number(digits: str) -> str:
    """A number as written (sign, thousands commas, decimals) as words."""
    sign = "负" if digits[:1] in "-−－" else ""
    whole, _, decimals = digits.lstrip("+-−－").replace(",", "").replace("，", "").partition(".")
    if len(whole) > _LONGEST_NUMBER or (len(whole) > 1 and whole[0] == "0"):
        said = say_digits(whole)
    else:
        said = say_integer(int(whole or "0"))
    return sign + said + ("点" + say_digits(decimals) if decimals else "")


_UNITS: Final = {
    "km/h": "公里每小时", "m/s²": "米每二次方秒", "m/s": "米每秒", "kWh": "千瓦时", "mAh": "毫安时",
    "km²": "平方公里", "km2": "平方公里", "cm²": "平方厘米", "m²": "平方米", "㎡": "平方米",
    "m³": "立方米", "km": "公里", "cm": "厘米", "mm": "毫米", "μm": "微米", "µm": "微米",
    "nm": "纳米", "kg": "公斤", "mg": "毫克", "μg": "微克", "mL": "毫升", "ml": "毫升", "kW": "千瓦",
    "MW": "兆瓦", "GW": "吉瓦", "GHz": "吉赫兹", "MHz": "兆赫兹", "kHz": "千赫兹", "Hz": "赫兹",
    "TB": "太字节", "GB": "吉字节", "MB": "兆字节", "KB": "千字节", "Mbps": "兆比特每秒",
    "fps": "帧每秒", "rpm": "转每分钟", "ppm": "ppm", "dB": "分贝", "min": "分钟", "ms": "毫秒",
    "kV": "千伏", "kcal": "千卡", "hPa": "百帕", "MPa": "兆帕", "kPa": "千帕", "Pa": "帕",
    "m": "米", "g": "克", "t": "吨", "s": "秒", "h": "小时", "L": "升", "V": "伏", "W": "瓦",
    "A": "安", "N": "牛", "J": "焦", "″": "英寸", "℉": "华氏度", "px": "像素", "ha": "公顷",
}  # fmt: skip
_UNIT: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_CURRENCY: Final = {
    "¥": "元", "￥": "元", "$": "美元", "€": "欧元", "£": "英镑", "₩": "韩元", "₽": "卢布",
    "US$": "美元", "HK$": "港元",
}  # fmt: skip
# Before these a bare 2 is 两.
_MEASURES: Final = re.compile(
    "个|位|名|只|条|张|本|次|种|天|周|年(?!级)|小时|分钟|秒|里|米|公里|斤|公斤|克|吨|元|块|毛|岁|层|双|对|"
    "件|台|辆|架|艘|座|栋|家|支|枝|把|颗|粒|片|段|句|首|杯|瓶|碗|盒|箱|袋|群|批|部|项|份|点|倍|万|亿|千|"
    "滴|匹|头|棵|朵|间|扇|封|笔|场|回|遍|趟|番|下|口|滴|代|边|者|国|方|人|半|厘米|毫米|平方|立方|尺|寸"
)
_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_DASH: Final = r"\s?[-–—~～－]\s?"
_SYMBOLS: Final = {
    "+": "加", "＋": "加", "=": "等于", "＝": "等于", "×": "乘以", "÷": "除以", "±": "正负",
    "<": "小于", ">": "大于", "≤": "小于等于", "≥": "大于等于", "≈": "约等于", "≠": "不等于",
    "&": "和", "%": "百分号", "°": "度", "π": "派", "√": "根号", "∞": "无穷大", "℃": "摄氏度",
    "²": "平方", "³": "立方", "α": "阿尔法", "β": "贝塔", "γ": "伽马", "δ": "德尔塔", "Δ": "德尔塔",
    "θ": "西塔", "λ": "兰姆达", "μ": "缪", "σ": "西格玛", "Σ": "西格玛", "φ": "斐", "ω": "欧米伽",
    "Ω": "欧米伽", "∑": "求和", "∫": "积分", "∈": "属于", "∵": "因为", "∴": "所以", "№": "编号",
    "$": "美元", "€": "欧元", "£": "英镑", "¥": "元", "〇": "零",
}  # fmt: skip


def _two_or_number(digits: str, text: str, at: int = 0) -> str:
    """2 is 两 when a measure word stands at `at` in `text`."""
    ordinal = at > 1 and text[at - 2] == "第"
    if digits == "2" and not ordinal and _MEASURES.match(text, at):
        return "两"
    return say_number(digits)


def _date(match: re.Match[str]) -> Reading:
    year, month, day = match["y"], int(match["mo"]), int(match["d"])
    said = f"{say_digits(year)}年{say_integer(month)}月{say_integer(day)}日"
    return Reading(match[0], said, spelled=True)


def _clock(match: re.Match[str]) -> Reading:
    hour, minute, second = int(match["h"]), int(match["mi"]), match["s"]
    said = ("两" if hour == 2 else say_integer(hour)) + "点"
    if minute or second:
        said += ("零" if 0 < minute < 10 else "") + (say_integer(minute) if minute else "零") + "分"
    if second:
        said += say_integer(int(second)) + "秒"
    return Reading(match[0], said, spelled=True)


def _years(match: re.Match[str]) -> Reading:
    said = say_digits(match["y1"]) + "到" + say_digits(match["y2"])
    return Reading(match[0], said, spelled=True)


def _year(match: re.Match[str]) -> Reading:
    digits = match[0]
    if digits.endswith("000") and digits != "2000":
        return Reading(digits, say_integer(int(digits)))
    return Reading(digits, say_digits(digits), spelled=True)


def _percent(match: re.Match[str]) -> Reading:
    share = "千分之" if match["sign"] == "‰" else "百分之"
    low, high = match["n"], match["n2"]
    said = ("负" if match["neg"] else "") + share + say_number(low)
    return Reading(match[0], said + (f"到{share}{say_number(high)}" if high else ""))


def _degrees(match: re.Match[str]) -> Reading:
    kind = "华氏" if "F" in match["u"] or "℉" in match["u"] else "摄氏"
    unit = "度" if match["u"] == "°" else kind + "度"
    low = ("零下" if match["neg"] else "") + say_number(match["n"])
    if match["n2"]:
        low += "到" + ("零下" if match["neg2"] else "") + say_number(match["n2"])
    return Reading(match[0], low + unit)


def _money(match: re.Match[str]) -> Reading:
    return Reading(match[0], say_number(match["n"]) + (match["big"] or "") + _CURRENCY[match["c"]])


def _measured(match: re.Match[str]) -> Reading:
    unit = _UNITS[match["u"]]
    low = say_number(match["n"]) if match["n2"] else _two_or_number(match["n"], unit)
    high = f"到{say_number(match['n2'])}" if match["n2"] else ""
    return Reading(match[0], ("负" if match["neg"] else "") + low + high + unit)


def _range(match: re.Match[str]) -> Reading:
    low, high = match["n"], match["n2"]
    word = "到"
    if float(low.replace(",", "")) >= float(high.replace(",", "")):
        word = "减" if match.string[match.end() :][:1] in ("=", "＝") else "比"
    return Reading(match[0], say_number(low) + word + say_number(high))


def _fraction(match: re.Match[str]) -> Reading:
    return Reading(match[0], f"{say_number(match['n2'])}分之{say_number(match['n'])}")


def _ratio(match: re.Match[str]) -> Reading:
    return Reading(match[0], f"{say_number(match['n'])}比{say_number(match['n2'])}")


def _phone(match: re.Match[str]) -> Reading:
    return Reading(match[0], say_digits(match[0], phone=True), spelled=True)


def _spelled(match: re.Match[str]) -> Reading:
    return Reading(match[0], say_digits(match[0]), spelled=True)


def _version(match: re.Match[str]) -> Reading:
    said = "点".join(say_number(part) for part in match[0].split("."))
    return Reading(match[0], said, spelled=True)


def _signed(match: re.Match[str]) -> Reading:
    return Reading(match[0], say_number(match[0]))


def _plain(match: re.Match[str]) -> Reading:
    return Reading(match[0], _two_or_number(match[0], match.string, match.end()))


def _address(match: re.Match[str]) -> Reading:
    said = re.sub(r"^[a-z]+://|[/?#].*$", "", match[0], flags=re.IGNORECASE)
    said = re.sub(r"^www\.", "W W W.", said)
    for sign, word in ((".", "点"), ("@", " at "), ("-", "杠"), ("_", "下划线"), (":", "冒号")):
        said = said.replace(sign, word)
    return Reading(match[0], said)


def _symbol(match: re.Match[str]) -> Reading:
    return Reading(match[0], _SYMBOLS[match[0]])


def _topic(match: re.Match[str]) -> Reading:
    return Reading(match[0], match[0].strip("#"))


def _minus(match: re.Match[str]) -> Reading:
    return Reading(match[0], "减")


def _power(match: re.Match[str]) -> Reading:
    power = {"²": "平方", "³": "立方"}.get(match[0]) or f"{say_integer(int(match[0][1:]))}次方"
    return Reading(match[0], "的" + power)


_ROMAN: Final = {chr(0x2160 + index): say_integer(index + 1) for index in range(12)}
_CIRCLED: Final = {chr(0x2460 + index): say_integer(index + 1) for index in range(20)}


def _one_sign(match: re.Match[str]) -> Reading:
    return Reading(match[0], {**_ROMAN, **_CIRCLED}[match[0]])


_N: Final = rf"(?P<n>{_NUMBER})"
_N2: Final = rf"(?P<n2>{_NUMBER})"
_NEG: Final = r"(?P<neg>(?<![0-9A-Za-z])[-−－])?"
_RULES: Final[tuple[tuple[str, Callable[[re.Match[str]], Reading]], ...]] = (
    (r"(?:https?|ftp)://[^\s，。！？、；）)】》”]+", _address),
    (r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _address),
    (r"(?<![\w.@])www\.[\w-]+(?:\.[\w-]+)+(?:/[\w./?=&%-]*)?", _address),
    (r"(?<!\d)(?P<y>\d{4})(?P<sep>[-/.])(?P<mo>0?[1-9]|1[0-2])(?P=sep)(?P<d>3[01]|[12]\d|0?[1-9])"
     r"(?!\d)", _date),
    (r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)", _phone),
    (r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)|(?<!\d)[48]00-?\d{3}-?\d{4}(?!\d)|(?<!\d)\d{3}-\d{4}-\d{4}(?!\d)",
     _phone),
    (r"(?<=[打线])(?:\d{3}|\d{5})(?!\d|[个年月日%\d.])|(?<!\d)(?:12306|12345|10086|10010|12315)(?!\d)"
     r"|(?<!\d)(?:110|119|120|122)(?=电话|热线|报警|急救)", _phone),
    (r"(?<![\d:])(?P<h>[01]?\d|2[0-3])[:：](?P<mi>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?![\d:])", _clock),
    (rf"(?<![\d:]){_N}[:：∶]{_N2}(?![\d:])", _ratio),
    (rf"(?<!\d)(?P<y1>[12]\d{{3}})(?:{_DASH}|至|到)(?P<y2>[12]\d{{3}})(?=年|赛季|学年|财年)", _years),
    (r"(?<![\d.])[12]\d{3}(?=\s?年(?!前|后|以前|以后|来|间))|(?<![\d.])\d{2}(?=年(?:\d|[一二三四五六七八九十])"
     r"{1,2}月)|(?<![\d.])[5-9]0(?=后)|(?<![\d.])[6-9]\d(?=年(?:出|毕|生|入))", _year),
    (rf"{_NEG}{_N}[%％]?(?:{_DASH}|至|到){_N2}(?P<sign>[%％‰])", _percent),
    (rf"{_NEG}{_N}\s?(?P<sign>[%％‰])(?P<n2>(?!))?", _percent),
    (rf"{_NEG}{_N}(?:\s?(?:℃|°C|°)?(?:[~～–—至到]|(?<!\d)-|-)(?P<neg2>[-−－])?{_N2})?\s?"
     r"(?P<u>℃|℉|°\s?[CF](?![A-Za-z])|°)", _degrees),
    (rf"(?P<c>US\$|HK\$|[¥￥$€£₩₽])\s?{_N}(?P<big>[千万百]?[万亿])?", _money),
    (rf"{_NEG}{_N}(?:{_DASH}{_N2})?\s?(?P<u>{_UNIT})(?![A-Za-z0-9])", _measured),
    (r"(?<=[\dA-Za-z)）])[²³]|(?<=[\dA-Za-z)）])\^\d{1,3}", _power),
    (rf"(?<![\d/]){_N}/{_N2}(?![\d/])", _fraction),
    (r"(?<![\d.])\d+(?:\.\d+){2,}(?![\d.])", _version),
    (rf"(?<![\d-]){_N}[~～–—至]{_N2}(?!\d)", _range),
    (r"(?<![\d\w-])(?P<n>\d{1,3}(?:\.\d+)?)-(?P<n2>\d{1,3}(?:\.\d+)?)(?![\d-])", _range),
    (r"\d{3,4}(?=室|房间|房(?!子)|号楼|次列车|次航班|航班|国道|省道)", _spelled),
    (r"(?<=[A-Za-z])\d{3,}|\d{3,}(?=[A-Za-z])", _spelled),
    (r"(?<!\d)0\d+(?![\d.])", _spelled),
    (rf"(?<![\w\d)）])[-−－]{_NUMBER}", _signed),
    (rf"{_NUMBER}", _plain),
    (r"(?<=[\dA-Za-z)）])\s?[-−](?=\s?\d)|(?<=\d )[-−](?= \d)", _minus),
    (rf"[{''.join(_ROMAN)}{''.join(_CIRCLED)}]", _one_sign),
    (r"#[^#\s]*#|(?<!\w)#", _topic),
    (rf"[{re.escape(''.join(sign for sign in _SYMBOLS if len(sign) == 1))}]", _symbol),
)  # fmt: skip
_PATTERNS: Final = tuple((re.compile(pattern), say) for pattern, say in _RULES)


def read_chinese(text: str) -> list[Reading]:
    """Cut a line into pieces with what is said for each; plain text is said as it stands."""
    return cut_by_rules(text, _PATTERNS)

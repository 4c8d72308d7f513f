"""Figures in words taken apart: a label, a number, its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNIT = (
    r"%|％|‰|个百分点|百分点|[十百千万亿兆]*(?:美元|欧元|人民币|元|人次|人|名|位|次|吨|辆|平方公里|公顷|亩|户|块|种|枚|只|头|颗|株|平方米|立方米|公里|千米|"
    r"厘米|毫米|米|个月|月|日|个|倍|岁|天|小时|分钟|秒|年|家|台|公斤|千克|克|兆瓦时|兆瓦|千瓦时|千瓦|升|毫升|"
    r"件|点|条|座|架|艘|部|度|℃|级)|[十百千万亿兆]+|°\s?[CF]|℃|"
    r"(?:thousand|million|billion|trillion|percent|per cent)?\s?(?:km²|m²|km/h|m/s|km|kg|mg|mm|cm|nm|"
    r"tonnes|tons|people|years|year|days|hours|minutes|seconds|degrees|dollars|euros|times|miles|"
    r"metres|meters|light-years|GWh|MWh|kWh|GW|MW|kW|GB|TB|Hz|ms|m|g|s|x)?(?![A-Za-z])"
)
_NUMBER = re.compile(rf"([+\-−±]?[$€£¥]?\s?\d[\d,]*(?:\.\d+)?)\s*({_UNIT})?", re.IGNORECASE)
_ABOUT = re.compile(r"(?:大约|约|超过|超|接近|近|逾|至少|最多|不足|±|≥|≤|>|<|~|≈)$")
_COUNTED = re.compile(r"[a-z-]+(?: [a-z-]+)?")
"""What a number in English counts, where it is no unit of measure: 200 suckers, 10,000 sensory cells."""
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with its words: `label` may be empty, `value` is None when no number was found."""

    label: str
    number: str
    unit: str
    value: float | None


def quantity(text: str) -> Quantity:
    """The main number of a phrase: the last one that is no year, with what is left as its label."""
    matches = [match for match in _NUMBER.finditer(text) if match.group(1).strip()]
    plain = [match for match in matches if not _is_year(match)] or matches
    if not plain:
        return Quantity(text.strip(), "", "", None)
    match = plain[-1]
    unit = (match.group(2) or "").strip()
    number = match.group(1).replace(" ", "")
    before = text[: match.start()].rstrip(" :：=")
    about = _ABOUT.search(before)
    if about is not None:
        number, before = about.group() + number, before[: about.start()]
    after = text[match.end() :].strip()
    if not unit and not before and _COUNTED.fullmatch(after):
        unit, after = after, ""
    rest = before.rstrip(" :：=为达到是") + " " + after
    label = " ".join(rest.replace("：", " ").replace(":", " ").split()).strip(" ,，。;；、()（）")
    digits = re.sub(r"[^\d.\-]", "", match.group(1).replace("−", "-"))
    try:
        value = float(digits)
    except ValueError:
        value = None
    return Quantity(label, number, unit, value)


def _is_year(match: re.Match[str]) -> bool:
    return bool(_YEAR.fullmatch(match.group(1).strip())) and (match.group(2) or "").strip() in {
        "",
        "年",
    }


def year_of(label: str) -> int | None:
    """A year named in a label."""
    found = _YEAR.search(label)
    return int(found.group()) if found else None


def comparable(quantities: list[Quantity]) -> bool:
    """Whether the figures may stand in one chart: at least two, one unit, all labelled."""
    if len(quantities) < 2 or any(
        q.value is None or q.value < 0 or not q.label for q in quantities
    ):
        return False
    return len({q.unit for q in quantities}) == 1 and max(q.value or 0 for q in quantities) > 0

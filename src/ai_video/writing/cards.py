"""What of a sentence belongs on a card: figures with their units, quotations, a heading."""

from __future__ import annotations

import re
from typing import Final

from ai_video.domain.entities import CardContent, Lang

_UNITS_ZH: Final = (
    "%|％|个百分点|万户|亿户|万块|万平方米|万亩|亿亩|亩|万颗|万只|万名|万家|块|万亿元|亿美元|亿元|万元|美元|欧元|元|亿吨|万吨|吨|千克|公斤|克|毫克|平方公里|平方千米|平方米|立方米|万公里|公里|千米|海里|厘米|毫米|微米|纳米|米|"
    "摄氏度|℃|度|亿千瓦时|万千瓦|千瓦时|千瓦|兆瓦|瓦|伏|赫兹|光年|万年|亿年|年|个月|周|天|小时|分钟|秒|毫秒|万人次|万人|亿人|人次|人|户|家|所|座|台|辆|艘|架|项|"
    "件|种|个|名|位|倍|岁|次|条|例|张|万|亿"
)
_FIGURE_ZH: Final = re.compile(
    rf"(?:约|近|超过?|至少|最高|零下|-)?[0-9０-９][0-9０-９,，]*(?:\.[0-9]+)?(?:至|到|—|-|~)?(?:[0-9]+(?:\.[0-9]+)?)?\s?(?:多|余)?(?:{_UNITS_ZH})"
    r"|百分之[零一二三四五六七八九十百点]+"
)
_FIGURE_EN: Final = re.compile(
    r"(?:[$€£¥]\s?)?(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:\s?(?:to|–|-)\s?\d[\d,]*(?:\.\d+)?)?\s?"
    r"(?:%|°C|°F|°|percent|per cent|degrees(?: Celsius| Fahrenheit)?|million|billion|trillion|thousand|kilometers?|kilometres?|km|meters?|metres?|"
    r"miles?|feet|inches|centimeters?|centimetres?|cm|mm|millimeters?|micrometers?|nanometers?|kilograms?|kg|grams?|tons?|tonnes?|liters?|litres?|"
    r"years?|months?|weeks?|days?|hours?|minutes?|seconds?|milliseconds?|light-years?|watts?|kilowatts?|megawatts?|volts?|hertz|people|species|times|"
    r"patients|participants|countries|dollars|euros|pounds)(?:\s(?:years?|dollars|people|tons?|tonnes?|kilometers?|kilometres?|miles|per \w+))?"
    r"|[$€£¥]\s?\d[\d,]*(?:\.\d+)?(?:\s(?:million|billion|trillion))?"
    # A large number of anything counted, which is no year: 200 suckers, 10,000 sensory cells.
    r"|(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|(?!(?:19|20)\d\d\b)\d{3,})\s(?:[a-z-]+\s)?"
    r"(?!(?:has|was|is|does|this|its|as|us|thus|always|plus|less|across)\b)[a-z-]{3,}s\b",
    re.IGNORECASE,
)
_QUOTE: Final = re.compile(r"[“\"「]([^“”\"「」]{6,160})[”\"」]")
_BY_ZH: Final = re.compile(
    r"([\u4e00-\u9fff·]{2,24}?)(?:表示|指出|认为|介绍|说道|说|称|告诉|强调|透露|解释|提醒)"
)
_BY_EN: Final = re.compile(
    r"(?:said|says|explained|added|told \w+)\s+((?:Dr\.? |Prof\.? |Professor )?[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3})"
    r"|((?:Dr\.? |Prof\.? |Professor )?[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3}),?[^,.“\"]{0,50},? (?:said|says|explained|explains|added|told)\b"
)
_LESS: Final = re.compile(
    r"^(?:此外|另外|例如|比如|同时|据了解|值得一提|其中|目前|也就是说|换句话说|当然|顺便|for example|for instance|in addition|also|besides|"
    r"meanwhile|of course|in other words|moreover|furthermore|incidentally)|（|\(",
    re.IGNORECASE,
)
_WEAK: Final = re.compile(
    r"^(?:(?:19|20)[0-9]{2}\s?年?|[0-9]{1,2}\s?(?:岁|个|名|位|次|条|项|件|家|人|年|天|月|years?|days?|months?|people|times)"
    r"(?: old)?)$"
)
_FIGURE_LIMIT: Final = 3


def figures_of(text: str, lang: Lang) -> tuple[str, ...]:
    """The figures of a text with their units, at most three."""
    pattern = _FIGURE_ZH if lang == "zh" else _FIGURE_EN
    found = [match[0].strip() for match in pattern.finditer(text)]
    found = [figure for figure in found if not _WEAK.match(figure)]
    return tuple(dict.fromkeys(found))[:_FIGURE_LIMIT]


def quote_of(text: str, lang: Lang) -> tuple[str | None, str | None]:
    """(quotation, who said it) of a sentence."""
    match = _QUOTE.search(text)
    if match is None:
        return None, None
    outside = f"{text[: match.start()]}{text[match.end() :]}"
    if lang == "zh":
        by = _BY_ZH.search(outside)
        return match[1], by[1].strip("，。 ") if by else None
    by = _BY_EN.search(outside)
    return match[1].rstrip(","), (by[1] or by[2]) if by else None


def card_of(
    text: str, *, headline: str | None, quoted: bool, context: str, lang: Lang
) -> CardContent | None:
    """The card of a spoken passage; None where it has nothing for one.

    `context` is the whole sentence, which may say who is quoted; `quoted` marks a block quotation.
    """
    quote, by = quote_of(text, lang)
    if quote and by is None:
        by = quote_of(context, lang)[1]
    if quoted and quote is None:
        quote = text[:160]
    figures = figures_of(text, lang)
    if headline is None and quote is None and not figures:
        return None
    return CardContent(headline=headline, figures=figures, quote=quote, quote_by=by)


def importance(sentence: str, *, place: int, position: int, paragraphs: int) -> float:
    """How much a film needs to hear a sentence: its place, its figures, whose words it holds.

    Args:
        sentence: the sentence.
        place: its index in its paragraph; position: the paragraph's index; paragraphs: how many.
    """
    weight = 3.0 if place == 0 else 1.0
    weight += 2.0 * (1 - position / max(paragraphs, 1))
    weight += 0.8 * bool(re.search(r"\d", sentence)) + 0.6 * bool(_QUOTE.search(sentence))
    if position == paragraphs - 1:
        weight += 0.7
    if _LESS.search(sentence):
        weight -= 1.2
    return round(weight, 4)

"""How numbers, dates, money, units and abbreviations are said in English.

`read_english` cuts a text into pieces and says for each what is read aloud; the pieces' texts put
together are the text again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ai_video.audio.readings import Reading, cut_by_rules

_SMALL: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = [
    "_",
    "_",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
_GROUPS: Final = ("", "thousand", "million", "billion", "trillion", "quadrillion")
_IRREGULAR: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH: Final = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
_LONGEST_NUMBER: Final = 18


def _below_thousand(number: int) -> str:
    words: list[str] = []
    if number >= 100:
        words += [_SMALL[number // 100], "hundred"]
        number %= 100
    if number >= 20:
        words.append(_TENS[number // 10])
        number %= 10
        if number:
            words.append(_SMALL[number])
    elif number or not words:
        words.append(_SMALL[number])
    return " ".join(words)


def integer_words(number: int) -> str:
    """A whole number below 10^18 in words: 1024 → one thousand twenty four."""
    if number < 0:
        return "minus " + integer_words(-number)
    if number == 0:
        return "zero"
    words: list[str] = []
    for group in range(len(_GROUPS) - 1, -1, -1):
        part = number // 1000**group % 1000
        if part:
            words.append(f"{_below_thousand(part)} {_GROUPS[group]}".strip())
    return " ".join(words)


def digit_words(digits: str, *, zero: str = "zero") -> str:
    """Digit by digit."""
    return " ".join(zero if d == "0" else _SMALL[int(d)] for d in digits if d.isdigit())


def number_words(digits: str) -> str:
    """A number as written (sign, commas, decimals) in words."""
    sign = "minus " if digits[:1] in "-−" else ""
    whole, _, decimals = digits.lstrip("+-−").replace(",", "").partition(".")
    if len(whole) > _LONGEST_NUMBER or (len(whole) > 1 and whole[0] == "0"):
        said = digit_words(whole)
    else:
        said = integer_words(int(whole or "0"))
    return sign + said + (f" point {digit_words(decimals)}" if decimals else "")


def ordinal_words(number: int) -> str:
    """21 → twenty first."""
    *front, last = integer_words(number).split()
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return " ".join([*front, last])


def year_words(year: int) -> str:
    """1984 → nineteen eighty four, 2005 → two thousand five, 1900 → nineteen hundred."""
    high, low = divmod(year, 100)
    if year % 1000 < 10 or not 1000 <= year <= 9999:
        return integer_words(year)
    if low == 0:
        return f"{integer_words(high)} hundred"
    return f"{integer_words(high)} {'oh ' if low < 10 else ''}{integer_words(low)}"


def plural(word: str) -> str:
    """nineteen eighty → nineteen eighties; six → sixes."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("x", "s")) else "s")


_UNITS: Final = {
    "km/h": "kilometers per hour", "mph": "miles per hour", "m/s²": "meters per second squared",
    "m/s": "meters per second", "kWh": "kilowatt hours", "mAh": "milliamp hours",
    "km²": "square kilometers", "m²": "square meters", "m³": "cubic meters", "km": "kilometers",
    "cm": "centimeters", "mm": "millimeters", "μm": "micrometers", "µm": "micrometers",
    "nm": "nanometers", "kg": "kilograms", "mg": "milligrams", "mL": "milliliters",
    "ml": "milliliters", "kW": "kilowatts", "MW": "megawatts", "GW": "gigawatts",
    "GHz": "gigahertz", "MHz": "megahertz", "kHz": "kilohertz", "Hz": "hertz",
    "TB": "terabytes", "GB": "gigabytes", "MB": "megabytes", "KB": "kilobytes", "kB": "kilobytes",
    "fps": "frames per second", "rpm": "revolutions per minute", "dB": "decibels",
    "lbs": "pounds", "lb": "pounds", "oz": "ounces", "ft": "feet", "min": "minutes",
    "ms": "milliseconds", "hrs": "hours", "m": "meters", "g": "grams", "s": "seconds",
    "h": "hours", "L": "liters", "V": "volts", "W": "watts", "yd": "yards", "px": "pixels",
    "ha": "hectares", "kPa": "kilopascals", "kcal": "kilocalories", "″": "inches",
}  # fmt: skip
_UNIT: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_ONE: Final = {"feet": "foot", "inches": "inch", "hertz": "hertz"}
_CURRENCY: Final = {
    "$": ("dollar", "dollars", "cents"), "US$": ("U.S. dollar", "U.S. dollars", "cents"),
    "€": ("euro", "euros", "cents"), "£": ("pound", "pounds", "pence"),
    "¥": ("yuan", "yuan", "fen"), "￥": ("yuan", "yuan", "fen"), "₩": ("won", "won", ""),
}  # fmt: skip
_SCALES: Final = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion",
                  "B": "billion", "T": "trillion"}  # fmt: skip
ABBREVIATIONS: Final = {
    "Mr.": "mister", "Mrs.": "missus", "Ms.": "miz", "Dr.": "doctor", "Prof.": "professor",
    "Jr.": "junior", "Sr.": "senior", "Gen.": "general", "Sen.": "senator", "Rep.": "representative",
    "Gov.": "governor", "Capt.": "captain", "Lt.": "lieutenant", "Sgt.": "sergeant",
    "Col.": "colonel", "Rev.": "reverend", "Mt.": "mount", "Ft.": "fort", "Ave.": "avenue",
    "Blvd.": "boulevard", "Rd.": "road", "vs.": "versus", "etc.": "et cetera", "e.g.": "for example",
    "i.e.": "that is", "approx.": "approximately", "dept.": "department", "est.": "established",
    "Inc.": "incorporated", "Ltd.": "limited", "Corp.": "corporation", "Co.": "company",
    "a.m.": "A M", "p.m.": "P M", "Ph.D.": "P H D", "INT.": "interior", "EXT.": "exterior",
    "w/": "with", "w/o": "without", "vs": "versus", "Mr": "mister", "Mrs": "missus",
    "Dr": "doctor", "No.": "number",
    **{f"{month[:3]}.": month for month in MONTHS if month != "May"}, "Sept.": "September",
}  # fmt: skip
_SYMBOLS: Final = {
    "&": "and", "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "±": "plus or minus",
    "<": "less than", ">": "greater than", "≤": "at most", "≥": "at least", "≈": "about",
    "≠": "does not equal", "%": "percent", "°": "degrees", "π": "pi", "√": "square root of",
    "∞": "infinity", "@": "at", "²": "squared", "³": "cubed", "α": "alpha", "β": "beta",
    "γ": "gamma", "δ": "delta", "Δ": "delta", "θ": "theta", "λ": "lambda", "μ": "mu", "σ": "sigma",
    "Σ": "sigma", "φ": "phi", "ω": "omega", "Ω": "omega", "№": "number", "€": "euros", "£": "pounds",
    "$": "dollars", "½": "one half", "¼": "one quarter", "¾": "three quarters", "™": "", "©": "",
}  # fmt: skip
_ROMAN: Final = {"I": 1, "V": 5, "X": 10, "L": 50}
_PARTS: Final = {2: "half", 3: "third", 4: "quarter"}


def _month_name(text: str) -> str:
    return next(month for month in MONTHS if month.startswith(text[:3]))


def _written_date(match: re.Match[str]) -> Reading:
    year = f" {year_words(int(match['y']))}" if match["y"] else ""
    return Reading(match[0], f"{_month_name(match['mo'])} {ordinal_words(int(match['d']))}{year}")


def _numeric_date(match: re.Match[str]) -> Reading:
    month = MONTHS[int(match["mo"]) - 1]
    said = f"{month} {ordinal_words(int(match['d']))} {year_words(int(match['y']))}"
    return Reading(match[0], said)


def _clock(match: re.Match[str]) -> Reading:
    hour, minute = int(match["h"]), int(match["mi"])
    if minute:
        said = f"{integer_words(hour)} {'oh ' if minute < 10 else ''}{integer_words(minute)}"
    else:
        said = integer_words(hour) + ("" if match["half"] or hour > 12 else " o'clock")
    if match["s"]:
        said += f" and {integer_words(int(match['s']))} seconds"
    half = (match["half"] or "").replace(".", "").upper()
    return Reading(match[0], f"{said} {' '.join(half)}".strip())


def _hour(match: re.Match[str]) -> Reading:
    half = " ".join(match["half"].replace(".", "").upper())
    return Reading(match[0], f"{integer_words(int(match['h']))} {half}")


def _money(match: re.Match[str]) -> Reading:
    one, many, parts = _CURRENCY[match["c"]]
    number, scale = match["n"], match["scale"]
    if scale:
        scale = _SCALES.get(scale, scale)
        return Reading(match[0], f"{number_words(number)} {scale} {many}")
    whole, _, cents = number.partition(".")
    said = f"{number_words(whole)} {one if whole == '1' else many}"
    if len(cents) == 2 and int(cents) and parts:
        return Reading(match[0], f"{said} and {integer_words(int(cents))} {parts}")
    if cents and int(cents):
        said = f"{number_words(number)} {many}"
    return Reading(match[0], said)


def _percent(match: re.Match[str]) -> Reading:
    high = f" to {number_words(match['n2'])}" if match["n2"] else ""
    return Reading(
        match[0], f"{(match['neg'] and 'minus ') or ''}{number_words(match['n'])}{high} percent"
    )


def _degrees(match: re.Match[str]) -> Reading:
    scale = {"C": " celsius", "℃": " celsius", "F": " fahrenheit", "℉": " fahrenheit"}
    said = f"{'minus ' if match['neg'] else ''}{number_words(match['n'])} degrees"
    return Reading(match[0], said + scale.get(match["u"][-1], ""))


def _measured(match: re.Match[str]) -> Reading:
    high = f" to {number_words(match['n2'])}" if match["n2"] else ""
    unit = _UNITS[match["u"]]
    if match["n"] == "1" and not high and " " not in unit:
        unit = _ONE.get(unit, unit.removesuffix("s"))
    return Reading(
        match[0], f"{'minus ' if match['neg'] else ''}{number_words(match['n'])}{high} {unit}"
    )


def _ordinal(match: re.Match[str]) -> Reading:
    return Reading(match[0], ordinal_words(int(match["n"].replace(",", ""))))


def _decade(match: re.Match[str]) -> Reading:
    digits = match["n"]
    said = year_words(int(digits)) if len(digits) == 4 else integer_words(int(digits))
    *front, last = said.split()
    return Reading(match[0], " ".join([*front, plural(last)]))


def _year(match: re.Match[str]) -> Reading:
    return Reading(match[0], year_words(int(match[0])))


def _year_span(match: re.Match[str]) -> Reading:
    second = match["y2"]
    said = year_words(int(second)) if len(second) == 4 else integer_words(int(second))
    return Reading(match[0], f"{year_words(int(match['y1']))} to {said}")


def _fraction(match: re.Match[str]) -> Reading:
    above, below = int(match["n"]), int(match["n2"])
    if below == 0 or below > 20 or above >= below:
        return Reading(match[0], f"{integer_words(above)} slash {integer_words(below)}")
    part = _PARTS.get(below) or ordinal_words(below)
    if above > 1:
        part = "halves" if part == "half" else part + "s"
    return Reading(match[0], f"{integer_words(above)} {part}")


def _range(match: re.Match[str]) -> Reading:
    return Reading(match[0], f"{number_words(match['n'])} to {number_words(match['n2'])}")


def _digits(match: re.Match[str]) -> Reading:
    groups = re.findall(r"\d+", match[0])
    return Reading(match[0], ", ".join(digit_words(group, zero="oh") for group in groups))


def _attached(match: re.Match[str]) -> Reading:
    """Digits that belong to letters: A380 → three eighty, GPT4 → four, H2O → two."""
    digits = match[0]
    if len(digits) == 3 and digits[1] != "0" and digits[0] != "0":
        return Reading(digits, f"{_SMALL[int(digits[0])]} {integer_words(int(digits[1:]))}")
    if len(digits) <= 2 and digits[0] != "0":
        return Reading(digits, integer_words(int(digits)))
    return Reading(digits, digit_words(digits))


def _version(match: re.Match[str]) -> Reading:
    return Reading(match[0], " point ".join(number_words(part) for part in match[0].split(".")))


def _signed(match: re.Match[str]) -> Reading:
    return Reading(match[0], number_words(match[0]))


def _roman(match: re.Match[str]) -> Reading:
    values = [_ROMAN[char] for char in match["r"]]
    total = sum(
        -value if any(later > value for later in values[at + 1 :]) else value
        for at, value in enumerate(values)
    )
    counted = match["before"].strip() in ("Chapter", "Part", "Act", "Scene", "War", "Type", "Phase",
                                          "Volume", "Book", "Episode", "Apollo", "Section", "Class")  # fmt: skip
    said = integer_words(total) if counted else "the " + ordinal_words(total)
    return Reading(match[0], f"{match['before']}{said}")


def _abbreviation(match: re.Match[str]) -> Reading:
    return Reading(match[0], ABBREVIATIONS[match[0]])


def _saint_or_street(match: re.Match[str]) -> Reading:
    return Reading(match[0], "saint" if match["name"] else "street")


def _letters(match: re.Match[str]) -> Reading:
    return Reading(match[0], " ".join(re.findall(r"[A-Za-z]", match[0])).upper())


def _address(match: re.Match[str]) -> Reading:
    said = re.sub(r"^[a-z]+://|[/?#].*$", "", match[0], flags=re.IGNORECASE)
    said = re.sub(r"^www\.", "W W W.", said)
    for sign, word in ((".", " dot "), ("@", " at "), ("-", " dash "), ("_", " underscore ")):
        said = said.replace(sign, word)
    return Reading(match[0], said)


def _symbol(match: re.Match[str]) -> Reading:
    return Reading(match[0], _SYMBOLS[match[0]])


def _minus(match: re.Match[str]) -> Reading:
    return Reading(match[0], "minus")


def _numero(match: re.Match[str]) -> Reading:
    return Reading(match[0], "number")


def _power(match: re.Match[str]) -> Reading:
    power = int(match["p"])
    said = {2: "squared", 3: "cubed"}.get(power) or f"to the {ordinal_words(power)}"
    return Reading(match[0], said)


_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_N: Final = rf"(?P<n>{_NUMBER})"
_N2: Final = rf"(?P<n2>{_NUMBER})"
_NEG: Final = r"(?P<neg>(?<![0-9A-Za-z])[-−])?"
_ABBREVIATED: Final = "|".join(sorted(map(re.escape, ABBREVIATIONS), key=len, reverse=True))
_RULES: Final[tuple[tuple[str, Callable[[re.Match[str]], Reading]], ...]] = (
    (r"(?:https?|ftp)://[^\s,;!)\]\"”]+[^\s.,;!?)\]\"”]", _address),
    (r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _address),
    (r"(?<![\w.@])www\.[\w-]+(?:\.[\w-]+)+", _address),
    (rf"(?P<mo>{_MONTH})\.? (?P<d>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)?(?!\d|[:.]\d)"
     r"(?:,? (?P<y>[12]\d{3})(?!\d))?", _written_date),
    (r"(?<!\d)(?P<y>\d{4})(?P<sep>[-/])(?P<mo>0?[1-9]|1[0-2])(?P=sep)(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)",
     _numeric_date),
    (r"(?<![\d/])(?P<mo>0?[1-9]|1[0-2])/(?P<d>3[01]|[12]\d|0?[1-9])/(?P<y>[12]\d{3})(?!\d)",
     _numeric_date),
    (r"(?<![\d:])(?P<h>[01]?\d|2[0-3]):(?P<mi>[0-5]\d)(?::(?P<s>[0-5]\d))?"
     r"(?: ?(?P<half>[ap]\.m\.|[ap]m|[AP]M)(?![A-Za-z]))?(?![\d:])", _clock),
    (r"(?<![\d:])(?P<h>1[0-2]|[1-9]) ?(?P<half>[ap]\.m\.|[ap]m|[AP]M)(?![A-Za-z])",
     _hour),
    (r"(?<![\d-])(?:\+?\d{1,2}[- ])?\(?\d{3}\)?[- ]\d{3}-\d{4}(?!\d)|(?<![\d-])\d{3}-\d{4}(?![\d-])",
     _digits),
    (rf"(?P<c>US\$|[$€£¥￥₩]){_N}(?: ?(?P<scale>thousand|million|billion|trillion|bn|[kKMBT])"
     r"(?![A-Za-z]))?", _money),
    (rf"{_NEG}{_N}(?: ?[-–—] ?{_N2})? ?(?:%|percent(?![a-z]))", _percent),
    (rf"{_NEG}{_N} ?(?P<u>℃|℉|° ?[CF](?![A-Za-z])|°)", _degrees),
    (r"(?<![\d.,])(?P<n>[12]\d\d0|[1-9]0)['’]?s(?![A-Za-z])", _decade),
    (r"(?<=['’])(?P<n>[1-9]0)s(?![A-Za-z])", _decade),
    (r"(?P<n>\d{1,3}(?:,?\d{3})*)(?:st|nd|rd|th)(?![A-Za-z])", _ordinal),
    (r"(?<=[\dA-Za-z)])\^(?P<p>\d{1,2})", _power),
    (r"(?<=[\d)] )[-−](?= [\d(])", _minus),
    (r"#(?=\d)", _numero),
    (rf"{_NEG}{_N}(?: ?[-–—] ?{_N2})? ?(?P<u>{_UNIT})(?![A-Za-z0-9])(?!['’])", _measured),
    (r"(?<![\d.,$/-])(?P<y1>1[1-9]\d\d|20\d\d)[-–—](?P<y2>1[1-9]\d\d|20\d\d|\d\d)(?![\d,])", _year_span),
    (r"(?<![\d.,$/#-])(?:1[1-9]\d\d|20\d\d)(?![\d,]\d|\d|\.\d|/|-\d| (?:people|times|miles|meters|"
     r"kilometers|feet|years|dollars|men|women|children|workers|pages|words|million|degrees))", _year),
    (r"(?<![\d/])(?P<n>\d{1,2})/(?P<n2>\d{1,2})(?![\d/])", _fraction),
    (r"(?<![\d.])\d+(?:\.\d+){2,}(?![\d.])", _version),
    (r"(?<=[A-Za-z])\d+|(?<=[A-Za-z]-)\d+(?![\d.])|(?<![\d.,])\d{1,4}(?=[A-Za-z])", _attached),
    (rf"(?<![\d-]){_N}[-–—~]{_N2}(?![\d-])", _range),
    (r"(?P<before>\b(?:[A-Z][a-z]+) )(?P<r>X{0,3}(?:IX|IV|V?I{2,3}|VI{0,3})|X{2,3})\b(?!['’])", _roman),
    (rf"(?<![A-Za-z.])(?:{_ABBREVIATED})(?![A-Za-z])", _abbreviation),
    (r"(?<![A-Za-z])St\.(?= (?P<name>[A-Z]))?", _saint_or_street),
    (r"(?<![A-Za-z.])(?:[A-Za-z]\.){2,}", _letters),
    (rf"(?<![\w)])[-−]{_NUMBER}", _signed),
    (_NUMBER, _signed),
    (rf"[{re.escape(''.join(_SYMBOLS))}]", _symbol),
)  # fmt: skip
_PATTERNS: Final = tuple((re.compile(pattern), say) for pattern, say in _RULES)


def read_english(text: str) -> list[Reading]:
    """Cut a line into pieces with what is said for each; plain text is said as it stands."""
    return cut_by_rules(text, _PATTERNS)

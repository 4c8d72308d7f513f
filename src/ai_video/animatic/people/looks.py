"""What a character looks like: read from the appearance words, the rest dealt by name and words.

Whatever the words leave open comes from a digest of the name and the whole appearance text, so
one character looks the same in every shot and any change of the text shows.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np

from ai_video.animatic.colors import Color, mix, rgb, shifted
from ai_video.domain.ports import Figure

Gender = Literal["male", "female"]
Age = Literal["child", "young", "adult", "old"]

_COLORS: dict[str, Color] = {
    name: rgb(code)
    for name, code in {
        "red": "#c8392f", "maroon": "#7d2433", "pink": "#ec9db2", "orange": "#e08234",
        "yellow": "#e9c646", "gold": "#dcb25a", "green": "#4f9355", "darkgreen": "#3f5a40",
        "teal": "#2f9490", "blue": "#3f76bd", "navy": "#253a66", "purple": "#7d56a5",
        "brown": "#7d5537", "beige": "#d8c29c", "grey": "#80868d", "silver": "#bcc3ca",
        "white": "#f0efea", "black": "#2a2c32",
    }.items()
}  # fmt: skip

_HAIR_COLORS = {
    "black": "#23201f", "brown": "#5b3a26", "gold": "#d9b066", "yellow": "#d9b066",
    "white": "#e4e4e2", "silver": "#c3c9cf", "grey": "#8d9196", "red": "#a8402a",
    "orange": "#c46a2e",
}  # fmt: skip

_TOP_COLORS = (
    "#b5483f", "#3f6ea8", "#4f8a5b", "#d2963a", "#7a5896", "#2f7f86", "#c4687e", "#5b6675",
    "#8a5a3c", "#cfc3a8", "#35496b", "#6f7f3f", "#a23f5e", "#4c93b5",
)  # fmt: skip
_ACCENTS = (
    "#e8c24a", "#d9534a", "#4fb3a5", "#f0efe6", "#7fb2e8", "#e58ab0", "#97c25a", "#f09a4a",
    "#b08be0", "#2f3440",
)  # fmt: skip
_SKINS = ("#f3cfae", "#efc39b", "#f6d8bd", "#e6b68c", "#ecc7a3")

_HAIR_OF: dict[Gender, tuple[str, ...]] = {
    "male": ("short", "parted", "crew", "spiky", "curly", "slick"),
    "female": ("long", "bob", "ponytail", "bun", "wavy", "parted_long", "braid", "pixie"),
}
_TOP_OF: dict[Gender, tuple[str, ...]] = {
    "male": ("shirt", "jacket", "sweater", "tshirt", "hoodie", "coat", "vest"),
    "female": ("shirt", "dress", "sweater", "jacket", "coat", "tshirt", "hoodie"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a figure is drawn."""

    gender: Gender
    age: Age
    skin: Color
    hair: str
    hair_color: Color
    bangs: int
    top: str
    top_color: Color
    bottom: str
    bottom_color: Color
    accent: Color
    pattern: str
    extras: frozenset[str]
    eye_color: Color
    face_width: float
    brow: float
    eye_size: float
    build: float
    trim: int

    def has(self, extra: str) -> bool:
        return extra in self.extras


@cache
def _lexicon() -> dict[str, list[tuple[str, str]]]:
    """Per group all (word, meaning), longest words first."""
    text = resources.files("ai_video.animatic.people").joinpath("words.toml").read_text("utf-8")
    return {
        group: sorted(
            ((word, meaning) for meaning, words in entries.items() for word in words),
            key=lambda pair: (-len(pair[0]), pair),
        )
        for group, entries in tomllib.loads(text).items()
    }


@dataclass(frozen=True, slots=True)
class _Found:
    meaning: str
    start: int
    end: int


def _finds(group: str, text: str) -> list[_Found]:
    """Mentions of a group's words, in the order of the text; longer words hide shorter ones."""
    taken = [False] * len(text)
    found: list[_Found] = []
    for word, meaning in _lexicon()[group]:
        pattern = rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)
        for match in re.finditer(pattern, text):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                found.append(_Found(meaning, start, end))
    return sorted(found, key=lambda mention: mention.start)


def look_of(figure: Figure) -> Look:
    """The look of a character, from its words and its digest."""
    text = figure.appearance.lower()[:2000]
    whole = f"{figure.name}|{figure.appearance}|{figure.gender}|{figure.age}"
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    about = f"{text} {figure.name.lower()[:60]}"
    gender = figure.gender or _gender(about) or ("male" if rng.random() < 0.5 else "female")
    age = figure.age or _age(about) or "adult"
    extras = {mention.meaning for mention in _finds("extra", text)}
    if "机器人" in about or "robot" in about:
        extras.add("robot")
    hair, hair_color = _hair(text, gender, age, rng)
    top, top_color = _clothes(text, gender, age, rng)
    bottom, bottom_color = _legs(text, top, top_color, rng)
    if age == "old" and rng.random() < 0.3 and gender == "male" and "beard" not in extras:
        extras.add("moustache")
    if not extras & {"glasses", "sunglasses"} and rng.random() < (0.3 if age == "old" else 0.12):
        extras.add("glasses")
    stout, slim = "stout" in extras, "slim" in extras
    return Look(
        gender, age, _skin(extras, rng), hair, hair_color, int(rng.integers(4)), top, top_color,
        bottom, bottom_color, rgb(_ACCENTS[int(rng.integers(len(_ACCENTS)))]),
        ("plain", "plain", "stripes", "band", "dots", "check")[int(rng.integers(6))],
        frozenset(extras),
        mix(rgb("#4a2f1f"), rgb(("#3b2a20", "#5b4a2a", "#3a4a5a")[int(rng.integers(3))]), 0.6),
        float(rng.uniform(0.94, 1.06)), float(rng.uniform(-1, 1)), float(rng.uniform(0.9, 1.12)),
        (1.22 if stout else 0.9 if slim else float(rng.uniform(0.95, 1.06))),
        int(rng.integers(4)),
    )  # fmt: skip


def _gender(text: str) -> Gender | None:
    found = _finds("gender", text)
    if not found:
        return None
    return "female" if found[0].meaning == "female" else "male"


def _age(text: str) -> Age | None:
    years = re.search(r"(\d{1,3})\s*(?:岁|years?|-year)", text)
    if years is not None:
        count = int(years.group(1))
        return (
            "child" if count < 13 else "young" if count < 28 else "adult" if count < 60 else "old"
        )
    for mention in _finds("age", text):
        for age in ("child", "old", "young", "adult"):
            if mention.meaning == age:
                return age
    return None


def _color_before(text: str, place: _Found) -> str | None:
    """The colour word that belongs to a mention: the last one before it in the same phrase."""
    begin = max((text.rfind(mark, 0, place.start) for mark in ",，、。;；.!|\n"), default=-1) + 1
    for joint in ("和", " and ", " with "):
        begin = max(
            begin,
            text.rfind(joint, 0, place.start) + len(joint) if joint in text[: place.start] else 0,
        )
    colors = [c for c in _finds("color", text[: place.end]) if begin <= c.start < place.end]
    return colors[-1].meaning if colors else None


_HAIR_WORD = re.compile(r"头发|发|辫|马尾|hair|haired|ponytail|braids?|bun|curls|bob")


def _hair(text: str, gender: Gender, age: Age, rng: np.random.Generator) -> tuple[str, Color]:
    styles = [
        mention.meaning for mention in _finds("hair", text)
        if mention.meaning not in {"long", "short"} or "hair" in text or not text[mention.start].isascii()
    ]  # fmt: skip
    dealt = _HAIR_OF[gender][int(rng.integers(len(_HAIR_OF[gender])))]
    tone = rng.random()
    style = dealt
    if styles:
        style = styles[0]
        length = "long" if "long" in styles else "short" if "short" in styles else ""
        if style == "long" and len(styles) > 1:
            style = styles[1]
        if style in {"short", "parted"} and gender == "female":
            style = "bob" if rng.random() < 0.5 else "pixie"
        if style == "curly" and (length == "long" or gender == "female"):
            style = "wavy"
        if style == "parted" and length == "long":
            style = "parted_long"
    elif age == "old":
        style = ("slick", "balding", "short")[int(tone * 3)] if gender == "male" else "bun"
    color = _said_hair_color(text)
    if color is not None:
        return style, color
    if age == "old":
        return style, mix(rgb("#8d9196"), rgb("#e8e8e6"), tone)
    shades = ("#1f1c1d", "#2b2423", "#3a2a22", "#54382a")
    return style, rgb(shades[int(tone * len(shades))])


def _said_hair_color(text: str) -> Color | None:
    if re.search(r"花白|斑白|灰白|白发|鹤发|white hair|grey hair|gray hair", text):
        return rgb("#d3d5d6")
    for match in _HAIR_WORD.finditer(text):
        name = _color_before(text, _Found("hair", match.start(), match.end()))
        if name is not None:
            return rgb(_HAIR_COLORS[name]) if name in _HAIR_COLORS else _COLORS[name]
        after = text[match.end() : match.end() + 5]
        names = [c.meaning for c in _finds("color", after)]
        if names and after[:1] not in {",", "，", "、", "。"}:
            return rgb(_HAIR_COLORS[names[0]]) if names[0] in _HAIR_COLORS else _COLORS[names[0]]
    return None


def _clothes(text: str, gender: Gender, age: Age, rng: np.random.Generator) -> tuple[str, Color]:
    found = _finds("top", text)
    dealt = _TOP_OF[gender][int(rng.integers(len(_TOP_OF[gender])))]
    base = rgb(_TOP_COLORS[int(rng.integers(len(_TOP_COLORS)))])
    base = shifted(base, hue=rng.uniform(-0.02, 0.02), value=rng.uniform(0.92, 1.08))
    if not found:
        if "apron" in text or "围裙" in text:
            dealt = "shirt"
        plain = [c.meaning for c in _finds("color", text)]
        worn = re.search(r"衣|服|穿|wear|dressed|in ", text)
        color = _nudged(_COLORS[plain[-1]], rng) if plain and worn else base
        return (dealt if age != "child" or dealt != "suit" else "tshirt"), color
    first = next((f for f in found if f.meaning in {"coat", "labcoat", "armor", "robe"}), found[0])
    name = _color_before(text, first)
    if name is None and first.meaning in _DEFAULT_TOPS:
        return first.meaning, _nudged(rgb(_DEFAULT_TOPS[first.meaning]), rng)
    return first.meaning, _nudged(_COLORS[name], rng) if name else base


_DEFAULT_TOPS = {
    "labcoat": "#f2f4f4", "suit": "#2f3645", "school": "#2d4f86", "uniform": "#2b3d5c",
    "armor": "#9aa3ad", "spacesuit": "#e9ecef", "scrubs": "#6fb3b8", "overalls": "#45648f",
}  # fmt: skip


def _nudged(color: Color, rng: np.random.Generator) -> Color:
    """A said colour with a small shade of its own, so that a changed text shows."""
    return shifted(color, hue=rng.uniform(-0.012, 0.012), value=rng.uniform(0.93, 1.06))


def _legs(text: str, top: str, top_color: Color, rng: np.random.Generator) -> tuple[str, Color]:
    found = _finds("bottom", text)
    dealt = rgb(
        ("#3a4254", "#4f4a45", "#2f3a4a", "#6b6255", "#454b52", "#5a4638")[int(rng.integers(6))]
    )
    if found:
        name = _color_before(text, found[0])
        jeans = rgb("#46648f")
        color = (
            _nudged(_COLORS[name], rng) if name else jeans if found[0].meaning == "jeans" else dealt
        )
        return found[0].meaning, color
    if top in {"dress", "qipao", "robe", "spacesuit", "armor", "overalls", "scrubs", "tracksuit"}:
        return "same", top_color
    if top in {"suit", "uniform", "school"}:
        return "trousers", mix(top_color, (0.1, 0.1, 0.14), 0.18)
    return "trousers", dealt


def _skin(extras: set[str], rng: np.random.Generator) -> Color:
    base = rgb(_SKINS[int(rng.integers(len(_SKINS)))])
    if "robot" in extras:
        return rgb("#b9c4ce")
    if "darkskin" in extras:
        return mix(rgb("#a9714a"), rgb("#7d4f33"), rng.random())
    if "paleskin" in extras:
        return rgb("#f7e2d2")
    return base

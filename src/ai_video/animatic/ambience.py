"""The light of a shot: sky, tint and contrast from time of day, weather, light, mood and palette."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ai_video.animatic.colors import WHITE, Color, mix, rgb, times
from ai_video.domain.slots import Light, Mood, Slots, TimeOfDay, Weather


@dataclass(frozen=True, slots=True)
class Ambience:
    """Everything that colours a scene; shares are 0..1.

    `tint` multiplies what is lit by the sky, `lamps` is how much artificial light is on, `haze`
    colours the distance, `warmth` runs from -1 (cold) to 1 (warm).
    """

    sky: tuple[Color, Color, Color]
    tint: Color
    sun: Color
    sun_place: tuple[float, float] | None
    haze: Color
    lamps: float
    night: float
    clouds: float
    saturation: float = 1.0
    contrast: float = 1.0
    warmth: float = 0.0
    vignette: float = 0.2
    exposure: float = 1.0
    rim: float = 0.25
    silhouette: float = 0.0
    grain: float = 0.0
    weather: frozenset[Weather] = frozenset()
    light: frozenset[Light] = frozenset()

    @property
    def wet(self) -> bool:
        return bool(self.weather & {"rain", "storm"})

    @property
    def snowy(self) -> bool:
        return bool(self.weather & {"snow", "blizzard"})

    @property
    def windy(self) -> float:
        gusty = self.weather & {"wind", "storm", "blizzard", "sandstorm"}
        return 1.0 if gusty else 0.28


def _hour(
    top: str, middle: str, low: str, tint: Color, sun: str, place: tuple[float, float] | None,
    haze: str, lamps: float, night: float,
) -> Ambience:  # fmt: skip
    return Ambience(
        (rgb(top), rgb(middle), rgb(low)), tint, rgb(sun), place, rgb(haze), lamps, night, 0.5
    )


_HOURS: dict[TimeOfDay, Ambience] = {
    "dawn": _hour("#415a8f", "#c48fa2", "#fbcfa6", (0.86, 0.80, 0.90), "#ffe0b0", (0.70, 0.50),
                  "#d9a9a8", 0.5, 0.25),
    "morning": _hour("#5fa8de", "#a8d6ef", "#fbeed2", (1.0, 0.97, 0.92), "#fff4d0", (0.76, 0.26),
                     "#d5e3e6", 0.0, 0.0),
    "day": _hour("#3a8cd8", "#7fbfec", "#d8eef8", (1.0, 1.0, 1.0), "#fffbe8", (0.78, 0.16),
                 "#cfe4ee", 0.0, 0.0),
    "noon": _hour("#2f86dc", "#79bdf0", "#dff2fb", (1.04, 1.03, 1.0), "#ffffff", (0.55, 0.08),
                  "#d6eaf2", 0.0, 0.0),
    "afternoon": _hour("#4f98d4", "#a7cfe6", "#fae3bd", (1.0, 0.95, 0.87), "#ffeec0", (0.25, 0.26),
                       "#e2d8c4", 0.0, 0.0),
    "golden_hour": _hour("#4c64a6", "#ee9366", "#ffd988", (1.0, 0.83, 0.66), "#ffe2a0",
                         (0.30, 0.47), "#f2b27c", 0.35, 0.05),
    "dusk": _hour("#28336c", "#82568f", "#f0957c", (0.68, 0.62, 0.84), "#ffb489", (0.24, 0.56),
                  "#8b6a96", 0.85, 0.45),
    "night": _hour("#081130", "#13255a", "#2c4a86", (0.40, 0.48, 0.76), "#e8eefc", (0.76, 0.17),
                   "#22386c", 1.0, 1.0),
}  # fmt: skip

_MOODS: dict[Mood, dict[str, float]] = {
    "melancholy": {"saturation": 0.72, "warmth": -0.35, "exposure": 0.94, "vignette": 0.1},
    "sad": {"saturation": 0.66, "warmth": -0.4, "exposure": 0.92, "vignette": 0.1},
    "joyful": {"saturation": 1.2, "warmth": 0.15, "exposure": 1.06},
    "tense": {"contrast": 1.2, "saturation": 0.85, "warmth": -0.15, "vignette": 0.2},
    "eerie": {"saturation": 0.62, "warmth": -0.45, "exposure": 0.84, "vignette": 0.25},
    "romantic": {"saturation": 1.08, "warmth": 0.35, "exposure": 1.03},
    "lonely": {"saturation": 0.74, "warmth": -0.35, "vignette": 0.15},
    "peaceful": {"contrast": 0.94, "saturation": 0.96, "exposure": 1.03},
    "angry": {"contrast": 1.22, "warmth": 0.3, "saturation": 1.1, "vignette": 0.15},
    "hopeful": {"warmth": 0.22, "exposure": 1.07, "saturation": 1.08},
    "mysterious": {"warmth": -0.25, "exposure": 0.88, "contrast": 1.12, "vignette": 0.22},
    "epic": {"contrast": 1.18, "saturation": 1.12, "vignette": 0.12},
    "cozy": {"warmth": 0.4, "saturation": 1.05, "contrast": 0.97},
    "oppressive": {"saturation": 0.6, "exposure": 0.82, "contrast": 1.12, "vignette": 0.25},
    "nostalgic": {"saturation": 0.7, "warmth": 0.38, "contrast": 0.9},
    "humorous": {"saturation": 1.15, "exposure": 1.05},
    "solemn": {"saturation": 0.76, "contrast": 1.08, "vignette": 0.12},
    "energetic": {"saturation": 1.22, "contrast": 1.15},
}

_LIGHTS: dict[Light, dict[str, float]] = {
    "soft": {"contrast": 0.94},
    "hard": {"contrast": 1.16},
    "backlight": {"rim": 0.7, "silhouette": 0.35},
    "rim": {"rim": 0.9},
    "silhouette": {"rim": 0.6, "silhouette": 0.88},
    "low_key": {"exposure": 0.74, "contrast": 1.18, "vignette": 0.3},
    "high_key": {"exposure": 1.14, "contrast": 0.9},
    "neon": {"contrast": 1.12, "saturation": 1.15, "rim": 0.5},
    "candlelight": {"warmth": 0.5, "exposure": 0.86, "vignette": 0.3},
    "firelight": {"warmth": 0.55, "exposure": 0.86, "vignette": 0.28, "rim": 0.3},
    "moonlight": {"warmth": -0.4, "rim": 0.4},
    "sunlight": {"warmth": 0.15, "exposure": 1.05},
    "volumetric": {"contrast": 1.04},
    "practical": {"warmth": 0.15},
}

_ADDED = {"warmth", "vignette", "rim"}
_LEVELS = {"low": 0.62, "normal": 1.0, "high": 1.3}


def ambience_of(slots: Slots) -> Ambience:
    """The light that the slots speak of."""
    base = _HOURS[_time(slots)]
    base = _weathered(base, frozenset(slots.weather))
    for change in (*(_MOODS[mood] for mood in slots.mood), *(_LIGHTS[way] for way in slots.light)):
        base = _changed(base, change)
    palette = slots.palette
    warmth = {"cold": -0.5, "warm": 0.5, "neutral": 0.0}
    if palette.temperature is not None:
        base = _changed(base, {"warmth": warmth[palette.temperature]})
    if palette.saturation is not None:
        base = _changed(base, {"saturation": _LEVELS[palette.saturation]})
    if palette.contrast is not None:
        base = _changed(base, {"contrast": 1.0 + (_LEVELS[palette.contrast] - 1.0) * 0.6})
    lit = {"candlelight", "firelight", "practical", "neon"} & set(slots.light)
    lamps = max(base.lamps, 0.8) if lit else base.lamps
    return replace(base, light=frozenset(slots.light), lamps=lamps)


def _time(slots: Slots) -> TimeOfDay:
    if slots.time_of_day is not None:
        return slots.time_of_day
    if {"moonlight", "neon", "candlelight", "firelight"} & set(slots.light):
        return "night"
    if {"eerie", "oppressive"} & set(slots.mood):
        return "dusk"
    return "day"


def _weathered(base: Ambience, weather: frozenset[Weather]) -> Ambience:
    grey: Color = rgb("#9aa6b2")
    clouds = 0.5
    if "clear" in weather:
        clouds = 0.15
    if weather & {"overcast", "rain", "snow", "fog", "storm", "blizzard"}:
        level = 1.0 - 0.66 * base.night
        grey = (grey[0] * level, grey[1] * level, grey[2] * level * (1 + 0.2 * base.night))
        dark = 0.62 if weather & {"storm"} else 0.85 if "rain" in weather else 1.0
        grey = (grey[0] * dark, grey[1] * dark, grey[2] * dark)
        top, middle, low = (mix(color, grey, 0.72) for color in base.sky)
        tint = times(
            mix(base.tint, (0.9, 0.94, 1.0), 0.5), mix((0.07, 0.07, 0.07), (1.0, 1.0, 1.0), dark)
        )
        if weather & {"snow", "blizzard"}:
            low = mix(low, WHITE, 0.35 * (1 - base.night))
        base = replace(
            base, sky=(top, middle, mix(low, WHITE, 0.12 * (1 - base.night))), tint=tint,
            haze=mix(base.haze, grey, 0.6), sun_place=None,
        )  # fmt: skip
        clouds = 1.0
    if "sandstorm" in weather:
        sand = mix(rgb("#c99a5a"), (0.1, 0.07, 0.05), base.night * 0.7)
        top, middle, low = (mix(color, sand, 0.75) for color in base.sky)
        base = replace(
            base, sky=(top, middle, low), haze=sand, tint=times(base.tint, (1.0, 0.85, 0.66)),
            sun_place=None,
        )  # fmt: skip
    return replace(base, weather=weather, clouds=clouds)


def _changed(base: Ambience, change: dict[str, float]) -> Ambience:
    values = {
        name: getattr(base, name) + amount if name in _ADDED
        else max(getattr(base, name), amount) if name == "silhouette"
        else getattr(base, name) * amount
        for name, amount in change.items()
    }  # fmt: skip
    return replace(base, **values)

"""The closed vocabulary of a shot's slots: what a text may say about a picture.

A slot that the text does not speak of stays null or empty. The words that mean these values, in
Chinese and English, are data of `filmwords`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

ShotSize = Literal[
    "extreme_close_up", "close_up", "medium_close_up", "medium",
    "medium_full", "full", "wide", "extreme_wide",
]  # fmt: skip
Angle = Literal[
    "eye_level", "low", "high", "overhead", "dutch", "over_shoulder", "pov", "profile", "back"
]
Movement = Literal[
    "static", "push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down",
    "track_left", "track_right", "follow", "orbit", "crane_up", "crane_down", "handheld",
    "zoom_in", "zoom_out", "rack_focus", "aerial", "whip_pan",
]  # fmt: skip
TimeOfDay = Literal["dawn", "morning", "noon", "afternoon", "golden_hour", "dusk", "night", "day"]
Weather = Literal[
    "clear", "overcast", "rain", "storm", "snow", "blizzard", "fog", "wind", "sandstorm"
]
Light = Literal[
    "soft", "hard", "backlight", "rim", "silhouette", "low_key", "high_key", "neon",
    "candlelight", "firelight", "moonlight", "sunlight", "volumetric", "practical",
]  # fmt: skip
Mood = Literal[
    "melancholy", "sad", "joyful", "tense", "eerie", "romantic", "lonely", "peaceful", "angry",
    "hopeful", "mysterious", "epic", "cozy", "oppressive", "nostalgic", "humorous", "solemn",
    "energetic",
]  # fmt: skip
Style = Literal[
    "cinematic", "photorealistic", "anime", "ink_wash", "watercolor", "oil_painting", "sketch",
    "comic", "pixel_art", "render_3d", "claymation", "paper_cut", "cyberpunk", "steampunk",
    "guofeng", "documentary", "film_noir", "vintage_film", "flat_illustration",
]  # fmt: skip
Temperature = Literal["cold", "neutral", "warm"]
Level3 = Literal["low", "normal", "high"]
DepthOfField = Literal["shallow", "deep"]
Pace = Literal["slow", "normal", "fast", "slow_motion", "time_lapse"]
Aspect = Literal["16:9", "9:16", "1:1", "4:3", "3:4", "2.35:1", "21:9"]


class Palette(BaseModel):
    """Colour of a shot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Temperature | None = None
    saturation: Level3 | None = None
    contrast: Level3 | None = None


class Slots(BaseModel):
    """Canonical slot values of one shot; `characters` and `scene` are ids as the caller gave them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shot_size: ShotSize | None = None
    angle: Angle | None = None
    movement: Movement | None = None
    time_of_day: TimeOfDay | None = None
    depth_of_field: DepthOfField | None = None
    pace: Pace | None = None
    aspect: Aspect | None = None
    weather: tuple[Weather, ...] = ()
    light: tuple[Light, ...] = ()
    mood: tuple[Mood, ...] = ()
    style: tuple[Style, ...] = ()
    exclude: tuple[str, ...] = ()
    palette: Palette = Palette()
    characters: tuple[str, ...] = ()
    scene: str | None = None


ASPECT_RATIOS: dict[Aspect, tuple[int, int]] = {
    "16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:3": (4, 3), "3:4": (3, 4),
    "2.35:1": (47, 20), "21:9": (21, 9),
}  # fmt: skip


def frame_size(aspect: Aspect, short_side: int) -> tuple[int, int]:
    """(width, height) in even pixels, the shorter side near `short_side`; ratio error under 1 %."""
    across, down = ASPECT_RATIOS[aspect]
    if across >= down:
        return 2 * round(short_side * across / down / 2), 2 * round(short_side / 2)
    return 2 * round(short_side / 2), 2 * round(short_side * down / across / 2)

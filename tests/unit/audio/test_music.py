"""The beds by number: no clicks, no DC, soft, seamless, the same for the same seed."""

import numpy as np
import pytest

from ai_video.audio.ambience import ambience_loop
from ai_video.audio.loudness import loudness
from ai_video.audio.music import RATE, music_loop, music_samples, style_for

STYLES = ("calm", "tense", "bright", "solemn")
KINDS = ("rain", "sea", "crowd", "wind")


def loop_of(name: str) -> np.ndarray:
    return music_loop(name, 1) if name in STYLES else ambience_loop(name, 1)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", [*STYLES, *KINDS])
def test_a_bed_has_no_seam_no_dc_and_its_level(name: str) -> None:
    loop = loop_of(name)
    assert np.isfinite(loop).all()
    assert np.abs(loop.mean(axis=0)).max() < 1e-4
    steps = np.abs(np.diff(loop, axis=0)).max()
    assert np.abs(loop[0] - loop[-1]).max() <= steps
    assert loudness(loop, RATE) == pytest.approx(-27 if name in STYLES else -38, abs=0.5)
    assert np.abs(loop).max() < 0.5


@pytest.mark.parametrize("style", STYLES)
def test_music_has_no_clicks_and_is_soft_above(style: str) -> None:
    loop = music_loop(style, 1)
    bend = np.abs(np.diff(loop, n=2, axis=0))
    assert bend.max() < 0.25 * np.abs(loop).max()
    power = np.abs(np.fft.rfft(loop.mean(axis=1))) ** 2
    hz = np.fft.rfftfreq(len(loop), 1 / RATE)
    share = {
        "rumble": power[hz < 40].sum() / power.sum(),
        "middle": power[(hz >= 80) & (hz < 2000)].sum() / power.sum(),
        "sharp": power[hz > 5000].sum() / power.sum(),
    }
    assert share["rumble"] < 0.05
    assert share["middle"] > 0.6
    assert share["sharp"] < 0.01


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_plays_the_same_and_another_seed_another(style: str) -> None:
    first = music_loop(style, 1).copy()
    music_loop.cache_clear()
    assert np.array_equal(first, music_loop(style, 1))
    assert not np.array_equal(first, music_loop(style, 2))


def test_styles_differ_in_brightness_and_pulse() -> None:
    def centre(style: str) -> float:
        power = np.abs(np.fft.rfft(music_loop(style, 1).mean(axis=1))) ** 2  # pyright: ignore[reportArgumentType]
        return float((np.fft.rfftfreq(2 * len(power) - 2, 1 / RATE) * power).sum() / power.sum())

    centres = {style: centre(style) for style in STYLES}
    assert centres["tense"] < centres["calm"] < centres["bright"]
    assert centres["solemn"] < centres["calm"]


def test_a_bed_has_the_asked_length_and_fades() -> None:
    bed = music_samples("calm", 12.345, 3)
    assert bed.shape == (round(12.345 * RATE), 2)
    assert not bed[0].any()
    assert np.abs(bed[-10:]).max() < 1e-4


@pytest.mark.parametrize(
    ("music", "mood", "style"),
    [
        ("none", "tense", None), ("auto", None, "calm"), ("auto", "joyful", "bright"),
        ("auto", "eerie", "tense"), ("auto", "sad", "solemn"), ("bright", "sad", "bright"),
    ],
)  # fmt: skip
def test_the_style_follows_the_choice_then_the_mood(
    music: str, mood: str | None, style: str | None
) -> None:
    assert style_for(music, mood) == style  # pyright: ignore[reportArgumentType]

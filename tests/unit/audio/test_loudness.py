"""The meter, the trimming and the matching of level."""

import numpy as np
import pytest

from ai_video.audio.levelling import RATE, finish_speech, matched_level, sounding_span
from ai_video.audio.loudness import (
    SILENCE_LUFS,
    LoudnessMeter,
    PeakMeter,
    convolve,
    k_weighting,
    loudness,
    true_peak_db,
    true_peaks,
)
from ai_video.audio.mastering import limited
from ai_video.domain.ports import SpeechMark


def tone(hz: float, seconds: float, level: float = 1.0, rate: int = 48_000) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * time)).astype(np.float32)


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
def test_a_full_scale_997_hz_tone_measures_minus_3_lufs(rate: int) -> None:
    assert loudness(tone(997, 3, rate=rate), rate) == pytest.approx(-3.01, abs=0.05)


def test_stereo_counts_both_channels() -> None:
    mono = tone(997, 3, 0.1)
    assert loudness(np.stack([mono, mono], axis=1), 48_000) == pytest.approx(-20.0, abs=0.1)


def test_the_gate_leaves_pauses_out() -> None:
    spoken = np.concatenate([tone(997, 4, 0.1), np.zeros(48_000 * 8, np.float32)])
    assert loudness(spoken, 48_000) == pytest.approx(-23.0, abs=0.3)


def test_silence_and_nothing_measure_the_floor() -> None:
    assert loudness(np.zeros(48_000, np.float32), 48_000) == SILENCE_LUFS
    assert loudness(np.zeros(0, np.float32), 48_000) == SILENCE_LUFS


def test_k_weighting_has_the_published_gains() -> None:
    gains = 20 * np.log10(np.abs(np.fft.rfft(k_weighting(48_000), 48_000)))
    assert gains[1000] == pytest.approx(0.7, abs=0.1)
    assert gains[10_000] == pytest.approx(4.0, abs=0.1)
    assert gains[38] == pytest.approx(-6.0, abs=0.3)


def test_convolution_in_blocks_equals_the_direct_one() -> None:
    rng = np.random.default_rng(1)
    signal, taps = rng.standard_normal(70_000), rng.standard_normal(300)
    assert np.allclose(convolve(signal, taps), np.convolve(signal, taps)[:70_000])


def test_true_peak_sees_between_samples() -> None:
    quarter = np.sin(2 * np.pi * np.arange(4800) / 4 + np.pi / 4).astype(np.float32)
    assert float(np.abs(quarter).max()) == pytest.approx(0.7071, abs=1e-3)
    assert true_peak_db(quarter[100:-100]) == pytest.approx(0.0, abs=0.2)


def speechlike(seconds: float, seed: int) -> np.ndarray:
    """(n, 2) noise that comes and goes, some of it near full scale."""
    rng = np.random.default_rng(seed)
    count = round(seconds * 48_000)
    swell = np.abs(np.sin(np.arange(count) / 3000)) ** 4
    return (rng.standard_normal((count, 2)) * 0.25 * swell[:, None]).astype(np.float64)


@pytest.mark.parametrize("above", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("count", [1, 30, 64, 65, 1000, 20_000])
def test_peaks_above_a_height_are_found_without_looking_everywhere(
    above: float, count: int
) -> None:
    sound = speechlike(1, 5)[10_000 : 10_000 + count]
    everywhere, found = true_peaks(sound), true_peaks(sound, above=above)
    high = everywhere > above
    assert np.array_equal(found > above, high)
    assert np.allclose(found[high], everywhere[high], rtol=0, atol=1e-12)
    assert (found <= everywhere + 1e-12).all()
    assert (found >= np.abs(sound).max(axis=1)).all()


@pytest.mark.parametrize("block", [4_800, 48_000])
def test_meters_read_the_same_in_blocks_as_over_the_whole(block: int) -> None:
    sound = speechlike(3, 6)
    sound[block - 1] = 0.9, -0.9
    sound[-1] = 0.95, 0.95
    level, peak = LoudnessMeter(48_000), PeakMeter()
    for start in range(0, len(sound), block):
        level.add(sound[start : start + block])
        peak.add(sound[start : start + block])
    assert level.lufs == pytest.approx(loudness(sound.astype(np.float32), 48_000), abs=1e-3)
    assert peak.decibels == pytest.approx(true_peak_db(sound), abs=1e-9)


def test_meters_of_nothing_read_the_floor() -> None:
    assert (LoudnessMeter(48_000).lufs, PeakMeter().decibels) == (SILENCE_LUFS, -120.0)


def test_two_channels_are_convolved_apart() -> None:
    rng = np.random.default_rng(1)
    signal, taps = rng.standard_normal((70_000, 2)), rng.standard_normal(300)
    for side in (0, 1):
        alone = np.convolve(signal[:, side], taps)[:70_000]
        assert np.allclose(convolve(signal, taps)[:, side], alone)


def test_the_limiter_keeps_true_peaks_down_and_quiet_parts_untouched() -> None:
    rng = np.random.default_rng(2)
    sound = np.stack([tone(220, 1, 0.2), tone(220, 1, 0.2)], axis=1).astype(np.float64)
    sound[20_000:20_400] += rng.standard_normal((400, 2))
    held = limited(sound, 0.5)
    assert true_peaks(held).max() <= 0.52
    assert np.array_equal(held[:18_000], sound[:18_000])


def test_speech_is_trimmed_and_its_marks_move_with_it() -> None:
    quiet = np.zeros(RATE, np.float32)
    sound = np.concatenate([quiet, tone(300, 1.0, 0.05, RATE), quiet])
    marks = [SpeechMark("啊", 0.9, 1.5), SpeechMark("哦", 1.5, 2.0), SpeechMark("。", 2.0, 3.0)]
    speech = finish_speech(sound, RATE, marks, "exact")
    assert speech.duration_s == pytest.approx(1.11, abs=0.015)
    assert speech.marks[0].start_s == pytest.approx(0.03, abs=0.011)
    assert speech.marks[1].start_s == pytest.approx(0.53, abs=0.011)
    assert speech.marks[-1].end_s <= speech.duration_s
    assert loudness(speech.samples, RATE) == pytest.approx(-20, abs=0.3)


def test_silence_comes_back_short_and_without_marks() -> None:
    speech = finish_speech(np.zeros(RATE * 5, np.float32), RATE, [SpeechMark("x", 0, 5)], "exact")
    assert (speech.duration_s, speech.marks) == (0.4, ())
    assert sounding_span(np.zeros(0, np.float32), RATE) is None


def test_matching_never_clips() -> None:
    click = np.zeros(RATE, np.float32)
    click[RATE // 2] = 0.9
    assert np.abs(matched_level(click)).max() <= 0.951

"""The film's sound measured by FFmpeg's own meter."""

import asyncio
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from ai_video.audio.mix import AmbienceSpan, MixReport, VoicePlacement, mix_film
from ai_video.audio.own_music import OwnMusic
from ai_video.audio.wav import read_wav, write_wav
from ai_video.errors import ConfigurationFailure

RATE = 48_000


@dataclass(frozen=True)
class Heard:
    """What FFmpeg measures."""

    lufs: float
    true_peak_db: float


def measure(path: Path) -> Heard:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    lufs = re.findall(r"I:\s+(-?[\d.]+) LUFS", log)[-1]
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", log)[-1]
    return Heard(float(lufs), float(peak))


def voice(path: Path, *, seconds: float = 2.0, level: float = 0.1, rate: int = 24_000) -> Path:
    """Something with the rhythm and the peaks of speech."""
    rng = np.random.default_rng(len(path.name))
    time = np.arange(round(seconds * rate)) / rate
    pitch = 140 + 20 * np.sin(2 * np.pi * 0.7 * time)
    pulses = np.sin(2 * np.pi * np.cumsum(pitch) / rate) ** 9
    syllables = np.clip(np.sin(2 * np.pi * 2.2 * time), 0.02, 1)
    noise = 0.1 * rng.standard_normal(len(time))
    write_wav((level * syllables * (pulses + noise)).astype(np.float32), rate, path)
    return path


def mix(
    target: Path,
    placements: Sequence[VoicePlacement] = (),
    *,
    total_s: float,
    music: str = "none",
    ambience: Sequence[AmbienceSpan] = (),
    **more: object,
) -> MixReport:
    return asyncio.run(
        mix_film(
            placements,
            total_s=total_s,
            music=music,  # pyright: ignore[reportArgumentType]
            mood=None,
            ambience=ambience,
            seed=1,
            target=target,
            **more,  # pyright: ignore[reportArgumentType]
        )
    )


@pytest.mark.parametrize("music", ["none", "calm", "tense", "bright", "solemn"])
def test_a_film_ends_at_minus_14_lufs_below_minus_2_dbtp(tmp_path: Path, music: str) -> None:
    lines = [
        VoicePlacement(voice(tmp_path / "a.wav"), 0.5),
        VoicePlacement(voice(tmp_path / "bb.wav", level=0.01), 4.0),
        VoicePlacement(voice(tmp_path / "ccc.wav", rate=44_100), 9.5),
    ]
    report = mix(tmp_path / "film.wav", lines, total_s=12.34, music=music)
    heard = measure(tmp_path / "film.wav")
    assert heard.lufs == pytest.approx(-14, abs=0.5)
    assert heard.true_peak_db <= -2.0
    assert report.lufs == pytest.approx(heard.lufs, abs=0.15)
    assert report.true_peak_db == pytest.approx(heard.true_peak_db, abs=0.3)
    samples, rate = read_wav(tmp_path / "film.wav")
    assert (samples.shape, rate) == ((round(12.34 * RATE), 2), RATE)


def test_a_quiet_film_stays_digital_silence(tmp_path: Path) -> None:
    report = mix(tmp_path / "film.wav", total_s=3)
    samples, _ = read_wav(tmp_path / "film.wav")
    assert not samples.any()
    assert report == MixReport(-70.0, -120.0)


def test_music_steps_back_under_speech_and_comes_back(tmp_path: Path) -> None:
    line = VoicePlacement(voice(tmp_path / "a.wav", seconds=4), 10.0)
    mix(tmp_path / "with.wav", [line], total_s=24, music="calm")
    mix(tmp_path / "alone.wav", [line], total_s=24)
    with_music, _ = read_wav(tmp_path / "with.wav")
    alone, _ = read_wav(tmp_path / "alone.wav")
    scale = np.abs(with_music).max() / np.abs(alone).max()
    bed = with_music - scale * alone

    def level(start: float, end: float) -> float:
        part = bed[round(start * RATE) : round(end * RATE)]
        return float(np.sqrt((part**2).mean()))

    assert level(11, 13) < 0.5 * level(4, 8)
    assert level(16, 19) > 0.6 * level(4, 8)


def test_a_quieter_bed_is_quieter_and_leaves_the_speech_alone(tmp_path: Path) -> None:
    line = VoicePlacement(voice(tmp_path / "a.wav", seconds=16), 6.0)

    def ratio(name: str, gain_db: float) -> float:
        mix(tmp_path / name, [line], total_s=24, music="calm", music_gain_db=gain_db)
        samples, _ = read_wav(tmp_path / name)
        bed, speech = samples[2 * RATE : 5 * RATE], samples[8 * RATE : 20 * RATE]
        return float(np.sqrt((bed**2).mean()) / np.sqrt((speech**2).mean()))

    quieter = ratio("quiet.wav", -12.0) / ratio("usual.wav", 0.0)
    # The limiter takes more off the speech where music uses up the loudness.
    assert -16 < 20 * np.log10(quieter) < -10


def test_a_line_is_heard_at_its_place(tmp_path: Path) -> None:
    mix(tmp_path / "f.wav", [VoicePlacement(voice(tmp_path / "a.wav"), 3.217)], total_s=8)
    samples, _ = read_wav(tmp_path / "f.wav")
    heard = np.flatnonzero(np.abs(samples[:, 0]) > 0.01)
    assert heard[0] / RATE == pytest.approx(3.217, abs=0.03)
    assert heard[-1] / RATE == pytest.approx(5.217, abs=0.3)


@pytest.mark.parametrize("kind", ["rain", "sea", "crowd", "wind"])
def test_ambience_is_heard_where_it_belongs_and_under_speech(tmp_path: Path, kind: str) -> None:
    span = AmbienceSpan(kind, 6.0, 9.0)  # pyright: ignore[reportArgumentType]
    line = VoicePlacement(voice(tmp_path / "a.wav"), 1.0)
    mix(tmp_path / "f.wav", [line], total_s=10, ambience=[span])
    samples, _ = read_wav(tmp_path / "f.wav")

    def level_db(start: float, end: float) -> float:
        part = samples[round(start * RATE) : round(end * RATE)]
        return float(10 * np.log10((part**2).mean() + 1e-12))

    assert level_db(4.0, 5.9) < -100
    assert -60 < level_db(6.8, 8.2) < level_db(1, 3) - 10
    assert level_db(9.2, 10) < -100


def test_two_runs_are_the_same_bytes(tmp_path: Path) -> None:
    line = VoicePlacement(voice(tmp_path / "a.wav"), 1.0)
    for name in ("one.wav", "two.wav"):
        mix(tmp_path / name, [line], total_s=5, music="bright")
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()


def test_borders_of_blocks_are_not_heard(tmp_path: Path) -> None:
    steady = np.sin(2 * np.pi * 200 * np.arange(25 * RATE) / RATE).astype(np.float32)
    write_wav(0.9 * steady, RATE, tmp_path / "tone.wav")
    mix(tmp_path / "f.wav", [VoicePlacement(tmp_path / "tone.wav", 0.0)], total_s=25)
    samples, _ = read_wav(tmp_path / "f.wav")
    bend = np.abs(np.diff(samples[:, 0], n=2))
    usual = bend[5 * RATE : 6 * RATE].max()
    for border in (10 * RATE, 20 * RATE):
        assert bend[border - 2000 : border + 2000].max() <= 1.05 * usual


def test_the_users_own_music_is_played_instead(tmp_path: Path) -> None:
    own = voice(tmp_path / "own.wav", seconds=3, rate=44_100)
    mix(tmp_path / "f.wav", total_s=7, music="auto", music_file=own)
    assert measure(tmp_path / "f.wav").lufs == pytest.approx(-14, abs=0.6)
    mix(tmp_path / "n.wav", total_s=2, music="none", music_file=own)
    assert not read_wav(tmp_path / "n.wav")[0].any()


def test_a_piece_shorter_than_the_film_repeats_without_a_gap_or_a_click(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 330 * np.arange(6 * 44_100) / 44_100).astype(np.float32)
    write_wav(0.5 * np.stack([tone, 0.5 * tone], 1), 44_100, tmp_path / "own.wav")
    music = OwnMusic.read(tmp_path / "own.wav", most_s=20)
    played = np.concatenate([music.stretch(start, RATE) for start in range(0, 20 * RATE, RATE)])
    loud = np.abs(played[:, 0]).reshape(-1, RATE // 20).max(axis=1)
    assert loud[1:].min() > 0.6 * loud.max()
    step = np.abs(np.diff(played[:, 0])).max()
    assert step < 1.6 * loud.max() * 2 * np.pi * 330 / RATE
    assert np.allclose(played[:, 1], 0.5 * played[:, 0], atol=1e-3)


def test_a_piece_longer_than_the_film_is_played_from_its_start(tmp_path: Path) -> None:
    own = voice(tmp_path / "own.wav", seconds=9, rate=RATE)
    short = OwnMusic.read(own, most_s=4)
    whole = OwnMusic.read(own, most_s=9)
    assert len(short.samples) == 4 * RATE
    assert np.allclose(
        short.stretch(0, 4 * RATE) / short.gain, whole.samples[: 4 * RATE], atol=1e-4
    )


def test_a_file_without_sound_is_no_music(tmp_path: Path) -> None:
    write_wav(np.zeros(0, np.float32), RATE, tmp_path / "none.wav")
    with pytest.raises(ConfigurationFailure, match="sound_unreadable"):
        OwnMusic.read(tmp_path / "none.wav", most_s=4)


def test_a_broken_voice_file_leaves_no_film(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"nothing")
    with pytest.raises(ConfigurationFailure, match="sound_unreadable"):
        mix(tmp_path / "f.wav", [VoicePlacement(tmp_path / "x.wav", 0)], total_s=2)
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


def test_a_film_of_no_length_is_an_empty_file(tmp_path: Path) -> None:
    assert mix(tmp_path / "f.wav", total_s=0, music="calm") == MixReport(-70.0, -120.0)
    assert len(read_wav(tmp_path / "f.wav")[0]) == 0

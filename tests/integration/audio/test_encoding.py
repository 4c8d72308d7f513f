"""What the encoder makes of a mix, measured by FFmpeg's own meter on what is decoded."""

import asyncio
import re
import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from ai_video.audio.encoding import encode_sound
from ai_video.audio.kokoro import KokoroProvider
from ai_video.audio.mix import VoicePlacement, mix_film
from ai_video.audio.voice_files import COMMAND, find_voices
from ai_video.audio.wav import read_sound, write_speech, write_wav
from ai_video.domain.ports import SpeechRequest

RATE = 48_000
CLOCK = np.arange(3 * RATE) / RATE
RNG = np.random.default_rng(3)
NASTY = {
    "square": np.sign(np.sin(2 * np.pi * 440 * CLOCK)),
    "high square": np.sign(np.sin(2 * np.pi * 3000 * CLOCK)),
    "noise": RNG.uniform(-1, 1, len(CLOCK)),
    "signs": np.sign(RNG.standard_normal(len(CLOCK))),
    "steps": np.repeat(RNG.choice([-1.0, 1.0], len(CLOCK) // 100), 100),
    "clicks": (np.arange(len(CLOCK)) % 12_000 == 0) * 1.0,
    "between samples": np.sign(np.sin(2 * np.pi * 12_000 * CLOCK + 0.8)),
    "bursts": RNG.uniform(-1, 1, len(CLOCK)) * (np.arange(len(CLOCK)) % 24_000 < 1200),
    "a tenth of a second": np.sign(np.sin(2 * np.pi * 440 * CLOCK[: RATE // 10])),
}


def heard(path: Path) -> tuple[float, float]:
    """Loudness (LUFS) and true peak (dBTP)."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", log)[-1]
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", log)[-1]), float(peak)


def stereo(path: Path, wave: np.ndarray) -> Path:
    write_wav(np.stack([wave, np.roll(wave, 7)], axis=1).astype(np.float32), RATE, path)
    return path


def plainly(source: Path, target: Path) -> Path:
    """The same as any AAC."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-i", str(source)]
    subprocess.run([*command, "-c:a", "aac", "-b:a", "192k", str(target)], check=True)
    return target


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", NASTY)
async def test_no_wave_is_heard_above_minus_1_dbtp(tmp_path: Path, name: str) -> None:
    mix = stereo(tmp_path / "mix.wav", NASTY[name])
    made = await encode_sound(mix, tmp_path / "a.m4a", duration_s=len(NASTY[name]) / RATE)
    _, peak = heard(tmp_path / "a.m4a")
    assert peak <= -1.0
    assert peak == pytest.approx(made.true_peak_db, abs=0.15)
    assert (made.rounds > 1) == (heard(plainly(mix, tmp_path / "b.m4a"))[1] > -1.1)


async def test_one_loud_moment_costs_a_long_quiet_film_no_loudness(tmp_path: Path) -> None:
    clock = np.arange(20 * RATE) / RATE
    wave = 0.25 * np.sin(2 * np.pi * 500 * clock)
    wave[5 * RATE : 5 * RATE + 480] = np.sign(wave[5 * RATE : 5 * RATE + 480]) * 0.85
    mix = stereo(tmp_path / "mix.wav", wave)
    before, raised = heard(plainly(mix, tmp_path / "b.m4a"))
    made = await encode_sound(mix, tmp_path / "a.m4a", duration_s=20)
    after, peak = heard(tmp_path / "a.m4a")
    assert raised > -1.0 >= peak
    assert made.rounds > 1
    assert after == pytest.approx(before, abs=0.15)


async def test_what_is_low_enough_is_encoded_once_and_silence_stays_silent(tmp_path: Path) -> None:
    tone = stereo(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 330 * CLOCK))
    assert (await encode_sound(tone, tmp_path / "a.m4a", duration_s=3)).rounds == 1
    assert heard(tmp_path / "a.m4a")[0] == pytest.approx(heard(tone)[0], abs=0.1)
    silence = stereo(tmp_path / "silence.wav", 0 * CLOCK)
    made = await encode_sound(silence, tmp_path / "s.m4a", duration_s=3)
    assert (made.true_peak_db, made.rounds) == (-120.0, 1)
    assert not read_sound(tmp_path / "s.m4a")[0].any()


async def test_two_runs_are_the_same_bytes(tmp_path: Path) -> None:
    mix = stereo(tmp_path / "mix.wav", NASTY["steps"])
    made = [await encode_sound(mix, tmp_path / f"{name}.m4a", duration_s=3) for name in "ab"]
    assert made[0] == made[1]
    assert made[0].rounds > 1
    assert (tmp_path / "a.m4a").read_bytes() == (tmp_path / "b.m4a").read_bytes()
    assert names_in(tmp_path) == ["a.m4a", "b.m4a", "mix.wav"]


@pytest.mark.parametrize("seconds", [0.2, 2.0, 2.96])
@pytest.mark.parametrize("level", [0.3, 1.0])
async def test_sound_that_is_too_short_or_too_long_gets_the_films_length(
    tmp_path: Path, seconds: float, level: float
) -> None:
    wave = level * NASTY["square"][: round(seconds * RATE)]
    await encode_sound(stereo(tmp_path / "mix.wav", wave), tmp_path / "a.m4a", duration_s=2)
    with av.open(str(tmp_path / "a.m4a")) as container:
        stream = container.streams.audio[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0, abs=0.03)


async def test_nobody_waiting_leaves_no_file(tmp_path: Path) -> None:
    mix = stereo(tmp_path / "mix.wav", np.tile(NASTY["signs"], 20))
    work = asyncio.create_task(encode_sound(mix, tmp_path / "a.m4a", duration_s=60))
    await asyncio.sleep(0.8)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert names_in(tmp_path) == ["mix.wav"]


@pytest.mark.skipif(find_voices() is None, reason=f"the voices are not there; run: {COMMAND}")
async def test_a_film_of_real_voices_ends_at_minus_14_lufs_below_minus_1_dbtp(
    tmp_path: Path,
) -> None:
    lines = [("夜里的城市下着雨。", "zf_xiaoxiao", "zh"), ("Stop! Who is there?", "af_heart", "en")]
    placed: list[VoicePlacement] = []
    for number, (text, voice, lang) in enumerate(lines):
        path = tmp_path / f"{number}.wav"
        request = SpeechRequest(text, f"kokoro:{voice}", lang)  # pyright: ignore[reportArgumentType]
        await write_speech(await KokoroProvider().speak(request), path)
        placed.append(VoicePlacement(path, 0.4 + 3.2 * number))
    mix = tmp_path / "mix.wav"
    await mix_film(placed, total_s=7, music="tense", seed=1, target=mix)
    await encode_sound(mix, tmp_path / "a.m4a", duration_s=7)
    loudness, peak = heard(tmp_path / "a.m4a")
    assert loudness == pytest.approx(-14, abs=0.5)
    assert peak <= -1.0

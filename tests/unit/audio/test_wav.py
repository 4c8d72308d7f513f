"""Sound files read, written and brought to another rate."""

import asyncio
import subprocess
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from ai_video.audio.wav import read_sound, read_wav, resample, write_speech, write_wav
from ai_video.domain.ports import Speech
from ai_video.errors import ConfigurationFailure


def tone(hz: float, seconds: float, rate: int) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype("f4")


def test_written_speech_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "line.wav"
    speech = Speech(tone(440, 0.5, 24_000), 24_000, (), "exact")
    asyncio.run(write_speech(speech, path))
    samples, rate = read_wav(path)
    assert rate == 24_000
    assert np.abs(samples - tone(440, 0.5, 24_000)).max() < 1e-4
    assert [file.name for file in tmp_path.iterdir()] == ["line.wav"]


@pytest.mark.parametrize(("width", "close"), [(1, 0.01), (2, 1e-4), (3, 1e-6), (4, 1e-6)])
def test_all_pcm_widths_are_read(tmp_path: Path, width: int, close: float) -> None:
    sound = tone(440, 0.1, 8000)
    whole = np.rint(sound.astype("f8") * (1 << (8 * width - 1))).astype(np.int64)
    if width == 1:
        raw = (whole + 128).astype(np.uint8).tobytes()
    else:
        raw = b"".join(int(v).to_bytes(width, "little", signed=True) for v in whole)
    with wave.open(str(tmp_path / "w.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(width)
        out.setframerate(8000)
        out.writeframes(raw)
    samples, _ = read_wav(tmp_path / "w.wav")
    assert np.abs(samples - sound).max() < close


def test_stereo_keeps_its_channels(tmp_path: Path) -> None:
    both = np.stack([tone(440, 0.1, 8000), np.zeros(800, np.float32)], axis=1)
    write_wav(both, 8000, tmp_path / "s.wav")
    samples, _ = read_wav(tmp_path / "s.wav")
    assert samples.shape == (800, 2)
    assert not samples[:, 1].any()


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac"])
def test_other_formats_are_decoded(tmp_path: Path, suffix: str) -> None:
    write_wav(tone(440, 1, 44_100), 44_100, tmp_path / "in.wav")
    made = tmp_path / f"out.{suffix}"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([ffmpeg, "-v", "error", "-i", tmp_path / "in.wav", made], check=True)
    samples, rate = read_sound(made)
    assert rate == 44_100
    assert len(samples) / rate == pytest.approx(1, abs=0.1)
    assert float(np.sqrt((samples[5000:30_000] ** 2).mean())) == pytest.approx(0.354, abs=0.02)


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\x10\0\0\0WAVEfmt \0\0\0\0\x01\0"])
def test_what_is_no_sound_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(ConfigurationFailure, match="sound_unreadable"):
        read_sound(tmp_path / "x.wav")


@pytest.mark.parametrize(("rate", "target"), [(24_000, 48_000), (44_100, 48_000), (48_000, 24_000)])
def test_another_rate_keeps_pitch_length_and_level(rate: int, target: int) -> None:
    again = resample(tone(1000, 0.5, rate), rate, target)
    wanted = tone(1000, 0.5, target)
    assert len(again) == len(wanted)
    inside = slice(target // 50, -target // 50)
    assert np.abs(again[inside] - wanted[inside]).max() < 0.01

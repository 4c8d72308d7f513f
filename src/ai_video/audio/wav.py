"""Sound files: WAV read and written by ourselves, everything else read through PyAV."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ai_video.assets.writing import replacing
from ai_video.domain.ports import Speech
from ai_video.errors import ConfigurationFailure

Samples = NDArray[np.float32]


def to_pcm16(samples: NDArray[np.floating]) -> bytes:
    """Little-endian 16-bit PCM of samples in -1..1; more is clipped."""
    scaled = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")
    return scaled.tobytes()


def write_wav(samples: Samples, rate: int, path: Path) -> None:
    """Write mono or (n, channels) samples as 16-bit WAV, atomically; blocking."""
    with replacing(path) as draft, wave.open(str(draft), "wb") as out:
        out.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(to_pcm16(samples))


async def write_speech(speech: Speech, path: Path) -> None:
    """Write spoken audio as a mono 16-bit WAV, atomically."""
    await asyncio.to_thread(write_wav, speech.samples, speech.rate, path)


def parse_wav(source: BinaryIO) -> tuple[Samples, int]:
    """Samples in -1..1 and their rate; mono comes back as (n,), else (n, channels).

    Raises:
        ValueError: no PCM WAV of 8, 16, 24 or 32 bits.
    """
    try:
        with wave.open(source, "rb") as sound:
            width, channels = sound.getsampwidth(), sound.getnchannels()
            rate, raw = sound.getframerate(), sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as exc:
        raise ValueError(str(exc) or "too short") from exc
    raw = raw[: len(raw) - len(raw) % (width * channels)]
    samples = _decode_pcm(raw, width)
    return (samples if channels == 1 else samples.reshape(-1, channels)), rate


def read_wav(path: Path) -> tuple[Samples, int]:
    """What `parse_wav` finds in a file; blocking.

    Raises:
        ConfigurationFailure: `sound_unreadable`.
    """
    try:
        with path.open("rb") as source:
            return parse_wav(source)
    except (ValueError, OSError) as exc:
        raise ConfigurationFailure("sound_unreadable", name=path.name, reason=str(exc)) from exc


def _decode_pcm(raw: bytes, width: int) -> Samples:
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / np.float32(128)
    if width == 3:
        whole = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
        value = whole[:, 0] | whole[:, 1] << 8 | whole[:, 2] << 16
        return ((value << 8) >> 8).astype(np.float32) / np.float32(1 << 23)
    kind = "<i2" if width == 2 else "<i4"
    return np.frombuffer(raw, kind).astype(np.float32) / np.float32(1 << (8 * width - 1))


def read_sound(path: Path) -> tuple[Samples, int]:
    """Samples of any sound file: WAV directly, the rest decoded by PyAV. Blocking.

    Raises:
        ConfigurationFailure: `sound_unreadable`.
    """
    try:
        with path.open("rb") as handle:
            head = handle.read(22)
    except OSError as exc:
        raise ConfigurationFailure("sound_unreadable", name=path.name, reason=str(exc)) from exc
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and head[20:22] == b"\x01\x00":
        return read_wav(path)
    return _decode(path)


def _decode(path: Path) -> tuple[Samples, int]:
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            rate = stream.rate or 48_000
            channels = 1 if stream.codec_context.layout.nb_channels == 1 else 2
            layout = "mono" if channels == 1 else "stereo"
            resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
            frames = [
                out for frame in container.decode(stream) for out in resampler.resample(frame)
            ]
            frames += resampler.resample(None)
    except (FFmpegError, IndexError, ValueError) as exc:
        raise ConfigurationFailure("sound_unreadable", name=path.name, reason=str(exc)) from exc
    blocks = [frame.to_ndarray().reshape(-1, channels) for frame in frames]
    samples = np.concatenate(blocks) if blocks else np.zeros((0, channels), np.float32)
    samples = samples[:, 0] if channels == 1 else samples
    return np.nan_to_num(samples.astype(np.float32)), rate


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """The same sound at `target` Hz, round(n * target / rate) samples long (band-limited).

    Worked in the frequency domain with silence around, so the ends do not meet.
    """
    if rate == target or len(samples) == 0:
        return samples
    length = round(len(samples) * target / rate)
    step = rate // np.gcd(rate, target)
    pad = -(-rate // 20 // step) * step
    total = -(-(len(samples) + 2 * pad) // step) * step
    around = np.zeros((total, *samples.shape[1:]), np.float32)
    around[pad : pad + len(samples)] = samples
    made = total // step * (target // np.gcd(rate, target))
    spectrum = np.fft.rfft(around, axis=0)
    kept = np.zeros((made // 2 + 1, *samples.shape[1:]), spectrum.dtype)
    shared = min(len(spectrum), len(kept))
    kept[:shared] = spectrum[:shared]
    again = np.fft.irfft(kept, made, axis=0) * (made / total)
    start = pad * target // rate
    return again[start : start + length].astype(np.float32)


def as_mono(samples: Samples) -> Samples:
    """The mean of all channels, (n,)."""
    return samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)

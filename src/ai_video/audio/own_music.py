"""The user's own music under a film: at the level of a bed, repeated where the film is longer."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from ai_video.audio.loudness import SILENCE_LUFS, loudness
from ai_video.audio.music import BED_LUFS
from ai_video.errors import ConfigurationFailure

RATE: Final = 48_000
OVERLAP_S: Final = 2.0
"""A repetition fades in while the end before it fades out; of a short piece at most a quarter."""
_MEASURED_S: Final = 600
Samples = NDArray[np.float32]


@dataclass(slots=True)
class OwnMusic:
    """A piece as stereo 48 kHz; `samples` lies in a temporary file, so its length costs no memory."""

    samples: Samples
    gain: float
    repeats: bool = False

    @classmethod
    def read(cls, path: Path, *, most_s: float) -> OwnMusic:
        """The first `most_s` seconds of a sound file, or of a video's sound; blocking.

        Raises:
            ConfigurationFailure: `sound_unreadable`.
        """
        samples = _decoded(path, round(most_s * RATE))
        level = loudness(samples[: _MEASURED_S * RATE], RATE)
        gain = 10 ** ((BED_LUFS - level) / 20) if level > SILENCE_LUFS else 0.0
        return cls(samples, gain, repeats=len(samples) < round(most_s * RATE))

    def stretch(self, start: int, count: int) -> Samples:
        """Samples start..start+count of the piece, played over and over where it repeats: (count, 2)."""
        if not self.repeats:
            return self.samples[start : start + count] * np.float32(self.gain)
        length = len(self.samples)
        overlap = min(round(OVERLAP_S * RATE), length // 4)
        period = length - overlap
        places = start + np.arange(count)
        within = places % period
        out = np.array(self.samples[within], np.float32)
        joined = np.flatnonzero((places >= period) & (within < overlap))
        if len(joined):
            rise = ((within[joined] + 0.5) / max(1, overlap)).astype(np.float32)
            ending = self.samples[period + within[joined]]
            out[joined] = out[joined] * np.sqrt(rise)[:, None] + ending * np.sqrt(1 - rise)[:, None]
        return out * np.float32(self.gain)


def _decoded(path: Path, most: int) -> Samples:
    """At most so many stereo samples of a file, in a temporary file that is gone with them."""
    with tempfile.TemporaryFile() as store:
        try:
            count = min(_decode_into(store, path, most), max(most, 1))
        except (FFmpegError, IndexError, ValueError) as exc:
            raise ConfigurationFailure("sound_unreadable", name=path.name, reason=str(exc)) from exc
        if count == 0:
            reason = "it holds no sound"
            raise ConfigurationFailure("sound_unreadable", name=path.name, reason=reason)
        store.flush()
        return np.memmap(store, np.float32, "r", shape=(count, 2))


def _decode_into(store: IO[bytes], path: Path, most: int) -> int:
    count = 0
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
        for frame in container.decode(stream):
            for out in resampler.resample(frame):
                count += _kept(out, store)
            if count >= most:
                return count
        for out in resampler.resample(None):
            count += _kept(out, store)
    return count


def _kept(frame: av.AudioFrame, store: IO[bytes]) -> int:
    samples = np.nan_to_num(frame.to_ndarray().reshape(-1, 2).astype(np.float32))
    store.write(samples.tobytes())
    return len(samples)

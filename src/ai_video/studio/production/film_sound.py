"""The film's sound: mixed and encoded once, and taken again while everything heard stays the same."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from ai_video import __version__
from ai_video.assets import FileCache, ffmpeg_version
from ai_video.audio.encoding import encode_sound
from ai_video.audio.mix import RATE, AmbienceSpan, VoicePlacement, mix_film
from ai_video.audio.music import MusicChoice
from ai_video.studio.production.film_fingerprints import HANDLER_VERSIONS
from ai_video.studio.production.film_params import digest_of


@dataclass(frozen=True, slots=True)
class HeardVoice:
    """A voice by the digest of its file, from this sample of the film on."""

    digest: str
    start_sample: int
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class FilmSound:
    """Everything that is heard in a film, and so everything its sound depends on."""

    voices: tuple[HeardVoice, ...]
    duration_s: float
    music: MusicChoice
    mood: str | None
    ambience: Sequence[AmbienceSpan]
    seed: int
    music_gain_db: float = 0.0
    own_music: str | None = None
    """sha256 of a music file that is played instead of a bed."""

    def key(self) -> str:
        """The digest under which the encoded sound is kept."""
        heard = cast("dict[str, JsonValue]", asdict(self))
        made_by: JsonValue = [__version__, ffmpeg_version(), HANDLER_VERSIONS["composite"]]
        return digest_of({**heard, "made_by": made_by})


async def encoded_sound(
    sound: FilmSound, cache: FileCache, blob: Callable[[str], Awaitable[Path]]
) -> Path:
    """The sound as it stands in the film (AAC in .m4a); a change of pictures alone mixes nothing."""
    target, there = cache.fetch(f"sound-{sound.key()}", ".m4a")
    if there:
        return target
    with tempfile.TemporaryDirectory(prefix="ai-video-", ignore_cleanup_errors=True) as folder:
        mixed = Path(folder) / "mix.wav"
        await mix_film(
            [
                VoicePlacement(
                    path=await blob(voice.digest),
                    start_s=voice.start_sample / RATE,
                    gain_db=voice.gain_db,
                )
                for voice in sound.voices
            ],
            total_s=sound.duration_s,
            music=sound.music,
            mood=sound.mood,
            ambience=sound.ambience,
            seed=sound.seed,
            target=mixed,
            music_gain_db=sound.music_gain_db,
            music_file=await blob(sound.own_music) if sound.own_music else None,
        )
        await encode_sound(mixed, target, duration_s=sound.duration_s)
    return target

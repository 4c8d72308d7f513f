"""The typed parameters of a film's five task kinds.

Their canonical JSON is what a fingerprint holds, so the names below are the user's words: the path
of a difference (`line.text`, `settings.subtitle_style.size`) is what `stale` and `executed` show.
Ids, times and places never stand here; pictures and voices stand as sha256.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, JsonValue

from ai_video.audio.ambience import AmbienceKind
from ai_video.audio.music import MusicChoice
from ai_video.domain.entities import CardContent, SubtitleStyle, Transition
from ai_video.domain.slots import Slots
from ai_video.studio.production.graph_params import ShotGraph
from ai_video.studio.production.params import Params


class SpokenLine(Params):
    """A line as it is spoken."""

    text: str
    delivery: str = ""
    speed: float = 1.0
    pronunciation: dict[str, str] = Field(default={})


class VoiceParams(Params):
    line: SpokenLine
    voice: str
    provider: str
    provider_version: str
    lang: Literal["zh", "en"]
    seed: int


class DrawnCharacter(Params):
    name: str
    appearance: str
    gender: Literal["male", "female"] | None
    age: Literal["child", "young", "adult", "old"] | None
    reference: str | None = None


class DrawnScene(Params):
    name: str
    description: str
    place: str


class DrawnStoryboard(Params):
    description: str
    slots: Slots
    card: CardContent | None = None
    picture: str | None = None
    speaking: tuple[str, ...] = ()


class LookSettings(Params):
    """The project's settings that a drawn picture depends on."""

    style_preset: str | None
    color_palette: tuple[str, ...]
    lang: Literal["zh", "en"]


class PictureParams(Params):
    generator: str
    generator_version: str
    seed: int
    width: int
    height: int
    storyboard: DrawnStoryboard
    character: tuple[DrawnCharacter, ...]
    scene: DrawnScene
    settings: LookSettings
    topic: str = ""
    """What of the text's title can be drawn, for the embedded generator alone."""
    graph: ShotGraph | None = None
    """How ComfyUI draws it; None where the embedded generator does."""


class KeyframeParams(PictureParams):
    pass


class ClipParams(PictureParams):
    """`part` of `parts`: a shot that is longer than its model's longest clip is chained, each part
    beginning with the last picture of the one before."""

    fps: int
    duration_frames: int
    part: int = 1
    parts: int = 1


class SubtitleLine(Params):
    text: str
    translation: str = ""


class SegmentSettings(Params):
    subtitle_style: SubtitleStyle | None
    """None when the shot has nothing to subtitle: then its segment does not depend on the style."""
    label: str | None
    lang: Literal["zh", "en"]


class SegmentParams(Params):
    width: int
    height: int
    fps: int
    duration_frames: int
    transition_in: Transition
    transition_out: Transition
    trim_start: int = 0
    trim_end: int = 0
    shot_label: str | None = None
    """The animatic's mark of which shot this is; None on pictures of any other origin."""
    line: tuple[SubtitleLine, ...]
    settings: SegmentSettings


class HeardLine(SubtitleLine):
    gain_db: float = 0.0


class CutShot(Params):
    """What the composite needs of one shot beside its segment."""

    transition: Transition = "cut"
    ambience: tuple[AmbienceKind, ...] = ()
    line: tuple[HeardLine, ...] = ()
    trim_start: int = 0
    trim_end: int = 0


class FilmCard(Params):
    """A title or an end: what stands on it, over which place, for how many frames."""

    kind: Literal["title", "end"]
    frames: int
    kicker: str = ""
    headline: str
    byline: str = ""
    row: tuple[tuple[str, str], ...] = ()
    place: str
    scene: str
    slots: Slots
    label: str | None
    drawn_by: str
    settings: LookSettings


class CompositeSettings(Params):
    music_style: MusicChoice
    music: str | None = None
    """sha256 of the user's own music."""
    subtitle_style: SubtitleStyle
    label: bool
    lang: Literal["zh", "en"]


class CompositeParams(Params):
    title: str
    width: int
    height: int
    fps: int
    mood: str | None
    seed: int
    music_gain_db: float = 0.0
    settings: CompositeSettings
    shot: tuple[CutShot, ...]
    title_card: FilmCard | None = None
    end_card: FilmCard | None = None

    @property
    def lead_frames(self) -> int:
        """Frames before the first shot."""
        return self.title_card.frames if self.title_card else 0


def digest_of(value: JsonValue) -> str:
    """sha256 of canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(
    *, kind: str, version: int, params: Mapping[str, JsonValue], facts: Mapping[str, JsonValue]
) -> str:
    """The digest of all that a result depends on (DESIGN: never ids, times, server, priority)."""
    return digest_of(
        {"kind": kind, "version": version, "params": dict(params), "facts": dict(facts)}
    )


_INDEX = re.compile(r"\.\d+(?=\.|$)")


def changed_paths(old: JsonValue, new: JsonValue) -> list[str]:
    """Dotted paths, without list indices, of what differs between two parameter documents."""
    return sorted({_INDEX.sub("", path).lstrip(".") for path in _differences(old, new, "")})


def _differences(old: JsonValue, new: JsonValue, path: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if key in old and key in new:
                yield from _differences(old[key], new[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{path}.{index}")
    elif old != new:
        yield path

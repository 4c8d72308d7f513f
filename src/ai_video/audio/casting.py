"""Who speaks with which voice: one for each character, the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ai_video.domain.ports import Voice

Lang = Literal["zh", "en"]

# How old a voice sounds; unlisted ones suit any grown-up.
_AGES: Final[dict[str, tuple[str, ...]]] = {
    "kokoro:zf_xiaoni": ("young", "child"), "kokoro:zf_xiaoyi": ("child", "young"),
    "kokoro:zf_xiaobei": ("adult", "old"), "kokoro:zm_yunxia": ("child", "young"),
    "kokoro:zm_yunxi": ("young", "adult"), "kokoro:zm_yunjian": ("adult", "old"),
    "kokoro:zm_yunyang": ("adult", "old"), "kokoro:af_nova": ("young", "adult"),
    "kokoro:af_kore": ("adult", "old"), "kokoro:am_puck": ("young", "child"),
    "kokoro:am_liam": ("young", "adult"), "kokoro:am_onyx": ("adult", "old"),
    "kokoro:bm_george": ("adult", "old"), "kokoro:bm_fable": ("adult", "old"),
    "kokoro:af_aoede": ("young", "child"), "kokoro:bf_isabella": ("adult", "old"),
}  # fmt: skip
# The narrator's voices in order of liking.
_NARRATORS: Final[dict[Lang, tuple[str, ...]]] = {
    "zh": ("kokoro:zf_xiaoxiao", "kokoro:zm_yunyang", "edge:zh-CN-XiaoxiaoNeural"),
    "en": ("kokoro:af_heart", "kokoro:bm_george", "edge:en-US-AriaNeural"),
}
_SPEEDS: Final = (1.0, 0.92, 1.08, 0.96, 1.04)


@dataclass(frozen=True, slots=True)
class CastMember:
    """A character as far as casting goes; `voice` is the user's own choice."""

    id: str
    name: str
    gender: Literal["male", "female"] | None = None
    age: Literal["child", "young", "adult", "old"] | None = None
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Casting:
    """Voice ids by character id, the narrator's, and a speed factor for who shares a voice."""

    voices: Mapping[str, str]
    narrator: str
    speeds: Mapping[str, float]


def narrator_voice(voices: Sequence[Voice], *, lang: Lang) -> str:
    """The voice that narrates when nobody chose one.

    Raises:
        ValueError: there are no voices.
    """
    usable = _usable(voices, lang)
    ids = {voice.id for voice in usable}
    return next((name for name in _NARRATORS[lang] if name in ids), usable[0].id)


def cast_voices(
    characters: Sequence[CastMember],
    voices: Sequence[Voice],
    *,
    lang: Lang,
    narrator: str | None,
) -> Casting:
    """Give every character a voice that fits its gender and age.

    Choices made by the user stand. Nobody shares a voice, with the narrator neither, while voices
    of that gender are left (single voices go before blends); then speeds tell sharers apart. A
    character's voice depends on its name and on those before it, so one more at the end changes
    nobody.

    Raises:
        ValueError: there are no voices.
    """
    usable = _usable(voices, lang)
    told = narrator or _narrator_beside(characters, usable, lang)
    chosen = {member.id: member.voice for member in characters if member.voice}
    taken = [told, *chosen.values()]
    speeds: dict[str, float] = {}
    for member in characters:
        if member.id not in chosen:
            chosen[member.id] = _best(member, usable, taken)
            shared = taken.count(chosen[member.id])
            speeds[member.id] = _SPEEDS[shared % len(_SPEEDS)]
            taken.append(chosen[member.id])
    return Casting(chosen, told, speeds)


def _usable(voices: Sequence[Voice], lang: Lang) -> list[Voice]:
    if not voices:
        raise ValueError("no voices to cast from")
    return [voice for voice in voices if voice.lang in (lang, "multi")] or list(voices)


def _narrator_beside(characters: Sequence[CastMember], voices: Sequence[Voice], lang: Lang) -> str:
    """The usual narrator, or the next one when a character was given that voice."""
    given = {member.voice for member in characters}
    return narrator_voice([v for v in voices if v.id not in given] or voices, lang=lang)


def _best(member: CastMember, voices: Sequence[Voice], taken: Sequence[str]) -> str:
    def rank(voice: Voice) -> tuple[int, int, int, int, int, str]:
        used = taken.count(voice.id)
        wrong_gender = int(member.gender is not None and voice.gender not in (member.gender, None))
        suited = _AGES.get(voice.id)
        if member.age is None:
            unsuited = int(suited is not None and "adult" not in suited)
        elif suited is None:
            unsuited = 1 if member.age in ("young", "adult") else 2
        else:
            unsuited = suited.index(member.age) if member.age in suited else 3
        other_region = int(voice.id.startswith(("kokoro:b",)))
        mixed = hashlib.sha256(f"{member.name}\0{voice.id}".encode()).hexdigest()
        return wrong_gender, used, int("+" in voice.id), unsuited, other_region, mixed

    return min(voices, key=rank).id

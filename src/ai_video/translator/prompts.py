"""Prompts of a read shot, in the language and form that a template's model was trained on.

Order: shot size, subject with looks, action, place, time and weather, light, mood, style, camera.
SD 1.5 and SDXL read tags, all others sentences, in Chinese where the model reads Chinese and the
shot is written in it. Names are not said (a model does not know them and may draw their words):
characters are said by trigger words and looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ai_video.comfyui.library import Manifest
from ai_video.filmwords import PhraseForm, gloss, name_of, phrase_of, still_phrase_of, words_of
from ai_video.translator.answer import Prompt, PromptLanguage
from ai_video.translator.levels import CharacterLevel, ShotLevels
from ai_video.translator.request import CharacterInput, TranslateRequest
from ai_video.translator.sanitising import plain
from ai_video.translator.shot import Exclusion, ShotReading

_TAG_FAMILIES: Final = frozenset(["sd15", "sdxl"])
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_MARK: Final = re.compile("\ufffa(\\d+)\ufffb")
_QUALITY: Final = {
    "sd15": "masterpiece, best quality, highly detailed",
    "sdxl": "high quality, highly detailed",
}
_NEGATIVE_TAGS: Final = "low quality, worst quality, blurry, bad anatomy, bad hands, extra fingers, deformed face, watermark, text, signature"
_NEGATIVE: Final[Mapping[PromptLanguage, str]] = {
    "en": "low quality, blurry, distorted faces, deformed hands, extra fingers, watermark, subtitles",
    "zh": "低质量，画面模糊，面部变形，手部畸形，多余的手指，水印，字幕",
}
_MOTION_NEGATIVE: Final[Mapping[PromptLanguage, str]] = {
    "en": "flickering, jittery motion, frozen frames", "zh": "闪烁，抖动，画面静止",
}  # fmt: skip
_MORE: Final[Mapping[str, Mapping[PromptLanguage, str]]] = {
    "people": {"en": "people, person, crowd, pedestrians", "zh": "人物，行人，人群"},
    "text": {"en": "text, letters, captions", "zh": "文字，字幕"},
    "cars": {"en": "cars, vehicles, traffic", "zh": "汽车，车辆"},
    "watermark": {"en": "watermark, logo", "zh": "水印，标志"},
    "animals": {"en": "animals, animal", "zh": "动物"},
}
_OTHERS: Final[Mapping[PromptLanguage, str]] = {
    "en": "other people, crowd, pedestrians, bystanders", "zh": "其他人，行人，人群，路人",
}  # fmt: skip
_SLOT_NAMES: Final = frozenset(
    ["shot_size", "angle", "movement", "time_of_day", "weather", "light", "mood", "style",
     "depth_of_field", "pace"]
)  # fmt: skip
_LONGEST: Final = 1800


@dataclass(frozen=True, slots=True)
class _Person:
    """How a character is said: all of it once, then by its label."""

    whole: str
    label: str


@dataclass(slots=True)
class _Voice:
    """The form that one template wants its prompt in, and words that had no English."""

    form: PhraseForm
    language: PromptLanguage
    moving: bool
    family: str
    untranslated: list[str]

    def phrase(self, slot: str, value: str | None) -> str:
        return phrase_of(slot, value, self.form) if value is not None else ""

    def said(self, text: str) -> str:
        """A text of the input in the prompt's language."""
        if self.language == "zh" or not _CHINESE.search(text):
            return text
        glossed = gloss(text)
        self.untranslated += glossed.untranslated
        return glossed.english


def compose_prompt(
    reading: ShotReading, request: TranslateRequest, *, levels: ShotLevels, manifest: Manifest
) -> Prompt:
    """The prompts of a shot for one template.

    Args:
        levels: who is held by what in this graph; trigger words of its LoRAs are said, each once.
        manifest: family, language and kind of the template, and whether a negative prompt acts.
    """
    family = manifest.family or ""
    language = _language(reading, request, manifest)
    form: PhraseForm = "tags" if family in _TAG_FAMILIES else language
    voice = _Voice(form, language, manifest.output == "video", family, [])
    people = _people(reading, request, levels, voice)
    positive = (
        _tags(reading, request, people, voice)
        if form == "tags"
        else _sentences(reading, request, people, voice)
    )
    positive = _with_triggers(positive, levels.characters, voice)
    negative = _negative(reading, positive, voice) if manifest.negative else ""
    kept = tuple(dict.fromkeys(word for word in voice.untranslated if word in positive))
    return Prompt(positive=positive, negative=negative, language=language, untranslated=kept)


def _language(
    reading: ShotReading, request: TranslateRequest, manifest: Manifest
) -> PromptLanguage:
    """Chinese where the model reads it and the shot is written in it, else English."""
    if manifest.prompt_language == "en":
        return "en"
    written = [piece.language for piece in reading.pieces]
    if not written:
        return "zh" if _CHINESE.search(request.storyboard.description) else "en"
    return "zh" if written.count("zh") * 2 >= len(written) else "en"


def _people(
    reading: ShotReading, request: TranslateRequest, levels: ShotLevels, voice: _Voice
) -> list[_Person]:
    held = {entry.id: entry for entry in levels.characters}
    people: list[_Person] = []
    for found in reading.characters:
        asset = request.character(found.id)
        if asset is not None:
            number = len(people) if len(reading.characters) > 1 else None
            people.append(_person(asset, held.get(found.id), number, voice))
    return people


def _person(
    asset: CharacterInput, held: CharacterLevel | None, number: int | None, voice: _Voice
) -> _Person:
    looks = voice.said(plain(asset.appearance)[:400])
    triggers = _triggers(held)
    noun = _noun(asset.appearance, voice.language)
    if voice.language == "zh":
        label = noun or ("人物" if number is None else f"人物{'甲乙丙丁戊己庚辛'[number % 8]}")
        whole = f"{label}（{looks}）" if looks else label
        return _Person(f"{' '.join(triggers)} {whole}".strip(), label)
    first = re.split(r"[,;，；]", looks)[0].strip() if looks and noun else ""
    label = first or noun or "character"
    if not first or len(first.split()) > 5:
        label = noun or "character"
    whole = ", ".join(part for part in (*triggers, looks or label) if part)
    bare = re.sub(r"^(?:a|an|the) ", "", label)
    return _Person(whole, triggers[0] if triggers else f"the {bare}")


_PERSON_WORDS: Final = re.compile(
    r"\b(?:old |young |middle-aged |elderly )*(?:woman|man|girl|boy|sailor|captain|soldier|teacher|doctor|nurse|detective|"
    r"lady|child|kid|robot|knight|king|queen|princess|prince|warrior|monk|farmer|fisherman|chef|student|grandmother|grandfather|"
    r"dancer|singer|pilot|astronaut|wizard|witch|cat|dog|fox|dragon)\b",
    re.IGNORECASE,
)


def _noun(appearance: str, language: PromptLanguage) -> str:
    """The word of an appearance that says what somebody is."""
    english = _PERSON_WORDS.search(appearance)
    people = [word for word in words_of(appearance) if word.kind in ("person", "animal")]
    if language == "zh":
        return people[0].chinese if people else ""
    return people[0].english if people else english[0] if english else ""


def _triggers(held: CharacterLevel | None) -> list[str]:
    if held is None or held.lora is None:
        return []
    return [word for word in (plain(entry) for entry in held.lora.trigger_words) if word]


def _with_triggers(positive: str, held: Iterable[CharacterLevel], voice: _Voice) -> str:
    """Every trigger word of a bound LoRA is in the prompt, once."""
    missing = [
        word for entry in held for word in _triggers(entry) if word.lower() not in positive.lower()
    ]
    joint = "，" if voice.language == "zh" else ", "
    return joint.join([*dict.fromkeys(missing), positive]) if missing else positive


def _tags(
    reading: ShotReading, request: TranslateRequest, people: Sequence[_Person], voice: _Voice
) -> str:
    slots = reading.slots
    subjects = [person.whole for person in people]
    actions = [
        _named(voice.said(piece.text), people, first=len(people) == 1) for piece in reading.pieces
    ]
    tags = [
        voice.phrase("shot_size", slots.shot_size),
        voice.phrase("angle", slots.angle),
        *subjects,
        *actions,
        _place(reading, request, voice),
        *_atmosphere(reading, request, voice),
        *_camera(reading, voice),
        _QUALITY.get(voice.family, ""),
    ]
    return ", ".join(_distinct(_allowed(", ".join(tag for tag in tags if tag), reading, ", ")))[
        :_LONGEST
    ]


def _sentences(
    reading: ShotReading, request: TranslateRequest, people: Sequence[_Person], voice: _Voice
) -> str:
    """Prose: who does what, then where, light and camera, a sentence each."""
    chinese = voice.language == "zh"
    joint, stop = ("，", "。") if chinese else (", ", ". ")
    slots = reading.slots
    said: set[int] = set()
    actions: list[str] = []
    for piece in reading.pieces:
        actions.append(_introduced(voice.said(piece.text), people, said))
    for number, person in enumerate(people):
        if number not in said:
            actions.insert(0, person.whole)
    shot = [voice.phrase("shot_size", slots.shot_size), voice.phrase("angle", slots.angle)]
    place = _place(reading, request, voice)
    head = [*(part for part in shot if part), *actions]
    if place:
        head.append(place if chinese else f"in {place}")
    parts = [
        joint.join(_distinct(_allowed(joint.join(part for part in head if part), reading, joint))),
        joint.join(
            _distinct(_allowed(joint.join(_atmosphere(reading, request, voice)), reading, joint))
        ),
        *(part for part in (entry.rstrip("。. ") for entry in _camera(reading, voice)) if part),
    ]
    sentences = [part[0].upper() + part[1:] for part in parts if part]
    text = stop.join(sentences)
    return (text + stop.strip())[:_LONGEST] if text else ""


def _named(text: str, people: Sequence[_Person], *, first: bool) -> str:
    """Tags: a lone character is said before them, several by their labels."""

    def label(match: re.Match[str]) -> str:
        number = int(match[1])
        return "" if first or number >= len(people) else people[number].label

    named = _MARK.sub(label, text)
    named = (
        re.sub(r"^(?:the|The|'s|’s|的|和|and|with)\s+(?=\S)", "", named.strip()) if first else named
    )
    return re.sub(r"\s+", " ", named).strip(" ,")


def _introduced(text: str, people: Sequence[_Person], said: set[int]) -> str:
    """Prose: a character is said with looks the first time, then by its label."""

    def name(match: re.Match[str]) -> str:
        number = int(match[1])
        if number >= len(people):
            return ""
        if number in said:
            return people[number].label
        said.add(number)
        return people[number].whole

    text = re.sub("\\b[Tt]he (?=\ufffa)", "", text)
    return re.sub(r"\s+", " ", _MARK.sub(name, text)).strip()


def _place(reading: ShotReading, request: TranslateRequest, voice: _Voice) -> str:
    if reading.place:
        return voice.said(reading.place)
    scene = request.scene(reading.scene.id) if reading.scene is not None else None
    name = plain(scene.name)[:80] if scene is not None else ""
    return voice.said(name)


def _atmosphere(reading: ShotReading, request: TranslateRequest, voice: _Voice) -> list[str]:
    """Time, weather, light, mood, colour, depth and style."""
    slots = reading.slots
    plain_form = voice.form != "tags"
    moods = [voice.phrase("mood", value) for value in slots.mood]
    if plain_form and moods:
        joined = ("、" if voice.language == "zh" else " and ").join(moods)
        moods = [f"气氛{joined}" if voice.language == "zh" else f"{_article(joined)} {joined} mood"]
    styles = [voice.phrase("style", value) for value in slots.style]
    if not slots.style and request.project.style_preset:
        styles.append(voice.said(plain(request.project.style_preset)[:120]))
    palette = slots.palette
    colours = [voice.said(plain(entry)[:40]) for entry in request.project.color_palette[:6]]
    rows = [
        voice.phrase("time_of_day", slots.time_of_day),
        *(voice.phrase("weather", value) for value in slots.weather),
        *(voice.phrase("light", value) for value in slots.light),
        *moods,
        voice.phrase("temperature", palette.temperature),
        voice.phrase("saturation", palette.saturation),
        voice.phrase("contrast", palette.contrast),
        *(entry for entry in colours if not entry.startswith("#")),
        voice.phrase("depth_of_field", slots.depth_of_field),
        *styles,
    ]
    return [row for row in rows if row]


def _camera(reading: ShotReading, voice: _Voice) -> list[str]:
    """How the camera and the picture move; for a still, what a movement means for it."""
    slots = reading.slots
    if not voice.moving:
        return [still_phrase_of(slots.movement, voice.form)] if slots.movement else []
    rows = [voice.phrase("movement", slots.movement), voice.phrase("pace", slots.pace)]
    if not any(rows):
        alive: Mapping[str, str] = {
            "tags": "natural movement",
            "en": "Everything moves gently and naturally",
            "zh": "画面有自然的动态",
        }
        rows = [alive[voice.form]]
    return [row for row in rows if row]


def _article(text: str) -> str:
    return "an" if text[:1].lower() in "aeiou" else "a"


def _distinct(parts: Iterable[str]) -> list[str]:
    return list({part.strip().lower(): part.strip() for part in parts if part.strip()}.values())


def _allowed(text: str, reading: ShotReading, joint: str) -> list[str]:
    """Parts of a prompt without those of ours that say a forbidden noun."""
    nouns = [_singular(entry.noun) for entry in reading.exclude if entry.slot is None]
    parts = text.split(joint)
    if not nouns:
        return parts
    ours = {tag.strip() for tag in _own_words()}
    pattern = re.compile(
        rf"\b(?:{'|'.join(re.escape(noun) for noun in nouns)})(?:s|es)?\b", re.IGNORECASE
    )
    return [part for part in parts if not (part.strip() in ours and pattern.search(part))]


def _own_words() -> Iterator[str]:
    for slot, values in _PHRASED.items():
        for value in values:
            for form in ("tags", "en"):
                yield from phrase_of(slot, value, form).split(",")


_PHRASED: Final[Mapping[str, Sequence[str]]] = {
    "weather": ("rain", "storm", "snow", "blizzard", "fog", "clear", "overcast"),
    "light": ("practical", "firelight", "candlelight", "hard", "neon", "volumetric", "low_key"),
    "time_of_day": ("golden_hour", "noon"),
    "depth_of_field": ("shallow",),
}


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def _negative(reading: ShotReading, positive: str, voice: _Voice) -> str:
    """What must not be there first, then what no picture should have; never what it should show."""
    chinese = voice.language == "zh"
    joint = "，" if chinese else ", "
    rows = [_forbidden(entry, reading, voice) for entry in reading.exclude]
    usual = _NEGATIVE_TAGS if voice.form == "tags" else _NEGATIVE[voice.language]
    usual_parts = usual.split(joint)
    if voice.moving and reading.slots.movement != "static":
        usual_parts += _MOTION_NEGATIVE[voice.language].split(joint)
    elif voice.moving:
        usual_parts += _MOTION_NEGATIVE[voice.language].split(joint)[:2]
    shown = positive.lower()
    usual_parts = (
        [
            part
            for part in usual_parts
            if not (chinese or re.search(rf"\b{re.escape(part)}\b", shown))
        ]
        if not chinese
        else [part for part in usual_parts if part not in shown]
    )
    return joint.join(_distinct(part for row in [*rows, *usual_parts] for part in row.split(joint)))


def _forbidden(entry: Exclusion, reading: ShotReading, voice: _Voice) -> str:
    if entry.noun == "people" and reading.characters:
        return _OTHERS[voice.language]
    if entry.noun in _MORE:
        return _MORE[entry.noun][voice.language]
    if entry.slot in _SLOT_NAMES:
        lang: Literal["zh", "en"] = voice.language
        return name_of(entry.slot, entry.noun, lang)
    if voice.language == "zh":
        return entry.word if _CHINESE.search(entry.word) else entry.noun
    return entry.noun.replace("_", " ")

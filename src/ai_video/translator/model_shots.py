"""A shot as a language model is told of it: cleaned text and the assets that it may speak of.

The model reads the text that the rules read: quoted speech, titles, mark-up and what reads like an
instruction are blanked before it sees them, and dialogue is not sent at all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue
from pydantic_core import to_json

from ai_video.comfyui.library import Template
from ai_video.translator.answer import PromptLanguage
from ai_video.translator.choice import starts_from_picture
from ai_video.translator.naming import find_people
from ai_video.translator.reading import read_shot
from ai_video.translator.request import TranslateRequest
from ai_video.translator.sanitising import BLANK, clean, plain
from ai_video.translator.shot import ShotReading

MOST_CANDIDATES: Final = 8
_MOST_SCENES: Final = 24
_MOST_NAMES: Final = 8
_PLAIN_ID: Final = re.compile(r"[\w.-]{1,16}")
_SENTENCES: Final = re.compile(r"[。！？；!?;\n]+|\.(?=\s|$)")
_SPEAKER: Final = re.compile(r"^[^:：]{1,20}[:：]")


@dataclass(frozen=True, slots=True)
class ModelShot:
    """One shot, ready to be asked about.

    Attributes:
        by_rules: what the rules read of it; the law of who is in it, of levels and of aspect.
        allowed: ids that may be in the picture: listed, or named by the text and not denied.
        known: ids of assets that the text speaks of, the allowed ones first.
        templates: those among which the rules leave the choice open; empty: it is not asked.
        language: of the words that the model writes for the prompt.
        silenced: speech and blanked passages, none of which may be in a prompt; folded.
    """

    request: TranslateRequest
    by_rules: ShotReading
    allowed: tuple[str, ...]
    known: tuple[str, ...]
    templates: tuple[Template, ...]
    language: PromptLanguage
    text: str
    notes: str
    camera: str
    silenced: tuple[str, ...]

    @property
    def scenes(self) -> tuple[str, ...]:
        """Ids of the scenes to choose from; none where the shot says its own."""
        scene = self.by_rules.scene
        if scene is not None and scene.by == "id":
            return ()
        return tuple(dict.fromkeys(each.id for each in self.request.scene_assets))[:_MOST_SCENES]


def model_shot(request: TranslateRequest, templates: Sequence[Template] = ()) -> ModelShot:
    """A shot to ask about. `templates`: what `open_to_choice` leaves, best first."""
    by_rules = read_shot(request)
    shot = request.storyboard
    texts = (shot.camera_movement or "", shot.description, shot.notes)
    joined = "\n".join(texts)
    naming = find_people(clean(joined).text, request)
    allowed = dict.fromkeys([*(found.id for found in naming.people), *sorted(naming.unclear)])
    camera, text, notes = (_shown(each) for each in texts)
    return ModelShot(
        request=request,
        by_rules=by_rules,
        allowed=tuple(allowed),
        known=tuple(dict.fromkeys([*allowed, *sorted(naming.denied)])),
        templates=tuple(templates)[:MOST_CANDIDATES],
        language=_language(by_rules, templates),
        text=text,
        notes=notes,
        camera=camera,
        silenced=tuple(_silenced(joined, shot.dialogue)),
    )


def folded(text: str) -> str:
    """Letters and digits alone, in lower case: for comparing texts."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


@dataclass(frozen=True, slots=True)
class Handles:
    """Short names for ids, for one batch: an id that is short and plain is its own."""

    of: Mapping[str, str]

    @classmethod
    def over(cls, ids: Iterable[str], letter: str) -> Handles:
        of: dict[str, str] = {}
        unique = list(dict.fromkeys(ids))
        taken = {each for each in unique if _PLAIN_ID.fullmatch(each)}
        number = 0
        for id in unique:
            if id in taken:
                of[id] = id
                continue
            number += 1
            while f"{letter}{number}" in taken:
                number += 1
            of[id] = f"{letter}{number}"
        return cls(of)

    def id(self, handle: str) -> str:
        """The id that a handle stands for; itself where it stands for none."""
        return next((id for id, each in self.of.items() if each == handle), handle)


def shot_facts(
    shot: ModelShot, shot_id: str, characters: Handles, scenes: Handles
) -> dict[str, JsonValue]:
    """What a model is told of one shot."""
    scene = shot.by_rules.scene
    given = scene.id if scene is not None and scene.by == "id" else None
    facts: dict[str, JsonValue] = {
        "shot_id": shot_id,
        "text": shot.text,
        "notes": shot.notes,
        "camera": shot.camera,
        "listed": [
            characters.of[id] for id in shot.request.storyboard.characters if id in shot.known
        ],
        "characters": [characters.of[id] for id in shot.known],
        "scenes": [scenes.of[id] for id in shot.scenes],
        "scene": _scene_name(shot, given),
        "language": shot.language,
        "templates": [template.id for template in shot.templates],
    }
    return {key: value for key, value in facts.items() if value}


def character_facts(shot: ModelShot, id: str, handle: str) -> dict[str, JsonValue]:
    asset = shot.request.character(id)
    if asset is None:
        return {"id": handle}
    return {
        "id": handle,
        "name": plain(asset.name)[:60],
        "aliases": [plain(each)[:60] for each in asset.aliases[:_MOST_NAMES]],
        "looks": plain(asset.appearance)[:160],
    }


def scene_facts(shot: ModelShot, id: str, handle: str) -> dict[str, JsonValue]:
    return {"id": handle, "name": _scene_name(shot, id)}


def catalogue_of(templates: Iterable[Template]) -> list[JsonValue]:
    """What a model is told of templates: the same for the same ones, whatever their order."""
    rows: list[JsonValue] = []
    for template in sorted(templates, key=lambda each: each.id):
        manifest = template.manifest
        rows.append(
            {
                "id": template.id,
                "name": manifest.name_en,
                "makes": manifest.output,
                "purpose": manifest.purpose,
                "family": manifest.family,
                "reads_chinese": manifest.prompt_language == "zh_en",
                "negative_prompt": manifest.negative,
                "starts_from_a_picture": starts_from_picture(template),
                "longest_s": round(manifest.clip.longest_s, 1) if manifest.clip else None,
            }
        )
    return rows


def shot_digest(shot: ModelShot, asked_with: Sequence[str]) -> str:
    """Of the shot, its assets and whatever else the question is made of: template digests too."""
    people, places = Handles.over(shot.known, "C"), Handles.over(shot.scenes, "P")
    matter: list[JsonValue] = [
        *asked_with,
        shot_facts(shot, "", people, places),
        [character_facts(shot, id, id) for id in shot.known],
        [scene_facts(shot, id, id) for id in shot.scenes],
        [template.digest for template in shot.templates],
    ]
    return hashlib.sha256(to_json(matter)).hexdigest()


def _shown(text: str) -> str:
    """A text as it is told: what was blanked is an ellipsis."""
    cleaned = re.sub(rf"[{BLANK}]+", "…", clean(text).text)
    return re.sub(r"[ \t]+", " ", cleaned).strip()


def _scene_name(shot: ModelShot, id: str | None) -> str:
    asset = shot.request.scene(id) if id is not None else None
    return plain(asset.name)[:80] if asset is not None else ""


def _language(by_rules: ShotReading, templates: Sequence[Template]) -> PromptLanguage:
    """Chinese where the shot is and every template reads it: the words then fit whichever is taken."""
    chinese = [piece.language for piece in by_rules.pieces].count("zh") * 2 >= max(
        1, len(by_rules.pieces)
    )
    reads = bool(templates) and all(t.manifest.prompt_language == "zh_en" for t in templates)
    return "zh" if chinese and reads else "en"


def _silenced(joined: str, dialogue: str) -> Iterator[str]:
    """Passages that were blanked, and each sentence of the dialogue; only those long enough to tell."""
    cleaned = clean(joined).text
    passages = [
        joined[match.start() : match.end()] for match in re.finditer(rf"[{BLANK}]+", cleaned)
    ]
    passages += [_SPEAKER.sub("", line.strip()) for line in dialogue.splitlines()]
    for passage in passages:
        for sentence in _SENTENCES.split(passage):
            said = folded(sentence)
            if len(said) >= (8 if said.isascii() else 4):
                yield said

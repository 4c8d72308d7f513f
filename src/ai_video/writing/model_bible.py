"""Who and where a text is about, as a model reads it: kept only where the text really says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ai_video.domain.slots import Style
from ai_video.filmwords import fold
from ai_video.writing.cues import CROWD, NARRATORS
from ai_video.writing.model_answers import ContentAnswer, FoundCharacter, FoundScene, plain
from ai_video.writing.model_items import Chunk
from ai_video.writing.plan import Cast, CharacterDraft, SceneDraft
from ai_video.writing.script import paragraph_digest

SECTION: Final = 9_000
"""Characters that are read in one call, about."""
_CUTS: Final = 4


@dataclass(slots=True)
class Bible:
    """The people and places of an episode; what the project has already stays as it is."""

    known: Cast
    characters: dict[str, CharacterDraft] = field(default_factory=dict[str, CharacterDraft])
    scenes: dict[str, SceneDraft] = field(default_factory=dict[str, SceneDraft])
    words: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """How the text names a scene, by its name."""
    style: tuple[Style, ...] = ()

    def __post_init__(self) -> None:
        self.characters |= {person.name: person for person in self.known.characters}
        self.scenes |= {scene.name: scene for scene in self.known.scenes}

    def take(self, answer: ContentAnswer, text: str) -> None:
        """Add what an answer found; names that do not stand in the text are dropped."""
        for found in answer.characters:
            self._person(found, text)
        for scene in answer.scenes:
            self._scene(scene, text)
        self.style = self.style or answer.style

    @property
    def cast(self) -> Cast:
        return Cast(tuple(self.characters.values()), tuple(self.scenes.values()))

    def scenes_in(self, chunk: Chunk) -> list[str]:
        """Scenes that a chunk may be set in: named in it, or where the rules place it."""
        text = chunk.text
        named = [name for name, words in self.words.items() if any(word in text for word in words)]
        placed = [piece.setting.name for piece in chunk.pieces if piece.setting.name]
        return list(dict.fromkeys(name for name in (*placed, *named) if name in self.scenes))

    def _person(self, found: FoundCharacter, text: str) -> None:
        spoken = [name.strip() for name in (found.name, *found.aliases)]
        spoken = [name for name in dict.fromkeys(spoken) if name in text and _is_name(name)]
        if not spoken:
            return
        owners = self._owners()
        owner = next((owners[name] for name in spoken if name in owners), None)
        if owner is None:
            self.characters[spoken[0]] = CharacterDraft(
                name=spoken[0],
                aliases=tuple(spoken[1:]),
                gender=found.gender,
                age=found.age,
                appearance=plain(found.appearance),
                personality=plain(found.personality),
            )
            return
        person = self.characters[owner]
        free = tuple(name for name in spoken if name not in owners)
        self.characters[owner] = replace(
            person,
            aliases=person.aliases if self._has(owner) else (*person.aliases, *free),
            gender=person.gender or found.gender,
            age=person.age or found.age,
            appearance=person.appearance or plain(found.appearance),
            personality=person.personality or plain(found.personality),
        )

    def _owners(self) -> dict[str, str]:
        return {
            form: person.name
            for person in self.characters.values()
            for form in (*person.aliases, person.name)
        }

    def _scene(self, found: FoundScene, text: str) -> None:
        name, word = plain(found.name), found.words.strip()
        if not name or not word or word not in text:
            return
        self.words.setdefault(name, set()).add(word)
        scene = self.scenes.get(name)
        if scene is None:
            description = plain(found.description)
            self.scenes[name] = SceneDraft(name, description, found.place)
        elif scene not in self.known.scenes and not scene.description:
            self.scenes[name] = replace(scene, description=plain(found.description))

    def _has(self, name: str) -> bool:
        return any(person.name == name for person in self.known.characters)


def _is_name(name: str) -> bool:
    """No pronoun of one character, no crowd, no narrator."""
    folded = fold(name)
    return len(name) >= 2 and not CROWD.match(folded) and folded.lower() not in NARRATORS


def sections_of(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Chunks put together for reading; cut, like chunks, where the text itself says so."""
    sections: list[list[Chunk]] = []
    size = 0
    for chunk in chunks:
        length = len(chunk.text)
        mark = int(paragraph_digest(chunk.text)[:8], 16)
        if (
            not sections
            or size + length > 2 * SECTION
            or (size >= SECTION // 2 and mark % _CUTS == 0)
        ):
            sections.append([])
            size = 0
        sections[-1].append(chunk)
        size += length
    return [
        Chunk(
            tuple(beat for chunk in section for beat in chunk.beats),
            tuple(piece for chunk in section for piece in chunk.pieces),
        )
        for section in sections
    ]


def forms_of(people: Sequence[CharacterDraft]) -> Mapping[str, str]:
    """Name or alias → name."""
    return {form: person.name for person in people for form in (*person.aliases, person.name)}

"""Which LoRA a character should be drawn with in graphs of a base model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from pypinyin import lazy_pinyin

from ai_video.domain.entities import Character, Json, LoraAsset
from ai_video.errors import Conflict, Language
from ai_video.lora import Fit, compatibility
from ai_video.lora.compatibility import REASONS
from ai_video.storage.database import Unit
from ai_video.studio.records.records import edit_record
from ai_video.studio.requests import Document, StaleRow
from ai_video.studio.studio import Studio

Match = Literal["assigned", "name", "trigger_word", "tag", "file_name", "pinyin"]
MATCHES: Final[tuple[Match, ...]] = (
    "assigned", "name", "trigger_word", "tag", "file_name", "pinyin",
)  # fmt: skip
"""How a LoRA is known to be of a character, the surest first."""
_FITS: Final = ("yes", "unknown", "no")
_SHORTEST_PINYIN: Final = 4
_MOST_CANDIDATES: Final = 20
_WORD = re.compile(r"[a-z]+|[^\W\d_a-z]+")


class LoraChoice(Document):
    """`selected` is null where no LoRA is known to be of the character; candidates say why."""

    ok: bool
    character_id: UUID
    base_model: str
    selected: Json | None
    candidates: list[Json]
    assigned: bool
    stale: list[StaleRow]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A LoRA that may be the character's. `match`: None where nothing says whose it is."""

    lora: LoraAsset
    match: Match | None
    fit: Fit

    @property
    def usable(self) -> bool:
        return self.match is not None and self.fit.answer != "no"

    @property
    def rank(self) -> tuple[object, ...]:
        """Smaller is better; the same for the same records, whatever order they come in."""
        match = len(MATCHES) if self.match is None else MATCHES.index(self.match)
        return (
            not self.usable,
            match > 0,
            _FITS.index(self.fit.answer),
            match,
            self.lora.project_id is None,
            -self.lora.usage_count,
            self.lora.name,
            self.lora.id,
        )


async def select_lora_for_character(
    studio: Studio, character_id: UUID, *, base_model: str, assign: bool = False
) -> LoraChoice:
    """The LoRA that holds a character's looks on a base model, and why; null where none is known to.

    A LoRA is the character's when it was assigned, or when its name, trigger words, tags or file name
    name the character (by name, alias or pinyin); nobody else's LoRA is ever chosen.

    Args:
        assign: make it the character's LoRA from now on.

    Raises:
        NotFound: no such character. Conflict: `lora_none_to_assign`, or the project is archived.
    """

    async def work(unit: Unit) -> tuple[Character, list[LoraAsset]]:
        character = await unit.get(Character, character_id)
        loras = await unit.find(LoraAsset, status="ready")
        usable = (None, character.project_id)
        return character, [lora for lora in loras if lora.project_id in usable]

    character, loras = await studio.database.read(work)
    ranked = rank_loras(character, loras, base_model=base_model)
    chosen = ranked[0] if ranked and ranked[0].usable else None
    stale: list[StaleRow] = []
    if assign:
        if chosen is None:
            raise Conflict("lora_none_to_assign", character=character.name, base_model=base_model)
        edited = await edit_record(
            studio, "characters", character_id, {"lora_model_id": str(chosen.lora.id)}
        )
        stale = edited.stale
    return LoraChoice(
        ok=True,
        character_id=character_id,
        base_model=base_model,
        selected=_shown(chosen, studio.language) if chosen else None,
        candidates=[_shown(each, studio.language) for each in ranked[:_MOST_CANDIDATES]],
        assigned=assign,
        stale=stale,
    )


def rank_loras(character: Character, loras: list[LoraAsset], *, base_model: str) -> list[Candidate]:
    """LoRAs of characters, those of this one that fit first."""
    found = [
        Candidate(lora, match_of(character, lora), compatibility(lora, base_model))
        for lora in loras
        if lora.type == "character" or lora.id == character.lora_model_id
    ]
    return sorted(found, key=lambda candidate: candidate.rank)


def match_of(character: Character, lora: LoraAsset) -> Match | None:
    """What says that a LoRA is of this character."""
    if lora.id == character.lora_model_id:
        return "assigned"
    names = [name for name in (character.name, *character.aliases) if name.strip()]
    places: tuple[tuple[Match, tuple[str, ...]], ...] = (
        ("name", (lora.name,)),
        ("trigger_word", lora.trigger_words),
        ("tag", lora.tags),
        ("file_name", (lora.metadata.file_name,)),
    )
    for match, texts in places:
        if any(_names(text, name) for text in texts for name in names):
            return match
    spoken = {_pinyin(name) for name in names} - {""}
    written = {word for _, texts in places for text in texts for word in _words(text)}
    return "pinyin" if spoken & written else None


def _names(text: str, name: str) -> bool:
    """Does a text hold a name, as whole words in alphabets, as characters in Chinese?"""
    wanted, words = _words(name), _words(text)
    if not wanted:
        return False
    if len(wanted) == 1 and not wanted[0].isascii():
        return len(wanted[0]) > 1 and any(wanted[0] in word for word in words)
    return any(
        words[start : start + len(wanted)] == wanted
        for start in range(len(words) - len(wanted) + 1)
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _pinyin(name: str) -> str:
    """A Chinese name as it is spelled in file names; empty for one too short to tell, or not Chinese."""
    if name.isascii():
        return ""
    spelled = "".join(lazy_pinyin(name)).lower()
    return spelled if spelled.isascii() and len(spelled) >= _SHORTEST_PINYIN else ""


def _shown(candidate: Candidate, language: Language) -> Json:
    lora, fit = candidate.lora, candidate.fit
    return {
        "id": str(lora.id),
        "name": lora.name,
        "base_model": lora.base_model,
        "trigger_words": list(lora.trigger_words),
        "recommended_weight": lora.recommended_weight,
        "weight_range": lora.weight_range.model_dump(),
        "matched_by": candidate.match,
        "compatible": fit.answer,
        "reason": {"code": fit.reason, "message": REASONS[fit.reason][language]},
    }

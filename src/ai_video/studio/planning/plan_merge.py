"""An episode's rows are brought to a new plan; what did not change keeps its ids and edits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from ai_video.domain.entities import Character, Line, Project, Scene, Storyboard, StyleConfig
from ai_video.storage.database import Unit
from ai_video.studio.records.episode_history import edited_shots
from ai_video.writing import (
    EpisodePlan,
    LineDraft,
    OldLine,
    OldShot,
    ShotDraft,
    ShotMatch,
    match_shots,
)

_FILLED: Final = ("gender", "age", "appearance", "personality")
"""What a plan fills in of a character that is there, where nobody said it."""


class PlanMerge:
    """Brings an episode's rows to a plan, keeping the ids (and edits) of what did not change."""

    def __init__(
        self,
        unit: Unit,
        project: Project,
        episode_id: UUID,
        plan: EpisodePlan,
        pictures: Mapping[str, UUID],
        planned_before: Counter[str],
    ) -> None:
        self.unit = unit
        self.project = project
        self.episode_id = episode_id
        self.plan = plan
        self.pictures = pictures
        self.characters: dict[str, UUID] = {}
        self.scenes: dict[str, UUID] = {}
        self.planned_before = planned_before
        self.rows: dict[UUID, Storyboard] = {}
        self.lines: dict[UUID, Line] = {}
        """Lines of before that have no place yet."""
        self.settled: set[UUID] = set()
        """Shots whose lines stay as the user made them."""

    async def apply(self) -> list[int]:
        """Returns the numbers of shots whose edits the changed text replaced."""
        await self._characters()
        await self._scenes()
        unit = self.unit
        old = await unit.find(
            Storyboard, episode_id=self.episode_id, order_by=("shot_number", "id")
        )
        edited = await edited_shots(unit, self.episode_id)
        lines = await unit.find(
            Line, storyboard_id=[row.id for row in old], order_by=("order", "id")
        )
        match = match_shots(_old_shots(old, lines), self.plan.shots)
        self.rows = {row.id: row for row in old}
        self.lines = {line.id: line for line in lines}
        own = self._own_shots(old, edited, set(match.shots.values()))
        stay = {*match.shots.values(), *own}
        replaced = [row.shot_number for row in old if row.id in edited and row.id not in stay]
        order: list[UUID] = []
        for index, draft in enumerate(self.plan.shots):
            row = self.rows.get(match.shots[index]) if index in match.shots else None
            if row is None and self._was_removed(draft):
                continue
            if row is not None and row.id in edited and index in match.unchanged:
                self.settled.add(row.id)
                await self._change(row, self._place(draft))
            else:
                if row is not None and row.id in edited:
                    replaced.append(index + 1)
                row = await self._write(row, draft, index + 1)
                await self._lines(row.id, index, draft, match)
            order.append(row.id)
        await self._remove_rest(old, stay)
        await self._renumber(_with_own(order, [row.id for row in old], own))
        return sorted(set(replaced))

    def _own_shots(
        self, old: Sequence[Storyboard], edited: set[UUID], matched: set[UUID]
    ) -> set[UUID]:
        """Shots a person made (inserted, or split off) whose paragraph still reads as before."""
        digests = {draft.source_digest for draft in self.plan.shots} | {""}
        own = {
            row.id
            for row in old
            if row.id in edited and row.id not in matched and row.source_digest in digests
        }
        self.settled |= own
        return own

    def _was_removed(self, draft: ShotDraft) -> bool:
        """The last text led to this shot too and no row is left of it: a person took it out."""
        wanted = sum(other.source_digest == draft.source_digest for other in self.plan.shots)
        return self.planned_before[draft.source_digest] >= wanted

    async def _characters(self) -> None:
        rows = await self.unit.find(Character, project_id=self.project.id, order_by=("id",))
        by_name = {name: row for row in rows for name in (*row.aliases, row.name)}
        for draft in self.plan.characters:
            row = by_name.get(draft.name)
            if row is None:
                row = await self.unit.add(
                    Character.fresh(
                        project_id=self.project.id,
                        name=draft.name,
                        aliases=tuple(draft.aliases),
                        appearance=draft.appearance,
                        personality=draft.personality,
                        gender=draft.gender,
                        age=draft.age,
                    )
                )
            else:
                missing = {
                    name: getattr(draft, name)
                    for name in _FILLED
                    if not getattr(row, name) and getattr(draft, name)
                }
                if missing:
                    row = await self.unit.change(row, **missing)
            for name in (draft.name, *draft.aliases):
                self.characters[name] = row.id
        for name, row in by_name.items():
            self.characters.setdefault(name, row.id)

    async def _scenes(self) -> None:
        rows = await self.unit.find(Scene, project_id=self.project.id, order_by=("id",))
        self.scenes = {row.name: row.id for row in rows}
        for draft in self.plan.scenes:
            if draft.name in self.scenes:
                continue
            row = await self.unit.add(
                Scene.fresh(
                    project_id=self.project.id,
                    name=draft.name,
                    description=draft.description,
                    style_config=StyleConfig(place=draft.place, slots=draft.slots),
                )
            )
            self.scenes[draft.name] = row.id

    def _fields(self, draft: ShotDraft, number: int) -> dict[str, object]:
        return {
            "scene_number": draft.scene_number,
            "shot_number": number,
            "description": draft.description,
            "duration": draft.duration_s,
            "camera_movement": draft.camera_movement,
            "characters": tuple(
                self.characters[name] for name in draft.character_names if name in self.characters
            ),
            "scene_id": self.scenes.get(draft.scene_name) if draft.scene_name else None,
            "slots": draft.slots,
            "card": draft.card,
            "source_paragraphs": tuple(draft.source_paragraphs),
            "source_digest": draft.source_digest,
            "transition": draft.transition,
            "picture_asset_id": self.pictures.get(draft.picture) if draft.picture else None,
        }

    async def _write(self, row: Storyboard | None, draft: ShotDraft, number: int) -> Storyboard:
        fields = self._fields(draft, number)
        if row is not None:
            await self._change(row, fields)
            return row
        row = await self.unit.add(Storyboard.fresh(episode_id=self.episode_id, **fields))
        self.rows[row.id] = row
        return row

    async def _lines(self, shot_id: UUID, index: int, draft: ShotDraft, match: ShotMatch) -> None:
        """Bring a shot's lines to its draft; a line keeps its id, also when it moved here."""
        for position, line in enumerate(draft.lines):
            fields = {
                **self._line_fields(line),
                "storyboard_id": shot_id,
                "order": position + 1,
            }
            old = (
                self.lines.pop(match.lines[index, position], None)
                if ((index, position) in match.lines)
                else None
            )
            if old is None:
                await self.unit.add(Line.fresh(**fields))
            else:
                await self._change(old, fields)

    async def _remove_rest(self, old: Sequence[Storyboard], kept: set[UUID]) -> None:
        """What the new text has no place for; kept edited shots keep the lines they have."""
        settled = self.settled
        for line in self.lines.values():
            if line.storyboard_id not in settled:
                await self.unit.remove(Line, line.id)
        for row in old:
            if row.id not in kept:
                await self.unit.remove(Storyboard, row.id)

    def _line_fields(self, draft: LineDraft) -> dict[str, object]:
        return {
            "character_id": self.characters.get(draft.speaker) if draft.speaker else None,
            "speaker": draft.speaker,
            "text": draft.text,
            "delivery": draft.delivery,
            "speed": draft.speed,
        }

    def _place(self, draft: ShotDraft) -> dict[str, object]:
        """Where a shot stands in the text; all that changes of one a person edited."""
        return {
            "scene_number": draft.scene_number,
            "source_paragraphs": tuple(draft.source_paragraphs),
        }

    async def _renumber(self, order: Sequence[UUID]) -> None:
        for number, id in enumerate(order, start=1):
            await self._change(self.rows[id], {"shot_number": number})

    async def _change(self, row: Storyboard | Line, fields: Mapping[str, object]) -> None:
        changes = {name: value for name, value in fields.items() if getattr(row, name) != value}
        if not changes:
            return
        if isinstance(row, Line):
            await self.unit.change(row, **changes)
        else:
            self.rows[row.id] = await self.unit.change(row, **changes)


def _with_own(order: Sequence[UUID], old: Sequence[UUID], own: set[UUID]) -> list[UUID]:
    """The new order with a person's own shots behind the shots they followed."""
    placed = list(order)
    before: UUID | None = None
    for id in old:
        if id in own:
            placed.insert(placed.index(before) + 1 if before is not None else 0, id)
        if id in placed:
            before = id
    return placed


def _old_shots(shots: Sequence[Storyboard], lines: Sequence[Line]) -> list[OldShot]:
    by_shot: defaultdict[UUID, list[OldLine]] = defaultdict(list)
    for line in lines:
        by_shot[line.storyboard_id].append(
            OldLine(id=line.id, speaker=line.speaker, text=line.text)
        )
    return [
        OldShot(
            id=shot.id,
            source_digest=shot.source_digest,
            lines=tuple(by_shot[shot.id]),
            description=shot.description,
        )
        for shot in shots
    ]

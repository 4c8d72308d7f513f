"""A text becomes the shots of an episode; after an edit, unchanged paragraphs keep their shots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from ai_video.domain.entities import (
    Character,
    Episode,
    Json,
    Lang,
    Line,
    Mode,
    Project,
    Scene,
    Script,
    Storyboard,
    StyleConfig,
)
from ai_video.storage.database import Unit
from ai_video.studio.episode_history import TEXT, edited_shots, remember_edit, rows_of_episode
from ai_video.studio.studio import Studio
from ai_video.writing.match import OldShot, match_shots
from ai_video.writing.plan import (
    Cast,
    CharacterDraft,
    EpisodePlan,
    LineDraft,
    SceneDraft,
    ShotDraft,
    WriterOptions,
)
from ai_video.writing.script import parse_script
from ai_video.writing.writer import RuleWriter


@dataclass(frozen=True, slots=True)
class StoryText:
    """One episode's text and how it is to be read."""

    content: str
    source_format: str
    mode: Mode
    lang: Lang
    length: float | None
    pictures: Mapping[str, UUID] = field(default_factory=dict[str, UUID])


async def storyboard_episode(studio: Studio, episode_id: UUID, story: StoryText) -> None:
    """Write the script and plan its shots; nothing happens when text and options are unchanged."""
    project, episode, script = await studio.database.read(lambda unit: _before(unit, episode_id))
    same_text = script is not None and script.content == story.content
    same_options = (episode.mode, episode.length) == (story.mode, story.length)
    if same_text and same_options and project.settings.lang == story.lang:
        return
    parsed = parse_script(
        story.content, mode=story.mode, lang=story.lang, source_format=story.source_format
    )
    known = await studio.database.read(lambda unit: _known_cast(unit, project.id))
    plan = await RuleWriter().storyboards(
        parsed,
        known=known,
        options=WriterOptions(
            mode=story.mode, lang=story.lang, length_s=story.length, fps=project.settings.fps
        ),
    )

    async def work(unit: Unit) -> None:
        before = await rows_of_episode(unit, episode_id)
        version = script.version + 1 if script else 1
        replaced = await _Merge(unit, project, episode_id, plan, story.pictures).apply()
        if not same_text or script is None:
            await unit.add(_script(episode_id, story.content, parsed.as_json(), version, plan))
        elif script.degraded != _degraded(plan):
            await unit.change(script, degraded=_degraded(plan))
        current = await unit.get(Episode, episode_id)
        await unit.change(current, mode=story.mode, length=story.length, status="storyboarded")
        if before["storyboards"]:
            await remember_edit(unit, episode_id, label=TEXT, before=before)
        if replaced:
            await _say_replaced(unit, episode_id, replaced)

    await studio.database.write(work)


async def _before(unit: Unit, episode_id: UUID) -> tuple[Project, Episode, Script | None]:
    episode = await unit.get(Episode, episode_id)
    project = await unit.get(Project, episode.project_id)
    scripts = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    return project, episode, scripts[0] if scripts else None


async def _known_cast(unit: Unit, project_id: UUID) -> Cast:
    characters = await unit.find(Character, project_id=project_id, order_by=("id",))
    scenes = await unit.find(Scene, project_id=project_id, order_by=("id",))
    return Cast(
        characters=tuple(
            CharacterDraft(
                name=row.name,
                aliases=row.aliases,
                gender=row.gender,
                age=row.age,
                appearance=row.appearance,
            )
            for row in characters
        ),
        scenes=tuple(
            SceneDraft(
                name=row.name,
                description=row.description,
                place=row.style_config.place or "abstract",
            )
            for row in scenes
        ),
    )


def _degraded(plan: EpisodePlan) -> list[Json]:
    return [
        {"code": row.code, "fields": cast("Json", dict(row.fields)), "shot": row.shot}
        for row in plan.degraded
    ]


def _script(
    episode_id: UUID, content: str, structured: Json, version: int, plan: EpisodePlan
) -> Script:
    return Script.fresh(
        episode_id=episode_id,
        content=content,
        structured_content=structured,
        version=version,
        degraded=_degraded(plan),
    )


async def _say_replaced(unit: Unit, episode_id: UUID, shots: Sequence[int]) -> None:
    scripts = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    rows = list(scripts[0].degraded)
    rows += [
        {"code": "edit_replaced", "fields": {"shot": shot}, "shot": shot - 1} for shot in shots
    ]
    await unit.change(scripts[0], degraded=rows)


class _Merge:
    """Brings an episode's rows to a plan, keeping the ids (and edits) of what did not change."""

    def __init__(
        self,
        unit: Unit,
        project: Project,
        episode_id: UUID,
        plan: EpisodePlan,
        pictures: Mapping[str, UUID],
    ) -> None:
        self.unit = unit
        self.project = project
        self.episode_id = episode_id
        self.plan = plan
        self.pictures = pictures
        self.characters: dict[str, UUID] = {}
        self.scenes: dict[str, UUID] = {}

    async def apply(self) -> list[int]:
        """Returns the numbers of shots whose edits the changed text replaced."""
        await self._characters()
        await self._scenes()
        unit = self.unit
        old = await unit.find(
            Storyboard, episode_id=self.episode_id, order_by=("shot_number", "id")
        )
        edited = await edited_shots(unit, self.episode_id)
        rows = {row.id: row for row in old}
        kept = match_shots(
            [
                OldShot(id=row.id, source_digest=row.source_digest, description=row.description)
                for row in old
            ],
            self.plan.shots,
        )
        replaced: list[int] = []
        for row in old:
            if row.id not in kept.values():
                if row.id in edited:
                    replaced.append(row.shot_number)
                await unit.remove(Storyboard, row.id)
        for index, draft in enumerate(self.plan.shots):
            row = rows.get(kept[index]) if index in kept else None
            number = index + 1
            if row is None:
                await self._add(draft, number)
                continue
            if row.id in edited and row.source_digest == draft.source_digest:
                await self._renumber(row, draft, number)
                continue
            if row.id in edited:
                replaced.append(number)
            await self._replace(row, draft, number)
        return sorted(set(replaced))

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
                        gender=draft.gender,
                        age=draft.age,
                    )
                )
            else:
                missing = {
                    name: getattr(draft, name)
                    for name in ("gender", "age")
                    if getattr(row, name) is None and getattr(draft, name) is not None
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

    async def _add(self, draft: ShotDraft, number: int) -> None:
        shot = await self.unit.add(
            Storyboard.fresh(episode_id=self.episode_id, **self._fields(draft, number))
        )
        for order, line in enumerate(draft.lines, start=1):
            await self.unit.add(self._line(shot.id, line, order))

    def _line(self, shot_id: UUID, draft: LineDraft, order: int) -> Line:
        return Line.fresh(storyboard_id=shot_id, order=order, **self._line_fields(draft))

    def _line_fields(self, draft: LineDraft) -> dict[str, object]:
        return {
            "character_id": self.characters.get(draft.speaker) if draft.speaker else None,
            "speaker": draft.speaker,
            "text": draft.text,
            "delivery": draft.delivery,
            "speed": draft.speed,
        }

    async def _renumber(self, row: Storyboard, draft: ShotDraft, number: int) -> None:
        """An edited shot under an unchanged paragraph: only its place in the episode moves."""
        fields = {
            "shot_number": number,
            "scene_number": draft.scene_number,
            "source_paragraphs": tuple(draft.source_paragraphs),
        }
        await self._change(row, fields)

    async def _replace(self, row: Storyboard, draft: ShotDraft, number: int) -> None:
        await self._change(row, self._fields(draft, number))
        lines = await self.unit.find(Line, storyboard_id=row.id, order_by=("order", "id"))
        free = list(lines)
        for order, line in enumerate(draft.lines, start=1):
            same = next((old for old in free if old.text == line.text), None)
            old = same or next((old for old in free if not _wanted(old, draft)), None)
            if old is None:
                await self.unit.add(self._line(row.id, line, order))
                continue
            free.remove(old)
            await self._change(old, {**self._line_fields(line), "order": order})
        for old in free:
            await self.unit.remove(Line, old.id)

    async def _change(self, row: Storyboard | Line, fields: Mapping[str, object]) -> None:
        changes = {name: value for name, value in fields.items() if getattr(row, name) != value}
        if changes:
            await self.unit.change(row, **changes)


def _wanted(line: Line, draft: ShotDraft) -> bool:
    """Another line of the draft says exactly this: its id is kept for that one."""
    return any(other.text == line.text for other in draft.lines)

"""A text becomes the shots of an episode; after an edit, unchanged paragraphs keep their shots."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from ai_video.errors import Language, catalogue
from ai_video.storage.database import Unit
from ai_video.studio.episode_history import (
    TEXT,
    edited_shots,
    remember_edit,
    rows_of_episode,
)
from ai_video.studio.film_cards import card_seconds
from ai_video.studio.studio import Studio
from ai_video.writing import (
    Cast,
    CharacterDraft,
    EpisodePlan,
    LineDraft,
    OldLine,
    OldShot,
    RuleWriter,
    SceneDraft,
    ScriptContent,
    ShotDraft,
    ShotMatch,
    WriterOptions,
    match_shots,
    read_script,
)
from ai_video.writing.source import SourceFormat


@dataclass(frozen=True, slots=True)
class StoryText:
    """One episode's text and how it is to be read."""

    content: str
    title: str
    source_format: SourceFormat
    mode: Mode
    lang: Lang
    length: float | None
    pictures: Mapping[str, UUID] = field(default_factory=dict[str, UUID])


async def storyboard_episode(studio: Studio, episode_id: UUID, story: StoryText) -> None:
    """Write the script and plan its shots; nothing happens when text and options are unchanged."""
    project, episode, script = await studio.database.read(lambda unit: _before(unit, episode_id))
    same_text = script is not None and script.content == story.content
    same_options = (episode.mode, episode.length) == (story.mode, story.length)
    if script is not None and script.planned and same_text and same_options:
        return
    known = await studio.database.read(lambda unit: _known_cast(unit, project.id))
    cards_s = sum(card_seconds(project.settings, story.mode, story.length))
    parsed, plan = await _planned(story, known, project.settings.fps, cards_s)
    left_s = sum(card_seconds(project.settings, story.mode, story.length, shots_s=plan.duration_s))
    if left_s < cards_s:
        cards_s = left_s
        parsed, plan = await _planned(story, known, project.settings.fps, cards_s)
    planned_before: Counter[str] = Counter()
    if script is not None and script.planned and same_options:
        _, last = await _planned(
            replace(story, content=script.content), known, project.settings.fps, cards_s
        )
        planned_before.update(draft.source_digest for draft in last.shots)

    async def work(unit: Unit) -> None:
        before = await rows_of_episode(unit, episode_id)
        replaced = await _Merge(
            unit, project, episode_id, plan, story.pictures, planned_before
        ).apply()
        await _keep_script(unit, episode_id, story, parsed, _degraded(plan, replaced, cards_s))
        current = await unit.get(Episode, episode_id)
        await unit.change(current, mode=story.mode, length=story.length, status="storyboarded")
        if before["storyboards"]:
            await remember_edit(unit, episode_id, label=TEXT, before=before)

    await studio.database.write(work)


async def _planned(
    story: StoryText, known: Cast, fps: int, cards_s: float
) -> tuple[ScriptContent, EpisodePlan]:
    """The text as a script and as shots that leave `cards_s` of the asked length to the cards."""
    parsed = await asyncio.to_thread(
        read_script,
        story.content,
        title=story.title,
        mode=story.mode,
        lang=story.lang,
        source_format=story.source_format,
    )
    length_s = max(1.0, story.length - cards_s) if story.length else None
    options = WriterOptions(mode=story.mode, lang=story.lang, length_s=length_s, fps=fps)
    return parsed, await RuleWriter().storyboards(parsed, known=known, options=options)


async def _keep_script(
    unit: Unit, episode_id: UUID, story: StoryText, parsed: ScriptContent, degraded: list[Json]
) -> None:
    """The version the shots were planned from: a new one where the text is new."""
    found = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    structured = cast("Json", parsed.model_dump(mode="json"))
    if found and found[0].content == story.content:
        await unit.change(found[0], structured_content=structured, degraded=degraded, planned=True)
        return
    await unit.add(
        Script.fresh(
            episode_id=episode_id,
            content=story.content,
            structured_content=structured,
            version=found[0].version + 1 if found else 1,
            degraded=degraded,
            planned=True,
        )
    )


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


def _degraded(plan: EpisodePlan, replaced: Sequence[int], cards_s: float) -> list[Json]:
    """What planning says, with lengths of the whole film, cards included."""
    rows: list[Json] = []
    for row in plan.degraded:
        fields = dict(row.fields)
        for name in ("length_s", "planned_s"):
            length = fields.get(name)
            if isinstance(length, float):
                fields[name] = round(length + cards_s, 1)
        rows.append({"code": row.code, "fields": cast("Json", fields), "shot": row.shot})
    for number in replaced:
        rows.append({"code": "edit_replaced", "fields": {"shot": number}, "shot": number - 1})
    return rows


def degradation_words(code: str, fields: Mapping[str, object], language: Language) -> str:
    """The sentence for something planning could not do as asked."""
    return catalogue()[code].message(language).format_map(fields)


class _Merge:
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

"""A text becomes the shots of an episode; after an edit, unchanged paragraphs keep their shots."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast
from uuid import UUID

from ai_video.domain.entities import (
    Character,
    Episode,
    Json,
    Lang,
    Mode,
    Project,
    ProjectSettings,
    Scene,
    Script,
)
from ai_video.errors import Language, catalogue
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.planning.plan_merge import PlanMerge
from ai_video.studio.planning.proposed_shots import ProposedShots
from ai_video.studio.production.film_cards import card_seconds
from ai_video.studio.records.episode_history import TEXT, remember_edit, rows_of_episode
from ai_video.studio.records.scripts import keep_script
from ai_video.studio.requests import Progress
from ai_video.studio.studio import Studio
from ai_video.writing import (
    Cast,
    CharacterDraft,
    EpisodePlan,
    ModelWriter,
    RuleWriter,
    SceneDraft,
    ScriptContent,
    WriterOptions,
    read_script,
)
from ai_video.writing.source import SourceFormat

RULES: Final = "rules"
PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_FELL: Final = frozenset({"planned_by_rules", "bible_by_rules"})


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


@dataclass(frozen=True, slots=True)
class _Budget:
    """The text read, planned by rules, and how long its shots may be beside the cards."""

    script: ScriptContent
    options: WriterOptions
    plan: EpisodePlan
    cards_s: float


async def storyboard_episode(
    studio: Studio, episode_id: UUID, story: StoryText, *, progress: Progress | None = None
) -> None:
    """Write the script and plan its shots; nothing happens when text and options are unchanged.

    The project's language model plans them, or the rules where it has none. A text that was planned
    as asked asks a model nothing; paragraphs that fell to the rules are asked for again.

    Raises:
        InputRefused: `nothing_to_film`. NotAvailable: the asked model is not enabled or not ready.
        ModelFailed: its key is refused, or nobody answers, at the first call.
    """
    before = await studio.database.read(lambda unit: _before(unit, episode_id))
    project, episode, script = before.project, before.episode, before.newest
    choice = project.settings.llm
    by = (await studio.models.active(choice)).name
    same_options = (episode.mode, episode.length) == (story.mode, story.length)
    if (
        script is not None
        and script.planned
        and script.content == story.content
        and same_options
        and _as_asked(script, by, choice or studio.settings.llm)
    ):
        return
    known = await studio.database.read(lambda unit: _known_cast(unit, project.id))
    budget = await _budget(story, known, project.settings)
    plan = budget.plan
    if by != RULES:
        await _keep_text(studio, episode_id, story, budget.script)
        plan = await _by_model(studio, project, episode_id, budget, known, progress)
    planned_before: Counter[str] = Counter()
    last = before.planned
    if last is not None and same_options and (last.planned_by or RULES) == plan.by:
        planned_before.update(last.planned_shots)

    async def work(unit: Unit) -> None:
        rows = await rows_of_episode(unit, episode_id)
        replaced = await PlanMerge(
            unit, project, episode_id, plan, story.pictures, planned_before
        ).apply()
        degraded = _degraded(plan, replaced, budget.cards_s)
        await _keep_script(unit, episode_id, story, budget.script, plan, degraded)
        current = await unit.get(Episode, episode_id)
        await unit.change(current, mode=story.mode, length=story.length, status="storyboarded")
        if rows["storyboards"]:
            await remember_edit(unit, episode_id, label=TEXT, before=rows)

    await studio.database.write(work)


async def _keep_text(
    studio: Studio, episode_id: UUID, story: StoryText, parsed: ScriptContent
) -> None:
    """Keep the text before a model takes its time over it: whatever happens then, it is there."""
    structure = cast("Json", parsed.model_dump(mode="json"))

    async def work(unit: Unit) -> None:
        await keep_script(unit, episode_id, story.content, structure)

    await studio.database.write(work)


def _as_asked(script: Script, by: str, choice: LlmChoice) -> bool:
    """Were its shots planned by whom they would be planned by now?

    Under `auto` a plan of any model stays; one of the rules gives way to the first model.
    """
    planned_by = script.planned_by or RULES
    if by == RULES:
        return choice != RULES or planned_by == RULES
    if any(row["code"] in _FELL for row in script.degraded):
        return False
    return planned_by != RULES if choice == "auto" else planned_by == by


async def keep_story(studio: Studio, episode_id: UUID, story: StoryText) -> None:
    """See that there is something to film and keep it, before anything is asked of a model.

    Raises:
        InputRefused: `nothing_to_film`.
    """
    before = await studio.database.read(lambda unit: _before(unit, episode_id))
    budget = await _budget(story, Cast(), before.project.settings)
    if before.newest is None or before.newest.content != story.content:
        await _keep_text(studio, episode_id, story, budget.script)


async def _by_model(
    studio: Studio,
    project: Project,
    episode_id: UUID,
    budget: _Budget,
    known: Cast,
    progress: Progress | None,
) -> EpisodePlan:
    choice = project.settings.llm
    llm = await studio.models.structured(choice, project_id=project.id)
    anew = await studio.models.structured(choice, project_id=project.id, anew=True)
    if llm is None:
        return budget.plan
    async with ProposedShots(studio, episode_id, progress) as told:
        writer = ModelWriter(llm, anew=anew, on_shot=told.add)
        return await writer.storyboards(budget.script, known=known, options=budget.options)


async def _budget(story: StoryText, known: Cast, settings: ProjectSettings) -> _Budget:
    """What the cards leave of the asked length; fewer cards where the shots are too long for them."""
    cards_s = sum(card_seconds(settings, story.mode, story.length))
    budget = await _planned(story, known, settings.fps, cards_s)
    shots_s = budget.plan.duration_s
    left_s = sum(card_seconds(settings, story.mode, story.length, shots_s=shots_s))
    if left_s < cards_s:
        budget = await _planned(story, known, settings.fps, left_s)
    return budget


async def _planned(story: StoryText, known: Cast, fps: int, cards_s: float) -> _Budget:
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
    plan = await RuleWriter().storyboards(parsed, known=known, options=options)
    return _Budget(parsed, options, plan, cards_s)


async def _keep_script(
    unit: Unit,
    episode_id: UUID,
    story: StoryText,
    parsed: ScriptContent,
    plan: EpisodePlan,
    degraded: list[Json],
) -> None:
    """The version the shots were planned from: a new one where the text is new."""
    found = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    fields: dict[str, object] = {
        "structured_content": cast("Json", parsed.model_dump(mode="json")),
        "degraded": degraded,
        "planned": True,
        "planned_by": plan.by,
        "planned_shots": tuple(shot.source_digest for shot in plan.shots),
    }
    if found and found[0].content == story.content:
        await unit.change(found[0], **fields)
        return
    version = found[0].version + 1 if found else 1
    await unit.add(
        Script.fresh(episode_id=episode_id, content=story.content, version=version, **fields)
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """How an episode stands: its newest text, and the one that its shots were planned from."""

    project: Project
    episode: Episode
    newest: Script | None
    planned: Script | None


async def _before(unit: Unit, episode_id: UUID) -> _Before:
    episode = await unit.get(Episode, episode_id)
    project = await unit.get(Project, episode.project_id)
    scripts = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    planned = await unit.find(
        Script, episode_id=episode_id, planned=True, order_by=("-version",), limit=1
    )
    return _Before(
        project, episode, scripts[0] if scripts else None, planned[0] if planned else None
    )


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
                personality=row.personality,
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
    """The sentence for something planning could not do as asked.

    The code that is the cause (`because`) is said in its own words.
    """
    said = dict(fields)
    why = catalogue().get(str(said.get("because")))
    if why is not None:
        said["because"] = _filled(why.message(language), said).rstrip("。.")
    return _filled(catalogue()[code].message(language), said)


def _filled(text: str, fields: Mapping[str, object]) -> str:
    return text.format_map({**dict.fromkeys(PLACEHOLDER.findall(text), "-"), **fields})

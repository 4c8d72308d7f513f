"""A text becomes a film: find its project and episode, plan the shots, render."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID

from ai_video.assets import probe
from ai_video.domain.entities import Asset, Episode, Lang, Mode, Project, ProjectSettings, Script
from ai_video.errors import Conflict, InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.film.document import RunReport, film_document
from ai_video.studio.film.parts import film_parts
from ai_video.studio.film.render import Clock, render_film
from ai_video.studio.planning.storyboarding import StoryText, degradation_words, storyboard_episode
from ai_video.studio.production.film_plan import FilmPlan
from ai_video.studio.production.film_snapshot import load_snapshot
from ai_video.studio.records.assets import keep_asset, music_asset
from ai_video.studio.requests import (
    Degraded,
    FilmDocument,
    MakeRequest,
    Progress,
    RenderRequest,
    SeriesDocument,
)
from ai_video.studio.studio import Studio
from ai_video.writing import EpisodeText, detect_lang, detect_mode, split_episodes

STORED_OPTIONS = ("aspect", "size", "fps", "seed", "generator", "voice", "llm")


@dataclass(frozen=True, slots=True)
class PreparedEpisode:
    """An episode that is there, and the text that its film is to be made of."""

    id: UUID
    number: int
    story: StoryText


@dataclass(frozen=True, slots=True)
class PreparedFilms:
    """What a request comes down to, before any shot is planned."""

    project_id: UUID
    llm: str
    """Who plans the shots: rules, or whose model."""
    episodes: tuple[PreparedEpisode, ...]


async def make_film(
    studio: Studio, request: MakeRequest, *, progress: Progress | None = None
) -> FilmDocument | SeriesDocument:
    """Make (or bring up to date) the film of a text, one per episode heading.

    Raises:
        InputRefused: the text is empty or too long, or a named part is not there.
        NotAvailable: the asked language model is not enabled or not ready; nothing was made.
        ServiceFailed: its key is refused, or nobody answers.
        Conflict: the project is archived.
    """
    clock = Clock.start()
    prepared = await prepare_films(studio, request)
    documents: list[FilmDocument] = []
    for episode in prepared.episodes:
        await storyboard_episode(studio, episode.id, episode.story, progress=progress)
        count = len(prepared.episodes)
        documents.append(
            await _film(studio, episode.id, request, count, episode.number, clock, progress)
        )
        clock = Clock.start()
    return one_or_series(prepared.project_id, documents)


def one_or_series(project_id: UUID, documents: list[FilmDocument]) -> FilmDocument | SeriesDocument:
    """The document of one episode, or of several together."""
    if len(documents) == 1:
        return documents[0]
    ok = all(document.ok for document in documents)
    return SeriesDocument(ok=ok, project_id=project_id, episodes=documents)


async def prepare_films(studio: Studio, request: MakeRequest) -> PreparedFilms:
    """Find or make the project and its episodes, with what the request says stored on them.

    Raises:
        As `make_film`, but no model is asked anything.
    """
    texts = split_episodes(request.text)
    _check_episode_choice(texts, request)
    known, _ = await studio.database.read(lambda unit: _known_project(unit, request))
    await studio.models.active(request.llm or (known.settings.llm if known else None))
    project = await studio.database.write(lambda unit: _project(unit, request))
    active = await studio.models.active(project.settings.llm)
    if request.music_file is not None:
        await _own_music(studio, project, Path(request.music_file))
    pictures = await _pictures(studio, project.id, request)
    episodes: list[PreparedEpisode] = []
    for text in texts:
        episode = await studio.database.write(
            lambda unit, text=text: _episode(unit, project, text, request, alone=len(texts) == 1)
        )
        story = _story(text, project, episode, request, pictures)
        episodes.append(PreparedEpisode(episode.id, text.number, story))
    return PreparedFilms(project.id, active.name, tuple(episodes))


def _check_episode_choice(texts: list[EpisodeText], request: MakeRequest) -> None:
    if len(texts) > 1 and request.episode is not None:
        raise InputRefused("episode_of_series", count=len(texts))


async def _film(
    studio: Studio,
    episode_id: UUID,
    request: MakeRequest,
    episodes: int,
    number: int,
    clock: Clock,
    progress: Progress | None,
) -> FilmDocument:
    degraded = await planning_rows(studio, episode_id)
    if request.until in ("script", "storyboards"):
        return await planned_film(studio, episode_id, clock)
    output = request.output
    if output and episodes > 1:
        path = Path(output)
        output = str(path.with_name(f"{path.stem}-{number:02d}{path.suffix}"))
    return await render_film(
        studio,
        RenderRequest(
            episode_id=episode_id,
            output=output,
            until="keyframes" if request.until == "keyframes" else None,
            dry_run=request.dry_run,
        ),
        progress=progress,
        degraded=degraded,
        clock=clock,
    )


async def planned_film(studio: Studio, episode_id: UUID, clock: Clock) -> FilmDocument:
    """The document of an episode whose shots were planned and nothing was generated."""
    degraded = await planning_rows(studio, episode_id)
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, episode_id))
    parts, said = await film_parts(studio, snapshot)
    wall, cpu = clock.read()
    report = RunReport(
        plan=FilmPlan((), {}),
        before=[],
        dag_id=None,
        dry_run=False,
        film=None,
        degraded=(*said, *degraded),
        wall_s=wall,
        cpu_s=cpu,
    )
    return await film_document(studio, snapshot, parts, report)


async def planning_rows(studio: Studio, episode_id: UUID) -> tuple[Degraded, ...]:
    """What planning could not do as asked, in the reader's language, with the shot it concerns."""

    async def work(unit: Unit) -> tuple[list[Script], list[UUID]]:
        scripts = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
        snapshot = await load_snapshot(unit, episode_id)
        return scripts, [shot.id for shot in snapshot.shots]

    scripts, shots = await studio.database.read(work)
    rows: list[Degraded] = []
    for row in scripts[0].degraded if scripts else []:
        code = str(row["code"])
        fields = cast("dict[str, object]", row.get("fields") or {})
        shot = row.get("shot")
        rows.append(
            Degraded(
                code=code,
                message=degradation_words(code, fields, studio.language),
                storyboard_id=shots[shot] if isinstance(shot, int) and shot < len(shots) else None,
            )
        )
    return tuple(rows)


def _story(
    text: EpisodeText,
    project: Project,
    episode: Episode,
    request: MakeRequest,
    pictures: dict[str, UUID],
) -> StoryText:
    lang: Lang = project.settings.lang or detect_lang(text.text)
    mode: Mode
    if request.mode != "auto":
        mode = request.mode
    else:
        mode = episode.mode or (
            "drama" if request.source_format == "fountain" else detect_mode(text.text)
        )
    return StoryText(
        content=text.text,
        title=episode.title,
        source_format=request.source_format,
        mode=mode,
        lang=lang,
        length=request.length or episode.length,
        pictures=pictures,
    )


async def _project(unit: Unit, request: MakeRequest) -> Project:
    """The project this text belongs to, with the given options stored on it."""
    project, name = await _known_project(unit, request)
    if project is None:
        project = await unit.add(Project.fresh(name=name, source_path=request.source_path))
    said = {
        option: getattr(request, option)
        for option in STORED_OPTIONS
        if getattr(request, option) is not None
    }
    if request.level is not None:
        said["consistency_level"] = request.level
    if request.music is not None:
        said["music_style"] = request.music
    if request.lang != "auto":
        said["lang"] = request.lang
    elif project.settings.lang is None:
        said["lang"] = detect_lang(request.text)
    settings = ProjectSettings.model_validate({**project.settings.model_dump(), **said})
    if settings != project.settings:
        project = await unit.change(project, settings=settings)
    return project


async def _known_project(unit: Unit, request: MakeRequest) -> tuple[Project | None, str]:
    """The project that this text belongs to, or None and the name of a new one.

    Raises:
        Conflict: it is archived.
    """
    name = (request.project or request.name or _first_words(request.text)).strip()[:200]
    candidate = name
    for number in range(2, 10_000):
        found = await unit.find(Project, name=candidate, order_by=("id",), limit=1)
        if not found:
            break
        project = found[0]
        same_source = project.source_path == request.source_path or project.source_path is None
        if request.project is not None or same_source:
            if project.status == "archived":
                raise Conflict("project_archived")
            return project, candidate
        candidate = f"{name}-{number}"
    return None, candidate


def _first_words(text: str) -> str:
    line = next((line.strip("# \t") for line in text.splitlines() if line.strip("# \t")), "")
    return line[:60] or "film"


async def _episode(
    unit: Unit, project: Project, text: EpisodeText, request: MakeRequest, *, alone: bool
) -> Episode:
    """The episode row of a text: by its heading's number, or as `--episode` says."""
    episodes = await unit.find(Episode, project_id=project.id, order_by=("order", "id"))
    asked = request.episode if alone else str(text.number)
    title = text.title or request.name or project.name
    if asked is None:
        found = episodes[0] if episodes else None
        order = 1
    elif asked.isdecimal():
        order = int(asked)
        found = next((row for row in episodes if row.order == order), None)
    else:
        title = asked
        found = next((row for row in episodes if row.title == asked), None)
        order = max((row.order for row in episodes), default=0) + 1
    if found is not None:
        if found.status == "archived":
            raise Conflict("episode_archived", episode=found.title)
        return found
    return await unit.add(
        Episode.fresh(
            project_id=project.id,
            title=title[:200],
            order=order,
        )
    )


async def _pictures(studio: Studio, project_id: UUID, request: MakeRequest) -> dict[str, UUID]:
    """Pictures named in the text, stored as uploaded assets; the same bytes are stored once."""
    found: dict[str, UUID] = {}
    for name, location in request.pictures.items():
        path = Path(location)
        facts = await probe(path)
        if facts.kind != "image":
            raise InputRefused("not_a_picture", path=location)
        sha256, size = await studio.blobs.put_file(path)
        asset = Asset.fresh(
            project_id=project_id,
            kind="image",
            origin="uploaded",
            name=name,
            sha256=sha256,
            size=size,
            media_type=facts.media_type,
            width=facts.width,
            height=facts.height,
        )
        found[name] = await studio.database.write(
            lambda unit, asset=asset: _asset_once(unit, asset)
        )
    return found


async def _own_music(studio: Studio, project: Project, path: Path) -> None:
    """Make a sound file the project's music, under the next film of every episode."""
    asset = await music_asset(studio, path, project_id=project.id)

    async def work(unit: Unit) -> None:
        kept = await keep_asset(unit, asset)
        current = await unit.get(Project, project.id)
        style = "auto" if current.settings.music_style == "none" else current.settings.music_style
        settings = current.settings.model_copy(
            update={"music_asset_id": kept.id, "music_style": style}
        )
        await unit.change(current, settings=settings)

    await studio.database.write(work)


async def _asset_once(unit: Unit, asset: Asset) -> UUID:
    same = await unit.find(
        Asset, project_id=asset.project_id, sha256=asset.sha256, origin="uploaded", limit=1
    )
    return same[0].id if same else (await unit.add(asset)).id

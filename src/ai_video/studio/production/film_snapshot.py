"""One episode with everything its film is made from, read in one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from ai_video.composition.arrangement import Arrangement, arrangement_of, brought_up_to_date
from ai_video.composition.timeline import TimelineDocument
from ai_video.domain.entities import (
    Asset,
    Character,
    Episode,
    Line,
    LoraAsset,
    Project,
    Scene,
    Script,
    Storyboard,
    Take,
    Timeline,
)
from ai_video.storage.database import Unit


@dataclass(frozen=True, slots=True)
class Cut:
    """A shot as the film shows it: without the frames that a person asked to cut away."""

    shot: Storyboard
    trim_start: int = 0
    trim_end: int = 0


@dataclass(frozen=True, slots=True)
class EpisodeSnapshot:
    """The rows of one episode; shots in order, lines by shot in order."""

    project: Project
    episode: Episode
    characters: dict[UUID, Character]
    scenes: dict[UUID, Scene]
    shots: tuple[Storyboard, ...]
    lines: dict[UUID, tuple[Line, ...]]
    kept_takes: dict[UUID, Take]
    """Takes of locked slots, by take id."""
    assets: dict[UUID, Asset]
    """Assets of kept takes, of reference images, of pictures given beside the text, of own music."""
    script: Script | None = None
    """The text that the shots were planned from, or the newest one."""
    episode_count: int = 1
    """Episodes of the project."""
    loras: dict[UUID, LoraAsset] = field(default_factory=dict[UUID, LoraAsset])
    """LoRAs of the characters that are ready to be used."""
    arrangement: Arrangement | None = None
    """How a person cut the film; None: it follows the storyboards."""

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The shots of the film, in film order."""
        if self.arrangement is None:
            return tuple(Cut(shot) for shot in self.shots)
        by_id = {shot.id: shot for shot in self.shots}
        return tuple(
            Cut(by_id[clip.storyboard_id], clip.trim_start, clip.trim_end)
            for clip in self.arrangement.clips
        )

    def lines_of(self, shot: Storyboard) -> tuple[Line, ...]:
        return self.lines.get(shot.id, ())

    @property
    def lang(self) -> str:
        return self.project.settings.lang or "zh"


async def load_snapshot(unit: Unit, episode_id: UUID) -> EpisodeSnapshot:
    """Read an episode whole.

    Raises:
        NotFound: no such episode.
    """
    episode = await unit.get(Episode, episode_id)
    project = await unit.get(Project, episode.project_id)
    characters = await unit.find(Character, project_id=project.id)
    scenes = await unit.find(Scene, project_id=project.id)
    shots = await unit.find(Storyboard, episode_id=episode_id, order_by=("shot_number", "id"))
    lines = await unit.find(
        Line, storyboard_id=[shot.id for shot in shots], order_by=("order", "id")
    )
    by_shot: defaultdict[UUID, list[Line]] = defaultdict(list)
    for line in lines:
        by_shot[line.storyboard_id].append(line)
    takes = await unit.find(Take, id=_kept_take_ids(shots, lines))
    wanted = _asset_ids(takes, characters, scenes, shots)
    if project.settings.music_asset_id is not None:
        wanted.append(project.settings.music_asset_id)
    assets = await unit.find(Asset, id=wanted)
    named = [row.lora_model_id for row in characters if row.lora_model_id is not None]
    loras = await unit.find(LoraAsset, id=named, status="ready") if named else []
    episodes = await unit.find(Episode, project_id=project.id)
    scripts = await unit.find(Script, episode_id=episode_id, order_by=("-version",))
    timeline = await latest_timeline(unit, episode_id)
    return EpisodeSnapshot(
        project=project,
        episode=episode,
        characters={row.id: row for row in characters},
        scenes={row.id: row for row in scenes},
        shots=tuple(shots),
        lines={shot_id: tuple(rows) for shot_id, rows in by_shot.items()},
        kept_takes={take.id: take for take in takes},
        assets={asset.id: asset for asset in assets},
        script=next((row for row in scripts if row.planned), scripts[0] if scripts else None),
        episode_count=len(episodes),
        loras={row.id: row for row in loras},
        arrangement=edited_arrangement(timeline, [shot.id for shot in shots]),
    )


async def latest_timeline(unit: Unit, episode_id: UUID) -> Timeline | None:
    """The newest version of an episode's timeline; None before its first film."""
    found = await unit.find(Timeline, episode_id=episode_id, order_by=("-version",), limit=1)
    return found[0] if found else None


def edited_arrangement(timeline: Timeline | None, shots: list[UUID]) -> Arrangement | None:
    """What a person decided, brought up to date with the shots that there are now."""
    if timeline is None or timeline.origin != "edited":
        return None
    arrangement = arrangement_of(TimelineDocument.model_validate(timeline.document))
    return brought_up_to_date(arrangement, shots) if arrangement else None


def _kept_take_ids(shots: list[Storyboard], lines: list[Line]) -> list[UUID]:
    kept = [shot.image_take_id for shot in shots if shot.image_locked]
    kept += [shot.video_take_id for shot in shots if shot.video_locked]
    kept += [line.audio_take_id for line in lines if line.audio_locked]
    return [take_id for take_id in kept if take_id is not None]


def _asset_ids(
    takes: list[Take], characters: list[Character], scenes: list[Scene], shots: list[Storyboard]
) -> list[UUID]:
    wanted = [take.asset_id for take in takes]
    for character in characters:
        wanted += character.reference_assets
        wanted += [character.face_asset_id] if character.face_asset_id else []
    for scene in scenes:
        controls = scene.control_assets
        wanted += scene.reference_assets
        wanted += [each for each in (controls.pose, controls.depth, controls.canny) if each]
    wanted += [shot.picture_asset_id for shot in shots if shot.picture_asset_id is not None]
    return wanted

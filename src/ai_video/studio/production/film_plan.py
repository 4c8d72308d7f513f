"""An episode as a task DAG: which pictures, clips, voices and segments its film is made of.

Pure: the same snapshot gives the same plan. Fingerprints are the handlers' business, because they
hold facts of finished parents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal, get_args
from uuid import UUID

from ai_video.audio.ambience import AmbienceKind
from ai_video.composition.timeline import transition_pairs
from ai_video.domain.entities import Asset, Line, Storyboard, Take
from ai_video.domain.media_time import FrameRate
from ai_video.domain.slots import Movement, Slots, frame_size
from ai_video.domain.task import ResourceRequirements, TaskOutput, TaskSpec
from ai_video.filmwords import place_of
from ai_video.studio.production.film_cards import Backdrop, CardMakers, film_cards
from ai_video.studio.production.film_graphs import ComfyDrawing, ShotNote, drawn_by_graph
from ai_video.studio.production.film_params import (
    ClipParams,
    CompositeParams,
    CompositeSettings,
    CutShot,
    DrawnCharacter,
    DrawnScene,
    DrawnStoryboard,
    FilmCard,
    HeardLine,
    KeyframeParams,
    LookSettings,
    SegmentParams,
    SegmentSettings,
    SpokenLine,
    SubtitleLine,
    VoiceParams,
)
from ai_video.studio.production.film_snapshot import Cut, EpisodeSnapshot
from ai_video.studio.production.film_titles import film_topic
from ai_video.studio.production.graph_params import ShotGraph
from ai_video.studio.production.shot_labels import shot_labels
from ai_video.translator.model_schema import ModelChoice

Lang = Literal["zh", "en"]
AI_LABEL: dict[Lang, str] = {"zh": "AI 生成", "en": "AI-generated"}
GENERATION_TIMEOUT_S = 4 * 3600
_ONE_CORE = ResourceRequirements(cpu=1, estimated_duration=3)


@dataclass(frozen=True, slots=True)
class FilmParts:
    """Who makes the parts: the active generator and speech provider, and each line's voice."""

    generator: str
    generator_version: str
    provider: str
    provider_version: str
    voices: Mapping[UUID, str]
    speeds: Mapping[UUID, float]
    """By character, where two share a voice: a factor that tells them apart."""
    cards_by: str = "animatic"
    """Who draws title and end cards, and shots that no template fits: name and version."""
    drawing: ComfyDrawing | None = None
    """How ComfyUI draws the shots; None where the embedded generator draws all of them."""
    readings: Mapping[UUID, ModelChoice] = field(default_factory=dict[UUID, ModelChoice])
    """What a language model read of shots that ComfyUI draws; all others are read by rules."""


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """Tasks in the order shots appear; `presets` are results that locked takes already give."""

    specs: tuple[TaskSpec, ...]
    presets: dict[str, TaskOutput]
    notes: tuple[ShotNote, ...] = ()
    """What was asked of shots and their graphs do not do."""

    def only(self, kinds: frozenset[str] | None, shots: frozenset[UUID] | None) -> FilmPlan:
        """The part of the plan for these shots (no composite then) and these kinds."""
        specs = tuple(
            spec
            for spec in self.specs
            if (kinds is None or spec.kind in kinds)
            and (shots is None or spec.storyboard_id in shots)
        )
        keys = {spec.key for spec in specs}
        return FilmPlan(
            tuple(
                spec.model_copy(
                    update={"parents": tuple(key for key in spec.parents if key in keys)}
                )
                for spec in specs
            ),
            {key: output for key, output in self.presets.items() if key in keys},
            tuple(note for note in self.notes if shots is None or note.storyboard_id in shots),
        )


def plan_film(snapshot: EpisodeSnapshot, parts: FilmParts) -> FilmPlan:
    """The whole film of an episode."""
    planner = _Planner(snapshot, parts)
    specs: list[TaskSpec] = []
    for index, cut in enumerate(snapshot.cuts):
        specs += planner.voices(cut.shot)
        specs += [planner.keyframe(cut.shot), *planner.clips(cut.shot)]
        specs.append(planner.segment(cut, index))
    if snapshot.cuts:
        specs.append(planner.composite())
    return FilmPlan(tuple(specs), planner.presets(), tuple(planner.notes))


class _Planner:
    def __init__(self, snapshot: EpisodeSnapshot, parts: FilmParts) -> None:
        self.snapshot = snapshot
        self.parts = parts
        self.settings = snapshot.project.settings
        self.lang: Lang = self.settings.lang or "zh"
        self.width, self.height = frame_size(self.settings.aspect, self.settings.short_side)
        self.rate = FrameRate(self.settings.fps)
        self.labels = shot_labels(snapshot.shots)
        self.notes: list[ShotNote] = []
        self.topic = film_topic(snapshot)
        self.transitions = transition_pairs([cut.shot.transition for cut in snapshot.cuts])

    def voices(self, shot: Storyboard) -> list[TaskSpec]:
        return [
            TaskSpec(
                key=voice_key(line),
                kind="voice",
                params=self._voice_params(line).as_json(),
                storyboard_id=shot.id,
                line_id=line.id,
                timeout=600,
                resource_requirements=_ONE_CORE,
            )
            for line in self.snapshot.lines_of(shot)
        ]

    def _voice_params(self, line: Line) -> VoiceParams:
        return VoiceParams(
            line=SpokenLine(
                text=line.text,
                delivery=line.delivery,
                speed=round(line.speed * self._speed(line), 3),
                pronunciation={**self.settings.pronunciation, **line.pronunciation},
            ),
            voice=self.parts.voices[line.id],
            provider=self.parts.provider,
            provider_version=self.parts.provider_version,
            lang=self.lang,
            seed=self.settings.seed,
        )

    def _speed(self, line: Line) -> float:
        return self.parts.speeds.get(line.character_id, 1.0) if line.character_id else 1.0

    def keyframe(self, shot: Storyboard) -> TaskSpec:
        picture = self._picture(shot)
        graph = self._graph(shot, "image")
        if graph is None:
            picture |= self._animatic()
        params = KeyframeParams.model_validate({**picture, "graph": graph})
        return TaskSpec(
            key=f"keyframe:{shot.id}",
            kind="keyframe",
            params=params.as_json(),
            storyboard_id=shot.id,
            timeout=600 if graph is None else GENERATION_TIMEOUT_S,
            resource_requirements=self._needs(graph),
        )

    def clips(self, shot: Storyboard) -> list[TaskSpec]:
        """The shot's clip; where one is too long for its model, the parts that are chained to it.

        The last part is the whole clip, under the key that every shot's clip has.
        """
        picture = self._picture(shot)
        graph = self._graph(shot, "video")
        if graph is None:
            picture |= self._animatic()
        parts = 1 if graph is None or shot.video_locked else graph.parts_for(shot.duration)
        specs: list[TaskSpec] = []
        for part in range(1, parts + 1):
            params = ClipParams.model_validate(
                {
                    **picture,
                    "graph": graph,
                    "fps": self.settings.fps,
                    "duration_frames": self.rate.frames_for(shot.duration),
                    "part": part,
                    "parts": parts,
                }
            )
            before = (specs[-1].key,) if specs else ()
            specs.append(
                TaskSpec(
                    key=f"clip:{shot.id}" + (f":{part}" if part < parts else ""),
                    kind="clip",
                    part=part if parts > 1 else None,
                    params=params.as_json(),
                    parents=(f"keyframe:{shot.id}", *before, *self._voice_keys(shot)),
                    storyboard_id=shot.id,
                    timeout=1800 if graph is None else GENERATION_TIMEOUT_S,
                    resource_requirements=self._needs(graph),
                )
            )
        return specs

    def _graph(self, shot: Storyboard, output: Literal["image", "video"]) -> ShotGraph | None:
        """The shot's graph where ComfyUI draws it; cards and own pictures are drawn here."""
        drawing = self.parts.drawing
        if drawing is None or not drawn_by_graph(shot) or not drawing.makes(output):
            if drawing is not None and shot.generation_config.generator == "animatic":
                self.notes.append(drawing.animatic_note(shot))
            return None
        choice = self.parts.readings.get(shot.id)
        compiled = drawing.compile(self.snapshot, shot, output, self._seed(shot), choice)
        # A shot that is longer than one clip is chained here.
        self.notes += [note for note in compiled.notes if note.code != "clip_shorter"]
        return compiled.graph

    def _animatic(self) -> dict[str, object]:
        name, _, version = self.parts.cards_by.partition(" ")
        return {"generator": name, "generator_version": version, "topic": self.topic}

    def _needs(self, graph: ShotGraph | None) -> ResourceRequirements:
        """One core here; on a server, room on its device and the model set that it loads."""
        if graph is None or self.parts.drawing is None:
            return _ONE_CORE
        manifest = self.parts.drawing.templates[graph.template].manifest
        return ResourceRequirements(estimated_duration=manifest.seconds, model_set=graph.template)

    def _seed(self, shot: Storyboard) -> int:
        own = shot.generation_config.seed
        return self.settings.seed if own is None else own

    def _picture(self, shot: Storyboard) -> dict[str, object]:
        return {
            "generator": self.parts.generator,
            "generator_version": self.parts.generator_version,
            "seed": self._seed(shot),
            "width": self.width,
            "height": self.height,
            "storyboard": self._storyboard(shot),
            "character": self._characters(shot),
            "scene": self._scene(shot),
            "settings": LookSettings(
                style_preset=self.settings.style_preset,
                color_palette=self.settings.color_palette,
                lang=self.lang,
            ),
        }

    def _storyboard(self, shot: Storyboard) -> DrawnStoryboard:
        picture = self.snapshot.assets.get(shot.picture_asset_id) if shot.picture_asset_id else None
        return DrawnStoryboard(
            description=shot.description,
            slots=self._slots(shot),
            card=shot.card,
            picture=picture.sha256 if picture else None,
            speaking=tuple(
                dict.fromkeys(line.speaker for line in self.snapshot.lines_of(shot) if line.speaker)
            ),
        )

    def _slots(self, shot: Storyboard) -> Slots:
        scene = self.snapshot.scenes.get(shot.scene_id) if shot.scene_id else None
        slots = filled(shot.slots, scene.style_config.slots if scene else Slots())
        changes: dict[str, object] = {"characters": (), "scene": None}
        if shot.camera_movement in get_args(Movement):
            changes["movement"] = shot.camera_movement
        return slots.model_copy(update=changes)

    def _characters(self, shot: Storyboard) -> tuple[DrawnCharacter, ...]:
        drawn: list[DrawnCharacter] = []
        for character_id in shot.characters:
            row = self.snapshot.characters.get(character_id)
            if row is None:
                continue
            asset = (
                self.snapshot.assets.get(row.reference_assets[0]) if row.reference_assets else None
            )
            drawn.append(
                DrawnCharacter(
                    name=row.name,
                    appearance=row.appearance,
                    gender=row.gender,
                    age=row.age,
                    reference=asset.sha256 if asset else None,
                )
            )
        return tuple(drawn)

    def _scene(self, shot: Storyboard) -> DrawnScene:
        scene = self.snapshot.scenes.get(shot.scene_id) if shot.scene_id else None
        if scene is None:
            return DrawnScene(name="", description="", place=place_of(shot.description))
        place = scene.style_config.place or place_of(f"{scene.name} {scene.description}")
        return DrawnScene(name=scene.name, description=scene.description, place=place)

    def segment(self, cut: Cut, index: int) -> TaskSpec:
        shot = cut.shot
        lines = _subtitles(self.snapshot.lines_of(shot))
        style = self.settings.subtitle_style
        params = SegmentParams(
            width=self.width,
            height=self.height,
            fps=self.settings.fps,
            duration_frames=self.rate.frames_for(shot.duration),
            transition_in=self.transitions[index][0],
            transition_out=self.transitions[index][1],
            trim_start=cut.trim_start,
            trim_end=cut.trim_end,
            shot_label=self._shot_label(shot),
            line=lines,
            settings=SegmentSettings(
                subtitle_style=style if lines and style.enabled else None,
                label=AI_LABEL[self.lang] if self.settings.label else None,
                lang=self.lang,
            ),
        )
        return TaskSpec(
            key=f"segment:{shot.id}",
            kind="segment",
            params=params.as_json(),
            parents=(f"clip:{shot.id}", *self._voice_keys(shot)),
            storyboard_id=shot.id,
            timeout=900,
            resource_requirements=_ONE_CORE,
        )

    def _shot_label(self, shot: Storyboard) -> str | None:
        by = shot.generation_config.generator or self.parts.generator
        if not self.settings.label or by != "animatic":
            return None
        take = self.snapshot.kept_takes.get(shot.video_take_id) if shot.video_take_id else None
        own = shot.video_locked and take is not None and take.origin == "uploaded"
        return None if own else self.labels[shot.id]

    def composite(self) -> TaskSpec:
        shots = [cut.shot for cut in self.snapshot.cuts]
        arrangement = self.snapshot.arrangement
        moods = Counter(mood for shot in shots for mood in shot.slots.mood)
        title_card, end_card = self._cards()
        music = self._music()
        params = CompositeParams(
            title=self.snapshot.episode.title,
            width=self.width,
            height=self.height,
            fps=self.settings.fps,
            mood=moods.most_common(1)[0][0] if moods else None,
            seed=self.settings.seed,
            music_gain_db=arrangement.music_gain_db if arrangement else 0.0,
            settings=CompositeSettings(
                music_style=self.settings.music_style,
                music=music.sha256 if music else None,
                subtitle_style=self.settings.subtitle_style,
                label=self.settings.label,
                lang=self.lang,
            ),
            shot=tuple(
                CutShot(
                    transition=self.transitions[index][0],
                    ambience=_ambience(self._slots(cut.shot), self._scene(cut.shot).place)
                    if self.settings.ambience
                    else (),
                    line=self._heard(cut.shot),
                    trim_start=cut.trim_start,
                    trim_end=cut.trim_end,
                )
                for index, cut in enumerate(self.snapshot.cuts)
            ),
            title_card=title_card,
            end_card=end_card,
        )
        parents = [f"segment:{shot.id}" for shot in shots]
        parents += [key for shot in shots for key in self._voice_keys(shot)]
        return TaskSpec(
            key="composite",
            kind="composite",
            params=params.as_json(),
            parents=tuple(parents),
            timeout=3600,
            resource_requirements=_ONE_CORE,
        )

    def _heard(self, shot: Storyboard) -> tuple[HeardLine, ...]:
        arrangement = self.snapshot.arrangement
        return tuple(
            HeardLine(
                text=line.text,
                translation=line.translation,
                gain_db=arrangement.gain_of(line.id) if arrangement else 0.0,
            )
            for line in self.snapshot.lines_of(shot)
        )

    def _voice_keys(self, shot: Storyboard) -> tuple[str, ...]:
        return tuple(voice_key(line) for line in self.snapshot.lines_of(shot))

    def _cards(self) -> tuple[FilmCard | None, FilmCard | None]:
        first, last = self.snapshot.cuts[0].shot, self.snapshot.cuts[-1].shot
        music = self._music()
        return film_cards(
            self.snapshot,
            first=self._backdrop(first),
            last=self._backdrop(last),
            makers=CardMakers(
                drawn_by=self.parts.cards_by,
                provider=self.parts.provider,
                music=PurePath(music.name).stem if music else "",
            ),
            label=AI_LABEL[self.lang] if self.settings.label else None,
        )

    def _backdrop(self, shot: Storyboard) -> Backdrop:
        scene = self._scene(shot)
        return Backdrop(scene.place, scene.name, self._slots(shot))

    def _music(self) -> Asset | None:
        """The user's own music, where the film has any."""
        if self.settings.music_asset_id is None or self.settings.music_style == "none":
            return None
        return self.snapshot.assets.get(self.settings.music_asset_id)

    def presets(self) -> dict[str, TaskOutput]:
        """Results of locked slots, by task key."""
        kept: dict[str, UUID | None] = {}
        for shot in self.snapshot.shots:
            kept[f"keyframe:{shot.id}"] = shot.image_take_id if shot.image_locked else None
            kept[f"clip:{shot.id}"] = shot.video_take_id if shot.video_locked else None
            for line in self.snapshot.lines_of(shot):
                kept[voice_key(line)] = line.audio_take_id if line.audio_locked else None
        found: dict[str, TaskOutput] = {}
        for key, take_id in kept.items():
            take = self.snapshot.kept_takes.get(take_id) if take_id else None
            if take is not None:
                found[key] = take_output(take, self.snapshot.assets[take.asset_id])
        return found


def take_output(take: Take, asset: Asset) -> TaskOutput:
    """A take as the result of its task; an own recording's length comes from the file."""
    facts = dict(take.facts)
    facts["digest"] = asset.sha256
    if take.kind == "audio":
        facts.setdefault("duration_s", asset.duration or 0.0)
        facts.setdefault("timing", "estimated")
        facts.setdefault("marks", [])
    return TaskOutput(assets=(asset.id,), facts=facts)


def voice_key(line: Line) -> str:
    return f"voice:{line.id}"


def filled(slots: Slots, fallback: Slots) -> Slots:
    """`slots`, each silent one taken from `fallback`."""
    values = {name: getattr(slots, name) or getattr(fallback, name) for name in Slots.model_fields}
    palette = slots.palette
    values["palette"] = palette.model_copy(
        update={
            name: getattr(palette, name) or getattr(fallback.palette, name)
            for name in type(palette).model_fields
        }
    )
    return Slots.model_validate(values)


def _subtitles(lines: tuple[Line, ...]) -> tuple[SubtitleLine, ...]:
    return tuple(SubtitleLine(text=line.text, translation=line.translation) for line in lines)


_WEATHER_SOUND: dict[str, AmbienceKind] = {
    "rain": "rain", "storm": "rain", "wind": "wind", "blizzard": "wind", "sandstorm": "wind",
}  # fmt: skip


def _ambience(slots: Slots, place: str) -> tuple[AmbienceKind, ...]:
    sounds: list[AmbienceKind] = [
        _WEATHER_SOUND[weather] for weather in slots.weather if weather in _WEATHER_SOUND
    ]
    if place == "sea":
        sounds.append("sea")
    return tuple(dict.fromkeys(sounds))

"""How ComfyUI draws a shot: the graphs of its keyframe and its clip, compiled when a film is planned.

Pure: the same shot, assets, templates, node list and stored choice of a language model give the same
graphs, so they stand in the fingerprints of what they draw.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.comfyui.library import Template, grid_of
from ai_video.comfyui.loras import delivered_name
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.roles import InputRole
from ai_video.domain.entities import Asset, Character, Json, Storyboard
from ai_video.domain.slots import Slots
from ai_video.errors import InputRefused, Language
from ai_video.filmwords import name_of
from ai_video.studio.production.film_snapshot import EpisodeSnapshot
from ai_video.studio.production.graph_params import GraphLength, SentFile, ShotGraph, with_value
from ai_video.studio.production.redrawing import can_tile
from ai_video.translator.answer import Answer, Role
from ai_video.translator.model_reading import reading_of
from ai_video.translator.model_schema import ModelChoice
from ai_video.translator.model_shots import model_shot
from ai_video.translator.reading import read_shot
from ai_video.translator.request import TranslateRequest, parse_request
from ai_video.translator.shot import ShotReading
from ai_video.translator.translate import refusal, translate

Output = Literal["image", "video"]
KEYFRAME: Final = "keyframe"
"""How a clip's graph calls the picture that it starts from, as an asset."""
_COMMON_GRID: Final = 16
_CHANGED: Final[tuple[Role, ...]] = ("seed", "width", "height", "steps", "cfg", "denoise")
_NAMED_SLOTS = (
    "shot_size", "angle", "movement", "time_of_day", "weather", "light", "mood", "style",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShotNote:
    """Something asked for that a shot's graph does not do."""

    storyboard_id: UUID
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CompiledShot:
    """A shot's graph; None where no template fits, with the notes that say why."""

    graph: ShotGraph | None
    notes: tuple[ShotNote, ...]


@dataclass(frozen=True)
class ComfyDrawing:
    """The templates that the known servers can run, and the nodes to write graphs for."""

    templates: Mapping[str, Template]
    nodes: NodeList
    language: Language
    presets: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Named values of imported workflows, by workflow id and name."""
    _done: dict[str, Answer] = field(default_factory=dict[str, Answer], repr=False, compare=False)

    def makes(self, output: Output) -> bool:
        """Is there a template that draws pictures (or films clips)?"""
        wanted = ("text_to_image",) if output == "image" else ("image_to_video", "text_to_video")
        return any(each.manifest.purpose in wanted for each in self._shipped().values())

    def compile(
        self,
        snapshot: EpisodeSnapshot,
        shot: Storyboard,
        output: Output,
        seed: int,
        choice: ModelChoice | None = None,
    ) -> CompiledShot:
        """The graph of a shot's keyframe (`image`) or clip (`video`).

        `choice`: what a language model read; None: it is read by rules.
        """
        request = shot_request(snapshot, shot, output)
        named, notes = self._named(shot, output)
        said = choice.model_dump(mode="json") if choice is not None else None
        key = json.dumps([request, seed, named, said], sort_keys=True, ensure_ascii=False)
        answer = self._done.get(key)
        if answer is None:
            templates = self._shipped() if named is None else {named: self.templates[named]}
            answer = self._translated(request, seed, templates, choice)
            self._done[key] = answer
        preset = self._preset(shot, answer)
        compiled = _compiled(
            snapshot, shot, answer, self.templates, preset, self.nodes, self.language
        )
        return CompiledShot(compiled.graph, (*notes, *compiled.notes))

    def _shipped(self) -> Mapping[str, Template]:
        """Templates that are chosen unasked; an imported workflow draws only where a shot names it."""
        return {name: each for name, each in self.templates.items() if each.shipped}

    def _named(self, shot: Storyboard, output: Output) -> tuple[str | None, tuple[ShotNote, ...]]:
        """The template that the shot names, where it makes what is wanted; a note where no server
        can run it."""
        wanted = shot.generation_config.workflow
        if not wanted:
            return None, ()
        for template in self.templates.values():
            if wanted in (template.id, template.manifest.name_en, template.manifest.name_zh):
                return (template.id if template.manifest.output == output else None), ()
        message = {
            "zh": f"没有服务器能运行工作流 {wanted}; 已自动选择模板。",
            "en": f"No server can run the workflow {wanted}; a template was chosen instead.",
        }[self.language]
        return None, (ShotNote(shot.id, "workflow_not_available", message),)

    def animatic_note(self, shot: Storyboard) -> ShotNote:
        """Says of a shot that asks for the animatic that it is one."""
        message = {
            "zh": "这个镜头按要求由内置的动态分镜绘制, 其余由 ComfyUI 绘制。",
            "en": "This shot is drawn by the animatic, as it asks; ComfyUI draws the others.",
        }[self.language]
        return ShotNote(shot.id, "shot_animatic", message)

    def _preset(self, shot: Storyboard, answer: Answer) -> Json:
        """The named values that the shot asks of its workflow."""
        found = self.presets.get(answer.workflow_id or "", {})
        values = found.get(shot.generation_config.preset or "")
        return values if isinstance(values, dict) else {}

    def _translated(
        self,
        request: Json,
        seed: int,
        templates: Mapping[str, Template],
        choice: ModelChoice | None,
    ) -> Answer:
        def read(asked: TranslateRequest) -> ShotReading:
            shot = model_shot(asked)
            return reading_of(choice, shot) if choice is not None else shot.by_rules

        try:
            return translate(
                parse_request(request),
                nodes=self.nodes,
                templates=templates,
                assume_models=True,
                seed=seed,
                reader=read_shot if choice is None else read,
            )
        except InputRefused as refused:
            return refusal(request, refused, self.language)


def _compiled(
    snapshot: EpisodeSnapshot,
    shot: Storyboard,
    answer: Answer,
    templates: Mapping[str, Template],
    preset: Json,
    nodes: NodeList,
    language: Language,
) -> CompiledShot:
    if not answer.ok or answer.workflow_id is None:
        message = answer.error.message if answer.error else ""
        return CompiledShot(None, (ShotNote(shot.id, "drawn_as_animatic", message),))
    template = templates[answer.workflow_id]
    workflow_json, refused = _with_parameters(snapshot, shot, answer, template, preset, language)
    keyframe = next((row.name for row in answer.uploads if row.asset_id == KEYFRAME), None)
    graph = ShotGraph(
        template=template.id,
        template_digest=template.digest,
        level=answer.level,
        workflow_json=workflow_json,
        uploads=tuple(
            SentFile(sha256=row.asset_id, name=row.name)
            for row in answer.uploads
            if row.folder == "input" and row.asset_id != KEYFRAME
        ),
        loras=tuple(_loras(snapshot, answer)),
        keyframe=keyframe,
        length=_length(template, answer),
        places={role: places for role in _CHANGED if (places := _places(answer, role))},
        grid=grid_of(sizes) if (sizes := template.manifest.sizes) else _COMMON_GRID,
        tiles=can_tile(workflow_json, nodes),
    )
    notes = [ShotNote(shot.id, row.code, row.message) for row in answer.unmet]
    return CompiledShot(graph, (*notes, *refused))


def _with_parameters(
    snapshot: EpisodeSnapshot,
    shot: Storyboard,
    answer: Answer,
    template: Template,
    preset: Json,
    language: Language,
) -> tuple[Json, list[ShotNote]]:
    """The graph with numbers by role (`steps`, `cfg` …): the shot's over the project's over the
    preset's. Those of the shot that the graph cannot take are said."""
    graph, refused = answer.workflow_json, list[ShotNote]()
    own = shot.generation_config.parameters
    for name, value in {**preset, **snapshot.project.settings.generation_parameters, **own}.items():
        rows = [row for row in template.roles.inputs if name in (row.role, row.name)]
        if rows and all(_takes(row, value) for row in rows):
            for row in rows:
                graph = with_value(graph, row.node, row.input, value)
        elif name in own:
            message = {
                "zh": f"参数 {name}={value} 不适用于模板 {template.id}, 没有使用。",
                "en": f"The parameter {name}={value} does not fit {template.id} and is not used.",
            }[language]
            refused.append(ShotNote(shot.id, "parameter_not_used", message))
    return graph, refused


def _takes(row: InputRole, value: JsonValue) -> bool:
    if row.choices is not None:
        return value in row.choices
    if row.type in ("INT", "FLOAT"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low = row.minimum if row.minimum is not None else value
        high = row.maximum if row.maximum is not None else value
        return low <= value <= high and (row.type == "FLOAT" or float(value).is_integer())
    return row.type == "STRING" and isinstance(value, str)


def _places(answer: Answer, role: Role) -> tuple[tuple[str, str], ...]:
    return tuple((row.node, row.input) for row in answer.bindings.roles if row.role == role)


def _length(template: Template, answer: Answer) -> GraphLength | None:
    grid = template.manifest.clip
    places = _places(answer, "length")
    if grid is None or not places:
        return None
    return GraphLength(
        places=places,
        step=grid.step,
        offset=grid.offset,
        longest=grid.longest,
        fps=answer.parameters.fps or grid.fps,
    )


def _loras(snapshot: EpisodeSnapshot, answer: Answer) -> Iterator[SentFile]:
    names = lora_names(snapshot)
    by_name = {names[row.id]: row for row in snapshot.loras.values()}
    for name in dict.fromkeys(row.name for row in answer.bindings.lora):
        row = by_name.get(name)
        if row is not None:
            yield SentFile(sha256=row.metadata.sha256, name=name)


def lora_names(snapshot: EpisodeSnapshot) -> dict[UUID, str]:
    """The file names that the film's graphs call LoRAs by: their own, with a part of the digest before
    it where another file has the same."""
    own = {
        row.id: row.metadata.file_name or f"{row.name}.safetensors"
        for row in snapshot.loras.values()
    }
    digests: defaultdict[str, set[str]] = defaultdict(set)
    for row in snapshot.loras.values():
        digests[own[row.id]].add(row.metadata.sha256)
    return {
        row.id: delivered_name(own[row.id], row.metadata.sha256)
        if len(digests[own[row.id]]) > 1
        else own[row.id]
        for row in snapshot.loras.values()
    }


def drawn_by_graph(shot: Storyboard) -> bool:
    """Whether ComfyUI draws a shot: cards, own pictures and what asks for it are drawn here."""
    asked = shot.generation_config.generator
    return shot.card is None and shot.picture_asset_id is None and asked != "animatic"


def shot_request(snapshot: EpisodeSnapshot, shot: Storyboard, output: Output) -> Json:
    """The shot as the translator's input; assets are called by their digests."""
    settings = snapshot.project.settings
    scene = snapshot.scenes.get(shot.scene_id) if shot.scene_id else None
    people = [snapshot.characters[each] for each in shot.characters if each in snapshot.characters]
    level = shot.generation_config.consistency_level
    return {
        "storyboard": {
            "description": shot.description or (scene.description if scene else ""),
            "notes": "; ".join(part for part in (shot.notes, _slot_words(shot.slots)) if part),
            "duration": shot.duration,
            "camera_movement": shot.camera_movement,
            "characters": [str(person.id) for person in people],
            "scene_id": str(scene.id) if scene else None,
            "generation_config": {"output": output, "consistency_level": level},
        },
        "character_assets": [_character(snapshot, person) for person in people],
        "scene_assets": [_scene(snapshot, shot)] if scene else [],
        "available_workflows": ["*"],
        "project": {
            "aspect": settings.aspect,
            "style_preset": settings.style_preset,
            "color_palette": [*settings.color_palette],
            "consistency_level": settings.consistency_level,
        },
    }


def _character(snapshot: EpisodeSnapshot, person: Character) -> Json:
    lora = snapshot.loras.get(person.lora_model_id) if person.lora_model_id else None
    return {
        "id": str(person.id),
        "name": person.name,
        "aliases": [*person.aliases],
        "appearance": person.appearance,
        "consistency_level": person.consistency_level,
        "reference_images": [*_digests(snapshot, person.reference_assets)],
        "face_image": next(iter(_digests(snapshot, (person.face_asset_id,))), None),
        "lora": None
        if lora is None
        else {
            "name": lora_names(snapshot)[lora.id],
            "base_model": lora.base_model,
            "trigger_words": [*lora.trigger_words],
            "recommended_weight": lora.recommended_weight,
            "weight_range": lora.weight_range.model_dump(mode="json"),
        },
    }


def _scene(snapshot: EpisodeSnapshot, shot: Storyboard) -> Json:
    scene = snapshot.scenes[shot.scene_id] if shot.scene_id else None
    if scene is None:
        return {}
    controls: dict[str, JsonValue] = {}
    for kind in ("pose", "depth", "canny"):
        found = _digests(snapshot, (getattr(scene.control_assets, kind),))
        controls[kind] = found[0] if found else None
    return {
        "id": str(scene.id),
        "name": scene.name,
        "reference_images": [*_digests(snapshot, scene.reference_assets)],
        "control_images": controls,
    }


def _digests(snapshot: EpisodeSnapshot, ids: tuple[UUID | None, ...]) -> list[str]:
    assets: list[Asset] = [
        snapshot.assets[each] for each in ids if each is not None and each in snapshot.assets
    ]
    return [asset.sha256 for asset in assets]


def _slot_words(slots: Slots) -> str:
    """What a person or the writer set on the shot, in words that the translator reads."""
    words: list[str] = []
    for slot in _NAMED_SLOTS:
        value = getattr(slots, slot)
        said = cast("tuple[str, ...]", value if isinstance(value, tuple) else (value,))
        words += [name_of(slot, each, "en") for each in said if each]
    return ", ".join(words)

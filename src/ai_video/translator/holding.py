"""What holds a shot's people and place in the graph: LoRA, references, control pictures, faces.

Where a keyframe draws the characters, the clip's graph holds them by its first frame, and swaps
faces again at level high. A scene's picture comes in as style reference (IP-Adapter) or as one more
picture of an editing model, else it is unmet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from ai_video.comfyui.graph import Workflow
from ai_video.comfyui.library import FamilyMethods, InputPlace, Template, methods_of
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.rewrite import (
    ControlUse,
    FaceSwapUse,
    IPAdapterUse,
    LoraUse,
    Patched,
    add_control_patches,
    add_controlnets,
    add_face_swaps,
    add_ip_adapters,
    add_loras,
    add_reference_images,
    model_roots,
    set_first_frame,
    side_by_side,
)
from ai_video.domain.entities import ConsistencyLevel
from ai_video.translator.answer import (
    ControlBinding,
    FaceSwapBinding,
    LoraBinding,
    Method,
    ReferenceBinding,
    Role,
)
from ai_video.translator.bench import KEYFRAME, Bench
from ai_video.translator.choice import (
    Choice,
    draws_over,
    held_by_lora,
    held_in,
    highest,
    starts_from_picture,
    takes_references,
    takes_scene,
)
from ai_video.translator.levels import CharacterLevel, lora_weight
from ai_video.translator.notices import notice
from ai_video.translator.offers import fits_model
from ai_video.translator.request import ControlType, SceneInput, TranslateRequest
from ai_video.translator.shot import ShotReading

# More pictures of one face add little, and an editing model mixes them up.
_MOST_PER_CHARACTER: Final = 4
_MOST_LOOKED_AT: Final = 3
_STYLE_WEIGHT: Final = 0.5
_STYLE: Final = "style transfer"


@dataclass(slots=True)
class Held:
    """What is in the graph. `level`: the highest of the characters that are really held."""

    level: ConsistencyLevel | None = None
    loras: list[LoraBinding] = field(default_factory=list[LoraBinding])
    references: list[ReferenceBinding] = field(default_factory=list[ReferenceBinding])
    controls: list[ControlBinding] = field(default_factory=list[ControlBinding])
    faces: list[FaceSwapBinding] = field(default_factory=list[FaceSwapBinding])


def hold(
    bench: Bench,
    choice: Choice,
    *,
    reading: ShotReading,
    request: TranslateRequest,
    size: tuple[int, int],
) -> Held:
    """Bring everything that holds people and place into the graph on the bench."""
    scene = request.scene(reading.scene.id) if reading.scene is not None else None
    names = {
        each.id: {"id": each.id, "name": each.name or each.id} for each in request.character_assets
    }
    work = _Holding(bench, choice, names, size, methods_of(choice.template.manifest.family))
    if starts_from_picture(choice.template):
        work.from_keyframe(choice.keyframe, scene)
    else:
        work.loras()
        work.references(scene)
        work.controls()
        work.faces()
        work.held.level = work.level()
    return work.held


class _Holding:
    def __init__(
        self,
        bench: Bench,
        choice: Choice,
        names: Mapping[str, Mapping[str, str]],
        size: tuple[int, int],
        methods: FamilyMethods,
    ) -> None:
        self.bench = bench
        self.choice = choice
        self.template = choice.template
        self.names = names
        self.size = size
        self.methods = methods
        # A picture that is listed twice is one picture.
        self.people = tuple(
            replace(each, references=tuple(dict.fromkeys(each.references)))
            for each in choice.levels.characters
        )
        self.held = Held()

    def from_keyframe(self, keyframe: Template | None, scene: SceneInput | None) -> None:
        """The first frame carries the characters; what only the keyframe's graph has is not listed."""
        name = self.bench.keyframe()
        nodes = self._first_frame(name)
        if nodes is None or keyframe is None:
            return
        self._say_carried(keyframe, scene)
        self.held.level = highest(held_in(self.choice.levels, keyframe))
        self.held.references += [
            ReferenceBinding(
                asset_id=KEYFRAME,
                character_id=each.id,
                weight=None,
                method="first_frame",
                nodes=nodes,
            )
            for each in self.people
            if each.references and takes_references(keyframe)
        ]
        self.faces()

    def _say_carried(self, keyframe: Template, scene: SceneInput | None) -> None:
        """What acts in the keyframe's graph and not here, and what cannot act there either."""
        carried = [
            each.lora.name for each in held_by_lora(self.choice.levels, keyframe) if each.lora
        ]
        for each in self.people:
            if each.references and takes_references(keyframe):
                carried += each.references
            elif each.references:
                self._no_reference(each, keyframe)
        known = methods_of(keyframe.manifest.family).control_models or {}
        for kind, asset in self.choice.levels.controls.items():
            if kind in known:
                carried.append(asset)
            else:
                self._no_control(kind, asset, keyframe)
        if scene is not None and scene.reference_images:
            if takes_scene(keyframe):
                carried.append(scene.reference_images[0])
            else:
                self._scene_unmet(scene, keyframe)
        if carried:
            assets = ", ".join(dict.fromkeys(carried))
            said = notice("carried_by_keyframe", keyframe=keyframe.id, assets=assets)
            self.bench.warnings.append(said)

    def _no_control(self, kind: ControlType, asset: str, template: Template) -> None:
        family = template.manifest.family or "?"
        said = notice("control_no_model", type=kind, asset=asset, family=family)
        self.bench.miss(said, f"{kind} {asset}")

    def _first_frame(self, name: str) -> tuple[str, ...] | None:
        places = self.bench.places("first_frame")
        if places:
            for place in places:
                self.bench.put(place, name, "asset")
            return self._with_takers(places)
        added = self.bench.patch(
            "first frame", KEYFRAME, partial(set_first_frame, image=name), {"image": "first_frame"}
        )
        return added[0] if added else None

    def _with_takers(self, places: Sequence[InputPlace]) -> tuple[str, ...]:
        """Nodes that load these pictures, and those that take them."""
        keys = [place.node for place in places]
        takers = [use.node for key in keys for use in self.bench.workflow.consumers(key)]
        return tuple(dict.fromkeys([*keys, *takers]))

    def loras(self) -> None:
        # A LoRA that two characters share acts once: chained twice it would act doubly.
        chosen: dict[str, LoraUse] = {}
        owners: list[tuple[str, str]] = []
        for each in self.people:
            lora = each.lora
            if lora is None:
                continue
            who = self.names[each.id]
            if not is_safe_lora(lora.name):
                self.bench.miss(notice("lora_file_unsafe", **who, lora=lora.name[:120]), each.id)
            elif not fits_model(lora.base_model, self.template):
                said = notice(
                    "lora_size_differs", **who, lora=lora.name, base_model=lora.base_model,
                    template=self.template.id,
                )  # fmt: skip
                self.bench.miss(said, lora.name)
            elif self.methods.lora is None:
                said = notice("lora_no_method", **who, lora=lora.name, template=self.template.id)
                self.bench.miss(said, lora.name)
            else:
                weight, said = lora_weight(lora)
                self.bench.warnings += said
                chosen.setdefault(lora.name, self._lora_use(lora.name, weight))
                owners.append((each.id, lora.name))
        if not chosen:
            return
        added = self.bench.patch(
            "LoRA",
            ", ".join(chosen),
            partial(add_loras, loras=[*chosen.values()]),
            {"lora_name": "lora"},
        )
        if added is None:
            return
        nodes = dict(zip(chosen, added, strict=True))
        for owner, file in owners:
            self.bench.lora(file)
            self.held.loras.append(
                LoraBinding(
                    name=file, weight=chosen[file].weight, character_id=owner, nodes=nodes[file]
                )
            )

    def _lora_use(self, file: str, weight: float) -> LoraUse:
        """On all models; a file that names one half of a Wan 2.2 pair acts on that half only."""
        on = None
        if len(model_roots(self.bench.workflow, self.bench.nodes)) == 2:
            half = re.search(r"(high|low)[-_ ]?noise", file, re.IGNORECASE)
            on = None if half is None else int(half[1].lower() == "low")
        return LoraUse(file, weight, on_clip=self.methods.lora == "model_and_clip", on=on)

    def references(self, scene: SceneInput | None) -> None:
        shown = [each for each in self.people if each.references]
        if not takes_references(self.template):
            for each in shown:
                self._no_reference(each, self.template)
            shown = []
        if draws_over(self.template):
            self._drawn_over(scene)
            self._ip_adapters(shown)
        elif self.template.takes("reference_image"):
            self._looked_at(shown, scene)
        elif not takes_scene(self.template):
            self._scene_unmet(scene, self.template)
        else:
            self._ip_adapters(shown)
            self._scene_as_style(scene)

    def _no_reference(self, each: CharacterLevel, template: Template) -> None:
        said = notice("reference_no_method", **self.names[each.id], template=template.id)
        self.bench.miss(said, ", ".join(each.references))

    def _drawn_over(self, scene: SceneInput | None) -> None:
        """The place's picture as the one that the graph draws over."""
        if scene is None or not scene.reference_images:
            return
        (asset, *left), who = scene.reference_images, self._named(scene)
        for nodes in self._into_places(self.bench.places("reference_image"), [asset]):
            self.bench.scene_nodes.update(nodes[:1])
        self.bench.warnings.append(notice("scene_reference_init", **who))
        self._scene_left_out(scene, left)

    def _named(self, scene: SceneInput) -> dict[str, str]:
        return {"id": scene.id, "name": scene.name or scene.id}

    def _ip_adapters(self, shown: Sequence[CharacterLevel]) -> None:
        if not shown:
            return
        regions = dict(
            zip((each.id for each in self.people), side_by_side(len(self.people)), strict=True)
        )
        uses: list[IPAdapterUse] = []
        for each in shown:
            used, left = (
                each.references[:_MOST_PER_CHARACTER],
                each.references[_MOST_PER_CHARACTER:],
            )
            self._left_out(each, left, most=_MOST_PER_CHARACTER)
            files = tuple(self.bench.picture(asset) for asset in used)
            weight = self.methods.reference_weight
            uses.append(IPAdapterUse(files, weight, region=regions[each.id]))
        asked = ", ".join(asset for each in shown for asset in each.references)
        added = self._adapt("IP-Adapter", asked, uses, "reference_image")
        for each, use, nodes in zip(shown, uses, added or (), strict=False):
            self.held.references += [
                ReferenceBinding(
                    asset_id=asset,
                    character_id=each.id,
                    weight=use.weight,
                    method="ip_adapter",
                    nodes=nodes,
                )
                for asset in each.references[:_MOST_PER_CHARACTER]
            ]

    def _adapt(
        self, what: str, asked: str, uses: Sequence[IPAdapterUse], role: Role
    ) -> tuple[tuple[str, ...], ...] | None:
        patch = partial(
            add_ip_adapters,
            uses=uses,
            adapter_file=self.methods.adapter,
            vision_file=self.methods.vision,
            width=self.size[0],
            height=self.size[1],
        )
        added = self.bench.patch(what, asked, patch, {"image": role})
        if added is None:
            self._forget(file for use in uses for file in use.images)
        return added

    def _forget(self, files: Iterable[str]) -> None:
        """Pictures of a patch that has no place need not be uploaded."""
        for file in files:
            self.bench.uploads.pop(("input", file), None)

    def _scene_as_style(self, scene: SceneInput | None) -> None:
        if scene is None or not scene.reference_images:
            return
        who = self._named(scene)
        asset, *left = scene.reference_images
        use = IPAdapterUse((self.bench.picture(asset),), _STYLE_WEIGHT, weight_type=_STYLE)
        if self._adapt("style reference", asset, [use], "scene_reference") is not None:
            self.bench.warnings.append(notice("scene_reference_style", **who))
            self._scene_left_out(scene, left)

    def _scene_left_out(self, scene: SceneInput, left: Sequence[str]) -> None:
        if left:
            who = self._named(scene)
            assets = ", ".join(left)
            self.bench.miss(notice("scene_references_left_out", **who, assets=assets), assets)

    def _scene_unmet(self, scene: SceneInput | None, template: Template) -> None:
        if scene is None or not scene.reference_images:
            return
        who = self._named(scene)
        said = notice("scene_reference_unmet", **who, template=template.id)
        self.bench.miss(said, ", ".join(scene.reference_images))

    def _looked_at(self, shown: Sequence[CharacterLevel], scene: SceneInput | None) -> None:
        """Pictures that the graph looks at: one of each character, the place, then further ones."""
        first: list[tuple[str | None, str]] = [(each.id, each.references[0]) for each in shown]
        place = [(None, scene.reference_images[0])] if scene and scene.reference_images else []
        more: list[tuple[str | None, str]] = [
            (each.id, asset) for each in shown for asset in each.references[1:]
        ]
        wanted = [*first, *place, *more]
        given = self.bench.places("reference_image")
        keys = dict.fromkeys(place.node for place in given)
        extends = self.methods.reference == "reference_latent"
        room = max(len(keys), _MOST_LOOKED_AT if extends else 0)
        used, left = wanted[:room], wanted[room:]
        nodes = self._into_places(given, [asset for _, asset in used[: len(keys)]])
        rest = used[len(keys) :]
        if rest:
            files = [self.bench.picture(asset) for _, asset in rest]
            added = self.bench.patch(
                "reference", ", ".join(asset for _, asset in rest),
                partial(add_reference_images, images=files), {"image": "reference_image"},
            )  # fmt: skip
            if added is None:
                self._forget(files)
                used = used[: len(keys)]
            nodes += added or ()
        edits = extends or self.template.manifest.purpose == "image_edit"
        method: Method = "reference_latent" if edits else "ip_adapter"
        for (owner, asset), carriers in zip(used, nodes, strict=False):
            if owner is not None:
                weight = self.methods.reference_weight if extends else None
                self.held.references.append(
                    ReferenceBinding(
                        asset_id=asset,
                        character_id=owner,
                        weight=weight,
                        method=method,
                        nodes=carriers,
                    )
                )
            elif scene is not None:
                self._is_scene_picture(carriers)
                who = self._named(scene)
                self.bench.warnings.append(notice("scene_reference_picture", **who))
        if self.methods.reference == "ip_adapter":
            placed = {owner for owner, _ in used}
            self._ip_adapters([each for each in shown if each.id not in placed])
            left = [(owner, asset) for owner, asset in left if owner is None or owner in placed]
        self._say_left(shown, scene, left, room)

    def _into_places(
        self, places: Sequence[InputPlace], assets: Sequence[str]
    ) -> list[tuple[str, ...]]:
        """Fill the pictures that the template has; a node that loads one gets one."""
        by_node: dict[str, list[InputPlace]] = {}
        for place in places:
            by_node.setdefault(place.node, []).append(place)
        nodes: list[tuple[str, ...]] = []
        for group, asset in zip(by_node.values(), assets, strict=False):
            for place in group:
                self.bench.put(place, self.bench.picture(asset), "asset")
            nodes.append(self._with_takers(group))
        return nodes

    def _is_scene_picture(self, carriers: Sequence[str]) -> None:
        self.bench.scene_nodes.update(carriers[:1])

    def _say_left(
        self,
        shown: Sequence[CharacterLevel],
        scene: SceneInput | None,
        left: Sequence[tuple[str | None, str]],
        most: int,
    ) -> None:
        for each in shown:
            self._left_out(each, [asset for owner, asset in left if owner == each.id], most=most)
        if scene is not None:
            without = [asset for owner, asset in left if owner is None]
            self._scene_left_out(scene, [*without, *scene.reference_images[1:]])

    def _left_out(self, each: CharacterLevel, left: Sequence[str], *, most: int) -> None:
        if left:
            assets = ", ".join(left)
            said = notice("references_left_out", **self.names[each.id], assets=assets, most=most)
            self.bench.miss(said, assets)

    def controls(self) -> None:
        left = list(self.choice.levels.controls.items())
        left = self._controls_in_template(left)
        known = self.methods.control_models or {}
        uses: list[tuple[ControlType, str, ControlUse]] = []
        for kind, asset in left:
            model = known.get(kind)
            if model is None or self.methods.control is None:
                self._no_control(kind, asset, self.template)
                continue
            use = ControlUse(
                kind, self.bench.picture(asset), model.file, self.methods.control_strength,
                union=model.union,
            )  # fmt: skip
            uses.append((kind, asset, use))
        if not uses:
            return
        patched = [use for _, _, use in uses]

        def patch(workflow: Workflow, nodes: NodeList) -> Patched:
            if self.methods.control == "control_patch":
                return add_control_patches(workflow, nodes, patched)
            return add_controlnets(workflow, nodes, patched)

        asked = ", ".join(f"{kind} {asset}" for kind, asset, _ in uses)
        added = self.bench.patch("ControlNet", asked, patch, {"image": "control_image"})
        if added is None:
            self._forget(use.image for use in patched)
        for (kind, asset, use), nodes in zip(uses, added or (), strict=False):
            self.held.controls.append(
                ControlBinding(type=kind, asset_id=asset, strength=use.strength, nodes=nodes)
            )

    def _controls_in_template(
        self, given: list[tuple[ControlType, str]]
    ) -> list[tuple[ControlType, str]]:
        """Control pictures into those inputs that a given workflow has; what is left over."""
        places = self.bench.places("control_image")
        nodes = self._into_places(places, [asset for _, asset in given])
        for (kind, asset), carriers in zip(given, nodes, strict=False):
            self.held.controls.append(
                ControlBinding(type=kind, asset_id=asset, strength=1.0, nodes=carriers)
            )
        return given[len(nodes) :]

    def faces(self) -> None:
        """Swap the faces of those at level high, counted from left to right."""
        uses: list[tuple[CharacterLevel, str, FaceSwapUse]] = []
        for index, each in enumerate(self.people):
            if each.level == "high" and each.face_image is not None:
                file = self.bench.picture(each.face_image)
                uses.append((each, each.face_image, FaceSwapUse(file, index)))
        if not uses:
            return
        places = self.bench.places("face_image")
        if places:
            nodes = self._into_places(places, [asset for _, asset, _ in uses])
        else:
            added = self.bench.patch(
                "face swap",
                ", ".join(asset for _, asset, _ in uses),
                partial(add_face_swaps, uses=[use for _, _, use in uses]),
                {"image": "face_image"},
            )
            if added is None:
                self._forget(use.image for _, _, use in uses)
            nodes = list(added or ())
        for (each, asset, _), carriers in zip(uses, nodes, strict=False):
            self.held.faces.append(
                FaceSwapBinding(asset_id=asset, character_id=each.id, nodes=carriers)
            )

    def level(self) -> ConsistencyLevel | None:
        """The highest level of the characters whose method found its place."""
        by_lora = {each.character_id for each in self.held.loras}
        by_reference = {each.character_id for each in self.held.references}
        return highest(
            each
            for each in self.people
            if each.id in (by_lora if each.lora is not None else by_reference)
        )


def is_safe_lora(name: str) -> bool:
    """Whether a LoRA's file name stays inside the loras folder and is no pickle."""
    path = PurePosixPath(name.replace("\\", "/"))
    inside = not path.is_absolute() and ".." not in path.parts and ":" not in name
    printable = name.isprintable() and name == name.strip()
    return inside and printable and path.suffix.lower() == ".safetensors"

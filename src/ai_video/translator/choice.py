"""Which template draws a shot: chosen by code out of those that the call allows, with reasons.

A picture: the template (1) whose pictures can all be given, (2) whose family has LoRAs of the most
characters that the asked level lets act, (3) of the character named first, (4) that holds the most
others by reference pictures, (5) that takes the most control pictures, (6) that takes the scene's
picture, (7) whose models are on the server, where its files are known; then by the order of
`IMAGE_FAMILIES`. A workflow given with the call goes before shipped ones that are as good.

A clip: from its keyframe, which a call of its own draws; levels are then the keyframe's. From text
alone where LoRAs of a video family hold more characters than a keyframe could, or where no other is
offered. AnimateDiff where the text asks for it, or where nothing else makes a clip.

A template that a language model prefers is taken where it is as good by (1) to (7), and for a clip
among those that the rules leave; else it is said why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ai_video.comfyui.library import Template, methods_of
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.purposes import Purpose
from ai_video.domain.entities import ConsistencyLevel
from ai_video.errors import InputRefused
from ai_video.translator.levels import CharacterLevel, ShotLevels, shot_levels
from ai_video.translator.notices import Notice, notice
from ai_video.translator.offers import Offers, fits_model, kinds_of, offered, runnable, runs
from ai_video.translator.request import LEVELS, Output, TranslateRequest
from ai_video.translator.shot import ShotReading

IMAGE_FAMILIES: Final = ("sdxl", "qwen_image", "flux", "z_image", "sd15")
"""SDXL first: it has every method, and one family through a film keeps its look."""
VIDEO_FAMILIES: Final = ("wan22", "hunyuan", "ltx2", "sd15")
_FROM_PICTURE: Final[frozenset[Purpose]] = frozenset({"image_to_video", "first_last_frame"})
_FAR: Final = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """The template of a shot.

    Attributes:
        levels: of the graph that draws the characters: this one, or the keyframe's.
        keyframe: the template that draws the clip's first frame; None where it starts from none,
            or where no template that runs draws pictures.
        reasons: why this template.
        unmet: what was asked for and no offered template can do.
        warnings: what one should know of the template.
    """

    template: Template
    output: Output
    levels: ShotLevels
    keyframe: Template | None
    reasons: tuple[Notice, ...]
    unmet: tuple[Notice, ...] = ()
    warnings: tuple[Notice, ...] = ()


def choose(
    reading: ShotReading,
    request: TranslateRequest,
    *,
    nodes: NodeList,
    library: Mapping[str, Template],
    assume_models: bool = False,
) -> Choice:
    """The template of a shot; pure, the same for the same input.

    Args:
        assume_models: take every model file to be there; else those of a server's list count.

    Raises:
        InputRefused: `translate_no_workflows`, `translate_no_match`, `translate_no_output`,
            `translate_nodes_missing`.
    """
    offers, templates, output = _allowed(reading, request, nodes=nodes, library=library)
    wanted = reading.advice.template if reading.advice is not None else None
    chooser = _Chooser(reading, request, None if assume_models else nodes, wanted)
    chosen = _chosen(chooser, templates, output, nodes=nodes, library=library)
    if wanted is not None:
        chosen = replace(chosen, reasons=(*_advised(chosen, wanted, reading), *chosen.reasons))
    if chosen.template.id in offers.guessed:
        family = chosen.template.manifest.family
        said = notice("family_guessed", template=chosen.template.id, family=family)
        chosen = replace(chosen, warnings=(said,))
    if offers.refused is not None:
        said = notice("workflow_left_out", reason=offers.refused.message(reading.language))
        chosen = replace(chosen, unmet=(*chosen.unmet, said))
    return chosen


def open_to_choice(
    reading: ShotReading,
    request: TranslateRequest,
    *,
    nodes: NodeList,
    library: Mapping[str, Template],
    assume_models: bool = False,
) -> tuple[Template, ...]:
    """The templates among which the rules leave the choice open, the one they take first.

    Raises:
        InputRefused: as `choose`.
    """
    _, templates, output = _allowed(reading, request, nodes=nodes, library=library)
    chooser = _Chooser(reading, request, None if assume_models else nodes)
    first = _chosen(chooser, templates, output, nodes=nodes, library=library).template
    found = {first.id: first}
    for template in templates:
        chooser.wanted = template.id
        if template.manifest.output == output and template.id not in found:
            chosen = _chosen(chooser, templates, output, nodes=nodes, library=library).template
            found[chosen.id] = chosen
    return tuple(found.values())


def _allowed(
    reading: ShotReading,
    request: TranslateRequest,
    *,
    nodes: NodeList,
    library: Mapping[str, Template],
) -> tuple[Offers, tuple[Template, ...], Output]:
    """What the call offers, what of it runs, and what is made of it."""
    offers = offered(request, nodes=nodes, library=library)
    templates = runnable(offers.templates, nodes)
    output = reading.output or _usual_output(templates)
    if not any(template.manifest.output == output for template in templates):
        raise _no_output(output, offers)
    return offers, templates, output


def _chosen(
    chooser: _Chooser,
    templates: Sequence[Template],
    output: Output,
    *,
    nodes: NodeList,
    library: Mapping[str, Template],
) -> Choice:
    if output == "image":
        return chooser.picture([t for t in templates if t.manifest.output == "image"])
    return _clip(chooser, templates, nodes=nodes, library=library)


def _advised(chosen: Choice, wanted: str, reading: ShotReading) -> tuple[Notice, ...]:
    """What became of a model's preference."""
    taken = chosen.template.id
    if taken != wanted:
        return (notice("choice_model_overruled", template=taken, wanted=wanted),)
    why = reading.advice.why if reading.advice is not None else ""
    return (notice("choice_model", template=taken, why=why or "-"),)


def _usual_output(templates: Sequence[Template]) -> Output:
    """A clip where one is offered: that is what a film needs of a shot."""
    return "video" if any(t.manifest.output == "video" for t in templates) else "image"


def _no_output(output: Output, offers: Offers) -> InputRefused:
    if offers.refused is not None:
        return offers.refused
    return InputRefused("translate_no_output", output=output, there=kinds_of(offers.templates))


def _clip(
    chooser: _Chooser,
    templates: Sequence[Template],
    *,
    nodes: NodeList,
    library: Mapping[str, Template],
) -> Choice:
    clips = [t for t in templates if t.manifest.output == "video"]
    animations = [t for t in clips if t.manifest.category == "animation"]
    videos = [t for t in clips if t.manifest.category != "animation"]
    from_picture = [t for t in videos if starts_from_picture(t)]
    unmet: tuple[Notice, ...] = ()
    if chooser.reading.asks_animation and not animations:
        unmet = (notice("animation_not_offered"),)
    if animations and (chooser.reading.asks_animation or not from_picture):
        why = "choice_animation_asked" if chooser.reading.asks_animation else "choice_animation"
        drawn = [t for t in animations if not starts_from_picture(t)]
        if drawn:
            return chooser.drawn(drawn, "video", why=why)
        from_picture = animations
    from_text = [t for t in videos if not starts_from_picture(t)]
    if not from_picture:
        return _with(chooser.drawn(from_text, "video", why="choice_from_text"), unmet)
    keyframe = _keyframe(chooser, templates, nodes=nodes, library=library)
    if from_text:
        direct = chooser.drawn(from_text, "video", why="choice_from_text_lora")
        if _loras(direct) > (0 if keyframe is None else _loras(keyframe)):
            return _with(direct, unmet)
    template = min(
        from_picture,
        key=lambda t: (
            t.manifest.purpose == "first_last_frame",
            chooser.models_missing(t),
            t.id != chooser.wanted,
            t.shipped,
            _place(t.manifest.family, VIDEO_FAMILIES),
            -t.manifest.gpu_memory_mb,
        ),
    )
    if keyframe is None:
        reasons = (notice("choice_only", template=template.id),)
        return Choice(template, "video", chooser.levels(template), None, reasons, unmet)
    said = notice("choice_keyframe", template=template.id, keyframe=keyframe.template.id)
    reasons = (said, *keyframe.reasons)
    return Choice(template, "video", keyframe.levels, keyframe.template, reasons, unmet)


def _keyframe(
    chooser: _Chooser,
    templates: Sequence[Template],
    *,
    nodes: NodeList,
    library: Mapping[str, Template],
) -> Choice | None:
    """What draws a clip's first frame: an offered template, else a shipped one."""
    pictures = [t for t in templates if t.manifest.output == "image"]
    if not pictures:
        pictures = [t for t in offers_of_pictures(library) if runs(t, nodes)]
    return chooser.picture(pictures) if pictures else None


def offers_of_pictures(library: Mapping[str, Template]) -> list[Template]:
    """Shipped templates that draw a picture: what a keyframe is drawn by where the call is silent."""
    return [t for t in library.values() if t.manifest.purpose in ("text_to_image", "image_edit")]


def starts_from_picture(template: Template) -> bool:
    """Whether the clip is made of a first frame that was drawn before."""
    return template.manifest.purpose in _FROM_PICTURE


def _with(choice: Choice, unmet: tuple[Notice, ...]) -> Choice:
    return replace(choice, unmet=(*choice.unmet, *unmet))


def _place(family: str | None, order: Sequence[str]) -> int:
    return order.index(family) if family in order else len(order)


def held_by_lora(levels: ShotLevels, template: Template) -> list[CharacterLevel]:
    """Characters whose LoRA acts in this template's graph."""
    return [
        each
        for each in levels.characters
        if each.lora is not None and fits_model(each.lora.base_model, template)
    ]


def _loras(choice: Choice) -> int:
    return len(held_by_lora(choice.levels, choice.template))


class _Chooser:
    """One shot; levels are worked out once per family. `wanted`: the template that is preferred."""

    def __init__(
        self,
        reading: ShotReading,
        request: TranslateRequest,
        nodes: NodeList | None,
        wanted: str | None = None,
    ) -> None:
        self.wanted = wanted
        self.nodes = nodes if nodes is not None and nodes.names_files else None
        self.reading = reading
        self.request = request
        self._levels: dict[str, ShotLevels] = {}
        scene = request.scene(reading.scene.id) if reading.scene is not None else None
        self.scene_pictures = len(scene.reference_images) if scene is not None else 0

    def levels(self, template: Template) -> ShotLevels:
        family = template.manifest.family or ""
        if family not in self._levels:
            self._levels[family] = shot_levels(self.reading, self.request, family=family)
        return self._levels[family]

    def models_missing(self, template: Template) -> bool:
        """Whether the server whose files are known lacks a model of this template."""
        nodes = self.nodes
        return nodes is not None and any(
            model.name not in nodes.files(f"models/{model.folder}")
            for model in template.roles.required_models
        )

    def picture(self, templates: Sequence[Template]) -> Choice:
        return self.drawn(templates, "image", why=None)

    def drawn(self, templates: Sequence[Template], output: Output, *, why: str | None) -> Choice:
        """The best of these for a graph that draws the characters itself."""
        order = IMAGE_FAMILIES if output == "image" else VIDEO_FAMILIES
        template = min(templates, key=self._rank(order))
        levels = self.levels(template)
        said = [notice(why, template=template.id)] if why else []
        return Choice(template, output, levels, None, (*said, *self._reasons(template, templates)))

    def _rank(self, order: Sequence[str]) -> Callable[[Template], tuple[object, ...]]:
        def rank(template: Template) -> tuple[object, ...]:
            manifest, levels = template.manifest, self.levels(template)
            by_lora = held_by_lora(levels, template)
            ids = [each.id for each in levels.characters]
            first = min((ids.index(each.id) for each in by_lora), default=_FAR)
            shown = references_held(levels, template)
            can = methods_of(manifest.family)
            controls = sum(kind in (can.control_models or {}) for kind in levels.controls)
            return (
                self._pictures_lacking(template, shown),
                -len(by_lora),
                first,
                -shown,
                -controls,
                not (self.scene_pictures and takes_scene(template)),
                self.models_missing(template),
                template.id != self.wanted,
                template.shipped,
                _place(manifest.family, order),
                manifest.purpose == "image_edit",
                -manifest.gpu_memory_mb,
                template.id,
            )

        return rank

    def _pictures_lacking(self, template: Template, shown: int) -> int:
        """Pictures that the graph starts from and the call does not give."""
        places = len({place.node for place in template.places("reference_image")})
        people = 0 if draws_over(template) else shown
        return max(0, places - people - self.scene_pictures)

    def _reasons(self, template: Template, templates: Sequence[Template]) -> list[Notice]:
        family, levels = template.manifest.family or "?", self.levels(template)
        if len(templates) == 1:
            return [notice("choice_only", template=template.id)]
        if found := held_by_lora(levels, template):
            names = ", ".join(each.id for each in found)
            return [notice("choice_lora", template=template.id, family=family, names=names)]
        if references_held(levels, template):
            return [notice("choice_reference", template=template.id, family=family)]
        if levels.controls and methods_of(template.manifest.family).control:
            return [notice("choice_control", template=template.id, family=family)]
        if self.scene_pictures and takes_scene(template):
            return [notice("choice_scene", template=template.id, family=family)]
        return [notice("choice_order", template=template.id, family=family)]


def references_held(levels: ShotLevels, template: Template) -> int:
    """How many characters this graph can hold by their reference pictures."""
    if not takes_references(template):
        return 0
    return sum(bool(each.references) for each in levels.characters)


def takes_references(template: Template) -> bool:
    """Whether a character's picture can be put into this graph, by whatever method."""
    if methods_of(template.manifest.family).reference == "ip_adapter":
        return True
    return template.takes("reference_image") and not draws_over(template)


def draws_over(template: Template) -> bool:
    """Whether the graph's picture is one that it draws over, not one that it looks at."""
    return template.manifest.purpose == "image_to_image"


def takes_scene(template: Template) -> bool:
    """Whether a place's picture can be put into this graph."""
    return takes_references(template) or template.takes("reference_image")


def held_in(levels: ShotLevels, template: Template) -> list[CharacterLevel]:
    """Characters that this graph has a method for."""
    shown = takes_references(template)
    by_lora = held_by_lora(levels, template)
    return [
        each
        for each in levels.characters
        if (each in by_lora if each.lora is not None else shown and each.references)
    ]


def highest(people: Iterable[CharacterLevel]) -> ConsistencyLevel | None:
    """The highest level among these; None where nobody is held."""
    found = {each.level for each in people}
    return next((level for level in reversed(LEVELS) if level in found), None)

"""Base models that a LoRA may be made for, and how people and files write their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ai_video.comfyui.families import families, family_of_file


@dataclass(frozen=True, slots=True)
class BaseModel:
    """One architecture: a LoRA made for it fits all models of it and no others.

    Attributes:
        id: the architecture.
        families: as `comfyui.families` names them (Wan 2.1 and 2.2 share their large one).
        label: the name that people know.
    """

    id: str
    families: tuple[str, ...]
    label: str


BASE_MODELS = {
    model.id: model
    for model in (
        BaseModel("sd15", ("sd15",), "SD 1.5"),
        BaseModel("sd21", ("sd2",), "SD 2.1"),
        BaseModel("sdxl", ("sdxl",), "SDXL 1.0"),
        BaseModel("sdxl_refiner", ("sdxl_refiner",), "SDXL 1.0 refiner"),
        BaseModel("sd3_medium", ("sd3",), "SD 3 Medium"),
        BaseModel("sd3_large", ("sd3",), "SD 3.5 Large"),
        BaseModel("flux", ("flux",), "FLUX.1"),
        BaseModel("flux2_dev", ("flux2",), "FLUX.2 dev"),
        BaseModel("flux2_klein_9b", ("flux2",), "FLUX.2 klein 9B"),
        BaseModel("flux2_klein_4b", ("flux2",), "FLUX.2 klein 4B"),
        BaseModel("chroma", ("chroma",), "Chroma"),
        BaseModel("wan_1_3b", ("wan21",), "Wan 2.1 1.3B"),
        BaseModel("wan_14b", ("wan21", "wan22"), "Wan 2.1 / 2.2 14B"),
        BaseModel("wan_5b", ("wan22",), "Wan 2.2 5B"),
        BaseModel("ltxv_2b", ("ltxv",), "LTX-Video 2B"),
        BaseModel("ltxv_13b", ("ltxv",), "LTX-Video 13B"),
        BaseModel("ltx2", ("ltx2",), "LTX-2"),
        BaseModel("hunyuan_video", ("hunyuan",), "HunyuanVideo"),
        BaseModel("hunyuan_video_15", ("hunyuan",), "HunyuanVideo 1.5"),
        BaseModel("qwen_image", ("qwen_image",), "Qwen-Image"),
        BaseModel("z_image", ("z_image",), "Z-Image"),
        BaseModel("lumina2", ("lumina2",), "Lumina Image 2.0"),
    )
}


@dataclass(frozen=True, slots=True)
class AskedModel:
    """What a written name comes down to; both are empty when nobody knows it."""

    ids: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.ids)


_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"sdxl.*refiner|xl.*refiner", ("sdxl_refiner",)),
    (r"sdxl|stable.?diffusion.?xl|\bxl\b|pony|illustrious|noob.?ai|animagine", ("sdxl",)),
    (r"(\bsd ?|stable.?diffusion.?v?)3([. ]?5)? ?large", ("sd3_large",)),
    (r"(\bsd ?|stable.?diffusion.?v?)3([. ]?5)? ?(m\b|medium)", ("sd3_medium",)),
    (r"\bsd ?3|stable.?diffusion.?v?3", ("sd3_medium", "sd3_large")),
    (r"\bsd ?v?2|stable.?diffusion.?v?2|^v2 ?1", ("sd21",)),
    (r"\bsd ?v?1|stable.?diffusion.?v?1|^v1 ?[45]|anything ?v|animatediff", ("sd15",)),
    (r"flux[. ]?2.*klein.*9b", ("flux2_klein_9b",)),
    (r"flux[. ]?2.*klein.*4b", ("flux2_klein_4b",)),
    (r"flux[. ]?2.*klein", ("flux2_klein_9b", "flux2_klein_4b")),
    (r"flux[. ]?2.*dev", ("flux2_dev",)),
    (r"flux[. ]?2", ("flux2_dev", "flux2_klein_9b", "flux2_klein_4b")),
    (r"chroma", ("chroma",)),
    (r"flux", ("flux",)),
    (r"\bltx ?2(\.| |$)|\bltx ?av|\bltxv? ?2\.\d", ("ltx2",)),
    (r"\bltx.*13b", ("ltxv_13b",)),
    (r"\bltx.*2b", ("ltxv_2b",)),
    (r"\bltx", ("ltxv_2b", "ltxv_13b")),
    (r"hunyuan ?(video)? ?v?1[. ]?5|\bhv ?15", ("hunyuan_video_15",)),
    (r"hunyuan ?video|framepack", ("hunyuan_video",)),
    (r"qwen ?image|^qwen", ("qwen_image",)),
    (r"\bz ?image", ("z_image",)),
    (r"lumina", ("lumina2",)),
)
"""Read in this order, on text in small letters with one space for every other separator."""
_WAN = re.compile(r"\bwan(?![a-z])")


def read_base_model(text: str) -> AskedModel:
    """The architectures that a written base model may mean: "SDXL 1.0", "wan22", "flux-1-dev/lora".

    A family name gives all its architectures, an exact name one.
    """
    plain = re.sub(r"[\s_\-/()]+", " ", text.strip().lower()).strip()
    name = plain.replace(" ", "_")
    if model := BASE_MODELS.get(name):
        return _asked([model.id], model.families)
    if name in _family_names():
        return _of_family(name)
    if _WAN.search(plain):
        return _wan(plain)
    for pattern, ids in _NAMES:
        if re.search(pattern, plain):
            return _asked(ids, (name for id in ids for name in BASE_MODELS[id].families))
    family = family_of_file(text)
    return _of_family(family) if family else AskedModel()


@cache
def _family_names() -> frozenset[str]:
    return frozenset(family.name for family in families() if not family.part_of_others)


def _of_family(name: str) -> AskedModel:
    """All architectures of a family; of one that has no row here, the family itself."""
    ids = [model.id for model in BASE_MODELS.values() if name in model.families]
    return _asked(ids or [name], [name])


def _wan(plain: str) -> AskedModel:
    """Wan by version and size, each of which may be missing."""
    versions = {
        "wan21": r"wan ?v?2[. ]?1\b|\b2\.1\b",
        "wan22": r"wan ?v?2[. ]?2\b|\b2\.2\b|\bti2v\b",
    }
    named = [name for name, version in versions.items() if re.search(version, plain)]
    named = named or list(versions)
    sizes = {"wan_1_3b": r"\b1[. ]3b", "wan_5b": r"\b5b|\bti2v", "wan_14b": r"14b"}
    said = [id for id, size in sizes.items() if re.search(size, plain)]
    ids = [id for id in said or sizes if set(BASE_MODELS[id].families) & set(named)]
    return _asked(ids, named)


def _asked(ids: Iterable[str], families: Iterable[str]) -> AskedModel:
    return AskedModel(ids=tuple(ids), families=tuple(dict.fromkeys(families)))


def label_of(id: str, families: Iterable[str]) -> str:
    """The name of an architecture as people write it, narrowed to the version that is known."""
    if id == "wan_14b" and tuple(families) in (("wan21",), ("wan22",)):
        return "Wan 2.1 14B" if tuple(families) == ("wan21",) else "Wan 2.2 14B"
    return BASE_MODELS[id].label if id in BASE_MODELS else id

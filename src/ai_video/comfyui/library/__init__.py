"""The shipped templates: graphs in API form (`templates/ID.json`) with what is known of each (`ID.toml`).

Entry points: `library()`, every template by id; `generation_size`, `clip_frames`, the sizes and
lengths a family draws best; `method_of`, how a family holds a character and takes control pictures.
The graphs are our own, written from the node list and the models' published settings.
"""

from ai_video.comfyui.library.lengths import ClipGrid, clip_frames
from ai_video.comfyui.library.methods import ControlModel, FamilyMethods, Reference, methods_of
from ai_video.comfyui.library.sizes import SIZED_FAMILIES, generation_size, grid_of
from ai_video.comfyui.library.templates import (
    InputPlace,
    Manifest,
    Template,
    library,
    template_of,
)

__all__ = [
    "SIZED_FAMILIES",
    "ClipGrid",
    "ControlModel",
    "FamilyMethods",
    "InputPlace",
    "Manifest",
    "Reference",
    "Template",
    "clip_frames",
    "generation_size",
    "grid_of",
    "library",
    "methods_of",
    "template_of",
]

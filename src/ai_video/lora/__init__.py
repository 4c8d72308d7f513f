"""LoRA files: what one is by its header alone, for which base model, and whether that fits.

Entry points: `Incoming` (checks a stream's first bytes and counts its MD5), `read_header`, `inspect`,
`read_base_model` and `compatibility`. A file is data: only its header and single numbers are read,
nothing in it is executed. May import assets, comfyui, filmwords, domain, errors.
Test double: none needed; tests write tiny files with `struct` and `json`.
"""

from ai_video.lora.compatibility import Fit, compatibility
from ai_video.lora.families import AskedModel, read_base_model
from ai_video.lora.incoming import Incoming
from ai_video.lora.inspection import inspect
from ai_video.lora.safetensors_header import Header, Tensor, read_header

__all__ = [
    "AskedModel",
    "Fit",
    "Header",
    "Incoming",
    "Tensor",
    "compatibility",
    "inspect",
    "read_base_model",
    "read_header",
]

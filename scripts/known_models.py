"""Write `known_models.json`: where well-known model files can be downloaded from.

    python scripts/known_models.py TEMPLATES_DIR

TEMPLATES_DIR: the folder `templates` of the package comfyui-workflow-templates-json (MIT), whose
workflows name their models with folder and address. Files that no template names stand here.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "ai_video" / "comfyui" / "known_models.json"
HUB = "https://huggingface.co"
MORE = {
    "checkpoints/v1-5-pruned-emaonly-fp16.safetensors": f"{HUB}/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/v1-5-pruned-emaonly-fp16.safetensors",
    "checkpoints/sd_xl_base_1.0.safetensors": f"{HUB}/stabilityai/stable-diffusion-xl-base-1.0/resolve/main/sd_xl_base_1.0.safetensors",
    "animatediff_models/v3_sd15_mm.ckpt": f"{HUB}/guoyww/animatediff/resolve/main/v3_sd15_mm.ckpt",
    "animatediff_models/mm_sd_v15_v2.ckpt": f"{HUB}/guoyww/animatediff/resolve/main/mm_sd_v15_v2.ckpt",
    "ipadapter/ip-adapter_sd15.safetensors": f"{HUB}/h94/IP-Adapter/resolve/main/models/ip-adapter_sd15.safetensors",
    "ipadapter/ip-adapter-plus_sd15.safetensors": f"{HUB}/h94/IP-Adapter/resolve/main/models/ip-adapter-plus_sd15.safetensors",
    "ipadapter/ip-adapter-plus-face_sd15.safetensors": f"{HUB}/h94/IP-Adapter/resolve/main/models/ip-adapter-plus-face_sd15.safetensors",
    "ipadapter/ip-adapter-plus_sdxl_vit-h.safetensors": f"{HUB}/h94/IP-Adapter/resolve/main/sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors",
    "ipadapter/ip-adapter-plus-face_sdxl_vit-h.safetensors": f"{HUB}/h94/IP-Adapter/resolve/main/sdxl_models/ip-adapter-plus-face_sdxl_vit-h.safetensors",
    "clip_vision/CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors": f"{HUB}/h94/IP-Adapter/resolve/main/models/image_encoder/model.safetensors",
    "controlnet/control_v11p_sd15_openpose_fp16.safetensors": f"{HUB}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main/control_v11p_sd15_openpose_fp16.safetensors",
    "controlnet/control_v11f1p_sd15_depth_fp16.safetensors": f"{HUB}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main/control_v11f1p_sd15_depth_fp16.safetensors",
    "controlnet/control_v11p_sd15_canny_fp16.safetensors": f"{HUB}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main/control_v11p_sd15_canny_fp16.safetensors",
}  # fmt: skip


def named_models(value: Any) -> Iterator[tuple[str, str]]:
    """(folder/name, address) of every model that a template names."""
    if isinstance(value, dict):
        properties = value.get("properties")
        for model in properties.get("models") or [] if isinstance(properties, dict) else []:
            if not isinstance(model, dict):
                continue
            if model.get("name") and model.get("url") and model.get("directory"):
                url = model["url"].partition("?")[0].replace("/blob/", "/resolve/")
                yield f"{model['directory']}/{model['name']}", url
        for inner in value.values():
            yield from named_models(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named_models(inner)


def main() -> None:
    counted: dict[str, Counter[str]] = {}
    for file in sorted(Path(sys.argv[1]).glob("*.json")):
        for key, url in named_models(json.loads(file.read_text(encoding="utf-8"))):
            counted.setdefault(key, Counter())[url] += 1
    table = {key: urls.most_common(1)[0][0] for key, urls in counted.items()}
    table = {**MORE, **table}
    TARGET.write_text(json.dumps(dict(sorted(table.items())), indent=0) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(table)} models")


if __name__ == "__main__":
    main()

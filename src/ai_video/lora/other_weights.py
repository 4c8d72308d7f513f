"""Model files that are sound safetensors and no LoRA: what they are and where they go."""

from __future__ import annotations

import re

from ai_video.errors import InputRefused
from ai_video.lora.safetensors_header import Header

_KINDS: tuple[tuple[str, str, str], ...] = (
    (r"motion_modules\.", "AnimateDiff", "models/animatediff_motion_lora"),
    (r"lora_controlnet$|^(control_model|controlnet_blocks|controlnet_\w+)\.|input_hint_block\.",
     "ControlNet", "models/controlnet"),
    (r"^(image_proj|ip_adapter)\.", "IP-Adapter", "models/ipadapter"),
    (r"^(emb_params|string_to_param|clip_l|clip_g)$", "textual inversion", "models/embeddings"),
)  # fmt: skip
_WITHOUT_LORA: tuple[tuple[str, str, str], ...] = (
    (r"^(model\.diffusion_model|first_stage_model|cond_stage_model|conditioner)\.",
     "checkpoint", "models/checkpoints"),
    (r"^(vae\.)?(encoder|decoder)\.(conv_in|conv1|up_blocks|down_blocks|up\.|down\.)",
     "VAE", "models/vae"),
    (r"^(text_model\.|model\.layers\.|encoder\.block\.|transformer\.text_model\.)",
     "text encoder", "models/text_encoders"),
    (r"^(diffusion_model\.)?(double_blocks|single_blocks|blocks|joint_blocks|transformer_blocks|layers"
     r"|input_blocks|down_blocks)[._]\d", "diffusion model", "models/diffusion_models"),
)  # fmt: skip
_LORA = re.compile(
    r"(lora_(down|up|mid|A|B)\b|lora\d?\.(down|up)|lora_linear_layer|hada_|lokr_|oft_|on_input|dora_scale"
    r"|\.(diff|set_weight|a1\.weight)$)"
)


def refuse_other_weights(header: Header, *, name: str) -> None:
    """Pass LoRAs; say of other model files what they are.

    Raises:
        InputRefused: `lora_not_a_lora` with what was found and the folder it belongs in, or
            `lora_without_layers`.
    """
    for pattern, found, folder in _KINDS:
        if _any(pattern, header):
            raise InputRefused("lora_not_a_lora", name=name, found=found, folder=folder)
    if any(_LORA.search(key[-64:]) for key in header.tensors):
        return
    for pattern, found, folder in _WITHOUT_LORA:
        if _any(pattern, header):
            raise InputRefused("lora_not_a_lora", name=name, found=found, folder=folder)
    raise InputRefused("lora_without_layers", name=name)


def _any(pattern: str, header: Header) -> bool:
    search = re.compile(pattern).search
    return any(search(key[:512]) for key in header.tensors)

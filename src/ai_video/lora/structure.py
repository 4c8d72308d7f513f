"""Which base model a LoRA was made for, by the names and widths of the layers it changes.

Sources of names and widths: the models' published configurations. Kohya names, ComfyUI names and
diffusers names are told apart only where it matters: `modules` gives all with `_` between parts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ai_video.lora.modules import Module, Network, widths


@dataclass(frozen=True, slots=True)
class Structure:
    """Architectures that the layers fit, the likeliest first, and what shows it."""

    ids: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    """Where the layers also show the version: fewer than the architecture has."""


def structure_of(network: Network) -> Structure:
    """What the layers show; empty when they are of no known model."""
    model = Layers([module for module in network.modules if not module.text_encoder])
    text = Layers([module for module in network.modules if module.text_encoder])
    for read in (_unet, _double_stream, _joint, _z_image, _wan, _ltx, _flux_diffusers):
        if found := read(model):
            return found
    return _text_encoders(text, network)


class Layers:
    """Layers that can be asked for by a pattern at the start of their names."""

    def __init__(self, modules: Collection[Module]) -> None:
        self.modules = modules
        self.names = [module.name for module in modules]

    def has(self, pattern: str) -> bool:
        search = re.compile(pattern).search
        return any(search(name) for name in self.names)

    def like(self, pattern: str) -> list[Module]:
        search = re.compile(pattern).search
        return [module for module in self.modules if search(module.name)]

    def last(self, pattern: str) -> int:
        """The highest number that the pattern's group finds; -1 for none."""
        search = re.compile(pattern).search
        return max((int(hit[1]) for name in self.names if (hit := search(name))), default=-1)

    def width(self, pattern: str) -> int | None:
        """The commonest input width of the layers with such names."""
        return _commonest(module.width for module in self.like(pattern))

    def output(self, pattern: str) -> int | None:
        """The commonest output width of the layers with such names."""
        return _commonest(module.output for module in self.like(pattern))


def _commonest(sizes: Iterable[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return max(known, key=known.count) if known else None


def _unet(layers: Layers) -> Structure | None:
    """Stable Diffusion 1, 2 and XL: the width of the text that cross-attention reads."""
    if not layers.has(
        r"^(down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block)_"
    ):
        return None
    width = layers.width(r"_attn2(_processor)?_to_[kv]$")
    by_text = {768: "sd15", 1024: "sd21", 2048: "sdxl", 1280: "sdxl_refiner"}
    if width in by_text:
        return Structure((by_text[width],), (f"cross-attention reads text of width {width}",))
    if layers.has(r"_transformer_blocks_[2-9]_"):
        return Structure(("sdxl",), ("up to ten transformer blocks in one stage",))
    outer = (
        r"^(down_blocks_0_attentions|up_blocks_3_attentions|(input|output)_blocks_(1|2|10|11)_1_)"
    )
    if layers.has(outer):
        return Structure(("sd15", "sd21"), ("attention in the outermost stage",))
    return Structure(("sd15", "sdxl", "sd21"), ("layers of a Stable Diffusion U-Net",))


def _double_stream(layers: Layers) -> Structure | None:
    """FLUX and HunyuanVideo by their own names: double and single blocks."""
    if not layers.has(r"^(double|single)_blocks_\d+_"):
        return None
    width = layers.width(r"_(img_attn_qkv|txt_attn_qkv|linear1|img_mlp_(0|fc1))$")
    wide = {6144: "flux2_dev", 4096: "flux2_klein_9b", 2048: "hunyuan_video_15"}
    if width in wide:
        return Structure((wide[width],), (f"double blocks of width {width}",))
    doubles, singles = (
        layers.last(r"^double_blocks_(\d{1,4})_"),
        layers.last(r"^single_blocks_(\d{1,4})_"),
    )
    if layers.has(r"_(img|txt)_mlp_fc\d$|_(img|txt)_mod_linear$|_modulation_linear$"):
        if doubles > 19:
            return Structure(("hunyuan_video_15",), (f"{doubles + 1} double blocks, mlp_fc",))
        return Structure(("hunyuan_video",), ("layers named mlp_fc or mod_linear",))
    if doubles > 19:
        return Structure(("hunyuan_video_15",), (f"{doubles + 1} double blocks",))
    if doubles == 19 or singles > 37:
        return Structure(
            ("hunyuan_video",), (f"{doubles + 1} double and {singles + 1} single blocks",)
        )
    hidden = layers.output(r"_img_mlp_0$")
    joined = layers.output(r"^single_blocks_\d+_linear1$")
    if hidden == 18432 or joined == 27648:
        return Structure(("flux2_klein_4b",), ("gated MLP of width 9216",))
    if layers.has(r"_(img|txt)_mod_lin$|_modulation_lin$"):
        return Structure(("flux",), ("double blocks with modulation layers mod_lin",))
    if hidden is not None or joined is not None:
        return Structure(("flux", "chroma"), ("double blocks of width 3072, MLP of width 12288",))
    return Structure(
        ("flux", "chroma", "hunyuan_video"), ("double or single blocks, attention only",)
    )


def _flux_diffusers(layers: Layers) -> Structure | None:
    """FLUX, HunyuanVideo and Qwen-Image by diffusers' names: transformer and single blocks."""
    if not layers.has(r"^(single_)?transformer_blocks_\d+_"):
        return None
    doubles = layers.last(r"^transformer_blocks_(\d{1,4})_")
    singles = layers.last(r"^single_transformer_blocks_(\d{1,4})_")
    width = layers.width(r"^(single_)?transformer_blocks_\d+_attn_(to_[qkv]|to_qkv_mlp_proj)$")
    if layers.has(r"^transformer_blocks_\d+_(img|txt)_(mlp|mod)_") or (
        singles < 0 and doubles > 37
    ):
        return Structure(("qwen_image",), (f"{doubles + 1} blocks with image and text streams",))
    if width in (1536, 2432):
        id = "sd3_medium" if width == 1536 else "sd3_large"
        return Structure((id,), (f"joint blocks of width {width}",))
    if layers.has(r"_to_qkv_mlp_proj$") or width in (4096, 6144):
        wide = {6144: "flux2_dev", 4096: "flux2_klein_9b", 3072: "flux2_klein_4b"}
        if width in wide:
            return Structure((wide[width],), (f"joined projections of width {width}",))
        return Structure(("flux2_dev", "flux2_klein_9b", "flux2_klein_4b"), ("joined projections",))
    if doubles == 19 or singles > 37:
        return Structure(
            ("hunyuan_video",), (f"{doubles + 1} double and {singles + 1} single blocks",)
        )
    if layers.has(r"_norm(1)?(_context)?_linear$"):
        return Structure(("flux",), ("single blocks with modulation layers",))
    if singles >= 0:
        return Structure(("flux", "chroma", "hunyuan_video"), ("single transformer blocks",))
    if layers.has(r"_attn_(add_[qkv]_proj|to_add_out)$"):
        return Structure(("qwen_image", "flux", "chroma"), ("attention over image and text",))
    return None


def _joint(layers: Layers) -> Structure | None:
    """Stable Diffusion 3 by its own names."""
    if not layers.has(r"^joint_blocks_\d+_"):
        return None
    width = layers.width(r"_attn_qkv$") or layers.width(r"^joint_blocks")
    by_width = {1536: "sd3_medium", 2432: "sd3_large"}
    if width in by_width:
        return Structure((by_width[width],), (f"joint blocks of width {width}",))
    ids = (
        ("sd3_large",)
        if layers.last(r"^joint_blocks_(\d{1,4})_") > 23
        else ("sd3_medium", "sd3_large")
    )
    return Structure(ids, ("joint blocks",))


def _z_image(layers: Layers) -> Structure | None:
    """Z-Image and Lumina 2, which share their names and differ in width."""
    if not layers.has(
        r"^(layers|noise_refiner|context_refiner)_\d+_(attention|feed_forward|adaLN)"
    ):
        return None
    width = layers.width(r"_attention_(qkv|to_[qkv]|out|to_out_0)$")
    width = width or layers.width(r"_feed_forward_w[13]$")
    by_width = {3840: "z_image", 2304: "lumina2"}
    if width in by_width:
        return Structure((by_width[width],), (f"attention of width {width}",))
    return Structure(("z_image", "lumina2"), ("layers with attention and feed_forward",))


def _wan(layers: Layers) -> Structure | None:
    """Wan by the width of its blocks; the reading of an image (k_img) is only in 2.1."""
    own = r"^blocks_\d+_((self|cross)_attn_([qkvo]|k_img|v_img)|ffn_[02])$"
    diffusers = r"^blocks_\d+_(attn[12]_(to_[qkv]|to_out_0|add_[kv]_proj)|ffn_net_(0_proj|2))$"
    found = layers.like(f"{own}|{diffusers}")
    if not found:
        return None
    reading = r"_((self|cross)_attn_[qkvo]|attn[12]_to_[qkv]|ffn_0|ffn_net_0_proj)$"
    width = layers.width(reading)
    by_width = {1536: "wan_1_3b", 3072: "wan_5b", 5120: "wan_14b"}
    families = ("wan21",) if layers.has(r"_(k_img|v_img|add_[kv]_proj)$") else ()
    if width in by_width:
        return Structure((by_width[width],), (f"blocks of width {width}",), families)
    if layers.last(r"^blocks_(\d{1,4})_") > 29:
        return Structure(("wan_14b",), ("40 blocks",), families)
    return Structure(("wan_14b", "wan_5b", "wan_1_3b"), ("self- and cross-attention",), families)


def _ltx(layers: Layers) -> Structure | None:
    """LTX: transformer blocks with cross-attention, and in LTX-2 a second stream for sound."""
    if not layers.has(r"^transformer_blocks_\d+_(attn2_|audio_|video_to_audio|audio_to_video)"):
        return None
    if layers.has(r"^transformer_blocks_\d+_(audio_|video_to_audio|audio_to_video)"):
        return Structure(("ltx2",), ("a stream for sound",))
    width = layers.width(r"^transformer_blocks_\d+_attn1_to_[qkv]$")
    width = width or layers.width(r"^transformer_blocks_\d+_attn2_to_q$")
    width = width or layers.width(r"^transformer_blocks_\d+_ff_net_0_proj$")
    if width == 2048:
        return Structure(("ltxv_2b",), ("transformer blocks of width 2048",))
    if width == 4096:
        return Structure(("ltx2", "ltxv_13b"), ("transformer blocks of width 4096",))
    return None


def _text_encoders(layers: Layers, network: Network) -> Structure:
    """A LoRA that changes text encoders only."""
    if not layers.modules:
        return Structure()
    sizes = widths(module for module in network.modules if "self_attn" in module.name)
    if 1280 in sizes:
        return Structure(("sdxl",), ("two CLIP text encoders",))
    by_width = {768: ("sd15", "sdxl", "flux"), 1024: ("sd21",)}
    ids = next((by_width[size] for size in sizes if size in by_width), ())
    return Structure(ids, tuple(f"CLIP text encoder of width {size}" for size in sizes if ids))


def narrowed(ids: Iterable[str], wanted: Collection[str]) -> tuple[str, ...]:
    """The architectures that two sources agree on."""
    return tuple(id for id in ids if id in wanted)

"""What a LoRA's header tells: network, rank, base model with its evidence, trigger words."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lora_files import Shapes, kohya, peft, safetensors, unet_lora

from ai_video.comfyui.families import families
from ai_video.errors import InputRefused
from ai_video.lora import inspect, read_base_model
from ai_video.lora.families import BASE_MODELS
from ai_video.lora.inspection import Inspection


def seen(tmp_path: Path, data: bytes) -> Inspection:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    return inspect(path, name="x.safetensors")


def model_of(tmp_path: Path, shapes: Shapes, **metadata: str) -> tuple[str, str]:
    found = seen(tmp_path, safetensors(shapes, metadata=metadata, alpha=1)).metadata
    return found.architecture, found.certainty


D = "diffusion_model."
T = "transformer."
BY_LAYERS: dict[str, Mapping[str, tuple[int, int]]] = {
    "sd15": {"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_v": (768, 4)},
    "sd21": {"lora_unet_up_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k": (1024, 4)},
    "sdxl": {"unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k": (2048, 4)},
    "sdxl_refiner": {"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": (1280, 4)},
    "flux": {
        "lora_unet_double_blocks_0_img_attn_qkv": (3072, 4),
        "lora_unet_double_blocks_0_img_mod_lin": (3072, 4),
        "lora_unet_single_blocks_37_linear1": (3072, 21504),
    },
    "flux2_dev": {f"{D}double_blocks.0.img_attn.qkv": (6144, 4)},
    "flux2_klein_9b": {f"{D}single_blocks.0.linear1": (4096, 4)},
    "flux2_klein_4b": {f"{D}single_blocks.0.linear1": (3072, 27648)},
    "hunyuan_video": {
        f"{D}double_blocks.19.img_attn_qkv": (3072, 4),
        f"{D}double_blocks.0.img_mlp.fc1": (3072, 4),
    },
    "hunyuan_video_15": {f"{D}double_blocks.53.img_attn_qkv": (2048, 4)},
    "sd3_medium": {f"{D}joint_blocks.0.x_block.attn.qkv": (1536, 4)},
    "sd3_large": {f"{T}transformer_blocks.0.attn.to_q": (2432, 4)},
    "qwen_image": {
        f"{T}transformer_blocks.59.attn.to_q": (3072, 4),
        f"{T}transformer_blocks.0.img_mlp.net.0.proj": (3072, 4),
    },
    "z_image": {f"{D}layers.0.attention.to_q": (3840, 4)},
    "lumina2": {f"{D}layers.0.attention.qkv": (2304, 4)},
    "wan_1_3b": {f"{D}blocks.0.cross_attn.k": (1536, 4)},
    "wan_5b": {"lora_unet_blocks_0_self_attn_q": (3072, 4)},
    "wan_14b": {f"{T}blocks.39.attn2.to_k": (5120, 4)},
    "ltxv_2b": {
        f"{D}transformer_blocks.0.attn1.to_q": (2048, 4),
        f"{D}transformer_blocks.0.attn2.to_k": (2048, 4),
    },
    "ltx2": {f"{D}transformer_blocks.0.audio_attn1.to_q": (2048, 4)},
}


@pytest.mark.parametrize(("id", "layers"), BY_LAYERS.items(), ids=BY_LAYERS)
def test_layers_show_the_base_model(
    tmp_path: Path, id: str, layers: Mapping[str, tuple[int, int]]
) -> None:
    shapes = kohya(layers) if next(iter(layers)).startswith("lora_") else peft(layers)
    assert model_of(tmp_path, shapes) == (id, "sure")


def test_layers_alone_may_leave_a_choice_which_the_remarks_end(tmp_path: Path) -> None:
    shapes = peft({f"{D}transformer_blocks.0.attn1.to_q": (4096, 4),
                   f"{D}transformer_blocks.0.attn2.to_k": (4096, 4)})  # fmt: skip
    assert model_of(tmp_path, shapes) == ("ltx2", "likely")
    said = {"ss_base_model_version": "ltxv-13b"}
    assert model_of(tmp_path, shapes, **said) == ("ltxv_13b", "sure")


def test_remarks_that_the_layers_contradict_are_not_believed(tmp_path: Path) -> None:
    data = unet_lora(768, metadata={"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"})
    found = seen(tmp_path, data)
    assert found.metadata.architecture == "sd15"
    assert found.metadata.certainty == "likely"
    assert found.metadata.evidence == (
        "cross-attention reads text of width 768",
        "modelspec.architecture: stable-diffusion-xl-v1-base/lora (not what the layers show)",
    )


def test_unknown_layers_leave_it_to_the_remarks(tmp_path: Path) -> None:
    shapes = peft({"new_model.stage.0.mix": (64, 64)})
    assert model_of(tmp_path, shapes) == ("", "unknown")
    said = {"ss_base_model_version": "qwen_image"}
    assert model_of(tmp_path, shapes, **said) == ("qwen_image", "likely")
    found = seen(tmp_path, safetensors(shapes, metadata={"ss_base_model_version": "wan2.2"}))
    assert (found.metadata.architecture, found.base_model) == ("", "wan2.2")
    assert found.metadata.families == ("wan22",)


def test_the_version_of_wan_is_narrowed_by_remarks_and_by_its_image_layers(tmp_path: Path) -> None:
    plain = peft({f"{D}blocks.0.cross_attn.k": (5120, 4)})
    found = seen(tmp_path, safetensors(plain))
    assert (found.base_model, found.metadata.families) == ("Wan 2.1 / 2.2 14B", ("wan21", "wan22"))
    found = seen(tmp_path, safetensors(plain, metadata={"ss_base_model_version": "wan22_14b"}))
    assert (found.base_model, found.metadata.families) == ("Wan 2.2 14B", ("wan22",))
    image = peft(
        {f"{D}blocks.0.cross_attn.k_img": (5120, 4), f"{D}blocks.0.self_attn.q": (5120, 4)}
    )
    assert seen(tmp_path, safetensors(image)).base_model == "Wan 2.1 14B"


L = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
NETWORKS: dict[str, tuple[Shapes, int | None]] = {
    "lora": (kohya({L: (768, 8)}), 4),
    "locon": (
        {
            "lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight": (2, 4, 3, 3),
            "lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight": (8, 2, 1, 1),
        },
        2,
    ),
    "loha": (
        {f"{L}.hada_w1_a": (8, 3), f"{L}.hada_w1_b": (3, 768), f"{L}.hada_w2_a": (8, 3),
         f"{L}.hada_w2_b": (3, 768)},
        3,
    ),
    "lokr": ({f"{L}.lokr_w1": (2, 4), f"{L}.lokr_w2_a": (4, 5), f"{L}.lokr_w2_b": (5, 192)}, 5),
    "dora": ({**kohya({L: (768, 8)}), f"{L}.dora_scale": (8, 1)}, 4),
    "full": ({f"{L}.diff": (8, 768), f"{L}.diff_b": (8,)}, None),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "made"), NETWORKS.items(), ids=NETWORKS)
def test_the_network_and_its_rank_are_read(
    tmp_path: Path, kind: str, made: tuple[Shapes, int | None]
) -> None:
    found = seen(tmp_path, safetensors(made[0], alpha=1)).metadata
    assert (found.network_type, found.rank) == (kind, made[1])
    if kind != "locon":
        assert found.architecture == "sd15"


def test_a_lora_trained_by_comfyui_is_read(tmp_path: Path) -> None:
    block = f"{D}input_blocks.1.1"
    layer = f"{block}.transformer_blocks.0.attn2.to_k"
    made = safetensors(
        {
            **kohya({layer: (768, 320)}, rank=8),
            f"{block}.norm.diff": (320,),
            f"{block}.norm.diff_b": (320,),
        },
        alpha=1,
        dtype="F32",
    )
    found = seen(tmp_path, made).metadata
    assert (found.network_type, found.rank, found.alpha) == ("lora", 8, 1.0)
    assert (found.architecture, found.layers) == ("sd15", 2)


def test_processors_of_old_diffusers_and_of_flux_are_read(tmp_path: Path) -> None:
    old = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora"
    shapes: Shapes = {f"{old}.down.weight": (4, 768), f"{old}.up.weight": (320, 4)}
    assert model_of(tmp_path, shapes) == ("sd15", "sure")
    flux = "double_blocks.0.processor.qkv_lora1"
    shapes = {f"{flux}.down.weight": (4, 3072), f"{flux}.up.weight": (9216, 4)}
    assert model_of(tmp_path, shapes) == ("flux", "likely")


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_alpha_is_the_number_in_the_file(tmp_path: Path, dtype: str) -> None:
    said = {"ss_network_alpha": "64", "ss_network_dim": "128", "ss_steps": "1500"}
    data = safetensors(kohya({L: (768, 8)}), alpha=2.5, dtype=dtype, metadata=said)
    found = seen(tmp_path, data).metadata
    assert (found.rank, found.alpha, found.training_steps) == (4, 2.5, 1500)
    assert found.precision == dtype
    bare = safetensors(peft({f"{D}blocks.0.self_attn.q": (5120, 4)}))
    assert seen(tmp_path, bare).metadata.alpha is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"modelspec.trigger_phrase": "xmboy, red coat"}, ("xmboy", "red coat")),
        ({"ss_dataset_dirs": json.dumps({"10_xmboy boy": {"img_count": 20}})}, ("xmboy",)),
        (
            {
                "ss_dataset_dirs": json.dumps({"img": {"n_repeats": 2, "img_count": 20}}),
                "ss_tag_frequency": json.dumps({"img": {"1girl": 20, "小雨": 20, "red": 7}}),
            },
            ("小雨",),
        ),
        ({"ss_tag_frequency": json.dumps({"5_train": {"a": 1}})}, ()),
        ({"ss_tag_frequency": "[" * 5000, "ss_dataset_dirs": "{broken"}, ()),
        ({"modelspec.trigger_phrase": "a\x00b\ud800\x1b[31m, ,a"}, ("ab[31m", "a")),
        ({}, ()),
    ],
)
def test_trigger_words_come_from_the_remarks(
    tmp_path: Path, said: dict[str, str], words: tuple[str, ...]
) -> None:
    assert seen(tmp_path, unet_lora(metadata=said)).trigger_words == words


OTHERS = {
    "checkpoint": {"model.diffusion_model.input_blocks.0.0.weight": (4, 4)},
    "diffusion model": {"double_blocks.0.img_attn.qkv.weight": (4, 4)},
    "VAE": {"decoder.conv_in.weight": (4, 4)},
    "text encoder": {"text_model.encoder.layers.0.mlp.fc1.weight": (4, 4)},
    "ControlNet": {"lora_controlnet": (1,), "input_blocks.0.0.up": (4, 4)},
    "AnimateDiff": peft({"down_blocks.0.motion_modules.0.temporal.to_q": (4, 4)}),
    "IP-Adapter": {"image_proj.proj.weight": (4, 4)},
    "textual inversion": {"emb_params": (2, 768)},
}


@pytest.mark.parametrize(("found", "shapes"), OTHERS.items(), ids=OTHERS)
def test_another_kind_of_model_is_named_with_its_folder(
    tmp_path: Path, found: str, shapes: Shapes
) -> None:
    with pytest.raises(InputRefused) as caught:
        seen(tmp_path, safetensors(shapes))
    assert caught.value.code == "lora_not_a_lora"
    assert caught.value.fields["found"] == found
    assert str(caught.value.fields["folder"]).startswith("models")


def test_weights_without_a_lora_layer_are_refused(tmp_path: Path) -> None:
    for shapes in ({"a": (2, 2)}, {}, {f"{L}.alpha": ()}, {f"{L}.dora_scale": (8, 1)}):
        with pytest.raises(InputRefused, match="lora_without_layers"):
            seen(tmp_path, safetensors(shapes))


def test_half_a_layer_and_whole_numbers_as_weights_are_refused(tmp_path: Path) -> None:
    half = safetensors({f"{L}.lora_down.weight": (4, 768)})
    misfit = safetensors({f"{L}.lora_down.weight": (4, 768), f"{L}.lora_up.weight": (8, 5)})
    for data in (half, misfit):
        with pytest.raises(InputRefused, match="lora_layer_incomplete"):
            seen(tmp_path, data)
    with pytest.raises(InputRefused, match="lora_dtype_wrong"):
        seen(tmp_path, safetensors(peft({"blocks.0.self_attn.q": (4, 4)}), dtype="I64"))


def test_a_large_lora_is_read_fast(tmp_path: Path) -> None:
    layers = {f"{D}blocks.{n}.{part}": (5120, 1) for n in range(40) for part in
              ("self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "cross_attn.q",
               "cross_attn.k", "cross_attn.v", "cross_attn.o", "ffn.0", "ffn.2")}  # fmt: skip
    data = safetensors(peft(layers, rank=1))
    started = time.process_time()
    assert seen(tmp_path, data).metadata.layers == 400
    assert time.process_time() - started < 3


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from([L, "transformer_blocks.0.attn2.to_k", "layers.0.attention.qkv", "x", ""]),
        st.sampled_from(["lora_down.weight", "lora_up.weight", "lora_A.weight", "lokr_w1", "diff",
                         "alpha", "dora_scale", "hada_w1_b", "on_input", "a1.weight"]),
        max_size=4,
    ),
    st.lists(st.integers(0, 3), max_size=5),
    st.dictionaries(
        st.sampled_from(["ss_tag_frequency", "ss_dataset_dirs", "modelspec.architecture",
                         "ss_resolution", "ss_steps", "ss_network_alpha"]),
        st.text(max_size=20),
    ),
)  # fmt: skip
def test_any_layers_and_remarks_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    layers: dict[str, str],
    shape: list[int],
    said: dict[str, str],
) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    shapes = {f"{module}.{ending}": tuple(shape) for module, ending in layers.items()}
    path.write_bytes(safetensors(shapes, metadata=said))
    try:
        found = inspect(path, name="x")
    except InputRefused:
        return
    assert found.metadata.layers > 0


def test_every_family_of_workflows_is_known_by_its_name() -> None:
    known = {name for model in BASE_MODELS.values() for name in model.families}
    names = {family.name for family in families() if not family.part_of_others}
    assert known - {"sdxl_refiner"} <= names
    for name in names:
        assert read_base_model(name).families == (name,)


def test_every_label_and_id_of_a_base_model_reads_back() -> None:
    for model in BASE_MODELS.values():
        for text in (model.label, model.id):
            asked = read_base_model(text)
            assert asked.ids == (model.id,), text
            assert asked.families == model.families, text


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("SDXL", ("sdxl",)),
        ("sd_v1", ("sd15",)),
        ("sd-1.5", ("sd15",)),
        ("v1-5-pruned-emaonly", ("sd15",)),
        ("stable-diffusion-xl-v1-base/lora", ("sdxl",)),
        ("Pony Diffusion V6", ("sdxl",)),
        ("stable-diffusion-v2-768-v/lora", ("sd21",)),
        ("stable-diffusion-3-medium", ("sd3_medium",)),
        ("SD 3.5 Large", ("sd3_large",)),
        ("flux-1-dev/lora", ("flux",)),
        ("flux2_klein_4b", ("flux2_klein_4b",)),
        ("wan22", ("wan_14b", "wan_5b")),
        ("Wan2.1", ("wan_1_3b", "wan_14b")),
        ("Wan 2.2 TI2V 5B", ("wan_5b",)),
        ("wan", ("wan_1_3b", "wan_5b", "wan_14b")),
        ("LTX-2.3", ("ltx2",)),
        ("ltxv", ("ltxv_2b", "ltxv_13b")),
        ("hunyuan_video_1_5", ("hunyuan_video_15",)),
        ("hunyuan", ("hunyuan_video", "hunyuan_video_15")),
        ("HunyuanImage 2.1", ("hunyuan_image",)),
        ("HiDream I1", ("hidream",)),
        ("HunyuanVideo", ("hunyuan_video",)),
        ("Qwen-Image-Edit 2511", ("qwen_image",)),
        ("swan lake", ()),
        ("", ()),
    ],
)
def test_written_names_of_base_models_are_read(text: str, ids: tuple[str, ...]) -> None:
    assert set(read_base_model(text).ids) == set(ids)

"""What is made: every kind of output, from words, pictures, models and without any."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from uuid import uuid4

import av
import pytest
from PIL import Image

from ai_video.comfyui.events import Executed, Executing, Preview, Progress
from ai_video.comfyui.outputs import OutputFile

from .conftest import Bench, Graph, node, plain_picture, text_to_image


async def fetch(bench: Bench, file: OutputFile, folder: Path) -> Path:
    got = await bench.client.files.download(file, folder / Path(file.filename).name)
    data = got.path.read_bytes()
    assert got.size == len(data) > 0
    assert got.sha256 == hashlib.sha256(data).hexdigest()
    return got.path


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def clip_facts(path: Path) -> tuple[int, int, int, float]:
    """(width, height, frames, frames per second)."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        frames = sum(1 for _ in clip.decode(stream))
        return stream.width, stream.height, frames, float(stream.average_rate or 0)


async def test_version_nodes_and_folders_are_read(bench: Bench) -> None:
    stats = await bench.client.system_stats()
    assert stats.version.count(".") == 2
    assert stats.devices[0].vram_total > 0
    assert bench.nodes.nodes["KSampler"].inputs["steps"].type == "INT"
    assert {"checkpoints", "loras", "vae"} <= set(await bench.client.files.model_folders())
    assert await bench.client.files.models("no_such_folder") == ()
    assert (await bench.client.features()).max_upload_size == 100 * 1024 * 1024
    nodes = await bench.client.node_list()
    assert (nodes.version, set(nodes.nodes)) == (stats.version, set(bench.nodes.nodes))
    assert await bench.client.node_list() is nodes
    assert await bench.client.node_list(refresh=True) is not nodes


async def test_text_becomes_a_picture_with_progress(
    bench: Bench, unique: str, tmp_path: Path
) -> None:
    heard: list[object] = []
    graph = text_to_image(unique, await bench.checkpoint(), steps=4)
    outputs = await bench.run(graph, heard=heard)  # type: ignore[arg-type]
    [file] = outputs.files
    assert (file.node, file.key, file.type, file.subfolder) == ("9", "images", "output", "contract")
    assert file.filename.startswith(unique)
    with Image.open(await fetch(bench, file, tmp_path)) as picture:
        assert (picture.size, picture.format) == ((128, 128), "PNG")
        assert json.loads(picture.info["prompt"])["5"]["inputs"]["seed"] == int(unique[:8], 16)
    steps = [(event.value, event.max) for event in heard if isinstance(event, Progress)]
    assert steps[-1] == (4, 4)
    assert [event.node for event in heard if isinstance(event, Executed)] == ["9"]
    assert [event.node for event in heard if isinstance(event, Executing)][-1] in (None, "9")


async def test_one_seed_gives_one_picture(bench: Bench, unique: str, tmp_path: Path) -> None:
    checkpoint = await bench.checkpoint()
    pixels: list[bytes] = []
    for prefix, seed in (("a", 5), ("b", 5), ("c", 6)):
        graph = text_to_image(unique, checkpoint)
        graph["5"]["inputs"]["seed"] = seed
        graph["9"]["inputs"]["filename_prefix"] = f"contract/{unique}{prefix}"
        [file] = (await bench.run(graph)).files
        with Image.open(await fetch(bench, file, tmp_path)) as picture:
            pixels.append(picture.tobytes())
    assert pixels[0] == pixels[1] != pixels[2]


async def test_picture_becomes_a_picture(
    bench: Bench, unique: str, drawn: Path, tmp_path: Path
) -> None:
    uploaded = await bench.client.files.upload(drawn, subfolder="contract")
    graph = text_to_image(unique, await bench.checkpoint())
    graph["4"] = node("VAEEncode", pixels=["10", 0], vae=["1", 2])
    graph["10"] = node("LoadImage", image=uploaded.value)
    graph["5"]["inputs"]["denoise"] = 0.6
    [file] = (await bench.run(graph)).files
    with Image.open(await fetch(bench, file, tmp_path)) as picture:
        assert picture.size == (96, 64)


async def test_previews_come_over_the_socket(bench: Bench, unique: str) -> None:
    heard: list[object] = []
    graph = text_to_image(unique, await bench.checkpoint(), steps=6)
    argv = (await bench.client.system_stats()).system.argv
    old = bench.nodes.version.startswith("0.3.")
    if bench.target.kind == "real" and old and "--preview-method" not in argv:
        pytest.skip("this version makes previews only when its command line says so")
    await bench.run(graph, heard=heard, previews=True)  # type: ignore[arg-type]
    previews = [event for event in heard if isinstance(event, Preview)]
    assert previews
    assert previews[-1].media_type == "image/jpeg"
    assert previews[-1].image.startswith(b"\xff\xd8")


def wan_clip(unique: str, models: tuple[str, str, str]) -> Graph:
    unet, clip, vae = models
    return {
        "1": node("UNETLoader", unet_name=unet, weight_dtype="default"),
        "2": node("CLIPLoader", clip_name=clip, type="wan", device="default"),
        "3": node("VAELoader", vae_name=vae),
        "4": node("CLIPTextEncode", text="the sea at sunset, a boy runs", clip=["2", 0]),
        "5": node("CLIPTextEncode", text="", clip=["2", 0]),
        "6": node("EmptyHunyuanLatentVideo", width=128, height=96, length=9, batch_size=1),
        "7": node(
            "KSampler", model=["1", 0], positive=["4", 0], negative=["5", 0],
            latent_image=["6", 0], seed=int(unique[:8], 16), steps=2, cfg=2.0,
            sampler_name="euler", scheduler="simple", denoise=1.0,
        ),
        "8": node("VAEDecode", samples=["7", 0], vae=["3", 0]),
        "9": node("CreateVideo", images=["8", 0], fps=16.0),
        "10": node(
            "SaveVideo", video=["9", 0], filename_prefix=f"contract/{unique}", format="mp4",
            codec="h264",
        ),
    }  # fmt: skip


async def wan_models(bench: Bench, unet: str) -> tuple[str, str, str]:
    like = "tiny_wan_t2v" if "t2v" in unet else "tiny_wan22_i2v_high"
    return (
        await bench.model("diffusion_models", like=like, fake=unet),
        await bench.model(
            "text_encoders", like="umt5", fake="umt5_xxl_fp8_e4m3fn_scaled.safetensors"
        ),
        await bench.model("vae", like="wan21", fake="wan_2.1_vae.safetensors"),
    )


async def test_text_becomes_a_clip(bench: Bench, unique: str, tmp_path: Path) -> None:
    bench.needs("EmptyHunyuanLatentVideo", "CreateVideo", "SaveVideo")
    models = await wan_models(bench, "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors")
    [file] = (await bench.run(wan_clip(unique, models))).files
    assert file.key == "images"
    assert clip_facts(await fetch(bench, file, tmp_path)) == (128, 96, 9, 16.0)


async def test_picture_becomes_a_clip(
    bench: Bench, unique: str, drawn: Path, tmp_path: Path
) -> None:
    bench.needs("WanImageToVideo", "CreateVideo", "SaveVideo")
    models = await wan_models(bench, "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors")
    uploaded = await bench.client.files.upload(drawn)
    graph = wan_clip(unique, models)
    graph["11"] = node("LoadImage", image=uploaded.value)
    graph["6"] = node(
        "WanImageToVideo", positive=["4", 0], negative=["5", 0], vae=["3", 0], width=128,
        height=96, length=11, batch_size=1, start_image=["11", 0],
    )  # fmt: skip
    graph["7"]["inputs"] |= {"positive": ["6", 0], "negative": ["6", 1], "latent_image": ["6", 2]}
    [file] = (await bench.run(graph)).files
    assert clip_facts(await fetch(bench, file, tmp_path)) == (128, 96, 9, 16.0)


async def test_controlnet_guides_a_picture(
    bench: Bench, unique: str, drawn: Path, tmp_path: Path
) -> None:
    bench.needs("ControlNetLoader", "ControlNetApplyAdvanced")
    control = await bench.model(
        "controlnet", like="control", fake="control_v11p_sd15_openpose_fp16.safetensors"
    )
    uploaded = await bench.client.files.upload(drawn)
    graph = text_to_image(unique, await bench.checkpoint())
    graph["20"] = node("LoadImage", image=uploaded.value)
    graph["21"] = node("ControlNetLoader", control_net_name=control)
    graph["22"] = node(
        "ControlNetApplyAdvanced", positive=["2", 0], negative=["3", 0], control_net=["21", 0],
        image=["20", 0], strength=0.8, start_percent=0.0, end_percent=1.0,
    )  # fmt: skip
    graph["5"]["inputs"] |= {"positive": ["22", 0], "negative": ["22", 1]}
    [file] = (await bench.run(graph)).files
    with Image.open(await fetch(bench, file, tmp_path)) as picture:
        assert picture.size == (128, 128)


async def test_ip_adapter_guides_a_picture(
    bench: Bench, unique: str, drawn: Path, tmp_path: Path
) -> None:
    bench.needs("IPAdapterModelLoader", "IPAdapterAdvanced", "CLIPVisionLoader")
    adapter = await bench.model("ipadapter", like="ip-adapter", fake="ip-adapter_sd15.safetensors")
    vision = await bench.model(
        "clip_vision", like="vit", fake="CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"
    )
    uploaded = await bench.client.files.upload(drawn)
    graph = text_to_image(unique, await bench.checkpoint())
    graph["20"] = node("LoadImage", image=uploaded.value)
    graph["21"] = node("IPAdapterModelLoader", ipadapter_file=adapter)
    graph["22"] = node("CLIPVisionLoader", clip_name=vision)
    graph["23"] = node(
        "IPAdapterAdvanced", model=["1", 0], ipadapter=["21", 0], image=["20", 0],
        clip_vision=["22", 0], weight=0.8, weight_type="linear", combine_embeds="concat",
        start_at=0.0, end_at=1.0, embeds_scaling="V only",
    )  # fmt: skip
    graph["5"]["inputs"]["model"] = ["23", 0]
    [file] = (await bench.run(graph)).files
    with Image.open(await fetch(bench, file, tmp_path)) as picture:
        assert picture.size == (128, 128)


async def test_animatediff_makes_a_clip(bench: Bench, unique: str, tmp_path: Path) -> None:
    bench.needs("ADE_LoadAnimateDiffModel", "ADE_UseEvolvedSampling", "VHS_VideoCombine")
    motion = await bench.model("animatediff_models", like="mm", fake="v3_sd15_mm.ckpt")
    graph = text_to_image(unique, await bench.checkpoint(), side=64)
    graph["4"]["inputs"]["batch_size"] = 8
    graph["20"] = node("ADE_LoadAnimateDiffModel", model_name=motion)
    graph["21"] = node("ADE_ApplyAnimateDiffModelSimple", motion_model=["20", 0])
    graph["22"] = node(
        "ADE_UseEvolvedSampling", model=["1", 0], beta_schedule="autoselect", m_models=["21", 0]
    )
    graph["5"]["inputs"]["model"] = ["22", 0]
    graph["9"] = node(
        "VHS_VideoCombine", images=["8", 0], frame_rate=8, loop_count=0,
        filename_prefix=f"contract/{unique}", format="video/h264-mp4", pix_fmt="yuv420p", crf=19,
        save_metadata=True, trim_to_audio=False, pingpong=False, save_output=True,
    )  # fmt: skip
    [file] = (await bench.run(graph)).files
    assert file.key == "gifs"
    assert clip_facts(await fetch(bench, file, tmp_path)) == (64, 64, 8, 8.0)


async def test_lora_is_trained_fetched_delivered_and_used(
    bench: Bench, unique: str, drawn: Path, tmp_path: Path
) -> None:
    bench.needs(
        "LoadImageTextDataSetFromFolder", "MakeTrainingDataset", "TrainLoraNode", "SaveLoRA"
    )
    folder = f"set-{unique}"
    with Image.open(drawn) as picture:
        for number in (1, 2):
            square, words = tmp_path / f"{number}.png", tmp_path / f"{number}.txt"
            picture.rotate(90 * number).resize((128, 128)).save(square)
            words.write_text("xmboy stands", encoding="utf-8")
            for file in (square, words):
                await bench.client.files.upload(file, subfolder=folder)
    trainer = bench.nodes.nodes["TrainLoraNode"]
    chosen = {
        "batch_size": 1, "grad_accumulation_steps": 1, "steps": 2, "learning_rate": 0.0005,
        "rank": 4, "optimizer": "AdamW", "loss_function": "MSE", "seed": 1,
        "training_dtype": "bf16", "lora_dtype": "bf16", "algorithm": "LoRA",
        "gradient_checkpointing": True, "existing_lora": "[None]",
    }  # fmt: skip
    given = {
        name: chosen.get(name, spec.default)
        for name, spec in trainer.inputs.items()
        if name in chosen or (spec.required and spec.is_widget)
    }
    graph: Graph = {
        "1": node("CheckpointLoaderSimple", ckpt_name=await bench.checkpoint()),
        "2": node("LoadImageTextDataSetFromFolder", folder=folder),
        "3": node(
            "MakeTrainingDataset", images=["2", 0], texts=["2", 1], vae=["1", 2], clip=["1", 1]
        ),
        "4": node("TrainLoraNode", model=["1", 0], latents=["3", 0], positive=["3", 1], **given),
        "5": node(
            "SaveLoRA",
            lora=["4", bench.out("TrainLoraNode", "lora")],
            prefix=f"loras/{unique}",
            steps=["4", bench.out("TrainLoraNode", "steps")],
        ),
    }
    before = await bench.client.files.models("loras")
    outputs = await bench.run(graph)
    assert outputs.files == ()
    [silent] = await bench.client.files.trained_loras(graph, before=before)
    assert [silent] == list(await bench.client.files.trained_loras(graph))
    trained = await fetch(bench, silent, tmp_path)
    data = trained.read_bytes()
    head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert any("lora" in key for key in head)

    name = await bench.client.files.deliver_lora(trained, name=f"{unique}.safetensors")
    assert name == f"{hashlib.sha256(data).hexdigest()[:12]}_{unique}.safetensors"
    assert name in await bench.client.files.models("loras")
    assert await bench.client.files.deliver_lora(trained, name=f"{unique}.safetensors") == name
    use = text_to_image(unique, await bench.checkpoint())
    use["30"] = node(
        "LoraLoader", model=["1", 0], clip=["1", 1], lora_name=name, strength_model=1.0,
        strength_clip=1.0,
    )  # fmt: skip
    use["5"]["inputs"]["model"] = ["30", 0]
    use["2"]["inputs"]["clip"] = ["30", 1]
    assert len((await bench.run(use)).files) == 1


async def test_every_kind_of_file_is_found_and_fetched(
    bench: Bench, unique: str, tmp_path: Path
) -> None:
    bench.needs("SaveVideo", "SaveWEBM", "SaveAnimatedWEBP", "SaveAudio", "SaveAudioMP3")
    graph = plain_picture(unique, count=8)
    prefix = f"contract/{unique}"
    graph |= {
        "2": node("EmptyAudio", duration=1.0, sample_rate=44100, channels=2),
        "3": node("CreateVideo", images=["1", 0], fps=8.0, audio=["2", 0]),
        "4": node("SaveVideo", video=["3", 0], filename_prefix=prefix, format="mp4", codec="h264"),
        "5": node("SaveWEBM", images=["1", 0], filename_prefix=prefix, codec="vp9", fps=8.0, crf=40.0),
        "6": node(
            "SaveAnimatedWEBP", images=["1", 0], filename_prefix=prefix, fps=8.0, lossless=False,
            quality=80, method="default",
        ),
        "7": node("SaveAudio", audio=["2", 0], filename_prefix=prefix),
        "8": node("SaveAudioMP3", audio=["2", 0], filename_prefix=prefix, quality="128k"),
        "10": node("PreviewImage", images=["1", 0]),
    }  # fmt: skip
    outputs = await bench.run(graph)
    endings = sorted(file.filename.rpartition(".")[2] for file in outputs.kept)
    assert endings == sorted(["png"] * 8 + ["mp4", "webm", "webp", "flac", "mp3"])
    assert {file.key for file in outputs.kept} == {"images", "audio"}
    assert len(outputs.files) - len(outputs.kept) == 8
    for file in outputs.kept:
        path = await fetch(bench, file, tmp_path)
        if path.suffix in (".mp4", ".webm"):
            assert clip_facts(path) == (64, 64, 8, 8.0)
        elif path.suffix in (".flac", ".mp3"):
            with av.open(str(path)) as sound:
                assert sound.streams.audio[0].codec_context.sample_rate == 44100
                assert (sound.duration or 0) / 1e6 == pytest.approx(1.0, abs=0.1)
        else:
            with Image.open(path) as picture:
                assert picture.size == (64, 64)


async def test_texts_are_shown(bench: Bench) -> None:
    bench.needs("PreviewAny", "StringConcatenate")
    said = uuid4().hex
    graph = {
        "1": node("StringConcatenate", string_a="a ", string_b=said, delimiter="-"),
        "2": node("PreviewAny", source=["1", 0]),
    }
    [text] = (await bench.run(graph)).texts
    assert (text.text, text.node) == (f"a -{said}", "2")


async def test_saved_text_is_a_file(bench: Bench, unique: str, tmp_path: Path) -> None:
    bench.needs("SaveText")
    graph = {"1": node("SaveText", text="你好", filename_prefix=f"contract/{unique}", format="txt")}
    outputs = await bench.run(graph)
    [file] = outputs.files
    assert file.key == "files"
    assert (await fetch(bench, file, tmp_path)).read_text(encoding="utf-8") == "你好"


async def test_names_of_uploads_are_the_servers(bench: Bench, drawn: Path, unique: str) -> None:
    files = bench.client.files
    first = await files.upload(drawn, subfolder="contract")
    assert (first.name, first.subfolder, first.type) == (drawn.name, "contract", "input")
    assert first.value == f"contract/{drawn.name}"
    assert await files.upload(drawn, subfolder="contract") == first
    alter(drawn)
    other = await files.upload(drawn, subfolder="contract")
    assert other.name == f"{unique} (1).png"
    same = await files.upload(drawn, subfolder="contract", overwrite=True)
    assert same.name == drawn.name


@pytest.mark.parametrize("name", ["clip.mp4", "声音.wav", "words.txt"])
async def test_any_file_goes_up_and_comes_back(
    bench: Bench, unique: str, tmp_path: Path, name: str
) -> None:
    source = tmp_path / f"{unique}-{name}"
    source.write_bytes(unique.encode() * 1000 + b"\r\n--x\r\n")
    up = await bench.client.files.upload(source, subfolder="contract/deep")
    file = OutputFile(up.name, up.subfolder, up.type)
    got = await bench.client.files.download(file, tmp_path / "back")
    assert got.path.read_bytes() == source.read_bytes()


async def test_mask_is_laid_over_a_picture(bench: Bench, drawn: Path, tmp_path: Path) -> None:
    files = bench.client.files
    up = await files.upload(drawn)
    mask = tmp_path / "mask.png"
    Image.new("RGBA", (96, 64), (0, 0, 0, 128)).save(mask)
    original = OutputFile(up.name, up.subfolder, up.type)
    masked = await files.upload_mask(mask, original=original, name=f"mask-{drawn.name}")
    got = await files.download(OutputFile(masked.name, "", masked.type), tmp_path / "masked.png")
    with Image.open(got.path) as picture:
        assert picture.size == (96, 64)
        assert picture.convert("RGBA").getpixel((5, 5))[3] == 128  # type: ignore[index]

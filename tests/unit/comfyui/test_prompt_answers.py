"""Jobs, histories, queues, outputs and errors as servers write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_video.comfyui.failures import NodeFault, failure_of, read_fault, read_refusals
from ai_video.comfyui.jobs import Job, read_history, read_job, read_queue
from ai_video.comfyui.loras import (
    check_prefixes,
    delivered_name,
    require_safetensors,
    trained_files,
)
from ai_video.comfyui.outputs import OutputFile, OutputText, read_outputs
from ai_video.errors import (
    ConfigurationFailure,
    ResourceFailure,
    SystemFailure,
    TaskFailed,
    TransientFailure,
)

IMAGE = {"filename": "a.png", "subfolder": "s", "type": "output"}


def history(status: Any, *messages: Any, outputs: Any = None) -> dict[str, Any]:
    told = {"status_str": status, "completed": status == "success", "messages": list(messages)}
    return {"p": {"prompt": [], "outputs": outputs or {}, "status": told}}


def test_files_are_found_under_any_key() -> None:
    raw = {
        "9": {"images": [IMAGE], "animated": [True]},
        "10": {"gifs": [{**IMAGE, "filename": "b.mp4", "format": "video/h264-mp4"}]},
        "11": {"3d": [{"filename": "c.glb", "subfolder": "", "type": "temp"}]},
        "12": {"text": ["said"], "files": [{"filename": "d.txt"}]},
        "13": {"images": [{"filename": ""}, {"filename": 5}, {"filename": "x", "type": "odd"}]},
        "14": None,
        "15": {"images": "no list"},
    }
    found = read_outputs(raw)  # type: ignore[arg-type]
    assert [(file.place, file.node, file.key) for file in found.files] == [
        ("output/s/a.png", "9", "images"),
        ("output/s/b.mp4", "10", "gifs"),
        ("temp/c.glb", "11", "3d"),
        ("output/d.txt", "12", "files"),
    ]
    assert found.texts == (OutputText("said", "12"),)
    assert [file.filename for file in found.kept] == ["a.png", "b.mp4", "d.txt"]
    assert read_outputs(None).files == ()


def test_history_tells_a_stopped_prompt_from_a_failed_one() -> None:
    good = read_history("p", history("success", ["execution_start", {"timestamp": 1000}],
                                     ["execution_success", {"timestamp": 3500}],
                                     outputs={"9": {"images": [IMAGE]}}))  # fmt: skip
    assert good is not None
    assert (good.state, good.execution_s, len(good.outputs.files)) == ("completed", 2.5, 1)
    stopped = read_history("p", history("error", ["execution_interrupted", {"node_id": "5"}]))
    assert stopped is not None
    assert stopped.state == "cancelled"
    failed = read_history(
        "p",
        history("error", ["execution_error", {"node_id": "5", "exception_type": "KeyError"}]),
    )
    assert failed is not None
    assert (failed.state, failed.fault) == ("failed", NodeFault("5", "", "KeyError", ""))
    assert read_history("p", {"p": {"outputs": {}, "status": None}}) == Job("p", "completed")
    assert read_history("p", {}) is None


def test_queue_tells_who_is_before() -> None:
    def item(number: float, prompt_id: str) -> list[Any]:
        return [number, prompt_id, {}, {}, []]

    raw = {"queue_running": [item(1, "r")], "queue_pending": [item(5, "b"), item(3, "a")]}
    assert read_queue("r", raw) == Job("r", "running")  # type: ignore[arg-type]
    assert read_queue("a", raw) == Job("a", "pending", ahead=1)  # type: ignore[arg-type]
    assert read_queue("b", raw) == Job("b", "pending", ahead=2)  # type: ignore[arg-type]
    assert read_queue("x", raw) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "state"),
    [("pending", "pending"), ("in_progress", "running"), ("completed", "completed"),
     ("failed", "failed"), ("cancelled", "cancelled")],
)  # fmt: skip
def test_job_states_are_read(status: str, state: str) -> None:
    job = read_job("p", {"status": status, "execution_start_time": 10, "execution_end_time": 1010})
    assert (job.state, job.execution_s) == (state, 1.0)
    assert (job.fault is not None) == (state == "failed")


def test_answers_of_another_form_are_refused() -> None:
    for read, raw in (
        (read_job, {"status": "dreaming"}),
        (read_job, {}),
        (read_queue, {"queue_running": []}),
        (read_history, []),
        (read_history, {"p": 5}),
    ):
        with pytest.raises(ValueError, match=r".+"):
            read("p", raw)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("kind", "message", "failure", "code"),
    [
        ("torch.OutOfMemoryError", "Allocation on device", ResourceFailure, "comfyui_out_of_memory"),
        ("torch.cuda.OutOfMemoryError", "CUDA out of memory. Tried", ResourceFailure,
         "comfyui_out_of_memory"),
        ("RuntimeError", "MPS backend out of memory (MPS allocated", ResourceFailure,
         "comfyui_out_of_memory"),
        ("RuntimeError", "[enforce fail at alloc_cpu.cpp] can't allocate memory", ResourceFailure,
         "comfyui_out_of_memory"),
        ("MemoryError", "", ResourceFailure, "comfyui_out_of_memory"),
        ("RuntimeError", "CUDA error: device-side assert triggered", SystemFailure,
         "comfyui_device_failed"),
        ("torch.AcceleratorError", "HIP error: invalid device", SystemFailure,
         "comfyui_device_failed"),
        ("requests.exceptions.ConnectionError", "Max retries", TransientFailure,
         "comfyui_node_offline"),
        ("FileNotFoundError", "no such file", ConfigurationFailure, "comfyui_node_failed"),
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", ConfigurationFailure,
         "comfyui_node_failed"),
        ("ValueError", "too many tiles at the room's end", ConfigurationFailure,
         "comfyui_node_failed"),
    ],
)  # fmt: skip
def test_faults_have_their_class(
    kind: str, message: str, failure: type[TaskFailed], code: str
) -> None:
    fault = read_fault(
        {
            "node_id": 5,
            "node_type": "KSampler",
            "exception_type": kind,
            "exception_message": message,
        }
    )
    raised = failure_of(fault, url="http://x")
    assert (type(raised), raised.code) == (failure, code)
    assert (raised.fields["node"], raised.fields["class_type"]) == ("5", "KSampler")
    assert "KSampler" in raised.message("zh")


def test_a_full_card_is_said_in_one_line() -> None:
    """What ComfyUI 0.3.75 answered on an H100 that another process had filled (torch 2.11, CUDA 13)."""
    fault = read_fault(
        {
            "node_id": "5",
            "node_type": "KSampler",
            "exception_type": "torch.OutOfMemoryError",
            "exception_message": (
                "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
                "Currently allocated     : 372.74 MiB\n"
                "Requested               : 1.25 GiB\n"
                "Device limit            : 79.18 GiB\n"
                "Free (according to CUDA): 6.62 MiB\n"
                "PyTorch limit (set by user-supplied memory fraction)\n"
                "                        : 17179869184.00 GiB\n"
                "This error means you ran out of memory on your GPU.\n\n"
                "TIPS: If the workflow worked before you might have accidentally set the "
                "batch_size to a large number."
            ),
        }
    )
    raised = failure_of(fault, url="http://x")
    assert (type(raised), raised.code) == (ResourceFailure, "comfyui_out_of_memory")
    assert "Requested : 1.25 GiB" in raised.message()
    assert "\n" not in raised.message()


def test_refusals_have_one_name_for_an_unknown_class() -> None:
    old = {"error": {"type": "invalid_prompt", "details": "Node ID '#3'", "extra_info": {},
                     "message": "Cannot execute because node Nope does not exist."},
           "node_errors": {}}  # fmt: skip
    new = {"error": {"type": "missing_node_type", "message": "m", "details": "d",
                     "extra_info": {"node_id": "3", "class_type": "Nope"}}, "node_errors": []}  # fmt: skip
    for raw in (old, new):
        [refusal] = read_refusals(raw)  # type: ignore[arg-type]
        assert (refusal.type, refusal.node, refusal.class_type) == (
            "missing_node_type",
            "3",
            "Nope",
        )


def test_refusals_name_every_input() -> None:
    errors = [
        {"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt_name: 'x'",
         "extra_info": {"input_name": "ckpt_name", "received_value": "x"}},
        {"type": "required_input_missing", "message": "m", "details": "clip", "extra_info": {}},
    ]  # fmt: skip
    raw = {"error": {"type": "prompt_outputs_failed_validation"},
           "node_errors": {"4": {"class_type": "Loader", "errors": errors}}}  # fmt: skip
    first, second = read_refusals(raw)  # type: ignore[arg-type]
    assert str(first) == "4 Loader.ckpt_name: value_not_in_list: Value not in list: ckpt_name: 'x'"
    assert (second.input, second.details) == (None, "clip")
    assert read_refusals({"prompt_id": "p", "node_errors": {}}) == ()
    assert read_refusals(None) == ()
    assert read_refusals({"error": "in words"})[0].message == "in words"


def trainer(prefix: str) -> dict[str, Any]:
    return {"5": {"class_type": "SaveLoRA", "inputs": {"prefix": prefix, "lora": ["4", 0]}}}


def test_trained_lora_is_found_by_prefix_and_by_what_is_new() -> None:
    listed = ("old.safetensors", "job7_20_steps_00001_.safetensors", "sub\\job7_00001_.safetensors")
    assert trained_files(trainer("loras/job7"), listed, before=None) == (
        OutputFile("job7_20_steps_00001_.safetensors", "loras", "output", "5", "loras"),
    )
    assert trained_files(trainer("loras/sub/job7"), listed, before=()) == (
        OutputFile("job7_00001_.safetensors", "loras/sub", "output", "5", "loras"),
    )
    assert trained_files(trainer("loras/job7"), listed, before=listed) == ()
    assert (
        trained_files({"1": {"class_type": "SaveImage", "inputs": {}}}, listed, before=None) == ()
    )


@pytest.mark.parametrize("prefix", ["x", "loras", "loras/", "out/loras/x"])
def test_prefix_that_hides_the_file_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigurationFailure, match="comfyui_lora_prefix"):
        check_prefixes(trainer(prefix))


def test_delivered_loras_of_one_name_stay_apart(tmp_path: Path) -> None:
    assert delivered_name("小明.safetensors", "ab" * 32) == "abababababab_小明.safetensors"
    for name, data in (
        ("a.pt", b"\2\0\0\0\0\0\0\0{}"),
        ("b.safetensors", b"PK\3\4"),
        ("c.safetensors", b""),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ConfigurationFailure, match="comfyui_lora_unsafe"):
            require_safetensors(path, name=name)

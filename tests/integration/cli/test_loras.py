"""`ai-video loras` as the contract names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.integration.cli.conftest import Done
from tests.lora_files import unet_lora


def test_the_commands_of_a_lora(ai: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "小明.safetensors"
    file.write_bytes(unet_lora(768))
    done = ai("loras", "add", str(file), "--trigger", "xmboy", "--weight-range", "0.2", "1.1",
              "--set", "description=hero", "--json")  # fmt: skip
    assert done.code == 0, done.err
    lora = done.json
    assert (lora["base_model"], lora["trigger_words"]) == ("SD 1.5", ["xmboy"])
    assert lora["weight_range"] == {"min": 0.2, "max": 1.1}
    listed = ai("loras", "list", "--base-model", "sd15", "--type", "character", "--json")
    assert [row["id"] for row in listed.json["items"]] == [lora["id"]]
    assert "SD 1.5" in ai("loras", "list").out
    edited = ai("loras", "edit", lora["id"], "--set", "recommended_weight=1.05", "--json")
    assert edited.json["item"]["recommended_weight"] == 1.05
    refused = ai("loras", "edit", lora["id"], "--set", "recommended_weight=2", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "lora_weights_refused")
    assert ai("loras", "check", lora["id"], "--json").json["ok"] is True
    assert ai("loras", "fits", lora["id"], "SD 1.5").code == 0
    assert ai("loras", "fits", lora["id"], "sdxl", "--json").code == 6
    project = ai("projects", "create", "--set", "name=Rain", "--json").json["id"]
    person = ai("characters", "create", "--set", f"project_id={project}", "--set", "name=小明",
                "--json").json["id"]  # fmt: skip
    chosen = ai("loras", "select", person, "--base-model", "sd15", "--json").json
    assert (chosen["selected"]["id"], chosen["selected"]["matched_by"]) == (lora["id"], "name")
    none = ai("loras", "select", person, "--base-model", "flux", "--assign", "--json")
    assert (none.code, none.json["error"]["code"]) == (3, "lora_none_to_assign")
    target = tmp_path / "out.safetensors"
    assert ai("loras", "save", lora["id"], "-o", str(target)).code == 0
    assert target.read_bytes() == file.read_bytes()
    assert ai("loras", "delete", lora["id"], "--json").json["ok"] is True
    assert ai("loras", "show", lora["id"]).code == 3


def test_files_that_are_no_lora_exit_with_three(ai: Callable[..., Done], tmp_path: Path) -> None:
    pickle = tmp_path / "evil.safetensors"
    pickle.write_bytes(b"\x80\x04\x95" + bytes(80))
    done = ai("loras", "add", str(pickle), "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "lora_is_pickle")
    assert done.json["error"]["hint"]
    missing = ai("loras", "add", str(tmp_path / "none.safetensors"), "--json")
    assert (missing.code, missing.json["error"]["code"]) == (3, "file_unreadable")

"""The container files: no default passwords, health checks, volumes that stay, the locks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ai_video.cli.main import root
from ai_video.settings import Settings

FILES = ("compose.yaml", "worker.yaml")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY")


def text_of(checkout: Path, name: str) -> str:
    return (checkout / "deploy" / name).read_text(encoding="utf-8")


def services(checkout: Path, name: str) -> dict[str, Any]:
    return yaml.safe_load(text_of(checkout, name))["services"]


def test_there_is_everything_a_production_needs(checkout: Path) -> None:
    wanted = {"postgres", "redis", "s3", "studio", "worker"}
    assert wanted <= set(services(checkout, "compose.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_every_secret_has_to_be_given(checkout: Path, name: str) -> None:
    text = text_of(checkout, name)
    used = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert used
    lax = [variable for variable, rest in used if SECRET.search(variable) and rest[:2] != ":?"]
    assert lax == []
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        if SECRET.search(key) and value.strip() and not line.lstrip().startswith("#"):
            assert "${" in value, line


def test_the_example_names_every_secret_and_has_a_value_for_none(checkout: Path) -> None:
    example = text_of(checkout, "example.env")
    given = dict(re.findall(r"^(\w+)=(.*)$", example, flags=re.MULTILINE))
    assert set(given.values()) == {""}
    needed = set(re.findall(r"\$\{(\w+):\?", text_of(checkout, "compose.yaml")))
    assert set(given) == needed


@pytest.mark.parametrize("name", FILES)
def test_every_service_that_stays_has_a_health_check(checkout: Path, name: str) -> None:
    for service, said in services(checkout, name).items():
        if said.get("restart") != "no":
            assert said["healthcheck"]["test"], service
            assert said["restart"] == "unless-stopped", service


def test_data_stand_in_volumes_with_names_of_their_own(checkout: Path) -> None:
    document = yaml.safe_load(text_of(checkout, "compose.yaml"))
    assert all(volume["name"].startswith("ai-video-") for volume in document["volumes"].values())
    for service in ("postgres", "redis", "s3", "studio"):
        mounted = {place.partition(":")[0] for place in document["services"][service]["volumes"]}
        assert mounted <= set(document["volumes"]), service


@pytest.mark.parametrize("name", FILES)
def test_the_settings_and_commands_in_use_exist(checkout: Path, name: str) -> None:
    known = {f"AIVIDEO_{field.upper()}" for field in Settings.model_fields}
    for service, said in services(checkout, name).items():
        environment = said.get("environment", {})
        assert {key for key in environment if key.startswith("AIVIDEO_")} <= known, service
        if service in ("studio", "worker"):
            command = root.get_command(None, said["command"][0])  # type: ignore[arg-type]
            assert command is not None
            flags = {flag for option in command.params for flag in option.opts}
            asked = {word for word in said["command"] if word.startswith("--")}
            assert asked <= flags


def test_the_image_is_built_from_the_locks_and_what_it_copies_is_there(checkout: Path) -> None:
    dockerfile = text_of(checkout, "Dockerfile")
    assert "--require-hashes -r requirements-queue.lock" in dockerfile
    assert "-r requirements-llm.lock" in dockerfile
    copied = re.findall(r"^COPY (?!--)((?:.|\\\n)+?)$", dockerfile, flags=re.MULTILINE)
    names = [word for line in copied for word in line.replace("\\\n", " ").split()[:-1]]
    allowed = re.findall(
        r"^!(.+)$", text_of(checkout, "Dockerfile.dockerignore"), flags=re.MULTILINE
    )
    for name in names:
        assert (checkout / name).exists(), name
        assert any(Path(name).match(pattern) for pattern in allowed), name
    assert "USER ai-video" in dockerfile

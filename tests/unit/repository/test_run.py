"""run.py: set-up is refused where it cannot work, repeated for nothing, and uses pip's index."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def run(load_script: Callable[[str], ModuleType], tmp_path: Path) -> ModuleType:
    """run.py on an empty folder with the two locks, a project file and a voice module."""
    module = load_script("run.py")
    (tmp_path / "src/ai_video/audio").mkdir(parents=True)
    for name in (
        "requirements.lock", "requirements-dev.lock", "requirements-node.lock", "pyproject.toml",
        "requirements-claude.lock", "src/ai_video/audio/voice_files.py",
    ):  # fmt: skip
        (tmp_path / name).write_text("1", encoding="utf-8")
    module.ROOT = tmp_path
    module.VENV = tmp_path / ".venv"
    module.STAMP = module.VENV / "stamp.json"
    module.BIN = module.VENV / "bin"
    module.PYTHON = module.BIN / "python"
    return module


@pytest.fixture
def called(run: ModuleType) -> list[str]:
    """Commands that set-up would run; making the environment makes its Python."""
    commands: list[str] = []

    def call(*command: object, env: dict[str, str] | None = None) -> int:
        words = " ".join(str(word) for word in command)
        commands.append(words)
        if "venv" in words:
            run.BIN.mkdir(parents=True, exist_ok=True)
            run.PYTHON.touch()
        return 0

    run.call = call
    run.pip_configuration = dict
    return commands


def test_a_second_set_up_runs_nothing(run: ModuleType, called: list[str]) -> None:
    assert run.set_up()
    assert any("requirements.lock" in command for command in called)
    called.clear()
    assert run.set_up()
    assert called == []


def test_tests_add_the_development_packages(run: ModuleType, called: list[str]) -> None:
    run.set_up()
    called.clear()
    run.set_up(dev=True)
    assert any("requirements-dev.lock" in command for command in called)
    called.clear()
    run.set_up(dev=True)
    run.set_up()
    assert called == []


def test_an_extra_is_installed_once_and_by_its_lock(run: ModuleType, called: list[str]) -> None:
    run.set_up()
    called.clear()
    assert run.extra(["claude"]) == 0
    assert any("--require-hashes" in line and "requirements-claude" in line for line in called)
    assert not any("-e ." in command for command in called)
    called.clear()
    assert run.extra(["claude"]) == 0
    assert called == []


@pytest.mark.parametrize("names", [[], ["codex"], ["claude", "llm"]])
def test_an_extra_that_does_not_exist_is_refused(
    run: ModuleType, called: list[str], names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.extra(names) == 2
    assert "claude, llm, queue, vision" in capsys.readouterr().err
    assert called == []


def test_every_extra_has_a_lock_and_a_size(load_script: Callable[[str], ModuleType]) -> None:
    run = load_script("run.py")
    locks = [f"requirements-{name}.lock" for name in run.EXTRAS]
    assert all((Path(run.__file__).parent / lock).is_file() for lock in locks)
    assert set(locks) <= run.SIZES.keys()


def test_a_changed_lock_installs_again(run: ModuleType, called: list[str]) -> None:
    run.set_up()
    called.clear()
    (run.ROOT / "requirements.lock").write_text("2", encoding="utf-8")
    run.set_up()
    assert any("requirements.lock" in command for command in called)
    assert not any("venv" in command.split(".venv")[-1] for command in called)


def test_an_environment_of_another_folder_is_made_anew(run: ModuleType, called: list[str]) -> None:
    run.set_up()
    called.clear()
    run.write_stamp(environment="elsewhere")
    run.set_up()
    assert any("--clear" in command for command in called)


def test_missing_voices_are_told_and_tried_again(
    run: ModuleType, called: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    working = run.call
    run.call = lambda *command, env=None: 1 if run.VOICES in command else working(*command, env=env)
    assert run.set_up() is False
    assert capsys.readouterr().err.count("silent") == 1
    run.call = working
    assert run.set_up() is True


def test_npm_is_installed_only_where_there_is_none(
    run: ModuleType, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: "/usr/bin/npm")
    run.set_up()
    assert not any("requirements-node.lock" in command for command in called)
    run.write_stamp(voices="older")
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    run.set_up()
    assert sum("requirements-node.lock" in command for command in called) == 1


def test_pip_is_used_where_uv_fails(run: ModuleType, called: list[str]) -> None:
    working = run.call
    run.call = lambda *command, env=None: (
        1 if Path(str(command[0])).name.startswith("uv") else working(*command, env=env)
    )
    run.set_up()
    assert any("-m pip install --require-hashes" in command for command in called)


def test_an_index_that_fails_for_both_is_said_with_what_to_do(
    run: ModuleType, called: list[str]
) -> None:
    working = run.call
    run.call = lambda *command, env=None: 1 if "install" in command else working(*command, env=env)
    with pytest.raises(run.SetupError, match="package index"):
        run.set_up()


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0)])
def test_a_python_that_is_not_supported_is_refused(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(run.sys, "version_info", version)
    with pytest.raises(run.SetupError, match=r"Python 3\.11 to 3\.13"):
        run.refuse_unsupported()


def test_musl_is_refused(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "cpython-311-x86_64-linux-musl")
    with pytest.raises(run.SetupError, match="musl"):
        run.refuse_unsupported()


def test_a_python_without_venv_names_the_package(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(run.SetupError, match="python3-venv"):
        run.refuse_unsupported()


@pytest.fixture
def pip_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only configuration that pip and uv see."""
    path = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    for name in ("PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_CERT",
                 "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS",
                 "UV_CONFIG_FILE", "SSL_CERT_FILE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return path


def test_uv_gets_the_indexes_that_pip_is_configured_for(
    run: ModuleType, pip_file: Path, tmp_path: Path
) -> None:
    run.PYTHON = Path(sys.executable)
    pip_file.write_text(
        "[global]\nindex-url = https://mirror.example/simple\n"
        f"extra-index-url = https://more.example/simple file://{tmp_path}/absent\n"
        f"find-links = {tmp_path} {tmp_path}/absent\n",
        encoding="utf-8",
    )
    env = run.uv_environment()
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert env["UV_INDEX"].split()[0] == "https://more.example/simple"
    assert "absent" not in env["UV_INDEX"]
    assert env["UV_FIND_LINKS"] == str(tmp_path)
    assert env["UV_PYTHON_DOWNLOADS"] == "never"


def test_an_index_said_to_uv_itself_wins(
    run: ModuleType, pip_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.PYTHON = Path(sys.executable)
    pip_file.write_text("[global]\nindex-url = https://mirror.example/simple\n", encoding="utf-8")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert run.uv_environment()["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def test_a_word_that_is_no_verb_shows_the_help(checkout: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "run.py", "dance"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 2
    assert "python run.py setup" in asked.stdout

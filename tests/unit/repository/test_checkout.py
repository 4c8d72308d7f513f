"""What every file of the checkout must keep to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from ai_video.domain import slots

FOREIGN_PLACES = re.compile(
    "|".join(
        (r"(?<![\w.])/wo" r"rk/", r"(?<![\w.])/ro" r"ot/", "pypi" r"\.org", "pythonhosted" r"\.",
         r"registry\." "npmjs", "npm" "mirror", r"deb\.deb" r"ian")
    )
)  # fmt: skip


def tracked_files(checkout: Path) -> list[Path]:
    """Files that git knows, or all but hidden folders where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=checkout, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        return [path for path in checkout.rglob("*") if path.is_file() and "/." not in str(path)]
    paths = [checkout / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_place_on_our_machines_or_a_package_host(checkout: Path) -> None:
    found: list[str] = []
    for path in tracked_files(checkout):
        text = path.read_bytes().decode("utf-8", "replace")
        found += [
            f"{path.relative_to(checkout)}: {hit[0]}" for hit in FOREIGN_PLACES.finditer(text)
        ]
    assert found == []


def headings(text: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]


def commands(text: str) -> list[str]:
    """Lines of the code blocks without a language or for a shell, without their comments."""
    blocks = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for kind, block in blocks if kind in ("", "sh") for line in block.splitlines()]
    plain = [re.sub(r"\s+#.*", "", line) for line in lines if line]
    # Names of ids, and what is said in quotes, are in the page's language.
    return [re.sub(r'"[^"]*"|[^\x00-\x7f]\S*|\b[A-Z_]*ID\b', "…", line).strip() for line in plain]


def assert_alike(english: Path, chinese: Path) -> None:
    en, zh = (path.read_text(encoding="utf-8") for path in (english, chinese))
    assert headings(en) == headings(zh)
    assert commands(en) == commands(zh)
    assert commands(en)


def test_both_readmes_have_the_same_headings_and_commands(checkout: Path) -> None:
    assert_alike(checkout / "README.md", checkout / "README.zh-CN.md")


def test_both_quickstarts_have_the_same_headings_and_commands(checkout: Path) -> None:
    folder = checkout / "docs/quickstart"
    assert_alike(folder / "en.md", folder / "zh-CN.md")


def test_howtos_in_two_files_have_the_same_headings_and_commands(checkout: Path) -> None:
    chinese = sorted((checkout / "docs/howto").glob("*.zh-CN.md"))
    assert len(chinese) >= 3
    for page in chinese:
        assert_alike(page.with_name(page.name.replace(".zh-CN", "")), page)


def test_every_link_between_pages_leads_somewhere(checkout: Path) -> None:
    broken: list[str] = []
    stories = checkout / "tests/data"
    pages = [path for path in tracked_files(checkout) if path.suffix == ".md"]
    for page in (path for path in pages if not path.is_relative_to(stories)):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(checkout)}: {target}")
    assert broken == []


def test_every_settled_question_has_its_page(checkout: Path) -> None:
    pages = sorted((checkout / "docs/decisions").glob("0*.md"))
    numbers = [int(path.name[:4]) for path in pages]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 29
    index = (checkout / "docs/decisions/README.md").read_text(encoding="utf-8")
    assert [path.name for path in pages if f"({path.name})" not in index] == []
    for path in pages:
        parts = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives"], path.name


def test_every_package_has_a_card_that_says_what_it_may_import(checkout: Path) -> None:
    without = [
        path.parent.name
        for path in sorted((checkout / "src/ai_video").glob("*/__init__.py"))
        if path.parent.name not in ("error_codes", "comfyui")
        and "import" not in path.read_text(encoding="utf-8").lower()
    ]
    assert without == []


VOCABULARY: dict[str, Any] = {
    "shot_size": slots.ShotSize, "angle": slots.Angle, "movement": slots.Movement,
    "time_of_day": slots.TimeOfDay, "weather": slots.Weather, "light": slots.Light,
    "mood": slots.Mood, "style": slots.Style, "depth_of_field": slots.DepthOfField,
    "pace": slots.Pace, "aspect": slots.Aspect,
}  # fmt: skip


def test_slot_values_are_those_of_the_published_vocabulary(checkout: Path) -> None:
    published = json.loads((checkout / "tests/data/vocabulary.json").read_text(encoding="utf-8"))
    for name, kind in VOCABULARY.items():
        assert set(published[name]) == set(get_args(kind)), name
    palette = published["palette"]
    assert set(palette["temperature"]) == set(get_args(slots.Temperature))
    assert set(palette["saturation"]) == set(palette["contrast"]) == set(get_args(slots.Level3))


def test_words_are_known_for_every_slot_value_and_for_no_other(checkout: Path) -> None:
    words = tomllib.loads(
        (checkout / "src/ai_video/filmwords/words.toml").read_text(encoding="utf-8")
    )
    for name in set(VOCABULARY) - {"aspect"}:
        assert set(words[name]) <= set(get_args(VOCABULARY[name])), name
    for name in ("shot_size", "movement", "time_of_day", "weather", "light", "mood", "style"):
        assert set(words[name]) == set(get_args(VOCABULARY[name])), name


def test_the_wheel_carries_every_data_file_of_the_package(checkout: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    package = [
        path.relative_to(checkout / "src").as_posix()
        for path in tracked_files(checkout)
        if path.is_relative_to(checkout / "src")
    ]
    assert [name for name in package if name not in names] == []
    assert any(name.endswith(".toml") for name in package)


def locked(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)(?:\[\S+\])?==(\S+)", text, flags=re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_locks_carry_hashes_and_no_place(checkout: Path) -> None:
    for path in checkout.glob("requirements*.lock"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not any("://" in line or "--index" in line or " @ " in line for line in lines)
        for line, following in pairwise(lines):
            assert "==" not in line or "--hash=sha256:" in following, line


def test_locks_agree_and_hold_every_dependency(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def lock(name: str) -> dict[str, str]:
        return locked((checkout / f"requirements{name}.lock").read_text(encoding="utf-8"))

    run, queue, llm, dev, claude = map(lock, ("", "-queue", "-llm", "-dev", "-claude"))

    def names(wanted: list[str]) -> set[str]:
        return {re.split(r"[\[<>=!~; ]", spec)[0].lower() for spec in wanted}

    assert names(project["dependencies"]) <= set(run)
    assert names(extras["dev"]) <= set(dev)
    assert names(extras["queue"]) <= set(queue)
    assert names(extras["llm"]) <= set(llm)
    assert names(extras["llm"] + extras["claude"]) <= set(claude)
    assert {name: queue[name] for name in run} == run
    assert {name: llm[name] for name in run} == run
    assert {name: claude[name] for name in llm} == llm
    assert {name: dev[name] for name in queue | llm} == queue | llm
    shared = claude.keys() & dev.keys()
    assert {name: claude[name] for name in shared} == {name: dev[name] for name in shared}


def test_commands_for_people_are_the_same_in_makefile_and_run(checkout: Path) -> None:
    makefile = (checkout / "Makefile").read_text(encoding="utf-8")
    run = (checkout / "run.py").read_text(encoding="utf-8")
    verbs = re.search(r"^([a-z ]+):$", makefile, flags=re.MULTILINE)
    assert verbs is not None
    missing = [verb for verb in verbs[1].split() if f"python run.py {verb} " not in run]
    assert missing == []

"""Claude Code is found, judged by its version, and asked whether it is logged in."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.claude_code import forget_surroundings, needs_library

from ai_video.errors import InputRefused, NotAvailable
from ai_video.llm import claude_code_detection
from ai_video.llm.claude_code_detection import ClaudeCodeDetector, programs_there
from ai_video.llm.claude_code_options import Access

pytestmark = [
    *needs_library,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a #! line"),
]

MakeProgram = Callable[..., Path]
NEW, OLD = "2.1.332 (Claude Code)", "2.1.247 (Claude Code)"
LOGGED_IN = {"loggedIn": True, "authMethod": "claude.ai", "subscriptionType": "max"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_surroundings(monkeypatch)


@pytest.fixture
def program(tmp_path: Path) -> MakeProgram:
    """Makes a stand-in for `claude` that notes each call in calls.txt beside it."""

    def make(version: str = NEW, status: object = None, folder: str = "bin") -> Path:
        home = tmp_path / folder
        home.mkdir(exist_ok=True)
        path = home / "claude"
        said = status if isinstance(status, str) else json.dumps(status or LOGGED_IN)
        path.write_text(
            f"#!{sys.executable}\n"
            "import os, sys\n"
            f"open({str(home / 'calls.txt')!r}, 'a').write(repr((sys.argv[1:],"
            " os.environ.get('ANTHROPIC_API_KEY'), os.getcwd())) + '\\n')\n"
            f"print({version!r} if '--version' in sys.argv else {said!r})\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
        return path

    return make


def calls(path: Path) -> list[str]:
    return (path.parent / "calls.txt").read_text(encoding="utf-8").splitlines()


async def test_a_new_one_that_is_logged_in_is_usable(program: MakeProgram) -> None:
    path = program()
    found = await ClaudeCodeDetector(Access(), path).find()
    assert found.usable
    assert found.logged_in
    assert (found.path, found.version) == (path, "2.1.332")
    assert (found.method, found.plan) == ("claude.ai", "max")


async def test_an_old_one_is_refused_and_never_asked_for_its_login(program: MakeProgram) -> None:
    path = program(OLD)
    found = await ClaudeCodeDetector(Access(), path).find()
    assert not found.usable
    assert isinstance(found.problem, InputRefused)
    assert found.problem.code == "claude_code_too_old"
    assert "2.1.247" in found.problem.message()
    assert "2.1.248" in found.problem.message()
    assert "claude update" in found.problem.hint()
    assert len(calls(path)) == 1


async def test_one_that_is_not_logged_in_says_so_and_is_not_logged_in_by_us(
    program: MakeProgram,
) -> None:
    path = program(status={"loggedIn": False, "authMethod": "none"})
    found = await ClaudeCodeDetector(Access(), path).find()
    assert not found.logged_in
    assert found.version == "2.1.332"
    assert found.problem is not None
    assert found.problem.code == "claude_code_not_logged_in"
    assert not any("login" in call for call in calls(path))


async def test_a_key_of_the_environment_is_no_login(
    program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-another-program")
    path = program()
    await ClaudeCodeDetector(Access(), path).find()
    assert "sk-ant" not in "".join(calls(path))
    await ClaudeCodeDetector(Access("sk-ant-made-up"), path).find()
    assert "sk-ant-made-up" in calls(path)[-1]


async def test_settings_that_calls_do_not_read_are_no_login(program: MakeProgram) -> None:
    path = program()
    await ClaudeCodeDetector(Access(), path).find()
    assert "'--setting-sources=', 'auth', 'status'" in calls(path)[-1]
    await ClaudeCodeDetector(Access(own_settings=True), path).find()
    assert "(['auth', 'status']" in calls(path)[-1]


async def test_it_is_asked_in_an_empty_folder(program: MakeProgram) -> None:
    path = program()
    await ClaudeCodeDetector(Access(), path).find()
    assert str(Path.cwd()) not in "".join(calls(path))


async def test_what_was_found_is_remembered_until_somebody_asks_anew(program: MakeProgram) -> None:
    path = program()
    detector = ClaudeCodeDetector(Access(), path)
    first = await detector.find()
    assert await detector.find() == first
    assert len(calls(path)) == 2
    await detector.find(fresh=True)
    assert len(calls(path)) == 4


async def test_what_was_found_is_forgotten_after_a_minute(
    program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program()
    detector = ClaudeCodeDetector(Access(), path)
    await detector.find()
    monkeypatch.setattr(claude_code_detection, "KNOWN_FOR_S", 0.0)
    await detector.find()
    assert len(calls(path)) == 4


@pytest.mark.parametrize("said", ["", "[]", "Error: something"])
async def test_a_status_that_cannot_be_read_is_no_crash(program: MakeProgram, said: str) -> None:
    found = await ClaudeCodeDetector(Access(), program(status=said)).find()
    assert not found.logged_in
    assert found.problem is not None
    assert found.problem.code == "claude_code_unusable"


async def test_something_else_of_that_name_is_no_claude_code(program: MakeProgram) -> None:
    found = await ClaudeCodeDetector(Access(), program("claude: a text adventure")).find()
    assert found.problem is not None
    assert found.problem.code == "claude_code_unusable"
    assert "a text adventure" in found.problem.message()


async def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    path = tmp_path / "claude"
    path.write_text("no program", encoding="utf-8")
    detector = ClaudeCodeDetector(Access(), path)
    with pytest.raises(InputRefused) as refused:
        await detector.path()
    assert refused.value.code == "claude_code_unusable"
    assert str(path) in refused.value.message()


async def test_one_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_code_detection, "_PATIENCE_S", 0.2)
    path = tmp_path / "claude"
    path.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    path.chmod(0o755)
    found = await ClaudeCodeDetector(Access(), path).find()
    assert found.problem is not None
    assert "no answer" in found.problem.message()


async def test_the_users_own_comes_first_and_an_old_one_gives_way_to_the_librarys(
    program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, brought = program(OLD, folder="own"), program(NEW, folder="brought")
    monkeypatch.setattr(claude_code_detection, "programs_there", lambda: [own, brought])
    assert await ClaudeCodeDetector(Access()).path() == brought
    program(NEW, folder="own")
    assert await ClaudeCodeDetector(Access()).path() == own


def test_the_path_is_searched_before_the_library(
    program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program()
    monkeypatch.setenv("PATH", str(own.parent))
    assert programs_there()[0] == own


async def test_no_program_at_all_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_code_detection, "programs_there", list)
    found = await ClaudeCodeDetector(Access()).find()
    assert found.path is None
    assert found.problem is not None
    assert found.problem.code == "claude_code_missing"
    assert "ai-video[claude]" in found.problem.hint()


@pytest.mark.parametrize("version", [None, "0.1.7"])
async def test_without_the_library_the_command_that_installs_it_is_told(
    version: str | None, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    if version is None:
        monkeypatch.setattr(claude_code_detection, "LIBRARY", "claude_agent_sdk_that_is_not_there")
    else:
        monkeypatch.setattr("importlib.metadata.version", lambda _: version)
    found = await ClaudeCodeDetector(Access(), program()).find()
    assert isinstance(found.problem, NotAvailable)
    assert "ai-video[claude]" in found.problem.hint()

"""The command as a process: encodings, pipes, signals, and the studio that serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

COMMAND = [sys.executable, "-m", "ai_video"]
Start = Callable[..., "subprocess.Popen[bytes]"]


def environment(home: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIVIDEO_")}
    said = {"AIVIDEO_HOME": str(home), "AIVIDEO_VOICE": "silent", "AIVIDEO_OFFLINE": "1"}
    return {**kept, **said, **extra}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def begin(*args: str, **extra: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*COMMAND, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(tmp_path / "data", **extra),
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1].decode()
    return json.loads(line)


def test_output_is_utf8_on_any_locale(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "projects", "create", "--set", "name=雨夜🌧", "--json"],
        env=environment(tmp_path, LC_ALL="C", LANG="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout.decode("utf-8"))["name"] == "雨夜🌧"


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "projects", "list"], env=environment(tmp_path), stdout=write, stderr=subprocess.PIPE,
        check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_studio_says_where_it_is_and_answers(start: Start) -> None:
    process = start("studio", "--port", "0", "--json")
    ready = first_line(process)
    assert ready["pid"] == process.pid
    assert ready["token"] is None
    assert httpx.get(f"{ready['url']}/api/health").json()["ok"] is True
    page = httpx.get(ready["url"])
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_studio_stops_at_once_with_an_open_stream(start: Start, number: int, code: int) -> None:
    process = start("studio", "--port", "0", "--json")
    url = first_line(process)["url"]
    with httpx.stream("GET", f"{url}/api/events?after=0", timeout=20) as stream:
        assert stream.status_code == 200
        began = time.monotonic()
        process.send_signal(number)
        for _ in stream.iter_bytes():
            pass
    assert process.wait(10) == code
    assert time.monotonic() - began < 8


def test_a_second_studio_on_the_same_port_is_refused(start: Start) -> None:
    port = first_line(start("studio", "--port", "0", "--json"))["url"].rpartition(":")[2]
    second = start("studio", "--port", port, "--json")
    out, _ = second.communicate(timeout=60)
    assert (second.returncode, json.loads(out)["error"]["code"]) == (3, "port_in_use")


def test_off_loopback_the_studio_asks_for_its_token(start: Start) -> None:
    ready = first_line(start("studio", "--host", "0.0.0.0", "--port", "0", "--json"))
    url, token = ready["url"], ready["token"]
    assert token
    refused = httpx.get(f"{url}/api/projects")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_needed")
    assert httpx.get(url).headers["location"] == "/login"
    assert httpx.get(f"{url}/login?token=wrong").status_code == 401
    bearer = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{url}/api/projects", headers=bearer).status_code == 200
    with httpx.Client() as browser:
        browser.get(f"{url}/login", params={"token": token})
        assert browser.get(f"{url}/api/projects").status_code == 200
        cookie = next(iter(browser.cookies.jar))
        assert cookie.has_nonstandard_attr("HttpOnly")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_a_waiting_command_with_130_and_a_document(
    start: Start, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    tasks = [
        {"key": "note", "kind": "probe.note", "params": {"path": str(began)}},
        {
            "key": "sleep",
            "kind": "probe.sleep",
            "params": {"sleep_ms": 60_000},
            "parents": ["note"],
        },
    ]
    (tmp_path / "dag.json").write_text(json.dumps({"tasks": tasks}))
    process = start(
        "dags", "submit", str(tmp_path / "dag.json"), "--wait", "--json", AIVIDEO_PROBES="1"
    )
    deadline = time.monotonic() + 120
    while not began.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert began.exists()
    assert process.returncode == 130, err
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert b"Traceback" not in err

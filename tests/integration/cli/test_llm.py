"""`llm`: enabled once, with notice and price; tried against a fake service; the key kept nowhere."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_video.llm.fake_api.server import FakeLLM, serving

Ai = Callable[..., Any]
KEY = "sk-ant-made-up-0123456789"
VARIABLE = "MADE_UP_API_KEY"


@pytest.fixture
def fake() -> Iterator[FakeLLM]:
    with serving() as running:
        yield running


@pytest.fixture
def enabled(ai: Ai, fake: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> FakeLLM:
    """Anthropic, at the fake's address."""
    monkeypatch.setenv(VARIABLE, KEY)
    done = ai(*enabling(fake), "--yes", "--json")
    assert done.code == 0, done
    return fake


def enabling(fake: FakeLLM) -> list[str]:
    return ["llm", "enable", "anthropic", "--url", fake.url, "--key-env", VARIABLE]


def refused(done: Any, code: str, *, exits: int = 3) -> dict[str, Any]:
    assert (done.code, done.json["error"]["code"]) == (exits, code), done
    assert done.json["error"]["hint"]
    return done.json["error"]


def row(ai: Ai, name: str) -> dict[str, Any]:
    return next(item for item in ai("llm", "list", "--json").json["items"] if item["name"] == name)


def test_nothing_is_enabled_before_somebody_agreed(
    ai: Ai, fake: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    listed = ai("llm", "list", "--json").json
    assert [item["enabled"] for item in listed["items"]] == [False, False, False]
    assert (listed["active"]["name"], listed["active"]["reason"]) == ("rules", "none_enabled")
    error = refused(ai(*enabling(fake), "--json"), "llm_notice_unseen")
    assert fake.url in error["fields"]["notice"]
    assert "2 US dollars per million" in error["fields"]["price"]
    assert not row(ai, "anthropic")["enabled"]
    assert fake.log == []


def test_an_enabled_model_is_shown_tried_and_disabled(ai: Ai, enabled: FakeLLM) -> None:
    item = row(ai, "anthropic")
    assert (item["enabled"], item["ready"], item["missing"]) == (True, True, None)
    assert (item["url"], item["key_env"]) == (enabled.url, VARIABLE)
    assert item["price"] == {"input": 2, "output": 10}
    assert ai("doctor", "--json").json["active"]["llm"] == "anthropic"
    assert enabled.log == []  # neither list nor doctor costs anything

    tried = ai("llm", "test", "--json")
    assert tried.code == 0, tried
    answered = tried.json
    assert (answered["name"], answered["model"]) == ("anthropic", item["model"])
    assert answered["output_tokens"] > 0
    assert answered["cost"] > 0
    assert answered["wall_s"] > 0
    [asked] = enabled.log
    assert (asked["path"], asked["task"]) == ("/v1/messages", "test")
    assert ai("llm", "test", "anthropic").code == 0  # a trial is never remembered
    assert len(enabled.log) == 2

    assert ai("llm", "disable", "anthropic", "--json").json["item"]["enabled"] is False
    refused(ai("llm", "disable", "anthropic", "--json"), "llm_not_enabled")
    error = refused(ai("llm", "test", "anthropic", "--json"), "not_available")
    assert error["fields"]["command"] == "ai-video llm enable anthropic"
    refused(ai("llm", "test", "--json"), "llm_none_enabled")


def test_calls_are_listed_newest_first_with_what_they_took(ai: Ai, enabled: FakeLLM) -> None:
    first = ai("llm", "test", "--json").json
    enabled.play({"otherwise": {"error": {"status": 401, "message": "no"}}})
    assert ai("llm", "test").code == 5
    page = ai("llm", "calls", "--limit", "1", "--json").json
    [failed] = page["items"]
    assert (failed["task"], failed["output_tokens"]) == ("test", 0)
    rest = ai("llm", "calls", "--cursor", page["next"], "--json").json
    [call] = rest["items"]
    assert rest["next"] is None
    assert (call["provider"], call["model"]) == ("anthropic", first["model"])
    for name in ("input_tokens", "output_tokens", "cost"):
        assert call[name] == first[name]
    assert "anthropic" in ai("llm", "calls").out
    project = ai("projects", "create", "--set", "name=a", "--json").json["id"]
    assert ai("llm", "calls", "--project", project, "--json").json["items"] == []


def test_answers_can_be_forgotten(ai: Ai, enabled: FakeLLM) -> None:
    ai("llm", "test")
    assert ai("llm", "forget", "--json").json == {"ok": True, "forgotten": 1}
    nobody = "00000000-0000-7000-8000-000000000000"
    refused(ai("llm", "forget", "--project", nobody, "--json"), "not_found")


def test_the_key_is_nowhere_but_in_the_request(ai: Ai, enabled: FakeLLM, home: Path) -> None:
    said = [ai("llm", "test", "--json"), ai("llm", "list", "--json"), ai("doctor", "--json")]
    assert not any(KEY in done.out + done.err for done in said)
    files = [file for file in home.rglob("*") if file.is_file()]
    assert any(VARIABLE.encode() in file.read_bytes() for file in files)
    assert not any(KEY.encode() in file.read_bytes() for file in files)


def test_a_key_given_in_place_of_its_variable_is_not_repeated(ai: Ai, fake: FakeLLM) -> None:
    done = ai("llm", "enable", "anthropic", "--url", fake.url, "--key-env", KEY, "--json")
    refused(done, "llm_key_name")
    assert KEY not in done.out + done.err


@pytest.mark.parametrize(
    ("more", "exits", "code"),
    [
        (["--model", "m" * 201], 2, "usage"),
        (["--input-price", "inf", "--output-price", "1"], 2, "usage"),
        (["--input-price", "1"], 3, "invalid_value"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    ai: Ai, fake: FakeLLM, more: list[str], exits: int, code: str
) -> None:
    done = ai("llm", "enable", "openai", "--url", fake.openai_url, *more, "--yes", "--json")
    refused(done, code, exits=exits)


def test_a_refused_key_says_so(ai: Ai, enabled: FakeLLM, home: Path) -> None:
    error = {"status": 401, "type": "authentication_error", "message": f"invalid x-api-key {KEY}"}
    enabled.play({"otherwise": {"error": error}})
    done = ai("llm", "test", "--json")
    refused(done, "llm_unauthorized", exits=5)
    assert KEY not in done.out + done.err
    assert not any(KEY.encode() in file.read_bytes() for file in home.rglob("*") if file.is_file())


def test_a_variable_that_is_gone_is_named_everywhere(
    ai: Ai, enabled: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    assert row(ai, "anthropic")["missing"]["code"] == "llm_key_missing"
    active = ai("llm", "list", "--json").json["active"]
    assert (active["name"], active["not_ready"]) == ("rules", {"anthropic": "llm_key_missing"})
    report = ai("doctor", "--json").json
    [check] = [check for check in report["checks"] if check["id"] == "llm.anthropic"]
    assert (check["state"], report["active"]["llm"]) == ("warn", "rules")
    assert VARIABLE in check["message"]
    assert VARIABLE in check["fix"]
    error = refused(ai("llm", "test", "anthropic", "--json"), "not_available")
    assert error["fields"]["command"].startswith(f"export {VARIABLE}=")
    refused(ai(*enabling(enabled), "--yes", "--json"), "llm_key_missing")


def test_a_set_model_that_is_not_enabled_fails_the_doctor(
    ai: Ai, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIVIDEO_LLM", "openai")
    done = ai("doctor", "--json")
    [check] = [check for check in done.json["checks"] if check["id"] == "llm.openai"]
    assert (done.code, check["state"], done.json["active"]["llm"]) == (6, "fail", "none")
    assert "ai-video llm enable openai" in check["fix"]


@pytest.mark.parametrize("name", ["anthropic", "openai", "claude-code"])
def test_offline_nothing_outside_is_enabled(
    ai: Ai, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    monkeypatch.setattr("ai_video.llm.claude_code_detection.library_installed", lambda: True)
    refused(ai("llm", "enable", name, "--yes", "--json"), "llm_address_outside")


def test_a_service_of_this_machine_needs_a_model_but_no_key(ai: Ai, fake: FakeLLM) -> None:
    local = ["llm", "enable", "openai", "--url", fake.openai_url, "--yes", "--json"]
    refused(ai(*local), "llm_model_needed")
    item = ai(*local, "--model", "qwen3:8b").json["item"]
    assert (item["ready"], item["key_env"], item["model"]) == (True, "", "qwen3:8b")
    assert item["price"] == {"input": 0, "output": 0}
    tried = ai("llm", "test", "openai", "--json").json
    assert (tried["model"], tried["cost"]) == ("qwen3:8b", 0)


def test_enabling_again_changes_what_was_said(ai: Ai, enabled: FakeLLM) -> None:
    priced = ["--model", "mine", "--input-price", "3", "--output-price", "9", "--yes", "--json"]
    item = ai(*enabling(enabled), *priced).json["item"]
    assert (item["model"], item["price"]) == ("mine", {"input": 3, "output": 9})
    tried = ai("llm", "test", "--json").json
    expected = (tried["input_tokens"] * 3 + tried["output_tokens"] * 9) / 1e6
    assert tried["cost"] == pytest.approx(expected)
    assert len([i for i in ai("llm", "list", "--json").json["items"] if i["enabled"]]) == 1


def test_an_address_with_a_password_is_not_repeated(ai: Ai) -> None:
    url = "https://me:secret-word@models.example/v1"
    done = ai("llm", "enable", "openai", "--url", url, "--model", "m", "--yes", "--json")
    refused(done, "llm_address_invalid")
    assert "secret-word" not in done.out + done.err


def test_words_for_people(ai: Ai, enabled: FakeLLM) -> None:
    listed = ai("llm", "list").out
    assert "Active: anthropic (claude-" in listed
    assert ai("llm", "test").out.startswith("ok")
    assert "anthropic: disabled" in ai("llm", "disable", "anthropic").out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("said", "code", "on"), [("y", 0, True), ("n", 130, False)])
def test_on_a_terminal_notice_and_price_stand_before_the_question(
    ai: Ai, fake: FakeLLM, monkeypatch: pytest.MonkeyPatch, said: str, code: int, on: bool
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setattr("sys.stdin", Terminal(f"{said}\n"))
    done = ai(*enabling(fake))
    assert done.code == code, done
    words = done.err
    assert words.index("stored nowhere") < words.index("per million") < words.index("Enable anthr")
    assert ("anthropic (claude-" in done.out) is on
    assert row(ai, "anthropic")["enabled"] is on

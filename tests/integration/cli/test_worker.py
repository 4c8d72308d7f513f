"""`ai-video worker` and the setting that chooses it: clear refusals."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from tests.integration.cli.conftest import Done

NOBODY = "redis://127.0.0.1:1/0"


def test_a_worker_without_a_queue_says_which_setting_is_missing(ai: Callable[..., Done]) -> None:
    done = ai("worker", "--json")
    assert done.code == 3
    assert done.json["error"]["code"] == "no_broker"
    assert "AIVIDEO_BROKER_URL" in done.json["error"]["hint"]


@pytest.mark.parametrize("command", [("worker",), ("dags", "list")])
def test_without_the_extra_the_command_that_adds_it_is_named(
    ai: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AIVIDEO_BROKER_URL", NOBODY)
    monkeypatch.setitem(sys.modules, "ai_video.orchestrator.celery_queue", None)
    import ai_video.orchestrator as package

    monkeypatch.delattr(package, "celery_queue", raising=False)
    done = ai(*command, "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "not_available")
    assert 'pip install "ai-video[queue]"' in done.json["error"]["hint"]


@pytest.mark.parametrize("address", ["amqp://localhost", "redis://", "nonsense"])
def test_another_broker_is_refused(
    ai: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AIVIDEO_BROKER_URL", address)
    done = ai("worker", "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "invalid_value")
    assert done.json["error"]["fields"]["field"] == "broker_url"


def test_a_broker_that_does_not_answer_fails_the_worker_and_the_doctor(
    ai: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIVIDEO_BROKER_URL", "redis://me:secret@127.0.0.1:1/0")
    done = ai("worker", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "broker_failed")
    assert "secret" not in done.out + done.err
    report = ai("doctor", "--json")
    assert report.code == 6
    assert report.json["active"]["executor"] == "celery"
    states = {row["id"]: row["state"] for row in report.json["checks"]}
    assert (states["broker"], states["workers"]) == ("fail", "warn")
    assert ai("worker", "--check", "--json").json == {"ok": False, "workers": []}

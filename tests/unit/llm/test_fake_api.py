"""The fake services: rules decide, both wires are right, whatever comes is in the log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from ai_video.llm.fake_api import Asked, FakeLLM, ScriptInvalid, serving
from ai_video.llm.fake_api.script import parse_script, read_script

# Loopback speaks no TLS; loading certificates would take most of the time.
post, get = partial(httpx.post, verify=False), partial(httpx.get, verify=False)
HEADERS = {"x-api-key": "sk-made-up", "anthropic-version": "2023-06-01"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 9},
        "mood": {"$ref": "#/$defs/Mood"},
        "scores": {"type": "array", "minItems": 2, "items": {"type": "integer", "minimum": 1}},
        "note": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    },
    "required": ["title", "mood", "scores"],
    "$defs": {"Mood": {"enum": ["calm", "tense"]}},
}
EXAMPLE = {"title": "exampleee", "mood": "calm", "scores": [1, 1]}


def message(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {
        "model": "any", "max_tokens": 1000,
        "messages": [{"role": "user", "content": text}], **more,
    }  # fmt: skip


def ask(fake: FakeLLM, body: dict[str, Any]) -> httpx.Response:
    return post(f"{fake.url}/v1/messages", json=body, headers=HEADERS)


def complete(fake: FakeLLM, text: str = "Hello", **more: Any) -> httpx.Response:
    body = {"model": "any", "messages": [{"role": "user", "content": text}], **more}
    return post(f"{fake.url}/v1/chat/completions", json=body)


def words(response: httpx.Response) -> str:
    return response.json()["content"][0]["text"]


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": SCHEMA}}


def test_the_first_rule_that_fits_answers_as_often_as_it_may() -> None:
    script = {
        "rules": [
            {"when": {"contains": "rain"}, "times": 1, "answer": {"text": "first"}},
            {"when": {"contains": ["rain", "night"]}, "answer": {"text": "second"}},
            {"when": {"task": "judge"}, "answer": {"text": "third"}},
        ],
        "otherwise": {"text": "last"},
    }
    with serving(script) as fake:
        system = [{"type": "text", "text": 'You are.\n<task name="judge"/>\nRules.'}]
        said = [
            words(ask(fake, message("rain at night"))),
            words(ask(fake, message("rain at night"))),
            words(ask(fake, message("rain"))),
            words(ask(fake, message("sun", system=system))),
        ]
        assert said == ["first", "second", "last", "third"]
        assert [entry["rule"] for entry in fake.log] == [0, 1, None, 2]
        assert [entry["task"] for entry in fake.log] == [None, None, None, "judge"]
        assert len(fake.asked("judge")) == 1


def test_turns_count_what_the_assistant_said() -> None:
    script = {
        "rules": [{"when": {"turn": 2, "has_tool": "list"}, "answer": {"text": "two"}}],
        "otherwise": {"text": "other"},
    }
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    tools = [{"name": "list", "input_schema": {"type": "object"}}]
    with serving(script) as fake:
        assert words(ask(fake, message(tools=tools))) == "other"
        assert words(ask(fake, message(messages=messages))) == "other"
        assert words(ask(fake, message(messages=messages, tools=tools))) == "two"


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"name": "StructuredOutput", "input_schema": SCHEMA}]},
        {
            "tools": [
                {"name": "other", "input_schema": {}},
                {"name": "answer", "input_schema": SCHEMA},
            ],
            "tool_choice": {"type": "tool", "name": "answer"},
        },
    ],
)
def test_an_example_is_an_anthropic_tool_call(more: dict[str, Any]) -> None:
    with serving() as fake:
        answer = ask(fake, message(**more)).json()
    assert answer["stop_reason"] == "tool_use"
    assert answer["content"][0]["input"] == EXAMPLE


def test_an_example_is_text_where_the_format_is_given() -> None:
    wanted = {"format": {"type": "json_schema", "schema": SCHEMA}}
    with serving() as fake:
        assert json.loads(words(ask(fake, message(output_config=wanted)))) == EXAMPLE


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [function("answer")], "tool_choice": "required"},
        {
            "tools": [function("a"), function("b")],
            "tool_choice": {"type": "function", "function": {"name": "b"}},
        },
        {"tools": [function("final_result")]},
    ],
)
def test_an_example_is_an_openai_tool_call(more: dict[str, Any]) -> None:
    with serving() as fake:
        choice = complete(fake, **more).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == EXAMPLE


def test_an_example_is_openai_text_where_the_format_is_given() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
    with serving() as fake:
        choice = complete(fake, response_format=wanted).json()["choices"][0]
    assert json.loads(choice["message"]["content"]) == EXAMPLE


def test_a_streamed_answer_is_whole_on_both_wires() -> None:
    script = {"otherwise": {"text": "一句很长的话, in pieces", "chunks": 5}}
    with serving(script) as fake:
        anthropic = events(ask(fake, message(stream=True)).text)
        openai = complete(fake, stream=True, stream_options={"include_usage": True}).text
    assert [event["type"] for event in anthropic if event["type"] != "content_block_delta"] == [
        "message_start", "content_block_start", "ping", "content_block_stop", "message_delta",
        "message_stop",
    ]  # fmt: skip
    deltas = [
        event["delta"]["text"] for event in anthropic if "index" in event and "delta" in event
    ]
    assert "".join(deltas) == "一句很长的话, in pieces"
    assert len(deltas) == 5
    assert openai.endswith("data: [DONE]\n\n")
    chunks = events(openai.removesuffix("data: [DONE]\n\n"))
    said = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks[:-1]]
    assert "".join(said) == "一句很长的话, in pieces"
    assert chunks[-1]["usage"]["completion_tokens"] == 5


def events(text: str) -> list[dict[str, Any]]:
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_a_tool_may_be_called_after_words() -> None:
    script = {"otherwise": {"text": "Let me see.", "tool": "list", "input": {"page": 2}}}
    with serving(script) as fake:
        content = ask(fake, message()).json()["content"]
        call = complete(fake).json()["choices"][0]["message"]
    assert [block["type"] for block in content] == ["text", "tool_use"]
    assert content[1]["input"] == {"page": 2}
    assert call["content"] == "Let me see."
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"page": 2}


def test_errors_have_the_form_of_the_service() -> None:
    error = {"status": 529, "type": "overloaded_error", "message": "busy", "retry_after_s": 0.5}
    with serving({"otherwise": {"error": error}}) as fake:
        anthropic, openai = ask(fake, message()), complete(fake)
    assert anthropic.status_code == openai.status_code == 529
    assert anthropic.headers["retry-after"] == "1"
    assert anthropic.headers["retry-after-ms"] == "500"
    assert anthropic.json()["error"] == {"type": "overloaded_error", "message": "busy"}
    assert openai.json()["error"]["message"] == "busy"


def test_a_function_decides_from_the_request() -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        return {"text": f"{asked.provider} {asked.pictures} {asked.results}"}

    picture = {"type": "base64", "media_type": "image/png", "data": "AA=="}
    messages = [
        {"role": "user", "content": [{"type": "image", "source": picture}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "n"}]},
        {"role": "user", "content": [{"type": "tool_result", "content": "found 3"}]},
    ]
    with serving({"otherwise": {"python": answer}}) as fake:
        assert words(ask(fake, message(messages=messages))) == "anthropic 1 ('found 3',)"


def test_a_function_that_fails_is_a_clear_refusal() -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        return {"txt": "misspelt"}

    with serving({"otherwise": {"python": answer}}) as fake:
        response = ask(fake, message())
    assert response.status_code == 400
    assert "txt" in response.json()["error"]["message"]


def test_a_huge_answer_stops_at_the_token_limit() -> None:
    with serving({"otherwise": {"huge_characters": 9000}}) as fake:
        cut, whole = ask(fake, message()).json(), complete(fake).json()["choices"][0]
    assert len(cut["content"][0]["text"]) == 4000
    assert cut["stop_reason"] == "max_tokens"
    assert len(whole["message"]["content"]) == 9000


def test_refusals_have_the_form_of_the_service() -> None:
    with serving({"otherwise": {"refusal": "I cannot."}}) as fake:
        anthropic, openai = ask(fake, message()).json(), complete(fake).json()["choices"][0]
    assert anthropic["stop_reason"] == "refusal"
    assert openai["message"]["refusal"] == "I cannot."
    assert openai["message"]["content"] is None


@pytest.mark.parametrize("when", ["before", "middle"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_connection_breaks_on_purpose(when: str, stream: bool) -> None:
    with (
        serving({"otherwise": {"disconnect": when}}) as fake,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        ask(fake, message(stream=stream))


def test_silence_ends_when_the_client_goes() -> None:
    with serving({"otherwise": {"hang_s": 30}}) as fake:
        with pytest.raises(httpx.ReadTimeout):
            post(f"{fake.url}/v1/messages", json=message(), headers=HEADERS, timeout=0.1)
        until = time.monotonic() + 2
        while not fake.log[0]["left"] and time.monotonic() < until:
            time.sleep(0.01)
        assert fake.log[0]["left"] is True
        assert fake.log[0]["status"] is None


def test_a_marked_prefix_is_written_once_and_then_read() -> None:
    system = [{"type": "text", "text": "r" * 4000, "cache_control": {"type": "ephemeral"}}]
    with serving({"otherwise": {"text": "x"}}) as fake:
        first, second = [ask(fake, message(system=system)).json()["usage"] for _ in range(2)]
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 1000
    assert first["cache_read_input_tokens"] == second["cache_creation_input_tokens"] == 0
    assert first["input_tokens"] == second["input_tokens"] < 10


def test_scripted_usage_is_reported_on_both_wires() -> None:
    usage = {"input_tokens": 10, "output_tokens": 20, "cache_read_tokens": 30}
    with serving({"otherwise": {"text": "x", "usage": usage}}) as fake:
        anthropic, openai = ask(fake, message()).json(), complete(fake).json()
    assert anthropic["usage"]["cache_read_input_tokens"] == 30
    assert openai["usage"]["prompt_tokens"] == 40
    assert openai["usage"]["completion_tokens"] == 20


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "any", "max_tokens": 1, "messages": []}, "messages"),
        ({"model": "any", "messages": [{"role": "user", "content": "a"}]}, "max_tokens"),
        ({"max_tokens": 1, "messages": [{"role": "user", "content": "a"}]}, "model"),
        ({"model": "a", "max_tokens": 1, "messages": [{"role": "bot", "content": "a"}]}, "role"),
    ],
)
def test_a_request_the_service_would_refuse_is_refused(body: dict[str, Any], said: str) -> None:
    with serving() as fake:
        response = ask(fake, body)
        assert response.status_code == 400
        assert said in response.json()["error"]["message"]
        assert fake.log[0]["valid"] is False


def test_a_request_without_a_key_is_refused_by_anthropic_only() -> None:
    with serving() as fake:
        assert post(f"{fake.url}/v1/messages", json=message()).status_code == 401
        assert complete(fake).status_code == 200


def test_no_key_is_kept() -> None:
    with serving() as fake:
        ask(fake, message())
        get(f"{fake.url}/v1/models", headers={"authorization": "Bearer sk-made-up"})
        log = get(f"{fake.url}/_fake/log").text
        assert "sk-made-up" not in log
        assert [item["credentials"] for item in json.loads(log)["items"]] == [
            "x-api-key", "authorization",
        ]  # fmt: skip


def test_a_model_that_is_not_there_is_not_found() -> None:
    with serving({"models": ["big"], "otherwise": {"text": "x"}}) as fake:
        assert ask(fake, message()).status_code == 404
        assert ask(fake, message(model="big")).status_code == 200
        assert get(f"{fake.url}/v1/models/small").status_code == 404
        listed = get(f"{fake.url}/v1/models", headers=HEADERS).json()
        assert [model["id"] for model in listed["data"]] == ["big"]


def test_tokens_are_counted_and_unknown_paths_are_logged() -> None:
    with serving() as fake:
        counted = post(f"{fake.url}/v1/messages/count_tokens", json=message())
        assert counted.json()["input_tokens"] > 10
        assert get(f"{fake.url}/api/hello").status_code == 404
        assert [entry["path"] for entry in fake.log] == ["/v1/messages/count_tokens", "/api/hello"]


def test_requests_at_the_same_time_are_answered_at_the_same_time() -> None:
    with (
        serving({"otherwise": {"text": "x", "delay_s": 0.5}}) as fake,
        ThreadPoolExecutor(8) as pool,
    ):
        began = time.monotonic()
        answers = list(pool.map(lambda _: ask(fake, message()).status_code, range(8)))
        assert answers == [200] * 8
        assert time.monotonic() - began < 8 * 0.5  # what they would take one after the other


def test_without_a_fitting_rule_the_request_is_refused() -> None:
    with serving({"rules": []}) as fake:
        response = ask(fake, message())
    assert response.status_code == 400
    assert "no answer" in response.json()["error"]["message"]


def test_another_script_is_played_from_then_on() -> None:
    with serving({"otherwise": {"text": "old"}}) as fake:
        assert words(ask(fake, message())) == "old"
        fake.play({"otherwise": {"text": "new"}})
        assert words(ask(fake, message())) == "new"
        post(f"{fake.url}/_fake/script", json={"otherwise": {"text": "newest"}})
        assert words(ask(fake, message())) == "newest"
        assert post(f"{fake.url}/_fake/script", json={"rule": []}).status_code == 400


def test_nobody_who_only_reaches_the_port_names_a_function() -> None:
    with serving({"otherwise": {"text": "as before"}}) as fake:
        for name in ("json:loads", "nowhere:nothing"):
            refused = post(f"{fake.url}/_fake/script", json={"otherwise": {"python": name}})
            assert refused.status_code == 400
            assert "names no functions" in refused.json()["error"]
        assert words(ask(fake, message())) == "as before"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"rules": [{"answer": {}}]}, "rules[0].answer: give exactly one of"),
        ({"rules": [{"answer": {"text": "a", "json": 1}}]}, "rules[0].answer"),
        ({"rules": [{"answer": {"text": "a", "input": {}}}]}, "input belongs to a tool"),
        ({"rules": [{"when": {"turns": 1}, "answer": {"text": "a"}}]}, "rules[0].when.turns"),
        ({"otherwise": {"error": {"status": 200}}}, "otherwise.error.status"),
        ({"otherwise": {"python": "nowhere:nothing"}}, "is not a function"),
        ({"rule": []}, "rule: Extra inputs"),
        ([], "script"),
    ],
)
def test_a_malformed_script_says_where(script: object, said: str) -> None:
    with pytest.raises(ScriptInvalid) as refused:
        parse_script(script)
    assert said in str(refused.value)


def test_a_file_that_is_no_json_says_so(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    with pytest.raises(ScriptInvalid, match="cannot be read"):
        read_script(file)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(ScriptInvalid, match="no JSON"):
        read_script(file)


def test_the_program_prints_its_address_and_ends_when_told(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text('{"otherwise": {"text": "from a file"}}', encoding="utf-8")
    command = [sys.executable, "-m", "ai_video.llm.fake_api", "--port", "0", "--script", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        answer = post(f"{url}/v1/messages", json=message(), headers=HEADERS)
        process.send_signal(signal.SIGTERM)
    assert words(answer) == "from a file"
    assert process.returncode == 0


def test_the_program_refuses_a_malformed_script(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text('{"otherwise": {"txt": ""}}', encoding="utf-8")
    command = [sys.executable, "-m", "ai_video.llm.fake_api", "--script", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "otherwise.txt" in ended.stderr

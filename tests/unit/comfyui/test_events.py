"""Messages of the socket become typed values; what is not known is passed over."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.comfyui import events
from ai_video.comfyui.events import is_over, parse_event


def message(kind: str, **data: object) -> str:
    return json.dumps({"type": kind, "data": data})


def test_status_tells_how_many_wait() -> None:
    event = parse_event(message("status", status={"exec_info": {"queue_remaining": 3}}, sid="a"))
    assert isinstance(event, events.QueueStatus)
    assert (event.queue_remaining, event.sid, event.prompt_id) == (3, "a", None)


@pytest.mark.parametrize(
    ("text", "kind", "over"),
    [
        (message("execution_start", prompt_id="p", timestamp=1), events.ExecutionStart, False),
        (message("execution_cached", prompt_id="p", nodes=["1"]), events.ExecutionCached, False),
        (message("executing", prompt_id="p", node="1"), events.Executing, False),
        (message("executing", prompt_id="p", node=None), events.Executing, True),
        (message("progress", prompt_id="p", node="1", value=1, max=4), events.Progress, False),
        (message("progress_state", prompt_id="p", nodes={"1": {"value": 1, "max": 2, "state": "x"}}),
         events.ProgressState, False),
        (message("executed", prompt_id="p", node="9", output={"images": []}), events.Executed, False),
        (message("executed", prompt_id="p", node="9", output=None), events.Executed, False),
        (message("execution_success", prompt_id="p"), events.ExecutionSuccess, True),
        (message("execution_error", prompt_id="p", node_id="1"), events.ExecutionError, True),
        (message("execution_interrupted", prompt_id="p", node_id="1"),
         events.ExecutionInterrupted, True),
    ],
)  # fmt: skip
def test_each_kind_is_known(text: str, kind: type[events.Event], over: bool) -> None:
    event = parse_event(text)
    assert type(event) is kind
    assert event.prompt_id == "p"
    assert is_over(event) is over


@pytest.mark.parametrize(
    "text",
    [
        message("crystools.monitor", cpu=1),
        message("progress", prompt_id="p", value="a lot", max=4),
        message("status", status=5),
        '{"type": "executing"',
        "[]",
        "",
        b"",
        b"\0\0\0",
        struct.pack(">II", 1, 9) + b"image of an unknown kind",
        struct.pack(">I", 99) + b"an unknown event",
        struct.pack(">II", 4, 400) + b'{"prompt_id": "cut off',
        struct.pack(">II", 4, 2) + b"[]",
    ],
)
def test_what_is_not_known_is_passed_over(text: str | bytes) -> None:
    assert parse_event(text) is None


def test_preview_comes_with_or_without_its_facts() -> None:
    plain = parse_event(struct.pack(">II", 1, 2) + b"PNG")
    assert plain == events.Preview(image=b"PNG", media_type="image/png")
    facts = json.dumps({"prompt_id": "p", "node_id": "5", "image_type": "image/jpeg"}).encode()
    told = parse_event(struct.pack(">II", 4, len(facts)) + facts + b"JPG")
    assert told == events.Preview(prompt_id="p", node="5", image=b"JPG", media_type="image/jpeg")


def test_text_of_a_node_is_read() -> None:
    event = parse_event(struct.pack(">II", 3, 2) + b"17" + "好".encode())
    assert event == events.NodeText(node="17", text="好")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_nothing_that_comes_breaks_the_reader(noise: str | bytes) -> None:
    event = parse_event(noise)
    assert event is None or isinstance(event, events.Event)

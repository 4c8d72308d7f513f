"""What is said offline of a broken workflow is what the server says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.comfy_defects import seeded
from tests.comfy_graphs import NAMES, graph

from ai_video.comfyui.validate import Validation, validate

from .conftest import REAL_URL, Bench

Verdict = tuple[str, set[tuple[str, str]]]
# What older servers call it, and that they say nothing of a circle.
OLDER_NAMES = {"missing_node_type": "invalid_prompt"}
LAST_OLDER = (0, 8)


def said_by_us(verdict: Validation, *, older: bool) -> Verdict:
    assert verdict.error is not None
    kind = str(verdict.error["type"])
    return (OLDER_NAMES.get(kind, kind) if older else kind), reasons(verdict.node_errors)


def reasons(node_errors: Any) -> set[tuple[str, str]]:
    return {
        (node, reason["type"])
        for node, entry in node_errors.items()
        for reason in entry["errors"]
        if reason["type"] != "dependency_cycle"
    }


# The fakes judge by the same code: only a real server can contradict it.
if REAL_URL:

    @pytest.mark.parametrize("target", ["real"], indirect=True)
    @pytest.mark.parametrize("name", NAMES)
    async def test_broken_workflows_are_refused_as_foreseen(
        bench: Bench, http: httpx.AsyncClient, name: str
    ) -> None:
        """Only what must be refused is sent, so nothing runs."""
        if not all(node["class_type"] in bench.nodes.nodes for node in graph(name).values()):
            pytest.skip("this server does not have its nodes")
        release = tuple(int(part) for part in bench.nodes.version.split(".")[:2])
        older = release <= LAST_OLDER
        for defect, document, _ in seeded(name, bench.nodes):
            verdict = validate(document, bench.nodes)
            if verdict.error is None:
                continue
            answer = await http.post("/prompt", json={"prompt": document})
            assert answer.status_code == 400, (defect, answer.text)
            body = answer.json()
            kind, found = body["error"]["type"], reasons(body["node_errors"])
            foreseen, ours = said_by_us(verdict, older=older)
            assert kind == foreseen, defect
            # Where the server breaks it stops, at a node that hangs on its order of the day.
            breaks = any("exception" in reason for _, reason in ours)
            assert found <= ours if breaks else found == ours, defect

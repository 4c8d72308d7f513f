"""Write a shipped node list from a saved `/object_info` of a ComfyUI server.

    python scripts/slim_node_list.py OBJECT_INFO.json VERSION

What is kept: names, types, defaults, ranges and choices. What goes: descriptions, tooltips, search
words, prices, and every choice that is only a file of the server it was saved from (models and
input files; `node_lists/folders.toml` says which inputs those are).
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from ai_video.comfyui.object_info import slim_object_info

LISTS = Path(__file__).parents[1] / "src" / "ai_video" / "comfyui" / "node_lists"


def main() -> None:
    source, version = Path(sys.argv[1]), sys.argv[2]
    slim = slim_object_info(json.loads(source.read_text(encoding="utf-8")))
    target = LISTS / f"{version}.json.gz"
    text = json.dumps(slim, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    target.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{target.name}: {len(slim)} nodes, {len(text)} bytes, {target.stat().st_size} packed")


if __name__ == "__main__":
    main()

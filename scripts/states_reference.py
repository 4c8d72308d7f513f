"""Draws the moves of a task in docs/concepts/states.md from the one table that allows them.

.venv/bin/python scripts/states_reference.py
"""

from __future__ import annotations

from pathlib import Path

from ai_video.domain.task import END_STATES, LEGAL_MOVES, TaskStatus

TARGET = Path(__file__).resolve().parent.parent / "docs" / "concepts" / "states.md"
BEGIN = "<!-- moves: made by scripts/states_reference.py -->\n"
END = "<!-- end of moves -->\n"


def moves() -> str:
    """A drawing (Mermaid) and a table of all legal moves."""
    drawing = [f"    [*] --> {TaskStatus.PENDING}"]
    table = ["| move | why |", "|---|---|"]
    for source, targets in LEGAL_MOVES.items():
        for target, why in targets.items():
            drawing.append(f"    {source} --> {target}: {why.partition(':')[0]}")
            table.append(f"| {source} → {target} | {why} |")
    drawing += [f"    {state} --> [*]" for state in TaskStatus if state in END_STATES]
    lines = ["```mermaid", "stateDiagram-v2", *drawing, "```", "", *table]
    return "\n".join(lines) + "\n"


def with_moves(page: str) -> str:
    """The page with its part between the marks made anew."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return before + BEGIN + moves() + END + after


if __name__ == "__main__":
    TARGET.write_text(with_moves(TARGET.read_text(encoding="utf-8")), encoding="utf-8")

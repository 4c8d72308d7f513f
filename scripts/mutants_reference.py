"""Writes the table of seeded bugs and what notices them into docs/concepts/reliability.md.

.venv/bin/python scripts/mutants_reference.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "concepts" / "reliability.md"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from tests.simulation.mutants import BEGIN, END, table

    before, _, rest = TARGET.read_text(encoding="utf-8").partition(BEGIN)
    TARGET.write_text(before + BEGIN + table() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()

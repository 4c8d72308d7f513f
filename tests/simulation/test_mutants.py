"""Every seeded bug is noticed: what the simulation cannot see it does not guard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.simulation.mutants import (
    BEGIN,
    BOARD,
    END,
    MOST,
    MUTANTS,
    Change,
    Mutant,
    NotApplied,
    applied,
    death_of,
)

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "reliability.md"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_dies(mutant: Mutant) -> None:
    assert death_of(mutant) is not None, f"lived through {MOST} seeds"


def test_a_mutant_of_code_that_moved_on_does_not_apply() -> None:
    for where, old in ((f"{BOARD}.plan", "never written"), (f"{BOARD}.no_such", "pass")):
        with pytest.raises(NotApplied), applied(Mutant("old", (Change(where, old, ""),))):
            pass


def test_a_mutant_is_gone_after_its_test() -> None:
    mutant = MUTANTS[0]
    with applied(mutant):
        pass
    assert [death.seed for death in [death_of(Mutant("none", ()))] if death] == []


def test_the_page_names_every_mutant() -> None:
    page = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    named = re.findall(r"^\| (?!seeded bug|-)(.+?) \|", page, flags=re.MULTILINE)
    assert named == [mutant.name for mutant in MUTANTS], "run: scripts/mutants_reference.py"

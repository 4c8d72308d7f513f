"""Tells one seed's story: `python -m tests.simulation SEED`."""

import sys

from tests.simulation.world import simulate

story = simulate(int(sys.argv[1]))
print(story.text(lines=100_000))  # noqa: T201
print(story.counts, f"{story.virtual_s:.0f} virtual seconds")  # noqa: T201

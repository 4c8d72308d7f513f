"""Which model set a card takes its next task from."""

from __future__ import annotations

import statistics

import pytest
from benchmarks.gpu_policy import POLICIES, film, simulate

from ai_video.orchestrator.policy import Device, ModelAffinity, Waiting, begin


def waiting(model: str, first: int, *, urgent: bool = False, work_s: float = 500) -> Waiting:
    return Waiting(model, (0 if urgent else 1, first), urgent, work_s)


LOADED = Device(model="image", since=100.0)
FILMS = (waiting("image", 9), waiting("video", 1))


@pytest.mark.parametrize(
    ("now", "rows", "chosen"),
    [
        (499.0, FILMS, "image"),
        (500.0, FILMS, "video"),
        (500.0, FILMS[:1], "image"),
        (499.0, (*FILMS, waiting("repair", 5, urgent=True)), "repair"),
        (499.0, (waiting("image", 9, urgent=True), waiting("repair", 5, urgent=True)), "image"),
        (499.0, (), None),
    ],
)
def test_a_card_keeps_its_model_for_a_quantum_unless_something_is_urgent(
    now: float, rows: tuple[Waiting, ...], chosen: str | None
) -> None:
    place = ModelAffinity().choose(LOADED, [], rows, now)
    assert (None if place is None else rows[place].model) == chosen


def test_the_rest_of_a_model_is_left_to_the_card_that_holds_it() -> None:
    other = Device(model="video")
    little = (waiting("video", 1, work_s=40), waiting("repair", 2))
    much = (waiting("video", 1, work_s=400), waiting("repair", 2))
    assert ModelAffinity().choose(LOADED, [other], little, 0.0) == 1
    assert ModelAffinity().choose(LOADED, [other], much, 0.0) == 0


def test_what_needs_more_memory_than_a_card_has_goes_to_another() -> None:
    small, large = Device(memory_mb=8_000), Device(memory_mb=24_000)
    rows = (Waiting("video", (1, 1), False, 100.0, 16_000), waiting("image", 2))
    assert ModelAffinity().choose(small, [large], rows, 0.0) == 1
    assert ModelAffinity().choose(large, [small], rows, 0.0) == 0
    assert ModelAffinity().choose(small, [large], rows[:1], 0.0) is None


def test_the_quantum_begins_with_a_switch_and_again_when_it_is_over() -> None:
    device = Device()
    assert begin(device, "image", 10.0)
    assert not begin(device, "image", 300.0)
    assert device.since == 10.0
    assert not begin(device, "image", 410.0)
    assert (device.since, device.running) == (410.0, 3)


@pytest.mark.parametrize("gpus", [1, 2, 4])
def test_a_film_takes_little_longer_than_it_must_and_its_first_shot_comes_early(gpus: int) -> None:
    ours = [simulate(film(seed), gpus, POLICIES["affinity"]) for seed in range(3)]
    fifo = [simulate(film(seed), gpus, POLICIES["fifo"]) for seed in range(3)]
    assert statistics.median(run["makespan_over_bound"] for run in ours) <= 1.08
    assert all(
        mine["makespan_over_bound"] < theirs["makespan_over_bound"]
        and mine["first_finished_shot_s"] * 10 < theirs["first_finished_shot_s"]
        for mine, theirs in zip(ours, fifo, strict=True)
    )

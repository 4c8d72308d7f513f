"""How the fake server behaves: races and faults that can be switched on, and where its files lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import JsonValue

CURRENT: Final = "0.33.0"


@dataclass(frozen=True, slots=True)
class Race:
    """Something that happens on real servers; `number` as in the list of races, None for a fault.

    `times`: how often it happens when it is switched on without a number; None: always. What
    destroys a job happens once, so that work which is tried again can be finished.
    """

    name: str
    number: int | None
    about: str
    times: int | None = None


RACES: Final = (
    Race("history_late", 1, "execution_success is sent 0.6 s before the history is written"),
    Race("same_client_id", 2, "an old socket that closes takes the new one of its id along"),
    Race("foreign_prompts", 3, "events of a prompt of another user reach every socket"),
    Race(
        "server_killed",
        4,
        "dies in the middle of a job: queue and history are gone, 1 s away",
        times=1,
    ),
    Race("answer_lost", 5, "a POST /prompt is taken, but its answer never comes", times=1),
    Race("cancelled_by_others", 6, "another user interrupts the running job", times=1),
    Race("interrupt_late", 7, "an interrupt counts only when the node is done, 1 s later"),
    Race("cached_file_gone", 8, "a prompt that is all cached names a file that was moved away"),
    Race("other_names", 9, "files are listed as a Windows server does, in a subfolder"),
    Race("partial_outputs", 10, "the last output node fails after the others are done", times=1),
    Race("request_lost", None, "a POST /prompt never arrives: no answer, nothing queued", times=1),
    Race(
        "deleted_by_others", None, "another user deletes a waiting job: it leaves no trace", times=1
    ),
    Race(
        "out_of_memory", None, "the sampler, or the last node, has no room on the device", times=1
    ),
    Race("device_error", None, "the graphics device fails", times=1),
    Race("node_error", None, "an exception in a node", times=1),
    Race("slow", None, "jobs take fifty times as long"),
    Race("half_open_socket", None, "sockets stay open and say nothing more"),
    Race(
        "unavailable",
        None,
        "requests are answered with 503, as by a proxy without its server",
        times=5,
    ),
    Race("truncated_download", None, "a download breaks off half-way", times=1),
    Race(
        "small_memory",
        None,
        "no room for more than 250,000 px a picture, 600,000 where it is decoded in tiles",
    ),
    Race("black_result", None, "the model draws black, as where numbers overflow", times=1),
    Race("noise_result", None, "the model draws nothing but noise", times=1),
    Race("still_result", None, "every frame of a clip is the first one", times=1),
    Race("turned_result", None, "width and height are exchanged", times=1),
)
_BY_NAME: Final = {race.name: race for race in RACES}


class Races:
    """Which races are on, and how often they still happen."""

    def __init__(self, on: Mapping[str, int | None]) -> None:
        self._left: dict[str, int | None] = {}
        for name, times in on.items():
            self.switch(name, times)

    def switch(self, name: str, times: int | None = None) -> None:
        """Let a race happen so many times: None always, 0 never again.

        Raises:
            ValueError: there is no race of this name.
        """
        if name not in _BY_NAME:
            raise ValueError(f"there is no race named {name}; see GET /_fake/races")
        if times == 0:
            self._left.pop(name, None)
        else:
            self._left[name] = times

    def is_on(self, name: str) -> bool:
        return name in self._left

    def happens(self, name: str) -> bool:
        """It is on, and this was one of its times."""
        if name not in self._left:
            return False
        left = self._left[name]
        if left is not None:
            self.switch(name, left - 1)
        return True

    def as_json(self) -> dict[str, JsonValue]:
        items: list[JsonValue] = [
            {
                "name": race.name,
                "number": race.number,
                "about": race.about,
                "on": self.is_on(race.name),
            }
            for race in RACES
        ]
        return {"items": items, "names": [race.name for race in RACES]}


def parse_race(word: str) -> tuple[str, int | None]:
    """`NAME`, `NAME=TIMES` or `NAME=always`.

    Raises:
        ValueError: there is no such race, or TIMES is no number.
    """
    name, _, times = word.partition("=")
    if name not in _BY_NAME:
        raise ValueError(f"no race is named {name}; there are: {', '.join(sorted(_BY_NAME))}")
    if times == "always":
        return name, None
    return name, int(times) if times else _BY_NAME[name].times


@dataclass(frozen=True, slots=True)
class FakeOptions:
    """`nodes`: a saved /object_info; None: the list that comes with the program. `models`: a folder
    like ComfyUI's; None: well-known model files are there, and any that a graph names. `missing`:
    model files that are not there in spite of that. `state`: where files and the request log stay;
    None: a temporary folder. `prefix`, `required_header`: as behind a proxy that serves it below a path
    and lets in only requests with this header (name, value).
    """

    host: str = "127.0.0.1"
    port: int = 0
    nodes: Path | None = None
    models: Path | None = None
    missing: frozenset[str] = frozenset()
    seconds_per_job: float = 0.2
    races: Mapping[str, int | None] = field(default_factory=dict[str, int | None])
    state: Path | None = None
    version: str = CURRENT
    prefix: str = ""
    required_header: tuple[str, str] | None = None

    @property
    def has_jobs(self) -> bool:
        """Versions with GET /api/jobs."""
        return self._release >= (0, 5)

    @property
    def cancels_jobs(self) -> bool:
        """Versions that know `cancelled` and POST /api/jobs/ID/cancel; they also check the form of an id
        and name an unknown class as an error of its own. Seen in 0.33, not yet there in 0.8."""
        return self._release > (0, 8)

    @property
    def _release(self) -> tuple[int, int]:
        major, minor = (int(part) for part in self.version.split(".")[:2])
        return major, minor

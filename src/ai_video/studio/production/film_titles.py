"""What a film is called and whom it names: title, author, people, sources. Pure.

Title card, end card and description file say the same because all of them read this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import cast

from ai_video.filmwords import topic_of
from ai_video.studio.production.film_snapshot import EpisodeSnapshot

MOST_PEOPLE = 12
_AUTHOR = re.compile(
    r"^[*_【\[]*(?P<role>编剧|作者|原著|文|本报记者|记者|撰文|author|writer|written by|by)"
    r"[*_】\]]*\s*(?:[：:/／]|\s)\s*(?P<name>\S.{0,59})$",
    re.IGNORECASE,
)
_DATE = re.compile(r"\s*(?:\d{4}年)?\d{1,2}月\d{1,2}日.*$|\s*\d{4}-\d{1,2}-\d{1,2}.*$")
_REPORTED = frozenset({"记者", "本报记者"})


@dataclass(frozen=True, slots=True)
class FilmTitles:
    """The words of a film's cards and of its description.

    `series` is empty for a single film; `number` is the episode's place in its series. `people` are
    those who are seen or speak, in order of appearance.
    """

    title: str
    series: str
    number: int
    author: str
    reported: bool
    people: tuple[str, ...]
    sources: tuple[str, ...]
    headlines: tuple[tuple[int, str], ...] = ()
    """(paragraph, words) of the headings inside an article."""


def film_titles(snapshot: EpisodeSnapshot) -> FilmTitles:
    """The words of an episode, from its rows and the marks of its text."""
    author, reported = _author(snapshot)
    title = _title(snapshot)
    serial = snapshot.episode_count > 1
    return FilmTitles(
        title=title,
        series=snapshot.project.name if serial and snapshot.project.name != title else "",
        number=snapshot.episode.order if serial else 0,
        author=author,
        reported=reported,
        people=tuple(dict.fromkeys(_people(snapshot)))[:MOST_PEOPLE],
        sources=tuple(dict.fromkeys(_texts(snapshot, "source"))),
        headlines=tuple(_headlines(snapshot)),
    )


def _title(snapshot: EpisodeSnapshot) -> str:
    """The episode's own title; where that is only the file's name, the title that the text gives."""
    given = snapshot.episode.title
    project = snapshot.project
    stem = PurePath(project.source_path).stem if project.source_path else project.name
    said = next(iter(_texts(snapshot, "title")), "")
    return said if said and given in (project.name, stem) else given


def film_topic(snapshot: EpisodeSnapshot) -> str:
    """What the film is about, in the drawable words of its text's title; "" when there are none."""
    return topic_of(next(iter(_texts(snapshot, "title")), ""))


def _author(snapshot: EpisodeSnapshot) -> tuple[str, bool]:
    """(name, whether it is a reporter's)."""
    for note in _texts(snapshot, "note"):
        found = _AUTHOR.match(note)
        name = _DATE.sub("", found["name"]).strip() if found else ""
        if found and name:
            return name, found["role"] in _REPORTED
    return "", False


def _people(snapshot: EpisodeSnapshot) -> Iterator[str]:
    for shot in snapshot.shots:
        for character_id in shot.characters:
            if character_id in snapshot.characters:
                yield snapshot.characters[character_id].name
        for line in snapshot.lines_of(shot):
            if line.character_id and line.character_id in snapshot.characters:
                yield snapshot.characters[line.character_id].name


def _texts(snapshot: EpisodeSnapshot, kind: str) -> Iterator[str]:
    """The texts of the script's elements of one kind."""
    for element in script_elements(snapshot):
        text = str(element.get("text") or "").strip()
        if element.get("kind") == kind and text:
            yield " ".join(text.split())


def _headlines(snapshot: EpisodeSnapshot) -> Iterator[tuple[int, str]]:
    for element in script_elements(snapshot):
        paragraphs = cast("list[int]", element.get("paragraphs") or [])
        if element.get("kind") == "headline" and paragraphs:
            yield paragraphs[0], " ".join(str(element.get("text") or "").split())


def script_elements(snapshot: EpisodeSnapshot) -> list[dict[str, object]]:
    """The marked pieces of the episode's text, in order; empty without a text."""
    content = snapshot.script.structured_content if snapshot.script else {}
    return cast("list[dict[str, object]]", content.get("elements") or [])

"""One text, several episodes: split at 第N集 / EPISODE N headings, within the length limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import cn2an

from ai_video.errors import InputRefused
from ai_video.writing.source import clean_title

CHARACTER_LIMIT: Final = 60_000
_EPISODE: Final = re.compile(
    r"^[ \t　#*_【\[]*(?:第[ \t]*(?P<zh>[0-9０-９]{1,4}|[零〇一二三四五六七八九十百两兩]{1,7})[ \t]*[集话話回](?=$|[ \t　:：\-—–.·、】《])"
    r"|(?:EPISODE|Episode|episode|EP\.?|Ep\.?)[ \t]*(?P<en>[0-9]{1,4}|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN)\b)"
    r"(?P<title>[^\n]{0,60})$",
    re.MULTILINE,
)
_WORDS: Final = ("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN")


@dataclass(frozen=True, slots=True)
class EpisodeText:
    """One episode's part of a text; `first_paragraph` is the number of its first non-blank line."""

    number: int
    title: str
    text: str
    first_paragraph: int


def split_episodes(text: str) -> list[EpisodeText]:
    """The episodes of a text, in order; one without headings is a single episode 1.

    What stands before the first heading belongs to the first episode.

    Raises:
        InputRefused: `text_too_long` when an episode has more than 60,000 characters.
    """
    headings = [match for match in _EPISODE.finditer(text) if _is_heading(match)]
    if not headings:
        return [_checked(EpisodeText(1, "", text, 1))]
    starts = [0, *(match.start() for match in headings[1:]), len(text)]
    episodes: list[EpisodeText] = []
    paragraphs = 0
    for match, start, end in zip(headings, starts, starts[1:]):
        part = text[start:end]
        number = _number(match, otherwise=len(episodes) + 1)
        title = clean_title(match["title"].strip(" \t　:：-—–.·、】]*_#"))
        episodes.append(_checked(EpisodeText(number, title, part, paragraphs + 1)))
        paragraphs += sum(1 for line in part.split("\n") if line.strip())
    return _numbered(episodes)


def is_episode_heading(line: str) -> bool:
    """Whether a line is a heading such as 第一集 or EPISODE 1."""
    match = _EPISODE.match(line)
    return match is not None and match.end() == len(line) and _is_heading(match)


def _is_heading(match: re.Match[str]) -> bool:
    """A sentence that only begins like a heading is none."""
    title = match["title"].rstrip()
    return not title.endswith(("。", "！", "？", ".", "!", "?", "，")) or len(title) < 12


def _checked(episode: EpisodeText) -> EpisodeText:
    if len(episode.text) > CHARACTER_LIMIT:
        raise InputRefused("text_too_long", given=len(episode.text), limit=CHARACTER_LIMIT)
    return episode


def _number(match: re.Match[str], *, otherwise: int) -> int:
    if match["en"]:
        word = match["en"].upper()
        return int(word) if word.isdigit() else _WORDS.index(word) + 1
    given = match["zh"]
    if given.isdecimal():
        return int(given)
    try:
        return int(cn2an.cn2an(given.translate(str.maketrans("〇兩", "零两")), "smart"))
    except ValueError:
        return otherwise


def _numbered(episodes: list[EpisodeText]) -> list[EpisodeText]:
    """Numbers as given when they are all different, else counted from 1."""
    numbers = [episode.number for episode in episodes]
    if len(set(numbers)) == len(numbers):
        return episodes
    return [
        EpisodeText(index, episode.title, episode.text, episode.first_paragraph)
        for index, episode in enumerate(episodes, start=1)
    ]

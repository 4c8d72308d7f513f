"""Whether a film has a title card and an end card, and what stands on them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ai_video.domain.entities import CardChoice, Lang, Mode, ProjectSettings
from ai_video.domain.media_time import FrameRate
from ai_video.domain.slots import Slots, frame_size
from ai_video.studio.production.film_params import FilmCard, LookSettings
from ai_video.studio.production.film_snapshot import EpisodeSnapshot
from ai_video.studio.production.film_titles import FilmTitles, film_titles

TITLE_S, END_S = 3.0, 4.0
MOST_OF_LENGTH = 1.1
LEAST_FILM_S = 30.0
"""A shorter film gets cards only where they are asked for."""

PROVIDER_NAMES = {
    "kokoro": "Kokoro", "espeak": "eSpeak NG", "edge": "edge-tts", "gpt-sovits": "GPT-SoVITS",
    "silent": "",
}  # fmt: skip
"""As they write themselves; another one is credited by its name."""
AI_STATEMENT: dict[Lang, str] = {
    "zh": "本片画面与配音由人工智能生成",
    "en": "Pictures and voices of this film are AI-generated",
}
_WORDS: dict[Lang, dict[str, str]] = {
    "zh": {"author": "编剧", "writer": "作者", "reporter": "记者", "people": "人物", "voices": "配音",
           "music": "音乐", "sources": "来源", "made": "制作", "and": "、", "more": "等",
           "end": "完", "title_by": "{role} {name}", "episode": "第 {number} 集",
           "episode_end": "第 {number} 集 完"},
    "en": {"author": "Written by", "writer": "Text", "reporter": "Reported by",
           "people": "Characters", "voices": "Voices", "music": "Music", "sources": "Sources",
           "made": "Made with", "and": ", ", "more": " and others", "end": "The End",
           "title_by": "{role} {name}", "episode": "Episode {number}",
           "episode_end": "End of Episode {number}"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardTimes:
    """Frames of the cards before and after the shots; 0 where there is none."""

    title: int
    end: int


def card_seconds(
    settings: ProjectSettings,
    mode: Mode | None,
    film_s: float | None,
    *,
    shots_s: float = 0.0,
) -> tuple[float, float]:
    """Seconds of the title card and of the end card of a film that is to last `film_s`.

    Its shots last `shots_s`: where they leave no room within a tenth of an asked length, cards that
    nobody asked for stay away.

    `auto` is a drama of half a minute or more in a picture that is not tall: an article's first and
    last shots are cards of their own, and a film for the phone has to begin at once.
    """
    width, height = frame_size(settings.aspect, settings.short_side)
    long_enough = film_s is not None and film_s >= LEAST_FILM_S
    room = film_s is None or shots_s + TITLE_S + END_S <= MOST_OF_LENGTH * film_s
    suits = mode == "drama" and width >= height and long_enough and room

    def shown(choice: CardChoice) -> bool:
        return choice == "on" or (choice == "auto" and suits)

    return (
        TITLE_S if shown(settings.title_card) else 0.0,
        END_S if shown(settings.end_card) else 0.0,
    )


def card_times(snapshot: EpisodeSnapshot) -> CardTimes:
    """The cards of an episode as it is planned."""
    settings = snapshot.project.settings
    shots_s = sum(shot.duration for shot in snapshot.shots)
    asked_s, mode = snapshot.episode.length, snapshot.episode.mode
    title_s, end_s = (
        card_seconds(settings, mode, asked_s, shots_s=shots_s)
        if asked_s
        else card_seconds(settings, mode, shots_s)
    )
    rate = FrameRate(settings.fps)
    return CardTimes(rate.frames_for(title_s), rate.frames_for(end_s))


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The shot whose place a card stands over."""

    place: str
    scene: str
    slots: Slots


@dataclass(frozen=True, slots=True)
class CardMakers:
    """Who draws the cards (name and version), and whom the end card names."""

    drawn_by: str
    provider: str
    music: str


def film_cards(
    snapshot: EpisodeSnapshot, *, first: Backdrop, last: Backdrop, makers: CardMakers,
    label: str | None,
) -> tuple[FilmCard | None, FilmCard | None]:  # fmt: skip
    """The title card and the end card of an episode."""
    times = card_times(snapshot)
    settings = snapshot.project.settings
    lang: Lang = settings.lang or "zh"
    titles = film_titles(snapshot)
    look = LookSettings(
        style_preset=settings.style_preset, color_palette=settings.color_palette, lang=lang
    )

    def card(kind: Literal["title", "end"], frames: int, behind: Backdrop) -> FilmCard | None:
        if not frames:
            return None
        return FilmCard(
            kind=kind,
            frames=frames,
            kicker=series_line(titles, lang) if kind == "title" else "",
            headline=titles.title if kind == "title" else _ending(titles, lang),
            byline=_byline(titles, lang, snapshot.episode.mode)
            if kind == "title"
            else (AI_STATEMENT[lang] if settings.label else ""),
            row=_credits(titles, lang, snapshot.episode.mode, makers) if kind == "end" else (),
            place=behind.place,
            scene=behind.scene,
            slots=behind.slots,
            label=label,
            drawn_by=makers.drawn_by,
            settings=look,
        )

    return card("title", times.title, first), card("end", times.end, last)


def series_line(titles: FilmTitles, lang: Lang) -> str:
    """`Lighthouse · Episode 2`; empty for a film of its own."""
    number = _WORDS[lang]["episode"].format(number=titles.number) if titles.number else ""
    return " · ".join(part for part in (titles.series, number) if part)


def _ending(titles: FilmTitles, lang: Lang) -> str:
    words = _WORDS[lang]
    return words["episode_end"].format(number=titles.number) if titles.number else words["end"]


def _byline(titles: FilmTitles, lang: Lang, mode: Mode | None) -> str:
    if not titles.author:
        return ""
    role = _WORDS[lang][author_role(titles, mode)]
    return _WORDS[lang]["title_by"].format(role=role, name=titles.author)


def author_role(titles: FilmTitles, mode: Mode | None) -> Literal["author", "writer", "reporter"]:
    """What the author of a text is called."""
    if titles.reported:
        return "reporter"
    return "author" if mode in ("drama", None) else "writer"


def _credits(
    titles: FilmTitles, lang: Lang, mode: Mode | None, makers: CardMakers
) -> tuple[tuple[str, str], ...]:
    """Everybody, the sources before the tool."""
    *others, made = credit_rows(titles, lang, mode, makers)
    sources = (_WORDS[lang]["sources"], "; ".join(titles.sources))
    return tuple(row for row in (*others, sources, made) if row[1])


def credit_rows(
    titles: FilmTitles, lang: Lang, mode: Mode | None, makers: CardMakers
) -> tuple[tuple[str, str], ...]:
    """(role, names) of all who made the film; the last row names the tool."""
    words = _WORDS[lang]
    rows = (
        (words[author_role(titles, mode)], titles.author),
        (words["people"], words["and"].join(titles.people) if mode == "drama" else ""),
        (words["voices"], PROVIDER_NAMES.get(makers.provider, makers.provider)),
        (words["music"], makers.music),
        (words["made"], "ai-video"),
    )
    return tuple(row for row in rows if row[1])

"""An article, a science piece or a story as beats: the narrator speaks, cards and scenes show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ai_video.domain.entities import CardContent
from ai_video.domain.slots import Slots
from ai_video.filmwords import FoundPlace, find_place, read_slots
from ai_video.filmwords.places import INDOORS
from ai_video.writing.beats import Beat, Beats, Setting, Story
from ai_video.writing.cards import card_of, importance
from ai_video.writing.people import CAST_LIMIT
from ai_video.writing.phrases import phrases
from ai_video.writing.places import Places
from ai_video.writing.plan import LineDraft
from ai_video.writing.script import (
    Action,
    Dialogue,
    Element,
    Headline,
    Narration,
    Note,
    Picture,
    Source,
    Title,
)
from ai_video.writing.speech import (
    is_speakable,
    lines_from,
    sentences_of,
    speech_s,
    spoken_text,
)

_INLINE_PICTURE: Final = re.compile(r"!\[[^\[\]\n]{0,300}\]\(([^)\s]{1,300})(?:\s[^)\n]{0,300})?\)")
_SHOT_S: Final = 8.2
_QUOTED_SHOT_S: Final = 11.0
_BODY: Final = {"zh": 90, "en": 240}


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence of the narrator; `weight` says how much the film needs to hear it."""

    text: str
    weight: float
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A spoken line and the sentence it is of."""

    text: str
    unit: Unit


@dataclass(slots=True)
class Article:
    """The script cut into sentences once, so that lengths can be tried quickly."""

    story: Story
    units: list[Unit] = field(default_factory=list[Unit])
    by_element: dict[int, range] = field(default_factory=dict[int, range])

    def least_important(self) -> list[int]:
        """Indices of the sentences that may leave speech, least important first."""
        return sorted(range(1, len(self.units)), key=lambda at: (self.units[at].weight, -at))


def read_article(story: Story) -> Article:
    """All sentences of the article with their weights."""
    article = Article(story)
    texts: list[tuple[int, list[str], Element]] = []
    for at, element in enumerate(story.script.elements):
        if isinstance(element, (Narration, Action, Dialogue, Title)):
            words = spoken_text(element.text)
            texts.append((at, [s for s in sentences_of(words) if is_speakable(s)], element))
    for position, (at, sentences, element) in enumerate(texts):
        first = len(article.units)
        for place, sentence in enumerate(sentences):
            weight = 99.0 if isinstance(element, Title) else importance(
                sentence, place=place, position=position, paragraphs=len(texts)
            )  # fmt: skip
            article.units.append(Unit(sentence, weight, getattr(element, "quoted", False)))
        article.by_element[at] = range(first, len(article.units))
    return article


def article_beats(article: Article, moved: frozenset[int] = frozenset()) -> Beats:
    """The beats, with the sentences of `moved` on cards and not spoken."""
    maker = _Maker(article, moved)
    for at, element in enumerate(article.story.script.elements):
        maker.take(at, element)
    return maker.finished()


class _Maker:
    def __init__(self, article: Article, moved: frozenset[int]) -> None:
        self.article, self.moved = article, moved
        self.story = article.story
        self.words = phrases(self.story.lang)
        self.places = Places(self.story.lang, self.story.known)
        self.beats: list[Beat] = []
        self.waiting: list[Element] = []
        self.sources: list[Source] = []
        self.headline: str | None = None
        self.byline: str | None = None
        self.picture: str | None = None
        self.setting = Setting(1, None, "abstract", Slots(), outdoors=True)
        self.forms = {
            form: person.name
            for person in self.story.people[:CAST_LIMIT]
            for form in (person.name, *person.aliases)
        }

    @property
    def with_cards(self) -> bool:
        return self.story.script.mode in ("news", "science")

    def take(self, at: int, element: Element) -> None:
        if isinstance(element, Title):
            self._open(at, element)
        elif isinstance(element, Headline):
            self.headline = spoken_text(element.text)[:60] or None
            self.waiting.append(element)
        elif isinstance(element, Source):
            self.sources.append(element)
        elif isinstance(element, Picture):
            self._show(element)
        elif isinstance(element, (Narration, Action, Dialogue)):
            self._tell(at, element)
        else:
            if isinstance(element, Note) and not self.beats and len(element.text) <= 60:
                self.byline = spoken_text(element.text) or None
            self.waiting.append(element)

    def finished(self) -> Beats:
        if self.sources:
            self._close()
        if self.waiting and self.beats:
            self.beats[-1].elements += self.waiting
        if self.picture and self.beats and self.beats[-1].picture is None:
            self.beats[-1].picture = self.picture
        for beat, following in zip(self.beats, [*self.beats[1:], None]):
            beat.last_of_scene = following is None or following.setting is not beat.setting
        return Beats(self.beats, self.places.scenes())

    def _open(self, at: int, element: Title) -> None:
        words = spoken_text(element.text)
        if not is_speakable(words):
            self.waiting.append(element)
            return
        place = find_place(words)
        setting = replace(self.setting, place=place.place) if place else self.setting
        lines = [LineDraft("", piece) for piece in lines_from(words, self.story.lang)]
        beat = Beat("title", setting, [element], seen=words, lines=lines[:2])
        beat.card = CardContent(headline=words[:80])
        self._add(beat)

    def _close(self) -> None:
        """The sources on a card of their own at the end."""
        texts = [spoken_text(item.text) or item.text.strip() for item in self.sources]
        beat = Beat("sources", replace(self.setting, name=None, place="abstract"), [*self.sources])
        beat.card = CardContent(headline=self.words.word("sources"), source="\n".join(texts)[:400])
        beat.silent_s = min(2.6 + 0.5 * len(texts), 6.0)
        self._add(beat)

    def _add(self, beat: Beat) -> None:
        beat.elements[:0] = self.waiting
        self.waiting = []
        if self.picture and beat.kind != "sources":
            beat.picture, self.picture = self.picture, None
        if self.byline and beat.card is not None:
            beat.card = beat.card.model_copy(update={"source": self.byline})
            self.byline = None
        self.beats.append(beat)

    def _show(self, element: Picture) -> None:
        if self.beats and self.beats[-1].kind == "prose" and not self.waiting:
            free = self.beats[-1]
            if free.picture is None:
                free.picture = element.path
                free.elements.append(element)
                return
        self.picture = element.path
        self.waiting.append(element)

    def _tell(self, at: int, element: Element) -> None:
        """One paragraph: its spoken sentences in shots, the others on their cards."""
        inline = _INLINE_PICTURE.search(element.text)
        if inline and self.picture is None:
            self.picture = inline[1]
        units = self.article.by_element[at]
        spoken = [index for index in units if index not in self.moved]
        shown = [self.article.units[index].text for index in units if index in self.moved]
        self._move_to(" ".join(self.article.units[index].text for index in units))
        first = len(self.beats)
        for group in self._groups(spoken):
            self._add(self._prose(element, group))
        if not spoken and not shown:
            self.waiting.append(element)
        elif not spoken:
            self._put_on_cards(element, shown, self.beats[-1:], grow=True)
        elif shown:
            self._put_on_cards(element, shown, self.beats[first:], grow=False)

    def _move_to(self, text: str) -> None:
        """Follow the story to the place its paragraph names, and its time and weather."""
        found = find_place(text)
        read = read_slots(text, self.story.lang, names=list(self.forms))
        slots = Slots(time_of_day=read.time_of_day, weather=read.weather)
        place = found.place if found else self.setting.place
        if found and (place != self.setting.place or self.setting.name is None):
            name, place = self.places.of_class(found.place, self._scene_name(found))
            number = self.setting.number + (1 if self.beats else 0)
            kept = slots if self.story.script.mode == "narration" else Slots()
            self.setting = Setting(number, name, place, kept, place not in INDOORS)
        elif self.story.script.mode == "narration":
            kept = self.setting.slots
            slots = Slots(
                time_of_day=slots.time_of_day or kept.time_of_day,
                weather=slots.weather or kept.weather,
            )
            if slots != kept:
                self.setting = replace(self.setting, slots=slots)

    def _scene_name(self, found: FoundPlace) -> str:
        """A tale names its places in its own words, an article by what they are."""
        own = self.story.script.mode == "narration" and self.story.lang == "zh"
        if own and len(found.word) >= 2:
            return found.word
        return self.words.of("place", found.place)

    def _groups(self, spoken: Sequence[int]) -> list[list[_Piece]]:
        """Sentences in shots of at most two lines and some eight seconds.

        Who says it stays in one shot with what is said.
        """
        groups: list[list[_Piece]] = []
        total = 0.0
        for index in spoken:
            unit = self.article.units[index]
            for text in lines_from(unit.text, self.story.lang):
                seconds = speech_s(text, self.story.lang)
                opens = bool(groups) and groups[-1][-1].text.endswith((":", "："))
                limit = _QUOTED_SHOT_S if opens else _SHOT_S
                if groups and len(groups[-1]) < 2 and total + seconds <= limit:
                    groups[-1].append(_Piece(text, unit))
                    total += seconds
                else:
                    groups.append([_Piece(text, unit)])
                    total = seconds
        return groups

    def _prose(self, element: Element, group: list[_Piece]) -> Beat:
        texts = [piece.text for piece in group]
        seen = (" " if self.story.lang == "en" else "").join(texts)
        beat = Beat("prose", self.setting, [element], seen=seen)
        beat.lines = [LineDraft("", text) for text in texts]
        beat.names = self._names_in(seen)
        headline, self.headline = self.headline, None
        if self.with_cards:
            beat.card = card_of(
                seen,
                headline=headline,
                quoted=any(piece.unit.quoted for piece in group),
                context=group[-1].unit.text,
                lang=self.story.lang,
            )
        elif headline:
            beat.card = CardContent(headline=headline)
        return beat

    def _names_in(self, text: str) -> list[str]:
        found = sorted(
            (place, name) for form, name in self.forms.items() if (place := text.find(form)) >= 0
        )
        return list(dict.fromkeys(name for _, name in found))

    def _put_on_cards(
        self, element: Element, shown: list[str], beats: list[Beat], *, grow: bool
    ) -> None:
        """Sentences on the cards of `beats` while they have room, then on silent cards."""
        limit = _BODY[self.story.lang]
        left = list(shown)
        for beat in beats:
            if beat.kind != "prose":
                continue
            card = beat.card or CardContent()
            body = list(card.body)
            while left and len(body) < 3 and sum(map(len, body)) + len(left[0]) <= limit:
                body.append(left.pop(0))
            if len(body) > len(card.body):
                beat.card = card.model_copy(update={"body": tuple(body)})
                if grow:
                    beat.elements.append(element)
        while left:
            body = [left.pop(0)[: 4 * limit]]
            while left and len(body) < 3 and sum(map(len, body)) + len(left[0]) <= limit:
                body.append(left.pop(0))
            headline, self.headline = self.headline, None
            beat = Beat("prose", self.setting, [element], seen="".join(body))
            beat.card = CardContent(headline=headline, body=tuple(body))
            beat.silent_s = min(2.2 + sum(map(len, body)) * 0.02, 4.5)
            self._add(beat)

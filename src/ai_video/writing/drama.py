"""A screenplay as beats: an establishing shot per scene, actions seen, lines spoken."""

from __future__ import annotations

import re
from typing import Final, get_args

from ai_video.domain.entities import Transition
from ai_video.domain.slots import Slots, TimeOfDay
from ai_video.filmwords import find_place, read_slots
from ai_video.filmwords.places import INDOORS
from ai_video.writing.beats import Beat, Beats, Setting, Story
from ai_video.writing.people import CAST_LIMIT, canonical_name
from ai_video.writing.places import Places, time_slots
from ai_video.writing.plan import LineDraft
from ai_video.writing.script import Action, Cut, Dialogue, Element, Picture, SceneHeading
from ai_video.writing.speech import (
    LINE_LIMIT_S,
    is_speakable,
    lines_from,
    sentences_of,
    speech_s,
    spoken_text,
)

_ASIDE: Final = re.compile(r"[（(【\[]([^（(【\[）)】\]]{1,60})[）)】\]]")
_CARRIED_TIME: Final = re.compile(r"同时|稍后|片刻后|连续|later|continuous|same", re.IGNORECASE)
_ANY_TIME: Final[frozenset[TimeOfDay | None]] = frozenset()
# A heading's time and the finer ones that the action may name for the whole scene.
_FINER: Final[dict[TimeOfDay | None, frozenset[TimeOfDay | None]]] = {
    None: frozenset(get_args(TimeOfDay)),
    "day": frozenset({"morning", "noon", "afternoon", "golden_hour"}),
    "dusk": frozenset({"golden_hour"}),
    "afternoon": frozenset({"golden_hour"}),
    "morning": frozenset({"dawn"}),
}
_POSSESSIVE: Final = re.compile(r"(?:['’]s\s+|的)")
_SUBJECT: Final = re.compile(r"(?:他|她)(?!们|人|乡|日)|(?:He|She)(?=\s)")
_SHORT_LINE_S: Final = 2.3


def drama_beats(story: Story) -> Beats:
    """The beats of a screenplay; dialogue is never dropped."""
    maker = _Maker(story)
    for element in story.script.elements:
        maker.take(element)
    return maker.finished()


class _Maker:
    def __init__(self, story: Story) -> None:
        self.story = story
        self.places = Places(story.lang, story.known)
        self.beats: list[Beat] = []
        self.waiting: list[Element] = []
        self.transition: Transition = "cut"
        self.picture: str | None = None
        self.setting: Setting | None = None
        self.people = {person.name for person in story.people}
        self.forms = {
            form: person.name
            for person in story.people[:CAST_LIMIT]
            for form in (person.name, *person.aliases)
        }

    def take(self, element: Element) -> None:
        if isinstance(element, SceneHeading):
            self._open_scene(element)
        elif isinstance(element, Action):
            self._act(element)
        elif isinstance(element, Dialogue):
            self._speak(element)
        elif isinstance(element, Cut):
            self.transition = element.transition
            self.waiting.append(element)
        elif isinstance(element, Picture):
            self._show(element)
        else:
            self.waiting.append(element)

    def finished(self) -> Beats:
        """The beats, with what still waits given to the last one."""
        if self.waiting and self.beats:
            self.beats[-1].elements += self.waiting
            if self.transition in ("dip", "fade_out"):
                self.beats[-1].transition = "fade_out"
        _mark_scene_ends(self.beats)
        return Beats(self.beats, self.places.scenes())

    # A scene's paragraphs

    def _open_scene(self, heading: SceneHeading) -> None:
        last = self.setting
        carried = last.slots if last and _CARRIED_TIME.search(heading.time) else Slots()
        slots = time_slots(heading.time, heading.place, carried)
        name, place = self.places.named(heading.place, last=last, interior=heading.interior)
        outdoors = heading.interior is False or (heading.interior is None and place not in INDOORS)
        number = last.number + 1 if last else 1
        self.setting = Setting(number, name, place, slots, outdoors, heading.time)
        self._add(Beat("establish", self.setting, [heading], silent_s=2.8))

    def _scene(self, text: str) -> Setting:
        """The scene that is open; a text without headings opens one by the place it names."""
        if self.setting is None:
            found = find_place(text)
            name, place = None, "abstract"
            slots = read_slots(text, self.story.lang, names=list(self.forms))
            slots = Slots(time_of_day=slots.time_of_day, weather=slots.weather)
            if found:
                name, place = self.places.named(found.word, last=None)
            self.setting = Setting(1, name, place, slots, place not in INDOORS)
        return self.setting

    def _add(self, beat: Beat) -> None:
        beat.elements[:0] = self.waiting
        beat.transition = self.transition
        beat.picture, self.picture = self.picture, None
        self.waiting, self.transition = [], "cut"
        self.beats.append(beat)

    def _show(self, element: Picture) -> None:
        if self.beats and self.beats[-1].picture is None and not self.waiting:
            self.beats[-1].picture = element.path
            self.beats[-1].elements.append(element)
        else:
            self.picture = element.path
            self.waiting.append(element)

    def names_in(self, text: str) -> list[str]:
        """Characters named in a text, by their full names, in order."""
        low = text.lower()
        found = sorted(
            (place, name)
            for form, name in self.forms.items()
            if (place := low.find(form.lower())) >= 0 and not self._owns(low, place + len(form))
        )
        return list(dict.fromkeys(name for _, name in found))

    def _owns(self, text: str, end: int) -> bool:
        """Whether a name only says whose somebody else is: Poppy's mother, 小满的妈妈."""
        after = _POSSESSIVE.match(text, end)
        return after is not None and any(
            text.startswith(form.lower(), after.end()) for form in self.forms
        )

    # What happens

    def _act(self, element: Action) -> None:
        text = self._introduced(spoken_text(element.text))
        setting = self._weather(self._scene(text), text)
        sentences = sentences_of(text) or [text or element.text.strip()]
        last = self.beats[-1] if self.beats else None
        if last is not None and last.kind == "establish" and not last.seen:
            taken = 1 if len(sentences) > 1 else len(sentences)
            last.seen = " ".join(sentences[:taken]) if self.story.lang == "en" else "".join(sentences[:taken])  # fmt: skip
            last.setting = setting
            self.places.describe(
                setting.name,
                " ".join(sentences[:3]) if self.story.lang == "en" else "".join(sentences[:3]),
            )
            last.names = self.names_in(last.seen)
            last.elements += [*self.waiting, element]
            self.waiting = []
            last.silent_s = min(2.4 + speech_s(last.seen, self.story.lang) * 0.35, 5.5)
            sentences = sentences[taken:]
        for group in _grouped(sentences, self.story.lang):
            names = self.names_in(group)
            pronoun = _SUBJECT.match(group)
            if not names and pronoun and self.beats:
                names = self.beats[-1].names[:1]
                group = (names[0] + group[pronoun.end() :]) if names else group
            seconds = min(1.5 + speech_s(group, self.story.lang) * 0.45, 6.5)
            self._add(
                Beat(
                    "action", setting, [element], seen=group, names=names,
                    silent_s=max(2.4, seconds),
                )
            )  # fmt: skip

    def _introduced(self, text: str) -> str:
        """A screenplay's introduction, MARA (30s, raincoat), as the name alone; the rest is looks."""
        for form in sorted(self.forms, key=len, reverse=True):
            if form.isascii() and form.upper() in text and not form.islower():
                pattern = rf"\b{re.escape(form.upper())}\b(?:\s*\([^)\n]{{0,160}}\))?"
                text = re.sub(pattern, self.forms[form], text)
            elif not form.isascii() and form in text:
                text = re.sub(rf"({re.escape(form)})[（(][^（()）]{{0,80}}[）)]", r"\1", text)
        return text

    def _weather(self, setting: Setting, text: str) -> Setting:
        """The scene with the weather and light that its action speaks of; they last."""
        read = read_slots(text, self.story.lang, names=list(self.forms))
        changes: dict[str, object] = {}
        if read.weather and not setting.slots.weather:
            changes["weather"] = read.weather
        if read.time_of_day in _FINER.get(setting.slots.time_of_day, _ANY_TIME):
            changes["time_of_day"] = read.time_of_day
        if changes:
            setting = Setting(
                setting.number, setting.name, setting.place,
                setting.slots.model_copy(update=changes), setting.outdoors, setting.time,
            )  # fmt: skip
            self.setting = setting
        return setting

    # What is said

    def _speak(self, element: Dialogue) -> None:
        asides = _ASIDE.findall(element.text)
        delivery = "，".join(part for part in (element.delivery, *asides) if part)
        words = spoken_text(element.text, asides=False).strip('“”"「」『』 ')
        setting = self._scene(words)
        if not is_speakable(words):
            self._stay_silent(element, setting, delivery)
            return
        speaker = self._speaker(element)
        visible = [speaker] if element.voice == "on" and speaker in self.people else []
        if (
            element.voice == "narrator"
            and self.beats
            and self.beats[-1].setting.number == setting.number
        ):
            visible = list(self.beats[-1].names)
        for chunk in _chunks(words, self.story.lang):
            line = LineDraft(speaker, chunk, delivery)
            if not self._join(element, line, setting):
                self._add(
                    Beat(
                        "dialogue", setting, [element], seen=delivery, lines=[line],
                        names=list(visible), off_screen=element.voice in ("off", "narrator"),
                    )
                )  # fmt: skip

    def _speaker(self, element: Dialogue) -> str:
        if element.voice == "narrator":
            return ""
        name = canonical_name(element.speaker.strip(), self.story.known.characters)
        return self.forms.get(name, name)

    def _stay_silent(self, element: Dialogue, setting: Setting, delivery: str) -> None:
        speaker = self._speaker(element)
        names = [speaker] if speaker in self.people else []
        self._add(Beat("action", setting, [element], seen=delivery, names=names, silent_s=2.4))

    def _join(self, element: Dialogue, line: LineDraft, setting: Setting) -> bool:
        """A short reply joins the short line before it in one two-shot."""
        last = self.beats[-1] if self.beats else None
        if last is None or self.waiting or last.kind != "dialogue" or len(last.lines) != 1:
            return False
        if last.off_screen or element.voice != "on" or last.lines[0].speaker == line.speaker:
            return False
        spoken = [speech_s(text, self.story.lang) for text in (last.lines[0].text, line.text)]
        if max(spoken) > _SHORT_LINE_S or last.setting.number != setting.number:
            return False
        last.lines.append(line)
        last.elements.append(element)
        if line.speaker in self.people:
            last.names.append(line.speaker)
        return True


def _grouped(sentences: list[str], lang: str) -> list[str]:
    """Sentences of one action in at most three groups of a few seconds each."""
    joint = " " if lang == "en" else ""
    groups: list[str] = []
    for sentence in sentences:
        short = groups and len(groups[-1]) + len(sentence) <= (120 if lang == "en" else 40)
        if groups and (short or len(groups) >= 3):
            groups[-1] += joint + sentence
        else:
            groups.append(sentence)
    return groups


def _chunks(words: str, lang: str) -> list[str]:
    """A speech in pieces of at most a line's length, whole sentences where they fit."""
    language = "en" if lang == "en" else "zh"
    joint = " " if lang == "en" else ""
    chunks: list[str] = []
    for sentence in sentences_of(words):
        for piece in lines_from(sentence, language):
            joined = f"{chunks[-1]}{joint}{piece}" if chunks else piece
            if chunks and speech_s(joined, language) <= LINE_LIMIT_S - 2:
                chunks[-1] = joined
            else:
                chunks.append(piece)
    return chunks


def _mark_scene_ends(beats: list[Beat]) -> None:
    for beat, following in zip(beats, [*beats[1:], None]):
        beat.last_of_scene = following is None or following.setting.number != beat.setting.number

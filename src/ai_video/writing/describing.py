"""A shot in words: framing, place, who does what, and how the camera moves."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from ai_video.domain.slots import Slots
from ai_video.filmwords import fold, to_traditional
from ai_video.writing.beats import Beat, Story
from ai_video.writing.phrases import phrases

_MANNERS: Final = (
    ("tearful", r"哭|泪|哽咽|颤|抽泣|tear|cry|crying|sob|tremb"),
    ("angry", r"怒|吼|生气|冷冷|厉声|喝道|angr|furious|shout|snap|bitter|sharp"),
    ("glad", r"笑|高兴|开心|兴奋|惊喜|smil|laugh|grin|cheer|excited|delight"),
    (
        "soft",
        r"低声|小声|轻声|喃喃|悄声|自语|沙哑|whisper|quiet|soft|under (?:his|her) breath|murmur|low",
    ),
)
_FRAMING_WORDS: Final = re.compile(r"^(?:大特写|特写|近景|中景|全景|远景|空镜|镜头)[：:，,\s]+|^(?:close on|angle on|insert)\s*[:—-]*\s*", re.IGNORECASE)  # fmt: skip
_OFF: Final = re.compile(r"画外音?|内心独白|独白|\bV\.?\s?O\.?|\bO\.?\s?S\.?", re.IGNORECASE)
_SPEECH: Final = re.compile(
    r"[，：:,]?\s*[“「\"][^“”「」\"]{1,300}[”」\"](?:\s*(?:said|says|asked|asks|replied|cried|whispered|answered)\b[^.!?;]{0,30}[.!?]?)?"
)
_CONNECTIVE: Final = re.compile(r"^(?:本报讯|本网讯|据了解|据悉|与[^，]{2,12}相比|也就是说|换句话说|但是|但|而且|而|因此|所以|不过|此外|另外|同时|于是|然而|据悉|其中|and|but|so|however|therefore|meanwhile|then)[，, ]*", re.IGNORECASE)  # fmt: skip


class Describer:
    """Writes descriptions; the same beat always reads the same."""

    def __init__(self, story: Story, scene_speakers: dict[int, list[str]]) -> None:
        self.story = story
        self.scene_speakers = scene_speakers
        self.words = phrases(story.lang)
        self.chinese = story.lang == "zh"

    def speakers(self, beat: Beat) -> list[str]:
        """Who is seen speaking in the beat's scene."""
        return self.scene_speakers.get(beat.setting.number, [])

    def describe(self, beat: Beat, slots: Slots) -> str:
        content = self._content(beat, slots)
        moving = self.words.of("movement", slots.movement or "static")
        framing = self._framing(slots)
        if self.chinese:
            text = f"{framing}：{content}。{moving}。" if framing else f"{content}。{moving}。"
            return to_traditional(text) if self.story.script.traditional else text
        where = "" if self._names_place(beat) else beat.setting.name
        lead = f"{framing} ({where})" if where and framing else framing or where
        text = f"{lead}: {content}; {moving}." if lead else f"{content}; {moving}."
        return text[0].upper() + text[1:]

    def _names_place(self, beat: Beat) -> bool:
        """Whether the words of the shot say already where it is."""
        if beat.kind in ("establish", "title", "sources") or beat.card is not None:
            return True
        name, said = beat.setting.name, (beat.shown or beat.seen).lower()
        return name is not None and name.lower().removeprefix("the ") in said

    def _framing(self, slots: Slots) -> str:
        size = self.words.of("size", slots.shot_size) if slots.shot_size else ""
        angle = self.words.of("angle", slots.angle) if slots.angle else ""
        return ("，" if self.chinese else ", ").join(part for part in (size, angle) if part)

    def _content(self, beat: Beat, slots: Slots) -> str:
        if beat.kind in ("title", "sources") or beat.card is not None:
            return self._card(beat)
        if beat.shown:
            return self._clean(beat.shown)
        if beat.kind == "establish":
            return self._establishing(beat, slots)
        if beat.kind == "dialogue":
            return self._talk(beat, slots)
        if not beat.seen and beat.names:
            manner = self.words.turn("speaking", "trailing", _seed(beat))
            return self.words.word("silent", speaker=beat.names[0], manner=manner)
        return self._happening(beat, slots)

    def _place(self, beat: Beat) -> str:
        name = beat.setting.name or self.words.of("dressing", beat.setting.place)
        return name or self.words.word("unnamed_place")

    def _establishing(self, beat: Beat, slots: Slots) -> str:
        """Place and time, then what the story sees there; nothing said twice."""
        place = self._place(beat)
        time = self.words.of("time", slots.time_of_day or "")
        what = self._clean(beat.seen) or self.words.of("dressing", beat.setting.place)
        named = beat.setting.name is not None and fold(beat.setting.name) in fold(what)
        timed = bool(time) and fold(time)[:2] in fold(what)
        if self.chinese:
            where = "" if named else place
            when = "" if timed else time
            lead = f"{when}的{where}" if when and where else when or where
            return "，".join(part for part in (lead, what) if part)
        lead = " ".join(part for part in ("" if named else place, "" if timed else time) if part)
        return ". ".join(part for part in (lead, what[:1].upper() + what[1:]) if part)

    def _talk(self, beat: Beat, slots: Slots) -> str:
        manner = self._manner(beat)
        at = self.words.word("at", place=self._place(beat)) if beat.setting.name else ""
        if beat.names and not beat.lines[0].speaker:
            joint = "、" if self.chinese else " and "
            return at + self.words.word("stays", names=joint.join(beat.names[:3]))
        if len(beat.names) > 1:
            both = self.words.word("both", first=beat.names[0], second=beat.names[1], manner=manner)
            return at + both
        speaker = beat.lines[0].speaker
        if beat.off_screen or not speaker:
            return (
                at + self._overheard(beat, speaker) if beat.listener else self._heard(beat, speaker)
            )
        if not beat.names:
            return at + self.words.word("crowd", speaker=speaker, manner=manner)
        others = [name for name in self.speakers(beat)[:2] if name != speaker]
        if not others:
            return at + self.words.word("says_alone", speaker=speaker, manner=manner)
        listener = beat.listener or others[0]
        said = self.words.word("says", speaker=speaker, listener=listener, manner=manner)
        if slots.angle == "over_shoulder":
            comma = "，" if self.chinese else ", "
            said += comma + self.words.word("listening", listener=listener)
        return at + said

    def _overheard(self, beat: Beat, speaker: str) -> str:
        manner = self.words.turn("speaking", "listening", _seed(beat))
        return self.words.word("heard_by", listener=beat.listener, speaker=speaker, manner=manner)

    def _heard(self, beat: Beat, speaker: str) -> str:
        place = self._place(beat)
        if speaker:
            return self.words.word("heard", speaker=speaker, place=place)
        dressing = self.words.of("dressing", beat.setting.place)
        if not dressing:
            return place
        return f"{place}，{dressing}" if self.chinese else f"{place}, {dressing}"

    def _manner(self, beat: Beat) -> str:
        """How they look while speaking: the writer's own direction first, else by the words."""
        delivery = beat.lines[0].delivery
        text = beat.lines[-1].text
        seed = _seed(beat)
        folded = fold(delivery).lower()
        for key, pattern in _MANNERS:
            if re.search(pattern, folded):
                return self._with(delivery, self.words.turn("speaking", key, seed))
        key = "plain"
        if text.rstrip('”"’」').endswith(("？", "?")):
            key = "question"
        elif text.rstrip('”"’」').endswith(("！", "!")):
            key = "cry"
        elif "…" in text[-4:] or text.endswith(("——", "--", "...")):
            key = "trailing"
        return self._with(delivery, self.words.turn("speaking", key, seed))

    def _with(self, delivery: str, manner: str) -> str:
        delivery = _OFF.sub("", delivery).strip("，,、 ")
        if not delivery or len(delivery) > 24:
            return manner
        return f"{delivery}，{manner}" if self.chinese else f"{delivery}, {manner}"

    def _happening(self, beat: Beat, slots: Slots) -> str:
        what = self._clean(beat.seen)
        if beat.kind == "prose":
            what = self._clean(_SPEECH.sub("", what)) or self._place(beat)
        if beat.kind == "prose" and not beat.names:
            what = _CONNECTIVE.sub("", what)
            what = _shortened(what, 46 if self.chinese else 150)
        if not beat.setting.name:
            return what
        at = self.words.word("at", place=beat.setting.name)
        return what if fold(beat.setting.name) in fold(what) else at + what

    def _clean(self, text: str) -> str:
        return _FRAMING_WORDS.sub("", text).strip().rstrip('。.；;，,：: “"')

    def _card(self, beat: Beat) -> str:
        card = beat.card
        if card is None:
            return self.words.word("source_card")
        if beat.kind == "title":
            content = self.words.word("title_card", headline=card.headline or "")
        elif beat.kind == "sources":
            return self.words.word("source_card")
        else:
            content = self.words.word("info_card", content=self._card_parts(beat))
        if beat.setting.place == "abstract" and not beat.shown:
            return content
        backdrop = beat.shown.strip("。. ") or beat.setting.name
        backdrop = backdrop or self.words.of("dressing", beat.setting.place)
        return content + ("，" if self.chinese else ", ") + self.words.word("backdrop", place=backdrop)  # fmt: skip

    def _card_parts(self, beat: Beat) -> str:
        card = beat.card
        parts: list[str] = []
        comma = "、" if self.chinese else ", "
        if card is None:
            return ""
        if card.headline:
            parts.append(self.words.word("card_headline", headline=card.headline))
        if card.figures:
            parts.append(self.words.word("card_figures", figures=comma.join(card.figures)))
        if card.quote and card.quote_by:
            quote = _shortened(card.quote, 40)
            parts.append(self.words.word("card_quote", quote=quote, by=card.quote_by))
        elif card.quote:
            parts.append(self.words.word("card_quote_alone", quote=_shortened(card.quote, 40)))
        if card.body:
            parts.append(self.words.word("card_body", body=_shortened(card.body[0], 40)))
        return ("，" if self.chinese else ", ").join(parts)


def _seed(beat: Beat) -> int:
    """A number that belongs to the beat's words, the same in every run."""
    text = beat.seen + "".join(line.speaker + line.text for line in beat.lines)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _shortened(text: str, limit: int) -> str:
    """The first clauses of a text, at most `limit` characters, ending at a mark or a word."""
    if len(text) <= limit:
        return text
    window = text[:limit]
    cuts = [match.start() for match in re.finditer(r"[，。；：,;:—]|\s(?=\w)", window)]
    cut = cuts[-1] if cuts and cuts[-1] > limit // 3 else limit
    return window[:cut].rstrip("，。；：,;:— ")

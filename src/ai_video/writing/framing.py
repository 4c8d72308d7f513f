"""Size, angle, movement and words of each shot, chosen as a director would: by what happens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ai_video.domain.slots import Angle, Movement, ShotSize, Slots
from ai_video.filmwords import fold, read_slots
from ai_video.writing.beats import Beat, Story
from ai_video.writing.describing import Describer
from ai_video.writing.people import CAST_LIMIT

_MOVES: Final[tuple[tuple[str, Movement], ...]] = (
    (r"争吵|扭打|挣扎|慌乱|颤抖|发抖|抢|撞|摔|混乱|逃|fight|struggl|panic|trembl|shaking|crash|stumbl", "handheld"),
    (r"追|奔|冲|跑|走进|走向|走过|走出|穿过|骑|赶|迈|run|hurr|rush|chase|walk|stride|cross(?:es|ing)|enters?\b|sprint|climb", "follow"),
    (r"抬头|仰望|升起|抬起头|望向天|look(?:s|ing)? up|rises?\b|lifts? (?:her|his) (?:eyes|head)|towers?", "tilt_up"),
    (r"低头|落在|掉在|滴|低下头|放在|落下|look(?:s|ing)? down|falls?\b|drops?\b|sinks?\b|kneels?", "tilt_down"),
    (r"拥抱|相拥|抱住|围住|转圈|embrac|hugs?\b|circles?|dances?|spins?", "orbit"),
    (r"远去|离开|离去|消失|空荡|独自|背影|leaves?\b|walks away|alone|disappears?|empty|fades?", "pull_out"),
    (r"环顾|四周|望向|望着|看向|一排|looks? (?:around|across|over)|scans?|rows? of|horizon", "pan_right"),
    (r"递给|递过|接过|交给|照片|hands? (?:him|her|it)|passes|photograph", "rack_focus"),
    (r"盯|凝视|发现|突然|愣|怔|看见|眼里|stares?|notices?|suddenly|freezes?|realiz|gaze|eyes", "push_in"),
)  # fmt: skip
_DETAIL: Final = re.compile(
    r"手[机指里中心]|信封|照片|戒指|钥匙|字迹|屏幕|眼泪|泪|伤口|怀表|表盘|齿轮|指针|纸条|盒子|letter|photograph|ring\b|keys?\b|screen|hands?\b|"
    r"envelope|watch\b|locket|tear\b|note\b|button|dial|compass|switch"
)
_ESTABLISH_OUT: Final[tuple[Movement, ...]] = (
    "pan_right",
    "crane_down",
    "track_right",
    "push_in",
    "tilt_down",
)
_ESTABLISH_IN: Final[tuple[Movement, ...]] = ("track_right", "push_in", "pan_left", "static")
_PROSE: Final[tuple[Movement, ...]] = (
    "push_in",
    "track_right",
    "static",
    "pull_out",
    "track_left",
    "pan_right",
    "tilt_up",
)
_SEEN: Final[tuple[Movement, ...]] = ("track_right", "static", "pan_left", "push_in")
_CARD: Final[tuple[Movement, ...]] = ("static", "push_in", "track_left", "pull_out", "track_right")
_TALK: Final[tuple[tuple[ShotSize, Angle | None], ...]] = (
    ("medium", "over_shoulder"), ("medium_close_up", "over_shoulder"), ("medium_close_up", None),
    ("close_up", None), ("medium", None), ("medium_close_up", "profile"),
)  # fmt: skip
_ACT: Final[tuple[ShotSize, ...]] = ("full", "medium_full", "medium", "wide")
_TELL: Final[tuple[ShotSize, ...]] = ("wide", "medium_full", "medium", "medium_close_up", "full")
# The size to take where the wanted one would repeat the shot before.
_NEXT_TO: Final[dict[ShotSize, ShotSize]] = {
    "extreme_close_up": "close_up", "close_up": "medium_close_up", "medium_close_up": "close_up",
    "medium": "medium_close_up", "medium_full": "medium", "full": "medium_full", "wide": "full",
    "extreme_wide": "wide",
}  # fmt: skip
_STRONG: Final = frozenset({"sad", "angry", "tense", "eerie", "romantic"})


@dataclass(frozen=True, slots=True)
class Frame:
    """How a shot is filmed."""

    description: str
    movement: Movement
    slots: Slots


class Framer:
    """Frames beats in order; it remembers the last shot, so that neighbours differ."""

    def __init__(self, story: Story, scene_speakers: dict[int, list[str]]) -> None:
        self.story = story
        self.describer = Describer(story, scene_speakers)
        self.names = [
            form for person in story.people[:CAST_LIMIT] for form in (person.name, *person.aliases)
        ] + [scene.name for scene in story.known.scenes]
        self.counts: dict[tuple[int, str], int] = {}
        self.last: tuple[ShotSize | None, Angle | None, tuple[str, ...]] = (None, None, ())
        self.moves: list[Movement] = []
        self.order = 0

    def frame(self, beat: Beat, *, last: bool) -> Frame:
        """The frame of the next beat; `last` for the film's last one."""
        read = self._read(beat)
        size, angle = self._size(beat, read)
        movement = self._movement(beat, read, size, last=last)
        self.last = (size, angle, tuple(beat.names))
        self.moves.append(movement)
        self.order += 1
        slots = read.model_copy(
            update={"shot_size": size, "angle": angle, "movement": movement, "aspect": None}
        )
        return Frame(self.describer.describe(beat, slots), movement, slots)

    def _read(self, beat: Beat) -> Slots:
        """What the story says of this shot, with the scene's time and weather where it is silent."""
        setting = beat.setting.slots
        said = f"{beat.seen}\n{beat.setting.time}" if beat.kind != "title" else ""
        read = read_slots(said, self.story.lang, names=self.names)
        changes = {
            "time_of_day": setting.time_of_day or read.time_of_day,
            "weather": read.weather or setting.weather,
        }
        if beat.kind == "prose" and self.story.script.mode in ("news", "science"):
            changes |= {"pace": None, "exclude": ()}
        return read.model_copy(update=changes | _stated(beat.asked))

    def _turn(self, beat: Beat, key: str) -> int:
        number = self.counts.get((beat.setting.number, key), 0)
        self.counts[beat.setting.number, key] = number + 1
        return number

    def _size(self, beat: Beat, read: Slots) -> tuple[ShotSize | None, Angle | None]:
        if beat.kind in ("title", "sources") or (beat.kind == "prose" and beat.card is not None):
            return read.shot_size, read.angle
        size, angle = self._planned(beat, read)
        if (size, angle, tuple(beat.names)) == self.last and not read.shot_size:
            size = _NEXT_TO[size]
        return read.shot_size or size, read.angle or (None if read.shot_size else angle)

    def _planned(self, beat: Beat, read: Slots) -> tuple[ShotSize, Angle | None]:
        if beat.kind == "establish":
            vast = beat.setting.outdoors and beat.setting.place in ("sea", "mountain", "city", "desert", "space", "sky", "field", "forest")  # fmt: skip
            return ("extreme_wide" if vast else "wide"), None
        if beat.kind == "dialogue":
            return self._talking(beat, read)
        if beat.kind == "prose":
            size = _TELL[self._turn(beat, "prose") % len(_TELL)]
            return (size if size != self.last[0] else "medium"), None
        if _DETAIL.search(fold(beat.seen)) and self.last[0] != "close_up":
            return "close_up", None
        if not beat.names:
            return ("wide" if self.last[0] != "wide" else "medium_full"), None
        size = _ACT[self._turn(beat, "act") % len(_ACT)]
        if size == self.last[0]:
            size = _ACT[self._turn(beat, "act") % len(_ACT)]
        return size, None

    def _talking(self, beat: Beat, read: Slots) -> tuple[ShotSize, Angle | None]:
        """Wider when talk begins, closer as it goes on or gets strong; reverse shots alternate."""
        if len(beat.lines) > 1:
            return "medium", None
        if beat.off_screen and beat.listener:
            return ("medium_close_up" if self.last[0] != "medium_close_up" else "close_up"), None
        if beat.off_screen or not beat.names:
            return ("medium_full" if self.last[0] != "medium_full" else "wide"), None
        speaker = beat.names[0]
        alone = len(self.describer.speakers(beat)) < 2
        choices = [choice for choice in _TALK if not alone or choice[1] != "over_shoulder"]
        turn = self._turn(beat, speaker)
        if _STRONG & set(read.mood) and self.last[:2] != ("close_up", None):
            return "close_up", None
        size, angle = choices[turn % len(choices)]
        if (size, angle, (speaker,)) == self.last:
            size, angle = choices[(turn + 1) % len(choices)]
        return size, angle

    def _movement(self, beat: Beat, read: Slots, size: ShotSize | None, *, last: bool) -> Movement:
        if read.movement:
            return read.movement
        if beat.kind in ("title", "sources") or (beat.kind == "prose" and beat.card is not None):
            return self._fresh(_CARD[self.order % len(_CARD)], ("static", "push_in", "track_left"))
        if last and self.order > 2 and self.story.script.mode in ("drama", "narration"):
            return "crane_up" if beat.setting.outdoors else "pull_out"
        if beat.kind == "establish":
            moves = _ESTABLISH_OUT if beat.setting.outdoors else _ESTABLISH_IN
            return self._fresh(moves[(beat.setting.number - 1) % len(moves)], moves)
        if beat.kind == "dialogue":
            return self._talking_move(beat, read)
        text = fold(beat.seen).lower()
        found: list[Movement] = [move for pattern, move in _MOVES if re.search(pattern, text)]
        fallback = _PROSE if beat.kind == "prose" else _SEEN
        choices: tuple[Movement, ...] = (*found, *fallback[self.order % len(fallback) :], *fallback)
        return self._fresh(choices[0], choices)

    def _talking_move(self, beat: Beat, read: Slots) -> Movement:
        if {"angry", "tense"} & set(read.mood):
            return self._fresh("handheld", ("static", "push_in"))
        if _STRONG & set(read.mood) or {"melancholy", "hopeful"} & set(read.mood):
            return self._fresh("push_in", ("static", "track_left"))
        length = sum(len(line.text) for line in beat.lines)
        if length > (30 if self.story.lang == "zh" else 100):
            return self._fresh("push_in", ("track_right", "static"))
        if self._turn(beat, "talk") % 4 == 3:
            return self._fresh("track_left", ("push_in", "static"))
        return "static"

    def _fresh(self, wanted: Movement, choices: tuple[Movement, ...]) -> Movement:
        """`wanted`, unless one of the last two shots moved so; then another of the choices."""
        recent = self.moves[-2:]
        if wanted not in recent:
            return wanted
        for move in choices:
            if move not in recent:
                return move
        return "static"


def _stated(slots: Slots) -> dict[str, object]:
    """The slots that are filled, by name."""
    empty = Slots()
    values = {name: getattr(slots, name) for name in Slots.model_fields}
    return {name: value for name, value in values.items() if value != getattr(empty, name)}

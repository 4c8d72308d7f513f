"""The storyboard writer that works by rules, and the protocol it shares with the model's writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from ai_video.errors import InputRefused
from ai_video.writing.articles import article_beats, read_article
from ai_video.writing.beats import Beat, Beats, Story
from ai_video.writing.drama import drama_beats
from ai_video.writing.framing import Framer
from ai_video.writing.people import CAST_LIMIT, find_people
from ai_video.writing.plan import (
    Cast,
    Degradation,
    EpisodePlan,
    SceneDraft,
    ShotDraft,
    WriterOptions,
)
from ai_video.writing.script import ScriptContent
from ai_video.writing.timing import (
    BeatTime,
    Pace,
    beat_times,
    fit_pace,
    on_grid,
    shortest_s,
)

_TOLERANCE: Final = 0.06
# The last picture stays a moment after the last word.
_ENDING_S: Final = 1.0


class StoryboardWriter(Protocol):
    """Plans the shots of an episode."""

    async def storyboards(
        self, script: ScriptContent, *, known: Cast, options: WriterOptions
    ) -> EpisodePlan:
        """The plan; the same script, cast and options give the same one.

        Raises:
            InputRefused: `nothing_to_film`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Timed:
    """Beats with the pace they are played at."""

    made: Beats
    times: list[BeatTime]
    pace: Pace
    moved: int = 0


class RuleWriter:
    """Plans shots by the rules of `framing`, `timing` and the beat makers; no model, no I/O."""

    name: str = "rules"

    async def storyboards(
        self, script: ScriptContent, *, known: Cast, options: WriterOptions
    ) -> EpisodePlan:
        return await asyncio.to_thread(plan_episode, script, known=known, options=options)


def plan_episode(script: ScriptContent, *, known: Cast, options: WriterOptions) -> EpisodePlan:
    """The plan of an episode; see `StoryboardWriter.storyboards`."""
    story, timed = beats_of_episode(script, known=known, options=options)
    return plan_of_beats(story, timed, options)


def beats_of_episode(
    script: ScriptContent, *, known: Cast, options: WriterOptions
) -> tuple[Story, Timed]:
    """Who is in it and what its shots will be, not framed yet.

    Raises:
        InputRefused: `nothing_to_film`.
    """
    story = Story(script, script.lang, find_people(script, known.characters), known)
    timed = timed_beats(story, options.length_s)
    if not timed.made.beats:
        raise InputRefused("nothing_to_film")
    return story, timed


def plan_of_beats(story: Story, timed: Timed, options: WriterOptions) -> EpisodePlan:
    """Beats framed, put on the frame grid and written down as shots."""
    script = story.script
    shots = _shots(story, timed, options.fps)
    shown = {name for shot in shots for name in shot.character_names}
    spoken = {line.speaker for shot in shots for line in shot.lines}
    return EpisodePlan(
        title=script.title,
        mode=script.mode,
        lang=script.lang,
        characters=tuple(person for person in story.people if person.name in shown | spoken),
        scenes=_used_scenes(timed.made, shots),
        shots=tuple(shots),
        degraded=(*timed.made.degraded, *_degradations(timed, shots, options.length_s)),
    )


def timed_beats(story: Story, length_s: float | None) -> Timed:
    """Beats at the pace of the asked length; articles lose speech when they are too long."""
    if story.script.mode == "drama":
        return paced(drama_beats(story), story, length_s)
    article = read_article(story)
    timed = paced(article_beats(article), story, length_s)
    if length_s is None or shortest_s(timed.times) <= length_s:
        return timed
    order = article.least_important()

    def with_moved(count: int) -> Timed:
        moved = frozenset(order[:count])
        return paced(article_beats(article, moved), story, length_s, moved=count)

    return _fewest(with_moved, len(order), length_s)


def paced(made: Beats, story: Story, length_s: float | None, *, moved: int = 0) -> Timed:
    """Beats at the pace that comes nearest to the asked length."""
    if made.beats and made.beats[-1].lines:
        made.beats[-1].silent_s = _ENDING_S
    times = beat_times(made.beats, story.lang)
    return Timed(made, times, fit_pace(times, length_s), moved)


def _fewest(with_moved: Callable[[int], Timed], limit: int, length_s: float) -> Timed:
    """The plan that moves the fewest sentences and fits; the shortest one where none fits."""
    low, high = 0, limit
    while low < high:
        middle = (low + high) // 2
        if shortest_s(with_moved(middle).times) <= length_s:
            high = middle
        else:
            low = middle + 1
    return with_moved(low)


def _shots(story: Story, timed: Timed, fps: int) -> list[ShotDraft]:
    beats = timed.made.beats
    _find_listeners(beats)
    framer = Framer(story, _speakers_by_scene(beats))
    lengths = on_grid([time.at(timed.pace) for time in timed.times], fps)
    return [
        _shot(framer, beat, length, timed.pace, last=index == len(beats) - 1)
        for index, (beat, length) in enumerate(zip(beats, lengths))
    ]


def _shot(framer: Framer, beat: Beat, length: float, pace: Pace, *, last: bool) -> ShotDraft:
    frame = framer.frame(beat, last=last)
    names = list(beat.names)
    if beat.listener and frame.slots.angle == "over_shoulder":
        names.append(beat.listener)
    return ShotDraft(
        scene_number=beat.setting.number,
        scene_name=beat.setting.name,
        description=frame.description,
        duration_s=length,
        camera_movement=frame.movement,
        character_names=tuple(dict.fromkeys(names)),
        lines=tuple(replace(line, speed=pace.speed) for line in beat.lines),
        slots=frame.slots,
        card=beat.card,
        source_paragraphs=beat.paragraphs,
        source_digest=beat.digest,
        transition=beat.transition,
        picture=beat.picture,
    )


def _speakers_by_scene(beats: Sequence[Beat]) -> dict[int, list[str]]:
    found: dict[int, dict[str, None]] = {}
    for beat in beats:
        if beat.kind == "dialogue":
            found.setdefault(beat.setting.number, {}).update(dict.fromkeys(beat.names))
    return {number: list(names)[:CAST_LIMIT] for number, names in found.items()}


def _find_listeners(beats: Sequence[Beat]) -> None:
    """Whom each speaker talks to: who spoke last in the scene, else who speaks next."""
    for at, beat in enumerate(beats):
        overheard = beat.off_screen and beat.kind == "dialogue" and beat.lines[0].speaker
        if beat.shown or beat.kind != "dialogue" or (len(beat.names) != 1 and not overheard):
            continue
        before = beats[max(0, at - 8) : at][::-1]
        for other in (*before, *beats[at + 1 : at + 9]):
            if other.setting.number != beat.setting.number:
                continue
            if other.kind != "dialogue" and not overheard:
                continue
            names = [name for name in other.names if name != beat.lines[0].speaker]
            if names:
                beat.listener = names[-1]
                beat.names = beat.names or [names[-1]]
                break


def _used_scenes(made: Beats, shots: Sequence[ShotDraft]) -> tuple[SceneDraft, ...]:
    used = {shot.scene_name for shot in shots}
    return tuple(scene for scene in made.scenes if scene.name in used)


def _degradations(
    timed: Timed, shots: Sequence[ShotDraft], length_s: float | None
) -> list[Degradation]:
    if length_s is None:
        return []
    found: list[Degradation] = []
    if timed.moved:
        fields = {"length_s": round(length_s, 1), "sentences": timed.moved}
        found.append(Degradation("text_shortened", fields))
    planned = sum(shot.duration_s for shot in shots)
    if abs(planned - length_s) > _TOLERANCE * length_s:
        fields = {"length_s": round(length_s, 1), "planned_s": round(planned, 1)}
        found.append(Degradation("length_not_reached", fields))
    return found

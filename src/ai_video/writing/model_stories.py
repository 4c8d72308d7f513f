"""A story from an idea: a model writes an outline, then the script part by part; code sets the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, cast

from pydantic import BaseModel, JsonValue

from ai_video.domain.entities import (
    DraftCharacter,
    DraftPart,
    DraftScene,
    Json,
    Lang,
    Mode,
)
from ai_video.domain.language_models import ModelFailed, ModelRequest, StructuredLLM
from ai_video.writing.model_answers import plain
from ai_video.writing.model_calls import data_part
from ai_video.writing.model_prompts import LANGUAGES, OUTLINE, SCRIPT
from ai_video.writing.news_facts import NewsFacts
from ai_video.writing.reading import read_script
from ai_video.writing.story_answers import (
    Block,
    OutlineAnswer,
    OutlineCharacter,
    PartsAnswer,
    parts_schema,
)
from ai_video.writing.story_text import article, is_speaker_name, reads_back, screenplay

REPAIRS: Final = 2
UNSUPPORTED: Final = "not in the material"
TOGETHER: Final = 3
"""Parts that are written in one call."""
USUAL_S: Final = 60.0
AnswerT = TypeVar("AnswerT", bound=BaseModel)
Check = Callable[[AnswerT], list[str]]
OnPart = Callable[[int, int], None]
"""Told how many parts of how many are written."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What is wanted. `length_s` None = about a minute.

    `people` (name and who it is), `world` and `keywords` are what the project has already.
    """

    idea: str
    mode: Mode
    lang: Lang
    length_s: float | None = None
    people: tuple[tuple[str, str], ...] = ()
    world: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryOutline:
    title: str
    logline: str
    world: str
    keywords: tuple[str, ...]
    characters: tuple[DraftCharacter, ...]
    scenes: tuple[DraftScene, ...]
    parts: tuple[DraftPart, ...]


@dataclass(frozen=True, slots=True)
class StoryScript:
    """A text for `read_script`; `unsupported`: sentences of news left out, which nothing supports."""

    text: str
    unsupported: tuple[str, ...] = ()


class StoryWriter:
    """Asks one model; `anew` is the same without memory, as for `ModelWriter`."""

    def __init__(self, llm: StructuredLLM, *, anew: StructuredLLM | None = None) -> None:
        self.llm = llm
        self.anew = anew

    async def outline(self, brief: Brief) -> StoryOutline:
        """What happens, who and where.

        Raises:
            ModelFailed: no usable answer. InputRefused: a cap is reached.
        """
        document: Json = {
            "idea": brief.idea,
            "mode": brief.mode,
            "language": LANGUAGES[brief.lang],
            "seconds": brief.length_s or USUAL_S,
            "people": [{"name": name, "description": about} for name, about in brief.people],
            "world": brief.world,
            "keywords": list(brief.keywords),
        }
        answer = await self._asked(
            "outline", OUTLINE, document, OutlineAnswer, lambda told: _outline_problems(told, brief)
        )
        return _outline(answer, brief)

    async def script(
        self, brief: Brief, outline: StoryOutline, *, on_part: OnPart | None = None
    ) -> StoryScript:
        """The outline written out, a few parts at a time.

        Raises:
            ModelFailed: no usable answer. InputRefused: a cap is reached.
        """
        written: list[tuple[DraftPart, tuple[Block, ...]]] = []
        facts = NewsFacts(brief.idea) if brief.mode == "news" else None
        count = len(outline.parts)
        for start in range(0, count, TOGETHER):
            numbers = range(start + 1, min(start + TOGETHER, count) + 1)
            answer = await self._parts(brief, outline, numbers, written, facts)
            for row in sorted(answer.parts, key=lambda part: part.part):
                written.append((outline.parts[row.part - 1], row.blocks))
            if on_part is not None:
                on_part(len(written), count)
        left_out: list[str] = []
        if facts is not None:
            written = [(part, facts.supported(blocks, left_out)) for part, blocks in written]
        text = _text(brief, outline, written)
        return StoryScript(text, tuple(left_out))

    async def _parts(
        self,
        brief: Brief,
        outline: StoryOutline,
        numbers: range,
        written: Sequence[tuple[DraftPart, tuple[Block, ...]]],
        facts: NewsFacts | None,
    ) -> PartsAnswer:
        names = [person.name for person in outline.characters]
        last = [plain(block.text) for _, blocks in written[-1:] for block in blocks[-3:]]
        document: Json = {
            "idea": brief.idea,
            "mode": brief.mode,
            "language": LANGUAGES[brief.lang],
            "title": outline.title,
            "world": outline.world,
            "people": [_person_document(person) for person in outline.characters],
            "outline": [
                _part_document(number, part) for number, part in enumerate(outline.parts, start=1)
            ],
            "write": list(numbers),
            "before": cast("list[JsonValue]", last),
        }
        schema = parts_schema(list(numbers), names, brief.mode)
        return await self._asked(
            "script", SCRIPT, document, schema,
            lambda told: _part_problems(told, brief, outline, facts),
        )  # fmt: skip

    async def _asked(
        self,
        task: str,
        rules: str,
        document: Json,
        schema: type[AnswerT],
        check: Check[AnswerT],
    ) -> AnswerT:
        """A checked answer; nothing that is remembered is the last word."""
        problems: list[str] = []
        for llm in (self.llm, self.anew):
            if llm is None:
                break
            told: Json = document
            fresh = False
            for turn in range(1 + REPAIRS):
                request = ModelRequest(
                    task, rules, (data_part(told),), schema, effort="medium", timeout_s=300.0
                )
                reply = await llm.generate(request)
                fresh = fresh or not reply.remembered
                problems = check(reply.data)
                if not problems or (turn == REPAIRS and all(_mends_itself(p) for p in problems)):
                    return reply.data
                wrong = cast("JsonValue", reply.data.model_dump(mode="json"))
                told = {**document, "answer": wrong, "problems": [*problems[:12]]}
            if fresh:
                break
        raise ModelFailed("draft_unusable", provider=self.llm.name, problem=problems[0])


def _part_document(number: int, part: DraftPart) -> JsonValue:
    return {
        "part": number,
        "headline": part.headline,
        "scene": part.scene,
        "interior": part.interior,
        "time": part.time,
        "happens": part.happens,
        "seconds": part.seconds,
    }


def _person_document(person: DraftCharacter) -> JsonValue:
    return {
        "name": person.name,
        "description": person.description,
        "age": person.age,
        "personality": person.personality,
    }


def _mends_itself(problem: str) -> bool:
    """Whether code can do without what is wrong: sentences that nothing supports are left out."""
    return problem.startswith(UNSUPPORTED)


def _outline_problems(answer: OutlineAnswer, brief: Brief) -> list[str]:
    found = [
        f"the name {person.name!r} cannot stand before a colon; take a short plain name"
        for person in answer.characters
        if not is_speaker_name(_named(person), brief.lang)
    ]
    places = {scene.name for scene in answer.scenes}
    if brief.mode == "drama":
        found += [
            f"part {number}: {part.scene!r} is none of `scenes`"
            for number, part in enumerate(answer.parts, start=1)
            if part.scene not in places
        ]
    return found


def _named(person: OutlineCharacter) -> str:
    return plain(person.name)


def _outline(answer: OutlineAnswer, brief: Brief) -> StoryOutline:
    drama = brief.mode == "drama"
    return StoryOutline(
        title=plain(answer.title),
        logline=plain(answer.logline),
        world=plain(answer.world),
        keywords=tuple(dict.fromkeys(plain(word) for word in answer.keywords if plain(word))),
        characters=tuple(
            {
                _named(row): DraftCharacter.model_validate(
                    {name: plain(value) if isinstance(value, str) else value for name, value in row}
                )
                for row in answer.characters
            }.values()
        ),
        scenes=tuple(
            {
                row.name: DraftScene(
                    name=plain(row.name), description=plain(row.description), place=row.place
                )
                for row in answer.scenes
            }.values()
        ),
        parts=tuple(
            DraftPart(
                headline="" if drama else plain(row.headline),
                scene=plain(row.scene) if drama else "",
                interior=row.interior,
                time=row.time,
                happens=plain(row.happens),
                seconds=row.seconds,
            )
            for row in answer.parts
        ),
    )


def _part_problems(
    answer: PartsAnswer, brief: Brief, outline: StoryOutline, facts: NewsFacts | None
) -> list[str]:
    numbers = [row.part for row in answer.parts]
    found = [
        f"part {number} is written twice" for number in set(numbers) if numbers.count(number) > 1
    ]
    for row in answer.parts:
        for block in row.blocks:
            if block.kind == "speech" and block.speaker is None:
                found.append(f"part {row.part}: a speech needs one of the names as its speaker")
    if not found:
        rows = [(outline.parts[row.part - 1], row.blocks) for row in answer.parts]
        blocks = [block for row in answer.parts for block in row.blocks]
        if not reads_back(_text(brief, outline, rows), blocks, brief.mode, brief.lang):
            found.append(
                "some paragraphs read as headings, lists or speakers: write plain sentences"
            )
    if facts is not None and not found:
        found += [
            f"{UNSUPPORTED}: {sentence}"
            for row in answer.parts
            for block in row.blocks
            for sentence in facts.unsupported(block.text)
        ]
    return found


def _text(
    brief: Brief,
    outline: StoryOutline,
    parts: Sequence[tuple[DraftPart, tuple[Block, ...]]],
) -> str:
    if brief.mode == "drama":
        return screenplay(outline.title, parts, brief.lang)
    return article(outline.title, parts, brief.lang, _sources(brief))


def _sources(brief: Brief) -> list[str]:
    """The sources that the given material names."""
    elements = read_script(brief.idea, mode="news", lang=brief.lang).elements
    return [item.text.strip() for item in elements if item.kind == "source" and item.text.strip()]

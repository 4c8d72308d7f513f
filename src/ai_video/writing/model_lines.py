"""Spoken lines in a second language, for subtitles: a model writes them, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import Field, create_model

from ai_video.domain.entities import Json, Lang
from ai_video.domain.language_models import ModelRequest, StructuredLLM
from ai_video.writing.model_answers import Answer, plain
from ai_video.writing.model_calls import Calls, NoAnswer, data_part
from ai_video.writing.model_prompts import DATA_RULE, LANGUAGES

TASK: Final = "lines"
MOST_LINES: Final = 40
MOST_CHARACTERS: Final = 2_400
REPAIRS: Final = 2
RULES: Final = f"""\
You translate the spoken lines of a film for its subtitles into the language named in `to`.

{DATA_RULE}
- Answer every line of `lines` once, under its own number. Never join, split, add or leave out lines.
- Say what is said, as people say it: short, natural, fit to be read while it is heard. Keep names, figures
  and units; use the same rendering of a name throughout. No notes, no quotation marks around a line.
- A `turn` after the first asks for lines that your last answer left out or gave twice.
- `before` are lines that were said just before, for understanding only.
"""


@dataclass(frozen=True, slots=True)
class SpokenLine:
    speaker: str
    text: str


@dataclass(slots=True)
class TranslatedLines:
    """Translations by index; `why` says why those are missing that are."""

    texts: dict[int, str] = field(default_factory=dict[int, str])
    why: NoAnswer | None = None


class LineAnswer(Answer):
    line: int
    text: str = Field(min_length=1, max_length=1000)


class LinesAnswer(Answer):
    lines: tuple[LineAnswer, ...]


async def translate_lines(
    llm: StructuredLLM,
    lines: Sequence[SpokenLine],
    *,
    to: Lang,
    traditional: bool = False,
    anew: StructuredLLM | None = None,
) -> TranslatedLines:
    """The lines in another language; the same lines ask the same, so answers can be remembered.

    `anew`: the same model without memory, asked where nothing that is remembered can be used.

    Raises:
        ModelFailed: the first call found the key refused or nobody there.
    """
    calls = Calls(llm, anew)
    done = TranslatedLines()
    language = LANGUAGES["zh-Hant" if to == "zh" and traditional else to]
    for batch in _batches(lines):
        sent = calls.sent
        try:
            left = await _translated(calls, lines, batch, language, done)
            if left and calls.may_ask_anew(sent):
                left = await _translated(calls, lines, batch, language, done, anew=True)
            if left:
                raise calls.failed("lines_left_out", {"count": len(left)})
            calls.succeeded()
        except NoAnswer as failure:
            done.why = failure
    return done


async def _translated(
    calls: Calls,
    lines: Sequence[SpokenLine],
    batch: range,
    language: str,
    done: TranslatedLines,
    *,
    anew: bool = False,
) -> list[int]:
    """Translate a batch; what a model leaves out is asked for again. Returns what is still due."""
    due = [at for at in batch if at not in done.texts]
    for turn in range(1, 2 + REPAIRS):
        request = _request(lines, due, batch.start, language, turn)
        due = _taken(await calls.ask(request, anew=anew), due, done)
        if not due:
            break
    return due


def _request(
    lines: Sequence[SpokenLine], due: Sequence[int], start: int, language: str, turn: int
) -> ModelRequest[LinesAnswer]:
    document: Json = {
        "to": language,
        "turn": turn,
        "before": [lines[at].text for at in range(max(0, start - 3), start)],
        "lines": [
            {"line": number, "speaker": lines[at].speaker, "text": lines[at].text}
            for number, at in enumerate(due, start=1)
        ],
    }
    number: Any = Literal[tuple(range(1, len(due) + 1))]  # pyright: ignore[reportInvalidTypeForm]
    row: Any = create_model("Line", __base__=LineAnswer, line=(number, ...))
    size = Field(min_length=len(due), max_length=len(due))
    rows: dict[str, Any] = {"lines": (tuple[row, ...], size)}
    schema = create_model("Lines", __base__=LinesAnswer, **rows)
    return ModelRequest(TASK, RULES, (data_part(document),), schema)


def _taken(answer: LinesAnswer, due: Sequence[int], done: TranslatedLines) -> list[int]:
    """Keep what was said once; what was said twice or not at all is still due."""
    said: dict[int, list[str]] = {}
    for row in answer.lines:
        said.setdefault(due[row.line - 1], []).append(plain(row.text))
    for at, texts in said.items():
        if len(texts) == 1 and texts[0]:
            done.texts[at] = texts[0]
    return [at for at in due if at not in done.texts]


def _batches(lines: Sequence[SpokenLine]) -> list[range]:
    """Neighbouring lines that are translated in one call."""
    batches: list[range] = []
    start = size = 0
    for at, line in enumerate(lines):
        if at > start and (at - start >= MOST_LINES or size + len(line.text) > MOST_CHARACTERS):
            batches.append(range(start, at))
            start, size = at, 0
        size += len(line.text)
    return [*batches, range(start, len(lines))] if lines else []

"""From the script's answer to what is said: texts and calls, before either service's wire form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import JsonValue

from ai_video.llm.fake_api.asked import Asked
from ai_video.llm.fake_api.examples import example
from ai_video.llm.fake_api.script import Answer, Script, ask_function

Stop = Literal["end", "tool", "length", "refusal"]
_CHARACTERS_A_TOKEN: Final = 4


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """`arguments`: JSON as text, or what stands in its place."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens; `input` without what was read from or written into the cache."""

    input: int
    output: int
    cache_read: int
    cache_write: int


@dataclass(frozen=True, slots=True)
class Said:
    blocks: tuple[Words | Call, ...]
    stop: Stop
    spent: Spent


@dataclass(slots=True)
class Player:
    """Plays one script: counts the rules down and knows what was cached."""

    script: Script
    _used: dict[int, int] = field(default_factory=dict[int, int])
    _cached: set[str] = field(default_factory=set[str])

    def choose(self, asked: Asked) -> tuple[int | None, Answer | None]:
        """The answer and the number of its rule; None where it is `otherwise`, or nothing fits."""
        for at, rule in enumerate(self.script.rules):
            used = self._used.get(at, 0)
            if (rule.times is None or used < rule.times) and rule.when.fits(asked):
                self._used[at] = used + 1
                return at, rule.answer
        return None, self.script.otherwise

    def knows(self, model: str) -> bool:
        return self.script.models is None or model in self.script.models

    def spent(self, answer: Answer, asked: Asked, blocks: tuple[Words | Call, ...]) -> Spent:
        """Tokens as scripted, the others guessed; a prefix seen before is read from the cache."""
        prefix = tokens(asked.prefix)
        digest = hashlib.sha256(f"{asked.model}\n{asked.prefix}".encode()).hexdigest()
        known = digest in self._cached
        if asked.prefix:
            self._cached.add(digest)
        said = sum(
            tokens(block.text if isinstance(block, Words) else block.arguments) for block in blocks
        )
        # Anthropic bills what is written into a cache apart; OpenAI's caches are free to fill.
        written = 0 if known or asked.provider == "openai" else prefix
        read = prefix if known else 0
        whole = tokens(asked.text) + tokens(json.dumps(asked.body.get("tools")))
        usage = answer.usage
        return Spent(
            input=_or(usage.input_tokens, max(1, whole - written - read)),
            output=_or(usage.output_tokens, max(1, said)),
            cache_read=_or(usage.cache_read_tokens, read),
            cache_write=_or(usage.cache_write_tokens, written),
        )


def _or(given: int | None, guessed: int) -> int:
    return guessed if given is None else given


def tokens(text: str) -> int:
    """A guess, four characters a token."""
    return -(-len(text) // _CHARACTERS_A_TOKEN)


async def resolved(answer: Answer, asked: Asked) -> Answer:
    """The answer, or what its function gives for this request.

    Raises:
        ScriptInvalid: the function failed or gave no answer.
    """
    return await ask_function(answer.python, asked) if answer.python else answer


def spoken(answer: Answer, asked: Asked) -> tuple[tuple[Words | Call, ...], Stop]:
    """What is said; errors, silence and functions are dealt with before."""
    match answer.kind:
        case "text":
            return (Words(answer.text or ""),), "end"
        case "json":
            return _structured(json.dumps(answer.json_, ensure_ascii=False), asked)
        case "example":
            value: JsonValue = example(asked.form.schema) if asked.form.schema else {}
            return _structured(json.dumps(value, ensure_ascii=False), asked)
        case "raw":
            return _structured(answer.raw or "", asked)
        case "refusal":
            return (Words(answer.refusal or ""),), "refusal"
        case "tool":
            words = (Words(answer.text),) if answer.text else ()
            arguments = json.dumps(answer.input or {}, ensure_ascii=False)
            return (*words, Call(answer.tool or "", arguments)), "tool"
        case "huge_characters":
            return _huge(answer.huge_characters or 1, asked)
        case _:
            return (Words("half of an answer"),), "end"


def _structured(text: str, asked: Asked) -> tuple[tuple[Words | Call, ...], Stop]:
    if asked.form.tool:
        return (Call(asked.form.tool, text),), "tool"
    return (Words(text),), "end"


def _huge(characters: int, asked: Asked) -> tuple[tuple[Words | Call, ...], Stop]:
    limit = asked.max_tokens * _CHARACTERS_A_TOKEN if asked.max_tokens else characters
    text = "huge " * (min(characters, limit) // 5 + 1)
    return (Words(text[: min(characters, limit)]),), "length" if characters > limit else "end"


def pieces(text: str, chunks: int) -> list[str]:
    """The text in so many pieces, or fewer where it is short; never none."""
    size = max(1, -(-len(text) // chunks))
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]

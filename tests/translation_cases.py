"""Cases of translation, one JSON object a line, and what their `expect` means.

A case is `{"input": …, "expect": …}` in tests/data/translation/*.jsonl. `faults(answer, expect)` lists
all that is not as expected, in words; an empty list is a pass. Keys of `expect`:

- `id`, `tags`: of the case. `category`, `family`, `level`: a value or a list of accepted ones.
- `slots`: one-value slots have a value or a list of accepted ones (null: may stay empty); list slots
  have groups, and of every group one value is there. Palette slots are written `palette.contrast`.
- `absent` {slot: values that are not there}; `null`: slots that stay empty; `exclude`: groups of nouns,
  one of each is there. `characters`: the exact set; `scene`: the id.
- `bindings`: what is bound (LoRA names, asset ids, ControlNet types); `none`: kinds that are empty.
- `prompt_any`, `negative_any`: groups, one word of each is said; `prompt_not`: words that the positive
  prompt does not say. A word matches whole, plural allowed; `rain*` matches any ending.
- `trigger_words`: all are in the positive prompt. `warn_any`: one is in `warnings` or `unmet`.
- `error`: `yes` (refused) or `maybe` (refused, or else the rest holds).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

CASES: Final = Path(__file__).parent / "data" / "translation"
KEYS: Final = frozenset(
    ["id", "tags", "category", "family", "level", "slots", "absent", "null", "exclude", "characters", "scene",
     "bindings", "prompt_any", "negative_any", "prompt_not", "trigger_words", "warn_any", "error"]
)  # fmt: skip
LIST_SLOTS: Final = ("weather", "light", "mood", "style", "exclude")
_BOUND_BY: Final = {
    "lora": "name", "ip_adapter": "asset_id", "controlnet": "type", "face_swap": "asset_id",
}  # fmt: skip
_NEVER: Final = re.compile(
    r"<[^>]*>|\bembedding:|\blora:|:\d\.\d+\)|[\ufff9-\uffff]", re.IGNORECASE
)

Case = Mapping[str, Any]


def read_cases() -> list[Case]:
    """All cases, in the order of file names and lines."""
    return [
        json.loads(line)
        for file in sorted(CASES.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
        if line.strip()
    ]


def faults(answer: Mapping[str, Any], expect: Mapping[str, Any]) -> list[str]:
    """What of an answer (as JSON) is not as a case expects."""
    found = [f"unknown key in expect: {key}" for key in expect.keys() - KEYS]
    refused = not answer["ok"]
    if expect.get("error") == "yes":
        return [*found, *([] if _is_clear(answer) else ["should be refused with a clear error"])]
    if refused:
        if expect.get("error") == "maybe" and _is_clear(answer):
            return found
        return [*found, f"refused: {answer['error']}"]
    return [
        *found,
        *_general(answer, expect),
        *_slots(answer["slots"], expect),
        *_bindings(answer["bindings"], expect.get("bindings", {})),
        *_words(answer, expect),
    ]


def says(text: str, word: str) -> bool:
    """Whether a text says a word: whole, plural allowed; `rain*` with any ending; Chinese anywhere."""
    low, stem = text.lower(), word.lower().rstrip("*")
    if re.search(r"[\u3400-\u9fff]", stem):
        return stem in low
    ending = r"\w*" if word.endswith("*") else r"(?:s|es)?(?!\w)"
    return re.search(rf"(?<!\w){re.escape(stem)}{ending}", low) is not None


def _is_clear(answer: Mapping[str, Any]) -> bool:
    error = answer["error"]
    return not answer["ok"] and bool(error) and len(error["code"]) > 2 and len(error["message"]) > 8


def _general(answer: Mapping[str, Any], expect: Mapping[str, Any]) -> Iterator[str]:
    for key in ("category", "family", "level"):
        if key in expect:
            wanted = _several(expect[key])
            if answer[key] not in wanted:
                yield f"{key} is {answer[key]}, expected {wanted}"
    if not answer["validation"]["valid"] or not answer["workflow_json"]:
        yield f"the graph is not valid: {answer['validation']}"
    if _NEVER.search(answer["prompt"]["positive"]):
        yield f"mark-up in the prompt: {answer['prompt']['positive']}"


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(slots: Mapping[str, Any], name: str) -> Any:
    for part in name.split("."):
        slots = slots[part]
    return slots


def _slots(slots: Mapping[str, Any], expect: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in expect.get("slots", {}).items():
        given = _value(slots, name)
        if name in LIST_SLOTS:
            for group in wanted:
                if not set(group) & set(given):
                    yield f"slot {name} is {given}, expected one of {group}"
        elif given not in _several(wanted):
            yield f"slot {name} is {given}, expected {wanted}"
    for name, values in expect.get("absent", {}).items():
        there = set(_several(_value(slots, name))) & set(values)
        if there:
            yield f"slot {name} must not hold {sorted(there)}"
    for name in expect.get("null", ()):
        if _value(slots, name) not in (None, [], ()):
            yield f"slot {name} is {_value(slots, name)}, expected nothing"
    for group in expect.get("exclude", ()):
        if not set(group) & {noun.lower() for noun in slots["exclude"]}:
            yield f"exclude is {slots['exclude']}, expected one of {group}"
    if "characters" in expect and set(slots["characters"]) != set(expect["characters"]):
        yield f"characters are {slots['characters']}, expected {expect['characters']}"
    if len(set(slots["characters"])) != len(slots["characters"]):
        yield f"a character is found twice: {slots['characters']}"
    if "scene" in expect and slots["scene"] != expect["scene"]:
        yield f"scene is {slots['scene']}, expected {expect['scene']}"


def _bindings(bound: Mapping[str, Any], expect: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for kind, wanted in expect.items():
        if kind == "none":
            yield from (f"{each} is bound: {bound[each]}" for each in wanted if bound[each])
            continue
        given = {row[_BOUND_BY[kind]] for row in bound[kind]}
        if set(wanted) - given:
            yield f"{kind} binds {sorted(given)}, expected {wanted}"


def _words(answer: Mapping[str, Any], expect: Mapping[str, Any]) -> Iterator[str]:
    prompt = answer["prompt"]
    for key, side in (("prompt_any", "positive"), ("negative_any", "negative")):
        for group in expect.get(key, ()):
            if not any(says(prompt[side], word) for word in group):
                yield f"the {side} prompt says none of {group}: {prompt[side]}"
    for word in expect.get("prompt_not", ()):
        if says(prompt["positive"], word):
            yield f"the prompt says {word}: {prompt['positive']}"
    for word in expect.get("trigger_words", ()):
        if word.lower() not in prompt["positive"].lower():
            yield f"the trigger word {word} is missing: {prompt['positive']}"
    wanted = expect.get("warn_any")
    told = json.dumps([answer["warnings"], answer["unmet"]], ensure_ascii=False).lower()
    if wanted and not any(word.lower() in told for word in wanted):
        yield f"nothing is told of {wanted}: {told}"

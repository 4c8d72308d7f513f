"""A written story as a text that `read_script` reads back: a screenplay, or an article in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ai_video.domain.entities import DraftPart, Lang, Mode
from ai_video.domain.slots import TimeOfDay
from ai_video.filmwords import fold
from ai_video.writing.cues import read_heading, read_transition, speaker_cue
from ai_video.writing.model_answers import plain
from ai_video.writing.reading import read_script
from ai_video.writing.story_answers import Block

_TIMES_ZH: Final[dict[TimeOfDay, str]] = {
    "dawn": "黎明", "morning": "清晨", "noon": "中午", "afternoon": "下午", "golden_hour": "傍晚",
    "dusk": "黄昏", "night": "夜", "day": "日",
}  # fmt: skip
_NARRATOR: Final = {"zh": "旁白", "en": "Narrator"}
_QUOTES: Final = '“”"「」『』 '


def is_speaker_name(name: str, lang: Lang) -> bool:
    """Whether a line that begins with this name and a colon is read as its speech."""
    cue = speaker_cue(fold(f"{name}：好" if lang == "zh" else f"{name}: Yes."))
    return cue is not None and cue.name == fold(name) and name == name.strip()


def heading(part: DraftPart, number: int, lang: Lang) -> str:
    """A scene heading as a screenplay has it."""
    if lang == "zh":
        place = "".join(part.scene.split())
        side = "内景" if part.interior else "外景"
        return f"第{number}场 {side} {place} {_TIMES_ZH[part.time]}"
    side = "INT." if part.interior else "EXT."
    return f"{side} {part.scene.upper()} - {part.time.replace('_', ' ').upper()}"


def block_text(block: Block, lang: Lang) -> str:
    """A paragraph of a screenplay."""
    text = plain(block.text)
    if block.kind == "action":
        return _action(text, lang)
    speaker = block.speaker if block.kind == "speech" and block.speaker else _NARRATOR[lang]
    text = text.strip(_QUOTES) or text
    delivery = plain(block.delivery).strip("()（） ")
    if lang == "zh":
        return f"{speaker}（{delivery}）：{text}" if delivery else f"{speaker}：{text}"
    return f"{speaker} ({delivery}): {text}" if delivery else f"{speaker}: {text}"


def _action(text: str, lang: Lang) -> str:
    """Action that reads as nothing else."""
    if lang == "zh":
        return f"△{text.lstrip('△▲ ')}"
    folded = fold(text)
    other = speaker_cue(folded) or read_heading(folded) or read_transition(folded)
    return f"({text})" if other or text.isupper() else text


def screenplay(title: str, parts: Sequence[tuple[DraftPart, Sequence[Block]]], lang: Lang) -> str:
    """A drama's text."""
    name = plain(title).strip("《》#")
    rows = [f"《{name}》" if lang == "zh" else f"# {name}"]
    for number, (part, blocks) in enumerate(parts, start=1):
        rows.append(heading(part, number, lang))
        rows += [block_text(block, lang) for block in blocks]
    return "\n\n".join(rows) + "\n"


def article(
    title: str,
    parts: Sequence[tuple[DraftPart, Sequence[Block]]],
    lang: Lang,
    sources: Sequence[str],
) -> str:
    """The text of a news item, a science piece or a tale."""
    rows = [f"# {plain(title).strip('《》#')}"]
    for part, blocks in parts:
        if part.headline:
            rows.append(f"## {plain(part.headline)}")
        rows += [_paragraph(plain(block.text)) for block in blocks]
    label = "来源：" if lang == "zh" else "Source: "
    rows += [f"{label}{plain(source)}" for source in sources]
    return "\n\n".join(rows) + "\n"


def _paragraph(text: str) -> str:
    """Prose that is no heading, list, quotation or picture."""
    return text.lstrip("#>-*+| ") or text


def reads_back(text: str, blocks: Sequence[Block], mode: Mode, lang: Lang) -> bool:
    """Whether the text says, to `read_script`, what the blocks say: speakers and words in order."""
    elements = read_script(text, mode=mode, lang=lang).elements
    if mode != "drama":
        told = [item.text.strip() for item in elements if item.kind == "narration"]
        return len(told) == len(blocks)
    read = [
        (item.kind, item.speaker if item.kind == "dialogue" else "")
        for item in elements
        if item.kind in ("action", "dialogue")
    ]
    return read == [
        ("action", "")
        if block.kind == "action"
        else ("dialogue", block.speaker if block.kind == "speech" else "")
        for block in blocks
    ]

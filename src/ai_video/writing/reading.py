"""A text read into a script's structure."""

from __future__ import annotations

from ai_video.domain.entities import Lang, Mode
from ai_video.filmwords import is_traditional
from ai_video.writing.assembling import assemble
from ai_video.writing.fountain import fountain_parts
from ai_video.writing.modes import detect_lang, detect_mode
from ai_video.writing.prose import prose_parts
from ai_video.writing.screenplay import has_capital_cues, screenplay_parts
from ai_video.writing.script import ScriptContent
from ai_video.writing.source import SourceFormat, clean_title


def read_script(
    text: str,
    *,
    title: str = "",
    mode: Mode | None = None,
    lang: Lang | None = None,
    source_format: SourceFormat = "text",
) -> ScriptContent:
    """The structure of an episode's text; `ScriptContent.text()` gives the text back.

    Args:
        text: as `read_source` returns it.
        title: used where the text names none itself.
        mode: None = found in the text; a Fountain file is a drama.
        lang: None = found in the text.
        source_format: `fountain` is read by Fountain's grammar.
    """
    lang = lang or detect_lang(text)
    mode = mode or ("drama" if source_format == "fountain" else detect_mode(text))
    if mode == "drama" and (source_format == "fountain" or has_capital_cues(text)):
        parts = fountain_parts(text)
    elif mode == "drama":
        parts = screenplay_parts(text)
    else:
        parts = prose_parts(text, mode)
    lead, elements = assemble(text, parts)
    own = next((item.text for item in elements if item.kind == "title"), "")
    return ScriptContent(
        title=clean_title(own) or title or clean_title(text.strip().split("\n", 1)[0]),
        mode=mode,
        lang=lang,
        traditional=lang == "zh" and is_traditional(text),
        lead=lead,
        elements=elements,
    )

"""Articles and stories: headlines, paragraphs, quotations, sources, figures beside the text."""

from __future__ import annotations

import re
from typing import Final

from ai_video.domain.entities import Mode
from ai_video.filmwords import fold
from ai_video.writing.assembling import Part
from ai_video.writing.episodes import is_episode_heading
from ai_video.writing.paragraphs import Span, paragraphs_of

_PICTURE: Final = re.compile(
    r"^!\[(?P<caption>[^\[\]\n]{0,300})\]\((?P<path>[^)\s]{1,300})(?:\s[^)\n]{0,300})?\)$"
)
_HEADING: Final = re.compile(r"^(?P<marks>#{1,6})\s+(?P<text>\S.*?)\s*#*$")
_RULE: Final = re.compile(r"^(?:[-*_=~—\s]{3,}|`{3}.*|\|?[\s:|-]{3,})$")
_SOURCE: Final = re.compile(
    r"^[-*•\s]*(?:\*\*)?(?:信息来源|资料来源|数据来源|图片来源|消息来源|来源|参考资料|参考文献|参考|出处|sources?|references?|via|data|image credits?|credits?|further reading)(?:\*\*)?\s*(?:[：:]|$)(?:\*\*)?\s*",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(r"^(?:\[\^?\w{1,4}\][:：]?\s+\S|(?:https?://|www\.)\S+$)")
_BYLINE: Final = re.compile(
    r"^[（(*_]*(?:本报记者|记者|作者|编辑|责任编辑|责编|摄影|文[/／]|图[/／]|发布时间|发布日期|日期|时间|编译|通讯员|by\s+[A-Z]|published|updated|author:|editor:|date:)",
    re.IGNORECASE,
)
_ITEM: Final = re.compile(r"^(?:[-*+•·]\s+|\d{1,2}[.)、）]\s*|[（(]\d{1,2}[)）]\s*)")
_QUOTE: Final = re.compile(r"^>+\s*")
_SECTION_ZH: Final = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．]|第.{1,5}[章节部分篇]|序|尾声|引子|楔子|前言|结语|后记)"
)
_STOPS: Final = tuple('。！？!?；;…，,：:.”"」')


def prose_parts(text: str, mode: Mode) -> list[Part]:
    """The parts of an article or story, in order."""
    return _Reader(text, mode).parts()


class _Reader:
    def __init__(self, text: str, mode: Mode) -> None:
        self.text = text
        self.mode = mode
        self.spans = paragraphs_of(text)
        self.in_sources = False
        self.titled = False
        self.spoken = 0

    def parts(self) -> list[Part]:
        return [self._read(at, span) for at, span in enumerate(self.spans)]

    def _read(self, at: int, span: Span) -> Part:
        line = self.text[span.start : span.end]
        folded = fold(line[:400])
        picture = _PICTURE.match(line)
        if picture:
            return self._part("picture", span, path=picture["path"], caption=picture["caption"])
        if is_episode_heading(line):
            return self._part("note", span)
        heading = self._heading(at, span, line, folded)
        if heading is not None:
            return heading
        if _RULE.match(line) and "\n" not in line:
            return self._part("note", span)
        return self._body(span, line, folded)

    def _heading(self, at: int, span: Span, line: str, folded: str) -> Part | None:
        match = _HEADING.match(line) if len(line) < 200 and "\n" not in line else None
        plain = match is None and self._is_plain_heading(at, line, folded)
        if match is None and not plain:
            return None
        start, end = (match.start("text"), match.end("text")) if match else (0, len(line))
        if _SOURCE.match(folded[start:]) and end - start < 20:
            self.in_sources = True
            return self._part("note", span, start, end)
        self.in_sources = False
        if not self.titled and self.spoken == 0 and (plain or (match and len(match["marks"]) == 1)):
            self.titled = True
            return self._part("title", span, start, end)
        return self._part("headline", span, start, end)

    def _is_plain_heading(self, at: int, line: str, folded: str) -> bool:
        if len(line) > 60 or line.endswith(_STOPS) or "\n" in line or at + 1 == len(self.spans):
            return False
        if _ITEM.match(line) or _QUOTE.match(line) or line.startswith(("|", "!", "<", "`", "[")):
            return False
        if (
            not any(char.isalnum() for char in line)
            or _SOURCE.match(folded)
            or _BYLINE.match(folded)
        ):
            return False
        if at == 0:
            return len(self.spans) > 1
        apart = self.text[self.spans[at - 1].end : self.spans[at].start].count("\n") > 1
        return (bool(_SECTION_ZH.match(folded)) and len(line) <= 30) or (
            apart and len(line) <= 24 and self.mode in ("news", "science") and not self.in_sources
        )

    def _body(self, span: Span, line: str, folded: str) -> Part:
        source = _SOURCE.match(folded)
        if source and source.end() == len(folded):
            self.in_sources = True
            return self._part("note", span)
        if source or _REFERENCE.match(line) or self.in_sources:
            item = _ITEM.match(line)
            start = source.end() if source else item.end() if item else 0
            return self._part("source", span, start if start < len(line) else 0)
        if _BYLINE.match(folded) and len(line) <= 60 and not line.endswith("。"):
            return self._part("note", span)
        quote = _QUOTE.match(line)
        item = _ITEM.match(line)
        start = quote.end() if quote else item.end() if item else 0
        self.spoken += 1
        return self._part("narration", span, start if start < len(line) else 0, quoted=bool(quote))

    def _part(
        self, kind: str, span: Span, start: int = 0, end: int | None = None, **values: object
    ) -> Part:
        return Part(
            kind,
            span.start,
            span.end,
            span.start + start,
            span.end if end is None else span.start + end,
            (span.number,),
            values,
        )

"""Which kind of text this is, and in which language."""

from __future__ import annotations

import re
from typing import Final

from ai_video.domain.entities import Lang, Mode
from ai_video.filmwords import fold
from ai_video.writing.cues import is_scene_heading, speaker_cue

_CHINESE: Final = re.compile("[\u3400-\u9fff]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_NEWS: Final = re.compile(
    r"本报讯|新华社|新华网|据.{1,16}报道|据悉|记者|通讯社|发布会|新闻|日电|来源[：:]|消息[，,：:]|通报|发言人|中新网|央视|"
    r"本网讯|快讯|reported|reuters|associated press|\bafp\b|spokes(?:man|woman|person)|press release|"
    r"sources?:|officials said|told reporters|announced|correspondent|according to",
    re.IGNORECASE,
)
_SCIENCE: Final = re.compile(
    r"科普|科学|研究|实验|原理|分子|细胞|物理|化学|生物|宇宙|基因|温度|速度|重力|光年|蛋白|电子|原子|进化|气候|为什么|大脑|能量|"
    r"scien(?:ce|tists?|tific)|research|experiment|molecul|cell(?:s|ular)?\b|physic|chemi|biolog|gravity|"
    r"species|temperature|energy|evolution|planet|neuron|protein|\batoms?\b|oxygen|carbon|light-years?",
    re.IGNORECASE,
)
_SAMPLE: Final = 20_000


def detect_lang(text: str) -> Lang:
    """zh where Chinese characters outnumber half the words of other scripts, else en."""
    sample = text[:_SAMPLE]
    chinese = len(_CHINESE.findall(sample))
    words = sum(1 for word in _WORD.findall(sample) if not _CHINESE.search(word))
    return "zh" if chinese and chinese * 2 >= words else "en"


def detect_mode(text: str) -> Mode:
    """Drama by its scene headings and speakers, news and science by their words, else narration."""
    sample = fold(text[:_SAMPLE])
    lines = [line.strip() for line in sample.split("\n") if line.strip()]
    if not lines:
        return "narration"
    headings = sum(1 for line in lines if is_scene_heading(line))
    speakers = sum(1 for line in lines if speaker_cue(line) is not None)
    opens = any(is_scene_heading(line) for line in lines[:2])
    if headings and (speakers or headings >= 2 or opens or _has_capital_cues(lines)):
        return "drama"
    if speakers >= 3 and speakers * 4 >= len(lines):
        return "drama"
    size = max(len(sample), 400)
    news = len(_NEWS.findall(sample)) * 1000 / size
    science = len(_SCIENCE.findall(sample)) * 1000 / size
    if news >= 2.0 and news * 2 >= science:
        return "news"
    if science >= 4.0:
        return "science"
    return "news" if news >= 2.0 else "narration"


def _has_capital_cues(lines: list[str]) -> bool:
    return any(line.isupper() and len(line) < 40 and line[0].isalpha() for line in lines)

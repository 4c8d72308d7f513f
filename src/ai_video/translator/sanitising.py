"""Text of a shot made harmless: no mark-up, no weights, no instructions; speech and titles apart.

Everything keeps its place: what is taken out is blanked with U+FFFC, one for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ai_video.translator.notices import Notice, notice

BLANK: Final = "\ufffc"
_MARKUP: Final = re.compile(
    r"<[^<>\n]{0,300}>|\b(?:embedding|lora|lyco|hypernet|wildcard)\s*:\s*[^\s,，。;；]+"
    r"|\{\{?[^{}\n]{0,300}\}\}?|__[\w/-]{1,60}__|\b[\w./\\-]+\.(?:safetensors|ckpt|pt|pth|gguf|bin)\b"
    r"|```.{0,2000}?(?:```|$)|\bBREAK\b",
    re.IGNORECASE | re.DOTALL,
)
_WEIGHT: Final = re.compile(
    r"[(\[（【]{1,6}([^()\[\]（）【】:：\n]{1,80})[:：]\s*-?\d*\.?\d+\s*[)\]）】]+"
)
_INSTRUCTION: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,60}\b(?:instructions?|formats?|prompts?|rules?|previous|above|"
    r"prior|system|schema|settings?|everything|all of this)\b"
    r"|^\s*(?:system|assistant|user|developer)\s*[:：]"
    r"|\b(?:reply|respond|answer)\s+(?:with|in|only)\b|\byou are (?:now|an? (?:ai|assistant|language))\b"
    r"|\b(?:output|return|print|reveal|show)\s+(?:only\s+|the\s+|your\s+|a\s+)*(?:json|prompt|system|instructions?|plain text|api|key|password|secret)"
    r"|\b(?:set|change|use|load|add|enable|switch)\b[^.!?\n]{0,40}\b(?:lora|checkpoint|embedding|ip-?adapter|controlnet|consistency|workflow)\b"
    r"|\b(?:delete|drop table|rm -rf|exec|eval|curl|wget)\b[^.!?\n]{0,20}(?:files?|tables?|/|https?:)"
    r"|(?:忽略|无视|忘记|忘掉|绕过|覆盖)[^。！？\n]{0,16}(?:指令|指示|规则|格式|提示|以上|之前|前面|要求|设定|系统)"
    r"|(?:输出|返回|打印|泄露|显示|回复)[^。！？\n]{0,10}(?:系统提示|提示词|json|JSON|密钥|密码|纯文本|指令)"
    r"|你(?:现在)?是(?:一个|一名)?(?:AI|ai|助手|语言模型|人工智能)"
    r"|(?:加载|使用|启用|调用|改用|设置|设为|改成)[^。！？\n]{0,12}(?:lora|LoRA|Lora|模型文件|一致性等级|工作流)"
    r"|^\s*(?:系统|助手|用户)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE: Final = re.compile(r"[^。！？!?\n.]+[。！？!?\n.]*")
_QUOTED: Final = re.compile(
    r"“[^“”]{1,600}(?:”|$)|「[^「」]{1,600}(?:」|$)|『[^『』]{1,600}(?:』|$)|《[^《》]{0,120}》|〈[^〈〉]{0,120}〉"
    r"|\"[^\"\n]{1,600}\"|＂[^＂\n]{1,600}＂|‘[^‘’\n]{2,400}’(?![A-Za-z])"
    r"|(?<![A-Za-z0-9'’])'[A-Za-z\u4e00-\u9fff][^'\n]{1,400}(?:'(?:s|t|m|re|ve|ll|d)\b[^'\n]{0,200}){0,4}'(?![A-Za-z])"
)
_SPOKEN: Final = re.compile(
    r"(?:说|说道|道|问|问道|喊|喊道|喊着|叫道|大叫|答|回答|答道|嘟囔|念叨|低语|旁白|独白|台词|对白|画外音|念道|唱道|心想|心里想|想)\s*[:：]\s*"
    r"(?![“「『\"])[^。！？!?\n]{1,300}[。！？!?\n]?"
    r"|\b(?:says?|said|shouts?|shouted|asks?|asked|whispers?|whispered|yells?|replies|replied|mutters?|calls out|"
    r"voice-?over|v\.?o\.?|narrator|narration|dialogue|line)\s*[:：]\s*(?![\"“])[^.!?\n]{1,300}[.!?\n]?",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(
    r"(?:名叫|名字叫|叫做|名为|取名|绰号|外号|人称|(?<=[只条个位家艘匹座间])叫|(?<=一)叫)(?P<zh>[\u4e00-\u9fff]{1,6}?)(?=的|，|。|,|\.|；|、|$|正|在|从)"
    r"|\b(?:named|called|nicknamed|titled|entitled)\s+(?P<en>(?:[A-Z][\w'’-]*)(?:\s+(?:of\s+the\s+|of\s+|the\s+)?[A-Z][\w'’-]*){0,4})"
)


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text of the same length without what does not describe the picture.

    Attributes:
        text: mark-up, instructions, speech, quotes and titles blanked, weights neutralised.
        warnings: what was taken out and why.
    """

    text: str
    warnings: tuple[Notice, ...]


def clean(text: str) -> CleanText:
    """The part of a text that describes a picture."""
    warnings: list[Notice] = []
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    for match in _MARKUP.finditer(text):
        warnings.append(notice("markup_removed", given=match[0][:60]))
    text = _MARKUP.sub(_blank, text)
    text = _WEIGHT.sub(_unweighted, text)
    text = _QUOTED.sub(_blank, text)
    text = _SPOKEN.sub(_spoken, text)
    text = _CALLED.sub(_called, text)
    text = _SENTENCE.sub(lambda match: _uninstructed(match, warnings), text)
    return CleanText(text, tuple(warnings))


def plain(text: str) -> str:
    """A short text (an appearance, a name) without mark-up and weights, for a prompt."""
    text = _MARKUP.sub(" ", text)
    text = _WEIGHT.sub(lambda match: match[1], text)
    text = "".join(char for char in text if char.isprintable())
    return re.sub(r"\s+", " ", re.sub(r"[<>{}\[\]()|\\]", " ", text)).strip(" ,，")


def _blank(match: re.Match[str]) -> str:
    return BLANK * len(match[0])


def _unweighted(match: re.Match[str]) -> str:
    """(word:1.5) keeps its word."""
    before = match.start(1) - match.start()
    return BLANK * before + match[1] + BLANK * (match.end() - match.end(1))


def _spoken(match: re.Match[str]) -> str:
    colon = re.search(r"[:：]", match[0])
    kept = colon.start() if colon else 0
    end = match[0][-1] if match[0][-1] in "。！？!?\n." else ""
    return match[0][:kept] + BLANK * (len(match[0]) - kept - len(end)) + end


def _called(match: re.Match[str]) -> str:
    start = match.start("zh") if match["zh"] else match.start("en")
    kept = start - match.start()
    return match[0][:kept] + BLANK * (len(match[0]) - kept)


def _uninstructed(match: re.Match[str], warnings: list[Notice]) -> str:
    sentence = match[0]
    if _INSTRUCTION.search(sentence) is None:
        return sentence
    given = re.sub(rf"[{BLANK}\s]+", " ", sentence).strip()[:60]
    warnings.append(notice("instruction_ignored", given=given))
    return BLANK * len(sentence)

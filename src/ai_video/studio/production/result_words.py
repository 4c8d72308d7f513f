"""What is said of results that fall short, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue

from ai_video.studio.production.redrawing import Rung, said_rungs

Shortfall = dict[str, JsonValue]
"""`code`, `zh` and `en`; it stands in a task's facts and in the film's `degraded`."""

DEFECT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "unreadable": ("文件无法读取", "the file cannot be read"),
    "black": ("画面全黑", "the picture is black"),
    "blank": ("画面是一片纯色", "the picture is empty"),
    "noise": ("画面只有噪点", "there is nothing but noise"),
    "frozen": ("画面静止不动", "the clip stands still"),
    "size": ("尺寸不对", "the size is wrong"),
    "length": ("时长不够", "the clip is too short"),
    "rate": ("帧率不对", "the frame rate is wrong"),
    "deformed": ("形体变形", "something is deformed"),
    "wrong_person": ("人物不对", "a character does not look like himself"),
    "wrong_count": ("人数不对", "the number of people is wrong"),
    "wrong_subject": ("内容不符", "it does not show what was asked"),
    "wrong_style": ("风格不对", "the style is wrong"),
    "stray_text": ("有多余的文字", "there is stray text"),
    "artifacts": ("有瑕疵", "there are artifacts"),
    "blurred": ("模糊", "it is blurred"),
    "incoherent_motion": ("动作不连贯", "the motion is incoherent"),
}
"""Chinese and English."""


def said_defects(defects: Sequence[str]) -> tuple[str, str]:
    """Defects in words, Chinese and English."""
    rows = [DEFECT_WORDS.get(name, (name, name)) for name in defects]
    return "、".join(zh for zh, _ in rows), ", ".join(en for _, en in rows)


def memory_warnings(rungs: tuple[Rung, ...]) -> list[Shortfall]:
    """That a graph had to do with less memory; nothing where it had not."""
    if not rungs:
        return []
    zh, en = said_rungs(rungs)
    return [
        {
            "code": "drawn_with_less_memory",
            "zh": f"服务器显存不足, 这个画面改用较省显存的方式生成: {zh}。",
            "en": f"The server ran out of memory; this was drawn with less: {en}.",
        }
    ]


def defect_warning(defects: Sequence[str], tries: int) -> Shortfall:
    """That the best of several tries still falls short."""
    zh, en = said_defects(defects)
    return {
        "code": "result_degraded",
        "zh": f"画了 {tries} 次仍有问题 ({zh}), 用了其中最好的一次。",
        "en": f"After {tries} tries something is still wrong ({en}); the best one is used.",
    }


def template_warning(template: str, reason: str) -> Shortfall:
    """That a judge would rather have another template."""
    return {
        "code": "other_template_advised",
        "zh": f"评审建议换用模板 {template}: {reason} (generation_config.workflow)",
        "en": f"The judge advises the template {template}: {reason} (generation_config.workflow)",
    }


def unjudged_warning(code: str) -> Shortfall:
    """That no model judged a result though one was asked to."""
    return {
        "code": "checked_without_judge",
        "zh": f"没有语言模型评审这个画面 ({code}), 只做了技术检查。",
        "en": f"No language model judged this ({code}); only the technical checks did.",
    }

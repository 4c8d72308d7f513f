"""Mandarin text as phonemes: words, readings in context, tone changes.

Words by jieba, readings by pypinyin with our own corrections, tone changes by rule (一, 不, third
tones). One `Unit` comes back for every character that was given.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

from pypinyin import Style, lazy_pinyin

from ai_video.audio.chinese_words import WORDS
from ai_video.audio.pinyin_ipa import syllable_phonemes

HAN: Final = "〇㐀-䶿一-鿿豈-﫿\U00020000-\U000323af"
_IS_HAN: Final = re.compile(f"[{HAN}]")
# 一 keeps its first tone before these (dates, floors, ranks) and after these.
_ONE_KEEPS_BEFORE: Final = frozenset("月号日楼班级线等流二三四五六七八九零十点")
_ONE_KEEPS_AFTER: Final = frozenset("第十初零二三四五六七八九百千万亿点幺")
_PRONOUNS: Final = frozenset("我你他她它您们谁就都总还必非可也真只得")
_NUMERALS: Final = frozenset("一二两三四五六七八九十百千几数半这那每某各")
_KEPT_ER: Final = frozenset(
    (
        "女儿",
        "婴儿",
        "幼儿",
        "少儿",
        "孤儿",
        "胎儿",
        "健儿",
        "宠儿",
        "男儿",
        "孩儿",
        "侄儿",
        "混血儿",
    )
)


def is_han(char: str) -> bool:
    """Whether a character is a Chinese ideograph."""
    return _IS_HAN.fullmatch(char) is not None


@cache
def _cutter() -> object:
    """jieba's tokenizer, loaded once (about a second); silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(60)
    tokenizer = jieba.Tokenizer()
    for word in WORDS:
        tokenizer.add_word(word)
    return tokenizer


def cut_words(text: str) -> list[str]:
    """The words of a run of Chinese characters."""
    return list(_cutter().lcut(text, HMM=False))  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType]  jieba is untyped


def _unknown(chars: str) -> list[str]:
    return [""] * len(chars)


def _dictionary(text: str) -> list[str]:
    return lazy_pinyin(
        text,
        style=Style.TONE3,
        neutral_tone_with_five=True,
        errors=_unknown,  # pyright: ignore[reportArgumentType]  pypinyin takes a function here
    )


def _base_syllables(words: Sequence[str]) -> list[list[str]]:
    """Syllables of each word without tone changes; single characters are read in their context."""
    found: list[list[str]] = []
    for word in words:
        if word in WORDS:
            found.append(list(WORDS[word]))
            continue
        syllables = _dictionary(word)
        if len(syllables) != len(word):
            syllables = [next(iter(_dictionary(char)), "") for char in word]
        if len(word) > 1 and word.endswith("儿") and word not in _KEPT_ER:
            syllables[-1] = "er5"
        if len(word) == 3 and word[1] == "得" and word[0] not in "不非只":
            syllables[1] = "de5"
        found.append(syllables)
    return found


def _read_in_context(words: Sequence[str], index: int) -> str | None:
    """The reading of a one-character word that depends on its neighbours."""
    word = words[index]
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    last = before[-1:]
    if word == "得":
        return "dei3" if not before or last in _PRONOUNS else "de5"
    if word == "地":
        return "de5" if len(before) > 1 and after and before[0] not in "这那每各某一本" else None
    if word == "只":
        return "zhi1" if last in _NUMERALS else None
    if word == "行":
        return "hang2" if last in _NUMERALS else None
    if word == "长":
        return "chang2" if last in "米里尺寸丈" and before else None
    if word == "还":
        return "huan2" if after[:1] in "钱债款书清给" and after else None
    if word == "种":
        return "zhong4" if after in ("树", "花", "菜", "地", "粮食", "了", "下", "上") else None
    if word == "为":
        return "wei2" if last in "分成称作列视定译改名" and before else None
    if word == "个":
        return "ge5" if last in "这那哪" and before else None
    return None


def syllables_of(text: str, *, spelled: Sequence[bool] = ()) -> tuple[list[str], list[str]]:
    """Syllables of a run of Chinese characters, tones changed as they are spoken.

    Args:
        text: only Chinese characters.
        spelled: per character, True where a digit string is read out (一 keeps its tone).

    Returns:
        (words, syllables): syllables are one for each character, "" for an unknown one.
    """
    words = cut_words(text)
    groups = _base_syllables(words)
    for index, word in enumerate(words):
        if len(word) == 1:
            groups[index] = [_read_in_context(words, index) or groups[index][0]]
    flat = [syllable for group in groups for syllable in group]
    kept = list(spelled) or [False] * len(text)
    _change_one_and_not(text, flat, kept)
    _change_third_tones(words, flat, kept)
    return words, flat


def _change_one_and_not(text: str, syllables: list[str], spelled: Sequence[bool]) -> None:
    for index, char in enumerate(text):
        before = text[index - 1] if index else ""
        after = text[index + 1] if index + 1 < len(text) else ""
        tone = syllables[index + 1][-1:] if after else ""
        if char == "一" and syllables[index] in ("yi1", "yi2", "yi4") and not spelled[index]:
            if before and before == after and index:
                syllables[index] = "yi5"
            elif before not in _ONE_KEEPS_AFTER and after not in _ONE_KEEPS_BEFORE and after:
                syllables[index] = "yi2" if tone in "45" and tone else "yi4"
            else:
                syllables[index] = "yi1"
        elif char == "不" and syllables[index] in ("bu4", "bu2"):
            if before and before == after:
                syllables[index] = "bu5"
            else:
                syllables[index] = "bu2" if tone == "4" else "bu4"


def _lower(syllable: str) -> str:
    return syllable[:-1] + "2"


def _change_third_tones(
    words: Sequence[str], syllables: list[str], spelled: Sequence[bool]
) -> None:
    """A third tone before a third tone is spoken as a second: inside words, then between them."""
    start = 0
    for word in words:
        end = start + len(word)
        for at in range(start, end - 1):
            both = syllables[at].endswith("3") and syllables[at + 1].endswith("3")
            head = len(word) == 3 and at == start and word[1:] in WORDS
            if both and not spelled[at] and not head:
                syllables[at] = _lower(syllables[at])
        start = end
    start = 0
    for word, following in pairwise(words):
        at = start + len(word) - 1
        both = syllables[at].endswith("3") and syllables[at + 1].endswith("3")
        if both and not spelled[at] and (len(word) == 1 or len(following) == 1):
            syllables[at] = _lower(syllables[at])
        start += len(word)


def phonemes_of(text: str, *, spelled: Sequence[bool] = ()) -> list[str]:
    """Phonemes for each character of a run of Chinese; a space closes each word but the last."""
    words, syllables = syllables_of(text, spelled=spelled)
    spoken = [syllable_phonemes(syllable) for syllable in syllables]
    at = 0
    for word in words[:-1]:
        at += len(word)
        if spoken[at - 1]:
            spoken[at - 1] += " "
    return spoken

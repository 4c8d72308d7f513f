"""Pinyin syllables as the phonemes that Kokoro v1.0 speaks Mandarin with.

The tone arrow stands right after the nucleus (`zhong1` → `ꭧʊ→ŋ`), glides are not marked.
Source: the standard pinyin ↔ IPA table; the choice of letters was read off what the model knows.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_INITIALS: Final = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k",
    "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ",
    "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s", "": "",
}  # fmt: skip
# Before the tone, after the tone.
_FINALS: Final = {
    "a": ("a", ""), "o": ("wo", ""), "e": ("ɤ", ""), "ê": ("ɛ", ""), "ai": ("ai", ""),
    "ei": ("ei", ""), "ao": ("au", ""), "ou": ("ou", ""), "an": ("a", "n"), "en": ("ə", "n"),
    "ang": ("a", "ŋ"), "eng": ("ə", "ŋ"), "ong": ("ʊ", "ŋ"), "er": ("ɚ", ""), "i": ("i", ""),
    "ia": ("ja", ""), "ie": ("je", ""), "io": ("jo", ""), "iao": ("jau", ""), "iu": ("jou", ""),
    "ian": ("jɛ", "n"), "in": ("i", "n"), "iang": ("ja", "ŋ"), "ing": ("i", "ŋ"),
    "iong": ("jʊ", "ŋ"), "u": ("u", ""), "ua": ("wa", ""), "uo": ("wo", ""), "uai": ("wai", ""),
    "ui": ("wei", ""), "uan": ("wa", "n"), "un": ("wə", "n"), "uang": ("wa", "ŋ"),
    "ueng": ("wə", "ŋ"), "v": ("y", ""), "ve": ("ɥe", ""), "van": ("ɥɛ", "n"), "vn": ("y", "n"),
}  # fmt: skip
_ZERO_INITIAL: Final = {
    "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iu", "yan": "ian", "yin": "in",
    "yang": "iang", "ying": "ing", "yong": "iong", "yo": "io", "yai": "ai", "wu": "u", "wa": "ua",
    "wo": "uo", "wai": "uai", "wei": "ui", "wan": "uan", "wen": "un", "wang": "uang",
    "weng": "ueng", "wong": "ong", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn",
}  # fmt: skip
_BARE: Final = {
    "m": ("m", ""), "n": ("n", ""), "ng": ("ŋ", ""), "hm": ("xm", ""), "hng": ("xŋ", ""),
    "r": ("ɚ", ""), "o": ("ɔ", ""),
}  # fmt: skip
_TONES: Final = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_SYLLABLE: Final = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)([a-zê]+)([1-5])")


def _parts(base: str) -> tuple[str, tuple[str, str]] | None:
    if base in _BARE:
        return "", _BARE[base]
    if base in _ZERO_INITIAL:
        return "", _FINALS[_ZERO_INITIAL[base]]
    match = _SYLLABLE.fullmatch(base + "5")
    if match is None:
        return None
    initial, final = match[1], match[2]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    if final in ("ue", "vu"):
        final = "ve"
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        return _INITIALS[initial], ("ɨ", "")
    return (_INITIALS[initial], _FINALS[final]) if final in _FINALS else None


@cache
def syllable_phonemes(pinyin: str) -> str:
    """Phonemes of one syllable such as `zhong1` or `lv4` (5 = neutral); "" when it is none."""
    if not pinyin or pinyin[-1] not in _TONES:
        return ""
    parts = _parts(pinyin[:-1].replace("ü", "v"))
    if parts is None:
        return ""
    initial, (before, after) = parts
    return initial + before + _TONES[pinyin[-1]] + after

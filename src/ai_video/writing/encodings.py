"""Bytes of unknown encoding as text: UTF-8, UTF-16, GBK, Big5, Windows-1252, or line by line."""

from __future__ import annotations

import re
from typing import Final

from ai_video.errors import InputRefused

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# The most frequent characters of modern Chinese prose, in both scripts: a wrong decoding gives
# rare ones.
_COMMON: Final = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过"
    "子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两"
    "體這中為個國時來們對會發動過說產種經進電裡現實兩從點間與關沒見問開長門頭聽話邊將還無樣讓給"
    "她你好看天心想道没手去年情已事日那些很再回把又么被从只走女老几头声眼门风雨夜光場景內外"
    "，。、：；？！“”（）「」"
)
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes) -> tuple[str, str]:
    """(text, encoding name); `mixed` where lines differ in encoding.

    Raises:
        InputRefused: `source_not_text`.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding), encoding
    wide = _wide(data) or _likely_wide(data)
    if wide:
        return _strict(data, wide), wide
    if len(_CONTROLS.findall(data[:65536])) > 2 + len(data[:65536]) // 100:
        raise InputRefused("source_not_text")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _legacy(data)


def _strict(data: bytes, encoding: str) -> str:
    if encoding.startswith("utf-16") and len(data) % 2:
        data = data[:-1]
    text = data.decode(encoding, errors="replace")
    if text.count("\ufffd") * 50 > len(text) or text.count("\x00") * 50 > len(text):
        raise InputRefused("source_not_text")
    return text


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: zero bytes, or line ends, stand on one side only."""
    sample = data[:4096]
    if len(sample) < 4 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even == odd == 0:
        return None
    if odd > 4 * even and odd * 12 > len(sample) // 2:
        return "utf-16-le"
    if even > 4 * odd and even * 12 > len(sample) // 2:
        return "utf-16-be"
    return None


def _likely_wide(data: bytes) -> str | None:
    """UTF-16 without a mark whose characters are frequent Chinese ones: few zero bytes tell it."""
    sample = data[:8192]
    if len(data) % 2 or sample.count(0) == 0:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = sample.decode(encoding, errors="replace")
        if "\ufffd" not in text and "\x00" not in text and _likelihood(text, encoding) > 0.3:
            return encoding
    return None


def _legacy(data: bytes) -> tuple[str, str]:
    best = _best(data)
    if best is not None:
        return best
    lines = [_line(line) for line in data.split(b"\n")]
    text = "\n".join(lines)
    if text.count("\ufffd") * 20 > len(text):
        raise InputRefused("source_not_text")
    return text, "mixed"


def _best(data: bytes) -> tuple[str, str] | None:
    """The one legacy encoding that reads all of the bytes as likely text."""
    found: list[tuple[float, str, str]] = []
    for encoding in ("gb18030", "big5", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        found.append((_likelihood(text, encoding), text, encoding))
    if not found:
        return None
    score, text, encoding = max(found, key=lambda row: row[0])
    return (text, encoding) if score > 0.12 else None


def _likelihood(text: str, encoding: str) -> float:
    """Share of frequent characters among those that are not ASCII."""
    foreign = [char for char in text[:20000] if char > "\x7f"]
    if not foreign:
        return 1.0
    if encoding == "cp1252":
        letters = sum(1 for char in foreign if char in "’‘“”–—…éèüöäçñ£€©°½áíóúàêâîôûëïß")
        rare = len(foreign) * 4 < len(text[:20000])
        return 0.6 * letters / len(foreign) if rare else 0.0
    return sum(1 for char in foreign if char in _COMMON) / len(foreign)


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        best = _best(line)
        return best[0] if best else line.decode("gb18030", errors="replace")

"""The symbols that the Kokoro v1.0 model was trained on, and how text punctuation maps to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PAD: Final = 0
MOST_TOKENS: Final = 510
PAUSES: Final = frozenset(";:,.!?—…")
SENTENCE_ENDS: Final = frozenset(".!?…")

# Symbol → id of the model's configuration: runs of neighbouring ids, then the single ones.
_RUNS: Final = (
    (1, ";:,.!?"),
    (9, '—…"()“” \u0303ʣʥʦʨᵝꭧAI'),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (112, "ŋɳɲɴø"),
    (118, "ɸθœ"),
    (128, "ʁɽʂʃʈʧ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (171, "→↗↘"),
)
_SINGLE: Final = {
    "O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɟ": 90, "ɡ": 92,
    "ɥ": 99, "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ɹ": 123, "ɾ": 125, "ɻ": 126,
    "ʊ": 135, "ʋ": 136, "ʰ": 162, "ʲ": 164, "↓": 169, "ᵻ": 177,
}  # fmt: skip
TOKEN_IDS: Final[dict[str, int]] = {
    **{symbol: first + step for first, run in _RUNS for step, symbol in enumerate(run)},
    **_SINGLE,
}

PUNCTUATION: Final[dict[str, str]] = {
    "，": ",", "、": ",", ",": ",", "。": ".", "．": ".", ".": ".", "！": "!", "!": "!",
    "？": "?", "?": "?", "；": ";", ";": ";", "：": ":", ":": ":", "…": "…", "⋯": "…",
    "—": "—", "―": "—", "–": "—", "─": "—", "“": "“", "”": "”", "「": "“", "」": "”",
    "『": "“", "』": "”", "《": "“", "》": "”", "〈": "“", "〉": "”", "«": "“", "»": "”",
    "（": "(", "）": ")", "(": "(", ")": ")", "【": "(", "】": ")", "[": "(", "]": ")",
    "｡": ".", "､": ",", "‼": "!", "⁇": "?", "؟": "?", "،": ",", "؛": ";", "\n": ".",
}  # fmt: skip


def token_ids(phonemes: Iterable[str]) -> list[int]:
    """Ids of the symbols that the model knows, in order; the others are left out."""
    return [TOKEN_IDS[symbol] for symbol in phonemes if symbol in TOKEN_IDS]

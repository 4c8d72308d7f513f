"""English words as Kokoro phonemes.

Known words come from the CMU pronouncing dictionary (ARPABET), unknown ones from their parts
(endings, prefixes, two known words), Chinese names in pinyin, and at last from letter rules.
The letters are those the model was trained with (US English): diphthongs as A I O W Y, the stress
mark right before the vowel, ɾ for a flapped t.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from ai_video.audio.letter_sounds import VOWELS, guess_sounds
from ai_video.audio.pinyin_ipa import syllable_phonemes

_CONSONANTS: Final = {
    "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_VOWELS: Final = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "ER": "ɜɹ",
    "EY": "A", "IH": "ɪ", "IY": "i", "OW": "O", "OY": "Y", "UH": "ʊ", "UW": "u",
}  # fmt: skip
_STRESS: Final = {"0": "", "1": "ˈ", "2": "ˌ"}
_LETTERS: Final = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            "ˈA",
            "bˈi",
            "sˈi",
            "dˈi",
            "ˈi",
            "ˈɛf",
            "ʤˈi",
            "ˈAʧ",
            "ˈI",
            "ʤˈA",
            "kˈA",
            "ˈɛl",
            "ˈɛm",
            "ˈɛn",
            "ˈO",
            "pˈi",
            "kjˈu",
            "ˈɑɹ",
            "ˈɛs",
            "tˈi",
            "jˈu",
            "vˈi",
            "dˈʌbᵊlju",
            "ˈɛks",
            "wˈI",
            "zˈi",
        ],
    )
)
# Words that carry no stress inside a sentence, as they sound there.
_WEAK: Final = {
    "a": "ɐ", "an": "ən", "the": "ðə", "to": "tə", "of": "ʌv", "and": "ænd", "is": "ɪz",
    "was": "wʌz", "for": "fɔɹ", "with": "wɪð", "you": "ju", "it": "ɪt", "in": "ɪn", "that": "ðæt",
    "this": "ðɪs", "he": "hi", "she": "ʃi", "we": "wi", "they": "ðA", "my": "mI", "your": "jʊɹ",
    "his": "hɪz", "her": "hɜɹ", "him": "hɪm", "them": "ðɛm", "me": "mi", "us": "ʌs", "at": "æt",
    "from": "fɹʌm", "by": "bI", "on": "ˌɔn", "as": "æz", "or": "ɔɹ", "but": "bʌt", "if": "ɪf",
    "are": "ɑɹ", "were": "wɜɹ", "be": "bi", "been": "bɪn", "have": "hæv", "has": "hæz",
    "had": "hæd", "do": "du", "does": "dʌz", "can": "kæn", "could": "kʊd", "would": "wʊd",
    "should": "ʃʊd", "will": "wɪl", "than": "ðæn", "its": "ɪts", "their": "ðɛɹ", "our": "ˌWəɹ",
    "what": "wˌʌt", "when": "wˌɛn", "who": "hˌu", "which": "wˌɪʧ", "there": "ðɛɹ", "so": "sˌO",
    "am": "æm", "i": "ˈI", "i'm": "ˌIm", "it's": "ɪts",
}  # fmt: skip
# Known words where the dictionary's first reading is not the usual one, and words it lacks.
_OWN: Final = {
    "live": "L IH1 V", "lives": "L IH1 V Z", "read": "R IY1 D", "lead": "L IY1 D",
    "use": "Y UW1 Z", "close": "K L OW1 Z", "wind": "W IH1 N D", "tear": "T IH1 R",
    "ai": "EY2 AY1", "ok": "OW2 K EY1", "okay": "OW2 K EY1", "online": "AO1 N L AY2 N",
    "email": "IY1 M EY2 L", "internet": "IH1 N T ER0 N EH2 T", "wifi": "W AY1 F AY2",
    "app": "AE1 P", "apps": "AE1 P S", "blog": "B L AA1 G", "emoji": "IH0 M OW1 JH IY0",
    "selfie": "S EH1 L F IY0", "smartphone": "S M AA1 R T F OW2 N", "iphone": "AY1 F OW2 N",
    "ipad": "AY1 P AE2 D", "youtube": "Y UW1 T UW2 B", "google": "G UW1 G AH0 L",
    "tiktok": "T IH1 K T AA2 K", "bitcoin": "B IH1 T K OY2 N", "covid": "K OW1 V IH0 D",
    "neural": "N UH1 R AH0 L", "qubit": "K Y UW1 B IH0 T", "qubits": "K Y UW1 B IH0 T S",
    "exoplanet": "EH2 K S OW0 P L AE1 N AH0 T", "exoplanets": "EH2 K S OW0 P L AE1 N AH0 T S",
    "tokamak": "T OW1 K AH0 M AE2 K", "crispr": "K R IH1 S P ER0", "graphene": "G R AE1 F IY2 N",
    "vlog": "V L AA1 G", "meme": "M IY1 M", "memes": "M IY1 M Z", "anime": "AE1 N IH0 M EY2",
    "miz": "M IH1 Z", "missus": "M IH1 S IH0 Z", "o'clock": "AH0 K L AA1 K", "nvidia":
    "EH0 N V IH1 D IY0 AH0", "linux": "L IH1 N AH0 K S", "github": "G IH1 T HH AH2 B",
    "python": "P AY1 TH AA0 N", "openai": "OW1 P AH0 N EY2 AY1", "wechat": "W IY1 CH AE2 T",
    "huawei": "W AA1 W EY2", "beijing": "B EY2 JH IH1 NG", "celsius": "S EH1 L S IY0 AH0 S",
    "nasa": "N AE1 S AH0", "nato": "N EY1 T OW0", "unesco": "Y UW0 N EH1 S K OW0",
    "yuan": "Y UW0 AA1 N", "tv": "T IY2 V IY1", "usb": "Y UW2 EH2 S B IY1",
}  # fmt: skip
_SPOKEN_ACRONYMS: Final = frozenset(
    [
        "NASA",
        "NATO",
        "UNESCO",
        "UNICEF",
        "OPEC",
        "LASER",
        "RADAR",
        "COVID",
        "SARS",
        "AIDS",
        "ASEAN",
        "FIFA",
        "RAM",
        "ROM",
        "GIF",
        "JPEG",
        "SIM",
        "PIN",
        "CRISPR",
        "OK",
        "SCUBA",
        "SONAR",
        "ALMA",
        "HUBBLE",
        "APEC",
        "BRICS",
        "INT",
        "EXT",
        "VLOG",
        "APP",
        "WIFI",
    ]
)
_READ_PAST: Final = frozenset(
    [
        "have",
        "has",
        "had",
        "was",
        "were",
        "been",
        "be",
        "is",
        "are",
        "i've",
        "we've",
        "they've",
        "you've",
    ]
)
_NAMED_SUFFIXES: Final = (
    ("'s", ""), ("s'", "s"), ("ies", "y"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("ed", ""),
    ("ed", "e"), ("es", ""), ("s", ""), ("er", ""), ("er", "e"), ("ers", ""), ("ers", "e"),
    ("est", ""), ("ly", ""), ("ness", ""), ("less", ""), ("ful", ""), ("able", ""), ("ish", ""),
    ("ment", ""), ("like", ""), ("wise", ""), ("ism", ""), ("ist", ""),
)  # fmt: skip
_SUFFIX_SOUNDS: Final = {
    "ing": "IH0 NG", "er": "ER0", "ers": "ER0 Z", "est": "AH0 S T", "ly": "L IY0",
    "ness": "N AH0 S", "less": "L AH0 S", "ful": "F AH0 L", "able": "AH0 B AH0 L", "ish": "IH0 SH",
    "ment": "M AH0 N T", "like": "L AY2 K", "wise": "W AY2 Z", "ism": "IH2 Z AH0 M",
    "ist": "IH0 S T",
}  # fmt: skip
_PREFIXES: Final = {
    "un": "AH2 N", "re": "R IY2", "pre": "P R IY2", "non": "N AA2 N", "over": "OW2 V ER0",
    "under": "AH2 N D ER0", "anti": "AE2 N T IY0", "multi": "M AH2 L T IY0",
    "micro": "M AY2 K R OW0", "nano": "N AE2 N OW0", "inter": "IH2 N T ER0", "super":
    "S UW2 P ER0", "hyper": "HH AY2 P ER0", "cyber": "S AY2 B ER0", "bio": "B AY2 OW0",
    "geo": "JH IY2 OW0", "astro": "AE2 S T R OW0", "photo": "F OW2 T OW0", "electro":
    "IH0 L EH2 K T R OW0", "mega": "M EH2 G AH0", "mis": "M IH2 S", "sub": "S AH2 B",
    "semi": "S EH2 M IY0", "co": "K OW2", "exo": "EH2 K S OW0", "neuro": "N UH2 R OW0",
}  # fmt: skip
_HISSING: Final = frozenset(("S", "Z", "SH", "ZH", "CH", "JH"))
_VOICELESS: Final = frozenset(("P", "T", "K", "F", "TH"))
_ENTRY: Final = re.compile(r'^\s+"?([^"():]+)"?: "([A-Z0-9 ]+?)(?: #[^"]*)?",?$', re.MULTILINE)


@lru_cache(maxsize=2)
def load_dictionary(path: Path) -> Mapping[str, str]:
    """Word → ARPABET of the packaged CMU dictionary; the first reading of each word."""
    return dict(_ENTRY.findall(path.read_text(encoding="utf-8")))


def to_phonemes(arpabet: Sequence[str]) -> str:
    """ARPABET sounds with stress digits as Kokoro phonemes."""
    said: list[str] = []
    last = len(arpabet) - 1
    for at, sound in enumerate(arpabet):
        if sound in _CONSONANTS:
            said.append(_CONSONANTS[sound])
            if sound == "T" and _is_flapped(arpabet, at):
                said[-1] = "ɾ"
            continue
        vowel, stress = (sound[:-1], sound[-1]) if sound[-1].isdigit() else (sound, "0")
        if vowel not in _VOWELS:
            continue
        symbol = _VOWELS[vowel]
        if stress == "0" and vowel in ("AH", "ER"):
            symbol = "ə" if vowel == "AH" else "əɹ"
            closing = arpabet[at + 1] if at + 1 == last else ""
            if (closing == "L" and at and arpabet[at - 1] in _CONSONANTS) or (
                closing == "N" and at and arpabet[at - 1] in ("D", "S", "Z", "SH", "ZH")
            ):
                symbol = "ᵊ"
        said.append(_STRESS[stress] + symbol)
    return "".join(said)


def _is_flapped(sounds: Sequence[str], at: int) -> bool:
    """Whether a T stands between a vowel (or r) and an unstressed vowel."""
    if at == 0 or at + 1 >= len(sounds):
        return False
    before, after = sounds[at - 1].rstrip("012"), sounds[at + 1]
    return (before in VOWELS or before == "R") and after[:-1] in VOWELS and after[-1] == "0"


def spell(letters: str) -> str:
    """Letter names: the last one carries the stress."""
    names = [_LETTERS[letter] for letter in letters.upper() if letter in _LETTERS]
    return "".join([name.replace("ˈ", "ˌ") for name in names[:-1]] + names[-1:])


class EnglishWords:
    """Reads English words; `dictionary` maps lower-case words to ARPABET."""

    def __init__(self, dictionary: Mapping[str, str]) -> None:
        self._dictionary = dictionary

    def phonemes(self, word: str, *, before: str = "", after: str = "") -> str:
        """Phonemes of one word as it stands between its neighbours ("" = pause or edge)."""
        lower = word.lower().replace("’", "'").strip("'")
        if not lower:
            return ""
        if self._is_spelled(word, lower):
            return spell(word)
        if lower in ("the", "to") and after[:1].lower() in tuple("aeiou"):
            return "ði" if lower == "the" else "tʊ"
        if lower == "a" and (not after or word == "A"):
            return "ˈA" if not after else "ɐ"
        if lower in _WEAK and (after or lower in ("i", "it", "her", "him")):
            return _WEAK[lower]
        if lower == "read" and before.lower() in _READ_PAST:
            return "ɹˈɛd"
        parts = re.findall(r"[A-Z]*[a-z']+|[A-Z]+", word)
        if len(parts) > 1 and self._known(lower) is None:
            return "".join(self.phonemes(part) for part in parts)
        name = self._chinese_name(word, lower)
        return name or to_phonemes(self.sounds(lower))

    def _is_spelled(self, word: str, lower: str) -> bool:
        """An acronym that is read letter by letter, or a word without any vowel."""
        letters = re.sub(r"[^A-Za-z]", "", word)
        if len(letters) == 1:
            return lower not in ("a", "i")
        if not re.search(r"[aeiouyAEIOUY]", letters) and lower not in self._dictionary:
            return len(letters) <= 6
        if not (letters.isupper() and len(letters) <= 5) or letters in _SPOKEN_ACRONYMS:
            return False
        return len(letters) <= 3 or lower not in self._dictionary

    def sounds(self, word: str) -> list[str]:
        """ARPABET sounds of a lower-case word."""
        known = self._known(word) or self._by_ending(word) or self._by_prefix(word)
        known = known or self._by_two_words(word)
        return known or list(guess_sounds(re.sub(r"[^a-z]", "", word)))

    def _known(self, word: str) -> list[str] | None:
        found = _OWN.get(word) or self._dictionary.get(word)
        return found.split() if found else None

    def _by_ending(self, word: str) -> list[str] | None:
        for ending, replacement in _NAMED_SUFFIXES:
            if not word.endswith(ending) or len(word) - len(ending) < 2:
                continue
            stem = word[: -len(ending)] + replacement
            doubled = len(stem) > 3 and stem[-1] == stem[-2] and not replacement
            base = self._known(stem) or (self._known(stem[:-1]) if doubled else None)
            if base is None and ending == "'s":
                base = self.sounds(stem)
            if base is not None:
                return base + _ending_sounds(ending, base)
        return None

    def _by_prefix(self, word: str) -> list[str] | None:
        for prefix, sounds in _PREFIXES.items():
            rest = word[len(prefix) :].lstrip("-")
            if word.startswith(prefix) and len(rest) >= 3:
                base = self._known(rest) or self._by_ending(rest)
                if base is not None:
                    return sounds.split() + base
        return None

    def _by_two_words(self, word: str) -> list[str] | None:
        for at in range(len(word) - 3, 2, -1):
            first, second = self._known(word[:at]), self._known(word[at:])
            second = second or (self._by_ending(word[at:]) if first else None)
            if first is not None and second is not None:
                return first + [sound.replace("1", "2") for sound in second]
        return None

    def _chinese_name(self, word: str, lower: str) -> str:
        """A capitalised pinyin name that the dictionary lacks, in Mandarin sounds without tones."""
        typical = re.match(r"zh|x[iu]|q[iu](?!ee|i[ct])", lower) is not None
        if not word[:1].isupper() or len(lower) < 2 or (self._known(lower) and not typical):
            return ""
        syllables = split_pinyin(lower)
        if not syllables:
            return ""
        return _anglicised("".join(syllable_phonemes(item + "5") for item in syllables))


_PINYIN: Final = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcswy])(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|"
    r"ao|ou|an|en|in|un|ia|ie|iu|ua|ui|uo|ue|ve|er|[aeiouv])|(?:ang|eng|ai|ei|ao|ou|an|en|er|a|e|o))"
)


def split_pinyin(word: str) -> list[str]:
    """The pinyin syllables of a word written in them all through, else []."""
    found: list[str] = []
    for part in word.split("'"):
        rest = _longest_split(part)
        if not rest:
            return []
        found += rest
    return found


def _is_syllable(letters: str) -> bool:
    if letters.endswith("o") and len(letters) == 2 and letters[0] not in "bpmfwy":
        return letters in ("ao", "uo")
    return bool(_PINYIN.fullmatch(letters) and syllable_phonemes(letters + "5"))


@lru_cache(maxsize=4096)
def _longest_split(word: str) -> tuple[str, ...]:
    if not word:
        return ()
    for length in range(min(6, len(word)), 0, -1):
        head, tail = word[:length], word[length:]
        if _is_syllable(head):
            rest = _longest_split(tail)
            if rest or not tail:
                return (head, *rest)
    return ()


def _anglicised(phonemes: str) -> str:
    """Mandarin phonemes in the sounds an English voice knows."""
    for sound, near in (("ꭧʰ", "ʧ"), ("ꭧ", "ʤ"), ("ʨʰ", "ʧ"), ("ʨ", "ʤ"), ("ɕ", "ʃ"), ("ʂ", "ʃ"),
                        ("ʦʰ", "ts"), ("ʦ", "dz"), ("ɻ", "ɹ"), ("x", "h"), ("ɤ", "ʌ"), ("ʰ", ""),
                        ("ɥ", "j"), ("y", "ju"), ("ɨ", "ɹ"), ("ai", "I"), ("ei", "A"), ("au", "W"),
                        ("ou", "O"), ("wo", "wɔ"), ("ɚ", "ɑɹ"), ("je", "jɛ"), ("a", "ɑ")):  # fmt: skip
        phonemes = phonemes.replace(sound, near)
    return re.sub(r"(?=[ɑəʌʊiuIAWOɔɛ])", "ˈ", phonemes, count=1)


def _ending_sounds(ending: str, base: Sequence[str]) -> list[str]:
    last = base[-1].rstrip("012")
    if ending in ("'s", "s'", "s", "es", "ies"):
        if ending == "s'":
            return []
        return ["IH0", "Z"] if last in _HISSING else ["S"] if last in _VOICELESS else ["Z"]
    if ending in ("ed", "ied"):
        if last in ("T", "D"):
            return ["IH0", "D"]
        return ["T"] if last in _VOICELESS | {"S", "SH", "CH"} else ["D"]
    return _SUFFIX_SOUNDS[ending].split()

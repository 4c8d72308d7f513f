"""Words of film language (zh-Hans, zh-Hant, en) and the slot values they mean; data with a version.

Entry points: `read_slots(text, lang)`, `read_words`, `name_of` (a value's name), `place_of(text)`,
`find_place`, `fold` and `to_traditional` for Chinese characters, `VOCABULARY_VERSION`. May import: domain. Pure: needs no
test double. The words are data: `words.toml`, `places.toml`, `characters.toml`.
"""

from ai_video.filmwords.chinese import fold, is_traditional, to_traditional
from ai_video.filmwords.lexicon import VOCABULARY_VERSION, Hit, name_of
from ai_video.filmwords.places import PLACES, FoundPlace, find_place, place_of
from ai_video.filmwords.reading import Reading, read_slots, read_words

__all__ = [
    "PLACES",
    "VOCABULARY_VERSION",
    "FoundPlace",
    "Hit",
    "Reading",
    "find_place",
    "fold",
    "is_traditional",
    "name_of",
    "place_of",
    "read_slots",
    "read_words",
    "to_traditional",
]

"""Words of film language (zh-Hans, zh-Hant, en) and the slot values they mean; data with a version.

Entry points: `read_slots(text, lang)`, `read_words`, `name_of` (a value's name), `phrase_of` (a value
in a prompt), `gloss(text)` (Chinese words said in English), `place_of(text)`, `find_place`, `fold` and
`to_traditional` for Chinese characters, `VOCABULARY_VERSION`. May import: domain. Pure: needs no test
double. The words are data: `words.toml`, `phrases.toml`, `everyday.toml`, `places.toml`,
`characters.toml`.
"""

from ai_video.filmwords.chinese import fold, is_traditional, to_traditional
from ai_video.filmwords.glossing import Gloss, Word, gloss, words_of
from ai_video.filmwords.lexicon import VOCABULARY_VERSION, Hit, name_of
from ai_video.filmwords.nouns import NOUNS, plural
from ai_video.filmwords.phrases import PhraseForm, phrase_of, still_phrase_of
from ai_video.filmwords.places import PLACES, FoundPlace, find_place, place_of
from ai_video.filmwords.reading import Reading, read_slots, read_words
from ai_video.filmwords.topics import TOPICS, topic_of

__all__ = [
    "NOUNS",
    "PLACES",
    "TOPICS",
    "VOCABULARY_VERSION",
    "FoundPlace",
    "Gloss",
    "Hit",
    "PhraseForm",
    "Reading",
    "Word",
    "find_place",
    "fold",
    "gloss",
    "is_traditional",
    "name_of",
    "phrase_of",
    "place_of",
    "plural",
    "read_slots",
    "read_words",
    "still_phrase_of",
    "to_traditional",
    "topic_of",
    "words_of",
]

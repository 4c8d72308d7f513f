"""Which words a text has: English ones whole (the ship of "friendship" is none), Chinese ones anywhere."""

from __future__ import annotations


class Mentions:
    """One text, made ready to be asked for words; case and punctuation don't count."""

    __slots__ = ("_lowered", "_spaced")

    def __init__(self, text: str) -> None:
        self._lowered = text.lower()
        self._spaced = " " + "".join(c if c.isalnum() else " " for c in self._lowered) + " "

    def at(self, word: str) -> int:
        """Where a word (lower case; an English one may be several) stands first, -1 when nowhere.

        Places of English words compare with each other and with those of Chinese ones.
        """
        return self._spaced.find(f" {word} ") if word.isascii() else self._lowered.find(word)

    def at_plural(self, word: str) -> int:
        """Where a word or its plural with s stands, -1 when nowhere."""
        return max(self.at(word), self.at(f"{word}s")) if word.isascii() else self.at(word)

    def says(self, *words: str) -> bool:
        """Whether the text has one of the words."""
        return any(self.at(word) >= 0 for word in words)

    def says_plural(self, *words: str) -> bool:
        """Whether the text has one of the words or its plural with s."""
        return any(self.at_plural(word) >= 0 for word in words)

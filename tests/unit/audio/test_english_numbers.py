"""Numbers, dates, money and abbreviations as they are said in English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.audio.english_numbers import (
    integer_words,
    ordinal_words,
    read_english,
    year_words,
)

SAID = [
    ("March 3, 2024", "March third twenty twenty four"),
    ("2024-03-05", "March fifth twenty twenty four"),
    ("8:30 a.m.", "eight thirty A M"),
    ("8:00", "eight o'clock"),
    ("9:05", "nine oh five"),
    ("10am", "ten A M"),
    ("$3.50", "three dollars and fifty cents"),
    ("$1", "one dollar"),
    ("$5 million", "five million dollars"),
    ("£2.5bn", "two point five billion pounds"),
    ("12.5%", "twelve point five percent"),
    ("5-10%", "five to ten percent"),
    ("in 2005", "in two thousand five"),
    ("in 1984", "in nineteen eighty four"),
    ("1984-1990", "nineteen eighty four to nineteen ninety"),
    ("the 1980s", "the nineteen eighties"),
    ("2000 people", "two thousand people"),
    ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
    ("the 21st", "the twenty first"),
    ("-3°C", "minus three degrees celsius"),
    ("120 km/h", "one hundred twenty kilometers per hour"),
    ("1 km", "one kilometer"),
    ("1 ft", "one foot"),
    ("5 kg", "five kilograms"),
    ("1/2 cup", "one half cup"),
    ("3/4", "three quarters"),
    ("555-1234", "five five five, one two three four"),
    ("World War II", "World War two"),
    ("Henry VIII", "Henry the eighth"),
    ("Dr. Smith", "doctor Smith"),
    ("Elm St.", "Elm street"),
    ("St. Paul", "saint Paul"),
    ("the U.S.", "the U S"),
    ("e.g. this", "for example this"),
    ("A380", "A three eighty"),
    ("GPT-4", "GPT- four"),
    ("mc²", "mc squared"),
    ("10^6", "ten to the sixth"),
    ("#1", "number one"),
    ("3.14", "three point one four"),
    ("R&D", "R and D"),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_numbers_and_short_forms_are_said_as_words(text: str, said: str) -> None:
    assert " ".join(" ".join(reading.said for reading in read_english(text)).split()) == said


@pytest.mark.parametrize(
    ("year", "said"),
    [(1900, "nineteen hundred"), (1905, "nineteen oh five"), (2000, "two thousand"),
     (2010, "twenty ten"), (1066, "ten sixty six")],
)  # fmt: skip
def test_years(year: int, said: str) -> None:
    assert year_words(year) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "first"), (2, "second"), (3, "third"), (12, "twelfth"), (20, "twentieth"),
     (101, "one hundred first")],
)  # fmt: skip
def test_ordinals(number: int, said: str) -> None:
    assert ordinal_words(number) == said


@given(st.integers(0, 10**18 - 1))
def test_numbers_have_no_digits_left(number: int) -> None:
    said = integer_words(number)
    assert said
    assert not any(char.isdigit() for char in said)


@given(st.text())
def test_readings_make_up_the_text(text: str) -> None:
    assert "".join(reading.text for reading in read_english(text)) == text

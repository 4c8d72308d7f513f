"""Numbers, dates, units and signs as they are said in Mandarin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.audio.chinese_numbers import read_chinese, say_integer, say_number

SAID = [
    ("2024年", "二零二四年"),
    ("2024年3月5日", "二零二四年三月五日"),
    ("2024-03-05", "二零二四年三月五日"),
    ("98年5月", "九八年五月"),
    ("3000年的历史", "三千年的历史"),
    ("2000年前", "两千年前"),
    ("1998-2005年", "一九九八到二零零五年"),
    ("2024-2025赛季", "二零二四到二零二五赛季"),
    ("90后", "九零后"),
    ("8:30", "八点三十分"),
    ("15:05:30", "十五点零五分三十秒"),
    ("2:00", "两点"),
    ("12.5%", "百分之十二点五"),
    ("5%-10%", "百分之五到百分之十"),
    ("5‰", "千分之五"),
    ("-3℃", "零下三摄氏度"),
    ("最高38°C", "最高三十八摄氏度"),
    ("45°角", "四十五度角"),
    ("13812345678", "幺三八幺二三四五六七八"),
    ("拨打110", "拨打幺幺零"),
    ("010-12345678", "零幺零幺二三四五六七八"),
    ("¥1,299.99", "一千二百九十九点九九元"),
    ("$3.5亿", "三点五亿美元"),
    ("384,400km", "三十八万四千四百公里"),
    ("120km/h", "一百二十公里每小时"),
    ("2m²", "两平方米"),
    ("2个人", "两个人"),
    ("第2名", "第二名"),
    ("2楼", "二楼"),
    ("20000人", "两万人"),
    ("比分3:2", "比分三比二"),
    ("1/2", "二分之一"),
    ("版本1.2.3", "版本一点二点三"),
    ("3.14159", "三点一四一五九"),
    ("5-3=2", "五减三等于二"),
    ("3×4=12", "三乘以四等于十二"),
    ("10^6", "十的六次方"),
    ("c²", "c的平方"),
    ("A380", "A三八零"),
    ("H2O", "H二O"),
    ("302室", "三零二室"),
    ("007", "零零七"),
    ("3-5天", "三到五天"),
    ("第Ⅲ章①", "第三章一"),
    ("#春节#", "春节"),
    ("www.test.com", "W W W点test点com"),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_numbers_are_said_as_words(text: str, said: str) -> None:
    assert "".join(reading.said for reading in read_chinese(text)) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "零"), (10, "十"), (12, "十二"), (20, "二十"), (101, "一百零一"), (110, "一百一十"),
        (1001, "一千零一"), (1010, "一千零一十"), (2002, "两千零二"), (10000, "一万"),
        (102000, "十万二千"), (20_000_000, "两千万"), (100_000_000, "一亿"),
        (1_000_100_010, "十亿零一十万零一十"), (1_200_000_000_000, "一万二千亿"), (-5, "负五"),
    ],
)  # fmt: skip
def test_whole_numbers(number: int, said: str) -> None:
    assert say_integer(number) == said


@given(st.integers(0, 10**16 - 1))
def test_every_whole_number_reads_back(number: int) -> None:
    assert _value(say_integer(number)) == number


def _value(said: str) -> int:
    """The number behind Chinese words, by the opposite way: sections of 亿 and 万."""
    for word, unit in (("亿", 10**8), ("万", 10**4)):
        if word in said:
            before, _, after = said.rpartition(word) if word == "亿" else said.partition(word)
            return _value(before) * unit + _value(after)
    total = digit = 0
    for char in said:
        if char in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
        else:
            digit = "零一二三四五六七八九".find(char.replace("两", "二"))
    return total + digit


@given(st.text())
def test_readings_make_up_the_text(text: str) -> None:
    assert "".join(reading.text for reading in read_chinese(text)) == text


def test_numbers_too_long_for_words_are_spelled() -> None:
    assert say_number("12345678901234567") == "一二三四五六七八九零一二三四五六七"

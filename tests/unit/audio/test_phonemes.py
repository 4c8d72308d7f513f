"""Lines of text as the phonemes that Kokoro speaks; expected strings checked by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.audio.chinese import syllables_of
from ai_video.audio.english import EnglishWords, split_pinyin, to_phonemes
from ai_video.audio.phonemes import phonemize, spoken_language
from ai_video.audio.pinyin_ipa import syllable_phonemes
from ai_video.audio.vocabulary import TOKEN_IDS, token_ids

# A few words of the CMU dictionary; the tests need no downloaded file.
DICTIONARY = {
    "hello": "HH AH0 L OW1", "world": "W ER1 L D", "the": "DH AH0", "apple": "AE1 P AH0 L",
    "cat": "K AE1 T", "water": "W AO1 T ER0", "city": "S IH1 T IY0", "little": "L IH1 T AH0 L",
    "photograph": "F OW1 T AH0 G R AE2 F", "father": "F AA1 DH ER0", "church": "CH ER1 CH",
    "judge": "JH AH1 JH", "measure": "M EH1 ZH ER0", "boy": "B OY1", "cow": "K AW1",
    "thing": "TH IH1 NG", "year": "Y IH1 R", "three": "TH R IY1", "five": "F AY1 V",
    "twenty": "T W EH1 N T IY0", "four": "F AO1 R", "nineteen": "N AY1 N T IY1 N",
    "eighty": "EY1 T IY0", "book": "B UH1 K", "chat": "CH AE1 T", "bot": "B AA1 T",
    "watch": "W AA1 CH", "dog": "D AO1 G", "box": "B AA1 K S", "want": "W AA1 N T",
    "code": "K OW1 D", "percent": "P ER0 S EH1 N T", "read": "R EH1 D", "python": "P AY1 TH AA0 N",
    "go": "G OW1", "it": "IH1 T", "and": "AE1 N D", "test": "T EH1 S T", "dot": "D AA1 T",
    "end": "EH1 N D", "hot": "HH AA1 T", "computer": "K AH0 M P Y UW1 T ER0",
}  # fmt: skip
WORDS = EnglishWords(DICTIONARY)


def said(text: str, lang: str = "zh", **options: object) -> str:
    units = phonemize(text, lang=lang, words=WORDS, **options)  # pyright: ignore[reportArgumentType]
    assert "".join(unit.text for unit in units) == text
    return "".join(unit.phonemes for unit in units)


CHINESE = [
    ("你好，世界！", "ni↗xau↓, ʂɨ↘ʨje↘!"),
    ("第一行\n第二行", "ti↘i→ɕi↗ŋ. ti↘ɚ↘ɕi↗ŋ"),
    ("“什么？！”他说……", "“ʂə↗nmɤ?” tʰa→ ʂwo→…"),
    ("3月5日", "sa→nɥe↘ u↓ɻɨ↘"),
    ("温度-3℃", "wə→ntu↘ li↗ŋɕja↘ sa→n ʂɤ↘ʂɨ↘tu↘"),
    ("AI是人工智能", "ˌAˈI ʂɨ↘ ɻə↗nkʊ→ŋꭧɨ↘nə↗ŋ"),
    ("我爱 Python", "wo↓ ai↘ pˈIθɑn"),
    ("５Ｇ网络", "u↓ ʤˈi wa↓ŋlwo↘"),
    ("《红楼梦》（1791年）", "“xʊ↗ŋlou↗mə↘ŋ” (i→ ʨʰi→ʨjou↓ i→njɛ↗n)"),
    ("绿色女儿", "ly↘sɤ↘ ny↓ɚ↗"),
    ("吃四十", "ꭧʰɨ→ sɨ↘ʂɨ↗"),
    ("軍隊與音樂", "ʨy→ntwei↘ y↓ i→nɥe↘"),
    ("……！", ""),
    ("😀", ""),
]
ENGLISH = [
    ("Hello, world!", "həlˈO, wˈɜɹld!"),
    ("The apple. The cat", "ði ˈæpᵊl. ðə kˈæt"),
    ("water city little", "wˈɔɾəɹ sˈɪɾi lˈɪɾᵊl"),
    ("photograph", "fˈOɾəɡɹˌæf"),
    ("father church judge measure", "fˈɑðəɹ ʧˈɜɹʧ ʤˈʌʤ mˈɛʒəɹ"),
    ("boy cow thing year", "bˈY kˈW θˈɪŋ jˈɪɹ"),
    ("25", "twˈɛnti fˈIv"),
    ("1984", "nˈIntˈin ˈAɾi fˈɔɹ"),
    ("5%", "fˈIv pəɹsˈɛnt"),
    ("chatbot", "ʧˈætbˌɑt"),
    ("watched dogs boxes wanted coding", "wˈɑʧt dˈɔɡz bˈɑksɪz wˈɑntɪd kˈOdɪŋ"),
    ("USA GPU", "jˌuˌɛsˈA ʤˌipˌijˈu"),
    ("NASA", "nˈæsə"),
    ("I read it. I have read it.", "ˈI ɹˈid ɪt. ˈI hæv ɹˈɛd ɪt."),
    ("HELLO THE WORLD", "həlˈO ðə wˈɜɹld"),
    ("apple -- cat", "ˈæpᵊl— kˈæt"),
    ("e.g.", "fɔɹ ɪɡzˈæmpᵊl"),
    ("Cat’s", "kˈæts"),
    ("Xiaomi Zhang", "ʃjˈWmi ʤˈɑŋ"),
    ("computer", "kəmpjˈuɾəɹ"),
]
DICTIONARY["for"] = "F AO1 R"
DICTIONARY["example"] = "IH0 G Z AE1 M P AH0 L"


@pytest.mark.parametrize(("text", "phonemes"), CHINESE)
def test_chinese_lines(text: str, phonemes: str) -> None:
    assert said(text, "zh") == phonemes


@pytest.mark.parametrize(("text", "phonemes"), ENGLISH)
def test_english_lines(text: str, phonemes: str) -> None:
    assert said(text, "en") == phonemes


READINGS = [
    ("银行行长长大了", "yin2 hang2 hang2 zhang3 zhang3 da4 le5"),
    ("重庆重新重视", "chong2 qing4 chong2 xin1 zhong4 shi4"),
    ("音乐和快乐", "yin1 yue4 he2 kuai4 le4"),
    ("我得走了", "wo2 dei2 zou3 le5"),
    ("跑得快", "pao3 de5 kuai4"),
    ("慢慢地走", "man4 man4 de5 zou3"),
    ("还没还钱", "hai2 mei2 huan2 qian2"),
    ("只有两只猫", "zhi2 you3 liang3 zhi1 mao1"),
    ("角色和角度", "jue2 se4 he2 jiao3 du4"),
    ("植物种植", "zhi2 wu4 zhong4 zhi2"),
    ("头发发现", "tou2 fa5 fa1 xian4"),
    ("便宜又方便", "pian2 yi5 you4 fang1 bian4"),
    ("不要不对", "bu2 yao4 bu2 dui4"),
    ("好不好", "hao3 bu5 hao3"),
    ("一个一天一年", "yi2 ge4 yi4 tian1 yi4 nian2"),
    ("第一统一", "di4 yi1 tong3 yi1"),
    ("看一看", "kan4 yi5 kan4"),
    ("十一月一号", "shi2 yi1 yue4 yi1 hao4"),
    ("展览馆", "zhan2 lan2 guan3"),
    ("很好", "hen2 hao3"),
    ("一会儿这儿", "yi2 hui4 er5 zhe4 er5"),
    ("朋友们", "peng2 you5 men5"),
    ("龘", "da2"),
]


@pytest.mark.parametrize(("text", "pinyin"), READINGS)
def test_characters_are_read_in_context_with_tone_changes(text: str, pinyin: str) -> None:
    assert " ".join(syllables_of(text)[1]) == pinyin


@pytest.mark.parametrize(
    ("pinyin", "phonemes"),
    [
        ("zhong1", "ꭧʊ→ŋ"), ("xue2", "ɕɥe↗"), ("lv4", "ly↘"), ("shi4", "ʂɨ↘"), ("er2", "ɚ↗"),
        ("jiong3", "ʨjʊ↓ŋ"), ("yuan2", "ɥɛ↗n"), ("weng1", "wə→ŋ"), ("ri4", "ɻɨ↘"), ("de5", "tɤ"),
        ("guang3", "kwa↓ŋ"), ("qu4", "ʨʰy↘"), ("xx1", ""), ("", ""),
    ],
)  # fmt: skip
def test_syllables(pinyin: str, phonemes: str) -> None:
    assert syllable_phonemes(pinyin) == phonemes


def test_pronunciation_given_by_the_user_wins() -> None:
    given_readings = (("重庆", "zhong4 qing4"), ("kaggle", "/kˈæɡᵊl/"), ("OK", "好"))
    assert said("重庆的Kaggle", pronunciation=given_readings) == "ꭧʊ↘ŋʨʰi↘ŋ tɤ kˈæɡᵊl"
    assert said("OK", pronunciation=given_readings) == "xau↓"
    assert said("BOOK", "en", pronunciation=given_readings) == "bˈʊk"


def test_a_number_is_one_unit_with_its_own_characters() -> None:
    units = phonemize("增长12.5%了", lang="zh", words=WORDS)
    assert [unit.text for unit in units] == ["增", "长", "12.5%", "了"]
    assert units[2].phonemes.startswith("pai↓fə→n")


@pytest.mark.parametrize(
    ("text", "lang", "spoken"),
    [("hello", "zh", "en"), ("你好", "en", "zh"), ("你好 hello", "en", "en"), ("123", "zh", "zh")],
)
def test_a_line_without_its_language_is_read_in_the_other(
    text: str, lang: str, spoken: str
) -> None:
    assert spoken_language(text, lang) == spoken  # pyright: ignore[reportArgumentType]


def test_the_vocabulary_is_the_models() -> None:
    assert len(TOKEN_IDS) == 114
    assert [TOKEN_IDS[s] for s in "$;—…ˈˌ→↓ᵻɡ"[1:]] == [1, 9, 10, 156, 157, 171, 169, 177, 92]
    assert token_ids("ˈA?") == [156, 24, 6]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["zh", "en"]))
def test_any_text_becomes_known_symbols_and_keeps_its_characters(text: str, lang: str) -> None:
    assert all(symbol in TOKEN_IDS for symbol in said(text, lang))


def test_names_in_pinyin_are_found() -> None:
    assert split_pinyin("xiaoming") == ["xiao", "ming"]
    assert split_pinyin("kokoro") == []


def test_unstressed_t_is_flapped_only_between_vowels() -> None:
    assert to_phonemes(["AH0", "T", "EH1", "N", "D"]) == "ətˈɛnd"
    assert to_phonemes(["W", "AO1", "T", "ER0"]) == "wˈɔɾəɹ"

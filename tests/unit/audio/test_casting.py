"""Casting: a voice of its own for each character, the same in every run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.audio.casting import Casting, CastMember, cast_voices, narrator_voice
from ai_video.audio.kokoro import KokoroProvider
from ai_video.audio.silent import SilentProvider

VOICES = KokoroProvider().voices()
GENDER = {voice.id: voice.gender for voice in VOICES}
LANG = {voice.id: voice.lang for voice in VOICES}

members = st.lists(
    st.builds(
        CastMember,
        id=st.uuids().map(str),
        name=st.text(min_size=1, max_size=5),
        gender=st.sampled_from(["male", "female", None]),
        age=st.sampled_from(["child", "young", "adult", "old", None]),
    ),
    max_size=30,
    unique_by=lambda member: member.id,
)


def cast(characters: list[CastMember], lang: str = "zh", narrator: str | None = None) -> Casting:
    return cast_voices(characters, VOICES, lang=lang, narrator=narrator)  # pyright: ignore[reportArgumentType]


@given(members, st.sampled_from(["zh", "en"]))
def test_everyone_gets_a_voice_of_the_language_and_its_gender(
    characters: list[CastMember], lang: str
) -> None:
    casting = cast(characters, lang)
    assert set(casting.voices) == {member.id for member in characters}
    for member in characters:
        voice = casting.voices[member.id]
        assert LANG[voice] == lang
        assert member.gender in (None, GENDER[voice])
    assert casting == cast(characters, lang)


@given(members, st.sampled_from(["zh", "en"]))
def test_nobody_shares_a_voice_while_one_of_the_gender_is_left(
    characters: list[CastMember], lang: str
) -> None:
    casting = cast(characters, lang)
    used = [casting.narrator, *casting.voices.values()]
    for voice in set(used):
        if used.count(voice) > 1:
            left = [v.id for v in VOICES if v.lang == lang and v.gender == GENDER[voice]]
            assert set(left) <= set(used)


@given(members)
def test_one_more_character_changes_nobody(characters: list[CastMember]) -> None:
    before = cast(characters)
    after = cast([*characters, CastMember("new", "新人", "male", "old")])
    assert {key: after.voices[key] for key in before.voices} == before.voices
    assert after.narrator == before.narrator


def test_the_users_choices_stand_and_are_not_given_to_others() -> None:
    mine = CastMember("1", "甲", "male", None, voice="kokoro:zm_yunxi")
    others = [CastMember(str(n), f"乙{n}", "male") for n in range(2, 5)]
    casting = cast([mine, *others], narrator="kokoro:zf_xiaoyi")
    assert casting.voices["1"] == "kokoro:zm_yunxi"
    assert casting.narrator == "kokoro:zf_xiaoyi"
    assert "kokoro:zm_yunxi" not in [casting.voices[member.id] for member in others]


def test_the_narrator_gives_way_to_a_character_with_its_voice() -> None:
    usual = narrator_voice(VOICES, lang="zh")
    assert cast([CastMember("1", "甲", voice=usual)]).narrator != usual


def test_sharers_are_told_apart_by_speed() -> None:
    crowd = [CastMember(str(n), f"男{n}", "male") for n in range(14)]
    casting = cast(crowd)
    spoken = [(casting.voices[m.id], casting.speeds[m.id]) for m in crowd]
    assert len(set(spoken)) == len(crowd)


def test_old_and_young_voices_go_to_old_and_young() -> None:
    casting = cast(
        [CastMember("1", "爷爷", "male", "old"), CastMember("2", "小弟", "male", "child")]
    )
    assert casting.voices["1"] in ("kokoro:zm_yunjian", "kokoro:zm_yunyang")
    assert casting.voices["2"] == "kokoro:zm_yunxia"


def test_the_silent_provider_casts_everyone_with_its_one_voice() -> None:
    voices = SilentProvider().voices()
    casting = cast_voices([CastMember("1", "甲", "male")], voices, lang="en", narrator=None)
    assert (casting.voices["1"], casting.narrator) == ("silent:silent", "silent:silent")


def test_no_voices_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no voices"):
        cast_voices([], [], lang="zh", narrator=None)

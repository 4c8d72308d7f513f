"""What every speech provider promises."""

import numpy as np
import pytest
from tests.contract.audio.conftest import Speaker

from ai_video.audio.levelling import RATE
from ai_video.audio.loudness import loudness
from ai_video.domain.ports import Speech, SpeechRequest
from ai_video.errors import ConfigurationFailure

LINES = {"zh": "你好，我有2只猫。", "en": "Hello, I have 2 cats."}


async def speak(speaker: Speaker, lang: str, text: str | None = None, **more: object) -> Speech:
    request = SpeechRequest(
        text=LINES[lang] if text is None else text,
        voice=speaker.voice(lang),
        lang=lang,  # pyright: ignore[reportArgumentType]
        **more,  # pyright: ignore[reportArgumentType]
    )
    return await speaker.provider.speak(request)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_line_comes_back_trimmed_levelled_and_timed(speaker: Speaker, lang: str) -> None:
    speech = await speak(speaker, lang)
    assert speech.rate == RATE
    assert speech.samples.dtype == np.float32
    assert speech.samples.ndim == 1
    assert 0.5 < speech.duration_s < 6
    assert "".join(mark.text for mark in speech.marks) == LINES[lang]
    borders = [at for mark in speech.marks for at in (mark.start_s, mark.end_s)]
    assert borders == sorted(borders)
    assert borders[0] >= 0
    assert borders[-1] <= speech.duration_s + 1e-6
    if speaker.is_heard:
        assert loudness(speech.samples, RATE) == pytest.approx(-20, abs=1)
        assert np.abs(speech.samples).max() <= 0.96
        loud = np.flatnonzero(np.abs(speech.samples) > 0.05 * np.abs(speech.samples).max())
        spoken = [mark for mark in speech.marks if mark.text[0].isalnum()]
        assert abs(loud[0] / RATE - spoken[0].start_s) < 0.08
        assert speech.duration_s - loud[-1] / RATE < 0.3


@pytest.mark.parametrize("text", ["", "……", "😀", "！？", "\u200b"])
async def test_nothing_speakable_is_a_short_silence(speaker: Speaker, text: str) -> None:
    speech = await speak(speaker, "zh", text)
    assert 0 < speech.duration_s < 1
    assert not speech.samples.any()
    assert speech.marks == ()


async def test_the_same_request_gives_the_same_samples(speaker: Speaker) -> None:
    first = await speak(speaker, "zh", "好的。", seed=7)
    again = await speak(speaker, "zh", "好的。", seed=7)
    assert np.array_equal(first.samples, again.samples)
    assert first.marks == again.marks


async def test_faster_is_shorter(speaker: Speaker) -> None:
    slow = await speak(speaker, "zh", "我们走吧。", speed=0.8)
    fast = await speak(speaker, "zh", "我们走吧。", speed=1.25)
    assert fast.duration_s < slow.duration_s


async def test_an_unknown_voice_is_a_failure_that_a_person_must_mend(speaker: Speaker) -> None:
    with pytest.raises(ConfigurationFailure, match="voice_unknown"):
        await speaker.provider.speak(SpeechRequest("好", "nobody:x", "zh"))


def test_voices_carry_the_providers_name(speaker: Speaker) -> None:
    voices = speaker.provider.voices()
    assert len({voice.id for voice in voices}) == len(voices) > 0
    assert all(voice.id.startswith(f"{speaker.provider.name}:") for voice in voices)

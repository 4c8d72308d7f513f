"""Real speech, judged by numbers; a few short lines, since each costs seconds."""

import numpy as np
import pytest

from ai_video.audio.kokoro import FRAME, KokoroProvider, pieces_of
from ai_video.audio.levelling import RATE
from ai_video.audio.phonemes import Unit
from ai_video.audio.voice_files import COMMAND, find_voices
from ai_video.domain.ports import Speech, SpeechRequest

pytestmark = pytest.mark.skipif(
    find_voices() is None, reason=f"the voices are not there; run: {COMMAND}"
)
KOKORO = KokoroProvider()


async def speak(text: str, voice: str, lang: str = "zh") -> Speech:
    request = SpeechRequest(text, f"kokoro:{voice}", lang)  # pyright: ignore[reportArgumentType]
    return await KOKORO.speak(request)


def pitches(samples: np.ndarray) -> np.ndarray:
    """Fundamental frequency (Hz) of each voiced 40 ms, every 10 ms, by autocorrelation."""
    window, hop, found = RATE // 25, RATE // 100, []
    for start in range(0, len(samples) - window, hop):
        part = samples[start : start + window] - samples[start : start + window].mean()
        if (part**2).mean() < 1e-4:
            continue
        lags = np.correlate(part, part, "full")[window - 1 :]
        best = RATE // 450 + int(np.argmax(lags[RATE // 450 : RATE // 70]))
        if lags[best] > 0.5 * lags[0]:
            found.append(RATE / best)
    return np.array(found)


def slope(speech: Speech, index: int) -> float:
    """Semitones from the first to the last third of a character."""
    mark = speech.marks[index]
    heard = pitches(speech.samples[int(mark.start_s * RATE) : int(mark.end_s * RATE)])
    third = max(1, len(heard) // 3)
    return float(12 * np.log2(np.median(heard[-third:]) / np.median(heard[:third])))


async def test_frames_of_all_phonemes_make_up_the_sound_exactly() -> None:
    piece = pieces_of([Unit("你", "ni↗"), Unit("好", "xau↓"), Unit("。", ".")])[0]
    style = KOKORO._style("zf_xiaoxiao")
    samples, frames = KOKORO._run([56, 51, 172, 66, 43, 63, 169, 4], style[7], 1.0)
    assert frames.sum() * FRAME == len(samples)
    cut, spans = KOKORO._speak_piece(piece, style, 1.0)
    assert spans[0][1] == spans[1][0]
    assert spans[-1][1] <= len(cut)


async def test_tones_go_the_right_way() -> None:
    speech = await speak("他不来，十四，妈妈骂。", "zf_xiaoxiao")
    texts = [mark.text for mark in speech.marks]
    assert slope(speech, texts.index("来")) > 1
    assert slope(speech, texts.index("四")) < -1
    assert slope(speech, texts.index("骂")) < -1


async def test_sound_is_in_the_characters_and_quiet_in_the_pauses() -> None:
    speech = await speak("今天下雨。我们在家，看书。", "zm_yunyang")

    def level(mark_text: str) -> float:
        parts = [
            speech.samples[int(m.start_s * RATE) : int(m.end_s * RATE)]
            for m in speech.marks[:-1]
            if (m.text in "。，") == (mark_text in "。，")
        ]
        return float(np.sqrt((np.concatenate(parts) ** 2).mean()))

    assert level("字") > 1.5 * level("，")
    spoken = [m.end_s - m.start_s for m in speech.marks if m.text not in "。，"]
    assert 0.1 < np.mean(spoken) < 0.35


async def test_voices_differ_in_pitch_and_blends_lie_between() -> None:
    medians = {}
    for voice in ("zf_xiaoxiao", "zm_yunjian", "zm_yunjian+zm_yunyang"):
        speech = await speak("大家好。", voice)
        medians[voice] = float(np.median(pitches(speech.samples)))
    assert medians["zf_xiaoxiao"] > 1.25 * medians["zm_yunjian"]
    assert len({round(value) for value in medians.values()}) == 3


async def test_english_and_mixed_lines_are_spoken_in_full() -> None:
    speech = await speak("Three cats, 5% off.", "am_michael", "en")
    assert [m.text for m in speech.marks if m.text.strip(" ,.")] == ["Three", "cats", "5%", "off"]
    assert all(m.end_s - m.start_s > 0.1 for m in speech.marks if m.text.strip(" ,."))

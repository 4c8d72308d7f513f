"""Which provider stands behind a choice, and what is said when there is none."""

import wave
from pathlib import Path

import numpy as np
import pytest

from ai_video.audio import registry
from ai_video.audio.edge import marks_of_words
from ai_video.audio.espeak import EspeakProvider
from ai_video.audio.registry import build_provider, default_voice
from ai_video.domain.ports import SpeechMark, SpeechRequest
from ai_video.errors import InputRefused, NotAvailable, SystemFailure


def test_auto_is_kokoro_or_a_clear_no(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "find_voices", lambda: tmp_path)
    assert build_provider("auto").name == "kokoro"
    monkeypatch.setattr(registry, "find_voices", lambda: None)
    with pytest.raises(NotAvailable) as caught:
        build_provider("auto", offline=True)
    assert "ai_video.audio.voice_files" in caught.value.hint("zh")


def test_the_named_providers_are_never_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build_provider("silent").name == "silent"
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotAvailable, match="espeak"):
        build_provider("espeak")


def test_gpt_sovits_takes_its_server_and_voices_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "gpt-sovits.toml"
    with pytest.raises(NotAvailable) as caught:
        build_provider("gpt-sovits", gpt_sovits_file=file)
    assert str(file) in caught.value.hint()
    file.write_text('[[voice]]\npath = "/v/林.wav"\ngender = "female"\n', encoding="utf-8")
    provider = build_provider("gpt-sovits", gpt_sovits_file=file)
    assert [(v.id, v.gender) for v in provider.voices()] == [("gpt-sovits:/v/林.wav|zh|", "female")]
    for broken in (
        "[[voice",
        "url = 5",
        'url = "ftp://x"',
        "voice = []",
        "[[voice]]\npath = 'a|b'",
    ):
        file.write_text(broken, encoding="utf-8")
        with pytest.raises(InputRefused, match="file_unreadable"):
            build_provider("gpt-sovits", gpt_sovits_file=file)


def test_edge_needs_its_package_and_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NotAvailable, match="edge-tts"):
        build_provider("edge")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    with pytest.raises(NotAvailable) as caught:
        build_provider("edge", offline=True)
    assert "AIVIDEO_OFFLINE" in caught.value.hint()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_default_voices_speak_the_language_and_suit_the_gender(lang: str) -> None:
    assert default_voice(lang) == default_voice(lang, "female")  # pyright: ignore[reportArgumentType]
    assert default_voice(lang, "male").split(":")[1][1] == "m"  # pyright: ignore[reportArgumentType]


async def test_espeak_runs_as_a_child_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = tmp_path / "out.wav"
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(22_050)
        tone = np.sin(np.arange(22_050) / 20) * 8000
        out.writeframes(tone.astype("<i2").tobytes())
    program = tmp_path / "espeak-ng"
    program.write_text(
        f'#!/bin/sh\ncat > {tmp_path}/said\necho "$@" > {tmp_path}/args\ncat {sound}\n'
    )
    program.chmod(0o755)
    provider = EspeakProvider(str(program))
    speech = await provider.speak(SpeechRequest("你好世界", "espeak:zh_male", "zh", speed=1.2))
    assert (tmp_path / "said").read_text() == "你好世界"
    assert "-v cmn+m3 -s 198" in (tmp_path / "args").read_text()
    assert speech.duration_s == pytest.approx(1.0, abs=0.05)
    assert [mark.text for mark in speech.marks] == list("你好世界")
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    with pytest.raises(SystemFailure, match="broken"):
        await provider.speak(SpeechRequest("你好", "espeak:zh_male", "zh"))


def test_a_services_words_become_marks_that_make_up_the_line() -> None:
    marks = marks_of_words("你好，世界！", [("你好", 0.1, 0.5), ("世界", 0.8, 1.2)])
    assert marks == (
        SpeechMark("你好", 0.1, 0.5),
        SpeechMark("，", 0.5, 0.8),
        SpeechMark("世界", 0.8, 1.2),
        SpeechMark("！", 1.2, 1.2),
    )
    assert marks_of_words("你好", [("再见", 0, 1)]) == ()

"""The GPT-SoVITS client against a server that answers as the real one does."""

import json
import subprocess
import sys

import httpx
import pytest

from ai_video.audio.fake_tts import FakeServer
from ai_video.audio.gpt_sovits import GptSovitsProvider, ReferenceVoice, parse_voice
from ai_video.domain.ports import SpeechRequest
from ai_video.errors import ConfigurationFailure, SystemFailure, TransientFailure

VOICE = ReferenceVoice("/voices/甲.wav", "en", "a|b").id


async def test_the_request_says_what_the_server_needs(fake_tts: FakeServer) -> None:
    provider = GptSovitsProvider(fake_tts.url + "/")
    await provider.speak(SpeechRequest("你好", VOICE, "zh", speed=1.1, seed=5))
    body = fake_tts.log[0]["body"]
    assert body["ref_audio_path"] == "/voices/甲.wav"
    assert (body["prompt_lang"], body["prompt_text"], body["text_lang"]) == ("en", "a|b", "zh")
    assert (body["seed"], body["speed_factor"], body["media_type"]) == (5, 1.1, "wav")


@pytest.mark.parametrize(
    ("text", "failure", "code"),
    [
        ("FAIL400", ConfigurationFailure, "speech_service_refused"),
        ("FAIL500", TransientFailure, "speech_service_unreachable"),
        ("GARBAGE", SystemFailure, "speech_failed"),
    ],
)
async def test_each_answer_has_its_class_of_failure(
    fake_tts: FakeServer, text: str, failure: type[Exception], code: str
) -> None:
    with pytest.raises(failure, match=code):
        await GptSovitsProvider(fake_tts.url).speak(SpeechRequest(text, VOICE, "zh"))


async def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    provider = GptSovitsProvider(transport=httpx.MockTransport(refuse))
    with pytest.raises(TransientFailure) as caught:
        await provider.speak(SpeechRequest("你好", VOICE, "zh"))
    assert "127.0.0.1:9880" in caught.value.message("zh")


def test_a_voice_id_reads_back() -> None:
    assert parse_voice(VOICE) == ReferenceVoice("/voices/甲.wav", "en", "a|b")
    with pytest.raises(ConfigurationFailure):
        parse_voice("gpt-sovits:")


def test_the_stand_in_server_prints_its_address_first() -> None:
    command = [sys.executable, "-m", "ai_video.audio.fake_tts", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        answer = httpx.post(f"{url}/tts", json={"text": "你好"})
        log = httpx.get(f"{url}/_fake/log").json()
        server.terminate()
    assert answer.status_code == 400
    assert answer.json()["message"] == "tts failed"
    assert log["items"][0]["body"] == {"text": "你好"}

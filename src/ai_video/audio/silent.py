"""No voice: silence as long as the speech would be. Also the fast double of every provider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ai_video.audio.estimated import estimated_duration_s, estimated_marks, is_speakable
from ai_video.audio.levelling import RATE, short_silence
from ai_video.domain.ports import Speech, SpeechRequest, Voice
from ai_video.errors import ConfigurationFailure


class SilentProvider:
    """Deterministic, instant, offline; its marks are estimates."""

    name = "silent"
    version = "1"

    def voices(self) -> Sequence[Voice]:
        return (Voice("silent:silent", "multi", None, "静音 Silent"),)

    async def speak(self, request: SpeechRequest) -> Speech:
        """Silence of the estimated length.

        Raises:
            ConfigurationFailure: `voice_unknown`.
        """
        if request.voice != "silent:silent":
            raise ConfigurationFailure("voice_unknown", provider=self.name, voice=request.voice)
        if not is_speakable(request.text):
            return short_silence("estimated")
        duration = estimated_duration_s(request.text, speed=request.speed)
        samples = np.zeros(round(duration * RATE), np.float32)
        marks = estimated_marks(request.text, 0.0, len(samples) / RATE)
        return Speech(samples, RATE, marks, "estimated")

"""The speech providers of a studio, each built when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ai_video.domain.ports import SpeechProvider
from ai_video.settings import VoiceChoice

Build = Callable[[VoiceChoice], SpeechProvider]


@dataclass(slots=True)
class SpeechProviders:
    """`provider("auto")` is the best one that is there; never a silent swap of a named one."""

    build: Build
    _built: dict[str, SpeechProvider] = field(default_factory=dict[str, SpeechProvider])

    def provider(self, choice: str) -> SpeechProvider:
        """The provider behind a choice.

        Raises:
            NotAvailable: it is not installed, not enabled or not reachable.
        """
        if choice not in self._built:
            self._built[choice] = self.build(choice)  # pyright: ignore[reportArgumentType]  settings are validated
        return self._built[choice]

    def named(self, name: str) -> SpeechProvider:
        """The provider that calls itself `name` (as a stored voice does)."""
        for provider in self._built.values():
            if provider.name == name:
                return provider
        return self.provider(name)

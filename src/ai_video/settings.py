"""Settings: flag > environment (`AIVIDEO_*`) > `DIR/config.toml` > default."""

from __future__ import annotations

import locale
import os
import sys
import tomllib
from pathlib import Path
from typing import Literal, cast

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ai_video.errors import InputRefused

LlmChoice = Literal["auto", "rules", "claude-code", "anthropic", "openai"]
VoiceChoice = Literal["auto", "kokoro", "espeak", "edge", "gpt-sovits", "silent"]


class Settings(BaseSettings):
    """Every setting, its default and what it is for; docs/reference/settings.md lists the same."""

    model_config = SettingsConfigDict(env_prefix="AIVIDEO_", extra="forbid", frozen=True)

    home: Path = Field(description="Data folder: everything the program writes stands here.")
    database_url: str = Field(
        default="", description="Database; empty = SQLite inside the data folder."
    )
    blobs: str = Field(
        default="", description="Blob store: empty = folder inside the data folder, or s3://bucket."
    )
    broker_url: str = Field(
        default="",
        description="Queue: redis://host:6379/0 = tasks run in workers; empty = in this process.",
    )
    comfyui_url: str = Field(default="", description="ComfyUI servers, separated by commas.")
    llm: LlmChoice = Field(
        default="auto", description="Language model; auto: the first enabled one that is ready."
    )
    voice: VoiceChoice = Field(default="auto", description="Speech provider.")
    token: str = Field(default="", description="Bearer token; required off loopback.")
    lang: Literal["auto", "zh", "en"] = Field(default="auto", description="Language of messages.")
    slots: int = Field(
        default=8, ge=1, le=512, description="Tasks that may run at once, in all workers together."
    )
    least_free_mb: int = Field(
        default=500,
        ge=0,
        description="Less free disk than this, and tasks wait instead of starting.",
    )
    cost_cap_per_day: float | None = Field(
        default=None,
        ge=0,
        description="No new attempt on paid servers, no call of a model, once a day cost this much.",
    )
    offline: bool = Field(default=False, description="1 = reach nothing but loopback.")
    probes: bool = Field(default=False, description="1 = register the probe.* task kinds.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        flags = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        said = cast("dict[str, object]", flags).get("home")
        home = Path(str(said or os.environ.get("AIVIDEO_HOME") or default_home()))
        return (
            InitSettingsSource(settings_cls, {**flags, "home": home.absolute()}),
            env_settings,
            InitSettingsSource(settings_cls, _config_file(home)),
        )

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'ai-video.sqlite3'}"


def default_home() -> Path:
    """The data folder when nobody names one."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "ai-video"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "ai-video"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "ai-video"


def message_language(settings: Settings) -> Literal["zh", "en"]:
    """The language of messages: as set, else that of the system, else English."""
    if settings.lang != "auto":
        return settings.lang
    system = locale.getlocale()[0] or os.environ.get("LANG", "")
    return "zh" if system.lower().startswith(("zh", "chinese")) else "en"


def _config_file(home: Path) -> dict[str, object]:
    path = home / "config.toml"
    if not path.is_file():
        return {}
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as exc:
        raise InputRefused("file_unreadable", path=str(path), reason=str(exc)) from exc


def load_settings(**flags: object) -> Settings:
    """The settings in force; `flags` holds what the command line said (None = not said).

    Raises:
        InputRefused: a value of any source is malformed; `fields` names it.
    """
    said = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**said)  # pyright: ignore[reportArgumentType]  values are validated right here
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputRefused("invalid_value", field=name, reason=first["msg"]) from exc

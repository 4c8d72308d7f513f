"""What the doors ask of the studio and what they get back: the contract's documents as types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ai_video.domain.entities import ConsistencyLevel, Json
from ai_video.domain.slots import Aspect, Slots
from ai_video.settings import LlmChoice, VoiceChoice

Until = Literal["script", "storyboards", "keyframes"]
Progress = Callable[[str, float], None]
"""Told what is being done, and how much of it is done: 0 to 1."""
MusicChoice = Literal["auto", "none", "calm", "tense", "bright", "solemn"]


class Document(BaseModel):
    """A border value; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MakeRequest(Document):
    """A text and what the user said about its film; None = not said."""

    text: str
    name: str = Field(default="", description="file stem, or empty for standard input")
    source_path: str | None = None
    output: str | None = None
    project: str | None = Field(default=None, description="project name")
    episode: str | None = Field(default=None, description="episode number or title")
    mode: Literal["auto", "drama", "news", "science", "narration"] = "auto"
    lang: Literal["auto", "zh", "en"] = "auto"
    aspect: Aspect | None = None
    size: Literal["360p", "480p", "720p", "1080p"] | None = None
    fps: Literal[24, 25, 30] | None = None
    length: float | None = Field(default=None, gt=0, le=4 * 3600)
    level: ConsistencyLevel | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    generator: Literal["auto", "animatic", "comfyui"] | None = None
    llm: LlmChoice | None = None
    voice: VoiceChoice | None = None
    music: MusicChoice | None = None
    music_file: str | None = Field(default=None, description="an own music file's path")
    until: Until | None = None
    dry_run: bool = False
    source_format: Literal["text", "markdown", "fountain", "docx"] = "text"
    pictures: dict[str, str] = Field(default={}, description="figure name in the text -> file path")


class MakeBody(BaseModel):
    """A text and what is said about its film: as the command's options, but no file is named."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=4_000_000)
    name: str = Field(default="", max_length=200)
    project: str | None = Field(default=None, max_length=200, description="project name")
    episode: str | None = Field(default=None, max_length=200, description="number or title")
    mode: Literal["auto", "drama", "news", "science", "narration"] = "auto"
    lang: Literal["auto", "zh", "en"] = "auto"
    aspect: Aspect | None = None
    size: Literal["360p", "480p", "720p", "1080p"] | None = None
    fps: Literal[24, 25, 30] | None = None
    length: float | None = Field(default=None, gt=0, le=4 * 3600, description="seconds")
    level: ConsistencyLevel | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    generator: Literal["auto", "animatic", "comfyui"] | None = None
    llm: LlmChoice | None = None
    voice: VoiceChoice | None = Field(default=None, description="speech provider")
    narrator_voice: str | None = Field(default=None, max_length=200, description="a voice's id")
    music: MusicChoice | None = None
    until: Until | None = None
    source_format: Literal["text", "markdown", "fountain", "docx"] = "text"


class RenderBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shots: tuple[int, int] | None = Field(default=None, description="shot numbers, both inclusive")
    scene: int | None = Field(default=None, ge=1, le=1_000_000)
    until: Literal["keyframes"] | None = None


class RenderRequest(Document):
    episode_id: UUID
    output: str | None = None
    shots: tuple[int, int] | None = Field(default=None, description="shot numbers, both inclusive")
    scene: int | None = None
    until: Literal["keyframes"] | None = None
    dry_run: bool = False


class FilmFile(Document):
    path: str
    sha256: str
    stream_sha256: str
    duration_s: float
    width: int
    height: int
    fps: float
    version: int


class Sidecars(Document):
    srt: str | None = None
    vtt: str | None = None
    ass: str | None = None


class Used(Document):
    generator: str
    llm: str
    voice: str


class Degraded(Document):
    code: str
    message: str
    storyboard_id: UUID | None = None


class TaskCounts(Document):
    """The six others add up to `total`."""

    total: int = 0
    executed: int = 0
    satisfied: int = 0
    skipped: int = 0
    cancelled: int = 0
    blocked: int = 0
    manual_review: int = 0


class ExecutedTask(Document):
    task_id: UUID | None
    kind: str
    part: int | None
    storyboard_id: UUID | None
    line_id: UUID | None
    attempts: int
    cause: Literal["missing", "stale", "retry"]
    changed: list[str]


class ShotCharacter(Document):
    id: UUID
    name: str
    voice: str | None


class ShotScene(Document):
    id: UUID
    name: str


class ShotLine(Document):
    id: UUID
    speaker: str
    text: str
    start_s: float | None
    end_s: float | None
    voice: str | None
    timing: Literal["exact", "service", "estimated"] | None


class ShotTakes(Document):
    image: UUID | None
    video: UUID | None


class ShotDocument(Document):
    id: UUID
    scene_number: int
    shot_number: int
    label: str
    start_s: float | None
    duration_s: float
    description: str
    slots: Slots
    characters: list[ShotCharacter]
    scene: ShotScene | None
    lines: list[ShotLine]
    takes: ShotTakes
    source_paragraphs: list[int]


class CardDocument(Document):
    """A card of the film that is no shot."""

    kind: Literal["title", "end"]
    start_s: float
    duration_s: float


class CostEstimate(Document):
    """What a run's tasks on servers may cost: all of them on the dearest paid one.

    `gpu_s`: how long they take there, as their templates say.
    """

    tasks: int
    gpu_s: float
    amount: float
    currency: str


class FilmDocument(Document):
    """What `make` and `render` answer.

    `cost_estimate`: before the run; null where no server is paid. `cost`: of the run, by currency.
    """

    ok: bool
    project_id: UUID
    episode_id: UUID
    dag_id: UUID | None
    dry_run: bool
    film: FilmFile | None
    sidecars: Sidecars
    used: Used
    degraded: list[Degraded]
    tasks: TaskCounts
    executed: list[ExecutedTask]
    storyboards: list[ShotDocument]
    cards: list[CardDocument]
    cost_estimate: CostEstimate | None
    cost: dict[str, float]
    wall_s: float
    cpu_s: float


class CoverDocument(Document):
    """A cover in one of the ratios that platforms ask for; `path` where it was written to a folder."""

    ratio: str
    width: int
    height: int
    asset_id: UUID
    url: str
    path: str | None = None


class ChapterDocument(Document):
    start_s: float
    title: str


class PublishDocument(Document):
    """What `episodes publish` answers; `current` says whether the film shows the last edits.

    `folder`, `film`, `sidecars` and paths are there when files were written.
    """

    ok: bool
    episode_id: UUID
    title: str
    summary: str
    chapters: list[ChapterDocument]
    sources: list[str]
    ai_statement: str
    description: str
    description_path: str | None = None
    current: bool
    covers: list[CoverDocument]
    folder: str | None = None
    film: FilmFile | None = None
    sidecars: Sidecars = Sidecars()


class SeriesDocument(Document):
    """`make` on a text with several episodes."""

    ok: bool
    project_id: UUID
    episodes: list[FilmDocument]


class StaleRow(Document):
    """One artifact that is not current after an edit."""

    kind: str
    part: int | None
    episode_id: UUID
    storyboard_id: UUID | None
    line_id: UUID | None
    changed: list[str]
    maybe: bool


class TranslatedLine(Document):
    id: UUID
    text: str
    translation: str


class TranslationDocument(Document):
    """What `lines import-translation` answers: cues by their number in the file."""

    ok: bool
    episode_id: UUID
    matched_by: Literal["time", "order"]
    lines: list[TranslatedLine]
    untranslated: list[UUID]
    unmatched_cues: list[int]
    stale: list[StaleRow]


class EditAnswer(Document):
    ok: bool
    item: Json
    stale: list[StaleRow]


class Page(Document):
    """A list with a cursor."""

    items: list[Json]
    next: str | None

"""A text becomes a script, a script becomes planned shots.

Entry points: `read_source` (bytes to text), `split_episodes`, `read_script` (text to structure) and
`ScriptContent.text()` (and back), `RuleWriter` and `ModelWriter` behind the protocol
`StoryboardWriter`, `match_shots` (ids that survive an edit). May import: domain, filmwords, errors.
Test doubles: a `RuleWriter` is pure and fast, so tests use the real one; a `ModelWriter` is given
`llm.scripted.ScriptedLLM`.
"""

from ai_video.writing.episodes import EpisodeText, split_episodes
from ai_video.writing.match import OldLine, OldShot, ShotMatch, match_shots
from ai_video.writing.model_writer import ModelWriter, ProposedShot
from ai_video.writing.modes import detect_lang, detect_mode
from ai_video.writing.plan import (
    Cast,
    CharacterDraft,
    Degradation,
    EpisodePlan,
    LineDraft,
    SceneDraft,
    ShotDraft,
    WriterOptions,
)
from ai_video.writing.reading import read_script
from ai_video.writing.rule_writer import RuleWriter, StoryboardWriter
from ai_video.writing.script import ScriptContent, script_schema
from ai_video.writing.source import SourceText, read_source

__all__ = [
    "Cast",
    "CharacterDraft",
    "Degradation",
    "EpisodePlan",
    "EpisodeText",
    "LineDraft",
    "ModelWriter",
    "OldLine",
    "OldShot",
    "ProposedShot",
    "RuleWriter",
    "SceneDraft",
    "ScriptContent",
    "ShotDraft",
    "ShotMatch",
    "SourceText",
    "StoryboardWriter",
    "WriterOptions",
    "detect_lang",
    "detect_mode",
    "match_shots",
    "read_script",
    "read_source",
    "script_schema",
    "split_episodes",
]

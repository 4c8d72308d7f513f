"""Kinds of records by their plural name, the same in routes, commands and verbs."""

from __future__ import annotations

from ai_video.domain import entities as e

ENTITIES: dict[str, type[e.Entity]] = {
    "projects": e.Project,
    "world-settings": e.WorldSetting,
    "characters": e.Character,
    "scenes": e.Scene,
    "episodes": e.Episode,
    "drafts": e.Draft,
    "scripts": e.Script,
    "storyboards": e.Storyboard,
    "lines": e.Line,
    "takes": e.Take,
    "assets": e.Asset,
    "videos": e.GeneratedVideo,
    "workflows": e.ComfyWorkflow,
    "loras": e.LoraAsset,
    "servers": e.ComfyServer,
}

"""Subtitles in a second language: taken from a file, line by line."""

from __future__ import annotations

from uuid import UUID

from ai_video.composition.second_language import (
    HeardLine,
    MatchBy,
    Matched,
    match_cues,
    read_cues,
)
from ai_video.domain.entities import Episode, Line
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.film.sheet import film_as_it_stands
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.production.film_snapshot import load_snapshot
from ai_video.studio.record_owners import check_shots_writable
from ai_video.studio.records.episode_history import remember_edit, rows_of_episode
from ai_video.studio.requests import ShotLine, TranslatedLine, TranslationDocument
from ai_video.studio.studio import Studio
from ai_video.writing.encodings import decode

SUBTITLE_LIMIT = 4 * 1024 * 1024
"""Bytes; a film of four hours has less than a tenth of that."""


async def import_translation(
    studio: Studio, episode_id: UUID, data: bytes, *, name: str, by: MatchBy = "auto"
) -> TranslationDocument:
    """Give an episode's lines the second language that a subtitle file has for them.

    Lines that the file says nothing about keep what they have. One undo takes all of it back.

    Raises:
        NotFound: no such episode.
        InputRefused: `subtitles_unreadable`, `subtitles_do_not_match`, `no_lines`, or not text.
        Conflict: its project is archived.
    """
    if len(data) > SUBTITLE_LIMIT:
        raise InputRefused("upload_too_large", limit=SUBTITLE_LIMIT)
    cues = read_cues(decode(data)[0], name=name)
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, episode_id))
    film = await film_as_it_stands(studio, snapshot)
    lines = [line for shot in film.storyboards for line in shot.lines]
    if not lines:
        raise InputRefused("no_lines", episode=snapshot.episode.title)
    matched = match_cues(cues, _heard(lines), by=by, name=name)
    await studio.database.write(lambda unit: _translated(unit, episode_id, lines, matched))
    return TranslationDocument(
        ok=True,
        episode_id=episode_id,
        matched_by=matched.by,
        lines=[
            TranslatedLine(id=line.id, text=line.text, translation=text)
            for line, text in zip(lines, matched.texts, strict=True)
            if text
        ],
        untranslated=[line.id for line, text in zip(lines, matched.texts, strict=True) if not text],
        unmatched_cues=[cue.number for cue in matched.left],
        stale=await stale_rows(studio, episode_id),
    )


def _heard(lines: list[ShotLine]) -> list[HeardLine]:
    """Times of lines; a line without any (its voice is not there yet) meets no cue."""
    return [HeardLine(line.start_s or 0.0, line.end_s or 0.0) for line in lines]


async def _translated(
    unit: Unit, episode_id: UUID, lines: list[ShotLine], matched: Matched
) -> None:
    episode = await unit.get(Episode, episode_id)
    await check_shots_writable(unit, episode)
    before = await rows_of_episode(unit, episode_id)
    for line, text in zip(lines, matched.texts, strict=True):
        if text:
            await unit.change(await unit.get(Line, line.id), translation=text)
    await remember_edit(unit, episode_id, label="edit", before=before)
    await unit.event("episode.changed", episode_id, fields=["translation"])

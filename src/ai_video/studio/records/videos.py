"""The finished films of an episode; every version stays playable."""

from __future__ import annotations

from uuid import UUID

from ai_video.domain.entities import Episode, GeneratedVideo
from ai_video.storage.database import Unit
from ai_video.studio.records.record_documents import documents
from ai_video.studio.requests import Page
from ai_video.studio.studio import Studio


async def list_videos(studio: Studio, episode_id: UUID) -> Page:
    """All versions of an episode's film, newest first, with length and address.

    Raises:
        NotFound: no such episode.
    """

    async def work(unit: Unit) -> Page:
        await unit.get(Episode, episode_id)
        found = await unit.find(GeneratedVideo, episode_id=episode_id, order_by=("-version",))
        return Page(items=await documents(unit, found), next=None)

    return await studio.database.read(work)

"""What of an episode is not current after an edit."""

from __future__ import annotations

from uuid import UUID

from ai_video.errors import NotAvailable, ServiceFailed
from ai_video.studio.film.parts import film_parts
from ai_video.studio.film.state import film_states
from ai_video.studio.production.film_plan import plan_film
from ai_video.studio.production.film_snapshot import load_snapshot
from ai_video.studio.requests import StaleRow
from ai_video.studio.studio import Studio


async def stale_rows(studio: Studio, episode_id: UUID) -> list[StaleRow]:
    """Every artifact the next render has to look at; `maybe` ones run only where that proves needed.

    Empty while nothing of the episode was ever made (all of it is missing then, not stale), and
    where the asked generator or voice is not there or does not answer.
    """
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, episode_id))
    if not snapshot.shots or not await studio.store.last_params(episode_id):
        return []
    try:
        parts, _ = await film_parts(studio, snapshot)
    except (NotAvailable, ServiceFailed):
        return []
    states = await film_states(studio, episode_id, plan_film(snapshot, parts))
    return [
        StaleRow(
            kind=state.spec.kind,
            part=state.spec.part,
            episode_id=episode_id,
            storyboard_id=state.spec.storyboard_id,
            line_id=state.spec.line_id,
            changed=list(state.changed),
            maybe=state.maybe,
        )
        for state in states
        if not state.current
    ]

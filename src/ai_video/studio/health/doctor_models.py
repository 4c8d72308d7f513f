"""Doctor's checks of the language models that are enabled; none of them is asked anything."""

from __future__ import annotations

from ai_video.domain.entities import EnabledModel, Json
from ai_video.errors import NotAvailable
from ai_video.studio.studio import Studio


async def active_model_name(studio: Studio) -> str:
    """Who answers where nobody asks for another; `none` where settings name one that cannot."""
    try:
        return (await studio.models.active()).name
    except NotAvailable:
        return "none"


async def model_checks(studio: Studio) -> list[Json]:
    """A row for each enabled model, and one where settings name one that is not enabled."""
    enabled = await studio.models.enabled()
    rows = [await _check(studio, row) for row in enabled.values()]
    setting = studio.settings.llm
    if setting not in ("auto", "rules", *enabled):
        missing = NotAvailable(setting, f"ai-video llm enable {setting}")
        rows.append(_row(setting, "fail", missing.message(), missing.hint()))
    return rows


async def _check(studio: Studio, enabled: EnabledModel) -> Json:
    lack = await studio.models.lack(enabled)
    if lack is None:
        where = f" at {enabled.url}" if enabled.url else ""
        return _row(enabled.name, "ok", f"{enabled.model or 'default model'}{where}, not asked now")
    state = "fail" if studio.settings.llm == enabled.name else "warn"
    return _row(enabled.name, state, lack.error.message(), lack.error.hint())


def _row(name: str, state: str, message: str, fix: str = "") -> Json:
    return {"id": f"llm.{name}", "state": state, "message": message, "fix": fix}

"""From what a service answered to the failure that the studio knows."""

from __future__ import annotations

from typing import Final

from ai_video.domain.language_models import ModelFailed

_LONGEST: Final = 300


def failure_of_status(status: int, reason: str, *, provider: str, model: str) -> ModelFailed:
    """What an HTTP status of a model's service means; `reason` is what the service said."""
    code = "llm_failed"
    if status in (401, 403):
        code = "llm_unauthorized"
    elif status in (429, 529):
        code = "llm_rate_limited"
    elif status in (502, 503, 504):
        code = "llm_unreachable"
    said = " ".join(reason.split())[:_LONGEST]
    return ModelFailed(code, provider=provider, model=model, reason=f"{status} {said}".strip())


def refused(reason: str, *, provider: str, model: str) -> ModelFailed:
    """The model declined to answer; `reason` is what it said instead."""
    said = " ".join(reason.split())[:_LONGEST]
    return ModelFailed("llm_refused", provider=provider, model=model, reason=said or "-")

"""From pydantic-ai's exceptions to the failures that the studio knows."""

from __future__ import annotations

from typing import cast

from ai_video.domain.language_models import ModelFailed
from ai_video.llm.failures import failure_of_status, refused


def failure_of(error: Exception, *, provider: str, model: str) -> ModelFailed:
    """What an exception of the library means; its text stays free of headers."""
    from pydantic_ai.exceptions import (
        ContentFilterError,
        ModelAuthenticationError,
        ModelConnectionError,
        ModelHTTPError,
        ModelQuotaExceededError,
        ModelRateLimitError,
        ModelUnavailableError,
    )

    who = {"provider": provider, "model": model}
    match error:
        case ContentFilterError():
            return refused(str(error), **who)
        case ModelQuotaExceededError():
            return ModelFailed("llm_failed", provider=provider, model=model, reason=_said(error))
        case ModelHTTPError(status_code=status):
            return failure_of_status(status, _said(error), **who)
        case ModelAuthenticationError():
            return failure_of_status(401, _said(error), **who)
        case ModelRateLimitError():
            return failure_of_status(429, _said(error), **who)
        case ModelConnectionError() | ModelUnavailableError():
            reason = str(error.__cause__ or error)[:300] or type(error).__name__
            return ModelFailed("llm_unreachable", provider=provider, model=model, reason=reason)
        case _:
            reason = str(error)[:300]
            return ModelFailed("llm_failed", provider=provider, model=model, reason=reason)


def wanted_pause_s(error: Exception, *, otherwise: float | None) -> float | None:
    """How long to wait before the same request; None where it would help nothing, or no more.

    A service that is busy may say how long; `otherwise` counts where it does not, and None ends it.
    """
    from pydantic_ai.exceptions import ModelOverloadedError, ModelRateLimitError

    if otherwise is None or not isinstance(error, (ModelRateLimitError, ModelOverloadedError)):
        return None
    return otherwise if error.retry_after is None else error.retry_after


def _said(error: Exception) -> str:
    """The message in the body of an answer; else what the library says."""
    found: object = getattr(error, "body", None)
    for _ in range(2):
        if isinstance(found, dict):
            inner = cast("dict[str, object]", found)
            found = inner.get("error") or inner.get("message") or inner
    if isinstance(found, dict):
        found = cast("dict[str, object]", found).get("message")
    return found if isinstance(found, str) and found else str(error)

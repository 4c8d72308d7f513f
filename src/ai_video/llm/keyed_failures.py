"""From pydantic-ai's exceptions to the failures that the studio knows."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, cast

from ai_video.domain.language_models import ModelFailed
from ai_video.llm.failures import failure_of_status, refused

_LONGEST: Final = 300
_STUMBLES: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def unreadable_answers() -> Generator[None]:
    """Around the reading of an answer: what the libraries stumble over becomes their own error.

    They trust a service to keep to its form; an address may lead to something else.
    """
    from pydantic_ai.exceptions import UnexpectedModelBehavior

    try:
        yield
    except _STUMBLES as error:
        raise UnexpectedModelBehavior(f"{type(error).__name__} {error}".strip()) from error


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
        UnexpectedModelBehavior,
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
            reason = _root(error)
            return ModelFailed("llm_unreachable", provider=provider, model=model, reason=reason)
        case UnexpectedModelBehavior():
            reason = f"the answer is not one of such a service: {error}"[:_LONGEST]
            return ModelFailed("llm_failed", provider=provider, model=model, reason=reason)
        case _:
            reason = str(error)[:_LONGEST]
            return ModelFailed("llm_failed", provider=provider, model=model, reason=reason)


def wanted_pause_s(error: Exception, *, otherwise: float | None) -> float | None:
    """How long to wait before the same request; None where it would help nothing, or no more.

    A service that is busy may say how long; `otherwise` counts where it does not, and None ends it.
    """
    from pydantic_ai.exceptions import ModelOverloadedError, ModelRateLimitError

    if otherwise is None or not isinstance(error, (ModelRateLimitError, ModelOverloadedError)):
        return None
    return otherwise if error.retry_after is None else error.retry_after


def _root(error: BaseException) -> str:
    """What went wrong at the bottom: the libraries only say that something did."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)[:_LONGEST] or type(error).__name__


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

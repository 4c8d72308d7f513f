"""What went wrong in Claude Code, in the words that hold for every model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ai_video.domain.language_models import ModelFailed, Usage
from ai_video.llm.claude_code_messages import Ended

PROVIDER: Final = "Claude Code"
"""As messages name it."""
_INVALID: Final = ("error_max_structured_output_retries", "error_max_turns")
_REASON: Final = 500
_NOT_LOGGED_IN: Final = ("authentication_failed", "oauth_org_not_allowed", "billing_error")
_NO_CONNECTION: Final = (
    "Connection", "ECONN", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "fetch failed", "certificate",
)  # fmt: skip


def failure(
    ended: Ended,
    *,
    model: str,
    usage: Usage,
    words: str,
    longest: int | None,
    budget: float | None,
) -> ModelFailed:
    """Why a run that ended gave no answer; `words` are the model's last.

    An error is often called a success by its subtype; status, complaint and words tell them apart.
    """
    who = {"provider": PROVIDER, "model": model}
    reason = " ".join((ended.said or ended.reason or ended.subtype).split())[:_REASON]
    if ended.subtype == "error_max_budget_usd":
        spent = None if usage.cost is None else round(usage.cost, 6)
        return ModelFailed("llm_over_budget", usage=usage, budget=budget, spent=spent)
    if ended.stop == "refusal":
        said = " ".join(words.split())[:_REASON] or reason
        return ModelFailed("llm_refused", usage=usage, **who, reason=said)
    if ended.complaint == "max_output_tokens":
        return ModelFailed("llm_overlong", usage=usage, **who, limit=longest)
    if ended.subtype in _INVALID or not ended.is_error:
        return ModelFailed("llm_invalid_answer", usage=usage, **who, reason=reason)
    if ended.complaint in _NOT_LOGGED_IN or ended.status in (401, 403):
        return ModelFailed("llm_unauthorized", usage=usage, **who, reason=reason)
    if ended.complaint == "rate_limit" or ended.status in (429, 529):
        reason = f"{reason} {_until(ended.resets_at)}".strip()
        return ModelFailed("llm_rate_limited", usage=usage, **who, reason=reason)
    unreached = ended.status is None and any(word in ended.said for word in _NO_CONNECTION)
    if unreached or ended.status in (502, 503, 504):
        return ModelFailed("llm_unreachable", usage=usage, **who, reason=reason)
    return ModelFailed("llm_failed", usage=usage, **who, reason=reason)


def broken(reason: str, *, model: str, usage: Usage) -> ModelFailed:
    """Why a run ended without a result: the process died, or could not be started at all."""
    reason = " ".join(reason.split())[-_REASON:] or "it ended without a word"
    return ModelFailed("llm_failed", usage=usage, provider=PROVIDER, model=model, reason=reason)


def timed_out(limit_s: float, *, model: str, usage: Usage) -> ModelFailed:
    return ModelFailed(
        "llm_timeout", usage=usage, provider=PROVIDER, model=model, limit_s=round(limit_s, 1)
    )


def _until(resets_at: int | None) -> str:
    if resets_at is None:
        return ""
    return f"(until {datetime.fromtimestamp(resets_at, UTC):%Y-%m-%d %H:%M} UTC)"

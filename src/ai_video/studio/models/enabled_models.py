"""Enabling, listing, trying and disabling language models."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ai_video.domain.entities import EnabledModel, Json, LanguageModelName
from ai_video.domain.language_models import ModelRequest
from ai_video.errors import AiVideoError, InputRefused, Language
from ai_video.storage.database import Unit, now
from ai_video.studio.language.language_models import ORDER, Lack, ListPrice
from ai_video.studio.language.model_calls import all_input
from ai_video.studio.language.model_words import notice_of, price_words
from ai_video.studio.models.model_usage import PLACES
from ai_video.studio.record_kinds import STAMPS
from ai_video.studio.studio import Studio

VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TRIAL_TIMEOUT_S: Final = 60.0


class ModelWish(BaseModel):
    """What the user says of a model to enable; what is left open is filled in.

    Prices are US dollars per million tokens.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(default="", max_length=200, description="the provider's name of the model")
    url: str = Field(default="", max_length=500, description="address of the service")
    key_env: str = Field(
        default="", max_length=200, description="name of the variable that holds the key"
    )
    input_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    output_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    own_settings: bool = Field(
        default=False, description="Claude Code reads the user's settings file (gateways)"
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be enabled, and what the user has to know before."""

    wanted: EnabledModel
    notice: str
    price: str


async def offer_model(
    studio: Studio, name: LanguageModelName, wish: ModelWish, *, language: Language | None = None
) -> Offer:
    """What enabling it would mean, in the reader's language; nothing is stored and nothing sent.

    Raises:
        InputRefused: it cannot be used as wished, or something is missing: its hint says what to do.
    """
    if wish.key_env and not VARIABLE.fullmatch(wish.key_env):
        raise InputRefused("llm_key_name")  # it may be the key: never repeated
    if (wish.input_price is None) != (wish.output_price is None):
        lacking = "output_price" if wish.output_price is None else "input_price"
        raise InputRefused("invalid_value", field=lacking, reason="give both prices or none")
    provider = studio.models.providers[name]
    said = EnabledModel.fresh(
        name=name, accepted_at=now(), accepted_by=studio.door.who, **wish.model_dump()
    )
    wanted = provider.filled(said)
    if lack := await provider.lack(wanted):
        raise lack.error
    words = language or studio.language
    price = price_words(wanted, price_of(studio, wanted), words)
    return Offer(wanted, notice_of(wanted, words), price)


async def enable_model(
    studio: Studio,
    name: LanguageModelName,
    wish: ModelWish,
    *,
    accepted: bool,
    language: Language | None = None,
) -> Json:
    """Enable a language model; again: with what is said now.

    Raises:
        InputRefused: `llm_notice_unseen`: notice and price were not accepted; as `offer_model`.
    """
    offer = await offer_model(studio, name, wish, language=language)
    if not accepted:
        raise InputRefused("llm_notice_unseen", name=name, notice=offer.notice, price=offer.price)

    async def work(unit: Unit) -> EnabledModel:
        await unit.event("model.enabled", name, model=offer.wanted.model, url=offer.wanted.url)
        for known in await unit.find(EnabledModel, name=name):
            return await unit.change(known, **offer.wanted.model_dump(exclude=set(STAMPS)))
        return await unit.add(offer.wanted)

    stored = await studio.database.write(work)
    words = language or studio.language
    return {"ok": True, "item": await _document(studio, stored.name, stored, words)}


async def disable_model(
    studio: Studio, name: LanguageModelName, *, language: Language | None = None
) -> Json:
    """Use a language model no more; what it wrote stays, and so does what it answered.

    Raises:
        InputRefused: `llm_not_enabled`.
    """

    async def work(unit: Unit) -> None:
        for known in await unit.find(EnabledModel, name=name):
            await unit.remove(EnabledModel, known.id)
            await unit.event("model.disabled", name)
            return
        raise InputRefused("llm_not_enabled", name=name)

    await studio.database.write(work)
    item = await _document(studio, name, None, language or studio.language)
    return {"ok": True, "item": item}


async def list_models(studio: Studio, *, language: Language | None = None) -> Json:
    """Every language model there may be: enabled or not, what it costs, what it lacks."""
    enabled = await studio.models.enabled()
    words = language or studio.language
    items: list[JsonValue] = [
        await _document(studio, name, enabled.get(name), words) for name in ORDER
    ]
    return {"items": items, "next": None, "active": await active_document(studio, words)}


async def active_document(studio: Studio, language: Language) -> Json:
    """The language model that answers where nobody asks for another, and why it is that one."""
    try:
        active = await studio.models.active()
    except AiVideoError as refused:
        error = _said(refused, language)
        return {"name": None, "model": "", "reason": "setting", "not_ready": {}, "error": error}
    return {
        "name": active.name,
        "model": active.model,
        "reason": active.reason,
        "not_ready": dict(active.not_ready),
        "error": None,
    }


class _Word(BaseModel):
    """The answer of a trial."""

    model_config = ConfigDict(extra="forbid")

    word: Literal["ready"]


TRIAL: Final = ModelRequest(
    task="test",
    system="You are asked whether you can be reached. Answer with the one word that fits the form.",
    parts=("Are you there?",),
    schema=_Word,
    timeout_s=TRIAL_TIMEOUT_S,
    longest=2_000,
)


async def try_model(studio: Studio, name: LanguageModelName | None = None) -> Json:
    """One small real call, to the named model or the active one; it may cost a fraction of a cent.

    Raises:
        InputRefused: `llm_none_enabled`, `not_available`, or a cap is reached.
        ModelFailed: it gave no valid answer; the code says why.
    """
    llm = await studio.models.structured(name, anew=True)
    if llm is None:
        raise InputRefused("llm_none_enabled")
    started = time.monotonic()
    reply = await llm.generate(TRIAL)
    return {
        "ok": True,
        "name": reply.provider,
        "model": reply.model,
        "answer": reply.data.word,
        "wall_s": round(time.monotonic() - started, 3),
        "requests": reply.usage.requests,
        "input_tokens": all_input(reply.usage),
        "output_tokens": reply.usage.output_tokens,
        "cost": None if reply.usage.cost is None else round(reply.usage.cost, PLACES),
        "currency": "USD",
    }


def price_of(studio: Studio, enabled: EnabledModel) -> ListPrice | None:
    """As the user told it, else as the provider's list says."""
    if enabled.input_price is not None and enabled.output_price is not None:
        return ListPrice(enabled.input_price, enabled.output_price)
    return studio.models.providers[enabled.name].price(enabled)


async def _document(
    studio: Studio, name: LanguageModelName, enabled: EnabledModel | None, language: Language
) -> Json:
    """A language model as it is shown; one that is not enabled as it would be without a wish."""
    provider = studio.models.providers[name]
    shown = enabled
    lack: Lack | None = None
    try:
        shown = enabled or provider.filled(EnabledModel.fresh(name=name, accepted_at=now()))
        lack = await provider.lack(shown)
    except InputRefused as refused:
        lack = Lack(refused, f"ai-video llm enable {name}")
    price = price_of(studio, shown) if shown else None
    return {
        "name": name,
        "enabled": enabled is not None,
        "ready": enabled is not None and lack is None,
        "model": shown.model if shown else "",
        "url": shown.url if shown else "",
        "key_env": shown.key_env if shown else "",
        "own_settings": bool(shown and shown.own_settings),
        "price": {"input": price.input, "output": price.output} if price else None,
        "price_words": price_words(shown, price, language) if shown else "",
        "notice": notice_of(shown, language) if shown else "",
        "accepted_at": enabled.accepted_at.isoformat() if enabled else None,
        "accepted_by": enabled.accepted_by if enabled else None,
        "missing": _said(lack.error, language) if lack else None,
    }


def _said(error: AiVideoError, language: Language) -> Json:
    return {"code": error.code, "message": error.message(language), "hint": error.hint(language)}

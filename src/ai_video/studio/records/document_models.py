"""Documents and bodies as models: the entities as they are shown, created and edited."""

# No `from __future__ import annotations` here: models are made at run time from annotations.

from collections.abc import Mapping
from types import GenericAlias, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from ai_video.domain.entities import Entity, Json
from ai_video.studio.record_kinds import Kind
from ai_video.studio.requests import StaleRow


class OpenDocument(BaseModel):
    """A document that may say more than is listed."""

    model_config = ConfigDict(extra="allow")


def shown(entity: type[Entity]) -> type[BaseModel]:
    """The document of a stored thing: its fields, and more that verbs add."""
    fields: dict[str, Any] = {
        name: (info.annotation, Field()) for name, info in entity.model_fields.items()
    }
    return create_model(f"{entity.__name__}Document", __base__=OpenDocument, **fields)


def page_of(item: type[BaseModel]) -> type[BaseModel]:
    name = f"{item.__name__.removesuffix('Document')}Page"
    fields: dict[str, Any] = {
        "items": (GenericAlias(list, (item,)), ...),
        "next": (str | None, ...),
    }
    return create_model(name, __base__=OpenDocument, **fields)


def edit_of(item: type[BaseModel]) -> type[BaseModel]:
    """What an edit answers: the thing, and all that is not current after it."""
    name = f"{item.__name__.removesuffix('Document')}Edit"
    return create_model(
        name, __base__=OpenDocument, ok=(bool, ...), item=(item, ...), stale=(list[StaleRow], ...)
    )


def written(kind: Kind, *, partial: bool) -> type[BaseModel]:
    """The body that creates (or, `partial`, edits) a thing; other fields are the verb's to judge."""
    fields: dict[str, Any] = {}
    for name, info in kind.entity.model_fields.items():
        if name not in kind.writable:
            continue
        if partial and info.is_required():
            fields[name] = (info.annotation, Field(default=None, validate_default=False))
        else:
            fields[name] = (info.annotation, info)
    name = f"{kind.entity.__name__}{'Changes' if partial else 'Values'}"
    return create_model(name, __base__=OpenDocument, **fields)


def dotted(model: type[BaseModel], changes: Mapping[str, JsonValue], prefix: str = "") -> Json:
    """Partial nested values as dotted keys, so that what a body leaves out stays as it is."""
    flat: Json = {}
    for name, value in changes.items():
        field = model.model_fields.get(name)
        inner = _model_of(field.annotation) if field else None
        if inner is not None and isinstance(value, dict):
            flat |= dotted(inner, value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The nested value a field holds, if it always holds one."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return _model_of(kinds[0]) if len(kinds) == 1 else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None

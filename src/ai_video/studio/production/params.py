"""The base of task parameters: frozen, unknown names refused, canonical as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, JsonValue


class Params(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_json(self) -> dict[str, JsonValue]:
        return self.model_dump(mode="json")

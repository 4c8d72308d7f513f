"""Through which door somebody came: what a run says of who started it, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ai_video.domain.task import DAGSpec


@dataclass(frozen=True, slots=True)
class Door:
    """What `trigger_type` and `created_by` of a run are when it does not say them itself."""

    trigger: Literal["manual", "api"]
    who: str

    def signed(self, spec: DAGSpec) -> DAGSpec:
        """The run as it came through this door; one for later is `scheduled`."""
        said = spec.model_fields_set
        trigger = "scheduled" if spec.start_at is not None else self.trigger
        return spec.model_copy(
            update={
                "trigger_type": spec.trigger_type if "trigger_type" in said else trigger,
                "created_by": spec.created_by if "created_by" in said else self.who,
            }
        )


COMMAND_LINE: Final = Door("manual", "user")
HTTP: Final = Door("api", "user")
AGENT: Final = Door("api", "claude_agent")

"""What the fold decided about an event, as told to whoever waits for it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from axial.common.identifiers import Level, ResourceId


class RemainingAncestor(BaseModel):
    """The nearest ancestor that a deletion left behind."""

    model_config = ConfigDict(frozen=True)

    level: Level
    id: ResourceId


class Restored(BaseModel):
    """What a deletion had been asked for, and is there again."""

    model_config = ConfigDict(frozen=True)

    level: Level
    id: ResourceId


class Outcome(BaseModel):
    """What the fold decided about one event."""

    model_config = ConfigDict(frozen=True)

    decision: Literal[
        "stored",
        "already_stored",
        "replaced",
        "expired",
        "deleted",
        "restored",
        "not_found",
        "stabilized",
        "outdated",
        "cleared",
        "noted",
        "written",
        "removed",
        "conflict",
        "full",
    ]
    remaining_ancestor: RemainingAncestor | None = None
    restored: Restored | None = None
    #: Of what was written.
    revision: int | None = None
    #: How many went to make room for what was stored.
    recycled_patients: int = 0

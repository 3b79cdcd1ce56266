"""Bring a recorded event, of whatever version, to the shape the code knows."""

import base64
import json
from collections.abc import Callable
from typing import Any

from axial.common.errors import AxialError
from axial.common.events import EVENT_TYPES, AnyEvent, Event

Raw = dict[str, Any]


def _metadata_of_bytes(raw: Raw) -> Raw:
    """Turn the text that a metadata was into its bytes; the fold used to drop what Postgres keeps in no text."""
    value = raw["value"].replace("\0", "").encode()
    return raw | {"value": base64.b64encode(value).decode()}


#: One pure step per (type, old version); steps are followed until the newest version is reached.
UPCASTERS: dict[tuple[str, int], Callable[[Raw], Raw]] = {
    ("metadata.write_requested", 1): _metadata_of_bytes,
}

_NEWEST: dict[str, type[Event]] = {event.type: event for event in EVENT_TYPES}


class UnknownEvent(AxialError):
    """The log holds a type or version newer than this program: it must not guess."""


def read_event(type_: str, version: int, body: bytes) -> AnyEvent:
    """Validate a recorded body, after upcasting it when it is of an older version."""
    newest = _NEWEST.get(type_)
    if newest is None or version > newest.version:
        raise UnknownEvent(f"the log holds {type_} v{version}, which a newer release has written")
    if version == newest.version:
        return newest.model_validate_json(body)  # type: ignore[return-value]
    raw: Raw = json.loads(body)
    while version < newest.version:
        raw = UPCASTERS[type_, version](raw)
        version += 1
    return newest.model_validate_json(json.dumps(raw))  # type: ignore[return-value]

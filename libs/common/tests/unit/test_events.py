"""Every version of every event that was ever written can be read for ever."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from axial.common.events import EVENT_TYPES, Event, MetadataWriteRequested
from axial.common.testing.facts import instance_received
from axial.common.upcasters import UnknownEvent, read_event

pytestmark = pytest.mark.unit

GOLDEN = sorted((Path(__file__).parent.parent / "events").glob("*.json"))
SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_event_is_read(path: Path) -> None:
    """An event in the log of any age becomes the newest shape."""
    golden = json.loads(path.read_text())
    event = read_event(golden["type"], golden["version"], json.dumps(golden["body"]).encode())
    assert event.type == golden["type"]


def test_every_version_has_its_golden_file() -> None:
    """A new version without one would leave the old one untested."""
    expected = {
        f"{event.type}.v{version}"
        for event in EVENT_TYPES
        for version in range(1, event.version + 1)
    }
    assert {path.stem for path in GOLDEN} == expected


@pytest.mark.parametrize("event_type", EVENT_TYPES, ids=lambda event_type: event_type.type)
def test_schema_is_committed(event_type: type[Event]) -> None:
    """A change of the contract between services is visible in the diff: run `make docs`."""
    committed = json.loads((SCHEMAS / f"{event_type.type}.v{event_type.version}.json").read_text())
    assert committed == event_type.model_json_schema()


def test_an_event_survives_its_own_json() -> None:
    """Bytes included: the header travels as base64."""
    event = instance_received()
    assert read_event(event.type, event.version, event.model_dump_json().encode()) == event


def test_a_metadata_that_was_text_is_its_bytes() -> None:
    """As it was folded then: without the NUL that Postgres keeps in no text."""
    body = json.loads((GOLDEN[0].parent / "metadata.write_requested.v1.json").read_text())["body"]
    old = json.dumps(body | {"value": "caf\u00e9 \u0000~\u00ff"}).encode()
    event = read_event("metadata.write_requested", 1, old)
    assert isinstance(event, MetadataWriteRequested)
    assert event.value == "café ~\u00ff".encode()
    assert read_event(event.type, event.version, event.model_dump_json().encode()) == event


def test_an_event_from_the_future_is_refused() -> None:
    """Guessing at a newer version could fold it wrongly for ever."""
    with pytest.raises(UnknownEvent, match=r"instance\.received v99"):
        read_event("instance.received", 99, b"{}")


def test_an_unknown_field_is_refused() -> None:
    """A field nobody declared is a change of the contract, not decoration."""
    body = json.loads(instance_received().model_dump_json()) | {"surprise": 1}
    with pytest.raises(ValidationError):
        read_event("instance.received", 1, json.dumps(body).encode())

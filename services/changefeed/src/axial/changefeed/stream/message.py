"""One entry of the history as a message: a CloudEvent in binary mode.

Subjects and headers name the kind of change and its number only: whoever may look into the operation of a
NATS server sees them, and no patient's study is told apart by them.
"""

from dataclasses import dataclass
from urllib.parse import quote

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.rendering import render
from axial.common.ticks import iso_utc


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """What is published for one entry."""

    sequence: int
    subject: str
    headers: dict[str, str]
    body: bytes


def source_of(name: str) -> str:
    """Write `ce-source` for the archive of this name: `urn:axial:CT%20archive`."""
    return f"urn:axial:{quote(name, safe='')}"


def message_of(entry: FeedEntry, prefix: str, source: str) -> FeedMessage:
    """Write an entry as a message: `feed.instance.new_instance`, `org.axial.instance.new_instance`."""
    kind = f"{entry.level.name.lower()}.{entry.change_type.name.lower()}"
    return FeedMessage(
        sequence=entry.sequence,
        subject=f"{prefix}.{kind}",
        headers={
            "ce-specversion": "1.0",
            "ce-id": str(entry.sequence),
            "ce-source": source,
            "ce-type": f"org.axial.{kind}",
            "ce-time": iso_utc(entry.ticks),
            "content-type": "application/json",
        },
        body=render(entry),
    )

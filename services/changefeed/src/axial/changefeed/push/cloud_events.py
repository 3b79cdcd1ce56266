"""Entries as CloudEvents 1.0 in JSON (structured mode), one in a message or a batch.

What Azure's DICOM service tells of by Event Grid has Azure's types and exactly Azure's data
(azure-changefeed.md, A.8; "Azure Health Data Services as an Event Grid source", CloudEvent schema), partitions
excepted. Everything else has types of our own, and the entry as `/feed/entries` shows it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.rendering import render
from axial.changefeed.reading.actions import Action
from axial.common.ticks import from_datetime, iso_utc

_AZURE_TYPES = {
    Action.CREATE: "Microsoft.HealthcareApis.DicomImageCreated",
    Action.DELETE: "Microsoft.HealthcareApis.DicomImageDeleted",
    Action.UPDATE: "Microsoft.HealthcareApis.DicomImageUpdated",
}
_OWN_PREFIX = "org.axial"
_TEST_TYPE = f"{_OWN_PREFIX}.test"
# Enough that two batches of one range of entries are never taken for each other.
_DIGEST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent in one request."""

    #: The same whenever the same content is sent again, and of nothing else: receivers tell repetitions by it.
    id: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class CloudEvents:
    """Writes events in the name of one archive."""

    #: The attribute `source`.
    source: str
    #: Where clients reach the archive: host, and port unless it is the scheme's own.
    host_name: str

    @classmethod
    def of_archive(cls, name: str, host_name: str) -> "CloudEvents":
        """Speak for the archive with the configured `Name`."""
        return cls(f"urn:axial:{quote(name, safe='')}", host_name)

    def message(self, entry: FeedEntry) -> Message:
        """Write one entry."""
        return Message(str(entry.sequence), "application/cloudevents+json", self._event(entry))

    def batch(self, entries: Sequence[FeedEntry]) -> Message:
        """Write several entries, at least one, as a JSON array."""
        body = b"[" + b",".join(map(self._event, entries)) + b"]"
        digest = hashlib.sha256(body).hexdigest()[:_DIGEST_DIGITS]
        return Message(
            f"{entries[0].sequence}-{entries[-1].sequence}-{digest}",
            "application/cloudevents-batch+json",
            body,
        )

    def test_message(self, test_id: str, moment: datetime | None = None) -> Message:
        """Write an event that tells of nothing; its id is no entry's."""
        attributes = {
            "specversion": "1.0",
            "id": f"test-{test_id}",
            "source": self.source,
            "type": _TEST_TYPE,
            "time": iso_utc(from_datetime(moment or datetime.now(UTC))),
        }
        body = _compact(attributes)[:-1] + b',"data":{}}'
        return Message(attributes["id"], "application/cloudevents+json", body)

    def _event(self, entry: FeedEntry) -> bytes:
        attributes = {
            "specversion": "1.0",
            "id": str(entry.sequence),
            "source": self.source,
            "type": event_type(entry),
            "subject": self._subject(entry),
            "time": iso_utc(entry.ticks),
        }
        return _compact(attributes)[:-1] + b',"data":' + self._data(entry) + b"}"

    def _subject(self, entry: FeedEntry) -> str:
        if fact := entry.instance:
            return (
                f"{self.host_name}/v1/studies/{entry.study_instance_uid}"
                f"/series/{fact.series_instance_uid}/instances/{fact.sop_instance_uid}"
            )
        return f"/{entry.level.path_name}/{entry.resource_id}"

    def _data(self, entry: FeedEntry) -> bytes:
        fact = entry.instance
        if fact is None:
            return render(entry)
        return _compact(
            {
                "imageStudyInstanceUid": entry.study_instance_uid,
                "imageSeriesInstanceUid": fact.series_instance_uid,
                "imageSopInstanceUid": fact.sop_instance_uid,
                "serviceHostName": self.host_name,
                "sequenceNumber": fact.sequence,
            }
        )


def event_type(entry: FeedEntry) -> str:
    """Return the attribute `type`: `…DicomImageCreated`, or `org.axial.study.stable_study`."""
    if fact := entry.instance:
        return _AZURE_TYPES[fact.action]
    return f"{_OWN_PREFIX}.{entry.level.name.lower()}.{entry.change_type.name.lower()}"


def _compact(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()

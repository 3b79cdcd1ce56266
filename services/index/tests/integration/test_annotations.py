"""Annotations in the real database: batch by batch, and the same when the log is folded again."""

import random
from collections.abc import Callable

import pytest
from nats.aio.client import Client
from support.projecting import append, caught_up, projecting, rows

from axial.common.event_log import EventLog
from axial.common.events import (
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    Event,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, ResourceId, resource_ids
from axial.common.testing.facts import instance_received
from axial.index.rebuild import rebuild

pytestmark = pytest.mark.integration

LEVELS = (Level.STUDY, Level.INSTANCE)


def some_event(chance: random.Random) -> Event:
    """Store, overwrite, delete or annotate one of four instances, or the study of two of them."""
    study, number = chance.choice("12"), chance.choice("12")
    names = {"study": study, "series": f"{study}.1", "instance": f"{study}.{number}"}
    ids = resource_ids("P", names["study"], names["series"], names["instance"])
    level = chance.choice(LEVELS)
    fields = {"level": level, "resource_id": ids.at(level)}
    key = fields | {"number": chance.choice([1024, 1025]), "if_revision": chance.choice([None, 0])}
    content = f"{chance.random()}"
    uploaded = instance_received(
        "P",
        names["study"],
        names["series"],
        names["instance"],
        content=content,
        overwrite=chance.choice(["never", "always"]),
    )
    kinds: list[Callable[[], Event]] = [
        lambda: uploaded,
        lambda: uploaded,
        lambda: ResourceDeletionRequested.model_validate(fields),
        lambda: MetadataWriteRequested.model_validate(key | {"value": content.encode()}),
        lambda: MetadataWriteRequested.model_validate(key | {"value": content.encode()}),
        lambda: MetadataDeletionRequested.model_validate(key),
        lambda: AttachmentDeletionRequested.model_validate(key),
        lambda: AttachmentWriteRequested.model_validate(
            key
            | {
                "blob_key": f"{content}.attachment",
                "size_bytes": 1,
                "md5": uploaded.md5,
                "stored_at": uploaded.stored_at,
            }
        ),
        lambda: LabelChangeRequested.model_validate(
            fields | {"label": chance.choice("xy"), "present": chance.choice([True, True, False])}
        ),
        lambda: ProtectionChangeRequested(
            level=Level.PATIENT,
            resource_id=ResourceId(ids.patient),
            is_protected=chance.choice([True, False]),
        ),
    ]
    return chance.choice(kinds)()


async def test_any_history_is_the_same_in_batches_of_any_size(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """The live tables are made a few events at a time, those of the rebuild in one batch."""
    chance = random.Random(20)  # noqa: S311 - a history, not a secret
    async with projecting(index_url, log, nats):
        for _ in range(40):
            await append(log, *(some_event(chance) for _ in range(chance.randint(1, 12))))
            await caught_up(index_url, log)
        # Whatever chance left: one of each is there to be compared.
        ids = resource_ids("P", "1", "1.1", "1.1")
        fields = {"level": Level.STUDY, "resource_id": ids.study}
        last = instance_received("P", "1", "1.1", "1.1", content="last", overwrite="always")
        attached = {"blob_key": "last.attachment", "size_bytes": 1, "md5": last.md5}
        await append(
            log,
            last,
            MetadataWriteRequested.model_validate(fields | {"number": 1024, "value": b"v"}),
            AttachmentWriteRequested.model_validate(
                fields | {"number": 1025, "stored_at": last.stored_at} | attached
            ),
            LabelChangeRequested.model_validate(fields | {"label": "x", "present": True}),
        )
        await caught_up(index_url, log)
    for table in ("metadata", "attachments", "labels"):
        assert await rows(index_url, f"SELECT FROM {table}"), table
    assert (await rebuild(index_url, log, swap=False)).differences == {}


async def test_every_attachments_blob_is_referred_to_or_collected(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Never both, never neither, whatever went with whatever."""
    chance = random.Random(21)  # noqa: S311
    events = [some_event(chance) for _ in range(200)]
    async with projecting(index_url, log, nats):
        await append(log, *events)
        await caught_up(index_url, log)
    put = {event.blob_key for event in events if isinstance(event, AttachmentWriteRequested)}
    kept = {row["blob_key"] for row in await rows(index_url, "SELECT blob_key FROM attachments")}
    garbage = [
        row["blob_key"]
        for row in await rows(index_url, "SELECT blob_key FROM garbage")
        if row["blob_key"].endswith(".attachment")
    ]
    assert put
    assert kept | set(garbage) == put
    assert kept.isdisjoint(garbage)


async def test_nothing_stays_of_what_was_attached_to_a_deleted_resource(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """What was committed long before goes with the resource too."""
    ids = resource_ids("P", "1", "1.1", "1.1.1")
    fields = {"level": Level.INSTANCE, "resource_id": ids.instance}
    async with projecting(index_url, log, nats):
        await append(
            log,
            instance_received(),
            MetadataWriteRequested.model_validate(fields | {"number": 1024, "value": b"v"}),
            LabelChangeRequested.model_validate(fields | {"label": "x", "present": True}),
        )
        await caught_up(index_url, log)
        await append(log, ResourceDeletionRequested(level=Level.PATIENT, resource_id=ids.patient))
        await caught_up(index_url, log)
    for table in ("metadata", "labels"):
        assert not await rows(index_url, f"SELECT FROM {table}")

"""What ingest's sweeper asks: which blobs does nobody know."""

import json
from uuid import UUID

import httpx2
import pytest
from support.archive import Archive

from axial.common.configuration import Configuration
from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentWriteRequested,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

FOLDER = "2026/11/20/2358"
TOKEN = {"Authorization": "Bearer token of the services"}


def key(sequence: int, suffix: str = ".dcm") -> str:
    """Name a blob of the archive's n-th event."""
    return f"{FOLDER}/{UUID(int=sequence).hex}{suffix}"


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store two instances, the second with a header of its own, delete a third one, and others with grace."""
    plain = instance_received(instance="1.1.1").model_copy(update={"blob_key": key(1)})
    large = instance_received(instance="1.1.2").model_copy(
        update={"blob_key": key(2), "header": None, "header_blob_key": key(2, ".header")}
    )
    deleted = instance_received(instance="1.1.3").model_copy(update={"blob_key": key(3)})
    ids = resource_ids("P", "1", "1.1", "1.1.3")
    deletion = ResourceDeletionRequested(level=Level.INSTANCE, resource_id=ids.instance)
    await archive.project(plain, large, deleted, deletion)
    file = instance_received("Q", "2", "2.1", "2.1.1").model_copy(
        update={"blob_key": key(5), "header": None, "header_blob_key": key(5, ".header")}
    )
    attached = AttachmentWriteRequested(
        level=Level.STUDY,
        resource_id=file.resource_ids().study,
        number=1025,
        blob_key=key(6, ".attachment"),
        size_bytes=1,
        md5=file.md5,
        stored_at=file.stored_at,
    )
    recoded = AttachmentCompressionChangeRequested(
        level=Level.INSTANCE,
        resource_id=file.resource_ids().instance,
        number=1,
        from_blob_key=key(5),
        blob_key=key(7),
        is_compressed=False,
        stored_size_bytes=1,
        stored_md5=file.md5,
        stored_at=file.stored_at,
    )
    to_trash = ResourceDeletionRequested(resource_id=file.resource_ids().patient, grace_seconds=9)
    await archive.project(file, attached, recoded, to_trash)
    return archive


async def ask(archive: Archive, *keys: str, **headers: str) -> httpx2.Response:
    """Ask which keys are unknown."""
    response: httpx2.Response = await archive.client.post(
        "/internal/blobs/unknown",
        content=json.dumps({"keys": keys}),
        headers={"Content-Type": "application/json", **headers},
    )
    return response


async def test_unknown_blobs(filled: Archive) -> None:
    """Unknown is what no instance has, not in the trash either, and no collector waits for; and what is ours."""
    orphans = [
        key(9),
        key(9, ".header"),
        key(9, ".attachment"),
        key(1, ".header"),
        f"2020/01/01/0000/{key(1)[-36:]}",
    ]
    known = [key(1), key(2), key(2, ".header"), key(3)]
    known += [key(5), key(5, ".header"), key(6, ".attachment"), key(7)]
    foreign = [
        "backup.tar",
        "notes/readme.dcm",
        key(9, ".txt"),
        key(9) + "\0",
        "ä/" + key(9),
        "\ud800",
    ]
    response = await ask(filled, *known, *orphans, *foreign)
    assert response.status_code == 200
    assert sorted(response.json()["unknown"]) == sorted(orphans)


async def test_the_projection_is_behind(filled: Archive) -> None:
    """Without the newest events nothing can be called an orphan."""
    filled.projection.behind = True
    assert (await ask(filled, key(9))).status_code == 503


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"keys": "a"}',
        b'{"keys": [1]}',
        b'{"keys": [], "more": 1}',
        b"nothing",
        b"[" * 100_000,
    ],
)
async def test_bad_bodies(filled: Archive, body: bytes) -> None:
    """A body of another form is refused."""
    headers = {"Content-Type": "application/json"}
    response = await filled.client.post("/internal/blobs/unknown", content=body, headers=headers)
    assert response.status_code == 400


async def test_too_many_keys(filled: Archive) -> None:
    """A thousand keys are one question; more are too many."""
    keys = [key(n) for n in range(10, 1011)]
    assert len((await ask(filled, *keys[:1000])).json()["unknown"]) == 1000
    assert (await ask(filled, *keys)).status_code == 400


async def test_without_users_only_loopback_may_ask(filled: Archive) -> None:
    """As long as nobody needs credentials, only this machine is trusted."""
    for host, status in (("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 403), ("nowhere", 403)):
        transport = httpx2.ASGITransport(filled.app, client=(host, 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://archive") as client:
            filled.client = client
            assert (await ask(filled, key(1))).status_code == status


class TestWithUsers:
    """The archive asks for credentials."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """Register a user."""
        return Configuration.model_validate({"RegisteredUsers": {"alice": "secret"}})

    async def test_only_services_may_ask(self, filled: Archive) -> None:
        """A user's password opens the archive and not its inside; a service's token opens it."""
        alice = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
        assert (await filled.client.get("/patients", headers=alice)).status_code == 200
        for headers, status in ((alice, 403), ({}, 401), (TOKEN, 200)):
            assert (await ask(filled, key(1), **headers)).status_code == status

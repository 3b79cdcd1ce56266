"""Deletions with grace, and what is done about them, against the real log."""

import asyncio

import httpx2
import pytest

from axial.common.events import (
    ResourceDeletionRequested,
    StorageLimits,
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.recorded import Recorded

pytestmark = pytest.mark.integration

_SOME = "16738bc3-e47ed42a-43ce044c-a3414a45-cb069bd0"
# As the projector of these tests decides.
_RESTORED = "00000000-00000000-00000000-00000000-00000000"
_ABSENT, _LARGE = 404, 507


@pytest.fixture
def blob_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a directory: nothing here puts blobs."""
    return tmp_path_factory.mktemp("blobs").as_uri()


@pytest.fixture
def options() -> dict[str, object]:
    """Delete with a day of grace, and keep no more than three patients."""
    return {"DeletionGrace": 86_400, "MaximumPatientCount": 3}


async def test_deletions_tell_their_grace(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """The configuration of the moment is in the event, of one deletion and of many."""
    assert (await client.delete(f"/studies/{_SOME}")).status_code == 200
    answer = await client.post("/tools/bulk-delete", json={"Resources": [_SOME]})
    assert answer.status_code == 200
    events = [each.event for each in recorded]
    assert all(isinstance(event, ResourceDeletionRequested) for event in events)
    assert [getattr(event, "grace_seconds", 0) for event in events] == [86_400, 86_400]


async def test_a_restore_is_one_event(client: httpx2.AsyncClient, recorded: list[Recorded]) -> None:
    """It carries the limits and who asked; the answer names what is there again."""
    answer = await client.post("/trash/12/restore")
    assert answer.status_code == 200
    assert answer.json() == {"ID": _RESTORED, "Path": f"/studies/{_RESTORED}", "Type": "Study"}
    (one,) = recorded
    assert one.event == TrashRestoreRequested(
        deletion=12,
        limits=StorageLimits(maximum_patients=3),
        remote_ip="192.0.2.7",
        http_username="alice",
    )


async def test_an_emptying_is_one_event(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """It says that a user asked, whose word counts before the time is over."""
    answer = await client.delete("/trash/12")
    assert (answer.status_code, answer.json()) == (200, {})
    (one,) = recorded
    assert one.event == TrashEmptied(
        deletion=12, by="user", remote_ip="192.0.2.7", http_username="alice"
    )


async def test_refusals(client: httpx2.AsyncClient, recorded: list[Recorded]) -> None:
    """What is not in the trash is 404, what there is no room for 507; what is no deletion is not even asked for."""
    for method, path, status, error in (
        ("POST", f"/trash/{_ABSENT}/restore", 404, 17),
        ("DELETE", f"/trash/{_ABSENT}", 404, 17),
        ("POST", f"/trash/{_LARGE}/restore", 507, 19),
        ("POST", "/trash/nothing/restore", 404, 17),
        ("DELETE", "/trash/-1", 404, 17),
    ):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["OrthancStatus"]) == (status, error), path
    assert len(recorded) == 3


async def test_late_projection_is_202(
    client: httpx2.AsyncClient, recorded: list[Recorded], answering: asyncio.Event
) -> None:
    """By preference nobody waits, and is told under which number it is durable."""
    answering.clear()
    for method, path in (("POST", "/trash/12/restore"), ("DELETE", "/trash/12")):
        answer = await client.request(method, path, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202
        assert answer.json()["Status"] == "Accepted"

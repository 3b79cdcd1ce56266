"""DELETE of the four levels, and of the changes, against the real log."""

import asyncio

import httpx2
import pytest

from axial.common.blobs import BlobStore
from axial.common.events import ChangesCleared, ExportsCleared, ResourceDeletionRequested
from axial.common.identifiers import Level
from axial.common.recorded import Recorded
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_SOME = "16738bc3-e47ed42a-43ce044c-a3414a45-cb069bd0"
# The projector of these tests knows no such resource.
_UNKNOWN = "00000000-00000000-00000000-00000000-00000000"


@pytest.fixture
def blob_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a directory: deletions put no blobs."""
    return tmp_path_factory.mktemp("blobs").as_uri()


@pytest.mark.parametrize(
    ("path", "level", "ancestor"),
    [
        ("patients", Level.PATIENT, None),
        ("studies", Level.STUDY, {"ID": _UNKNOWN, "Path": f"/patients/{_UNKNOWN}", "Type": "Patient"}),
        ("series", Level.SERIES, {"ID": _UNKNOWN, "Path": f"/studies/{_UNKNOWN}", "Type": "Study"}),
        ("instances", Level.INSTANCE, {"ID": _UNKNOWN, "Path": f"/series/{_UNKNOWN}", "Type": "Series"}),
    ],
)  # fmt: skip
async def test_deletion_answers_the_remaining_ancestor(
    client: httpx2.AsyncClient,
    recorded: list[Recorded],
    path: str,
    level: Level,
    ancestor: dict[str, str] | None,
) -> None:
    """A deletion is one event that tells who asked; the answer is exactly Orthanc's."""
    answer = await client.delete(f"/{path}/{_SOME}")
    assert answer.status_code == 200
    assert answer.json() == {"RemainingAncestor": ancestor}
    (one,) = recorded
    assert one.event == ResourceDeletionRequested(
        level=level, resource_id=_SOME, remote_ip="192.0.2.7", http_username="alice"
    )


async def test_unknown_resource_is_404(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """What the fold does not find is Orthanc's error 17."""
    answer = await client.delete(f"/studies/{_UNKNOWN}")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (404, 17)


@pytest.mark.parametrize("name", ["nonsense", _SOME.upper(), f"{_SOME}-", "1"])
async def test_impossible_identifier_does_not_reach_the_log(
    client: httpx2.AsyncClient, recorded: list[Recorded], name: str
) -> None:
    """A name that no resource can have is unknown at once."""
    assert (await client.delete(f"/series/{name}")).status_code == 404
    # Were there an event of it, it would stand before this one.
    await client.delete(f"/series/{_SOME}")
    assert len(recorded) == 1


@pytest.mark.parametrize("prefer", ["respond-async", ""])
async def test_late_projection_is_202(
    client: httpx2.AsyncClient, recorded: list[Recorded], answering: asyncio.Event, prefer: str
) -> None:
    """Without the index, or by preference, the deletion is accepted with its sequence."""
    answering.clear()
    answer = await client.delete(f"/instances/{_SOME}", headers={"Prefer": prefer})
    assert answer.status_code == 202
    assert answer.headers.get("preference-applied", "") == prefer
    assert answer.json() == {
        "ID": _SOME,
        "Path": f"/instances/{_SOME}",
        "Type": "Instance",
        "Status": "Accepted",
        "Sequence": 1,
    }


async def test_deletion_touches_no_blob(
    client: httpx2.AsyncClient, recorded: list[Recorded], blobs: BlobStore
) -> None:
    """Blobs go only after the deletion is committed, which is not for ingest to do."""
    await blobs.put("2026/11/20/2358/kept.dcm", b"kept")
    await client.delete(f"/instances/{_SOME}")
    assert await blobs.read("2026/11/20/2358/kept.dcm") == b"kept"


async def test_clearing_the_changes_is_an_event(
    client: httpx2.AsyncClient, recorded: list[Recorded], answering: asyncio.Event
) -> None:
    """The answer is Orthanc's empty one; the log knows who asked."""
    answer = await client.delete("/changes")
    assert (answer.status_code, answer.content) == (200, b"")
    (one,) = recorded
    assert one.event == ChangesCleared(remote_ip="192.0.2.7", http_username="alice")
    answering.clear()
    late = await client.delete("/changes")
    assert (late.status_code, late.json()) == (202, {"Status": "Accepted", "Sequence": 2})


async def test_other_methods_are_405_without_body(client: httpx2.AsyncClient) -> None:
    """Reading is the index's: here it is a wrong method, which Orthanc answers without a body."""
    answer = await client.get(f"/studies/{_SOME}")
    assert (answer.status_code, answer.content) == (405, b"")


async def test_clearing_the_exports_is_an_event(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """As with the changes, the answer is Orthanc's empty one."""
    answer = await client.delete("/exports")
    assert (answer.status_code, answer.content) == (200, b"")
    (one,) = recorded
    assert one.event == ExportsCleared(remote_ip="192.0.2.7", http_username="alice")


async def test_a_bulk_deletion_asks_for_each_resource_once(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """Their levels need not be known; what is not there, or cannot be, is no error."""
    named = [_SOME, _UNKNOWN, _SOME, "nonsense"]
    answer = await client.post("/tools/bulk-delete", json={"Resources": named})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/plain")
    fields = {"remote_ip": "192.0.2.7", "http_username": "alice"}
    expected = [
        ResourceDeletionRequested.model_validate({"resource_id": each} | fields)
        for each in (_SOME, _UNKNOWN)
    ]
    events = [one.event for one in recorded]
    assert sorted(events, key=str) == sorted(expected, key=str)


async def test_a_large_bulk_deletion_is_decided_when_answered(
    client: httpx2.AsyncClient, recorded: list[Recorded]
) -> None:
    """All of them are decided when the answer comes."""
    named = [f"{number:08x}" + "-00000000" * 4 for number in range(1000)]
    answer = await client.post("/tools/bulk-delete", json={"Resources": named})
    assert (answer.status_code, answer.content) == (200, b"")
    events = [one.event for one in recorded]
    ids = [each.resource_id for each in events if isinstance(each, ResourceDeletionRequested)]
    assert sorted(ids) == sorted(named)


async def test_a_bulk_deletion_waits_once_for_an_index_that_is_away(
    client: httpx2.AsyncClient, recorded: list[Recorded], answering: asyncio.Event
) -> None:
    """Those under way find out; all others are appended, and their outcomes not awaited."""
    answering.clear()
    named = [f"{number:08x}" + "-00000000" * 4 for number in range(200)]
    answer = await client.post("/tools/bulk-delete", json={"Resources": named})
    assert answer.status_code == 202
    assert answer.json() == {"Status": "Accepted", "Sequence": 200}
    await eventually(lambda: len(recorded) == 200)
    assert len([one for one in recorded if one.reply_to]) < 100


@pytest.mark.parametrize(
    ("body", "orthanc_status"),
    [
        (b"", 8),
        (b"nonsense", 8),
        (b'["x"]', 8),
        (b"[" * 100_000, 8),
        (b"{}", 15),
        (b'{"Resources": "x"}', 15),
        (b'{"Resources": [1]}', 15),
    ],
)
async def test_a_bulk_deletion_of_nothing_nameable(
    client: httpx2.AsyncClient, body: bytes, orthanc_status: int
) -> None:
    """The errors are Orthanc's."""
    answer = await client.post("/tools/bulk-delete", content=body)
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (400, orthanc_status)

"""Storage commitment both ways, with pynetdicom as the other side."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter
from support.committing import TITLE, Committer, Pair, committing

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import RemoteFailed, Unavailable
from axial.common.testing.eventually import eventually
from axial.dimse.sending.instances import Instance
from axial.router.commitment.opening import Commitment, open_commitment
from axial.router.destinations.modality import Means
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.parts import Parts

pytestmark = pytest.mark.integration

CT = "1.2.840.10008.5.1.4.1.1.2"
DOORS = "/internal/storage-commitment"
OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]
Asking = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def port() -> int:
    """Name the port on which the modality listens, when it does."""
    return free_ports(1)[0]


@pytest.fixture
def configuration(port: int) -> Configuration:
    """Know one modality, and keep two reports."""
    return Configuration.model_validate(
        {
            "DicomModalities": {"pacs": [TITLE, LOOPBACK, port]},
            "StorageCommitmentReportsSize": 2,
            "DicomAssociationCloseDelay": 1,
        }
    )


@dataclass
class Archive:
    """What the index and ingest answer, which are other services."""

    #: By SOP instance: the index's rows.
    held: dict[str, list[Any]] = field(default_factory=dict)
    deleted: list[httpx2.Request] = field(default_factory=list)

    def put(self, uid: str, key: str = "key", content: bytes = b"") -> None:
        """Have an instance."""
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.held[uid] = [f"id-{uid}", CT, uid, key, len(content), md5, None, None]

    def held_instances(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as the index."""
        asked = json.loads(request.content)["sop_instance_uids"]
        return httpx2.Response(
            200, json={"Instances": [self.held[uid] for uid in asked if uid in self.held]}
        )

    def outbound(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as the index."""
        ids = json.loads(request.content)["resources"]
        rows = [[*self.held[id_[3:]][:3], "1.2", 1, ""] for id_ in ids]
        return httpx2.Response(200, json={"Resources": [], "Instances": rows})

    def bulk_delete(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as ingest."""
        self.deleted.append(request)
        return httpx2.Response(200)


@pytest.fixture
def archive(neighbours: Any) -> Archive:
    """Have nothing yet."""
    archive = Archive()
    neighbours.answers |= {
        "/internal/held-instances": archive.held_instances,
        "/internal/outbound": archive.outbound,
        "/tools/bulk-delete": archive.bulk_delete,
    }
    return archive


@dataclass
class Replica:
    """One replica, and a client of it."""

    parts: Parts
    commitment: Commitment
    client: httpx2.AsyncClient

    async def asked(self, uid: str, *pairs: Pair, aet: str = TITLE) -> int:
        """Hand a modality's request over, as the gateway does."""
        body = {
            "remote_aet": aet,
            "remote_ip": LOOPBACK,
            "called_aet": "ARCHIVE",
            "transaction_uid": uid,
            "references": [_reference(pair) for pair in pairs],
        }
        return (await self.client.post(f"{DOORS}/requests", json=body)).status_code

    async def reported(self, uid: str, *pairs: Pair) -> int:
        """Hand a modality's report over, as the gateway does."""
        body = {
            "remote_aet": "OTHER",
            "remote_ip": LOOPBACK,
            "called_aet": "ARCHIVE",
            "transaction_uid": uid,
            "committed": [_reference(pair) for pair in pairs],
            "failed": [],
        }
        return (await self.client.post(f"{DOORS}/reports", json=body)).status_code

    async def request(self, **body: object) -> httpx2.Response:
        """Ask the modality."""
        return await self.client.post("/modalities/pacs/storage-commitment", json=body)

    async def request_one(self, uid: str = "1.1") -> str:
        """Ask the modality about one instance, and return the report's path."""
        response = await self.request(DicomInstances=[[CT, uid]])
        assert response.status_code == 200, response.text
        return str(response.json()["Path"])

    async def report(self, path: str) -> Any:
        """Look at a report."""
        return (await self.client.get(path)).json()

    async def jobs(self) -> list[Mapping[str, Any]]:
        """List the jobs."""
        return list((await self.client.get("/jobs?expand")).json())


def _reference(pair: Pair) -> dict[str, str]:
    return {"sop_class_uid": pair[0], "sop_instance_uid": pair[1]}


OpenReplica = Callable[[], AbstractAsyncContextManager[Replica]]


@pytest.fixture
def open_replica(open_parts: OpenParts, asking: Asking, archive: Archive) -> OpenReplica:
    """Start replicas."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Replica]:
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(open_parts())
            stores = prepare_jobs(parts)
            means = Means(parts.reach, parts.files, STANDARD, parts.associations, parts.index)
            commitment = await stack.enter_async_context(open_commitment(parts, means, stores.jobs))
            routes = await stack.enter_async_context(open_jobs(parts, stores, [commitment.kind]))
            routers: list[APIRouter] = [routes, *commitment.routers]
            client = await stack.enter_async_context(asking(*routers))
            yield Replica(parts, commitment, client)

    return opened


@pytest.fixture
async def replica(open_replica: OpenReplica) -> AsyncIterator[Replica]:
    """Start one."""
    async with open_replica() as replica:
        yield replica


@pytest.fixture
def modality(port: int) -> Iterator[Committer]:
    """Have the modality listen."""
    with committing(port) as committer:
        yield committer


async def test_only_what_is_here_is_promised(
    replica: Replica, archive: Archive, modality: Committer
) -> None:
    """A file that was read whole is committed; each other instance fails with its reason, in Orthanc's job."""
    await replica.parts.blobs.put("a/whole.dcm", b"whole")
    await replica.parts.blobs.put("a/damaged.dcm", b"damaged")
    archive.put("1.1", "a/whole.dcm", b"whole")
    archive.put("1.2", "a/damaged.dcm", b"DAMAGED")
    archive.put("1.3", "a/lost.dcm", b"lost")
    pairs = [(CT, "1.1"), (CT, "1.2"), (CT, "1.3"), ("1.2.3", "1.1"), (CT, "9")]
    assert await replica.asked("2.25.7", *pairs) == 200
    await eventually(lambda: modality.reports)
    (told,) = modality.reports
    assert (told.transaction_uid, told.kind, told.calling_aet) == ("2.25.7", 2, "ARCHIVE")
    assert told.pairs == (pairs[0],)
    assert told.failed == {
        pairs[1]: 0x0110,
        pairs[2]: 0x0112,
        pairs[3]: 0x0119,
        pairs[4]: 0x0112,
    }

    async def is_done() -> bool:
        return bool((await replica.jobs())[0]["State"] == "Success")

    await eventually(is_done)
    (job,) = await replica.jobs()
    assert job["Type"] == "StorageCommitmentScp"
    assert job["Content"] == {
        "CalledAet": "ARCHIVE",
        "Description": "",
        "RemoteAet": TITLE,
        "TransactionUid": "2.25.7",
    }


async def test_a_modality_that_is_away_is_told_later(replica: Replica, port: int) -> None:
    """A request that comes twice is answered once; another one under the same UID is told that it is in use."""
    one, other = (CT, "1.1"), (CT, "1.2")
    for pair in (one, one, other):
        assert await replica.asked("2.25.7", pair) == 200
    jobs = await replica.jobs()
    assert len(jobs) == 2

    async def is_tried_again() -> bool:
        return {job["State"] for job in await replica.jobs()} == {"Retry"}

    await eventually(is_tried_again)
    with committing(port) as modality:
        await eventually(lambda: len(modality.reports) == 2)
        told = sorted(
            (told.failed for told in modality.reports),
            key=lambda failed: failed.get(one, 9999),
        )
    assert told == [{one: 0x0112}, {other: 0x0131}]


async def test_a_modality_that_does_not_listen_is_left(
    replica: Replica, modality: Committer
) -> None:
    """One that answers with a failure is not asked again: the job fails, with the status to be seen."""
    modality.event_status = 0x0110
    assert await replica.asked("2.25.7", (CT, "1.1")) == 200

    async def has_failed() -> bool:
        return bool((await replica.jobs())[0]["State"] == "Failure")

    await eventually(has_failed)
    (job,) = await replica.jobs()
    assert job["ErrorCode"] == 9
    assert job["ErrorPayload"]["Content"] == {"DimseErrorStatus": 0x0110}
    assert len(modality.reports) == 1


@dataclass
class Trying:
    """A job in hand that is never saved."""

    parameters: Mapping[str, Any]
    id: str = "1"
    state: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)

    async def step(self, progress: float) -> None:
        """Go on."""

    async def write_output(
        self, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Nothing is made."""
        raise NotImplementedError


async def test_nobody_is_tried_for_ever(replica: Replica) -> None:
    """The engine is asked for another try six times; then the job has failed, with the reason."""
    work = Trying(
        {
            "transaction_uid": "2.25.7",
            "references": [[CT, "1.1"]],
            "remote_aet": TITLE,
            "remote_ip": LOOPBACK,
            "called_aet": "ARCHIVE",
            "is_duplicate": False,
        }
    )
    for _ in range(6):
        with pytest.raises(Unavailable):
            await replica.commitment.kind.run(work)
    with pytest.raises(RemoteFailed, match="Connection refused"):
        await replica.commitment.kind.run(work)


async def test_a_modality_is_asked(replica: Replica, archive: Archive, modality: Committer) -> None:
    """Resources and instances in both forms go into one request; its report is pending until it comes."""
    archive.put("1.1")
    response = await replica.request(
        Resources=["id-1.1"],
        DicomInstances=[[CT, "1.2"], {"SOPClassUID": CT, "SOPInstanceUID": "1.3"}],
        Timeout=30,
    )
    uid, path = response.json()["ID"], response.json()["Path"]
    assert path == f"/storage-commitment/{uid}"
    (asked,) = modality.requests
    pairs = ((CT, "1.1"), (CT, "1.2"), (CT, "1.3"))
    assert (asked.transaction_uid, asked.pairs, asked.kind) == (uid, pairs, 1)
    assert asked.calling_aet == replica.parts.configuration.dicom_aet
    assert await replica.report(path) == {"RemoteAET": TITLE, "Status": "Pending"}

    assert await replica.reported(uid, *pairs[:2]) == 200
    told = await replica.report(path)
    assert (told["RemoteAET"], told["Status"]) == ("OTHER", "Failure")
    assert [one["SOPInstanceUID"] for one in told["Success"]] == ["1.1", "1.2"]
    assert told["Failures"][0]["FailureReason"] == 0x0110

    assert await replica.reported(uid, *pairs) == 200
    assert (await replica.report(path))["Status"] == "Success"
    assert await replica.reported("2.25.9", *pairs) == 404


async def test_a_report_on_the_same_association(replica: Replica, modality: Committer) -> None:
    """A modality that reports where it was asked is heard, and answered, without any gateway."""
    modality.reports_at_once = True
    path = await replica.request_one()

    async def is_reported() -> bool:
        return bool((await replica.report(path))["Status"] == "Success")

    await eventually(is_reported)
    await eventually(lambda: modality.answers == [0x0000])


async def test_what_a_modality_does_not_take(replica: Replica, port: int) -> None:
    """Nobody there, no such service, a refusal: Orthanc's errors; a transaction that is none is forgotten."""
    nobody = await replica.request(DicomInstances=[[CT, "1.1"]])
    with committing(port, offers=False):
        nothing = await replica.request(DicomInstances=[[CT, "1.1"]])
    with committing(port) as modality:
        modality.action_status = 0x0110
        refused = await replica.request(DicomInstances=[[CT, "1.1"]])
    for response, code, said in (
        (nobody, 9, "Connection refused"),
        (nothing, 2015, ""),
        (refused, 9, "0x0110"),
    ):
        problem = response.json()
        assert (response.status_code, problem["OrthancStatus"]) == (500, code)
        assert said in problem.get("Details", "")
    kept = await replica.parts.pool.fetchval("SELECT count(*) FROM commitment_reports")
    assert kept == 0


async def test_who_is_not_known(replica: Replica) -> None:
    """A modality or a transaction that nobody knows is not there, as in Orthanc; such a modality is not answered."""
    for method, path in (
        ("POST", "/modalities/nobody/storage-commitment"),
        ("GET", "/storage-commitment/7"),
        ("POST", "/storage-commitment/%00/remove"),
    ):
        response = await replica.client.request(method, path, json={"DicomInstances": []})
        assert (response.status_code, response.json()["OrthancStatus"]) == (404, 7)
    assert await replica.asked("2.25.7", (CT, "1.1"), aet="STRANGER") == 404
    assert await replica.jobs() == []


async def test_what_is_committed_may_go(
    replica: Replica, archive: Archive, modality: Committer
) -> None:
    """Not before all is committed; then what was asked for, by its class and UID, in the caller's name."""
    assert modality.requests == []
    archive.put("1.1")
    archive.put("1.2")
    archive.put("1.9")
    asked = [[CT, "1.1"], [CT, "1.2"], ["1.2.3", "1.2"], [CT, "1.4"]]
    path = (await replica.request(DicomInstances=asked)).json()["Path"]
    early = await replica.client.post(f"{path}/remove", json={})
    assert (early.status_code, early.json()["OrthancStatus"]) == (400, 6)
    pairs = [(first, second) for first, second in asked]
    # A report of more than was asked for is none about that.
    assert await replica.reported(path.rpartition("/")[2], *pairs, (CT, "1.9")) == 200
    archive.held["1.2"][1] = "1.2.4"
    done = await replica.client.post(f"{path}/remove", auth=("alice", "secret"))
    assert (done.status_code, done.json()) == (200, {})
    (deletion,) = archive.deleted
    assert json.loads(deletion.content) == {"Resources": ["id-1.1"]}
    assert deletion.headers["Authorization"].startswith("Basic ")
    assert deletion.headers["X-Forwarded-For"] == LOOPBACK


async def test_reports_are_shared_and_few(open_replica: OpenReplica, modality: Committer) -> None:
    """Replicas know the same; beyond `StorageCommitmentReportsSize` the one least looked at is forgotten."""
    assert modality.requests == []
    async with open_replica() as one, open_replica() as other:
        first, second = await one.request_one(), await other.request_one()
        assert await other.report(first) == {"RemoteAET": TITLE, "Status": "Pending"}
        third = await one.request_one()
        statuses = [(await other.client.get(path)).status_code for path in (first, second, third)]
    assert statuses == [200, 404, 200]


async def test_storing_may_be_chained(replica: Replica, modality: Committer) -> None:
    """A job that was to ask about what it has sent does, under a transaction that it shows; another does not."""
    modality_written = replica.parts.configuration.dicom_modalities["pacs"].model_dump(mode="json")
    work = Trying({"modality": modality_written, "local_aet": "", "timeout": None})
    delivered = [Instance("id", CT, "1.1", "1.2")]
    await replica.commitment.after_store(work, delivered)
    assert work.content == {}
    work.parameters = {**work.parameters, "commitment": True}
    await replica.commitment.after_store(work, [])
    assert modality.requests == []
    await replica.commitment.after_store(work, delivered)
    uid = work.content["StorageCommitmentTransactionUID"]
    assert [(asked.transaction_uid, asked.pairs) for asked in modality.requests] == [
        (uid, ((CT, "1.1"),))
    ]
    assert (await replica.report(f"/storage-commitment/{uid}"))["Status"] == "Pending"

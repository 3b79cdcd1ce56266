"""The routes of modalities, on real engines: who they are, whether they are there, sending to them."""

import asyncio
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from support.destinations import Destination, listening
from support.outbound import Outbox

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.errors import NotFound
from axial.common.event_log import EventLog
from axial.common.events import ModalityChanged, ResourceExported
from axial.common.header import read_header
from axial.common.recorded import LogSequence
from axial.common.sop_classes import VERIFICATION
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, dicom_file, shipped_file
from axial.common.testing.eventually import eventually
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from axial.dimse.sending.contexts import targets
from axial.dimse.sending.instances import Conversion
from axial.router.destinations.modality import Means
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.modalities.opening import build_modalities, store_job
from axial.router.parts import Parts

pytestmark = pytest.mark.integration

TAKES = [(CT_IMAGE_STORAGE, [EXPLICIT_VR_LITTLE_ENDIAN])]
Asking = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def outbox() -> Outbox:
    """Give two instances."""
    outbox = Outbox()
    for number in (1, 2):
        outbox.put(dicom_file(SOPInstanceUID=f"1.2.3.{number}"))
    return outbox


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom we trust over TLS, and where its certificate and our own are."""

    issuer: trustme.CA
    trusted: Path
    ours: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make certificates; none of the modalities that are configured uses them."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(trustme.CA(), folder / "trusted.pem", folder / "ours.pem")
    authority.issuer.cert_pem.write_to_path(str(authority.trusted))
    ours = authority.issuer.issue_cert(LOOPBACK)
    ours.private_key_and_cert_chain_pem.write_to_path(str(authority.ours))
    return authority


@pytest.fixture
def configuration(authority: Authority) -> Configuration:
    """Know one modality, and log what is exported."""
    return Configuration.model_validate(
        {
            "DicomModalities": {"configured": ["CONFIGURED", "ct", 104]},
            "LogExportedResources": True,
            "DicomAssociationCloseDelay": 0,
            "DicomEchoChecksFind": True,
            "MaximumUploadSize": 1,
            "DicomTlsCertificate": str(authority.ours),
            "DicomTlsPrivateKey": str(authority.ours),
            "DicomTlsTrustedCertificates": str(authority.trusted),
        }
    )


class _Untouched:
    """Transcodes nothing, as nothing that is kept needs it."""

    def open(self, _: str, __: str, /) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Know no instance."""
        raise NotFound


@dataclass
class Replica:
    """One replica, as its clients see it."""

    client: httpx2.AsyncClient
    parts: Parts

    async def put(self, name: str, port: int, aet: str = "DESTINATION") -> None:
        """Tell who a modality is."""
        answer = await self.client.put(f"/modalities/{name}", json=[aet, LOOPBACK, port])
        assert (answer.status_code, answer.text) == (200, "")

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        """Ask for something."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.client.post(path, content=content)
        return answer.status_code, answer.json()


OpenReplica = Callable[[], AbstractAsyncContextManager[Replica]]


@pytest.fixture
def open_replica(
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]],
    asking: Asking,
    outbox: Outbox,
    neighbours: Any,
) -> OpenReplica:
    """Start replicas; all find the same instances."""
    neighbours.answers["/internal/outbound"] = outbox.expand
    neighbours.answers["/tools/find"] = outbox.find

    @asynccontextmanager
    async def opened() -> AsyncIterator[Replica]:
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(open_parts())
            conversion = Conversion(_Untouched(), targets(EXPLICIT_VR_LITTLE_ENDIAN))
            means = Means(
                parts.reach, outbox, STANDARD, parts.associations, parts.index, conversion
            )
            jobs = prepare_jobs(parts)
            kinds = [store_job(parts, means)]
            routes = await stack.enter_async_context(open_jobs(parts, jobs, kinds))
            asked = asking(routes, build_modalities(parts, means, jobs.jobs))
            yield Replica(await stack.enter_async_context(asked), parts)

    return opened


@pytest.fixture
async def replica(open_replica: OpenReplica) -> AsyncIterator[Replica]:
    """Give one."""
    async with open_replica() as replica:
        yield replica


async def _logged(log: EventLog, kind: type[Any]) -> list[Any]:
    if not await log.last(kind):
        return []
    async with log.read(LogSequence(0), kind) as reader:
        return [recorded.event for recorded in await reader.next_batch(100, 5.0)]


async def test_who_they_are(open_replica: OpenReplica, log: EventLog) -> None:
    """What one replica was told the other says at once, and a new one later: also that one is no more."""
    async with open_replica() as one, open_replica() as other:
        await one.put("new", 104)
        for form in ("", "?expand=false", "?expand=0"):
            told = await other.client.get(f"/modalities{form}")
            assert told.json() == ["configured", "new"]
        assert (await other.client.get("/modalities?expand=maybe")).status_code == 400
        expanded = (await other.client.get("/modalities?expand")).json()
        described = (await other.client.get("/modalities/new/configuration")).json()
        assert expanded["new"] == described
        assert described == {
            "AET": "DESTINATION",
            "Host": LOOPBACK,
            "Port": 104,
            "Manufacturer": "Generic",
            "AllowEcho": True,
            "AllowFind": True,
            "AllowFindWorklist": True,
            "AllowGet": True,
            "AllowMove": True,
            "AllowStore": True,
            "AllowNAction": True,
            "AllowEventReport": True,
            "AllowTranscoding": True,
            "UseDicomTls": False,
            "LocalAet": "",
            "Timeout": 0,
            "RetrieveMethod": "SystemDefault",
        }
        assert "store-straight" in (await other.client.get("/modalities/new")).json()
        assert (await other.client.delete("/modalities/configured")).status_code == 200
        assert (await one.client.get("/modalities")).json() == ["new"]
        again = await one.client.delete("/modalities/configured")
        assert (again.status_code, again.json()["OrthancStatus"]) == (404, 7)
    async with open_replica() as later:
        assert (await later.client.get("/modalities")).json() == ["new"]
        assert (await later.client.get("/modalities/configured")).status_code == 404
    logged = await _logged(log, ModalityChanged)
    assert [(event.name, event.modality is None) for event in logged] == [
        ("new", False),
        ("configured", True),
    ]
    assert {event.remote_ip for event in logged} == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["a b", "a.b", "é"])
async def test_what_none_can_be_called(replica: Replica, name: str) -> None:
    """As in Orthanc; and nothing is written into the log."""
    refused = await replica.client.put(f"/modalities/{name}", json=["A", "h", 104])
    assert (refused.status_code, refused.json()["OrthancStatus"]) == (400, 15)
    assert not await replica.parts.log.last(ModalityChanged)


async def test_echo(replica: Replica) -> None:
    """A modality that is there says so, by its name or as it is described; others in Orthanc's numbers."""
    (nobody,) = free_ports(1)
    wishes = Destination([], wants=("SOMEBODY",))
    with (
        listening(Destination([], can_find=True)) as there,
        listening(Destination([])) as silent,
        listening(wishes) as strict,
    ):
        await replica.put("there", there.port)
        await replica.put("silent", silent.port)
        await replica.put("strict", strict.port)
        await replica.put("nobody", nobody)
        described = {"AET": "X", "Host": LOOPBACK, "Port": there.port, "Timeout": 5}
        for path, body, expected in (
            ("/modalities/there/echo", b"", (200, None)),
            ("/modalities/there/echo", {"CheckFind": True}, (200, None)),
            ("/modalities/there/echo", {"CheckFind": False}, (200, None)),
            ("/modalities/silent/echo", {"CheckFind": False}, (200, None)),
            ("/modalities/silent/echo", {}, (500, 2015)),
            ("/modalities/there/echo", {"CheckFind": 1}, (400, 15)),
            ("/modalities/there/echo", b"x", (400, 15)),
            ("/modalities/strict/echo", {"Timeout": 5}, (500, 9)),
            ("/modalities/nobody/echo", {}, (500, 9)),
            ("/modalities/zz/echo", {}, (404, 7)),
            ("/tools/dicom-echo", described, (200, None)),
            ("/tools/dicom-echo", ["X", LOOPBACK, there.port], (200, None)),
            ("/tools/dicom-echo", {}, (400, 15)),
        ):
            status, told = await replica.post(path, body)
            assert (status, told.get("OrthancStatus")) == expected, (path, told)
        # `DicomEchoChecksFind` asks, unless the request says otherwise.
        assert [asked.QueryRetrieveLevel for asked in there.asked] == ["STUDY"] * 4


async def test_over_tls(replica: Replica, outbox: Outbox, authority: Authority) -> None:
    """Who was described at run time is spoken to over TLS, with our certificate, if its own is trusted; never else."""
    id_ = outbox.instances[0].id
    destination = Destination(TAKES, can_find=True)
    for issuer, wants_tls, expected in (
        (authority.issuer, True, 200),
        (authority.issuer, False, 500),
        (trustme.CA(), True, 500),
    ):
        with listening(destination, tls=_wants_certificates(authority, issuer)):
            modality = {"AET": "DESTINATION", "Host": LOOPBACK, "Port": destination.port}
            modality |= {"UseDicomTls": wants_tls, "Timeout": 5}
            assert (await replica.client.put("/modalities/new", json=modality)).is_success
            assert (await replica.post("/modalities/new/echo", {}))[0] == expected
            status, told = await replica.post("/modalities/new/store", [id_])
            assert status == expected, told
            assert len(destination.received) == 1


def _wants_certificates(authority: Authority, issuer: trustme.CA) -> ssl.SSLContext:
    """Make what a peer listens with: it shows somebody's certificate, and wants one of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(LOOPBACK).configure_cert(context)
    context.load_verify_locations(authority.trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_store(replica: Replica, outbox: Outbox, log: EventLog) -> None:
    """An instance and its study go once, under the names that the request says; both are told as exported."""
    with listening(Destination(TAKES), title="CALLED") as destination:
        described = {"AET": "THERE", "Host": "nowhere.invalid", "Port": 1}
        assert (await replica.client.put("/modalities/there", json=described)).is_success
        ids = sorted([outbox.instances[0].id, outbox.study])
        wish = {
            "Resources": ids,
            "LocalAet": "WE",
            "CalledAet": "CALLED",
            "Host": LOOPBACK,
            "Port": destination.port,
            "MoveOriginatorAet": "MOVER",
            "MoveOriginatorID": 7,
        }
        status, told = await replica.post("/modalities/there/store", wish)
    assert status == 200, told
    types = {outbox.study: "Study", outbox.instances[0].id: "Instance"}
    assert told == {
        "Description": "REST API",
        "FailedInstancesCount": 0,
        "InstancesCount": 2,
        "LocalAet": "WE",
        "MoveOriginatorAET": "MOVER",
        "MoveOriginatorID": 7,
        "ParentResources": ids,
        "RemoteAet": "CALLED",
        "Resources": [{"ID": id_, "Type": types[id_]} for id_ in ids],
    }
    assert [one.sop_instance_uid for one in destination.received] == ["1.2.3.1", "1.2.3.2"]
    assert {(one.calling_aet, one.originator) for one in destination.received} == {
        ("WE", ("MOVER", 7))
    }
    exported = await _logged(log, ResourceExported)
    assert {(event.resource_id, event.remote_modality) for event in exported} == {
        (id_, "there") for id_ in ids
    }


async def test_store_is_refused(replica: Replica, outbox: Outbox, log: EventLog) -> None:
    """The caller hears so with the status, nothing is told as exported; a job of its own shows the same."""
    with listening(Destination(TAKES, statuses=(0xA900,))) as destination:
        await replica.put("there", destination.port)
        ids = [one.id for one in outbox.instances]
        status, told = await replica.post("/modalities/there/store", ids)
        assert (status, told["OrthancStatus"]) == (500, 9)
        assert "has failed with DIMSE status 0xA900" in told["Details"]
        assert len(destination.received) == 1
        wish = {"Resources": ids, "Permissive": True}
        status, told = await replica.post("/modalities/there/store", wish)
        assert (status, told["FailedInstancesCount"]) == (200, 2)
    jobs = (await replica.client.get("/jobs?expand")).json()
    failed = next(job for job in jobs if job["State"] == "Failure")
    assert failed["Type"] == "DicomModalityStore"
    assert failed["ErrorCode"] == 9
    assert failed["ErrorPayload"]["Content"] == {"DimseErrorStatus": 0xA900}
    assert not await _logged(log, ResourceExported)


async def test_another_replica_goes_on(open_replica: OpenReplica, outbox: Outbox) -> None:
    """What one has begun the other ends, and each instance is sent once: the modality is asked for the last one."""
    first, second = outbox.instances
    outbox.gates[second.id] = asyncio.Event()
    with listening(Destination(TAKES, can_find=True)) as destination:
        async with open_replica() as one:
            await one.put("there", destination.port)
            wish = {"Resources": [outbox.study], "Asynchronous": True}
            _, begun = await one.post("/modalities/there/store", wish)
            await eventually(lambda: len(destination.received) == 1)
        outbox.gates[second.id].set()
        async with open_replica() as other:

            async def ended() -> bool:
                told = (await other.client.get(begun["Path"])).json()
                return bool(told["State"] == "Success")

            await eventually(ended)
    sent = [one.sop_instance_uid for one in destination.received]
    assert sent == [first.sop_instance_uid, second.sop_instance_uid]
    # Of the first one, too, when the replica ended before it had noted it.
    assert destination.asked[-1].SOPInstanceUID == second.sop_instance_uid


async def test_store_of_what_cannot_be_sent(replica: Replica, outbox: Outbox) -> None:
    """Each as Orthanc refuses it, before a job is made."""
    instance = outbox.instances[0].id
    unknown = "-".join(["0" * 8] * 5)
    for name, body, expected in (
        ("configured", b"", (400, 15)),
        ("configured", {}, (400, 15)),
        ("configured", ["x"], (400, 15)),
        ("configured", [unknown], (404, 17)),
        ("configured", {"Resources": [instance], "Timeout": "x"}, (400, 15)),
        ("configured", {"Resources": [instance], "LocalAet": 1}, (400, 5)),
        ("configured", {"Resources": [instance], "StorageCommitment": "x"}, (400, 5)),
        ("zz", [instance], (404, 7)),
    ):
        status, told = await replica.post(f"/modalities/{name}/store", body)
        assert (status, told["OrthancStatus"]) == expected, (body, told)
    assert (await replica.client.get("/jobs")).json() == []


async def test_store_straight(replica: Replica, log: EventLog) -> None:
    """The file goes as it came, is not kept, and is not told as exported; what is no file goes nowhere."""
    file = dicom_file(SOPInstanceUID="9.8.7")
    with listening(Destination(TAKES, statuses=(0x0000, 0xC000))) as destination:
        await replica.put("there", destination.port)
        path = "/modalities/there/store-straight"
        uids = {"SOPClassUID": CT_IMAGE_STORAGE, "SOPInstanceUID": "9.8.7"}
        assert await replica.post(path, file) == (200, uids)
        assert destination.received[0].data_set == file[-len(destination.received[0].data_set) :]
        for body, expected in ((file, (500, 9)), (b"x", (400, 15)), (b"", (400, 15))):
            status, told = await replica.post(path, body)
            assert (status, told["OrthancStatus"]) == expected
    with listening(Destination([(VERIFICATION, [EXPLICIT_VR_LITTLE_ENDIAN])])) as destination:
        await replica.put("there", destination.port)
        status, told = await replica.post(path, file)
        assert (status, told["OrthancStatus"]) == (500, 2015)
    # It is not transcoded, as in Orthanc.
    compressed = shipped_file("JPEG2000.dcm").read_bytes()
    sop_class = read_header(compressed).sop_class_uid
    with listening(Destination([(sop_class, [EXPLICIT_VR_LITTLE_ENDIAN])])) as destination:
        await replica.put("there", destination.port)
        status, told = await replica.post(path, compressed)
        assert (status, told["OrthancStatus"]) == (500, 2015)
    assert not await _logged(log, ResourceExported)
    assert not list(replica.parts.settings.spool_dir.glob("*.dcm"))


async def test_store_straight_without_room(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit on the disk is refused with that, before the modality hears of it; what is too large, too."""

    def on_full_device(**_options: Any) -> object:
        return open("/dev/full", "w+b")  # noqa: PTH123 - the route closes it

    with listening(Destination(TAKES)) as destination:
        await replica.put("there", destination.port)
        path = "/modalities/there/store-straight"
        with monkeypatch.context() as full:
            full.setattr(tempfile, "TemporaryFile", on_full_device)
            status, told = await replica.post(path, dicom_file())
        assert (status, told["OrthancStatus"]) == (507, 19)
        larger = bytes(replica.parts.configuration.maximum_upload_size * 1024 * 1024 + 1)
        status, told = await replica.post(path, larger)
        assert status == 413
    assert destination.associations == 0

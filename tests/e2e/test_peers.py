"""Peers of the whole system: Debian's Orthanc, with users and with DICOMweb, and the system itself."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from support.dicoms import LARGE_PIXELS, Dicom, DicomMaker
from support.orthanc import running_orthanc
from support.system import Axial
from support.waiting import eventually_sync

from axial.common.file_meta import read_file_meta
from axial.common.peers import Peer
from axial.dimse.sending.instances import Instance
from axial.router.destinations.dicomweb import DicomwebDestination
from axial.router.destinations.http_metrics import HttpSendingMetrics
from axial.router.destinations.http_servers import HttpServer
from axial.router.destinations.http_ways import Manner
from axial.router.destinations.peer import PeerDestination
from axial.router.destinations.port import Verdict

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
_RLE = "1.2.840.10008.1.2.5"


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Run an Orthanc that wants credentials, and speaks DICOMweb."""
    options = {
        "Name": "FAR",
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"alice": "secret"},
        "Plugins": [_DICOMWEB],
    }
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), options) as far:
        yield far


@pytest.fixture(scope="module")
def client(axial: Axial, orthanc: httpx2.Client) -> Iterator[httpx2.Client]:
    """Ask the system, which knows the Orthanc in two ways, somebody with a wrong password, and itself."""
    url = str(orthanc.base_url)
    user = {"Username": "alice", "Password": "secret"}
    with axial.client() as client:
        for name, peer in (
            ("far", {"Url": url, **user}),
            ("web", {"Url": f"{url}/dicom-web", "Protocol": "DICOMweb", **user}),
            (
                "xml",
                {
                    "Url": f"{url}/dicom-web",
                    "Protocol": "DICOMweb",
                    "HttpHeaders": {"Accept": "application/dicom+xml"},
                    **user,
                },
            ),
            ("wrong", [url, "alice", "guessed"]),
            ("itself", [axial.url]),
        ):
            assert client.put(f"/peers/{name}", json=peer).is_success
        yield client


def _stored(client: httpx2.Client, count: int, pixels: int = LARGE_PIXELS) -> list[Dicom]:
    maker = DicomMaker(pixels)
    made = [maker.make(number) for number in range(count)]
    for dicom in made:
        assert client.post("/instances", content=dicom.body).is_success
    return made


def _file(orthanc: httpx2.Client, dicom: Dicom) -> bytes:
    return orthanc.get(f"/instances/{dicom.id}/file").content


def test_who_they_are(client: httpx2.Client) -> None:
    """The peer is asked with our credentials; nobody is told them."""
    assert client.get("/peers/far/system").json()["Name"] == "FAR"
    assert client.get("/peers/itself/system").json()["ApiVersion"]
    wrong = client.get("/peers/wrong/system")
    assert (wrong.status_code, wrong.json()["OrthancStatus"]) == (500, 9)
    told = client.get("/peers?expand").text + wrong.text
    assert "secret" not in told
    assert "guessed" not in told


@pytest.mark.parametrize("compress", [False, True])
def test_store(client: httpx2.Client, orthanc: httpx2.Client, compress: bool) -> None:  # noqa: FBT001 - a case
    """A study arrives in a real Orthanc, byte for byte, also when it travels compressed."""
    made = _stored(client, 2)
    study = made[0].names.orthanc_ids[1]
    wish = {"Resources": [study], "Compress": compress}
    told = client.post("/peers/far/store", json=wish)
    assert told.is_success, told.text
    assert told.json()["InstancesCount"] == 2
    assert told.json()["FailedInstancesCount"] == 0
    assert "secret" not in told.text
    size = sum(len(dicom.body) for dicom in made)
    assert int(told.json()["Size"]) < size if compress else told.json()["Size"] == str(size)
    for dicom in made:
        assert _file(orthanc, dicom) == dicom.body


def test_store_by_a_job(client: httpx2.Client) -> None:
    """Sent to itself as its own peer, each instance is there already: the job succeeds, and is among the jobs."""
    (dicom,) = _stored(client, 1)
    wish = {"Resources": [dicom.id], "Asynchronous": True, "Priority": 5, "Compress": True}
    job = client.post("/peers/itself/store", json=wish).json()
    eventually_sync(lambda: client.get(job["Path"]).json()["State"] == "Success", within=30)
    told = client.get(job["Path"]).json()
    assert (told["Type"], told["Priority"]) == ("OrthancPeerStore", 5)
    assert told["Content"]["FailedInstancesCount"] == 0


def test_a_refused_store(client: httpx2.Client, orthanc: httpx2.Client) -> None:
    """Credentials that the peer does not know are an error, and nothing is taken for sent."""
    (dicom,) = _stored(client, 1)
    refused = client.post("/peers/wrong/store", content=dicom.id)
    assert (refused.status_code, refused.json()["OrthancStatus"]) == (500, 9)
    assert orthanc.get(f"/instances/{dicom.id}").status_code == 404


def test_store_straight(client: httpx2.Client, orthanc: httpx2.Client) -> None:
    """The peer has it, and we have not; what the peer says is answered, also that it had it before."""
    dicom = DicomMaker().make(0)
    told = client.post("/peers/far/store-straight", content=dicom.body).json()
    assert (told["ID"], told["Status"]) == (dicom.id, "Success")
    again = client.post("/peers/far/store-straight", content=dicom.body).json()
    assert again["Status"] == "AlreadyStored"
    assert _file(orthanc, dicom) == dicom.body
    assert client.get(f"/instances/{dicom.id}").status_code == 404


@pytest.mark.parametrize("peer", ["web", "xml"])
def test_stow(client: httpx2.Client, orthanc: httpx2.Client, peer: str) -> None:
    """A real DICOMweb server takes what is sent by STOW-RS; it may answer in JSON, or in XML."""
    made = _stored(client, 2)
    told = client.post(f"/peers/{peer}/store", json=[dicom.id for dicom in made])
    assert told.json()["FailedInstancesCount"] == 0
    for dicom in made:
        assert _file(orthanc, dicom) == dicom.body
    straight = DicomMaker().make(0)
    named = client.post(f"/peers/{peer}/store-straight", content=straight.body).json()
    assert named["SOPInstanceUID"] == straight.names.sop_instance_uid


@dataclass(frozen=True, slots=True)
class _OneFile:
    """Gives out one file under every name."""

    dicom: Dicom

    @asynccontextmanager
    async def open(self, instance_id: str) -> AsyncIterator["_Whole"]:
        assert instance_id
        yield _Whole([self.dicom.body], len(self.dicom.body))


@dataclass(frozen=True, slots=True)
class _Whole:
    left: list[bytes]
    size_bytes: int | None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop()


@pytest.mark.parametrize("protocol", ["Orthanc", "DICOMweb"])
async def test_what_a_real_server_has(orthanc: httpx2.Client, protocol: str) -> None:
    """It is known before and after sending, so that nothing that may have arrived is sent twice."""
    dicom = DicomMaker().make(0)
    instance = Instance(dicom.id, _CT_IMAGE, dicom.names.sop_instance_uid, "1.2.840.10008.1.2.1")
    path = "/dicom-web" if protocol == "DICOMweb" else ""
    peer = Peer.model_validate([f"{orthanc.base_url}{path}", "alice", "secret"])
    server = HttpServer(peer, Manner(30.0, verify=True, ca_certificates=None, proxy=None))
    make = DicomwebDestination if protocol == "DICOMweb" else PeerDestination
    destination = make(server, _OneFile(dicom), HttpSendingMetrics(CollectorRegistry()))
    try:
        async with destination.line([]) as line:
            assert await line.has(instance) is False
            assert (await line.send(instance)).verdict is Verdict.DELIVERED
            assert await line.has(instance) is True
            assert (await line.send(instance)).verdict is Verdict.DELIVERED
    finally:
        await server.aclose()


def test_store_in_another_transfer_syntax(client: httpx2.Client, orthanc: httpx2.Client) -> None:
    """What arrives has been written anew, with the same pixels."""
    (dicom,) = _stored(client, 1)
    wish = {"Resources": [dicom.id], "Transcode": _RLE}
    told = client.post("/peers/far/store", json=wish).json()
    assert (told["Transcode"], told["FailedInstancesCount"]) == (_RLE, 0)
    arrived = _file(orthanc, dicom)
    assert read_file_meta(arrived).transfer_syntax_uid == _RLE
    exact = {"Accept": "image/x-portable-arbitrarymap"}
    ours, theirs = (
        asked.get(f"/instances/{dicom.id}/image-uint16", headers=exact).content
        for asked in (client, orthanc)
    )
    assert ours == theirs

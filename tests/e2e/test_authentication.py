"""Who may talk to the system, and that no system is open to the network by accident."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.system import Axial, Wishes, launch, running

from axial.common.testing.eventually import eventually_sync

pytestmark = pytest.mark.e2e

_ALICE = ("alice", "correct horse")
_WRONG = (("alice", "wrong"), ("bob", "correct horse"), ("", ""))
_READER, _POLLER = ("reader", "r"), ("poller", "p")
_PATHS = (
    "/system",
    "/instances",
    "/statistics",
    "/changes",
    "/v1/changefeed",
    "/v2/changefeed/latest",
)


@pytest.fixture
def guarded(own_data: Path) -> Iterator[Axial]:
    """Run a system that knows some users, one of whom may do everything, and compresses."""
    options = {
        "RegisteredUsers": dict([_ALICE, _READER, _POLLER]),
        "UserRoles": {"reader": "read", "poller": "feed"},
        "HttpCompressionEnabled": True,
    }
    with running(own_data, Wishes(configuration=options)) as system:
        yield system


def test_registered_users(guarded: Axial) -> None:
    """Every route asks for the name and password of a registered user, reads and writes alike."""
    dicom = DicomMaker().make(0)
    with guarded.client() as nobody, guarded.client(auth=_ALICE) as alice:
        assert alice.post("/instances", content=dicom.body).json()["Status"] == "Success"
        paths = (*_PATHS, f"/instances/{dicom.id}", f"/instances/{dicom.id}/file")
        for path, wrong in zip(paths, cycle(_WRONG)):
            _refused(nobody.get(path))
            _refused(nobody.get(path, auth=wrong))
            assert alice.get(path).status_code == 200, path
        for method, path in (("POST", "/instances"), ("DELETE", f"/instances/{dicom.id}")):
            _refused(nobody.request(method, path, content=dicom.body))
        assert alice.get("/statistics").json()["CountInstances"] == 1
        _compressed(alice)
        _roles_hold(guarded, dicom, alice)
        _services_let_one_another_in(guarded, dicom, alice)
    _told_when_asked(guarded, dicom)
    _guessing_takes_long(guarded)


def _roles_hold(guarded: Axial, dicom: Dicom, alice: httpx2.Client) -> None:
    """What a role does not allow is 403 at every service, in its API's form; so is what a token is not for."""
    file = f"/instances/{dicom.id}/file"
    writing = (("POST", "/instances"), ("DELETE", f"/instances/{dicom.id}"), ("PUT", "/peers/x"))
    with guarded.client(auth=_READER) as reader, guarded.client(auth=_POLLER) as poller:
        assert reader.get(file).content == dicom.body
        assert reader.post("/tools/find", json={"Level": "Study", "Query": {}}).status_code == 200
        for method, path in (*writing, ("DELETE", "/changes")):
            assert reader.request(method, path).json()["OrthancStatus"] == 45
        assert poller.get("/changes").status_code == 200
        assert poller.get(file).status_code == 403
        assert poller.get("/jobs").status_code == 403
    assert alice.put("/feed/consumers/pacs", json={"Start": "earliest"}).status_code == 201
    token = alice.post("/feed/consumers/pacs/token").json()["Token"]
    with guarded.client(headers={"Authorization": f"Bearer {token}"}) as consumer:
        page = consumer.get("/feed/consumers/pacs/entries?limit=2").json()
        assert [entry["Seq"] for entry in page["Entries"]] == [1, 2]
        assert consumer.get("/v2/changefeed").json()[0]["Sequence"] == 1
        assert consumer.put("/feed/consumers/pacs", json={}).status_code == 403
        assert consumer.get(file).status_code == 401
        with consumer.stream("GET", "/feed/events?since=0") as stream:
            lines = stream.iter_lines()
            assert any(line.startswith("data:") for line in lines)
            assert alice.delete("/feed/consumers/pacs/token").status_code == 200
            # It comes to its end, and in due form: this would raise otherwise, or wait.
            for _ in lines:
                pass
        assert consumer.get("/changes").status_code == 401


def _services_let_one_another_in(guarded: Axial, dicom: Dicom, alice: httpx2.Client) -> None:
    """What takes several services works as ever: jobs, and sending to, storing from, finding for a modality."""
    wish = {"Resources": [dicom.id], "Asynchronous": True}
    job = alice.post("/tools/create-archive", json=wish).raise_for_status().json()
    eventually_sync(lambda: alice.get(job["Path"]).json()["State"] == "Success", within=30)
    ourselves = ["AXIAL", "127.0.0.1", guarded.dicom_port]
    assert alice.put("/modalities/self", json=ourselves).status_code == 200
    sent = alice.post("/modalities/self/store", json={"Resources": [dicom.id]})
    assert sent.raise_for_status().json()["InstancesCount"] == 1
    query = {"Level": "Study", "Query": {"PatientID": dicom.names.patient_id}}
    asked = alice.post("/modalities/self/query", json=query).raise_for_status().json()
    assert alice.get(f"{asked['Path']}/answers").json() == ["0"]
    # With C-MOVE, the gateway has the router send to ourselves what index tells it of.
    moved = alice.post(f"{asked['Path']}/retrieve", json={"TargetAet": "AXIAL"})
    assert moved.status_code == 200, moved.text


def _guessing_takes_long(guarded: Axial) -> None:
    """After some wrong passwords the right one does not help either, until a minute is over."""
    with guarded.client() as guesser:
        answers = [guesser.get("/system", auth=("alice", str(number))) for number in range(11)]
        assert answers[-1].status_code == 429
        answer = guesser.get("/system", auth=_ALICE)
        assert (answer.status_code, answer.json()["HttpStatus"]) == (429, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_a_refused_upload_harms_nobody(guarded: Axial) -> None:
    """However large the body of a stranger's request, it is told 401, and others are served meanwhile."""
    dicom = DicomMaker().make(0)
    with guarded.client() as nobody, guarded.client(auth=_ALICE) as alice:
        for size_bytes in (1, 20_000, 200_000, 2_000_000):
            for _ in range(10):
                _refused(nobody.post("/instances", content=bytes(size_bytes)))
                assert alice.post("/instances", content=dicom.body).status_code == 200


def _told_when_asked(guarded: Axial, dicom: Dicom) -> None:
    """A client that says who it is only after a 401, as many do, goes on; after a question by the same connection."""
    address = urlsplit(guarded.url)
    assert address.hostname is not None
    authorization = {"Authorization": f"Basic {b64encode(':'.join(_ALICE).encode()).decode()}"}
    connection = HTTPConnection(address.hostname, address.port, timeout=30)
    with closing(connection):
        for method, path, body in (
            ("GET", "/system", None),
            ("POST", "/instances", dicom.body),
            ("GET", f"/instances/{dicom.id}/file", None),
        ):
            connection.request(method, path, body)
            refusal = connection.getresponse()
            assert (refusal.status, refusal.read()) == (401, b"")
            assert str(refusal.getheader("WWW-Authenticate")).startswith("Basic ")
            asked = connection.sock
            connection.request(method, path, body, authorization)
            answer = connection.getresponse()
            assert answer.status == 200
            # What was sent in vain ends with its connection.
            assert connection.sock is asked or body
            answer.read()


def _compressed(client: httpx2.Client) -> None:
    """With `HttpCompressionEnabled`, whoever accepts it gets the same JSON in gzip."""
    plain = client.get("/system", headers={"Accept-Encoding": "identity"})
    compressed = client.get("/system", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.json() == plain.json()


def _refused(answer: httpx2.Response) -> None:
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "configuration",
    [
        {"RemoteAccessAllowed": True},
        {"RemoteAccessAllowed": True, "RegisteredUsers": {}},
        {
            "RemoteAccessAllowed": True,
            "RegisteredUsers": {"alice": "x"},
            "AuthenticationEnabled": False,
        },
    ],
)
def test_remote_access_without_users(own_data: Path, configuration: dict[str, object]) -> None:
    """A system open to the network without users does not start, and says why in one line."""
    own_data.mkdir()
    system = launch(own_data, Wishes(configuration=configuration))
    assert system.process is not None
    assert system.process.wait(30) == 1
    (line,) = system.told().splitlines()
    assert "RegisteredUsers" in line
    assert not any(own_data.iterdir())

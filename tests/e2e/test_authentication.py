"""Who may talk to the system, and that no system is open to the network by accident."""

import json
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from support.destinations import Destination, listening
from support.dicoms import Dicom, DicomMaker
from support.everybody import logs_with
from support.modality import sendable
from support.system import Axial, Wishes, launch, running

from axial.common.testing.eventually import eventually_sync

pytestmark = pytest.mark.e2e

_ALICE = ("alice", "correct horse")
_WRONG = (("alice", "wrong"), ("bob", "correct horse"), ("", ""))
_READER, _POLLER = ("reader", "r"), ("poller", "p")
# Whoever shows what is wrong has to wait soon, and so has an address of its own.
_GUESSER = "127.0.0.2"
_PATHS = (
    "/system",
    "/instances",
    "/statistics",
    "/changes",
    "/v1/changefeed",
    "/v2/changefeed/latest",
)


@pytest.fixture(scope="module")
def guarded(module_data: Path) -> Iterator[Axial]:
    """Run a system that knows some users, one of whom may do everything, and compresses; its logs tell all they can."""
    options = {
        "RegisteredUsers": dict([_ALICE, _READER, _POLLER]),
        "UserRoles": {"reader": "read", "poller": "feed"},
        "HttpCompressionEnabled": True,
    }
    with running(module_data, Wishes(configuration=options)) as system:
        with system.client(auth=_ALICE) as alice:
            alice.put("/tools/log-level", content=b"trace").raise_for_status()
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
        _deleted_after_delivery(alice)
    _told_when_asked(guarded, dicom)
    _helm_tests_it(guarded)


def _helm_tests_it(guarded: Axial) -> None:
    """The chart's own checks (`helm test`) pass; the one over HTTP notices when a user is not let in."""
    scripts = Path(__file__).parents[2] / "deploy/helm/axial/files/checks"
    told = {
        "AXIAL_CHECK_URL": guarded.url,
        "AXIAL_CHECK_DICOM": f"127.0.0.1:{guarded.dicom_port}",
        "AXIAL_CHECK_AET": "AXIAL",
        "ORTHANC__REGISTERED_USERS": json.dumps(dict([_ALICE, _READER])),
    }
    for script, password, code in (("dicom", "", 0), ("http", "", 0), ("http", "wrong", 1)):
        users = {"ORTHANC__REGISTERED_USERS": json.dumps({_ALICE[0]: password})} if password else {}
        command = (sys.executable, scripts / f"over_{script}.py")
        done = subprocess.run(
            command, env=told | users, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr


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


def _deleted_after_delivery(alice: httpx2.Client) -> None:
    """The router, which is no user, deletes what a rule wants deleted once its destination has it."""
    dicom = DicomMaker().make(0)
    told = sendable(dicom.body)
    pacs = Destination([(told.sop_class_uid, [told.transfer_syntax])], can_find=True)
    with listening(pacs):
        modality = ["DESTINATION", "127.0.0.1", pacs.port]
        assert alice.put("/modalities/pacs", json=modality).status_code == 200
        rule = {
            "Trigger": "NewInstance",
            "Conditions": {"Tags": {"PatientID": dicom.names.patient_id}},
            "Destinations": [{"Modality": "pacs"}],
            "DeleteAfterDelivery": True,
        }
        assert alice.put("/router/rules/clean", json=rule).status_code == 201
        assert alice.post("/instances", content=dicom.body).json()["Status"] == "Success"
        eventually_sync(lambda: alice.get(f"/instances/{dicom.id}").status_code == 404, within=60)
    assert [one.sop_instance_uid for one in pacs.received] == [dicom.names.sop_instance_uid]


@pytest.mark.parametrize(
    "authorization",
    [
        b"Basic " + b64encode(b"alice:correct horse\0"),
        b"Basic " + b64encode(b"alice\0:correct horse"),
        b"Basic " + b64encode("älice:correct horse".encode("latin-1")),
        b"Basic \xe4\xf6\xfc",
        b"Basic " + b"A" * 60_000,
        b"Basic " + b"A" * 1_000_000,
        b"Basic",
        b"Bearer \xe4\xf6\xfc",
        b"Basic YWxpY2U6Y29\0ycmVjdCBob3JzZQ==",
    ],
    ids=lambda header: repr(header[:40]),
)
def test_hostile_credentials(guarded: Axial, authorization: bytes) -> None:
    """Whatever stands in the header: it lets nobody in, and no service fails."""
    for path in (b"/system", b"/changes", b"/jobs"):
        head = b"GET %s HTTP/1.1\r\nHost: axial\r\nConnection: close\r\n" % path
        status, answer = _sent(guarded, head + b"Authorization: " + authorization, _GUESSER)
        assert status in {400, 401, 429, 431}, answer


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (b"GET /system HTTP/1.1\r\nHost: evil.example", {200}),
        (b"GET /system HTTP/1.1\r\nHost: a b", {400}),
        (b"GET /system HTTP/1.1\r\nHost: one\r\nHost: two", {400}),
        (b"GET http://evil.example/system HTTP/1.1\r\nHost: axial", {200}),
        (b"GET /x%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: axial", {404}),
        (b"GET /changes?since=%0d%0aX-Evil:1 HTTP/1.1\r\nHost: axial", {200}),
        (b"GET /system HTTP/1.1\r\nHost: axial\r\nX-Axial-Edge: evil.example", {200}),
        (b"GET /internal/caught-up HTTP/1.1\r\nHost: axial", {404}),
    ],
    ids=repr,
)
def test_hostile_heads(guarded: Axial, head: bytes, statuses: set[int]) -> None:
    """A head that is forged is refused or means nothing; nothing of it comes back as a header."""
    known = b"\r\nConnection: close\r\nAuthorization: Basic "
    status, answer = _sent(guarded, head + known + b64encode(":".join(_ALICE).encode()))
    assert status in statuses, answer
    headers = answer.partition(b"\r\n\r\n")[0].lower()
    for forged in (b"set-cookie", b"x-evil", b"evil.example", b"x-axial"):
        assert forged not in headers


def test_a_token_where_it_does_not_belong(guarded: Axial) -> None:
    """In a query it opens nothing, and no log tells it; nor does it open another consumer, or make anybody wait."""
    with guarded.client(auth=_ALICE) as alice:
        for name in ("mine", "yours"):
            assert alice.put(f"/feed/consumers/{name}", json={}).status_code == 201
        mine, yours = (
            str(alice.post(f"/feed/consumers/{name}/token").json()["Token"])
            for name in ("mine", "yours")
        )
    with guarded.client() as nobody:
        for path in (*_PATHS, "/feed/consumers/mine/entries", "/feed/events"):
            _refused(nobody.get(path, params={"token": mine, "access_token": mine}))
        bearer = {"Authorization": f"Bearer {yours}"}
        entries = "/feed/consumers/{}/entries"
        assert nobody.get(entries.format("mine"), headers=bearer).status_code == 403
        assert nobody.get(entries.format("yours"), headers=bearer).status_code == 200
        # Where consumers are not known it opens nothing; but whoever shows it does not guess.
        for _ in range(12):
            _refused(nobody.get("/system", headers=bearer))
        assert nobody.get("/system", auth=_ALICE).status_code == 200
    kept = [mine, yours, _ALICE[1], b64encode(":".join(_ALICE).encode()).decode()]
    assert list(logs_with(guarded, [secret.encode() for secret in kept])) == []


def test_guessing_takes_long(guarded: Axial) -> None:
    """After some wrong passwords the right one does not help either, until a minute is over; others are let in."""
    elsewhere = httpx2.HTTPTransport(local_address=_GUESSER)
    with guarded.client(transport=elsewhere) as guesser:
        answers = [guesser.get("/system", auth=("alice", str(number))) for number in range(11)]
        assert answers[-1].status_code == 429
        answer = guesser.get("/system", auth=_ALICE)
        assert (answer.status_code, answer.json()["HttpStatus"]) == (429, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    with guarded.client(auth=_ALICE) as alice:
        assert alice.get("/system").status_code == 200


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


def _sent(guarded: Axial, head: bytes, local_address: str = "127.0.0.1") -> tuple[int, bytes]:
    """Send the head of a request as it is; return the status, and all that was answered."""
    address, local = urlsplit(guarded.url), (local_address, 0)
    answer = b""
    with socket.create_connection((str(address.hostname), address.port or 80), 30, local) as sent:
        # What is refused before it has been read to its end, may be so by a reset.
        with suppress(ConnectionError):
            sent.sendall(head + b"\r\n\r\n")
        with suppress(ConnectionError):
            while piece := sent.recv(65536):
                answer += piece
    return int(answer.split()[1]) if answer else 400, answer


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

"""Who may talk to the system, and that no system is open to the network by accident."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.system import Axial, Wishes, launch, running

pytestmark = pytest.mark.e2e

_ALICE = ("alice", "correct horse")
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
    """Run a system that knows one user, and compresses."""
    options = {"RegisteredUsers": dict([_ALICE]), "HttpCompressionEnabled": True}
    with running(own_data, Wishes(configuration=options)) as system:
        yield system


def test_registered_users(guarded: Axial) -> None:
    """Every route asks for the name and password of a registered user, reads and writes alike."""
    dicom = DicomMaker().make(0)
    with guarded.client() as nobody, guarded.client(auth=_ALICE) as alice:
        assert alice.post("/instances", content=dicom.body).json()["Status"] == "Success"
        for path in (*_PATHS, f"/instances/{dicom.id}", f"/instances/{dicom.id}/file"):
            _refused(nobody.get(path))
            for wrong in (("alice", "wrong"), ("bob", "correct horse"), ("", "")):
                _refused(nobody.get(path, auth=wrong))
            assert alice.get(path).status_code == 200, path
        for method, path in (("POST", "/instances"), ("DELETE", f"/instances/{dicom.id}")):
            _refused(nobody.request(method, path, content=dicom.body))
        assert alice.get("/statistics").json()["CountInstances"] == 1
        _compressed(alice)
    _told_when_asked(guarded, dicom)


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

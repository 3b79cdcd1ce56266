"""Two archives that are each other's peers on one machine, one of them behind mutual TLS, both with users."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from support.dicoms import Dicom, DicomMaker
from support.system import Axial, Wishes, launch, running, wait_until_up
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK, free_ports

pytestmark = pytest.mark.e2e

_ADMIN = ("admin", "wonderland")
# Each has engines and services to start.
_START_SECONDS = 90
_TELLING = ("/jobs?expand", "/peers?expand", "/router/deliveries", "/router/destinations")
_SECRETS = ("near-password", "far-password", "far-token", "key-password", _ADMIN[1])


@pytest.fixture
def certificates(tmp_path: Path) -> trustme.CA:
    """Make those of an authority, of the far archive, and of whoever speaks to it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
    for name, of in (("far.pem", LOOPBACK), ("client.pem", "near")):
        issued = authority.issue_cert(of)
        issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / name))
    return authority


def _configuration(folder: Path, sender: str, peer: str, url: str, **more: object) -> Wishes:
    """Let an archive pass on all that arrives to its one peer, which has a user there as it has one here."""
    configuration: dict[str, object] = {
        "RegisteredUsers": {_ADMIN[0]: _ADMIN[1], peer: f"{peer}-password"},
        "HttpsCACertificates": str(folder / "trusted.pem"),
        "OrthancPeers": {
            "peer": {
                "Url": url,
                "Username": sender,
                "Password": f"{sender}-password",
                "HttpHeaders": {"X-Token": "far-token"},
                "CertificateFile": str(folder / "client.pem"),
                "CertificateKeyPassword": "key-password",
                "SenderUsername": peer,
            }
        },
        "Router": {
            "Rules": {"all": {"Trigger": "NewInstance", "Destinations": [{"Peer": "peer"}]}}
        },
        **more,
    }
    return Wishes(configuration=configuration)


@contextmanager
def _over_tls(data: Path, wishes: Wishes, port: int) -> Iterator[Axial]:
    far = launch(data, Wishes(configuration=wishes.configuration, port=port))
    try:
        wait_until_up(far)
        yield far
    finally:
        far.stop()


def _has(client: httpx2.Client, dicom: Dicom) -> bool:
    return client.get(f"/instances/{dicom.id}/file").content == dicom.body


def _reason(client: httpx2.Client, dicom: Dicom) -> str:
    """Ask an archive why its rule does not send an instance."""
    question = {"Instance": dicom.id, "Rules": ["all"]}
    told: dict[str, Any] = client.post("/router/rules/test", json=question).json()
    (destination,) = told["Rules"]["all"]["Destinations"]
    return str(destination["Reason"])


def test_what_one_sends_the_other_does_not_send_back(
    own_data: Path, tmp_path: Path, certificates: trustme.CA
) -> None:
    """Each knows the other by its user, where both have one address; nobody is told a secret, nor any log."""
    near_port, far_port = free_ports(2)
    secured = {
        "SslEnabled": True,
        "SslCertificate": str(tmp_path / "far.pem"),
        "SslVerifyPeers": True,
        "SslTrustedClientCertificates": str(tmp_path / "trusted.pem"),
    }
    far_url = f"https://{LOOPBACK}:{far_port}/"
    here = _configuration(tmp_path, "near", "far", far_url)
    there = _configuration(tmp_path, "far", "near", f"http://{LOOPBACK}:{near_port}/", **secured)
    tls = ssl.create_default_context()
    certificates.configure_trust(tls)
    tls.load_cert_chain(tmp_path / "client.pem")
    maker = DicomMaker()
    of_near, of_far = (maker.make(number) for number in range(2))
    with (
        running(
            own_data / "near", Wishes(configuration=here.configuration, port=near_port)
        ) as near,
        _over_tls(own_data / "far", there, far_port) as far,
        near.client(auth=_ADMIN) as at_near,
        httpx2.Client(base_url=far_url, auth=_ADMIN, verify=tls, timeout=60) as at_far,
    ):
        eventually_sync(lambda: at_far.get("/system").is_success, within=_START_SECONDS)
        assert at_near.get("/peers/peer/system").json() == at_far.get("/system").json()
        for dicom, begins, ends in ((of_near, at_near, at_far), (of_far, at_far, at_near)):
            assert begins.post("/instances", content=dicom.body).is_success
            eventually_sync(partial(_has, ends, dicom))
            assert _reason(ends, dicom) == "The instance came from there"
        stored = at_near.post("/peers/peer/store", content=of_near.id)
        assert stored.json()["FailedInstancesCount"] == 0
        refused = at_far.put("/peers/wrong", json=["http://al:far-token/x@far"])
        assert refused.status_code == 400
        told = [stored.text, refused.text, near.told(), far.told()]
        told += [client.get(path).text for client in (at_near, at_far) for path in _TELLING]
        told += [file.read_text() for one in (near, far) for file in one.folder.glob("logs/*")]
    assert [secret for secret in _SECRETS if any(secret in text for text in told)] == []

"""DICOM over TLS, as DCMTK's programs speak it."""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from support.gateway import door
from support.shelf import Shelf

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.configuration import Configuration
from axial.common.testing.dicom_files import dicom_file
from axial.common.testing.eventually import eventually
from axial.dimse.reaching import Reach
from axial.dimse.sending.contexts import kind_of
from axial.dimse.sending.sender import Gone, Sender
from axial.dimse.upper_layer.requestor import Peer

pytestmark = [pytest.mark.integration, pytest.mark.tools]

_STRONG = "ECDHE-ECDSA-AES256-GCM-SHA384"
_LIGHT = "ECDHE-ECDSA-AES128-GCM-SHA256"
REFUSED = "axial_dicom_refused_tls_handshakes_total"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One of a peer's, with its key."""

    chain: str
    key: str


@dataclass(frozen=True, slots=True)
class Hospital:
    """Who trusts whom: the authority's own certificate, ours, a modality's, and one of somebody else's."""

    authority: str
    ours: Certificate
    modality: Certificate
    foreign: Certificate

    def options(self, **others: object) -> Configuration:
        """Configure TLS, as an Orthanc user does."""
        return Configuration.model_validate(
            {
                "DicomTlsEnabled": True,
                "DicomTlsCertificate": self.ours.chain,
                "DicomTlsPrivateKey": self.ours.key,
                "DicomTlsTrustedCertificates": self.authority,
                **others,
            }
        )

    def shown(self, certificate: Certificate) -> tuple[str, ...]:
        """Say it to a program of DCMTK."""
        return ("+tls", certificate.key, certificate.chain, "+cf", self.authority)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """Make the certificates."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, other = trustme.CA(), trustme.CA()
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    return Hospital(
        str(trusted),
        _issue(authority, folder, "ours"),
        _issue(authority, folder, "modality"),
        _issue(other, folder, "foreign"),
    )


def _issue(authority: trustme.CA, folder: Path, name: str) -> Certificate:
    issued = authority.issue_cert(LOOPBACK)
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    issued.private_key_pem.write_to_path(str(key))
    return Certificate(str(chain), str(key))


async def test_a_modality_with_a_certificate(hospital: Hospital) -> None:
    """Both sides trust the authority: the echo goes through."""
    async with door(hospital.options()) as opened:
        outcome = await opened.program("echoscu", *hospital.shown(hospital.modality))
        assert outcome.returncode == 0, outcome.stderr
        assert opened.count(REFUSED) == 0


@pytest.mark.parametrize(
    ("lowest", "accepted", "highest", "offered", "spoken"),
    [
        (0, (), "TLSv1_3", "", "TLSv1.3"),
        (0, (), "TLSv1_2", "", "TLSv1.2"),
        (1, (_STRONG,), "TLSv1_2", _STRONG, "TLSv1.2"),
        (1, (_STRONG,), "TLSv1_2", _LIGHT, None),
        (5, (), "TLSv1_3", "", "TLSv1.3"),
        (5, (), "TLSv1_2", "", None),
    ],
    ids=str,
)
async def test_versions_and_ciphers(
    hospital: Hospital,
    lowest: int,
    accepted: tuple[str, ...],
    highest: str,
    offered: str,
    spoken: str | None,
) -> None:
    """A peer that speaks no version that is new enough, or none of the ciphers, is not heard."""
    options = hospital.options(
        DicomTlsMinimumProtocolVersion=lowest, DicomTlsCiphersAccepted=accepted
    )
    peer = ssl.create_default_context(cafile=hospital.authority)
    peer.load_cert_chain(hospital.modality.chain, hospital.modality.key)
    peer.maximum_version = ssl.TLSVersion[highest]
    if offered:
        peer.set_ciphers(offered)
    async with door(options) as opened:
        assert await asyncio.to_thread(_version, peer, opened.port) == spoken
        assert opened.count(REFUSED) == (spoken is None)


def _version(peer: ssl.SSLContext, port: int) -> str | None:
    """Tell which version a peer comes to speak, if any."""
    with socket.create_connection((LOOPBACK, port)) as connection:
        try:
            with peer.wrap_socket(connection, server_hostname=LOOPBACK) as encrypted:
                return encrypted.version()
        except ssl.SSLError:
            return None


async def test_who_has_no_certificate_that_is_trusted(hospital: Hospital) -> None:
    """None, or somebody else's: the handshake fails, and is counted; one who speaks plainly is not heard either."""
    async with door(hospital.options()) as opened:
        for number, arguments in enumerate(
            (
                ("+tla", "+cf", hospital.authority),
                hospital.shown(hospital.foreign),
                (),
            )
        ):
            outcome = await opened.program("echoscu", *arguments)
            assert outcome.returncode != 0
            assert opened.count(REFUSED) == number + 1
        outcome = await opened.program("echoscu", *hospital.shown(hospital.modality))
        assert outcome.returncode == 0, outcome.stderr


async def test_a_certificate_need_not_be_asked_for(hospital: Hospital) -> None:
    """Without the option, encryption is all: nobody shows who they are, and no file of trust is needed."""
    options = hospital.options(DicomTlsRemoteCertificateRequired=False)
    options = options.model_copy(update={"dicom_tls_trusted_certificates": None})
    async with door(options) as opened:
        outcome = await opened.program("echoscu", "+tla", "+cf", hospital.authority)
        assert outcome.returncode == 0, outcome.stderr


async def test_a_handshake_that_never_comes(hospital: Hospital) -> None:
    """Whoever connects and is silent takes nobody's place."""
    async with door(hospital.options(), associations=1) as opened:
        silent = [socket.create_connection((LOOPBACK, opened.port)) for _ in range(8)]
        try:
            outcome = await opened.program("echoscu", *hospital.shown(hospital.modality))
            assert outcome.returncode == 0, outcome.stderr
            await eventually(lambda: opened.count("axial_dicom_open_associations") == 0)
        finally:
            for connection in silent:
                connection.close()


async def test_what_is_sent_over_tls(hospital: Hospital, tmp_path: Path) -> None:
    """A destination with UseDicomTls is shown our certificate and is known by its own; a foreign one gets nothing."""
    (port,) = free_ports(1)
    modality = {"AET": "STORER", "Host": LOOPBACK, "Port": port, "UseDicomTls": True}
    configuration = hospital.options(DicomTlsEnabled=False, DicomModalities={"storer": modality})
    peer = Reach.of(configuration).peer(configuration.dicom_modalities["storer"])
    for certificate, expected in ((hospital.modality, 1), (hospital.foreign, 0)):
        program = (
            "/usr/bin/storescp",
            *hospital.shown(certificate),
            "-od",
            str(tmp_path),
            str(port),
        )
        storer = await asyncio.create_subprocess_exec(*program)
        try:
            await eventually(lambda: _listens(port))
            assert await _sent(peer) == expected
        finally:
            storer.terminate()
            await storer.wait()
    assert _count(tmp_path) == 1


def _count(folder: Path) -> int:
    return len(list(folder.iterdir()))


async def _sent(peer: Peer) -> int:
    shelf = Shelf()
    instance = shelf.put(dicom_file())
    sender = Sender(peer, [kind_of(instance)], shelf)
    try:
        return int(await sender.send(instance) == 0)
    except Gone:
        return 0
    finally:
        await sender.aclose()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0

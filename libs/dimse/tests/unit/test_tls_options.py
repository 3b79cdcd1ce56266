"""TLS as it is configured, and mistaken."""

import ssl
from pathlib import Path

import pytest
import trustme

from axial.common.configuration import BadConfiguration, Configuration
from axial.common.configuration_file import load_configuration
from axial.dimse.tls import certificate_expiry, client_context, server_context

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with our certificate, its key, another key, and what is neither."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    issued, another = authority.issue_cert("here"), authority.issue_cert("there")
    issued.cert_chain_pems[0].write_to_path(str(folder / "axial.crt"))
    issued.private_key_pem.write_to_path(str(folder / "axial.key"))
    another.private_key_pem.write_to_path(str(folder / "another.key"))
    authority.cert_pem.write_to_path(str(folder / "trusted.crt"))
    (folder / "letter").write_text("not a certificate")
    return folder


def _configuration(folder: Path, **others: object) -> Configuration:
    options = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": "axial.crt",
        "DicomTlsPrivateKey": "axial.key",
        "DicomTlsTrustedCertificates": "trusted.crt",
        **others,
    }
    options = {name: value for name, value in options.items() if value is not None}
    return Configuration.model_validate(options, context={"folder": folder})


def _context(configuration: Configuration) -> ssl.SSLContext | None:
    return server_context(configuration, lambda _: None)


def test_without_the_option_there_is_none(folder: Path) -> None:
    """Whatever else is configured."""
    assert _context(_configuration(folder, DicomTlsEnabled=False)) is None


def test_when_the_certificate_ends(folder: Path) -> None:
    """It is the end of the one that is shown; of what is none, nothing is told."""
    expiry = certificate_expiry(_configuration(folder))
    decoded: dict[str, str] = ssl._ssl._test_decode_cert(str(folder / "axial.crt"))  # type: ignore[attr-defined]  # noqa: SLF001 - OpenSSL's own reading, which nothing public gives
    assert expiry is not None
    assert expiry.timestamp() == ssl.cert_time_to_seconds(decoded["notAfter"])
    assert certificate_expiry(_configuration(folder, DicomTlsCertificate="letter")) is None
    assert certificate_expiry(_configuration(folder, DicomTlsCertificate=None)) is None


def test_a_certificate_is_required_unless_it_is_not(folder: Path) -> None:
    """As Orthanc since 1.12.4, it is not even asked for then."""
    required = _context(_configuration(folder))
    assert required is not None
    assert required.verify_mode == ssl.CERT_REQUIRED
    optional = _context(_configuration(folder, DicomTlsRemoteCertificateRequired=False))
    assert optional is not None
    assert optional.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"DicomTlsCertificate": None}, "option DicomTlsCertificate: needed"),
        ({"DicomTlsPrivateKey": None}, "option DicomTlsPrivateKey: needed"),
        ({"DicomTlsTrustedCertificates": None}, "option DicomTlsTrustedCertificates: needed"),
        ({"DicomTlsCertificate": "lost.crt"}, "option DicomTlsCertificate: .*lost.crt: No such"),
        ({"DicomTlsCertificate": "letter"}, "option DicomTlsCertificate: .*letter"),
        ({"DicomTlsPrivateKey": "another.key"}, "option DicomTlsCertificate: .*another.key"),
        ({"DicomTlsTrustedCertificates": "letter"}, "option DicomTlsTrustedCertificates: .*letter"),
        ({"DicomTlsCiphersAccepted": ["AES128-SHA"]}, "from 1 on"),
        (
            {"DicomTlsMinimumProtocolVersion": 4, "DicomTlsCiphersAccepted": ["ENIGMA"]},
            "ENIGMA is not known",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_used(folder: Path, others: dict[str, object], told: str) -> None:
    """One line names the option, and the file if there is one."""
    with pytest.raises(BadConfiguration, match=told):
        _context(_configuration(folder, **others))


def test_what_we_come_with(folder: Path) -> None:
    """It is ready as soon as there are certificates: modalities that want TLS may be added at any time."""
    ready = client_context(_configuration(folder, DicomTlsEnabled=False))
    assert ready is not None
    assert ready.verify_mode == ssl.CERT_REQUIRED
    without = {"DicomTlsEnabled": False, "DicomTlsTrustedCertificates": None}
    assert client_context(_configuration(folder, **without)) is None
    ct = {"AET": "CT", "Host": "ct", "Port": 104, "UseDicomTls": True}
    with pytest.raises(BadConfiguration, match="option DicomTlsTrustedCertificates: needed"):
        client_context(_configuration(folder, **without, DicomModalities={"ct": ct}))


def test_paths_are_taken_from_the_configuration_file(folder: Path) -> None:
    """As Orthanc takes them, wherever the process was started."""
    file = folder / "orthanc.json"
    file.write_text(
        '{"DicomTlsEnabled": true, "DicomTlsCertificate": "axial.crt",'
        ' "DicomTlsPrivateKey": "axial.key", "DicomTlsRemoteCertificateRequired": false}'
    )
    assert _context(load_configuration(file, {})) is not None

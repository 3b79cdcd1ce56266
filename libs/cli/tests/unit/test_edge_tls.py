"""HTTPS as it is configured, and mistaken."""

from pathlib import Path

import pytest
import trustme

from axial.cli.edge_tls import edge_tls
from axial.cli.engines.caddy import Tls
from axial.common.configuration import BadConfiguration, Configuration

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a certificate and its key in one file, the certificate alone, and what is neither."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    issued = authority.issue_cert("here")
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "alone.pem"))
    authority.cert_pem.write_to_path(str(folder / "trusted.pem"))
    (folder / "letter").write_text("not a certificate")
    return folder


def _tls(folder: Path, **options: object) -> Tls | None:
    options = {"SslEnabled": True, "SslCertificate": "both.pem", **options}
    options = {name: value for name, value in options.items() if value is not None}
    return edge_tls(Configuration.model_validate(options, context={"folder": folder}))


def test_as_configured(folder: Path) -> None:
    """By Orthanc's options, from the configuration file's folder; without the first there is none."""
    both, trusted = folder / "both.pem", folder / "trusted.pem"
    assert _tls(folder, SslEnabled=False) is None
    assert _tls(folder) == Tls(both)
    assert _tls(folder, SslMinimumProtocolVersion=5) == Tls(both, only_1_3=True)
    wanted = {"SslVerifyPeers": True, "SslTrustedClientCertificates": "trusted.pem"}
    assert _tls(folder, **wanted) == Tls(both, trusted)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"SslCertificate": None}, "option SslCertificate: needed for HTTPS"),
        ({"SslCertificate": "nowhere.pem"}, "nowhere.pem: No such file or directory"),
        ({"SslCertificate": "alone.pem"}, "alone.pem: cannot be used"),
        ({"SslCertificate": "letter"}, "letter: cannot be used"),
        ({"SslVerifyPeers": True}, "option SslTrustedClientCertificates: needed for HTTPS"),
        (
            {"SslVerifyPeers": True, "SslTrustedClientCertificates": "letter"},
            "letter: cannot be used",
        ),
    ],
)
def test_mistakes(folder: Path, options: dict[str, object], complaint: str) -> None:
    """One line names the option; nobody speaks plainly who was told otherwise."""
    with pytest.raises(BadConfiguration, match=r"^option Ssl") as caught:
        _tls(folder, **options)
    assert str(caught.value).endswith(complaint)

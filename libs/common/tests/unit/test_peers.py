"""Peers in every form that Orthanc's configuration knows."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from axial.common.configuration import BadConfiguration
from axial.common.configuration_file import load_configuration
from axial.common.peers import Peer

pytestmark = pytest.mark.unit


def _read(value: object) -> Peer:
    return Peer.model_validate(value)


def test_the_short_forms() -> None:
    """An URL alone, or with a user; a slash is added, and http supposed."""
    assert _read(["http://a"]).url == "http://a/"
    assert _read(["a:8042"]).url == "http://a:8042/"
    named = _read(["https://a/orthanc/", "alice", "secret"])
    assert (named.url, named.username) == ("https://a/orthanc/", "alice")
    assert named.password.get_secret_value() == "secret"


def test_the_long_form() -> None:
    """What is no field is a property of one's own; both spellings of the URL are read."""
    peer = _read(
        {"URL": "http://a", "HttpHeaders": {"X-Key": "k"}, "Timeout": 3, "Site": "B", "Shelf": 7}
    )
    assert peer.url == "http://a/"
    assert peer.http_headers["X-Key"].get_secret_value() == "k"
    assert (peer.timeout, peer.protocol) == (3, "Orthanc")
    assert peer.properties == {"Site": "B", "Shelf": "7"}


def test_a_user_in_the_url_is_taken_out_of_it() -> None:
    """The URL is shown to everybody, and a password in it would be, too."""
    peer = _read(["https://alice:se%40cret@a:8043/x"])
    assert peer.url == "https://a:8043/x/"
    assert (peer.username, peer.password.get_secret_value()) == ("alice", "se@cret")


@pytest.mark.parametrize(
    "value",
    [
        ["https://a", "alice", "secret"],
        {"Url": "http://a", "CertificateFile": "/c.pem", "CertificateKeyPassword": "p"},
        {"Url": "http://a", "HttpHeaders": {"A": "b"}, "Timeout": 5, "Own": True},
        {"Url": "http://a/dicom-web", "Protocol": "DICOMweb"},
        {"Url": "http://a", "SenderUsername": "far"},
        ["http://[2001:db8::1]:8042/x"],
    ],
)
def test_what_is_written_is_read_again(value: object) -> None:
    """The database gives back who was put into it, secrets and all; what can be printed has none."""
    peer = _read(value)
    assert _read(peer.written()) == peer
    assert "secret" not in repr(peer)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [""],
        ["http://a", "alice"],
        ["http://a", "alice", "secret", "more"],
        "http://a",
        5,
        {},
        {"Url": 5},
        {"Url": "ftp://a"},
        {"Url": "http://a:99999"},
        {"Url": "http://a/?x=1"},
        {"Url": "http://a b"},
        {"Url": "http://a", "Password": "secret"},
        {"Url": "http://a", "Username": "a:b", "Password": "secret"},
        {"Url": "http://a", "Timeout": "12"},
        {"Url": "http://a", "Timeout": -1},
        {"Url": "http://a", "Timeout": 2**32},
        {"Url": "http://a", "SenderUsername": 5},
        # A password with a slash is where a port would be, or is no host.
        ["http://alice:secret/x@a"],
        ["http://alice:secret[@a"],
        ["http://secret\u2100:x@a"],
        ["http://a:0"],
        {"Url": "http://a", "HttpHeaders": []},
        {"Url": "http://a", "HttpHeaders": {"A": 5}},
        {"Url": "http://a", "HttpHeaders": {"A": "secret\r\nB: c"}},
        {"Url": "http://a", "HttpHeaders": {"Content-Length": "5"}},
        {"Url": "http://a", "HttpHeaders": {"Accept-Encoding": "gzip"}},
        {"Url": "http://a", "HttpHeaders": {"content-encoding": "gzip"}},
        {"Url": "http://a", "Pkcs11": True},
        {"Url": "http://a", "Protocol": "DICOM"},
        {"Url": "http://a", "Own": None},
    ],
)
def test_what_is_no_peer_is_refused(value: object) -> None:
    """As Orthanc does, or because it would be another request on the wire; the error quotes no secret."""
    with pytest.raises(ValidationError) as refused:
        _read(value)
    assert "secret" not in str(refused.value)


def test_the_configuration_names_peers(tmp_path: Path) -> None:
    """Files are found beside the configuration, as its other files are."""
    file = tmp_path / "axial.json"
    file.write_text('{"OrthancPeers": {"b": {"Url": "http://b", "CertificateFile": "c.pem"}}}')
    peer = load_configuration(file, {}).orthanc_peers["b"]
    assert peer.certificate_file == tmp_path / "c.pem"


def test_a_peer_that_is_none_stops_the_start_without_its_secrets(tmp_path: Path) -> None:
    """One line says which option is wrong."""
    file = tmp_path / "axial.json"
    file.write_text('{"OrthancPeers": {"b": ["http://b", "secret"]}}')
    with pytest.raises(BadConfiguration, match=r"^option OrthancPeers: ") as refused:
        load_configuration(file, {})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "socks5://a", "http://a/path", "al:secret/x@a:3128", "al:secret[@a", "a:99999"]
)
def test_a_proxy_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """HTTP proxies alone are spoken to; a password is not told."""
    file = tmp_path / "axial.json"
    file.write_text(json.dumps({"HttpProxy": text}))
    with pytest.raises(BadConfiguration, match=r"^option HttpProxy: ") as refused:
        load_configuration(file, {})
    assert "secret" not in str(refused.value)

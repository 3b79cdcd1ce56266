"""What is asked of peers, read as Orthanc does."""

import pytest

from axial.common.errors import BadFormat, InexistentFile
from axial.common.peers import Peer
from axial.router.jobs.resources import read_resources
from axial.router.peers.destinations import StoreOptions
from axial.router.peers.rendering import render_in_job, render_peer
from axial.router.peers.requests import read_peer, read_store_options

pytestmark = pytest.mark.unit

ID = "f689ddd2-662f8fe1-8b18180d-ec2a2cee-937917af"


@pytest.mark.parametrize(
    "body",
    [
        b'["http://a", "secret"]',
        b'["http://a", "alice", "secret", "more"]',
        b'{"Url": "http://a", "Password": "secret"}',
        b'{"Url": "http://a", "Pkcs11": true}',
        b"{",
        b"",
        b"\xff",
        b'["http://a", "alice", "secret\\u0000"]',
        b'["http://a", "alice", "secret\\ud800"]',
        b'{"Url": "http://a", "secret\\u0000": "x"}',
        b'["http://alice:secret/x@a"]',
    ],
)
def test_what_is_no_peer_is_refused(body: bytes) -> None:
    """Without a word of what may be secret."""
    with pytest.raises(BadFormat) as refused:
        read_peer(body)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("name", ["CertificateFile", "CertificateKeyFile"])
@pytest.mark.parametrize("elsewhere", ["/none", "/etc", f"/{'x' * 5000}"])
def test_a_certificate_must_be_there(name: str, elsewhere: str) -> None:
    """Or the peer could never be spoken to."""
    there = '"CertificateFile": "/etc/hosts", "CertificateKeyFile": "/etc/hosts"'
    body = f'{{"Url": "https://a", {there}}}'
    assert read_peer(body.encode()).certificate_file is not None
    missing = body.replace(f'"{name}": "/etc/hosts"', f'"{name}": "{elsewhere}"')
    with pytest.raises(InexistentFile):
        read_peer(missing.encode())


def test_a_key_of_no_certificate_means_nothing() -> None:
    """As in Orthanc, which does not even look for it."""
    peer = read_peer(b'{"Url": "https://a", "CertificateKeyFile": "/none"}')
    assert peer == Peer.model_validate(["https://a"])


@pytest.mark.parametrize("body", [ID, f'"{ID}"', f'["{ID}"]', f'{{"Resources": ["{ID}"]}}'])
def test_resources_in_every_form(body: str) -> None:
    """A text, a list, or an object with options."""
    ids, options = read_resources(f" {body}\n".encode())
    assert ids == [ID]
    assert bool(options) == body.startswith("{")


@pytest.mark.parametrize(
    "body", ["", "nope", '"nope"', "5", "{}", '{"Resources": "x"}', '{"Resources": [5]}', "[null]"]
)
def test_what_names_no_resources_is_refused(body: str) -> None:
    """All of it Orthanc's error 15."""
    with pytest.raises(BadFormat):
        read_resources(body.encode())


def test_options_of_a_store() -> None:
    """A truth and a text; nothing else stands for them."""
    assert read_store_options({}) == StoreOptions(compress=False, transcode="")
    assert read_store_options({"Compress": True}).compress
    assert read_store_options({"Transcode": "1.2.840.10008.1.2.5"}).transcode
    for wrong in (
        {"Compress": "true"},
        {"Compress": 1},
        {"Transcode": None},
        {"Transcode": ""},
        {"Transcode": "1.2"},
    ):
        with pytest.raises(BadFormat):
            read_store_options(wrong)


@pytest.mark.parametrize(
    ("written", "in_job"),
    [
        (["http://a"], ["http://a/"]),
        (["http://a", "alice", "secret"], ["http://a/", "alice", ""]),
        (
            {"Url": "http://a", "HttpHeaders": {"X-Key": "secret"}},
            {"Url": "http://a/", "HttpHeaders": {"X-Key": ""}, "Pkcs11": False, "Timeout": 0},
        ),
    ],
)
def test_a_job_tells_no_secrets(written: object, in_job: object) -> None:
    """In Orthanc's forms, whose headers tell what they say."""
    assert render_in_job(Peer.model_validate(written)) == in_job


def test_a_client_certificate_is_told_of_as_orthanc_does() -> None:
    """By its name; that there is a key is told by null."""
    peer = Peer.model_validate(
        {"Url": "https://a", "CertificateFile": "/c.pem", "CertificateKeyPassword": "secret"}
    )
    shown = render_peer(peer)
    assert shown["CertificateFile"] == "/c.pem"
    assert shown["CertificateKeyFile"] is None
    assert shown["CertificateKeyPassword"] is None

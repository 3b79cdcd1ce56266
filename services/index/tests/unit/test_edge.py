"""To whom it is told where blobs are."""

import pytest
from fastapi import Request
from pydantic import SecretStr

from axial.common.blobs import StoredBlob
from axial.index.api.edge import Edge
from axial.index.api.ranges import ByteRange

pytestmark = pytest.mark.unit

LONG = StoredBlob("2026/a.dcm", 500_000)


def asked_by(token: str | None) -> Request:
    """Make a request that says so of itself."""
    headers = [] if token is None else [(b"x-axial-edge", token.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize(
    ("own", "told", "sends"),
    [
        ("secret", "secret", True),
        ("secret", "guess", False),
        ("secret", "", False),
        ("secret", None, False),
        ("", "", False),
        ("", "guess", False),
        ("secret", "ü", False),
    ],
)
def test_the_edge_alone_is_told(own: str, told: str | None, *, sends: bool) -> None:
    """Nobody without the token learns where blobs are; without one, nobody does."""
    edge = Edge(SecretStr(own))
    assert edge.sends(asked_by(told), LONG, ByteRange(0, 500_000)) is sends


def test_the_edge_sends_what_is_long_and_kept_as_it_came() -> None:
    """What is short costs less from here; what is kept compressed only we can send."""
    edge, request = Edge(SecretStr("secret")), asked_by("secret")
    compressed = StoredBlob("2026/a.dcm", 500_000, is_compressed=True)
    assert not edge.sends(request, compressed, ByteRange(0, 500_000))
    assert not edge.sends(request, LONG, ByteRange(10, 20_000))
    assert edge.sends(request, LONG, ByteRange(10, 200_000))

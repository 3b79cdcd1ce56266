"""Signatures, verified by the library that receivers use."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from axial.changefeed.push.signing import BadSecret, read_secret, signature_headers

pytestmark = pytest.mark.unit


def secret_of(key: bytes) -> str:
    """Write a key as the specification does."""
    return "whsec_" + base64.b64encode(key).decode()


OLD, NEW, FOREIGN = (secret_of(bytes([number]) * 24) for number in (1, 2, 3))


@given(st.text(), st.binary(min_size=24, max_size=64))
def test_a_receiver_verifies(text: str, key: bytes) -> None:
    """Any body, signed with any key of the specification's lengths, is believed."""
    body = text.encode()
    headers = signature_headers("12", int(time.time()), body, [secret_of(key)])
    Webhook(secret_of(key)).verify(body, headers, json_parse=False)


def test_a_secret_is_changed_without_a_pause() -> None:
    """With two secrets the receiver may have either; with neither, it believes nothing."""
    headers = signature_headers("12", int(time.time()), b"{}", [NEW, OLD])
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(FOREIGN).verify(b"{}", headers)


@pytest.mark.parametrize(
    "change",
    [{"webhook-id": "13"}, {"webhook-timestamp": str(int(time.time()) - 60)}],
    ids=["id", "time"],
)
def test_id_and_time_are_signed_too(change: dict[str, str]) -> None:
    """What was recorded cannot be sent again as something else, or later."""
    headers = signature_headers("12", int(time.time()), b"{}", [OLD])
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(b"{}", headers | change)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_AAAA",
        "whsec_!!!!",
        "whsec_é",
        secret_of(b"x" * 23),
        secret_of(b"x" * 65),
        base64.b64encode(b"x" * 24).decode(),
    ],
)
def test_not_a_secret(secret: str) -> None:
    """What the specification does not allow is refused, and not quoted."""
    with pytest.raises(BadSecret) as refusal:
        read_secret(secret)
    assert not secret or secret not in str(refusal.value)

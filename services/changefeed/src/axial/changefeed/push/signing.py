"""Signatures of the Standard Webhooks specification, version 1: HMAC-SHA256 over id, time and body.

Several secrets give several signatures, so that a secret can be changed without a pause: the receiver
accepts any.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable

_PREFIX = "whsec_"
# The specification's bounds, in bytes.
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


class BadSecret(ValueError):
    """Not a secret of the specification; the message does not quote it."""


def read_secret(secret: str) -> bytes:
    """Return the key of `whsec_<base64>`; raise BadSecret when it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret("not base64") from None
    if not secret.startswith(_PREFIX) or not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise BadSecret(f"must be {_PREFIX} and {_SHORTEST_KEY} to {_LONGEST_KEY} bytes in base64")
    return key


def signature_headers(
    message_id: str, sent_at: int, body: bytes, secrets: Iterable[str]
) -> dict[str, str]:
    """Return the three headers of a message sent at a Unix time, in seconds; one signature a secret."""
    assert "." not in message_id, "a full stop would let one message be taken for another"
    signed = f"{message_id}.{sent_at}.".encode() + body
    signatures = (hmac.digest(read_secret(secret), signed, "sha256") for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(signature).decode()}" for signature in signatures
        ),
    }

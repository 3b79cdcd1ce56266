"""Signature Version 4, as botocore computes it."""

import string

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from axial.common.blobs.s3.signing import Credentials, Signer

pytestmark = pytest.mark.unit

DAY_SECONDS = 86_400.0

# What a path may be made of, once a key has passed `check_key`.
PATHS = st.text(string.ascii_letters + string.digits + "-._~/").map(lambda path: f"/{path}")
MOMENTS = st.floats(1_000_000_000, 4_000_000_000)


def botocore_authorization(
    credentials: Credentials, method: str, path: str, signed: dict[str, str]
) -> str:
    """Let botocore sign the same headers."""
    known = BotocoreCredentials(credentials.access_key, credentials.secret_key)
    auth = S3SigV4Auth(known, "s3", credentials.region)
    headers = {name: value for name, value in signed.items() if name != "authorization"}
    request = AWSRequest(method, f"http://{headers['host']}{path}", headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    names = auth.signed_headers(auth.headers_to_sign(request))
    signature = auth.signature(to_sign, request)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)},SignedHeaders={names},Signature={signature}"


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE"]),
    path=PATHS,
    moments=st.lists(MOMENTS, min_size=1, max_size=3),
    content_md5=st.sampled_from([None, "XUFAKrxLKna5cZ2REBfFkg=="]),
    region=st.sampled_from(["us-east-1", "eu-central-1"]),
)
def test_botocore_signs_the_same(
    method: str, path: str, moments: list[float], content_md5: str | None, region: str
) -> None:
    """For any path and moment, also when the day changes under a signer that keeps its key."""
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", region)
    signer = Signer(credentials, "127.0.0.1:8333")
    for moment in moments:
        signed = signer.sign(method, path, at_seconds=moment, content_md5=content_md5)
        assert signed["authorization"] == botocore_authorization(credentials, method, path, signed)


def test_the_moment_is_in_the_headers() -> None:
    """A server compares it with its own clock, in UTC wherever this machine is."""
    signer = Signer(Credentials("a", "s", "us-east-1"), "host")
    headers = signer.sign("GET", "/", at_seconds=DAY_SECONDS + 1)
    assert headers["x-amz-date"] == "19700102T000001Z"
    assert "Credential=a/19700102/us-east-1/s3/aws4_request," in headers["authorization"]


def test_the_secret_is_not_shown() -> None:
    """Neither in a log nor in a traceback that prints its locals."""
    assert "secret" not in repr(Credentials("access", "secret", "region"))

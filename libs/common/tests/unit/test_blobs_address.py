"""What a blob URL means, and which URLs mean nothing."""

import pytest

from axial.common.blobs import open_blob_store
from axial.common.blobs.s3.address import S3Address

pytestmark = pytest.mark.unit


def test_an_endpoint_has_the_bucket_in_the_path() -> None:
    """Its name need not resolve as a host."""
    address = S3Address.parse("s3://axial?endpoint=http://127.0.0.1:8333&region=eu-west-1")
    assert (address.host, address.port, address.authority) == ("127.0.0.1", 8333, "127.0.0.1:8333")
    assert (address.base_path, address.bucket_path) == ("/axial/", "/axial")
    assert address.region == "eu-west-1"
    assert address.tls() is None


def test_amazon_has_the_bucket_in_the_host() -> None:
    """Always encrypted; Amazon makes no new buckets that answer on a path."""
    address = S3Address.parse("s3://axial/some/prefix?region=eu-west-1")
    assert address.authority == address.host == "axial.s3.eu-west-1.amazonaws.com"
    assert (address.port, address.base_path, address.bucket_path) == (443, "/some/prefix/", "/")
    assert address.tls() is not None


def test_https_endpoints_are_encrypted() -> None:
    """The default port is the scheme's; a slash at the end is forgiven."""
    address = S3Address.parse("s3://axial?endpoint=https://minio.example/")
    assert (address.host, address.port) == ("minio.example", 443)
    assert address.authority == "minio.example"
    assert address.tls() is not None
    assert address.region == "us-east-1"


@pytest.mark.parametrize(
    "url",
    [
        "s3:///no-bucket",
        "s3://bucket?endpoint=127.0.0.1:8333",
        "s3://bucket?endpoint=ftp://127.0.0.1",
        "s3://bucket?endpoint=http://user:secret@127.0.0.1",
        "s3://bucket?endpoint=http://127.0.0.1/path",
        "s3://bucket?endpoint=",
        "s3://bucket?endpont=http://127.0.0.1:8333",
        "s3://bucket?region",
        "s3://bucket/a/../b",
        "file://host/directory",
        "file:",
        "/directory",
        "http://127.0.0.1:8333/bucket",
        "",
    ],
)
async def test_another_url_is_refused(url: str) -> None:
    """A slip is an error at the start, and never another place to store things in."""
    with pytest.raises(ValueError, match=r"URL|endpoint|key|query"):
        async with open_blob_store(url):
            pass

"""Which of the port's errors a server's answer is."""

import pytest

from axial.common.blobs.port import BlobDamaged
from axial.common.blobs.s3.answers import StorageRefused, code_of, error_of
from axial.common.errors import BlobMissing, StorageFull, StorageUnavailable

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "NoSuchKey", BlobMissing),
        (404, "", BlobMissing),
        (404, "NoSuchBucket", StorageRefused),
        (507, "", StorageFull),
        (507, "XMinioStorageFull", StorageFull),
        (403, "QuotaExceeded", StorageFull),
        (400, "BadDigest", BlobDamaged),
        (400, "RequestTimeout", StorageUnavailable),
        (400, "InvalidRequest", StorageRefused),
        (403, "SignatureDoesNotMatch", StorageRefused),
        (301, "PermanentRedirect", StorageRefused),
        (409, "ConditionalRequestConflict", StorageUnavailable),
        (429, "", StorageUnavailable),
        (500, "InternalError", StorageUnavailable),
        (503, "SlowDown", StorageUnavailable),
        (504, "", StorageUnavailable),
    ],
)
def test_kind_of_error(status: int, code: str, kind: type[Exception]) -> None:
    """Gone, full, damaged, worth another try, or not: `SlowDown` is not full."""
    assert type(error_of(status, code)) is kind


def test_the_code_is_found_in_the_answer() -> None:
    """As Amazon and SeaweedFS write it; an answer of somebody else has none."""
    xml = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>m</Message>'
    )
    assert code_of(xml) == "NoSuchKey"
    assert code_of(b"<html>Bad gateway</html>") == ""
    assert code_of(b"<Code>" + b"x" * 10_000) == ""


def test_a_refusal_names_its_reason() -> None:
    """The operator reads what the server said."""
    assert "403 AccessDenied" in str(error_of(403, "AccessDenied"))
